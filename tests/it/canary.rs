use std::fs::File;
use std::path::{Path, PathBuf};

use openclaw_tests::{FakeLlm, Reply, ServerProcess, client};
use reqwest::Method;
use serde_json::{Value, json};

/// Planted keys, each where it comes from.
const ENV_KEY: &str = "plain-words-of-the-environment-41";
const STORED_KEY: &str = "plain-words-of-the-sidebar-42";
const ADMIN_TOKEN: &str = "plain-words-of-the-admin-43";
/// Planted in every prompt.
const PROMPT: &str = "vermilion-zeppelin-44";

/// A picture whose file carries the planted prompt would be a fixture of its own; any picture does here.
const PICTURE: &str = include_str!("../fixtures/gradient.png.b64");

/// Everything in the log and in the files of a state directory.
fn places(state_dir: &Path, log: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = vec![(log.to_owned(), std::fs::read(log).unwrap())];
    let mut folders = vec![state_dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.clone(), std::fs::read(path).unwrap()));
            }
        }
    }
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// A provider that repeats key and prompt in everything it says about a failure.
fn gossip(status: u16) -> Reply {
    let message = format!("Incorrect API key provided: {ENV_KEY} or {STORED_KEY}. You said: {PROMPT}");
    Reply::status(status, &json!({"error": {"message": message}}))
}

struct Client {
    url: String,
    /// What was answered, whatever it was.
    told: Vec<String>,
}

impl Client {
    async fn send(&mut self, method: Method, path: &str, body: &Value) {
        let request = client().request(method, format!("{}/openclaw{path}", self.url)).json(body);
        let response = request.header("x-openclaw-admin-token", ADMIN_TOKEN).send().await.unwrap();
        let headers = format!("{:?}", response.headers());
        self.told.push(headers + &response.text().await.unwrap());
    }
}

#[tokio::test]
async fn planted_keys_and_prompts_are_nowhere_but_at_the_provider() {
    let answer = r#"{"positive_prompt": "a fox", "refined_positive": "a fox", "caption": "a fox"}"#;
    let good = || Reply::openai(&[answer]);
    let llm = FakeLlm::start([
        gossip(401),
        gossip(400),
        gossip(429),
        gossip(500),
        gossip(404),
        gossip(200),
        Reply::Body(200, vec![], PROMPT.into()),
        Reply::openai(&[PROMPT]),
        Reply::openai(&[&answer.replace("fox", ENV_KEY)]),
        good(),
        good(),
        good(),
    ])
    .await;
    let base = format!("{}/v1", llm.url);
    let state = tempfile::tempdir().unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    let env = [
        ("OPENCLAW_LOG", "trace"),
        ("OPENCLAW_ADMIN_TOKEN", ADMIN_TOKEN),
        ("OPENCLAW_LLM_PROVIDER", "custom"),
        ("OPENCLAW_LLM_BASE_URL", base.as_str()),
        ("OPENCLAW_LLM_MODEL", "m"),
        ("OPENCLAW_LLM_ALLOWED_HOSTS", "127.0.0.1"),
        ("OPENCLAW_LLM_ALLOW_PRIVATE_NETWORK", "1"),
        ("OPENCLAW_LLM_MAX_RETRIES", "0"),
        ("OPENCLAW_CUSTOM_API_KEY", ENV_KEY),
    ];
    let stderr = File::create(log.path()).unwrap().into();
    let mut server = ServerProcess::start_logging(state.path(), &["--listen", "127.0.0.1:0"], &env, stderr);
    let ready = server.line().await;
    let launch_key = ready["key"].as_str().unwrap().to_owned();
    let mut page = Client { url: ready["url"].as_str().unwrap().to_owned(), told: Vec::new() };

    page.send(Method::PUT, "/secrets", &json!({"provider": "groq", "api_key": STORED_KEY})).await;
    let plan = json!({"requirements": PROMPT, "style_directives": PROMPT});
    let picture = json!({"image_b64": PICTURE, "goal": PROMPT, "orig_positive": PROMPT, "issue": PROMPT});
    let reset = || client().delete(format!("{}/openclaw/llm/health", ready["url"].as_str().unwrap()));
    for path in ["/assist/planner", "/assist/planner/stream"] {
        for _ in 0..2 {
            page.send(Method::POST, path, &plan).await;
            reset().header("x-openclaw-admin-token", ADMIN_TOKEN).send().await.unwrap();
        }
    }
    for (path, body) in [
        ("/assist/refiner", &picture),
        ("/assist/image-to-prompt/stream", &picture),
        ("/llm/chat", &json!({"message": PROMPT})),
        ("/llm/test", &json!({})),
        ("/assist/planner?reuse=true&repair=true", &plan),
        ("/assist/refiner/stream", &picture),
        ("/assist/variants", &json!({"positive": PROMPT, "params_json": "[1]"})),
        ("/llm/test", &json!({"provider": STORED_KEY, "model": 7})),
    ] {
        page.send(Method::POST, path, body).await;
        reset().header("x-openclaw-admin-token", ADMIN_TOKEN).send().await.unwrap();
    }
    for path in
        ["/config", "/secrets/status", "/llm/health", "/llm/models", "/health", "/capabilities", "/nope"]
    {
        page.send(Method::GET, path, &Value::Null).await;
    }
    drop(server.stdin.take());
    assert_eq!(server.exit_code().await, Some(0));

    let asked = llm.asked();
    assert!(asked.len() >= 9, "{}", asked.len());
    let bearer = format!("Bearer {ENV_KEY}");
    assert!(asked.iter().all(|asked| asked.headers["authorization"] == bearer.as_str()));
    let places = places(state.path(), log.path());
    assert!(places[0].1.len() > 10_000, "the log was listened to");
    for (place, bytes) in &places {
        for key in [ENV_KEY, STORED_KEY, ADMIN_TOKEN, PROMPT] {
            let line = bytes.split(|byte| *byte == b'\n').find(|line| holds(line, key));
            let line = line.map(|line| String::from_utf8_lossy(&line[..line.len().min(400)]).into_owned());
            assert_eq!(line, None, "{} holds {key}", place.display());
        }
        assert!(place != log.path() || !holds(bytes, &launch_key), "the log holds the launch key");
    }
    for (number, told) in page.told.iter().enumerate() {
        for key in [ENV_KEY, ADMIN_TOKEN, launch_key.as_str()] {
            assert!(!told.contains(key), "answer {number} holds {key}: {told}");
        }
    }
    let stored = page.told.iter().filter(|told| told.contains(STORED_KEY)).count();
    assert_eq!(stored, 0, "{:?}", page.told);
}
