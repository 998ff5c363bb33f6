use openclaw_tests::{FakeLlm, Reply, TestApp, read};
use reqwest::{Method, StatusCode};
use serde_json::json;

const PLAN: &str = r#"{"positive_prompt": "a fox"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_entered_in_the_sidebar_is_used_and_never_shown() {
    let llm = FakeLlm::start([Reply::openai(&[PLAN])]).await;
    let base = format!("{}/v1", llm.url);
    let app = TestApp::start(&[
        ("OPENCLAW_LLM_PROVIDER", "openai"),
        ("OPENCLAW_LLM_BASE_URL", &base),
        ("OPENCLAW_LLM_ALLOWED_HOSTS", "127.0.0.1"),
        ("OPENCLAW_LLM_ALLOW_PRIVATE_NETWORK", "1"),
        ("OPENCLAW_GROQ_API_KEY", "gsk-canary"),
    ])
    .await;
    let (_, body) = app.plan("a fox").await;
    assert_eq!(body["error"], json!("provider_key_missing"), "{body}");
    let update = json!({"provider": "OpenAI", "api_key": " sk-canary \n"});
    let (status, body) = app.put("/openclaw/secrets", &update).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(app.plan("a fox").await.0, StatusCode::OK);
    assert_eq!(llm.asked()[0].headers["authorization"], "Bearer sk-canary");

    let (_, status) = app.get("/openclaw/secrets/status").await;
    assert_eq!(status["secrets"]["openai"], json!({"configured": true, "source": "server_store"}));
    assert_eq!(status["secrets"]["groq"]["variable"], json!("OPENCLAW_GROQ_API_KEY"));
    let (_, config) = app.get("/openclaw/config").await;
    assert!(!format!("{status}{config}").contains("canary"));
    for entry in std::fs::read_dir(app.state_dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"canary"), "{}", path.display());
    }

    let forget = || async {
        read(app.request(Method::DELETE, "/openclaw/secrets/openai").send().await.unwrap()).await
    };
    assert_eq!(forget().await.0, StatusCode::OK);
    let (status, body) = forget().await;
    assert_eq!((status, body["error"].as_str()), (StatusCode::NOT_FOUND, Some("secret_not_found")));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_cannot_be_keys_are_refused() {
    let app = TestApp::start(&[]).await;
    let long = "k".repeat(4097);
    for (body, part) in [
        (json!({"api_key": "k"}), "missing_provider"),
        (json!({"provider": "nope", "api_key": "k"}), "invalid_provider"),
        (json!({"provider": "../x", "api_key": "k"}), "invalid_provider"),
        (json!({"provider": "ollama", "api_key": "k"}), "invalid_provider"),
        (json!({"provider": "openai"}), "missing_api_key"),
        (json!({"provider": "openai", "api_key": long}), "api_key_too_long"),
        (json!({"provider": "openai", "api_key": "a b"}), "invalid_api_key"),
    ] {
        let (status, answer) = app.put("/openclaw/secrets", &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        assert!(answer["message"].as_str().unwrap().contains(part), "{answer}");
    }
}
