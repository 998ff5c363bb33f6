use openclaw_shared::planner::PlannerEvent;
use openclaw_tests::{Asked, FakeLlm, Reply, TestApp};
use reqwest::StatusCode;
use serde_json::{Value, json};

const ANSWER: &str = r#"{"positive_prompt": "a fox", "negative_prompt": "blur", "params": {"steps": 30}}"#;

#[tokio::test]
async fn the_openai_format_is_what_look_alikes_accept() {
    let llm = FakeLlm::start([Reply::openai(&[ANSWER])]).await;
    let app = TestApp::with_openai(&llm.url).await;
    let (status, body) = app.plan("a fox").await;
    assert_eq!((status, &body["positive"]), (StatusCode::OK, &json!("a fox")), "{body}");
    let asked = &llm.asked()[0];
    assert_eq!(asked.path, "/v1/chat/completions");
    let members: Vec<_> = asked.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["max_tokens", "messages", "model", "stream", "temperature"]);
    assert!(asked.body["messages"][1]["content"].as_str().unwrap().contains("a fox"));
    assert!(!asked.headers.contains_key("authorization"), "a local provider gets no key");
}

#[tokio::test]
async fn the_anthropic_format_has_its_version_and_key_headers() {
    let llm = FakeLlm::start([Reply::anthropic(&[ANSWER])]).await;
    let app = TestApp::with_anthropic(&llm.url).await;
    let (status, body) = app.plan("a fox").await;
    assert_eq!((status, &body["params"]["steps"]), (StatusCode::OK, &json!(30)), "{body}");
    let asked = &llm.asked()[0];
    assert_eq!(asked.path, "/v1/messages");
    assert_eq!(asked.headers["anthropic-version"], "2023-06-01");
    assert!(asked.body["system"].is_string());
}

/// Plans against a provider row whose address is replaced, and returns what it was asked.
async fn ask(provider: &str, base: &str, env: &[(&str, &str)], llm: &FakeLlm) -> (StatusCode, Value, Asked) {
    let base = format!("{}{base}", llm.url);
    let mut env = env.to_vec();
    env.extend([
        ("OPENCLAW_LLM_PROVIDER", provider),
        ("OPENCLAW_LLM_BASE_URL", base.as_str()),
        ("OPENCLAW_LLM_ALLOWED_HOSTS", "127.0.0.1"),
        ("OPENCLAW_LLM_ALLOW_PRIVATE_NETWORK", "1"),
        ("OPENCLAW_LLM_API_KEY", "k-1"),
        ("OPENCLAW_LLM_MAX_RETRIES", "0"),
    ]);
    let app = TestApp::start(&env).await;
    let (status, body) = app.plan("a fox").await;
    (status, body, llm.asked().remove(0))
}

#[tokio::test]
async fn openai_is_held_to_the_shape_by_a_forced_tool_call_whose_arguments_are_the_answer() {
    let call = |arguments: &str| {
        let delta = json!({"tool_calls": [{"index": 0, "function": {"arguments": arguments}}]});
        format!("data: {}\n\n", json!({"choices": [{"delta": delta}]}))
    };
    let (head, tail) = ANSWER.split_at(20);
    let llm = FakeLlm::start([Reply::Events(vec![call(head), call(tail), "data: [DONE]\n\n".into()])]).await;
    let (status, body, asked) = ask("openai", "/v1", &[], &llm).await;
    assert_eq!((status, &body["positive"]), (StatusCode::OK, &json!("a fox")), "{body}");
    assert_eq!(asked.body["tool_choice"]["function"]["name"], json!("openclaw_planner_output"));
    assert_eq!(asked.body["tools"][0]["function"]["parameters"]["required"][0], json!("positive_prompt"));
    assert!(asked.body.get("max_tokens").is_none() && asked.body["max_completion_tokens"].is_u64());
    assert_eq!(asked.headers["authorization"], "Bearer k-1");
}

#[tokio::test]
async fn a_model_that_refuses_a_temperature_gets_none() {
    let llm = FakeLlm::start([Reply::openai(&[ANSWER])]).await;
    let (_, _, asked) = ask("openai", "/v1", &[("OPENCLAW_LLM_MODEL", "gpt-5-mini")], &llm).await;
    assert!(asked.body.get("temperature").is_none(), "{}", asked.body);
}

#[tokio::test]
async fn anthropic_is_held_to_the_shape_too() {
    let event = |value: Value| format!("data: {value}\n\n");
    let delta = |json: &str| {
        event(
            json!({"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": json}}),
        )
    };
    let (head, tail) = ANSWER.split_at(20);
    let stop = event(json!({"type": "message_stop"}));
    let llm = FakeLlm::start([Reply::Events(vec![delta(head), delta(tail), stop])]).await;
    let (status, body, asked) = ask("anthropic", "", &[], &llm).await;
    assert_eq!((status, &body["positive"]), (StatusCode::OK, &json!("a fox")), "{body}");
    assert_eq!(asked.body["tool_choice"], json!({"type": "tool", "name": "openclaw_planner_output"}));
    assert_eq!(asked.headers["x-api-key"], "k-1");
    assert!(!asked.headers.contains_key("authorization"), "Anthropic refuses two credentials");
}

#[tokio::test]
async fn gemini_is_spoken_to_in_its_own_format_even_at_its_old_address() {
    let candidate = json!({"content": {"parts": [{"text": "thinking", "thought": true}, {"text": ANSWER}]}});
    let event = json!({"candidates": [candidate], "usageMetadata": {"promptTokenCount": 9}});
    let llm = FakeLlm::start([Reply::Events(vec![format!("data: {event}\r\n\r\n")])]).await;
    let (status, body, asked) = ask("gemini", "/v1beta/openai", &[], &llm).await;
    assert_eq!((status, &body["positive"]), (StatusCode::OK, &json!("a fox")), "{body}");
    assert_eq!(asked.path, "/v1beta/models/gemini-2.5-flash:streamGenerateContent");
    assert_eq!(asked.headers["x-goog-api-key"], "k-1");
    assert_eq!(asked.body["generationConfig"]["responseMimeType"], json!("application/json"));
}

#[tokio::test]
async fn ollama_is_spoken_to_in_its_own_format_line_by_line() {
    let line =
        |content: &str, done: bool| json!({"message": {"content": content}, "done": done}).to_string() + "\n";
    let (head, tail) = ANSWER.split_at(20);
    let lines = line(head, false) + &line(tail, false) + &line("", true);
    let llm = FakeLlm::start([Reply::Body(200, vec![("content-type", "application/x-ndjson")], lines)]).await;
    let (status, body, asked) = ask("ollama", "/v1", &[], &llm).await;
    assert_eq!((status, &body["positive"]), (StatusCode::OK, &json!("a fox")), "{body}");
    assert_eq!((asked.path.as_str(), &asked.body["format"]["type"]), ("/api/chat", &json!("object")));
}

#[tokio::test]
async fn a_key_goes_to_its_provider_as_a_bearer_token() {
    let llm = FakeLlm::start([Reply::openai(&[ANSWER])]).await;
    let base = format!("{}/v1", llm.url);
    let app = TestApp::start(&[
        ("OPENCLAW_LLM_PROVIDER", "custom"),
        ("OPENCLAW_LLM_BASE_URL", &base),
        ("OPENCLAW_LLM_ALLOWED_HOSTS", "127.0.0.1"),
        ("OPENCLAW_LLM_ALLOW_PRIVATE_NETWORK", "1"),
        ("OPENCLAW_CUSTOM_API_KEY", "k-1"),
    ])
    .await;
    assert_eq!(app.plan("a fox").await.0, StatusCode::OK);
    assert_eq!(llm.asked()[0].headers["authorization"], "Bearer k-1");
}

#[tokio::test]
async fn a_look_alike_that_does_not_stream_is_read_whole() {
    let body = json!({"choices": [{"message": {"content": ANSWER}, "finish_reason": "stop"}]});
    let llm = FakeLlm::start([Reply::status(200, &body)]).await;
    let app = TestApp::with_openai(&llm.url).await;
    assert_eq!(app.plan("a fox").await.1["negative"], json!("blur"));
}

/// Plans once against this reply and checks the problem.
async fn check(reply: Reply, status: u16, code: &str, part: &str) {
    let llm = FakeLlm::start([reply]).await;
    let app = TestApp::with_openai(&llm.url).await;
    let (actual, body) = app.plan("a fox").await;
    assert_eq!((actual.as_u16(), body["error"].as_str().unwrap()), (status, code), "{body}");
    assert!(body["message"].as_str().unwrap().contains(part), "{body}");
    assert_eq!(llm.asked().len(), 1, "{code}: one call");
}

#[tokio::test]
async fn every_way_a_provider_fails_has_its_own_code_and_a_way_out() {
    let error = |message: &str| json!({"error": {"message": message}});
    let html = || ("content-type", "text/html");
    check(Reply::status(401, &error("bad key")), 502, "provider_auth_failed", "bad key").await;
    check(Reply::status(403, &error("no")), 502, "provider_auth_failed", "no").await;
    check(Reply::status(402, &error("pay")), 502, "provider_quota_exceeded", "pay").await;
    check(Reply::status(429, &error("exceeded your current quota")), 502, "provider_quota_exceeded", "quota")
        .await;
    check(Reply::status(429, &error("slow down")), 429, "provider_rate_limited", "slow down").await;
    check(Reply::status(404, &error("model x not found")), 502, "provider_model_not_found", "another model")
        .await;
    check(Reply::status(400, &error("bad tool")), 502, "provider_invalid_request", "bad tool").await;
    check(Reply::status(503, &error("busy")), 502, "provider_unavailable", "busy").await;
    check(Reply::status(500, &error("oops")), 502, "provider_unavailable", "oops").await;
    check(
        Reply::Body(302, vec![("location", "http://127.0.0.1/")], String::new()),
        502,
        "provider_bad_response",
        "redirect",
    )
    .await;
    check(
        Reply::Body(200, vec![html()], "<html>login</html>".into()),
        502,
        "provider_bad_response",
        "web page",
    )
    .await;
    check(Reply::Body(502, vec![html()], "<html>".repeat(20_000)), 502, "provider_unavailable", "HTTP 502")
        .await;
    check(Reply::Body(200, vec![], String::new()), 502, "provider_bad_response", "empty").await;
    check(Reply::status(200, &error("inside a 200")), 502, "provider_unavailable", "inside a 200").await;
    check(Reply::openai(&["I cannot do that"]), 502, "provider_bad_response", "").await;
    check(Reply::openai(&[r#"{"positive_prompt": "a fo"#]), 502, "provider_bad_response", "").await;
    check(Reply::openai(&[]), 502, "provider_bad_response", "empty").await;
    check(Reply::Events(vec!["data: {nope\n\n".into()]), 502, "provider_bad_response", "not JSON").await;
    check(Reply::Endless("text/event-stream"), 502, "provider_bad_response", "longer").await;
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_unreachable() {
    let app = TestApp::with_openai("http://127.0.0.1:9").await;
    let (status, body) = app.plan("a fox").await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::BAD_GATEWAY, Some("provider_unreachable")),
        "{body}"
    );
}

#[tokio::test]
async fn a_missing_key_names_its_variable() {
    let app = TestApp::start(&[("OPENCLAW_LLM_PROVIDER", "groq")]).await;
    let (status, body) = app.plan("a fox").await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::CONFLICT, Some("provider_key_missing")),
        "{body}"
    );
    assert!(body["message"].as_str().unwrap().contains("OPENCLAW_GROQ_API_KEY"), "{body}");
}

#[tokio::test]
async fn only_what_cannot_have_been_billed_is_tried_again() {
    let unavailable = || Reply::status(503, &json!({"error": "busy"}));
    for (first, calls) in [(unavailable(), 2), (Reply::status(500, &json!({"error": "half done"})), 1)] {
        let llm = FakeLlm::start([first, Reply::openai(&[ANSWER])]).await;
        let base = format!("{}/v1", llm.url);
        let app =
            TestApp::start(&[("OPENCLAW_LLM_PROVIDER", "lmstudio"), ("OPENCLAW_LLM_BASE_URL", &base)]).await;
        let _ = app.plan("a fox").await;
        assert_eq!(llm.asked().len(), calls);
    }
}

#[tokio::test]
async fn the_next_candidate_has_its_own_model_and_the_last_may_be_builtin() {
    let llm = FakeLlm::start([
        Reply::status(401, &json!({"error": "no"})),
        Reply::status(404, &json!({"error": "no such model"})),
    ])
    .await;
    let base = format!("{}/v1", llm.url);
    let app = TestApp::start(&[
        ("OPENCLAW_LLM_PROVIDER", "lmstudio"),
        ("OPENCLAW_LLM_BASE_URL", &base),
        ("OPENCLAW_LLM_MODEL", "a"),
        ("OPENCLAW_FALLBACK_MODELS", "b"),
        ("OPENCLAW_FALLBACK_PROVIDERS", "builtin"),
    ])
    .await;
    let (status, body) = app.plan("a fox").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let models: Vec<Value> = llm.asked().into_iter().map(|asked| asked.body["model"].clone()).collect();
    assert_eq!(models, [json!("a"), json!("b")]);
}

#[tokio::test]
async fn the_connection_test_says_what_came_back_or_what_failed() {
    let llm =
        FakeLlm::start([Reply::openai(&["ready"]), Reply::status(401, &json!({"error": "bad key"}))]).await;
    let app = TestApp::start(&[]).await;
    let request = json!({"provider": "lmstudio", "base_url": format!("{}/v1", llm.url), "model": "m"});
    let (status, body) = app.post("/openclaw/llm/test", &request).await;
    assert_eq!(
        (status, &body["response"], &body["model"]),
        (StatusCode::OK, &json!("ready"), &json!("m")),
        "{body}"
    );
    let (status, body) = app.post("/openclaw/llm/test", &request).await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::BAD_GATEWAY, Some("provider_auth_failed")),
        "{body}"
    );
    let empty = app.request(reqwest::Method::POST, "/openclaw/llm/test").send().await.unwrap();
    assert_eq!(empty.status(), StatusCode::OK, "the built-in planner needs no body");
}

#[tokio::test]
async fn a_broken_stream_ends_in_an_error_event_after_what_was_shown() {
    let llm = FakeLlm::start([Reply::Events(vec![
        "data: {\"choices\":[{\"delta\":{\"content\":\"{\\\"positive_prompt\\\": \\\"a f\"}}]}\n\n".into(),
    ])])
    .await;
    let app = TestApp::with_openai(&llm.url).await;
    let events = app.plan_stream("a fox").await;
    assert!(
        events.iter().any(|event| matches!(event, PlannerEvent::Delta(delta) if delta.text == "a f")),
        "{events:?}"
    );
    let Some(PlannerEvent::Error(error)) = events.last() else { panic!("{events:?}") };
    assert_eq!(error.problem.error.as_str(), "provider_bad_response");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_rests_is_shown_with_the_reason_until_somebody_mends_it() {
    let llm =
        FakeLlm::start([Reply::status(401, &json!({"error": "bad key"})), Reply::openai(&[ANSWER])]).await;
    let app = TestApp::with_openai(&llm.url).await;
    let (status, fresh) = app.get("/openclaw/llm/health").await;
    assert_eq!((status, &fresh["candidates"][0]["score"]), (StatusCode::OK, &json!(70)), "{fresh}");
    app.plan("a fox").await;
    let tired = app.get("/openclaw/llm/health").await.1["candidates"][0].clone();
    assert_eq!((&tired["provider"], &tired["configured"]), (&json!("lmstudio"), &json!(true)), "{tired}");
    assert_eq!(tired["reason_code"], json!("provider_auth_failed"));
    assert!(tired["rests_sec"].as_u64().unwrap() > 3500, "{tired}");
    let reset =
        |query: &str| app.request(reqwest::Method::DELETE, &format!("/openclaw/llm/health{query}")).send();
    assert_eq!(reset("?provider=nobody").await.unwrap().status(), StatusCode::BAD_REQUEST);
    let mended: Value = reset("?provider=lmstudio").await.unwrap().json().await.unwrap();
    assert_eq!(mended["candidates"][0]["rests_sec"], json!(0), "{mended}");
}

#[tokio::test]
async fn an_unusable_answer_is_mended_once_and_only_for_those_who_allow_the_second_bill() {
    let prose = || Reply::openai(&["I would rather talk about the weather."]);
    let request = json!({"requirements": "a fox"});
    let llm = FakeLlm::start([prose(), prose(), Reply::openai(&[ANSWER]), prose(), prose()]).await;
    let app = TestApp::with_openai(&llm.url).await;
    let (status, _) = app.post("/openclaw/assist/planner", &request).await;
    assert_eq!((status, llm.asked().len()), (StatusCode::BAD_GATEWAY, 1));
    let (status, body) = app.post("/openclaw/assist/planner?repair=true", &request).await;
    assert_eq!(
        (status, &body["positive"], llm.asked().len()),
        (StatusCode::OK, &json!("a fox"), 3),
        "{body}"
    );
    let again = llm.asked()[2].body["messages"][1]["content"].as_str().unwrap().to_owned();
    assert!(again.contains("talk about the weather") && again.contains("a fox"), "{again}");
    let (status, _) = app.post("/openclaw/assist/planner?repair=true", &request).await;
    assert_eq!((status, llm.asked().len()), (StatusCode::BAD_GATEWAY, 5), "one round at most");
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_wait_for_a_limit_that_one_of_them_met_and_come_back_one_after_the_other() {
    let limited =
        Reply::Body(429, vec![("retry-after", "1"), ("content-type", "application/json")], "{}".into());
    let answers = (0..4).map(|_| Reply::openai(&[ANSWER]));
    let llm = FakeLlm::start(std::iter::once(limited).chain(answers)).await;
    let base = format!("{}/v1", llm.url);
    let app =
        TestApp::start(&[("OPENCLAW_LLM_PROVIDER", "lmstudio"), ("OPENCLAW_LLM_BASE_URL", &base)]).await;
    let app = std::sync::Arc::new(app);
    let plan = || {
        let app = app.clone();
        tokio::spawn(async move { app.plan("a fox").await.0 })
    };
    let mut callers = vec![plan()];
    while app.get("/openclaw/llm/health").await.1["candidates"][0]["rests_sec"] == json!(0) {}
    callers.extend((0..3).map(|_| plan()));
    for caller in callers {
        assert_eq!(caller.await.unwrap(), StatusCode::OK);
    }
    let times: Vec<_> = llm.asked().iter().map(|asked| asked.at).collect();
    assert_eq!(times.len(), 5);
    let second = std::time::Duration::from_secs(1);
    assert!(times[1..].iter().all(|at| *at - times[0] >= second), "{times:?}");
    assert!(times[4] - times[1] >= second, "three gaps of half a second: {times:?}");
}

#[tokio::test]
async fn tries_and_pauses_end_with_the_deadline() {
    let busy = || Reply::status(503, &json!({"error": "busy"}));
    let llm = FakeLlm::start((0..20).map(|_| busy())).await;
    let base = format!("{}/v1", llm.url);
    let app = TestApp::start(&[
        ("OPENCLAW_LLM_PROVIDER", "lmstudio"),
        ("OPENCLAW_LLM_BASE_URL", &base),
        ("OPENCLAW_LLM_MODEL", "a"),
        ("OPENCLAW_FALLBACK_MODELS", "b,c"),
        ("OPENCLAW_LLM_TIMEOUT", "5"),
        ("OPENCLAW_LLM_MAX_RETRIES", "10"),
    ])
    .await;
    let (status, body) = app.plan("a fox").await;
    assert_eq!((status, body["error"].as_str()), (StatusCode::BAD_GATEWAY, Some("provider_unavailable")));
    let asked = llm.asked();
    let models: std::collections::BTreeSet<_> =
        asked.iter().map(|asked| asked.body["model"].to_string()).collect();
    assert_eq!(models.len(), 3, "every candidate had its turn");
    assert!(asked[asked.len() - 1].at - asked[0].at < std::time::Duration::from_secs(5));
}

#[tokio::test]
async fn a_test_names_region_auth_quota_and_model_apart() {
    let error = |code: &str, message: &str| json!({"error": {"code": code, "message": message}});
    let replies = [
        (403, error("unsupported_country_region_territory", "Country, region, or territory not supported")),
        (400, error("FAILED_PRECONDITION", "User location is not supported for the API use.")),
        (401, error("invalid_api_key", "Incorrect API key provided")),
        (429, error("insufficient_quota", "You exceeded your current quota")),
        (404, error("model_not_found", "The model `x` does not exist")),
    ];
    let llm = FakeLlm::start(replies.map(|(status, body)| Reply::status(status, &body))).await;
    let app = TestApp::start(&[]).await;
    let request = json!({"provider": "lmstudio", "base_url": format!("{}/v1", llm.url), "model": "x"});
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(app.post("/openclaw/llm/test", &request).await.1["error"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        codes,
        [
            "provider_region_refused",
            "provider_region_refused",
            "provider_auth_failed",
            "provider_quota_exceeded",
            "provider_model_not_found"
        ]
    );
    let gone = json!({"provider": "lmstudio", "base_url": "http://nowhere.localhost:9/v1"});
    let code = app.post("/openclaw/llm/test", &gone).await.1["error"].as_str().unwrap().to_owned();
    assert!(["provider_dns_failed", "provider_unreachable"].contains(&code.as_str()), "{code}");
}

#[tokio::test]
async fn a_provider_that_speaks_no_tls_is_named() {
    let llm = FakeLlm::start([]).await;
    let app = TestApp::start(&[]).await;
    let base = format!("{}/v1", llm.url.replace("http:", "https:"));
    let (_, body) = app.post("/openclaw/llm/test", &json!({"provider": "lmstudio", "base_url": base})).await;
    assert_eq!(body["error"].as_str(), Some("provider_tls_failed"), "{body}");
}
