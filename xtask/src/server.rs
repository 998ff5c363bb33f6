//! The server as other commands use it: the debug build, and what it prints about itself.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::sh::{self, cmd, root};

/// Builds the server and returns its path.
pub fn build() -> Result<PathBuf> {
    // With the whole workspace's features, so that this and the tests share what they compile.
    sh::run(sh::cargo().args(["build", "--workspace", "--bin", "comfyui-openclaw"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("debug/comfyui-openclaw").with_extension(std::env::consts::EXE_EXTENSION))
}

/// `cargo xtask docs`: the files that are generated from the server's code.
pub fn docs() -> Result<()> {
    let server = build()?;
    for (subcommand, file) in [
        ("docs", "docs/configuration.md"),
        ("openapi", "docs/openapi.json"),
        ("nodes", "python_shim/nodes.json"),
    ] {
        let text = sh::read(cmd(&server).arg(subcommand))?;
        fs::create_dir_all(root().join(file).parent().expect("the file lies in a folder"))?;
        fs::write(root().join(file), text + "\n")?;
        println!("wrote {file}");
    }
    Ok(())
}
