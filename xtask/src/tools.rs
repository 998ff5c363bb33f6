//! Programs that commands need: installed when the right version is not there yet, and only then.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::sh::{self, cmd, step};
use crate::{cache, python, toolchain};

/// Programs from crates.io, by exact version, built fast rather than small.
pub fn cargo_tool(name: &str, version: &str, program: &str, options: &[&str]) -> Result<PathBuf> {
    let home = cache::dir().join("tools");
    let path = home.join("bin").join(program).with_extension(std::env::consts::EXE_EXTENSION);
    let is_there = || {
        let printed = sh::read(cmd(&path).arg("--version")).unwrap_or_default();
        path.exists() && printed.split_whitespace().any(|word| word == version)
    };
    if path.exists() && is_there() {
        return Ok(path);
    }
    let _lock = cache::lock("tools")?;
    if path.exists() && is_there() {
        return Ok(path);
    }
    step(&format!("installing {name} {version}, minutes on the first run"), || {
        let mut install = sh::cargo();
        install.args(["install", name, "--version", version, "--force", "--root"]).arg(&home).args(options);
        // Outside the checkout, because the project's own Cargo settings are none of a tool's business.
        install.current_dir(cache::dir()).env("CARGO_TARGET_DIR", home.join("build"));
        install.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        sh::run(&mut install)
    })?;
    cache::clear(&home.join("build"))?;
    Ok(path)
}

/// The folder of an npm package in the cache, by exact version.
pub fn npm_package(name: &str, version: &str) -> Result<PathBuf> {
    let folder = cache::once(&format!("{name}-{version}"), |draft| {
        step(&format!("installing {name} {version} from npm"), || {
            let spec = format!("{name}@{version}");
            sh::run(npm()?.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(draft).arg(spec))
        })
    })?;
    Ok(folder.join("node_modules").join(name))
}

/// npm, once Node 20 or newer is known to be there.
pub fn npm() -> Result<Command> {
    let node = sh::read(cmd("node").arg("--version"))
        .context("Node.js 20 or newer is needed: install nodejs and npm")?;
    let major = node.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < 20) {
        bail!("Node.js 20 or newer is needed, and this is {node}: install a newer nodejs");
    }
    Ok(cmd(if cfg!(windows) { "npm.cmd" } else { "npm" }))
}

/// Debian packages, when one of `missing` says that something is not there. As anybody but root it can only ask.
pub fn debian(packages: &[&str], what_for: &str, missing: impl Fn() -> bool) -> Result<()> {
    if !missing() {
        return Ok(());
    }
    let list = packages.join(" ");
    let is_root = cfg!(unix) && sh::read(cmd("id").arg("-u")).is_ok_and(|id| id == "0");
    if !is_root || !Path::new("/usr/bin/apt-get").exists() {
        bail!(
            "{what_for} needs the Debian packages {list}: install them (apt-get install {list}) and run this again"
        );
    }
    let _lock = cache::lock("apt")?;
    step(&format!("installing {list}"), || {
        let apt = || {
            let mut apt = cmd("apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq").stdout(std::process::Stdio::null());
            apt
        };
        let install = || sh::run(apt().args(["install", "-y", "--no-install-recommends"]).args(packages));
        sh::run(apt().arg("update"))?;
        install()
    })?;
    if missing() {
        bail!("{what_for} still does not work after installing {list}");
    }
    Ok(())
}

/// `wasm-bindgen` must be the very version that the panel was compiled against.
pub fn wasm_bindgen() -> Result<PathBuf> {
    let lock = std::fs::read_to_string(sh::root().join("Cargo.lock"))?;
    let version =
        toolchain::locked_version(&lock, "wasm-bindgen").context("Cargo.lock has no wasm-bindgen")?;
    cargo_tool("wasm-bindgen-cli", version, "wasm-bindgen", &[])
}

/// A program that compiles for other systems: zig brings their linkers and C libraries.
pub fn zig(program: &str) -> Result<Command> {
    let packages = ["cargo-zigbuild==0.24.0", "maturin==1.16.0", "wheel", "ziglang==0.17.1"];
    let python = python::environment("dist", &packages)?;
    let scripts = python.parent().context("an interpreter lies in a folder")?;
    let mut command = cmd(scripts.join(program).with_extension(std::env::consts::EXE_EXTENSION));
    sh::prepend_path(&mut command, scripts);
    Ok(command)
}
