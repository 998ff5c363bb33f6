use std::time::Duration;

use openclaw_shared::assist::{Field, Phase};
use openclaw_shared::planner::PlannerEvent;
use openclaw_tests::{FakeLlm, Reply, TestApp};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn the_built_in_planner_plans_with_no_key_and_no_network() {
    let app = TestApp::start(&[]).await;
    let request = json!({"profile": "Flux-Dev", "requirements": "a lighthouse at dusk", "seed": u64::MAX});
    let (status, plan) = app.post("/openclaw/assist/planner", &request).await;
    assert_eq!(status, StatusCode::OK, "{plan}");
    assert!(plan["positive"].as_str().unwrap().contains("lighthouse"), "{plan}");
    assert_eq!(plan["params"]["seed"], json!(u64::MAX));
    let again = app.post("/openclaw/assist/planner", &request).await.1;
    assert_eq!(plan, again, "the same request, the same plan");
}

#[tokio::test]
async fn a_stream_shows_every_field_and_ends_with_the_same_result() {
    let app = TestApp::start(&[]).await;
    let (_, plan) = app.plan("a lighthouse at dusk").await;
    let events = app.plan_stream("a lighthouse at dusk").await;
    let names: Vec<_> = events.iter().map(PlannerEvent::name).collect();
    assert_eq!((names.first(), names.last()), (Some(&"ready"), Some(&"final")), "{names:?}");
    let phases: Vec<_> = events
        .iter()
        .filter_map(|event| if let PlannerEvent::Stage(stage) = event { Some(stage.phase) } else { None })
        .collect();
    assert_eq!(phases, [Phase::Dispatch, Phase::Receive, Phase::Finalize]);
    let text = |field| {
        let deltas = events.iter().filter_map(|event| match event {
            PlannerEvent::Delta(delta) if delta.field == field => Some(delta.text.as_str()),
            _ => None,
        });
        deltas.collect::<String>()
    };
    assert_eq!(json!(text(Field::Positive)), plan["positive"]);
    assert_eq!(json!(text(Field::Negative)), plan["negative"]);
    let Some(PlannerEvent::Final(last)) = events.last() else { panic!("{names:?}") };
    assert_eq!(serde_json::to_value(&last.result).unwrap(), plan);
}

#[tokio::test]
async fn profiles_are_listed_as_the_python_edition_lists_them() {
    let app = TestApp::start(&[]).await;
    let (status, list) = app.get("/openclaw/assist/planner/profiles").await;
    assert_eq!((status, &list["default_profile"]), (StatusCode::OK, &json!("SDXL-v1")));
    let ids: Vec<_> =
        list["profiles"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"Flux-Dev") && ids.contains(&"SDXL-v1"), "{ids:?}");
}

#[tokio::test]
async fn bad_requests_are_refused_with_a_code_and_a_sentence() {
    let app = TestApp::start(&[]).await;
    let long = "x".repeat(8001);
    for (body, code, part) in [
        (
            r#"{"profile": "nope", "requirements": "a"}"#.to_owned(),
            "validation_error",
            "Unknown profile: nope",
        ),
        ("{}".into(), "validation_error", "empty"),
        (r#"{"requirements": 5}"#.into(), "validation_error", "requirements"),
        (r#"{"requirements": "a", "seed": -1}"#.into(), "validation_error", "seed"),
        (r#"{"requirements": "a", "seed": 1e40}"#.into(), "validation_error", "seed"),
        (json!({"requirements": long}).to_string(), "validation_error", "requirements exceeds 8000 chars"),
        ("[1]".into(), "validation_error", "JSON object required"),
        ("{".into(), "invalid_json", "not JSON"),
        ("\u{0}".into(), "invalid_json", "not JSON"),
        ("[".repeat(100_000), "invalid_json", "not JSON"),
    ] {
        for path in ["/openclaw/assist/planner", "/openclaw/assist/planner/stream"] {
            let request = app.request(Method::POST, path).header("content-type", "application/json");
            let response = request.body(body.clone()).send().await.unwrap();
            let (status, problem) = openclaw_tests::read(response).await;
            assert_eq!(
                (status, problem["error"].as_str()),
                (StatusCode::BAD_REQUEST, Some(code)),
                "{problem}"
            );
            assert!(problem["message"].as_str().unwrap().contains(part), "{problem}");
        }
    }
}

#[tokio::test]
async fn a_megabyte_of_requirements_is_too_large_and_text_is_no_json() {
    let app = TestApp::start(&[]).await;
    for size in [1 << 20, 12 << 20] {
        let (status, body) = app.plan(&"x".repeat(size)).await;
        assert_eq!(
            (status, body["error"].as_str()),
            (StatusCode::PAYLOAD_TOO_LARGE, Some("payload_too_large")),
            "{body}"
        );
    }
    let request = app.request(Method::POST, "/openclaw/assist/planner").header("content-type", "text/plain");
    let (status, body) = openclaw_tests::read(request.body("{}").send().await.unwrap()).await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, Some("unsupported_media_type")),
        "{body}"
    );
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_the_call_to_the_provider() {
    let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"{\"}}]}\n\n".to_owned();
    let mut llm = FakeLlm::start([Reply::EventsThenSilence(vec![piece])]).await;
    let app = TestApp::with_openai(&llm.url).await;
    let request = app.request(Method::POST, "/openclaw/assist/planner/stream");
    let mut response = request.json(&json!({"requirements": "a fox"})).send().await.unwrap();
    while let Some(chunk) = response.chunk().await.unwrap() {
        if chunk.windows(7).any(|window| window == b"receive") {
            break;
        }
    }
    drop(response);
    llm.client_gone().await;
}

#[tokio::test]
async fn a_silent_provider_is_kept_alive_and_then_times_out() {
    let mut llm = FakeLlm::start([Reply::Silence]).await;
    let base = format!("{}/v1", llm.url);
    let app = TestApp::start(&[
        ("OPENCLAW_LLM_PROVIDER", "lmstudio"),
        ("OPENCLAW_LLM_BASE_URL", &base),
        ("OPENCLAW_LLM_TIMEOUT", "5"),
    ])
    .await;
    let events = tokio::time::timeout(Duration::from_secs(20), app.plan_stream("a fox")).await.unwrap();
    assert!(events.iter().any(|event| matches!(event, PlannerEvent::Keepalive(_))), "{events:?}");
    let Some(PlannerEvent::Error(error)) = events.last() else { panic!("{events:?}") };
    assert_eq!((error.problem.error.as_str().as_str(), error.problem.status), ("provider_timeout", 504));
    assert!(error.problem.message.contains("5 s"), "{}", error.problem.message);
    llm.client_gone().await;
}

#[tokio::test]
async fn stopping_the_server_ends_its_streams() {
    let llm = FakeLlm::start([Reply::Silence]).await;
    let app = TestApp::with_openai(&llm.url).await;
    let request = app.request(Method::POST, "/openclaw/assist/planner/stream");
    let response = request.json(&json!({"requirements": "a fox"})).send().await.unwrap();
    app.app.shutdown.cancel();
    let body = tokio::time::timeout(Duration::from_secs(10), response.bytes()).await;
    body.expect("the stream goes on").unwrap();
}

#[tokio::test]
async fn a_model_cannot_load_files_that_nobody_asked_for() {
    let answer = r#"{"positive_prompt": "a fox, <lora:theirs:1>, <lora:mine:0.5>, embedding:evil", "negative_prompt": "embedding:bad"}"#;
    let llm = FakeLlm::start([Reply::openai(&[answer])]).await;
    let app = TestApp::with_openai(&llm.url).await;
    let (_, body) = app.plan("a fox <lora:mine:0.8>").await;
    assert_eq!(
        (&body["positive"], &body["negative"]),
        (&json!("a fox, <lora:mine:0.5>"), &json!("")),
        "{body}"
    );
}
