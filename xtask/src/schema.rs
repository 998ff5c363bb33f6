//! schemathesis against our own OpenAPI document: no request may end in a fault of ours, and no answer may be one that
//! the document does not tell of.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result};

use crate::sh::{self, cmd};
use crate::{python, server};

const PACKAGES: &[&str] = &["schemathesis==4.32.5"];
/// Requests that are made up for one operation, beside those that cover its schema.
const EXAMPLES: &str = "40";
/// Its answer has no end, and schemathesis waits for one; `tests/it/jobs.rs` reads it.
const LEFT_OUT: &str = "/events/stream";
/// What the provider answers whatever it is asked: a list of models and an answer to a chat in one.
const PROVIDER: &str = r#"{"data": [{"id": "m"}], "choices": [{"message": {"content": "{\"positive\": \"a fox\", \"refined_positive\": \"a fox\", \"caption\": \"a fox\"}"}, "finish_reason": "stop"}]}"#;
/// A made-up address of a provider leads nowhere, and saying so is a 502.
const SETTINGS: &str = r#"
[[operations]]
include-path = "/openclaw/llm/test"
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", 502, 504]
"#;
const TOKEN: &str = "a-token-of-the-test";

pub fn run() -> Result<()> {
    let (server, python) = (server::build()?, python::environment("schemathesis", PACKAGES)?);
    let state = tempfile::tempdir()?;
    let (mut serving, url) = start(&server, state.path())?;
    let mut schemathesis =
        cmd(python::in_venv(python.parent().and_then(Path::parent).context("a venv")?, "schemathesis"));
    std::fs::write(state.path().join("schemathesis.toml"), SETTINGS)?;
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
    // By the environment, so that no made-up setting sends anybody elsewhere.
    command.env("OPENCLAW_LLM_PROVIDER", "lmstudio").env("OPENCLAW_LLM_BASE_URL", provider()?);
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

/// A provider in OpenAI's format on this machine; it ends with this process.
fn provider() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // A caller that goes away is not waited for, and has nobody to tell.
            std::thread::spawn(move || answer(connection));
        }
    });
    Ok(url)
}

/// Reads one request to its end, because the caller would not see the answer to half a one.
fn answer(connection: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(connection);
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        line.clear();
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length";
    Ok(write!(reader.get_mut(), "{head}: {}\r\n\r\n{PROVIDER}", PROVIDER.len())?)
}
