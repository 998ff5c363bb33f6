use openclaw_tests::{TestApp, read};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn a_days_calls_are_counted_by_class_and_over_a_restart() {
    let env = [
        ("OPENCLAW_WEBHOOK_BEARER_TOKEN", "token"),
        ("OPENCLAW_RATE_LIMIT_WEBHOOK_DAILY_CAP", "2"),
        ("OPENCLAW_RATE_LIMIT_TRIGGER_DAILY_CAP", "2"),
        ("MOLTBOT_RATE_LIMIT_EVENTS_DAILY_CAP", "2"),
        ("OPENCLAW_RATE_LIMIT_ADMIN_DAILY_CAP", "5"),
    ];
    let calls: [(&str, Method, &str, Value); 4] = [
        (
            "webhook",
            Method::POST,
            "/openclaw/webhook",
            json!({"version": 1, "template_id": "blank_image", "profile_id": "p"}),
        ),
        ("trigger", Method::POST, "/openclaw/triggers/fire", json!({"template_id": "blank_image"})),
        ("events", Method::GET, "/openclaw/events", json!({})),
        // Three of its five are triggers, the refused one too.
        ("admin", Method::GET, "/openclaw/jobs", json!({})),
    ];
    let mut app = TestApp::start(&env).await;
    for restarted in [false, true] {
        for (class, method, path, body) in &calls {
            let call = async || {
                let request = app.request(method.clone(), path).bearer_auth("token").json(body);
                let answer = request.send().await.unwrap();
                let wait = answer.headers().get("retry-after").map(|it| it.to_str().unwrap().to_owned());
                (read(answer).await, wait)
            };
            if !restarted {
                for _ in 0..2 {
                    let ((status, answer), _) = call().await;
                    assert_eq!(status, StatusCode::OK, "{class} {answer}");
                }
            }
            let ((status, answer), wait) = call().await;
            let scope = if restarted && *class == "trigger" { "admin" } else { class };
            assert_eq!(
                (status, &answer["error"], &answer["code"], &answer["reason_code"], &answer["bucket"]),
                (
                    StatusCode::TOO_MANY_REQUESTS,
                    &json!("rate_limit_exceeded"),
                    &json!("rate_limit_exceeded"),
                    &json!("daily_cap_exceeded"),
                    &json!("daily")
                ),
                "{class} {answer}"
            );
            assert_eq!(answer["endpoint_class"], json!(scope));
            assert_eq!(answer["scope"], json!(format!("daily:{scope}")));
            assert_eq!(answer["retry_after_sec"].to_string(), wait.unwrap(), "{class}");
        }
        app = app.restart(&env).await;
    }
}

#[tokio::test]
async fn a_filled_in_template_may_have_as_many_bytes_as_the_operator_says() {
    let run = async |limit: &str| {
        let app = TestApp::start(&[("OPENCLAW_MAX_RENDERED_WORKFLOW_BYTES", limit)]).await;
        app.post("/openclaw/templates/blank_image/run", &json!({"dry_run": true})).await
    };
    let (_, fits) = run("524288").await;
    let bytes = fits["render"]["workflow_bytes"].as_u64().unwrap();
    assert_eq!(run(&bytes.to_string()).await.0, StatusCode::OK);
    let (status, refused) = run(&(bytes - 1).to_string()).await;
    assert_eq!((status, &refused["error"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("budget_exceeded")));
}
