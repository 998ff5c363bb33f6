//! `cargo xtask bench`: the server, jobs, the way through ComfyUI, and the panel, each beside a peer in the same run.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::sh::{self, cargo, cmd, root};
use crate::{python, run, test, web};

/// A ComfyUI with torch takes half a minute to start.
const START: Duration = Duration::from_mins(3);

/// A node for renders that take no processor.
const RENDER: &str = "tests/host/render";

#[derive(clap::Args)]
pub struct Args {
    /// Only these parts: server, webhooks, flight, lists, responsive, panel. May be repeated.
    #[arg(long, value_name = "PART")]
    only: Vec<String>,
}

pub fn run(args: &Args) -> Result<()> {
    web::build()?;
    sh::run(cargo().args(["build", "--release", "-p", "openclaw-server"]))?;
    sh::run(cargo().args(["build", "--release", "-p", "openclaw-tests", "--bin", "bench"]))?;
    let wanted = |part: &str| args.only.is_empty() || args.only.iter().any(|only| only == part);
    let measure = |part: &str, arguments: &[&str]| {
        println!("{part}:");
        sh::run(cmd(program("bench")).arg(part).args(arguments))
    };
    if wanted("server") {
        let host = stand_in(&[])?;
        measure("server", &[&host.url])?;
    }
    if wanted("webhooks") {
        // Nobody runs the jobs: ComfyUI's own work is not what is measured.
        let host = stand_in(&[("OPENCLAW_COMFYUI_URL", "http://127.0.0.1:9")])?;
        let bare = started(cmd(python::venv()?).arg("tests/host/bare.py"))?;
        measure("webhooks", &[&host.url, &bare.url])?;
    }
    if wanted("flight") {
        measure("flight", &[])?;
    }
    if wanted("lists") {
        measure("lists", &[])?;
    }
    if wanted("responsive") {
        let own = format!("127.0.0.1:{}", free_port()?);
        let env = [("OPENCLAW_PUBLIC_LISTEN", own.as_str())];
        let host = match std::env::var_os("COMFYUI_DIR") {
            Some(folder) => comfyui(Path::new(&folder), &env)?,
            None => stand_in(&env)?,
        };
        measure("responsive", &[&host.url, &format!("http://{own}")])?;
    }
    if wanted("panel") {
        panel()?;
    }
    Ok(())
}

fn panel() -> Result<()> {
    test::npm_ci(&root().join("tests/e2e"))?;
    for version in python::FRONTENDS {
        println!("panel in frontend {version}:");
        let mut panel = cmd("node");
        panel.arg("bench.mjs").current_dir(root().join("tests/e2e"));
        panel.env("E2E_FRONTEND", python::frontend(version)?).env("E2E_FRONTEND_VERSION", version);
        sh::run(
            panel.env("E2E_PYTHON", python::venv()?).env("OPENCLAW_SERVER_BIN", program("comfyui-openclaw")),
        )?;
    }
    Ok(())
}

fn program(name: &str) -> PathBuf {
    root().join("target/release").join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

/// A host that ends with its owner.
struct Host {
    url: String,
    child: Child,
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The stand-in for ComfyUI, with the pack.
fn stand_in(env: &[(&str, &str)]) -> Result<Host> {
    let newest = python::FRONTENDS.last().context("there is a supported frontend")?;
    let data = empty("stand-in")?;
    let mut host = cmd(python::venv()?);
    host.arg("tests/host/host.py").arg("--frontend").arg(python::frontend(newest)?);
    host.arg("--pack")
        .arg(root())
        .arg("--pack")
        .arg(root().join(RENDER))
        .arg("--data")
        .arg(&data)
        .envs(env.iter().copied());
    started(for_webhooks(&mut host, &data))
}

/// A real one, without a look at what its owner has in it.
fn comfyui(folder: &Path, env: &[(&str, &str)]) -> Result<Host> {
    let data = empty("comfyui")?;
    let packs = data.join("custom_nodes");
    std::fs::create_dir_all(packs.join("render"))?;
    run::link_pack(&packs.join("comfyui-openclaw"))?;
    std::fs::copy(root().join(RENDER).join("__init__.py"), packs.join("render/__init__.py"))?;
    let port = free_port()?;
    let mut host = run::comfyui_command(folder, port)?;
    host.arg("--disable-api-nodes").arg("--base-directory").arg(&data).envs(env.iter().copied());
    let child = for_webhooks(&mut host, &data).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let host = Host { url: format!("http://127.0.0.1:{port}"), child };
    let started = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        ensure!(started.elapsed() < START, "ComfyUI did not start");
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(host)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn empty(name: &str) -> Result<PathBuf> {
    let folder = root().join("target/bench").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// As `UNLIMITED` in the bench itself has it, for the server that the pack starts.
fn for_webhooks<'a>(host: &'a mut Command, data: &Path) -> &'a mut Command {
    let most = "10000000";
    host.envs([
        ("OPENCLAW_WEBHOOK_HMAC_SECRET", "bench-secret-0123456789"),
        ("OPENCLAW_RATE_LIMIT_WEBHOOK_PER_MIN", "off"),
        ("OPENCLAW_MAX_OPEN_JOBS", most),
        ("OPENCLAW_MAX_OPEN_JOBS_PER_SOURCE", most),
        ("OPENCLAW_MAX_OPEN_JOBS_PER_TEMPLATE", most),
        ("OPENCLAW_MAX_OPEN_JOBS_PER_TENANT", most),
    ]);
    host.env("OPENCLAW_STATE_DIR", data.join("openclaw"))
        .env("OPENCLAW_SERVER_BIN", program("comfyui-openclaw"))
}

/// A host that prints where it is when it serves.
fn started(command: &mut Command) -> Result<Host> {
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().context("a host did not start")?;
    let output = child.stdout.take().context("its output is piped")?;
    let mut host = Host { url: String::new(), child };
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let ready: serde_json::Value = serde_json::from_str(&line)?;
    ready["url"].as_str().context("the host says where it is")?.clone_into(&mut host.url);
    Ok(host)
}
