//! Trying a provider out with the smallest possible question.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use openclaw_shared::config::LlmSettings;
use openclaw_shared::llm::{LlmTestRequest, LlmTestResult};

use super::catalog::{Catalog, Format};
use super::keys::Keys;
use super::target::{Target, TargetError};
use super::{ChatRequest, Llm, LlmError, Patience, Piece};
use crate::config::LlmConfig;
use crate::config::settings::TENANT;

/// Enough for one word, with room for a model that thinks first.
const MAX_TOKENS: u32 = 64;
/// What of the answer is shown.
const MAX_SHOWN_CHARS: usize = 200;
/// A person waits in front of a button: a retry would only hide what is wrong.
const RETRIES: u32 = 0;

/// Why a test failed.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Llm(#[from] LlmError),
}

pub async fn run(
    llm: &Llm,
    catalog: &Catalog,
    keys: &Keys,
    config: &LlmConfig,
    stored: LlmSettings,
    request: LlmTestRequest,
) -> Result<LlmTestResult, CheckError> {
    // A stored model or address belongs to the stored provider.
    let same = request.provider.as_ref().is_none_or(|provider| *provider == stored.provider);
    let or_stored =
        |given: Option<String>, stored: String| given.unwrap_or(if same { stored } else { String::new() });
    let mut target = Target::resolve(
        catalog,
        keys,
        config,
        &request.provider.clone().unwrap_or(stored.provider),
        &or_stored(request.model, stored.model),
        &or_stored(request.base_url, stored.base_url),
        stored.allow_private_network,
    )?;
    llm.hooks.resolve(&mut target);
    let (provider, model) = (target.provider.clone(), target.model.clone());
    let result = |message: &str, response: String, latency: Duration| LlmTestResult {
        ok: true,
        tenant_id: TENANT.into(),
        message: message.into(),
        response,
        provider: provider.clone(),
        model: model.clone(),
        latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
    };
    if target.format == Format::Builtin {
        return Ok(result("The built-in planner is always ready", String::new(), Duration::ZERO));
    }
    let question = ChatRequest {
        system: "You are a connection test.".into(),
        text: "Answer with the one word: ready".into(),
        images: Vec::new(),
        object: None,
        max_tokens: MAX_TOKENS,
        temperature: 0.0,
    };
    let seconds = request.timeout_sec.unwrap_or(stored.timeout_sec).clamp(5, 300);
    let patience = Patience::starting_now(seconds, request.max_retries.unwrap_or(RETRIES).min(10));
    let label = target.label.clone();
    let started = Instant::now();
    let mut pieces = pin!(llm.ask(&target, &question, patience));
    let mut answer = String::new();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(Piece::Text(text)) => answer.push_str(&text),
            Ok(Piece::Usage(_)) => {}
            // Cut off at the length limit, but it answered.
            Err(LlmError::BadResponse { .. }) if !answer.trim().is_empty() => break,
            Err(error) => return Err(error.into()),
        }
    }
    let answer: String = answer.trim().chars().filter(|c| !c.is_control()).take(MAX_SHOWN_CHARS).collect();
    if answer.is_empty() {
        return Err(LlmError::BadResponse { label, reason: "it was empty".into() }.into());
    }
    Ok(result("Connection successful", answer, started.elapsed()))
}
