//! The server as a process of its own, as the shim starts it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Far more than a start takes: reaching it means that the line will never come.
const LIMIT: Duration = Duration::from_secs(20);

/// Killed when dropped.
pub struct ServerProcess {
    pub child: Child,
    pub stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl ServerProcess {
    pub fn start(state_dir: &Path, arguments: &[&str]) -> Self {
        Self::start_logging(state_dir, arguments, &[], Stdio::null())
    }

    /// With these variables, and the log going there.
    pub fn start_logging(state_dir: &Path, arguments: &[&str], env: &[(&str, &str)], log: Stdio) -> Self {
        let mut child = Command::new(binary())
            .args(["serve", "--exit-on-stdin-eof", "--state-dir"])
            .arg(state_dir)
            .args(arguments)
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, stdin, lines }
    }

    /// The next line of the protocol.
    pub async fn line(&mut self) -> Value {
        let line = tokio::time::timeout(LIMIT, self.lines.next_line()).await.expect("no line came");
        serde_json::from_str(&line.unwrap().expect("standard output was closed")).unwrap()
    }

    /// Waits until it ends by itself; the exit code.
    pub async fn exit_code(&mut self) -> Option<i32> {
        tokio::time::timeout(LIMIT, self.child.wait()).await.expect("it does not end").unwrap().code()
    }
}

/// Where `cargo build` puts it: beside this program, or one folder above a test's.
pub fn binary() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let name = format!("comfyui-openclaw{}", std::env::consts::EXE_SUFFIX);
    let found = this.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.exists());
    found.expect("the server is missing: run `cargo build -p openclaw-server` first")
}
