//! Wire formats: pure translations between a [`ChatRequest`] and a vendor's JSON. `transport` does the sending.

pub mod anthropic;
pub mod gemini;
pub mod ollama;
pub mod openai;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::catalog::{Format, KeyHeader};
use super::target::Target;
use super::transport::unusable_key;
use super::{ChatRequest, LlmError, Piece};

/// The header whose value is `Bearer` and the key.
const BEARER: &str = "authorization";

/// What one answer, or one event of a stream, says.
#[derive(Debug, Default)]
pub struct Step {
    pub pieces: Vec<Piece>,
    /// Nothing comes after it.
    pub end: bool,
}

/// One vendor's JSON.
pub trait WireFormat: Sync {
    /// Path below the base URL, with a query if there is one.
    fn path(&self, target: &Target) -> String;
    /// Where its models are listed, below the base URL.
    fn models_path(&self) -> &'static str;
    fn headers(&self, target: &Target) -> Result<HeaderMap, LlmError>;
    fn body(&self, target: &Target, request: &ChatRequest) -> Value;
    /// A whole answer: some look-alikes ignore the wish to stream.
    fn whole(&self, target: &Target, answer: &Value) -> Result<Step, LlmError>;
    /// One event of a stream.
    fn event(&self, target: &Target, event: &Value) -> Result<Step, LlmError>;
}

/// `None` for the built-in planner, which is not spoken to.
pub fn of(format: Format) -> Option<&'static dyn WireFormat> {
    match format {
        Format::Builtin => None,
        Format::OpenaiCompat => Some(&openai::OpenAi),
        Format::Anthropic => Some(&anthropic::Anthropic),
        Format::Gemini => Some(&gemini::Gemini),
        Format::Ollama => Some(&ollama::Ollama),
    }
}

impl Step {
    fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { pieces: if text.is_empty() { Vec::new() } else { vec![Piece::Text(text)] }, end: false }
    }
}

/// A bearer token, unless the provider wants its key elsewhere.
fn key_headers(usual: &'static str, target: &Target) -> Result<HeaderMap, LlmError> {
    let mut headers = HeaderMap::new();
    let Some(key) = &target.key else { return Ok(headers) };
    let names: &[&'static str] = match target.key_header {
        KeyHeader::Usual => &[usual],
        KeyHeader::ApiKey => &["api-key"],
        KeyHeader::Both => &["x-api-key", BEARER],
    };
    for name in names {
        let value =
            if *name == BEARER { format!("Bearer {}", key.expose()) } else { key.expose().to_owned() };
        let mut value = HeaderValue::try_from(value).map_err(|_| unusable_key(target))?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}
