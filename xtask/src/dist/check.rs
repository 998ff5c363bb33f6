//! `cargo xtask dist --check`: a stranger's first minutes with the zip and with the wheel.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Built, target_dir};
use crate::sh::{self, cmd, root, step};
use crate::{cache, python};

pub fn run(built: &Built) -> Result<()> {
    let place = target_dir().join("check");
    cache::clear(&place)?;
    step("the zip in the stand-in host", || zip(&built.zip, &place.join("zip")))?;
    step("the wheel in a fresh environment", || wheel(&built.wheel, &place.join("wheel")))
}

/// Unpacks with Python's zipfile, as ComfyUI-Manager does, which also forgets which files may be executed.
fn zip(zip: &Path, place: &Path) -> Result<()> {
    let python = python::venv()?;
    let custom_nodes = place.join("custom_nodes");
    fs::create_dir_all(&custom_nodes)?;
    sh::run(cmd(&python).args(["-m", "zipfile", "-e"]).arg(zip).arg(&custom_nodes))?;

    let mut host = cmd(&python);
    host.current_dir(place).arg(root().join("tests/host/host.py"));
    let newest = python::FRONTENDS.last().context("there is a supported frontend")?;
    host.arg("--frontend").arg(python::frontend(newest)?).arg("--data").arg(place.join("data"));
    host.arg("--pack").arg(custom_nodes.join("comfyui-openclaw")).args(["--port", "0"]);
    plan_with(&mut host, &place.join("state"))
}

fn wheel(wheel: &Path, place: &Path) -> Result<()> {
    python::create_venv(place)?;
    let mut pip = cmd(python::in_venv(place, "python"));
    sh::run(pip.args(["-m", "pip", "install", "--quiet", "--no-index"]).arg(wheel))?;
    let mut server = cmd(python::in_venv(place, "comfyui-openclaw"));
    server.args(["serve", "--exit-on-stdin-eof"]);
    plan_with(&mut server, &place.join("state"))
}

/// Starts a program that prints a ready line, plans a prompt through it and stops it. It gets a state directory of its
/// own, so that nobody's jobs are touched.
fn plan_with(command: &mut Command, state: &Path) -> Result<()> {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("OPENCLAW_") || text.starts_with("MOLTBOT_") || text.ends_with("_API_KEY") {
            command.env_remove(name);
        }
    }
    command.env("OPENCLAW_STATE_DIR", state);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child =
        Stopped(child.with_context(|| format!("could not start {}", command.get_program().display()))?);
    let output = child.0.stdout.take().context("the output is piped")?;
    let ready = BufReader::new(output).lines().map_while(Result::ok).find_map(|line| {
        let event: Value = serde_json::from_str(&line).ok()?;
        (event["event"] == "ready").then_some(event)
    });
    let ready = ready.context("it ended before it was ready")?;
    let address = ready["url"].as_str().and_then(|url| url.strip_prefix("http://")).context("no address")?;
    let answer = plan(address, ready["key"].as_str().unwrap_or_default())?;
    ensure!(answer.contains("lighthouse"), "the plan does not speak of what was asked for: {answer}");
    Ok(())
}

/// One request by hand: an HTTP client would be the heaviest part of this program.
fn plan(address: &str, key: &str) -> Result<String> {
    let body = r#"{"requirements":"a lighthouse at dusk"}"#;
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST /openclaw/assist/planner HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         X-OpenClaw-Launch-Key: {key}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "the planner answered {answer}");
    Ok(answer)
}

/// A child that does not outlive its use.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
