//! Running other programs, and telling the person in front of the screen what takes so long.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// The repository, wherever the command was started from.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository").to_owned()
}

/// A program to run in the repository, without the libraries that `cargo run` puts in xtask's own way.
pub fn cmd(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).env_remove("LD_LIBRARY_PATH");
    command
}

pub fn cargo() -> Command {
    cmd("cargo")
}

/// Lets the command find programs in `folder` first, before those on its own PATH.
pub fn prepend_path(command: &mut Command, folder: &Path) {
    let set = command.get_envs().find_map(|(name, value)| (name == "PATH").then_some(value?.to_owned()));
    let path = set.or_else(|| std::env::var_os("PATH")).unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders).expect("folders of the PATH hold no separator"));
}

/// Runs to the end with the output on the screen.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("could not start {}", shown(command)))?;
    ensure!(status.success(), "{} ended with {status}", shown(command));
    Ok(())
}

/// Runs to the end and returns what it printed; its errors stay on the screen.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("could not start {}", shown(command)))?;
    ensure!(output.status.success(), "{} ended with {}", shown(command), output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Whether the program exists and answers these arguments with success, quietly.
pub fn works(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}

/// How many steps are inside each other at the moment: only the innermost ticks.
static DEPTH: AtomicUsize = AtomicUsize::new(0);

/// Announces a piece of work, ticks while it lasts and says what it cost.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {name}");
    let start = Instant::now();
    let depth = DEPTH.fetch_add(1, Ordering::Relaxed) + 1;
    let (done, ended) = channel::<()>();
    let result = std::thread::scope(|scope| {
        scope.spawn(move || {
            while ended.recv_timeout(Duration::from_secs(30)) == Err(RecvTimeoutError::Timeout) {
                if DEPTH.load(Ordering::Relaxed) == depth {
                    println!("... {name}: {}", seconds(start.elapsed()));
                }
            }
        });
        let result = work();
        drop(done);
        result
    });
    DEPTH.fetch_sub(1, Ordering::Relaxed);
    let outcome = if result.is_ok() { "done" } else { "failed" };
    println!("<== {name}: {outcome} in {}", seconds(start.elapsed()));
    result
}

pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        long => format!("{} min {:02} s", long / 60, long % 60),
    }
}

/// Every file at or below `path`, sorted.
pub fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        found.extend(files(&entry?.path())?);
    }
    found.sort();
    Ok(found)
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
