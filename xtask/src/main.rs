//! The project's commands. `cargo xtask --help` lists them; each module beside this one is one command
//! or one thing that commands share (`sh` processes, `cache` folders, `tools` programs, `toolchain` compilers).
#![expect(clippy::print_stdout, reason = "a command line tool speaks on its standard output")]

mod cache;
mod sh;
mod toolchain;
mod tools;
mod web;

use clap::Parser;

/// Builds, runs and tests ComfyUI-OpenClaw. What a command needs it installs on first use.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
enum Command {
    /// Build the panel into web/pkg: wasm-pack, wasm-opt, content hashes, compressed siblings.
    Web,
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Web => web::build(),
    }
}
