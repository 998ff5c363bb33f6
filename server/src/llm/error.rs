//! What can go wrong with a model call, in words that say what to do.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::FIRST_RETRY_PAUSE;
use crate::redact::Redactor;

/// Every failure names the provider as people know it.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    #[error("The address of {label} ({host}) was not found: check the base URL and the network")]
    Dns { label: String, host: String },
    #[error("{label} could not be reached ({reason}): check that it is running and the network")]
    Unreachable { label: String, reason: String },
    #[error("No secure connection to {label}: {reason}")]
    Tls { label: String, reason: String },
    #[error("{host} has an address that this server may not call")]
    Blocked { host: String },
    #[error("{label} did not finish within {seconds} s: raise timeout_sec, or choose a faster model")]
    Timeout { label: String, seconds: u32 },
    #[error("{label} refused the API key: check {variable}. It said: {detail}")]
    Auth { label: String, variable: String, detail: String },
    #[error("{label} does not serve this region: {detail}")]
    Region { label: String, detail: String },
    #[error("{label} says the quota is used up or payment is due: {detail}")]
    Quota { label: String, detail: String },
    #[error("{label} is limiting requests{}: {detail}", wait(*.retry_after))]
    RateLimited { label: String, detail: String, retry_after: Option<Duration> },
    #[error("{label} does not have the model `{model}`: choose another model in Settings. It said: {detail}")]
    ModelNotFound { label: String, model: String, detail: String },
    #[error("{label} refused the request: {detail}")]
    InvalidRequest { label: String, detail: String },
    #[error("{label} filtered the content: change the wording")]
    ContentFiltered { label: String },
    #[error("{label} is overloaded or failing (HTTP {status}), try again later: {detail}")]
    Unavailable {
        label: String,
        status: u16,
        detail: String,
        retry_after: Option<Duration>,
        may_be_billed: bool,
    },
    #[error("The answer of {label} was not usable: {reason}")]
    BadResponse { label: String, reason: String },
    #[error("The built-in planner is not a language model")]
    NotAModel,
}

fn wait(retry_after: Option<Duration>) -> String {
    retry_after.map(|pause| format!(", wait {} s", pause.as_secs().max(1))).unwrap_or_default()
}

/// What kind of failure it was, for deciding who rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    Auth,
    Billing,
    RateLimit,
    Overloaded,
    Timeout,
    Network,
    ModelNotFound,
    InvalidRequest,
    ContentFilter,
    BadResponse,
}

impl FailureClass {
    /// How long the candidate rests when the provider named no time, and what it loses of its score. `None`: the
    /// request was at fault, not the candidate.
    pub fn penalty(self) -> Option<(Duration, i32)> {
        match self {
            Self::Auth => Some((Duration::from_hours(1), 10)),
            Self::Billing => Some((Duration::from_mins(30), 10)),
            Self::ModelNotFound => Some((Duration::from_mins(10), 10)),
            Self::RateLimit => Some((Duration::from_mins(1), 3)),
            Self::Overloaded | Self::BadResponse => Some((Duration::from_secs(30), 3)),
            Self::Timeout => Some((Duration::from_secs(30), 2)),
            // A local model that is still loading refuses connections for a moment.
            Self::Network => Some((Duration::from_secs(5), 1)),
            Self::InvalidRequest | Self::ContentFilter => None,
        }
    }

    /// The Python edition's name for it.
    pub fn reason_code(self) -> &'static str {
        match self {
            Self::Auth => "provider_auth_failed",
            Self::Billing => "provider_quota_exceeded",
            Self::RateLimit => "provider_rate_limited",
            Self::Overloaded => "provider_unavailable",
            Self::Timeout => "provider_timeout",
            Self::Network => "provider_unreachable",
            Self::ModelNotFound => "provider_model_not_found",
            Self::InvalidRequest => "provider_invalid_request",
            Self::ContentFilter => "provider_content_filtered",
            Self::BadResponse => "provider_bad_response",
        }
    }
}

impl LlmError {
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Auth { .. } | Self::Region { .. } => FailureClass::Auth,
            Self::Quota { .. } => FailureClass::Billing,
            Self::RateLimited { .. } => FailureClass::RateLimit,
            Self::Unavailable { .. } => FailureClass::Overloaded,
            Self::Timeout { .. } => FailureClass::Timeout,
            Self::Dns { .. } | Self::Unreachable { .. } | Self::Tls { .. } | Self::Blocked { .. } => {
                FailureClass::Network
            }
            Self::ModelNotFound { .. } => FailureClass::ModelNotFound,
            Self::InvalidRequest { .. } | Self::NotAModel => FailureClass::InvalidRequest,
            Self::ContentFiltered { .. } => FailureClass::ContentFilter,
            Self::BadResponse { .. } => FailureClass::BadResponse,
        }
    }

    /// The same failure without secrets in what the provider said: some repeat the key.
    #[must_use]
    pub fn masked(mut self, redactor: &Redactor) -> Self {
        let said = match &mut self {
            Self::Auth { detail, .. }
            | Self::Region { detail, .. }
            | Self::Quota { detail, .. }
            | Self::RateLimited { detail, .. }
            | Self::ModelNotFound { detail, .. }
            | Self::InvalidRequest { detail, .. }
            | Self::Unavailable { detail, .. } => detail,
            Self::Unreachable { reason, .. }
            | Self::Tls { reason, .. }
            | Self::BadResponse { reason, .. } => reason,
            Self::Dns { .. }
            | Self::Blocked { .. }
            | Self::Timeout { .. }
            | Self::ContentFiltered { .. }
            | Self::NotAModel => return self,
        };
        *said = redactor.redact(said).into_owned();
        self
    }

    /// How long to wait before trying the same target again; `None` when that is useless or could bill twice.
    pub fn retry_pause(&self, tries: u32) -> Option<Duration> {
        let own = FIRST_RETRY_PAUSE * 2u32.saturating_pow(tries);
        match self {
            Self::RateLimited { retry_after, .. }
            | Self::Unavailable { retry_after, may_be_billed: false, .. } => Some(retry_after.unwrap_or(own)),
            Self::Unreachable { .. } => Some(own),
            _ => None,
        }
    }

    /// Whether another model or provider may do better without a second bill for one answer: an answer that broke
    /// off, came too late or made no sense may have been charged for.
    pub fn is_worth_another_candidate(&self) -> bool {
        !matches!(
            self,
            Self::ContentFiltered { .. }
                | Self::InvalidRequest { .. }
                | Self::NotAModel
                | Self::Timeout { .. }
                | Self::BadResponse { .. }
                | Self::Unavailable { may_be_billed: true, .. }
        )
    }

    /// Seconds until a retry makes sense, when the provider said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
