use std::sync::Arc;

use openclaw_tests::{FakeLlm, Reply, TestApp};
use serde_json::{Value, json};

/// Words of the prompt, which no failure may repeat.
const PROMPT: &str = "a vermilion zeppelin";

/// A provider of each format, and the path of its API below the fake's address.
const FORMATS: [(&str, &str); 4] =
    [("lmstudio", "/v1"), ("antigravity_proxy", ""), ("gemini", "/v1beta"), ("ollama", "")];

/// More than any answer is allowed, many times over, and still little memory: what buffers of the network hold of an
/// endless answer counts too.
const MAX_TAKEN: usize = 16 << 20;

/// What a broken provider answers, what people are told, and words of the sentence.
fn broken() -> Vec<(&'static str, Reply, &'static str, &'static str)> {
    let html = || vec![("content-type", "text/html; charset=utf-8")];
    let json = || vec![("content-type", "application/json")];
    let text = || vec![("content-type", "text/plain")];
    let gzip = || vec![("content-type", "application/json"), ("content-encoding", "gzip")];
    let page = "<!doctype html><title>Sign in</title>".to_owned();
    // The first bytes of a gzip file.
    let cut_gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0x56];
    let ten_megabytes = |kind: &str| match kind {
        "json" => format!("{{\"a\": \"{}\"}}", "x".repeat(10 << 20)),
        _ => "x".repeat(10 << 20),
    };
    let inside = |error: Value| Reply::Body(200, json(), json!({"error": error}).to_string());
    vec![
        ("a page", Reply::Body(200, html(), page.clone()), "provider_bad_response", "web page"),
        ("a page with an error", Reply::Body(503, html(), page.clone()), "provider_unavailable", "503"),
        ("a page of the wrong type", Reply::Body(200, json(), page), "provider_bad_response", "web page"),
        ("nothing", Reply::Body(200, json(), String::new()), "provider_bad_response", "empty"),
        ("nothing of no type", Reply::Body(200, vec![], String::new()), "provider_bad_response", "empty"),
        ("an error in a 200", inside(json!({"message": "on fire"})), "provider_unavailable", "on fire"),
        ("an overload in a 200", inside(json!({"type": "overloaded_error"})), "provider_unavailable", "529"),
        (
            "a limit in a 200",
            inside(json!({"code": 429, "message": "slow"})),
            "provider_rate_limited",
            "slow",
        ),
        ("a text", Reply::Body(200, text(), "hello".into()), "provider_bad_response", "not JSON"),
        (
            "half an object",
            Reply::Body(200, json(), "{\"choices\": [".into()),
            "provider_bad_response",
            "JSON",
        ),
        ("null", Reply::Body(200, json(), "null".into()), "provider_bad_response", "empty"),
        ("a list", Reply::Body(200, json(), "[]".into()), "provider_bad_response", "empty"),
        (
            "another shape",
            Reply::Body(200, json(), "{\"choices\": 7, \"content\": 7, \"candidates\": {}}".into()),
            "provider_bad_response",
            "empty",
        ),
        ("half a gzip", Reply::Bytes(200, gzip(), cut_gzip), "provider_bad_response", "JSON"),
        ("no UTF-8", Reply::Bytes(200, json(), vec![0xff, 0xfe, b'{']), "provider_bad_response", "JSON"),
        ("10 MB of JSON", Reply::Body(200, json(), ten_megabytes("json")), "provider_bad_response", "longer"),
        ("10 MB with an error", Reply::Body(500, text(), ten_megabytes("")), "provider_unavailable", "500"),
        ("no end", Reply::Endless("application/json"), "provider_bad_response", "longer"),
        ("no end of events", Reply::Endless("text/event-stream"), "provider_bad_response", "longer"),
        ("no end of lines", Reply::Endless("application/x-ndjson"), "provider_bad_response", "longer"),
        ("a break", Reply::BrokenOff("application/json", "{\"choices\""), "provider_bad_response", "broke"),
        (
            "a break in a stream",
            Reply::BrokenOff("text/event-stream", "data: {"),
            "provider_bad_response",
            "broke",
        ),
        (
            "a move",
            Reply::Body(307, vec![("location", "http://169.254.169.254/")], String::new()),
            "provider_bad_response",
            "redirect",
        ),
    ]
}

async fn app(provider: &str, base: &str) -> TestApp {
    TestApp::start(&[
        ("OPENCLAW_LLM_PROVIDER", provider),
        ("OPENCLAW_LLM_BASE_URL", base),
        ("OPENCLAW_LLM_ALLOWED_HOSTS", "127.0.0.1"),
        ("OPENCLAW_LLM_ALLOW_PRIVATE_NETWORK", "1"),
        ("OPENCLAW_LLM_API_KEY", "sk-canary-of-bodies"),
        ("OPENCLAW_LLM_TIMEOUT", "5"),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_too_broken_for_a_sentence_and_none_is_paid_for_twice() {
    for (provider, path) in FORMATS {
        // What cannot have been billed is tried again, so those go without further tries.
        let retried =
            |code: &str, part: &str| code == "provider_rate_limited" || ["503", "529"].contains(&part);
        let (again, once): (Vec<_>, Vec<_>) =
            broken().into_iter().partition(|(_, _, code, part)| retried(code, part));
        for (retries, rows) in [(3, once), (0, again)] {
            let expected: Vec<_> = rows.iter().map(|(name, _, code, part)| (*name, *code, *part)).collect();
            let llm = FakeLlm::start(rows.into_iter().map(|(_, reply, ..)| reply)).await;
            let app = app(provider, &format!("{}{path}", llm.url)).await;
            app.put("/openclaw/config", &json!({"max_retries": retries})).await;
            for (number, (name, code, part)) in expected.into_iter().enumerate() {
                let taken = llm.taken();
                let (status, body) = app.plan(PROMPT).await;
                let told = body.to_string();
                assert_eq!(body["error"].as_str(), Some(code), "{provider}, {name}: {status} {told}");
                assert!(body["message"].as_str().unwrap().contains(part), "{provider}, {name}: {told}");
                assert!(!told.contains(PROMPT) && !told.contains("canary"), "{provider}, {name}: {told}");
                assert_eq!(llm.asked().len(), number + 1, "{provider}, {name}");
                assert!(llm.taken() - taken < MAX_TAKEN, "{provider}, {name}: {}", llm.taken() - taken);
            }
        }
    }
}

#[tokio::test]
async fn a_stream_that_drips_is_cut_when_its_time_is_up() {
    let mut llm = FakeLlm::start([Reply::Drip(": keep waiting\n\n")]).await;
    let app = app("lmstudio", &format!("{}/v1", llm.url)).await;
    let (_, body) = app.plan(PROMPT).await;
    assert_eq!(body["error"].as_str(), Some("provider_timeout"), "{body}");
    llm.client_gone().await;
    assert_eq!(llm.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_endless_answers_at_once_take_little_too() {
    const CALLERS: usize = 32;
    let llm = FakeLlm::start((0..CALLERS).map(|_| Reply::Endless("text/event-stream"))).await;
    let app = Arc::new(app("lmstudio", &format!("{}/v1", llm.url)).await);
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { app.plan(PROMPT).await.1 })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap()["error"].as_str(), Some("provider_bad_response"));
    }
    assert!(llm.taken() < CALLERS * MAX_TAKEN, "{} bytes were taken", llm.taken());
}
