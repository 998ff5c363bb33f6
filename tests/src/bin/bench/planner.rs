//! Starts, plans and streams.

use std::convert::Infallible;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Body;
use axum::response::IntoResponse as _;
use axum::routing::post;
use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use openclaw_tests::{ServerProcess, client};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::measure::{cpu_ms, median, ms, quantile, quantiles, resident_mb, round};

/// How long the pretended model thinks.
const UPSTREAM_LATENCY: Duration = Duration::from_millis(50);
const STARTS: usize = 15;
const REQUESTS: usize = 2000;
const PLANS: usize = 1280;
/// Streams that are open at the same time.
const STREAMS: usize = 1000;
/// The model that begins an answer and then says nothing more.
const HOLDS: &str = "holds";

/// The server beside a model that takes its time, and beside ComfyUI's own HTTP server at `through`.
pub async fn measure(through: &str) -> Value {
    let upstream = upstream().await;
    let dir = tempfile::tempdir().unwrap();
    let (start_ms, rss_mb) = starts(dir.path()).await;
    let config = json!({"llm": {
        "provider": "lmstudio", "base_url": format!("{upstream}/v1"), "model": "bench", "max_retries": 0,
    }});
    std::fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    let mut server = ServerProcess::start(dir.path(), &[]);
    let ready = server.line().await;
    let url = ready["url"].as_str().unwrap();
    let mut report = json!({
        "server_ready_ms": quantiles(start_ms),
        "idle_rss_mb": rss_mb,
        "first_streamed_field_ms": first_fields(url, &upstream, 200).await,
        "planner_over_50ms_upstream_ms": {
            "1": planner(url, &upstream, 1, 100).await,
            "64": planner(url, &upstream, 64, PLANS).await,
        },
    });
    let pid = server.child.id().unwrap();
    let before = cpu_ms(pid);
    load(64, PLANS, || send(format!("{url}/openclaw/assist/planner"), json!({"requirements": "a fox"})))
        .await;
    report["cpu_ms_per_plan"] =
        json!(round((cpu_ms(pid) - before) / f64::from(u32::try_from(PLANS).unwrap())));
    report["streams"] = streams(&upstream).await;
    let direct = load(1, REQUESTS, || get(format!("{url}/openclaw/health"))).await;
    let proxied = load(1, REQUESTS, || get(format!("{through}/openclaw/health"))).await;
    report["health_ms"] = json!({"direct": quantiles(direct), "through_comfyui": quantiles(proxied)});
    report
}

/// Process start to ready line, and the resident memory after one answered request.
async fn starts(state_dir: &Path) -> (Vec<f64>, f64) {
    let mut times = Vec::new();
    let mut rss = Vec::new();
    for _ in 0..STARTS {
        let started = Instant::now();
        let mut server = ServerProcess::start(state_dir, &[]);
        let ready = server.line().await;
        times.push(ms(started));
        get(format!("{}/openclaw/health", ready["url"].as_str().unwrap())).await;
        rss.push(resident_mb(server.child.id().unwrap()));
        server.child.kill().await.unwrap();
    }
    (times, median(rss))
}

/// An OpenAI-compatible server that answers the same plan after a fixed time.
async fn upstream() -> String {
    let plan =
        json!({"positive_prompt": "a fox", "negative_prompt": "blur", "params": {"steps": 30}}).to_string();
    let event = |text: &str| format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}));
    let body = event(&plan) + "data: [DONE]\n\n";
    let opening = event(&plan[..40]);
    let answer = post(move |Json(asked): Json<Value>| async move {
        tokio::time::sleep(UPSTREAM_LATENCY).await;
        let kind = [("content-type", "text/event-stream")];
        if asked["model"] != HOLDS {
            return (kind, body).into_response();
        }
        let begin = stream::iter([Ok::<_, Infallible>(opening)]);
        (kind, Body::from_stream(begin.chain(stream::pending()))).into_response()
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async {
        axum::serve(listener, axum::Router::new().route("/v1/chat/completions", answer)).await
    });
    url
}

/// The same upstream asked directly and through the planner.
async fn planner(url: &str, upstream: &str, concurrency: usize, plans: usize) -> Value {
    let body = json!({"requirements": "a fox"});
    let direct =
        load(concurrency, plans, || send(format!("{upstream}/v1/chat/completions"), body.clone())).await;
    let planned =
        load(concurrency, plans, || send(format!("{url}/openclaw/assist/planner"), body.clone())).await;
    let added = |q: f64| round(quantile(&planned, q) - quantile(&direct, q));
    json!({
        "added": {"p50": added(0.5), "p99": added(0.99)},
        "direct": quantiles(direct.clone()),
        "planned": quantiles(planned.clone()),
    })
}

/// Request to the first words: from the upstream itself, and as the first delta of a plan.
async fn first_fields(url: &str, upstream: &str, times: usize) -> Value {
    let body = json!({"requirements": "a fox"});
    let direct = firsts(&format!("{upstream}/v1/chat/completions"), &body, b"data: ", times).await;
    let planned =
        firsts(&format!("{url}/openclaw/assist/planner/stream"), &body, b"event: delta", times).await;
    let added = |q: f64| round(quantile(&planned, q) - quantile(&direct, q));
    json!({
        "added": {"p50": added(0.5), "p99": added(0.99)},
        "direct": quantiles(direct.clone()),
        "planned": quantiles(planned.clone()),
    })
}

async fn firsts(url: &str, body: &Value, mark: &[u8], times: usize) -> Vec<f64> {
    let mut taken = Vec::new();
    for _ in 0..times {
        let request = CLIENT.with(Clone::clone).post(url).json(body);
        let started = Instant::now();
        let mut response = request.send().await.unwrap();
        until(&mut response, mark).await;
        taken.push(ms(started));
    }
    taken.sort_by(f64::total_cmp);
    taken
}

/// Reads until the mark has come.
async fn until(response: &mut reqwest::Response, mark: &[u8]) {
    let mut seen = Vec::new();
    while !seen.windows(mark.len()).any(|window| window == mark) {
        seen.extend_from_slice(&response.chunk().await.unwrap().expect("the stream goes on"));
    }
}

/// Many plans that have begun and do not end: what a server holds for them.
async fn streams(upstream: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let state_dir = dir.path();
    let config = json!({"llm": {
        "provider": "lmstudio", "base_url": format!("{upstream}/v1"), "model": HOLDS, "max_retries": 0,
    }});
    std::fs::write(state_dir.join("config.json"), config.to_string()).unwrap();
    let mut server = ServerProcess::start(state_dir, &[]);
    let ready = server.line().await;
    let url = format!("{}/openclaw/assist/planner/stream", ready["url"].as_str().unwrap());
    let before = resident_mb(server.child.id().unwrap());
    let open = (0..STREAMS).map(|_| async {
        let request = CLIENT.with(Clone::clone).post(&url).json(&json!({"requirements": "a fox"}));
        let mut response = request.send().await.unwrap();
        until(&mut response, b"event: delta").await;
        response
    });
    let held = join_all(open).await;
    let during = resident_mb(server.child.id().unwrap());
    json!({"held": held.len(), "rss_before_mb": round(before), "rss_mb": round(during)})
}

/// `total` requests by `concurrency` callers, each waiting for its answer; milliseconds each.
async fn load<F: Future<Output = ()>>(concurrency: usize, total: usize, request: impl Fn() -> F) -> Vec<f64> {
    let caller = async |number: usize| {
        let mut taken = Vec::new();
        // Callers are strangers to each other: in step they would measure their own crowd.
        let apart = UPSTREAM_LATENCY * u32::try_from(number).unwrap() / u32::try_from(concurrency).unwrap();
        tokio::time::sleep(apart).await;
        for _ in 0..total / concurrency {
            let started = Instant::now();
            request().await;
            taken.push(ms(started));
        }
        taken
    };
    let mut taken = join_all((0..concurrency).map(caller)).await.concat();
    taken.sort_by(f64::total_cmp);
    taken
}

thread_local! {
    /// One pool for all requests, so that connecting is not what is measured.
    static CLIENT: reqwest::Client = client();
}

async fn get(url: String) {
    let response = CLIENT.with(Clone::clone).get(url).send().await.unwrap();
    assert!(response.status().is_success());
    response.bytes().await.unwrap();
}

async fn send(url: String, body: Value) {
    let response = CLIENT.with(Clone::clone).post(url).json(&body).send().await.unwrap();
    assert!(response.status().is_success());
    response.bytes().await.unwrap();
}
