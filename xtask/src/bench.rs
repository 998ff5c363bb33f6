//! `cargo xtask bench`: the server, the way through ComfyUI, and the panel, each beside a peer in the same run.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context, Result};

use crate::sh::{self, cargo, cmd, root};
use crate::{python, test, web};

pub fn run() -> Result<()> {
    web::build()?;
    sh::run(cargo().args(["build", "--release", "-p", "openclaw-server"]))?;
    sh::run(cargo().args(["build", "--release", "-p", "openclaw-tests", "--bin", "bench"]))?;
    let program =
        |name: &str| root().join("target/release").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    let server = program("comfyui-openclaw");

    let newest = python::FRONTENDS.last().context("there is a supported frontend")?;
    let data = root().join("target/bench-data");
    let mut host = cmd(python::venv()?);
    host.arg("tests/host/host.py").arg("--frontend").arg(python::frontend(newest)?);
    host.arg("--pack").arg(root()).arg("--data").arg(&data).env("OPENCLAW_STATE_DIR", &data);
    host.env("OPENCLAW_SERVER_BIN", &server).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut host = Ended(host.spawn().context("the stand-in host did not start")?);
    let mut line = String::new();
    BufReader::new(host.0.stdout.take().context("its output is piped")?).read_line(&mut line)?;
    let ready: serde_json::Value = serde_json::from_str(&line)?;
    let url = ready["url"].as_str().context("the host says where it is")?;
    println!("server:");
    sh::run(cmd(program("bench")).args(["server", url]))?;
    drop(host);
    for part in ["webhooks", "flight", "lists"] {
        println!("{part}:");
        sh::run(cmd(program("bench")).arg(part))?;
    }

    test::npm_ci(&root().join("tests/e2e"))?;
    for version in python::FRONTENDS {
        println!("panel in frontend {version}:");
        let mut panel = cmd("node");
        panel.arg("bench.mjs").current_dir(root().join("tests/e2e"));
        panel.env("E2E_FRONTEND", python::frontend(version)?).env("E2E_FRONTEND_VERSION", version);
        sh::run(panel.env("E2E_PYTHON", python::venv()?).env("OPENCLAW_SERVER_BIN", &server))?;
    }
    Ok(())
}

/// A process that ends with its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
