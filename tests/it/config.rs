use openclaw_tests::TestApp;
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_stored_before_they_are_answered() {
    let app = TestApp::start(&[("OPENCLAW_LLM_TIMEOUT", "60")]).await;
    let (status, body) = app
        .put("/openclaw/config", &json!({"llm": {"provider": "ollama", "model": "m", "timeout_sec": 9}}))
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["apply"]["applied_now"], json!(["model", "provider"]));
    assert_eq!(body["config"]["timeout_sec"], json!(60));
    let file = std::fs::read_to_string(app.state_dir.path().join("config.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&file).unwrap()["llm"]["provider"], json!("ollama"));
    let (_, view) = app.get("/openclaw/config").await;
    assert_eq!((&view["config"]["model"], &view["sources"]["model"]), (&json!("m"), &json!("persisted")));
    assert_eq!(view["sources"]["timeout_sec"], json!("env"));
    assert_eq!(view["schema"]["timeout_sec"]["env"], json!("OPENCLAW_LLM_TIMEOUT"));
    assert_eq!(view["write_enabled"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_settings_say_which_and_why() {
    let app = TestApp::start(&[]).await;
    for (patch, part) in [
        (json!({"nope": 1}), "Unknown setting key: nope"),
        (json!({"provider": "x"}), "Unknown provider: x"),
        (json!({"timeout_sec": "soon"}), "Coercion error for 'timeout_sec'"),
        (json!({"provider": "custom"}), "base URL is needed"),
        (json!({"provider": "openai", "base_url": "http://169.254.169.254/"}), "Unsafe Base URL blocked"),
        (json!({"provider": "ollama", "base_url": "http://10.0.0.1:11434"}), "must use localhost URL"),
    ] {
        let (status, body) = app.put("/openclaw/config", &patch).await;
        assert_eq!(
            (status, body["error"].as_str()),
            (StatusCode::BAD_REQUEST, Some("validation_error")),
            "{patch}"
        );
        assert!(body["errors"][0].as_str().unwrap().contains(part), "{patch}: {body}");
    }
    let (status, body) = app.put("/openclaw/config", &json!([1])).await;
    assert_eq!((status, body["message"].as_str()), (StatusCode::BAD_REQUEST, Some("JSON object required")));
}

#[tokio::test]
async fn no_answer_holds_a_key() {
    let key = "sk-canary-0123456789abcdef0123456789";
    let app =
        TestApp::start(&[("OPENCLAW_OPENAI_API_KEY", key), ("OPENCLAW_ADMIN_TOKEN", "canary-token")]).await;
    for path in ["/openclaw/config", "/openclaw/health", "/openclaw/capabilities"] {
        let (_, body) = app.get(path).await;
        assert!(!body.to_string().contains("canary"), "{path}: {body}");
    }
    assert!(!format!("{:?}", app.app.config).contains("canary"));
    assert!(!format!("{:?}", app.app.catalog).contains("canary"));
}
