//! `cargo xtask dev`: the panel alone in a page that reloads on every change, beside a real server.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::sh::{self, cmd, root};
use crate::toolchain::{Toolchain, WASM};
use crate::{server, tools, web};

/// Where ui/Trunk.toml sends the panel's requests.
const SERVER: &str = "127.0.0.1:8790";

pub fn run() -> Result<()> {
    let mut server = cmd(server::build()?);
    let state = root().join("target/dev-state");
    fs::create_dir_all(&state)?;
    // The pipe closes when this program ends, however it ends, and with it the server.
    server
        .args(["serve", "--listen", SERVER, "--exit-on-stdin-eof", "--state-dir"])
        .arg(state)
        .stdin(Stdio::piped());
    let _server = server.spawn().context("could not start the server")?;

    sh::run(trunk()?.args(["serve", "--offline", "--open"]))
}

/// Builds the page once, as the first step of serving it.
pub fn build() -> Result<()> {
    sh::run(trunk()?.args(["build", "--offline"]))
}

fn trunk() -> Result<Command> {
    let trunk = tools::cargo_tool("trunk", "0.21.14", "trunk", &["--locked"])?;
    let mut trunk = web::wasm_command(&Toolchain::find(WASM)?, trunk)?;
    trunk.current_dir(root().join("ui"));
    Ok(trunk)
}
