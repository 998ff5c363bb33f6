//! The typed client: one function an endpoint.

use openclaw_shared::config::{ConfigUpdated, ConfigView};
use openclaw_shared::health::Health;
use openclaw_shared::llm::{LlmTestRequest, LlmTestResult};
use openclaw_shared::planner::{PlannerEvent, PlannerRequest};
use openclaw_shared::problem::Problem;
use openclaw_shared::profile::ProfileList;
use openclaw_shared::sse::SseDecoder;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, ReadableStreamDefaultReader, RequestInit, Response};

use crate::browser;
use crate::host::Host;
use crate::js;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    Cancelled,
    /// The request did not arrive or took too long.
    Offline,
    /// The stream ended without a result.
    Cut,
    /// Something that is not the server answered with this status.
    Unreadable(u16),
    Problem(Box<Problem>),
}

/// Long enough for a busy server, short enough to notice a dead one.
const QUICK_MS: u32 = 10_000;
/// A connection test may use the longest timeout and its retries.
const TEST_MS: u32 = 600_000;

pub async fn health(host: Host) -> Result<Health, Failure> {
    get(host, "/health").await
}

pub async fn config(host: Host) -> Result<ConfigView, Failure> {
    get(host, "/config").await
}

/// `changes` holds only the settings to change.
pub async fn save_config(host: Host, changes: &Map<String, Value>) -> Result<ConfigUpdated, Failure> {
    let response = send(host, "PUT", "/config", Some(changes), &timeout(QUICK_MS)).await?;
    read(&response).await
}

pub async fn test_llm(host: Host, request: &LlmTestRequest) -> Result<LlmTestResult, Failure> {
    let response = send(host, "POST", "/llm/test", Some(request), &timeout(TEST_MS)).await?;
    read(&response).await
}

pub async fn profiles(host: Host) -> Result<ProfileList, Failure> {
    get(host, "/assist/planner/profiles").await
}

/// Streams a plan into `on_event` until it is complete, fails, or `signal` aborts it.
pub async fn plan(
    host: Host,
    request: &PlannerRequest,
    signal: &AbortSignal,
    mut on_event: impl FnMut(PlannerEvent),
) -> Result<(), Failure> {
    let response = send(host, "POST", "/assist/planner/stream", Some(request), signal).await?;
    // The answer had begun, so the server was there.
    let failure = |_: JsValue| if signal.aborted() { Failure::Cancelled } else { Failure::Cut };
    let unreadable = || Failure::Unreadable(response.status());
    let reader: ReadableStreamDefaultReader =
        response.body().ok_or_else(unreadable)?.get_reader().dyn_into().map_err(|_| unreadable())?;
    let mut decoder = SseDecoder::default();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(failure)?;
        let done = js::get(&chunk, "done").is_truthy();
        let events = if done {
            Vec::from_iter(decoder.finish())
        } else {
            let bytes = js_sys::Uint8Array::new(&js::get(&chunk, "value")).to_vec();
            decoder.push(&bytes).map_err(|_| unreadable())?
        };
        // Events of a newer server are skipped; a known one that cannot be read is not.
        for event in events.iter().filter_map(|event| PlannerEvent::parse(&event.name, &event.data)) {
            on_event(event.map_err(|_| unreadable())?);
        }
        if done {
            return Ok(());
        }
    }
}

async fn get<T: DeserializeOwned>(host: Host, path: &str) -> Result<T, Failure> {
    read(&send(host, "GET", path, None::<&()>, &timeout(QUICK_MS)).await?).await
}

fn timeout(milliseconds: u32) -> AbortSignal {
    AbortSignal::timeout_with_u32(milliseconds)
}

/// Sends a request; an answer that is not a success becomes its problem.
async fn send(
    host: Host,
    method: &str,
    path: &str,
    body: Option<&impl Serialize>,
    signal: &AbortSignal,
) -> Result<Response, Failure> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_signal(Some(signal));
    let headers = Headers::new().map_err(|error| offline(&error))?;
    if let Some(token) = browser::admin_token() {
        // A token with letters that no header can carry is refused by the server as a missing one.
        let _ = headers.set("X-OpenClaw-Admin-Token", &token);
    }
    if let Some(body) = body.and_then(|body| serde_json::to_string(body).ok()) {
        let _ = headers.set("Content-Type", "application/json");
        init.set_body(&body.into());
    }
    init.set_headers(&headers);
    let response = host.fetch(&format!("/openclaw{path}"), &init).await.map_err(|error| {
        let cancelled = signal.aborted() && js::text(&error, "name").as_deref() == Some("AbortError");
        if cancelled { Failure::Cancelled } else { offline(&error) }
    })?;
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    let body = body_text(&response).await.unwrap_or_default();
    Err(serde_json::from_str(&body).map_or(Failure::Unreadable(status), |p| Failure::Problem(Box::new(p))))
}

async fn read<T: DeserializeOwned>(response: &Response) -> Result<T, Failure> {
    let body = body_text(response).await?;
    serde_json::from_str(&body).map_err(|_| Failure::Unreadable(response.status()))
}

async fn body_text(response: &Response) -> Result<String, Failure> {
    let promise = response.text().map_err(|error| offline(&error))?;
    JsFuture::from(promise).await.map(|text| text.as_string().unwrap_or_default()).map_err(|e| offline(&e))
}

/// The browser's reason goes to its console; people get one sentence.
fn offline(error: &JsValue) -> Failure {
    web_sys::console::warn_2(&"OpenClaw: no answer".into(), error);
    Failure::Offline
}
