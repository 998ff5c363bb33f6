//! `cargo xtask test`: everything that has to hold before a change goes in, in the order of what fails fastest.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::sh::{self, cargo, cmd, root, seconds, step};
use crate::toolchain::{Toolchain, WASM};
use crate::{dev, dist, python, schema, server, tools, web};

#[derive(clap::Args)]
pub struct Args {
    /// Also what takes long: made-up requests to every endpoint, the stand-alone page and the release builds of every platform.
    #[arg(long)]
    full: bool,
    /// Only these steps, by the names that a whole run prints.
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
}

type Step = (String, Box<dyn Fn() -> Result<()>>);

pub fn run(args: &Args) -> Result<()> {
    let steps = steps(args.full || !args.only.is_empty());
    let names: Vec<_> = steps.iter().map(|(name, _)| name.as_str()).collect();
    if let Some(unknown) = args.only.iter().find(|only| !names.contains(&only.as_str())) {
        anyhow::bail!("there is no step {unknown}: the steps are {}", names.join(", "));
    }
    let chosen = steps.iter().filter(|(name, _)| args.only.is_empty() || args.only.contains(name));

    let start = Instant::now();
    let mut times: Vec<(&str, Duration)> = Vec::new();
    for (name, work) in chosen {
        let begun = Instant::now();
        let result = step(name, work);
        times.push((name, begun.elapsed()));
        if let Err(error) = result {
            summarise(&times, start.elapsed(), 1);
            return Err(error.context(format!("run only this step with: cargo xtask test --only {name}")));
        }
    }
    summarise(&times, start.elapsed(), 0);
    Ok(())
}

fn summarise(times: &[(&str, Duration)], whole: Duration, failed: usize) {
    println!("\n{:<20} {:>12}", "step", "time");
    for (name, time) in times {
        println!("{name:<20} {:>12}", seconds(*time));
    }
    println!("{:<20} {:>12}\n", "all", seconds(whole));
    println!("steps: {} passed, {failed} failed", times.len() - failed);
}

fn steps(full: bool) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut add = |name: &str, work: fn() -> Result<()>| steps.push((name.to_owned(), Box::new(work)));
    add("fmt", || sh::run(cargo().args(["fmt", "--all", "--check"])));
    add("ruff", ruff);
    add("clippy", || {
        sh::run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    });
    add("rust", nextest);
    add("wasm-check", wasm_check);
    add("web", web::build);
    add("python", pytest);
    add("providers", providers);
    for &version in python::FRONTENDS {
        steps.push((format!("browser-{version}"), Box::new(move || browser(version))));
    }
    if let Some(comfyui) = std::env::var_os("COMFYUI_DIR") {
        steps.push(("browser-comfyui".into(), Box::new(move || browser_on_comfyui(Path::new(&comfyui)))));
    }
    if full && std::env::var_os("COMFYUI_DIR").is_some() {
        steps.push(("models".into(), Box::new(models)));
    }
    if full {
        steps.push(("crash".into(), Box::new(crash)));
        steps.push(("schema".into(), Box::new(schema::run)));
        steps.push(("dev-page".into(), Box::new(dev::build)));
        for platform in ["linux", "windows", "macos"] {
            let args = dist::Args { targets: vec![platform.into()], check: true };
            steps.push((format!("dist-{platform}"), Box::new(move || dist::run(&args))));
        }
    }
    steps
}

fn ruff() -> Result<()> {
    let python = python::venv()?;
    sh::run(cmd(&python).args(["-m", "ruff", "check", "."]))?;
    sh::run(cmd(&python).args(["-m", "ruff", "format", "--check", "."]))
}

fn nextest() -> Result<()> {
    // Some tests start the server as a process of its own.
    server::build()?;
    let mut nextest = cargo();
    if !sh::works(cargo().args(["nextest", "--version"])) {
        let program = tools::cargo_tool("cargo-nextest", "0.9.143", "cargo-nextest", &["--locked"])?;
        nextest = cmd(program);
    }
    sh::run(nextest.args(["nextest", "run", "--workspace"]))
}

/// The server is killed as often as it takes to meet every moment many times; `rust` has a sample of it.
fn crash() -> Result<()> {
    let kills = "300";
    let server = server::build()?;
    sh::run(cargo().args(["build", "--workspace", "--bin", "crash"]))?;
    sh::run(cmd(server.with_file_name("crash").with_extension(std::env::consts::EXE_EXTENSION)).arg(kills))
}

/// Both crates that run in the browser, with the compiler and the cached build scripts of `web`.
fn wasm_check() -> Result<()> {
    let mut check = web::wasm_command(&Toolchain::find(WASM)?, "cargo")?;
    check.args([
        "check",
        "--target",
        WASM,
        "--profile",
        "wasm",
        "-p",
        "openclaw-ui",
        "-p",
        "openclaw-shared",
    ]);
    sh::run(&mut check)
}

fn pytest() -> Result<()> {
    let server = server::build()?;
    let mut pytest = cmd(python::venv()?);
    pytest.args(["-m", "pytest", "-q", "tests/shim"]).env("OPENCLAW_SERVER_BIN", server);
    sh::run(&mut pytest)
}

/// The templates for SDXL and Flux in the ComfyUI of `COMFYUI_DIR`, with checkpoints that are made for it.
fn models() -> Result<()> {
    let server = server::build()?;
    let mut pytest = cmd(python::venv()?);
    pytest.args(["-m", "pytest", "-q", "-o", "pythonpath=tests/shim", "tests/models"]);
    sh::run(pytest.env("OPENCLAW_SERVER_BIN", server))
}

/// The wire formats against a provider of others, in every mood it has.
fn providers() -> Result<()> {
    let server = server::build()?;
    let folder = root().join("tests/e2e");
    npm_ci(&folder)?;
    let mut node = cmd("node");
    node.args(["--test", "--test-reporter=spec", "providers.mjs"]).current_dir(&folder);
    sh::run(node.env("OPENCLAW_SERVER_BIN", server))
}

fn browser(version: &str) -> Result<()> {
    let mut tests = browser_tests()?;
    tests.env("E2E_FRONTEND", python::frontend(version)?).env("E2E_FRONTEND_VERSION", version);
    sh::run(tests.env("E2E_PYTHON", python::venv()?))
}

fn browser_on_comfyui(comfyui: &Path) -> Result<()> {
    ensure!(comfyui.join("main.py").exists(), "COMFYUI_DIR is {}, which has no main.py", comfyui.display());
    let mut tests = browser_tests()?;
    tests.env("COMFYUI_DIR", comfyui).env("E2E_HOST", "comfyui");
    sh::run(tests.env("E2E_PYTHON", python::of_comfyui(comfyui)))
}

/// Node's test runner in tests/e2e with a built server and panel, a browser and the npm packages of the lock file.
fn browser_tests() -> Result<std::process::Command> {
    let server = server::build()?;
    web::build()?;
    tools::debian(&["chromium"], "Testing in a browser", || !sh::works(cmd("chromium").arg("--version")))?;
    let folder = root().join("tests/e2e");
    npm_ci(&folder)?;
    let mut node = cmd("node");
    node.args(["--test", "--test-reporter=spec"]).current_dir(&folder).env("OPENCLAW_SERVER_BIN", server);
    Ok(node)
}

/// `npm ci`, unless the installed packages are those of this lock file already.
pub fn npm_ci(folder: &Path) -> Result<()> {
    let lock = fs::read_to_string(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    let stamp: PathBuf = folder.join("node_modules/.installed-lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    step("npm ci", || sh::run(tools::npm()?.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder)))?;
    Ok(fs::write(stamp, lock)?)
}
