use openclaw_tests::{FakeLlm, Reply, TestApp};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn models_are_fetched_sorted_remembered_and_refreshed() {
    let list = |ids: &[&str]| {
        let items: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
        Reply::status(200, &json!({"data": items}))
    };
    let llm =
        FakeLlm::start([list(&["b", "a", "b"]), list(&["c"]), Reply::status(500, &json!({"error": "no"}))])
            .await;
    let app = TestApp::with_openai(&llm.url).await;
    let (status, body) = app.get("/openclaw/llm/models").await;
    assert_eq!(
        (status, &body["models"], &body["cached"]),
        (StatusCode::OK, &json!(["a", "b"]), &json!(false)),
        "{body}"
    );
    assert_eq!(app.get("/openclaw/llm/models").await.1["cached"], json!(true));
    assert_eq!(app.get("/openclaw/llm/models?refresh=true").await.1["models"], json!(["c"]));
    let (status, stale) = app.get("/openclaw/llm/models?refresh=true").await;
    assert_eq!((status, &stale["models"]), (StatusCode::OK, &json!(["c"])));
    assert!(stale["warning"].as_str().unwrap().contains("older"), "{stale}");
    assert_eq!(llm.asked().len(), 3);
}

#[tokio::test]
async fn anthropics_list_is_read_too_and_a_dead_provider_says_so() {
    let llm =
        FakeLlm::start([Reply::status(200, &json!({"data": [{"id": "claude-x", "type": "model"}]}))]).await;
    let app = TestApp::with_anthropic(&llm.url).await;
    assert_eq!(app.get("/openclaw/llm/models").await.1["models"], json!(["claude-x"]));
    assert_eq!(llm.asked()[0].path, "/v1/models");
    let (status, body) = app.get("/openclaw/llm/models?provider=lmstudio&refresh=maybe").await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::BAD_REQUEST, Some("validation_error")),
        "{body}"
    );
    let (status, body) = TestApp::with_openai("http://127.0.0.1:9").await.get("/openclaw/llm/models").await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::BAD_GATEWAY, Some("provider_unreachable")),
        "{body}"
    );
}

#[tokio::test]
async fn a_chat_is_one_question_and_one_answer() {
    let llm = FakeLlm::start([Reply::openai(&["hel", "lo"])]).await;
    let app = TestApp::with_openai(&llm.url).await;
    let (status, body) = app.post("/openclaw/llm/chat", &json!({"message": "hi", "max_tokens": 99999})).await;
    assert_eq!((status, &body["text"]), (StatusCode::OK, &json!("hello")), "{body}");
    assert_eq!(llm.asked()[0].body["max_tokens"], json!(16384));
    let (status, body) = app.post("/openclaw/llm/chat", &json!({})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["message"].as_str().unwrap().contains("missing_user_message"), "{body}");
}

#[tokio::test]
async fn geminis_and_ollamas_lists_are_read_in_their_own_form() {
    for (provider, base, list, path) in [
        ("gemini", "/v1beta", json!({"models": [{"name": "models/gemini-x"}]}), "/v1beta/models"),
        ("ollama", "", json!({"models": [{"name": "llava:7b", "model": "llava:7b"}]}), "/api/tags"),
    ] {
        let llm = FakeLlm::start([Reply::status(200, &list)]).await;
        let base = format!("{}{base}", llm.url);
        let app = TestApp::start(&[
            ("OPENCLAW_LLM_PROVIDER", provider),
            ("OPENCLAW_LLM_BASE_URL", &base),
            ("OPENCLAW_LLM_ALLOWED_HOSTS", "127.0.0.1"),
            ("OPENCLAW_LLM_ALLOW_PRIVATE_NETWORK", "1"),
            ("OPENCLAW_LLM_API_KEY", "k"),
        ])
        .await;
        let (status, body) = app.get("/openclaw/llm/models").await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert!(["gemini-x", "llava:7b"].contains(&body["models"][0].as_str().unwrap()), "{body}");
        assert_eq!(llm.asked()[0].path, path);
    }
}
