use std::process::Stdio;

use openclaw_tests::{FakeComfy, ServerProcess, Sink, client};
#[cfg(target_os = "linux")]
use rustix::process::{Pid, getpriority_process};
use serde_json::{Value, json};

#[tokio::test]
async fn the_first_line_says_where_the_server_is_and_it_ends_with_its_input() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = ServerProcess::start(dir.path(), &[]);
    let ready = server.line().await;
    assert_eq!((&ready["event"], &ready["pid"]), (&json!("ready"), &json!(server.child.id())));
    let health =
        client().get(format!("{}/openclaw/health", ready["url"].as_str().unwrap())).send().await.unwrap();
    assert_eq!(health.status(), 200);
    drop(server.stdin.take());
    assert_eq!(server.exit_code().await, Some(0));
    assert!(!dir.path().join("server.json").exists(), "the address of a server that is gone is gone too");
}

#[tokio::test]
async fn a_second_server_stands_by_and_takes_over_when_the_first_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = ServerProcess::start(dir.path(), &[]);
    let ready = first.line().await;
    let mut second = ServerProcess::start(dir.path(), &[]);
    assert_eq!(second.line().await, ready, "it announces the first one's address");
    first.child.kill().await.unwrap();
    let own = second.line().await;
    assert_eq!(own["pid"], json!(second.child.id()));
    let health =
        client().get(format!("{}/openclaw/health", own["url"].as_str().unwrap())).send().await.unwrap();
    assert_eq!(health.status(), 200);
}

#[tokio::test]
async fn a_server_that_stands_by_ends_with_its_input_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = ServerProcess::start(dir.path(), &[]);
    first.line().await;
    let mut second = ServerProcess::start(dir.path(), &[]);
    second.line().await;
    drop(second.stdin.take());
    assert_eq!(second.exit_code().await, Some(0));
}

/// Starts a server that cannot run and checks what it says.
async fn check_failure(state_dir: &std::path::Path, arguments: &[&str], code: &str, part: &str) {
    let mut server = ServerProcess::start(state_dir, arguments);
    let line = server.line().await;
    assert_eq!((line["event"].as_str(), line["code"].as_str()), (Some("failed"), Some(code)), "{line}");
    assert!(line["message"].as_str().unwrap().contains(part), "{line}");
    assert_eq!(server.exit_code().await, Some(1));
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    check_failure(dir.path(), &["--listen", &address], "port_taken", "choose another port").await;
}

#[tokio::test]
async fn a_state_directory_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    // A file where the directory should be: refused whoever runs the test, root included.
    let file = dir.path().join("state");
    std::fs::write(&file, "").unwrap();
    check_failure(&file, &[], "state_dir_unwritable", "OPENCLAW_STATE_DIR").await;
}

#[tokio::test]
async fn a_settings_file_that_is_not_json_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.json"), "{").unwrap();
    check_failure(dir.path(), &[], "config_invalid", "config.json").await;
}

#[tokio::test]
async fn the_first_line_names_the_door_for_other_machines() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = ServerProcess::start(dir.path(), &["--public-listen", "127.0.0.1:0"]);
    let ready = server.line().await;
    let public = ready["public_url"].as_str().unwrap();
    assert_ne!(ready["url"], ready["public_url"]);
    let webhook = client().post(format!("{public}/openclaw/webhook")).json(&json!({})).send().await.unwrap();
    assert_eq!(webhook.status(), 403);
    let health = client().get(format!("{public}/openclaw/health")).send().await.unwrap();
    assert_eq!(health.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_log_is_found_by_trace_and_says_no_secret() {
    const KEY: &str = "plain-words-of-a-key-45";
    let (dir, comfy, sink) = (tempfile::tempdir().unwrap(), FakeComfy::start().await, Sink::start([]).await);
    let env = [
        ("OPENCLAW_COMFYUI_URL", comfy.url.as_str()),
        ("OPENCLAW_LLM_API_KEY", KEY),
        ("OPENCLAW_CALLBACK_ALLOW_HOSTS", &sink.host),
        ("OPENCLAW_DANGEROUS_PRIVATE_CALLBACKS", "1"),
    ];
    let mut server = ServerProcess::start_logging(dir.path(), &[], &env, Stdio::null());
    let url = format!("{}/openclaw", server.line().await["url"].as_str().unwrap());
    let get = async |path: &str| -> Value {
        client().get(format!("{url}/{path}")).send().await.unwrap().json().await.unwrap()
    };
    // A secret can come in anywhere, and what is logged of a job is its trace.
    for trace in ["trace-mine", "trace-other", KEY] {
        let body = json!({"template_id": "blank_image", "trace_id": trace, "callback": {"url": sink.url()}});
        let fired = client().post(format!("{url}/triggers/fire")).json(&body).send().await.unwrap();
        assert_eq!(fired.status(), 200);
    }
    let lines =
        |answer: &Value| -> Vec<String> { serde_json::from_value(answer["content"].clone()).unwrap() };
    for word in ["ended", "delivered"] {
        let count = async || lines(&get("logs/tail").await).iter().filter(|line| line.contains(word)).count();
        while count().await != 3 {
            tokio::task::yield_now().await;
        }
    }
    let mine = get("logs/tail?trace_id=trace-mine").await;
    assert_eq!(mine["filtered"], json!(true));
    let found = lines(&mine);
    assert!(found.len() == 3 && found.iter().all(|line| line.contains("trace-mine")), "{found:?}");
    let all = lines(&get("logs/tail?n=1000000").await);
    assert_eq!(all.iter().filter(|line| line.contains("submitted to ComfyUI")).count(), 3, "{all:?}");
    assert!(all.iter().all(|line| !line.contains(KEY)), "{all:?}");
    assert_eq!(lines(&get(&format!("logs/tail?trace_id={KEY}")).await), Vec::<String>::new());
    assert_eq!(lines(&get("logs/tail?n=1").await).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_says_where_comfyui_is_and_the_log_what_is_wrong_with_a_variable() {
    let (dir, comfy) = (tempfile::tempdir().unwrap(), FakeComfy::start().await);
    let wrong = [("OPENCLAW_COMFYUI_URL", "nowhere"), ("OPENCLAW_MAX_OPEN_JOBS", "many")];
    let arguments = ["--comfy-url", &comfy.url];
    let mut server = ServerProcess::start_logging(dir.path(), &arguments, &wrong, Stdio::null());
    let url = format!("{}/openclaw", server.line().await["url"].as_str().unwrap());
    let body = json!({"template_id": "blank_image"});
    let fired = client().post(format!("{url}/triggers/fire")).json(&body).send().await.unwrap();
    assert_eq!(fired.status(), 200);
    let get = async |path: &str| -> Value {
        client().get(format!("{url}/{path}")).send().await.unwrap().json().await.unwrap()
    };
    while get("jobs?status=completed").await["pagination"]["total"] != 1 {
        tokio::task::yield_now().await;
    }
    let log = get("logs/tail").await["content"].to_string();
    assert!(wrong.iter().all(|(variable, _)| log.contains(variable)), "{log}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_of_comfyui_lets_it_have_a_processor_first() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = ServerProcess::start(dir.path(), &[]);
    server.line().await;
    let pid = server.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
    // The first thread's, which the others began with. Asked of the system: in a container, /proc can be another's.
    assert_eq!(getpriority_process(pid).unwrap(), 10);
}

/// As `docker exec` starts it: the session it is in has no number there.
#[cfg(target_os = "linux")]
#[test]
fn a_server_starts_in_a_session_that_began_outside_of_its_container() {
    let in_container = |program: &std::path::Path, arguments: &[&str]| {
        let mut unshare = std::process::Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "--pid", "--fork"]).arg(program).args(arguments);
        unshare.stdin(Stdio::null()).output()
    };
    if !in_container("true".as_ref(), &[]).is_ok_and(|made| made.status.success()) {
        eprintln!("skipped: containers cannot be made here");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let state_dir = dir.path().to_str().unwrap();
    let server = openclaw_tests::process::binary();
    let ran = in_container(&server, &["serve", "--exit-on-stdin-eof", "--state-dir", state_dir]).unwrap();
    assert!(ran.status.success(), "{ran:?}");
}
