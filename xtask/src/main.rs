//! The project's commands. `cargo xtask --help` lists them; each module beside this one is one command
//! or one thing that commands share (`sh` processes, `cache` folders, `tools` programs, `toolchain` compilers).
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks on its outputs")]

mod bench;
mod cache;
mod dev;
mod dist;
mod python;
mod run;
mod schema;
mod server;
mod sh;
mod split;
mod test;
mod toolchain;
mod tools;
mod web;

use std::process::ExitCode;

use clap::Parser;

/// Builds, runs and tests ComfyUI-OpenClaw. What a command needs it installs on first use.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
enum Command {
    /// Start a ComfyUI with the pack in it: your own one, or the stand-in host.
    Run(run::Args),
    /// Run every check and test.
    Test(test::Args),
    /// Build the panel into web/pkg: wasm-pack, wasm-opt, content hashes, compressed siblings.
    Web,
    /// Serve the panel alone, rebuilt on every change, beside a running server.
    Dev,
    /// Measure the server, jobs, the way through ComfyUI, and the panel.
    Bench(bench::Args),
    /// Build the zip for custom_nodes and the wheel.
    Dist(dist::Args),
    /// Write the files that are generated from the code: configuration.md, openapi.json, nodes.json.
    Docs,
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Run(args) => run::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Web => web::build(),
        Command::Dev => dev::run(),
        Command::Bench(args) => bench::run(&args),
        Command::Dist(args) => dist::run(&args),
        Command::Docs => server::docs(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The sentences without a backtrace: what is wrong is seldom in this program.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
