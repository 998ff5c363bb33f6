//! The Python side of set-up: an interpreter, a virtual environment and ComfyUI's own frontend.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::sh::{self, cmd, step};
use crate::{cache, tools};

/// The stand-in host and the shim's tests; ruff exactly, because another one formats otherwise.
const PACKAGES: &[&str] =
    &["aiohttp>=3.11,<4", "brotli>=1.1,<2", "numpy>=2.2,<3", "pillow>=11", "pytest>=9,<10", "ruff==0.17.6"];

/// The oldest frontend that the panel supports and the newest that it was tried with.
pub const FRONTENDS: &[&str] = &["1.27.10", "1.58.1"];

/// The interpreter of the virtual environment that has all `PACKAGES`.
pub fn venv() -> Result<PathBuf> {
    environment("venv", PACKAGES)
}

/// A virtual environment in the cache that holds `packages`; it is brought up to date when their list changes.
pub fn environment(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = cache::dir().join(name);
    let python = in_venv(&folder, "python");
    let (stamp, wanted) = (folder.join("packages.txt"), packages.join("\n"));
    let is_ready =
        || python.exists() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
    if is_ready() {
        return Ok(python);
    }
    let _lock = cache::lock(name)?;
    if !is_ready() {
        step(&format!("installing Python packages: {}", packages.join(", ")), || {
            create_venv(&folder)?;
            sh::run(cmd(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))
        })?;
        fs::write(&stamp, wanted)?;
    }
    Ok(python)
}

pub fn create_venv(folder: &Path) -> Result<()> {
    let system = interpreter()?;
    let missing = || !sh::works(cmd(system).args(["-c", "import ensurepip, venv"]));
    tools::debian(&["python3-venv"], "Making a Python environment", missing)?;
    sh::run(cmd(system).args(["-m", "venv"]).arg(folder))
}

/// A program of a virtual environment.
pub fn in_venv(folder: &Path, program: &str) -> PathBuf {
    let scripts = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    scripts.join(program).with_extension(std::env::consts::EXE_EXTENSION)
}

/// The folder that holds ComfyUI's frontend of that version.
pub fn frontend(version: &str) -> Result<PathBuf> {
    let python = venv()?;
    cache::once(&format!("frontend-{version}"), |draft| {
        step(&format!("fetching ComfyUI's frontend {version}"), || {
            let package = format!("comfyui-frontend-package=={version}");
            let mut pip = cmd(&python);
            pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(draft).arg(package);
            sh::run(&mut pip)
        })
    })
}

/// The Python that a ComfyUI runs with: the one named in `COMFYUI_PYTHON`, its own environment, or the system's.
pub fn of_comfyui(folder: &Path) -> PathBuf {
    let named = std::env::var_os("COMFYUI_PYTHON").map(PathBuf::from);
    let own = [".venv", "venv"].map(|name| in_venv(&folder.join(name), "python"));
    let portable = folder.with_file_name("python_embeded").join("python.exe");
    let found =
        named.into_iter().chain(own.into_iter().chain([portable]).filter(|python| python.exists())).next();
    found.unwrap_or_else(|| interpreter().unwrap_or("python3").into())
}

/// The system's Python, once it is known to be new enough.
fn interpreter() -> Result<&'static str> {
    let is_new = "import sys; sys.exit(sys.version_info < (3, 10))";
    let found = ["python3", "python"].into_iter().find(|name| sh::works(cmd(name).args(["-c", is_new])));
    found.context("Python 3.10 or newer is needed: install python3")
}
