//! `cargo xtask run`: a ComfyUI with the pack in it, from nothing.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::sh::{self, cmd, root};
use crate::{python, server, web};

#[derive(clap::Args)]
pub struct Args {
    /// A ComfyUI checkout to run the pack in, else the one in COMFYUI_DIR; with neither the stand-in host serves ComfyUI's real frontend.
    #[arg(long, value_name = "DIR")]
    comfyui: Option<PathBuf>,
    /// The port of the web page; the first free one from 8188 when it is not given.
    #[arg(long)]
    port: Option<u16>,
}

pub fn run(args: &Args) -> Result<()> {
    let server = server::build()?;
    web::build()?;
    let port = args.port.map_or_else(free_port, Ok)?;
    let named = std::env::var_os("COMFYUI_DIR").map(PathBuf::from);
    let mut host = match args.comfyui.clone().or(named) {
        Some(folder) => comfyui(&folder, port)?,
        None => stand_in(port)?,
    };
    host.env("OPENCLAW_SERVER_BIN", server);
    println!(
        "Open http://127.0.0.1:{port} when the lines below say that it is ready; Ctrl-C stops everything."
    );
    replace_by(&mut host)
}

fn stand_in(port: u16) -> Result<Command> {
    let newest = python::FRONTENDS.last().context("there is a supported frontend")?;
    let mut host = cmd(python::venv()?);
    host.arg("tests/host/host.py").arg("--frontend").arg(python::frontend(newest)?);
    host.arg("--pack").arg(root()).arg("--data").arg(root().join("target/host-data"));
    host.args(["--port", &port.to_string()]);
    Ok(host)
}

fn comfyui(folder: &Path, port: u16) -> Result<Command> {
    let host = comfyui_command(folder, port)?;
    link_pack(&folder.join("custom_nodes/comfyui-openclaw"))?;
    Ok(host)
}

/// What starts the ComfyUI in that folder, on a graphics card if there is one.
pub fn comfyui_command(folder: &Path, port: u16) -> Result<Command> {
    let folder = folder.canonicalize().with_context(|| format!("{} is not there", folder.display()))?;
    ensure!(folder.join("main.py").exists(), "{} has no main.py: is it a ComfyUI?", folder.display());
    let python = python::of_comfyui(&folder);
    let mut host = cmd(&python);
    host.current_dir(&folder).args(["main.py", "--port", &port.to_string()]);
    let has_gpu = "import sys, torch; sys.exit(not (torch.cuda.is_available() or torch.backends.mps.is_available() \
                   or (hasattr(torch, 'xpu') and torch.xpu.is_available())))";
    if !sh::works(cmd(&python).args(["-c", has_gpu])) {
        host.arg("--cpu");
    }
    Ok(host)
}

/// Makes ComfyUI load this checkout. What already lies there under that name is never replaced.
pub fn link_pack(link: &Path) -> Result<()> {
    if link.canonicalize().is_ok_and(|target| root().canonicalize().is_ok_and(|root| root == target)) {
        return Ok(());
    }
    ensure!(
        fs::symlink_metadata(link).is_err(),
        "{} is there and is not this checkout: move it away and run this again",
        link.display()
    );
    #[cfg(unix)]
    std::os::unix::fs::symlink(root(), link)?;
    // A junction, because a symbolic link needs rights on Windows that few people have.
    #[cfg(windows)]
    sh::run(cmd("cmd").args(["/C", "mklink", "/J"]).arg(link).arg(root()))?;
    println!("linked {} to this checkout", link.display());
    Ok(())
}

fn free_port() -> Result<u16> {
    let free = (8188..8288).find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    free.context("no port from 8188 to 8287 is free: choose one with --port")
}

/// Becomes the other program where the system can do that, so that signals reach it and nothing is left behind.
fn replace_by(command: &mut Command) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        Err(command.exec()).with_context(|| format!("could not start {}", command.get_program().display()))
    }
    #[cfg(not(unix))]
    sh::run(command)
}
