//! Language models: who to ask ([`catalog`], [`target`]) and how ([`mod@format`]).

pub mod catalog;
pub mod check;
pub mod error;
pub mod extract;
pub mod format;
pub mod health;
pub mod hooks;
pub mod keys;
pub mod models;
pub mod retry_after;
pub mod schema;
pub mod target;
mod transport;

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::{Stream, StreamExt as _};

use serde_json::Value;

use crate::egress::Egress;
use crate::redact::Redactor;
pub use error::LlmError;
use health::{Admission, Health};
use hooks::{Hooks, Outcome};
use models::Models;
use target::Target;

/// What is asked.
#[derive(Debug, Clone)]
pub struct ChatRequest {
    pub system: String,
    pub text: String,
    pub images: Vec<Image>,
    pub max_tokens: u32,
    /// 0 to 2.
    pub temperature: f64,
    /// The shape of the answer, where the provider can be held to one.
    pub object: Option<ObjectContract>,
}

/// An image as every provider takes it.
#[derive(Debug, Clone)]
pub struct Image {
    pub mime: &'static str,
    pub base64: String,
}

/// A JSON object that the answer has to be.
#[derive(Debug, Clone)]
pub struct ObjectContract {
    pub name: &'static str,
    pub description: &'static str,
    /// JSON Schema.
    pub schema: Value,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// Counts so far; the last one of each member holds.
    Usage(Usage),
}

impl Piece {
    /// Without keys, as far as one piece shows them; whole answers are masked again.
    fn masked(self, redactor: &Redactor) -> Self {
        match self {
            Self::Text(text) => Self::Text(match redactor.mask_known(&text) {
                Cow::Owned(masked) => masked,
                Cow::Borrowed(_) => text,
            }),
            usage @ Self::Usage(_) => usage,
        }
    }
}

/// Tokens, as the provider counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub input: Option<u64>,
    pub output: Option<u64>,
}

/// How long and how often to try.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Ends everything: all tries of all candidates.
    pub deadline: tokio::time::Instant,
    /// What the deadline was made from, for the sentence.
    pub seconds: u32,
    /// Further tries of one candidate.
    pub retries: u32,
}

impl Patience {
    /// Starts now.
    pub fn starting_now(seconds: u32, retries: u32) -> Self {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds.into());
        Self { deadline, seconds, retries }
    }
}

/// Longest pause before a retry: beyond it a person would rather hear how long to wait.
const MAX_RETRY_PAUSE: Duration = Duration::from_secs(8);
/// First pause when the provider named none; doubled each time.
const FIRST_RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Asks providers; remembers how they do.
pub struct Llm {
    pub egress: Egress,
    pub health: Health,
    pub models: Models,
    pub hooks: Hooks,
    pub redactor: Arc<Redactor>,
}

impl Llm {
    /// Asks the first candidate that answers; yields the answer as it arrives. Dropping the stream cancels the call.
    ///
    /// Another candidate is asked only while nothing was answered, and only when the one before cannot have been
    /// billed for it.
    pub fn converse(
        self: Arc<Self>,
        mut candidates: Vec<Target>,
        request: ChatRequest,
        patience: Patience,
    ) -> impl Stream<Item = Result<Piece, LlmError>> + Send {
        async_stream::stream! {
            self.health.order(&mut candidates, now_ms());
            let last = candidates.len().saturating_sub(1);
            for (index, target) in candidates.iter().enumerate() {
                match self.health.admit(target, index == last, now_ms()) {
                    Admission::Go => {}
                    Admission::Wait(pause) if tokio::time::Instant::now() + pause < patience.deadline => {
                        tokio::time::sleep(pause).await;
                    }
                    Admission::Wait(rest) | Admission::Rest(rest) => {
                        if index < last {
                            continue;
                        }
                        yield Err(LlmError::RateLimited {
                            label: target.label.clone(),
                            detail: "it asked for a pause".into(),
                            retry_after: Some(rest),
                        });
                        return;
                    }
                }
                let mut answered = false;
                let mut failure = None;
                let mut pieces = pin!(self.ask(target, &request, patience));
                while let Some(piece) = pieces.next().await {
                    match piece {
                        Ok(piece) => {
                            answered = true;
                            yield Ok(piece);
                        }
                        Err(error) => failure = Some(error),
                    }
                }
                let Some(error) = failure else { return };
                if answered || index == last || !error.is_worth_another_candidate() {
                    yield Err(error);
                    return;
                }
                // Not the error's words: providers repeat the prompt in them.
                let failure = error.class().reason_code();
                tracing::warn!(provider = target.provider, model = target.model, failure, "asking the next candidate");
            }
        }
    }

    /// Asks one target, again where that cannot bill twice: nothing was answered, and the provider said so itself or
    /// was never reached.
    pub fn ask<'a>(
        &'a self,
        target: &'a Target,
        request: &'a ChatRequest,
        patience: Patience,
    ) -> impl Stream<Item = Result<Piece, LlmError>> + Send + 'a {
        async_stream::stream! {
            let Some(format) = format::of(target.format) else {
                yield Err(LlmError::NotAModel);
                return;
            };
            let request = self.hooks.transform(target, request);
            let mut watch = self.hooks.watch(target);
            let mut tries = 0;
            loop {
                let mut answered = false;
                let mut pieces = pin!(transport::ask(&self.egress, format, target, &request));
                let error = loop {
                    match tokio::time::timeout_at(patience.deadline, pieces.next()).await {
                        Ok(None) => {
                            self.health.succeeded(target, now_ms());
                            watch.ended(Outcome::Answered);
                            return;
                        }
                        Ok(Some(Ok(piece))) => {
                            answered = true;
                            watch.saw(&piece);
                            yield Ok(piece.masked(&self.redactor));
                        }
                        Ok(Some(Err(error))) => break error.masked(&self.redactor),
                        Err(_) => break LlmError::Timeout { label: target.label.clone(), seconds: patience.seconds },
                    }
                };
                let pause = error
                    .retry_pause(tries)
                    .filter(|_| !answered && tries < patience.retries)
                    .and_then(|pause| self.health.retry_slot(target, pause, now_ms()))
                    .filter(|pause| tokio::time::Instant::now() + *pause < patience.deadline);
                // At once, so that nobody else calls during a limit that is known already.
                self.health.failed(target, &error, pause, now_ms());
                let Some(pause) = pause else {
                    watch.ended(Outcome::Failed(error.class()));
                    yield Err(error);
                    return;
                };
                let failure = error.class().reason_code();
                tracing::info!(provider = target.provider, failure, ?pause, "trying again");
                tokio::time::sleep(pause).await;
                tries += 1;
            }
        }
    }
}

/// Milliseconds since the epoch.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
