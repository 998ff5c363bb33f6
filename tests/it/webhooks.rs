use hmac::{Hmac, KeyInit as _, Mac as _};
use openclaw_tests::{TestApp, read};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use standardwebhooks::Webhook;

const TOKEN: (&str, &str) = ("OPENCLAW_WEBHOOK_BEARER_TOKEN", "token-canary");
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SUBMIT: &str = "/openclaw/webhook/submit";

fn event(extra: &Value) -> Value {
    let mut body =
        json!({"version": 1, "template_id": "blank_image", "profile_id": "p", "inputs": {"width": 64}});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

fn now() -> i64 {
    i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap()
}

/// Sends with the token.
async fn send(app: &TestApp, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = app.request(Method::POST, path).bearer_auth("token-canary");
    read(request.json(body).send().await.unwrap()).await
}

#[tokio::test]
async fn an_event_is_accepted_once_and_its_answer_given_again() {
    let app = TestApp::start(&[TOKEN]).await;
    let body = event(&json!({"job_id": "order:1", "trace_id": "trace-1"}));
    let (status, first) = send(&app, SUBMIT, &body).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    assert_eq!((&first["deduped"], &first["trace_id"]), (&json!(false), &json!("trace-1")));
    assert_eq!((&first["mapped"], &first["callback_scheduled"]), (&json!(false), &json!(false)));
    // The trace is not part of what is asked for.
    let (status, again) =
        send(&app, SUBMIT, &event(&json!({"job_id": "order:1", "trace_id": "trace-2"}))).await;
    assert_eq!((status, &again["deduped"]), (StatusCode::OK, &json!(true)));
    assert_eq!((&again["prompt_id"], &again["trace_id"]), (&first["prompt_id"], &first["trace_id"]));
    let (status, other) = send(&app, SUBMIT, &event(&json!({"job_id": "order:1", "inputs": {}}))).await;
    assert_eq!(
        (status, &other["error"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused"))
    );
    let job = app.app.jobs().unwrap().get(first["prompt_id"].as_str().unwrap()).await.unwrap().unwrap();
    assert_eq!((job.template_id.as_deref(), job.source.as_str()), (Some("blank_image"), "webhook"));
}

#[tokio::test]
async fn an_event_without_an_id_is_the_same_when_it_says_the_same() {
    let app = TestApp::start(&[TOKEN]).await;
    let (_, first) = send(&app, SUBMIT, &event(&json!({}))).await;
    let (_, again) = send(&app, SUBMIT, &json!({"payload": event(&json!({}))})).await;
    assert_eq!((&again["deduped"], &again["prompt_id"]), (&json!(true), &first["prompt_id"]));
    let (_, other) = send(&app, SUBMIT, &event(&json!({"inputs": {"width": 128}}))).await;
    assert_eq!(other["deduped"], json!(false));
    // A key in a header counts for more than what is said.
    let request =
        app.request(Method::POST, SUBMIT).bearer_auth("token-canary").header("idempotency-key", "k1");
    let (_, keyed) = read(request.json(&event(&json!({}))).send().await.unwrap()).await;
    assert_eq!(keyed["deduped"], json!(false));
}

#[tokio::test]
async fn what_is_refused_says_why_in_the_python_editions_words() {
    let app = TestApp::start(&[TOKEN]).await;
    for (body, status, code) in [
        (event(&json!({"template_id": "nope"})), 400, "template_error"),
        (event(&json!({"inputs": {"width": "wide"}})), 400, "template_error"),
        (event(&json!({"inputs": {"prompt": "x"}})), 400, "template_error"),
        (event(&json!({"version": 2})), 400, "validation_error"),
        (event(&json!({"extra": 1})), 400, "validation_error"),
        (event(&json!({"trace_id": 7})), 400, "validation_error"),
        (json!([1]), 400, "validation_error"),
        (event(&json!({"callback": {"url": "https://evil.example/"}})), 400, "url_blocked"),
        (event(&json!({"inputs": {"width": "x".repeat(70_000)}})), 413, "payload_too_large"),
    ] {
        for path in [SUBMIT, "/openclaw/webhook/validate", "/openclaw/webhook"] {
            // The first check of a template is the render, which `/webhook` does not do.
            if code == "template_error" && path == "/openclaw/webhook" {
                continue;
            }
            let (answered, answer) = send(&app, path, &body).await;
            assert_eq!(
                (answered.as_u16(), answer["error"].as_str()),
                (status, Some(code)),
                "{path} {answer}"
            );
        }
    }
    let request = app.request(Method::POST, SUBMIT).bearer_auth("token-canary");
    let (status, answer) =
        read(request.body("{}").header("content-type", "text/plain").send().await.unwrap()).await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (415, Some("unsupported_media_type")));
    let request = app.request(Method::POST, SUBMIT).bearer_auth("token-canary");
    let (status, answer) =
        read(request.body("{").header("content-type", "application/json").send().await.unwrap()).await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (400, Some("invalid_json")));
    let request = app
        .request(Method::POST, SUBMIT)
        .bearer_auth("token-canary")
        .header("x-webhook-mapping-profile", "x");
    let (status, answer) = read(request.json(&event(&json!({}))).send().await.unwrap()).await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (400, Some("mapping_error")));
    assert_eq!(
        app.app
            .jobs()
            .unwrap()
            .list(openclaw_server::store::JobFilter { limit: 9, ..Default::default() })
            .await
            .unwrap()
            .jobs
            .len(),
        0
    );
}

#[tokio::test]
async fn strangers_are_told_what_is_missing_and_a_token_in_the_query_does_not_count() {
    let app = TestApp::start(&[]).await;
    let (status, answer) = app.post(SUBMIT, &event(&json!({}))).await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (403, Some("auth_not_configured")));
    let app = TestApp::start(&[TOKEN]).await;
    for (path, authorization, code) in [
        (SUBMIT.to_owned(), None, "missing_authorization_header"),
        (format!("{SUBMIT}?token=token-canary"), None, "missing_authorization_header"),
        (SUBMIT.to_owned(), Some("Basic x"), "invalid_auth_scheme"),
        (SUBMIT.to_owned(), Some("Bearer wrong"), "invalid_token"),
    ] {
        let mut request = app.request(Method::POST, &path);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let (status, answer) = read(request.json(&event(&json!({}))).send().await.unwrap()).await;
        assert_eq!((status.as_u16(), answer["error"].as_str()), (401, Some(code)), "{path}");
    }
}

#[tokio::test]
async fn the_old_signature_counts_once_even_after_a_restart() {
    let env = [("OPENCLAW_WEBHOOK_HMAC_SECRET", "old-secret")];
    let app = TestApp::start(&env).await;
    let sign = |body: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"old-secret").unwrap();
        mac.update(body.as_bytes());
        mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
    };
    let post = async |app: &TestApp, path: &str, body: String, nonce: &str, prefix: &str| {
        let request = app
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .header(format!("{prefix}-signature"), sign(&body))
            .header(format!("{prefix}-timestamp"), now().to_string())
            .header(format!("{prefix}-nonce"), nonce);
        read(request.body(body).send().await.unwrap()).await
    };
    let body = |id: &str| event(&json!({"job_id": id})).to_string();
    let (status, answer) = post(&app, SUBMIT, body("1"), "n1", "x-openclaw").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    // The very same request, another event with the same nonce, and a dry run with a nonce of its own.
    let (status, answer) = post(&app, SUBMIT, body("1"), "n1", "x-openclaw").await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (401, Some("nonce_used")));
    let (status, answer) = post(&app, SUBMIT, body("2"), "n1", "x-moltbot").await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (401, Some("nonce_used")));
    assert_eq!(
        post(&app, "/openclaw/webhook/validate", body("3"), "n2", "x-moltbot").await.0,
        StatusCode::OK
    );
    let app = app.restart(&env).await;
    for (id, nonce) in [("4", "n1"), ("3", "n2")] {
        let (status, answer) = post(&app, SUBMIT, body(id), nonce, "x-openclaw").await;
        assert_eq!((status.as_u16(), answer["error"].as_str()), (401, Some("nonce_used")), "{nonce}");
    }
    let (_, answer) = post(&app, SUBMIT, body("1"), "n3", "x-openclaw").await;
    assert_eq!(answer["deduped"], json!(true), "{answer}");
}

#[tokio::test]
async fn what_an_independent_standard_webhooks_library_signs_is_taken() {
    let app = TestApp::start(&[("OPENCLAW_WEBHOOK_HMAC_SECRET", SECRET)]).await;
    let webhook = Webhook::new(SECRET).unwrap();
    let post = async |id: &str, body: String, signed: &str| {
        let timestamp = now();
        let request = app
            .request(Method::POST, SUBMIT)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", webhook.sign(id, timestamp, signed.as_bytes()).unwrap());
        read(request.body(body).send().await.unwrap()).await
    };
    let body = event(&json!({"inputs": {"width": 32}})).to_string();
    let (status, first) = post("msg_1", body.clone(), &body).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    // A retry of the sender has the same id, and is the same event.
    let (_, again) = post("msg_1", body.clone(), &body).await;
    assert_eq!((&again["deduped"], &again["prompt_id"]), (&json!(true), &first["prompt_id"]));
    let (_, other) = post("msg_2", body.clone(), &body).await;
    assert_eq!(other["deduped"], json!(false));
    let (status, answer) = post("msg_3", body.replace("32", "33"), &body).await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (401, Some("invalid_signature")));
}

#[tokio::test]
async fn a_signed_message_is_one_event_whatever_key_a_header_says() {
    let app =
        TestApp::start(&[("OPENCLAW_WEBHOOK_HMAC_SECRET", SECRET), ("OPENCLAW_MAX_OPEN_JOBS", "1")]).await;
    let (webhook, body, timestamp) = (Webhook::new(SECRET).unwrap(), event(&json!({})).to_string(), now());
    let post = async |path: &str, key: &str| {
        let request = app
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", webhook.sign("msg_1", timestamp, body.as_bytes()).unwrap())
            .header("idempotency-key", key);
        read(request.body(body.clone()).send().await.unwrap()).await
    };
    assert_eq!(post("/openclaw/webhook/validate", "a").await.0, StatusCode::OK);
    let (_, first) = post(SUBMIT, "a").await;
    assert_eq!(first["deduped"], json!(false), "{first}");
    // The draft writes the key in quotes. However full it is, what was accepted is known.
    for key in ["a", "\"a\"", "b"] {
        let (_, again) = post(SUBMIT, key).await;
        assert_eq!((&again["deduped"], &again["prompt_id"]), (&json!(true), &first["prompt_id"]), "{key}");
    }
}

#[tokio::test]
async fn the_trace_is_the_one_that_is_said_clearly() {
    let app = TestApp::start(&[TOKEN]).await;
    let traceparent = |trace: &str| ("traceparent", format!("00-{trace}-b7ad6b7169203331-01"));
    let (one, two) = ("0af7651916cd43dd8448eb211c80319c", "1af7651916cd43dd8448eb211c80319c");
    for (headers, trace) in [
        (vec![traceparent(one)], Some(one)),
        (vec![traceparent(one), ("x-openclaw-trace-id", "mine".into())], Some(one)),
        (vec![traceparent(one), traceparent(two)], Some("of-the-body")),
        (vec![("x-openclaw-trace-id", "mine".into())], Some("mine")),
        (vec![("x-openclaw-trace-id", String::new())], Some("of-the-body")),
        (vec![("x-openclaw-trace-id", String::new()), ("x-moltbot-trace-id", "old".into())], Some("old")),
        (vec![("x-openclaw-trace-id", "not an id".into())], None),
    ] {
        let mut request = app.request(Method::POST, "/openclaw/webhook").bearer_auth("token-canary");
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let body = event(&json!({"trace_id": "of-the-body"}));
        let (status, answer) = read(request.json(&body).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let found = answer["trace_id"].as_str().unwrap();
        match trace {
            Some(trace) => assert_eq!(found, trace, "{headers:?}"),
            None => assert!(found.len() == 32 && found != one, "{headers:?} {found}"),
        }
    }
}

#[tokio::test]
async fn what_a_signature_does_not_cover_cannot_make_an_event_run_again() {
    let app = TestApp::start(&[("OPENCLAW_WEBHOOK_HMAC_SECRET", SECRET)]).await;
    let webhook = Webhook::new(SECRET).unwrap();
    let post = async |id: &str, body: &Value, key: Option<&str>| {
        let (timestamp, body) = (now(), body.to_string());
        let mut request = app
            .request(Method::POST, SUBMIT)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", webhook.sign(id, timestamp, body.as_bytes()).unwrap());
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        read(request.body(body).send().await.unwrap()).await
    };
    for (number, extra) in [json!({}), json!({"job_id": "order:1"})].iter().enumerate() {
        let (first, retried) = (format!("msg_a{number}"), format!("msg_b{number}"));
        let key = format!("k{number}");
        let body = event(extra);
        let (status, answer) = post(&first, &body, (number == 0).then_some(&*key)).await;
        assert_eq!((status, &answer["deduped"]), (StatusCode::OK, &json!(false)), "{answer}");
        // Whoever has read the request sends it again, under keys of their own.
        for key in [Some("evil-1"), Some("evil-2"), None] {
            let (_, again) = post(&first, &body, key).await;
            assert_eq!(
                (&again["deduped"], &again["prompt_id"]),
                (&json!(true), &answer["prompt_id"]),
                "{key:?} {again}"
            );
        }
        // The sender's own key still counts for another message.
        let (_, again) = post(&retried, &body, (number == 0).then_some(&*key)).await;
        assert_eq!((&again["deduped"], &again["prompt_id"]), (&json!(true), &answer["prompt_id"]), "{again}");
    }
    let (status, other) = post("msg_a0", &event(&json!({"inputs": {}})), Some("evil-3")).await;
    assert_eq!(
        (status, &other["error"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused"))
    );
}

#[tokio::test]
async fn a_body_in_pieces_is_one_body() {
    let app = TestApp::start(&[TOKEN]).await;
    let text = event(&json!({"inputs": {"width": 48}})).to_string();
    let pieces: Vec<_> =
        text.as_bytes().chunks(7).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let request = app
        .request(Method::POST, SUBMIT)
        .bearer_auth("token-canary")
        .header("content-type", "application/json");
    let (status, answer) = read(request.body(body).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[tokio::test]
async fn a_dry_run_shows_everything_but_secrets_and_changes_nothing() {
    let app = TestApp::start(&[TOKEN]).await;
    let body = json!({
        "version": 1, "templateId": "sdxl_basic", "profileId": "p", "jobId": "j",
        "inputs": {"positive_prompt": "a fox, api_key=sk-ant-REDACTED"}
    });
    let (status, answer) = send(&app, "/openclaw/webhook/validate", &json!({"data": body})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["template_id"], json!("sdxl_basic"));
    assert_eq!(answer["render"]["node_count_estimate"], json!(7));
    assert_eq!(answer["render"]["unresolved_placeholders"], json!([]));
    assert_eq!(answer["render"]["workflow"]["5"]["inputs"]["steps"], json!(30));
    assert!(answer["warnings"][0].as_str().unwrap().contains("`seed` is random"), "{answer}");
    assert!(!answer.to_string().contains("sk-ant"), "{answer}");
    let (_, submitted) = send(&app, SUBMIT, &body).await;
    assert_eq!(submitted["deduped"], json!(false), "a dry run uses up no id");
}

#[tokio::test]
async fn a_sender_runs_what_it_may_and_has_its_own_ids() {
    let dir = tempfile::tempdir().unwrap();
    let senders =
        json!({"version": 1, "senders": {"ci": {"bearer_token": "ci-token", "allow": ["blank_image"]}}});
    std::fs::write(dir.path().join("webhooks.json"), senders.to_string()).unwrap();
    let app = TestApp::start_in(dir, &[TOKEN]).await;
    let post = async |token: &str, template: &str| {
        let body = event(&json!({"template_id": template, "job_id": "1", "inputs": {}}));
        let request = app.request(Method::POST, SUBMIT).bearer_auth(token);
        read(request.json(&body).send().await.unwrap()).await
    };
    let (status, answer) = post("ci-token", "flux_dev").await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (403, Some("forbidden")));
    assert_eq!(post("ci-token", "blank_image").await.0, StatusCode::OK);
    assert_eq!(post("token-canary", "blank_image").await.1["deduped"], json!(false));
}

#[tokio::test]
async fn a_sender_that_sends_too_much_is_told_when_to_come_back() {
    let app = TestApp::start(&[TOKEN, ("OPENCLAW_RATE_LIMIT_WEBHOOK_PER_MIN", "60")]).await;
    let mut statuses = Vec::new();
    let retry_after = loop {
        let request = app.request(Method::POST, "/openclaw/webhook").bearer_auth("token-canary");
        let response = request.json(&event(&json!({}))).send().await.unwrap();
        statuses.push(response.status());
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            let seconds = response.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap();
            assert_eq!(read(response).await.1["error"], json!("rate_limit_exceeded"));
            break seconds;
        }
    };
    assert!(statuses.len() > 10 && (1..=2).contains(&retry_after), "{statuses:?} {retry_after}");
    // Somebody who may not send is not let off, and does not use up the sender's share.
    let (status, _) = app.post("/openclaw/webhook", &event(&json!({}))).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_trigger_runs_once_for_a_trace_of_its_own() {
    let app = TestApp::start(&[]).await;
    let fire = async |body: Value| app.post("/openclaw/triggers/fire", &body).await;
    let (status, first) = fire(json!({"template_id": "blank_image", "trace_id": "t1"})).await;
    assert_eq!(
        (status, &first["triggered"], &first["trace_id"]),
        (StatusCode::OK, &json!(true), &json!("t1"))
    );
    let (_, again) = fire(json!({"template_id": "blank_image", "trace_id": "t1"})).await;
    assert_eq!((&again["deduped"], &again["prompt_id"]), (&json!(true), &first["prompt_id"]));
    let (_, renamed) = fire(json!({"templateId": "blank_image", "traceId": "t1"})).await;
    assert_eq!((&renamed["deduped"], &renamed["prompt_id"]), (&json!(true), &first["prompt_id"]));
    let (_, plain) = fire(json!({"template_id": "blank_image"})).await;
    let (_, second) = fire(json!({"template_id": "blank_image"})).await;
    assert_ne!(plain["prompt_id"], second["prompt_id"]);
    for (body, status) in [
        (json!({}), 400),
        (json!({"template_id": "nope"}), 404),
        (json!({"template_id": "blank_image", "trace_id": "a b"}), 400),
        (json!({"template_id": "blank_image", "require_approval": true}), 403),
        (json!({"template_id": "blank_image", "callback": {"url": "http://127.0.0.1/"}}), 400),
    ] {
        assert_eq!(fire(body.clone()).await.0.as_u16(), status, "{body}");
    }
}

#[tokio::test]
async fn the_public_door_leads_to_webhooks_and_nowhere_else() {
    let app = TestApp::start(&[TOKEN]).await;
    let public = &app.public_url;
    let client = openclaw_tests::client();
    for path in ["/openclaw/webhook/submit", "/moltbot/webhook/validate", "/api/openclaw/webhook"] {
        let request = client.post(format!("{public}{path}")).bearer_auth("token-canary");
        assert_eq!(request.json(&event(&json!({}))).send().await.unwrap().status(), StatusCode::OK, "{path}");
        let stranger = client.post(format!("{public}{path}")).json(&event(&json!({}))).send().await.unwrap();
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let document = serde_json::to_value(openclaw_server::http::document()).unwrap();
    for path in
        document["paths"].as_object().unwrap().keys().filter(|path| !path.starts_with("/openclaw/webhook"))
    {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let answer = client.request(method.clone(), format!("{public}{path}")).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
}

/// Connections that say nothing, from one address of this machine.
#[cfg(target_os = "linux")]
async fn idle(public: &str, from: &str, count: usize) -> Vec<tokio::net::TcpStream> {
    let mut idle = Vec::new();
    for _ in 0..count {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        idle.push(socket.connect(public.parse().unwrap()).await.unwrap());
    }
    idle
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn connections_that_say_nothing_leave_room_for_the_sidebar_and_for_other_addresses() {
    let app = TestApp::start(&[TOKEN]).await;
    let public = app.public_url.strip_prefix("http://").unwrap();
    let most = openclaw_server::http::door::MAX_PER_ADDRESS;
    let first = idle(public, "127.0.0.2", most * 2 + 8).await;
    let ask = async || {
        let request = openclaw_tests::client().post(format!("{}/openclaw/webhook", app.public_url));
        request.bearer_auth("token-canary").json(&event(&json!({}))).send().await.unwrap().status()
    };
    assert_eq!(ask().await, StatusCode::OK);
    let mut second = idle(public, "127.0.0.3", most).await;
    assert_eq!(app.get("/openclaw/health").await.0, StatusCode::OK);
    assert_eq!(app.get("/openclaw/health").await.0, StatusCode::OK);
    // Whoever waits gets in as soon as one of them is gone.
    let (status, ()) = tokio::join!(ask(), async { second.clear() });
    assert_eq!(status, StatusCode::OK);
    drop(first);
}

#[tokio::test]
async fn the_event_of_another_program_is_mapped_by_the_operators_profile() {
    let folder = tempfile::tempdir().unwrap();
    let profile = json!({"template_id": "blank_image", "source": "shop", "rules": [
        {"source_path": "order.size", "target_path": "inputs.width", "coercion": "int"},
        {"source_path": "order.id", "target_path": "job_id", "coercion": "string"},
    ]});
    let mappings = json!({"version": 1, "profiles": {"orders": profile}}).to_string();
    std::fs::write(folder.path().join("mappings.json"), mappings).unwrap();
    let sender =
        json!({"version": 1, "senders": {"shop": {"bearer_token": "of-the-shop", "mapping": "orders"}}});
    std::fs::write(folder.path().join("webhooks.json"), sender.to_string()).unwrap();
    let app = TestApp::start_in(folder, &[TOKEN]).await;
    // What it would like to run is not asked for.
    let event = json!({"order": {"id": 17, "size": "64"}, "template_id": "sdxl_basic", "data": {}});
    let mut jobs = std::collections::BTreeSet::new();
    for (token, header) in [
        ("token-canary", ("x-webhook-mapping-profile", "orders")),
        ("token-canary", ("x-webhook-source", "the-Shop")),
        ("of-the-shop", ("x-other", "")),
    ] {
        let request = app.request(Method::POST, SUBMIT).bearer_auth(token).header(header.0, header.1);
        let (status, answer) = read(request.json(&event).send().await.unwrap()).await;
        assert_eq!((status, &answer["mapped"]), (StatusCode::OK, &json!(true)), "{header:?} {answer}");
        jobs.insert(answer["prompt_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(jobs.len(), 2, "one for each sender: the id is its order's");
    let request = app.request(Method::POST, "/openclaw/webhook/validate").bearer_auth("token-canary");
    let request = request.header("x-webhook-mapping-profile", "orders");
    let (_, shown) = read(request.json(&event).send().await.unwrap()).await;
    let normalized = json!({"version": 1, "template_id": "blank_image", "profile_id": "orders", "job_id": "17",
        "inputs": {"width": 64}});
    assert_eq!((&shown["mapped"], &shown["normalized"]), (&json!(true), &normalized));
    let request = app.request(Method::POST, SUBMIT).bearer_auth("token-canary");
    let request = request.header("x-webhook-mapping-profile", "orders");
    let (status, answer) =
        read(request.json(&json!({"order": {"size": "wide"}})).send().await.unwrap()).await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (400, Some("mapping_error")));
}
