//! What every wire format shares: sending, classifying failures, reading bounded bodies.

use std::error::Error as _;
use std::pin::pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use openclaw_shared::sse::{SseDecoder, SseTooLong};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use super::format::WireFormat;
use super::retry_after::{RetryHint, retry_delay};
use super::target::Target;
use super::{ChatRequest, LlmError, Piece, now_ms};
use crate::egress::{Egress, EgressError};

/// An answer longer than this is not a prompt; as in the Python edition.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// Enough of an error page to find its message.
const MAX_ERROR_BYTES: usize = 64 << 10;
/// How providers say that they do not serve a place; in lower case.
const REGION_WORDS: &[&str] = &[
    "unsupported_country_region_territory",
    "user location is not supported",
    "not available in your region",
    "not available in your country",
    "region is not supported",
    "country, region, or territory not supported",
];
/// What of a provider's message reaches people.
const MAX_DETAIL_CHARS: usize = 300;

/// Asks the target once; yields what it says as it arrives. Dropping the stream cancels the call.
pub fn ask<'a>(
    egress: &'a Egress,
    format: &'static dyn WireFormat,
    target: &'a Target,
    request: &'a ChatRequest,
) -> impl Stream<Item = Result<Piece, LlmError>> + Send + 'a {
    async_stream::try_stream! {
        let response = send(egress, format, target, request).await?;
        let kind = header(&response, CONTENT_TYPE.as_str()).to_owned();
        let Some(framing) = Framing::of(&kind) else {
            let answer = whole(target, response, &kind).await?;
            for piece in format.whole(target, &answer)?.pieces {
                yield piece;
            }
            return;
        };
        let mut documents = pin!(documents(target.clone(), framing, response));
        while let Some(document) = documents.next().await {
            let document = document?;
            // How OpenAI's format says that nothing follows; no JSON.
            if document == "[DONE]" {
                return;
            }
            let value: Value =
                serde_json::from_str(&document).map_err(|_| bad(target, "a stream event is not JSON"))?;
            if let Some(error) = in_band_error(target, &value) {
                Err(error)?;
            }
            let step = format.event(target, &value)?;
            for piece in step.pieces {
                yield piece;
            }
            if step.end {
                return;
            }
        }
    }
}

async fn send(
    egress: &Egress,
    format: &dyn WireFormat,
    target: &Target,
    request: &ChatRequest,
) -> Result<reqwest::Response, LlmError> {
    let post = egress
        .request(Method::POST, &target.url(&format.path(target)), target.reach)
        .map_err(|error| of_egress(target, &error))?;
    let body = format.body(target, request);
    answered(target, post.headers(format.headers(target)?).json(&body)).await
}

/// Fetches one JSON document below the base URL.
pub async fn get(
    egress: &Egress,
    format: &dyn WireFormat,
    target: &Target,
    path: &str,
) -> Result<Value, LlmError> {
    let get = egress
        .request(Method::GET, &target.url(path), target.reach)
        .map_err(|error| of_egress(target, &error))?;
    let response = answered(target, get.headers(format.headers(target)?)).await?;
    let kind = header(&response, CONTENT_TYPE.as_str()).to_owned();
    whole(target, response, &kind).await
}

/// The response if it is a 200, else what its status and body mean.
async fn answered(target: &Target, request: reqwest::RequestBuilder) -> Result<reqwest::Response, LlmError> {
    let response = request.send().await.map_err(|error| of_transport(target, error))?;
    let status = response.status().as_u16();
    if status == 200 {
        return Ok(response);
    }
    let headers = response.headers().clone();
    // A body that breaks off still has the status; its text is a courtesy.
    let body = read(response, MAX_ERROR_BYTES).await.unwrap_or_default();
    Err(of_status(target, status, &headers, &String::from_utf8_lossy(&body)))
}

/// An answer that is not a stream, as JSON.
async fn whole(target: &Target, response: reqwest::Response, kind: &str) -> Result<Value, LlmError> {
    let body = read(response, MAX_ANSWER_BYTES).await.map_err(|reason| bad(target, &reason))?;
    if body.is_empty() {
        return Err(bad(target, "it was empty"));
    }
    let Ok(value) = serde_json::from_slice::<Value>(&body) else {
        let page = kind.starts_with("text/html") || body.trim_ascii_start().starts_with(b"<");
        let reason =
            if page { "a web page came instead of JSON: check the base URL" } else { "it is not JSON" };
        return Err(bad(target, reason));
    };
    match in_band_error(target, &value) {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The JSON texts of a stream, as they arrive.
fn documents(
    target: Target,
    mut framing: Framing,
    response: reqwest::Response,
) -> impl Stream<Item = Result<String, LlmError>> + Send {
    async_stream::try_stream! {
        let mut body = response.bytes_stream();
        let mut total = 0;
        while let Some(chunk) = body.next().await {
            let chunk: Bytes =
                chunk.map_err(|error| bad(&target, &format!("the connection broke ({})", root_cause(&error))))?;
            total += chunk.len();
            if total > MAX_ANSWER_BYTES {
                Err(bad(&target, "it is longer than 1 MiB"))?;
            }
            for document in framing.push(&chunk).map_err(|error| bad(&target, &error.to_string()))? {
                yield document;
            }
        }
        if let Some(document) = framing.finish() {
            yield document;
        }
    }
}

/// How a stream is cut into JSON texts.
enum Framing {
    Events(SseDecoder),
    /// The unfinished line.
    Lines(Vec<u8>),
}

impl Framing {
    /// `None` for an answer that comes whole.
    fn of(content_type: &str) -> Option<Self> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "text/event-stream" => Some(Self::Events(SseDecoder::default())),
            "application/x-ndjson" => Some(Self::Lines(Vec::new())),
            _ => None,
        }
    }

    fn push(&mut self, chunk: &[u8]) -> Result<Vec<String>, SseTooLong> {
        match self {
            Self::Events(decoder) => Ok(decoder.push(chunk)?.into_iter().map(|event| event.data).collect()),
            Self::Lines(rest) => {
                rest.extend_from_slice(chunk);
                let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else { return Ok(Vec::new()) };
                let whole: Vec<u8> = rest.drain(..=end).collect();
                let lines = String::from_utf8_lossy(&whole);
                Ok(lines.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
            }
        }
    }

    /// What the last document lacks is only its end mark.
    fn finish(mut self) -> Option<String> {
        match &mut self {
            Self::Events(decoder) => decoder.finish().map(|event| event.data),
            Self::Lines(rest) => {
                Some(String::from_utf8_lossy(rest).trim().to_owned()).filter(|rest| !rest.is_empty())
            }
        }
    }
}

async fn read(response: reqwest::Response, limit: usize) -> Result<Vec<u8>, String> {
    let mut body = response.bytes_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| format!("the connection broke ({})", root_cause(&error)))?;
        if bytes.len() + chunk.len() > limit {
            return Err(format!("it is longer than {} KiB", limit >> 10));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

pub fn bad(target: &Target, reason: &str) -> LlmError {
    LlmError::BadResponse { label: target.label.clone(), reason: reason.to_owned() }
}

/// The answer ended where the length limit was, not where it should.
pub fn cut_off(target: &Target) -> LlmError {
    bad(target, "it was cut off at the length limit: shorten the request")
}

/// A key that cannot stand in a header was never a key.
pub fn unusable_key(target: &Target) -> LlmError {
    LlmError::Auth {
        label: target.label.clone(),
        variable: target.key_variable.clone(),
        detail: "the key has characters that no key has".into(),
    }
}

/// An error inside a 200 or inside a stream, as several providers send it.
pub fn in_band_error(target: &Target, value: &Value) -> Option<LlmError> {
    // Gemini wraps a whole answer that is an error into a list.
    let value = value.get(0).unwrap_or(value);
    let error = value.get("error").filter(|error| !error.is_null())?;
    let kind = error.get("type").or_else(|| error.get("code")).map(Value::to_string).unwrap_or_default();
    let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let status = status.filter(|code| (400..600).contains(code)).unwrap_or(match kind.trim_matches('"') {
        "overloaded_error" => 529,
        "rate_limit_error" | "rate_limit_exceeded" => 429,
        "authentication_error" | "permission_error" => 401,
        "invalid_request_error" => 400,
        "not_found_error" => 404,
        _ => 500,
    });
    Some(of_status(target, status, &HeaderMap::new(), &value.to_string()))
}

fn of_egress(target: &Target, error: &EgressError) -> LlmError {
    match error {
        EgressError::Blocked { host } => LlmError::Blocked { host: host.clone() },
        EgressError::NotFound { host } => LlmError::Dns { label: target.label.clone(), host: host.clone() },
    }
}

fn of_transport(target: &Target, error: reqwest::Error) -> LlmError {
    let error = error.without_url();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(error) = inner.downcast_ref::<EgressError>() {
            return of_egress(target, error);
        }
        if is_tls(inner) {
            return LlmError::Tls { label: target.label.clone(), reason: root_cause(&error) };
        }
        cause = inner.source();
    }
    if error.is_connect() {
        LlmError::Unreachable { label: target.label.clone(), reason: root_cause(&error) }
    } else {
        bad(target, &format!("the connection broke ({})", root_cause(&error)))
    }
}

/// An I/O error's `source` skips the error it wraps, which is where TLS failures are, sometimes two deep.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>() || wrapped.is_some_and(|wrapped| is_tls(wrapped))
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    detail(&cause.to_string())
}

fn of_status(target: &Target, status: u16, headers: &HeaderMap, body: &str) -> LlmError {
    let label = target.label.clone();
    let detail = detail(&message_of(body).unwrap_or_else(|| format!("HTTP {status}")));
    let lower = body.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let retry_after = || {
        let headers = headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect::<Vec<_>>();
        retry_delay(&RetryHint { status, headers: &headers, body, now_ms: now_ms() })
    };
    match status {
        400 | 401 | 403 | 451 if status == 451 || says(REGION_WORDS) => LlmError::Region { label, detail },
        401 | 403 => {
            let elsewhere = target.other_regions.join(" or ");
            let detail = match elsewhere.as_str() {
                "" => detail,
                places => format!("{detail}. A key of another region works only with its base URL: {places}"),
            };
            LlmError::Auth { label, variable: target.key_variable.clone(), detail }
        }
        402 => LlmError::Quota { label, detail },
        429 if says(&["insufficient_quota", "quota", "billing", "credit balance"])
            && !says(&["per minute"]) =>
        {
            LlmError::Quota { label, detail }
        }
        429 => LlmError::RateLimited { label, detail, retry_after: retry_after() },
        404 | 400 if status == 404 || says(&["model_not_found", "unknown model", "model does not exist"]) => {
            LlmError::ModelNotFound { label, model: target.model.clone(), detail }
        }
        400..500 if says(&["content_filter", "content_policy", "content management policy"]) => {
            LlmError::ContentFiltered { label }
        }
        400..500 => LlmError::InvalidRequest { label, detail },
        300..400 => LlmError::BadResponse { label, reason: "it is a redirect: check the base URL".into() },
        // 502 and 503 come from a gateway that reached nobody, 529 from a model that took nothing on.
        _ => LlmError::Unavailable {
            label,
            status,
            detail,
            retry_after: retry_after(),
            may_be_billed: !matches!(status, 502 | 503 | 529),
        },
    }
}

/// The sentence inside an error body: `error.message`, `error`, `message` or `detail`, whichever is text.
fn message_of(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let value = value.get(0).unwrap_or(&value);
    ["/error/message", "/error", "/message", "/detail"]
        .iter()
        .find_map(|pointer| value.pointer(pointer)?.as_str())
        .map(str::to_owned)
}

fn detail(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_DETAIL_CHARS).collect()
}
