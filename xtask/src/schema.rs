//! schemathesis against our own OpenAPI document: no request may end in a fault of ours, and no answer may be one that
//! the document does not tell of.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result};

use crate::sh::{self, cmd};
use crate::{python, server};

const PACKAGES: &[&str] = &["schemathesis==4.32.5"];
/// Requests that are made up for one operation, beside those that cover its schema.
const EXAMPLES: &str = "40";
/// Endless answers, and those that ask a provider.
const LEFT_OUT: &str = "stream|/llm/(test|models|chat)";
const TOKEN: &str = "a-token-of-the-test";

pub fn run() -> Result<()> {
    let (server, python) = (server::build()?, python::environment("schemathesis", PACKAGES)?);
    let state = tempfile::tempdir()?;
    let (mut serving, url) = start(&server, state.path())?;
    let mut schemathesis =
        cmd(python::in_venv(python.parent().and_then(Path::parent).context("a venv")?, "schemathesis"));
    // It leaves what it found in the folder it is started in.
    schemathesis.current_dir(state.path()).args(["run", &format!("{url}/openclaw/openapi.json")]);
    schemathesis.args(["-H", &format!("Authorization: Bearer {TOKEN}"), "--max-examples", EXAMPLES]);
    schemathesis.args(["--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--seed", "1"]);
    schemathesis.args(["--exclude-path-regex", LEFT_OUT, "--checks"]);
    schemathesis.arg(
        "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
         response_schema_conformance",
    );
    let result = sh::run(&mut schemathesis);
    serving.kill()?;
    serving.wait()?;
    result
}

/// A server that takes as many events as come; where it listens.
fn start(server: &Path, state: &Path) -> Result<(Child, String)> {
    let mut command = cmd(server);
    command.args(["serve", "--state-dir"]).arg(state).stdout(Stdio::piped()).stderr(Stdio::null());
    command.env("OPENCLAW_WEBHOOK_BEARER_TOKEN", TOKEN).env("OPENCLAW_RATE_LIMIT_WEBHOOK_PER_MIN", "off");
    for limit in ["", "_PER_SOURCE", "_PER_TEMPLATE", "_PER_TENANT"] {
        command.env(format!("OPENCLAW_MAX_OPEN_JOBS{limit}"), "1000000");
    }
    let mut serving = command.spawn().context("the server does not start")?;
    let mut line = String::new();
    BufReader::new(serving.stdout.take().context("its output is piped")?).read_line(&mut line)?;
    let ready: serde_json::Value = serde_json::from_str(&line)?;
    let url = ready["url"].as_str().context("the server says where it is")?.to_owned();
    Ok((serving, url))
}
