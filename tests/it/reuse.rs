use openclaw_tests::{FakeLlm, Reply, TestApp};
use reqwest::StatusCode;
use serde_json::json;

const ANSWERS: [&str; 4] = [
    r#"{"positive_prompt": "one"}"#,
    r#"{"positive_prompt": "two"}"#,
    r#"{"positive_prompt": "three"}"#,
    r#"{"positive_prompt": "four"}"#,
];

/// The prompt of a plan asked for in this way.
async fn plan(app: &TestApp, query: &str, seed: u64) -> String {
    let request = json!({"requirements": "a fox", "seed": seed});
    let (status, body) = app.post(&format!("/openclaw/assist/planner{query}"), &request).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["positive"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_question_is_billed_once_for_those_who_ask_so() {
    let llm = FakeLlm::start(ANSWERS.map(|answer| Reply::openai(&[answer]))).await;
    let app = TestApp::with_openai(&llm.url).await;
    assert_eq!(plan(&app, "?reuse=true", 1).await, "one");
    assert_eq!(plan(&app, "?reuse=true", 1).await, "one");
    assert_eq!(llm.asked().len(), 1);
    assert_eq!(plan(&app, "?reuse=true", 2).await, "two", "another question");
    assert_eq!(plan(&app, "", 1).await, "three", "a person who asks again wants another answer");
    let (status, body) = app.put("/openclaw/config", &json!({"model": "another"})).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(plan(&app, "?reuse=true", 1).await, "four", "another model");
    assert_eq!(llm.asked().len(), 4);
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let failure = Reply::status(500, &json!({"error": "no"}));
    let llm = FakeLlm::start([failure, Reply::openai(&[ANSWERS[0]])]).await;
    let app = TestApp::with_openai(&llm.url).await;
    let request = json!({"requirements": "a fox"});
    let failed = app.post("/openclaw/assist/planner?reuse=true", &request).await;
    assert_eq!(failed.0, StatusCode::BAD_GATEWAY);
    assert_eq!(plan(&app, "?reuse=true", 0).await, "one");
}
