//! The typed client: one function an endpoint.

use openclaw_shared::config::{ConfigUpdated, ConfigView};
use openclaw_shared::health::Health;
use openclaw_shared::job::{
    JobCancelled, JobDetail, JobList, JobRetried, JobSource, JobStatus, JobsQuery, LogTail,
};
use openclaw_shared::llm::{LlmTestRequest, LlmTestResult, ModelList, ProviderHealth};
use openclaw_shared::problem::Problem;
use openclaw_shared::profile::ProfileList;
use openclaw_shared::secret::{SecretChanged, SecretUpdate, SecretsStatus};
use openclaw_shared::sse::{SseDecoder, SseEvent};
use openclaw_shared::template::TemplateList;
use openclaw_shared::webhook::{DeliveryReplayed, TemplateRun};
use serde::Serialize;
use serde_json::{Map, Value};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, ReadableStreamDefaultReader, RequestInit, Response};

use crate::browser;
use crate::host::Host;
use crate::js;
use crate::read::{self, Read};
use crate::tabs::jobs::model::Filter;

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
/// Some providers list thousands of models.
const MODELS_MS: u32 = 60_000;
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
    ask(host, "PUT", "/config", changes, QUICK_MS).await
}

pub async fn test_llm(host: Host, request: &LlmTestRequest) -> Result<LlmTestResult, Failure> {
    ask(host, "POST", "/llm/test", request, TEST_MS).await
}

pub async fn models(host: Host, provider: &str, refresh: bool) -> Result<ModelList, Failure> {
    let path = format!("/llm/models?provider={}&refresh={refresh}", js_sys::encode_uri_component(provider));
    answered(&answer(host, "GET", &path, None, MODELS_MS).await?)
}

/// How the configured candidates are doing.
pub async fn provider_health(host: Host) -> Result<ProviderHealth, Failure> {
    get(host, "/llm/health").await
}

/// Forgets failures, so that everybody is asked again at once.
pub async fn reset_provider_health(host: Host) -> Result<ProviderHealth, Failure> {
    answered(&answer(host, "DELETE", "/llm/health", None, QUICK_MS).await?)
}

/// Where the keys are; never what they are.
pub async fn secrets(host: Host) -> Result<SecretsStatus, Failure> {
    get(host, "/secrets/status").await
}

pub async fn store_secret(host: Host, update: &SecretUpdate) -> Result<SecretChanged, Failure> {
    ask(host, "PUT", "/secrets", update, QUICK_MS).await
}

pub async fn forget_secret(host: Host, name: &str) -> Result<SecretChanged, Failure> {
    let path = format!("/secrets/{}", js_sys::encode_uri_component(name));
    answered(&answer(host, "DELETE", &path, None, QUICK_MS).await?)
}

pub async fn profiles(host: Host) -> Result<ProfileList, Failure> {
    get(host, "/assist/planner/profiles").await
}

/// Streams the answer to a body, or the events of a path, into `on_event` until it is complete, fails, or `signal` aborts it. `on_event` tells
/// whether it could read the event.
pub async fn stream(
    host: Host,
    path: &str,
    body: Option<String>,
    signal: &AbortSignal,
    on_event: &mut dyn FnMut(&SseEvent) -> bool,
) -> Result<(), Failure> {
    let method = if body.is_some() { "POST" } else { "GET" };
    let response = send(host, method, path, body, signal).await?;
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
        if !events.iter().all(&mut *on_event) {
            return Err(unreadable());
        }
        if done {
            return Ok(());
        }
    }
}

/// A page of jobs, newest first; `cursor` is where the page before ended.
pub async fn jobs(host: Host, filter: Filter, cursor: Option<&str>) -> Result<JobList, Failure> {
    let mut path = format!("/jobs?limit={}", JobsQuery::MAX_LIMIT);
    let status = filter.status.map(JobStatus::as_str);
    for (name, value) in
        [("status", status), ("source", filter.source.map(JobSource::as_str)), ("cursor", cursor)]
    {
        if let Some(value) = value {
            path += &["&", name, "=", value].concat();
        }
    }
    get(host, &path).await
}

/// One job with its trace.
pub async fn job(host: Host, id: &str) -> Result<JobDetail, Failure> {
    get(host, &format!("/jobs/{id}")).await
}

pub async fn cancel_job(host: Host, id: &str) -> Result<JobCancelled, Failure> {
    answered(&answer(host, "POST", &format!("/jobs/{id}/cancel"), None, QUICK_MS).await?)
}

pub async fn retry_job(host: Host, id: &str) -> Result<JobRetried, Failure> {
    answered(&answer(host, "POST", &format!("/jobs/{id}/retry"), None, QUICK_MS).await?)
}

/// Sends a result again, from the first try.
pub async fn replay_delivery(host: Host, id: &str) -> Result<DeliveryReplayed, Failure> {
    answered(&answer(host, "POST", &format!("/deliveries/{id}/replay"), None, QUICK_MS).await?)
}

/// What can be run by a form.
pub async fn templates(host: Host) -> Result<TemplateList, Failure> {
    get(host, "/templates").await
}

/// Runs a template, or says what would run.
pub async fn run_template(host: Host, id: &str, request: &Value) -> Result<TemplateRun, Failure> {
    let path = ["/templates/", &String::from(js_sys::encode_uri_component(id)), "/run"].concat();
    ask(host, "POST", &path, request, QUICK_MS).await
}

/// What the log says about one trace.
pub async fn logs(host: Host, trace_id: &str) -> Result<LogTail, Failure> {
    get(host, &format!("/logs/tail?n=200&trace_id={trace_id}")).await
}

async fn get<T: Read>(host: Host, path: &str) -> Result<T, Failure> {
    answered(&answer(host, "GET", path, None, QUICK_MS).await?)
}

async fn ask<T: Read>(
    host: Host,
    method: &'static str,
    path: &str,
    body: &impl Serialize,
    milliseconds: u32,
) -> Result<T, Failure> {
    let body = serde_json::to_string(body).unwrap_or_default();
    answered(&answer(host, method, path, Some(body), milliseconds).await?)
}

/// The status and the body of an answer that is a success.
async fn answer(
    host: Host,
    method: &'static str,
    path: &str,
    body: Option<String>,
    milliseconds: u32,
) -> Result<(u16, String), Failure> {
    let response = send(host, method, path, body, &timeout(milliseconds)).await?;
    Ok((response.status(), body_text(&response).await?))
}

fn timeout(milliseconds: u32) -> AbortSignal {
    AbortSignal::timeout_with_u32(milliseconds)
}

/// Sends a request; an answer that is not a success becomes its problem.
async fn send(
    host: Host,
    method: &str,
    path: &str,
    body: Option<String>,
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
    if let Some(body) = body {
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
    let problem = read::from_text::<Problem>(&body);
    Err(problem.map_or(Failure::Unreadable(status), |problem| Failure::Problem(Box::new(problem))))
}

fn answered<T: Read>((status, body): &(u16, String)) -> Result<T, Failure> {
    read::from_text(body).ok_or(Failure::Unreadable(*status))
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
