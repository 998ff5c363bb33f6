//! The whole server in this process, reached over a real socket.

use std::net::SocketAddr;
use std::sync::Arc;

use openclaw_server::app::{self, App, Surroundings};
use openclaw_server::config::Config;
use openclaw_server::config::env::Env;
use openclaw_server::egress::Egress;
use openclaw_server::redact::Redactor;
use openclaw_shared::planner::PlannerEvent;
use openclaw_shared::sse::SseDecoder;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server that stops when this is dropped.
pub struct TestApp {
    pub url: String,
    /// The door for other machines.
    pub public_url: String,
    pub app: Arc<App>,
    pub state_dir: TempDir,
    client: reqwest::Client,
    serving: JoinHandle<std::io::Result<()>>,
    stop: DropGuard,
}

impl TestApp {
    /// Starts a server with an empty state directory and this environment.
    pub async fn start(env: &[(&str, &str)]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), env).await
    }

    /// Starts a server in a prepared state directory.
    pub async fn start_in(state_dir: TempDir, env: &[(&str, &str)]) -> Self {
        let env = Env::of(env.iter().copied());
        let config = Config::from_env(&env, Some(state_dir.path().to_owned())).unwrap();
        let shutdown = CancellationToken::new();
        let redactor = Arc::new(Redactor::new(env.secrets()));
        let app =
            App::build(config, &env, redactor, Surroundings::default(), shutdown.clone()).await.unwrap();
        let (own, public) = (listener().await, listener().await);
        let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let (url, public_url) = (url(&own), url(&public));
        let serving = tokio::spawn(app::serve(app.clone(), app::Doors { own, public: Some(public) }));
        Self { url, public_url, app, state_dir, client: client(), serving, stop: shutdown.drop_guard() }
    }

    /// Stops, and starts again with what is in the state directory.
    pub async fn restart(self, env: &[(&str, &str)]) -> Self {
        drop(self.stop);
        self.serving.await.unwrap().unwrap();
        Self::start_in(self.state_dir, env).await
    }

    /// With a local OpenAI-compatible provider at `base`.
    pub async fn with_openai(base: &str) -> Self {
        let base = format!("{base}/v1");
        Self::start(&[
            ("OPENCLAW_LLM_PROVIDER", "lmstudio"),
            ("OPENCLAW_LLM_BASE_URL", &base),
            ("OPENCLAW_LLM_MAX_RETRIES", "0"),
        ])
        .await
    }

    /// With a local Anthropic-compatible provider at `base`.
    pub async fn with_anthropic(base: &str) -> Self {
        Self::start(&[
            ("OPENCLAW_LLM_PROVIDER", "antigravity_proxy"),
            ("OPENCLAW_LLM_BASE_URL", base),
            ("OPENCLAW_LLM_MAX_RETRIES", "0"),
        ])
        .await
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        read(self.request(Method::PUT, path).json(body).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        read(self.request(Method::POST, path).json(body).send().await.unwrap()).await
    }

    /// Plans `requirements` and answers as JSON.
    pub async fn plan(&self, requirements: &str) -> (StatusCode, Value) {
        self.post("/openclaw/assist/planner", &json!({"requirements": requirements})).await
    }

    /// Plans `requirements` as a stream, to its end.
    pub async fn plan_stream(&self, requirements: &str) -> Vec<PlannerEvent> {
        let request = self.request(Method::POST, "/openclaw/assist/planner/stream");
        let response = request.json(&json!({"requirements": requirements})).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.bytes().await.unwrap();
        let mut decoder = SseDecoder::default();
        let events = decoder.push(&body).unwrap();
        events.iter().map(|event| PlannerEvent::parse(&event.name, &event.data).unwrap().unwrap()).collect()
    }
}

/// Status and body; the body of an error must be a problem document.
pub async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let kind =
        response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("").to_owned();
    let body: Value = response.json().await.unwrap();
    if !status.is_success() {
        assert_eq!(kind, "application/problem+json");
        assert_eq!(body["ok"], json!(false), "{body}");
        assert_eq!(body["status"], json!(status.as_u16()), "{body}");
        assert!(body["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    }
    (status, body)
}

async fn listener() -> TcpListener {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

/// A client for servers of these tests.
pub fn client() -> reqwest::Client {
    // Installs the TLS provider that any client wants, even one that only speaks plain HTTP.
    let _ = Egress::new();
    reqwest::Client::new()
}
