use openclaw_server::http;
use openclaw_tests::TestApp;
use reqwest::{Method, StatusCode};

/// What strangers may call.
const PUBLIC: [&str; 3] = ["/openclaw/health", "/openclaw/capabilities", "/openclaw/openapi.json"];

/// Every operation of the document.
fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(http::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .keys()
                .map(|method| (Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), path.clone()))
        })
        .collect()
}

#[tokio::test]
async fn every_operation_that_is_not_public_refuses_strangers() {
    let app = TestApp::start(&[]).await;
    let operations = operations();
    assert!(operations.len() >= 9, "{operations:?}");
    for (method, path) in operations {
        // A claimed peer without the launch key is a stranger.
        let request = app.request(method.clone(), &path).header("x-openclaw-peer", "127.0.0.1").body("{}");
        let status = request.header("content-type", "application/json").send().await.unwrap().status();
        if PUBLIC.contains(&path.as_str()) {
            assert_eq!(status, StatusCode::OK, "{method} {path}");
        } else {
            assert!(
                matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN),
                "{method} {path}: {status}"
            );
        }
    }
}

#[tokio::test]
async fn with_an_admin_token_a_missing_one_is_401_for_assist_and_403_elsewhere() {
    let app = TestApp::start(&[("OPENCLAW_ADMIN_TOKEN", "secret")]).await;
    let plan = serde_json::json!({"requirements": "a cat"});
    assert_eq!(app.post("/openclaw/assist/planner", &plan).await.0, StatusCode::UNAUTHORIZED);
    let (status, body) = app.put("/openclaw/config", &serde_json::json!({})).await;
    assert_eq!((status, body["error"].as_str()), (StatusCode::FORBIDDEN, Some("auth_failed")));
    let (new, old) = ("x-openclaw-admin-token", "x-moltbot-admin-token");
    for (headers, status) in [
        (vec![(new, "secret")], StatusCode::OK),
        (vec![(old, "secret")], StatusCode::OK),
        (vec![(new, ""), (old, "secret")], StatusCode::OK),
        // The new name beats the old one.
        (vec![(new, "wrong"), (old, "secret")], StatusCode::UNAUTHORIZED),
        (vec![(new, "secret"), (old, "wrong")], StatusCode::OK),
    ] {
        let request = app.request(Method::POST, "/openclaw/assist/planner");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        assert_eq!(request.json(&plan).send().await.unwrap().status(), status, "{headers:?}");
    }
}

#[tokio::test]
async fn what_the_shim_says_of_itself_never_had_an_old_name() {
    let app = TestApp::start(&[]).await;
    for (name, taken) in [("x-openclaw-peer", true), ("x-moltbot-peer", false)] {
        let request = app.request(Method::GET, "/openclaw/config").header(name, "127.0.0.1");
        let status = request.send().await.unwrap().status();
        assert_eq!(status, if taken { StatusCode::FORBIDDEN } else { StatusCode::OK }, "{name}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_write() {
    let app = TestApp::start(&[]).await;
    let request = app.request(Method::PUT, "/openclaw/config").header("origin", "http://evil.example");
    let (status, body) =
        openclaw_tests::read(request.json(&serde_json::json!({})).send().await.unwrap()).await;
    assert_eq!((status, body["error"].as_str()), (StatusCode::FORBIDDEN, Some("csrf_protection")));
}

#[tokio::test]
async fn unknown_paths_and_methods_answer_a_problem() {
    let app = TestApp::start(&[]).await;
    let (status, body) = app.get("/openclaw/nope").await;
    assert_eq!((status, body["error"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")));
    let (status, body) = app.post("/openclaw/health", &serde_json::json!({})).await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::METHOD_NOT_ALLOWED, Some("method_not_allowed"))
    );
}

#[tokio::test]
async fn every_prefix_answers_and_the_old_one_says_that_it_is_old() {
    let app = TestApp::start(&[]).await;
    for (prefix, deprecated) in
        [("/openclaw", false), ("/api/openclaw", false), ("/moltbot", true), ("/api/moltbot", true)]
    {
        let response = app.request(Method::GET, &format!("{prefix}/health?x=1")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{prefix}");
        assert_eq!(response.headers().contains_key("deprecation"), deprecated, "{prefix}");
        let canonical =
            response.headers().get("x-openclaw-canonical-path").map(|path| path.to_str().unwrap());
        let expected = format!("{}/health", prefix.replace("moltbot", "openclaw"));
        assert_eq!(canonical, deprecated.then_some(expected.as_str()), "{prefix}");
    }
}

#[tokio::test]
async fn guessing_from_another_machine_is_slowed_down_and_knowing_is_not() {
    let app = TestApp::start(&[("OPENCLAW_ADMIN_TOKEN", "secret"), ("OPENCLAW_LAUNCH_KEY", "launch")]).await;
    let call = async |peer: &str, token: &str| {
        let request = app.request(Method::GET, "/openclaw/secrets/status");
        let request = request.header("x-openclaw-launch-key", "launch").header("x-openclaw-peer", peer);
        request.header("x-openclaw-admin-token", token).send().await.unwrap()
    };
    let mut refused = 0;
    let slowed = loop {
        let answer = call("203.0.113.9", "guess").await;
        if answer.status() != StatusCode::FORBIDDEN {
            break answer;
        }
        refused += 1;
    };
    // Sixty at once, and one more for every second that they took.
    assert!(slowed.status() == StatusCode::TOO_MANY_REQUESTS && (60..80).contains(&refused), "{refused}");
    assert!(slowed.headers().contains_key("retry-after"));
    assert_eq!(
        call("203.0.113.9", "secret").await.status(),
        StatusCode::OK,
        "the same address, but it knows"
    );
    assert_eq!(call("203.0.113.10", "guess").await.status(), StatusCode::FORBIDDEN, "another address");
    assert_eq!(
        call("127.0.0.1", "guess").await.status(),
        StatusCode::FORBIDDEN,
        "this machine is not counted"
    );
}

#[tokio::test]
async fn what_anybody_may_call_does_not_use_up_the_share_of_those_with_a_token() {
    let app = TestApp::start(&[("OPENCLAW_ADMIN_TOKEN", "secret"), ("OPENCLAW_LAUNCH_KEY", "launch")]).await;
    let call = async |path: &str, token: &str| {
        let request = app.request(Method::GET, path).header("x-openclaw-launch-key", "launch");
        let request =
            request.header("x-openclaw-peer", "203.0.113.9").header("x-openclaw-admin-token", token);
        request.send().await.unwrap().status()
    };
    while call("/openclaw/health", "").await != StatusCode::TOO_MANY_REQUESTS {}
    assert_eq!(call("/openclaw/secrets/status", "secret").await, StatusCode::OK);
}

#[tokio::test]
async fn the_tiers_do_not_stand_in_for_each_other() {
    let app = TestApp::start(&[
        ("OPENCLAW_ADMIN_TOKEN", "secret"),
        ("OPENCLAW_OBSERVABILITY_TOKEN", "watch"),
        ("OPENCLAW_WEBHOOK_BEARER_TOKEN", "send"),
    ])
    .await;
    for (method, path) in operations() {
        if PUBLIC.contains(&path.as_str()) {
            continue;
        }
        let is_webhook = path.starts_with("/openclaw/webhook");
        // A sender may send and nothing else; who may watch may not change; who may change is not a sender.
        for (header, value) in [
            ("authorization", "Bearer send"),
            ("authorization", "Bearer secret"),
            ("x-openclaw-obs-token", "watch"),
            ("x-openclaw-admin-token", "secret"),
        ] {
            let admits = match value {
                "Bearer send" => is_webhook,
                "Bearer secret" => false,
                "watch" => method == Method::GET,
                _ => !is_webhook,
            };
            if admits {
                continue;
            }
            let request = app.request(method.clone(), &path).header("x-openclaw-peer", "127.0.0.1");
            let request = request.header("content-type", "application/json").header(header, value).body("{}");
            let status = request.send().await.unwrap().status();
            assert!(
                matches!(
                    status,
                    StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS
                ),
                "{method} {path} with {header}: {status}"
            );
        }
    }
}
