//! Whether the server is well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::capabilities::Pack;

/// Answer of `GET /health`. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// True as soon as the server answers.
    pub ok: bool,
    pub pack: Pack,
    /// Seconds since the server started.
    pub uptime_sec: f64,
    pub config: LlmHealth,
    pub stats: Stats,
    pub access_policy: AccessPolicy,
}

/// Which model would be asked, and whether it could be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LlmHealth {
    pub provider: String,
    pub model: String,
    pub base_url: String,
    /// Wire format: `builtin`, `openai_compat` or `anthropic`.
    pub api_type: String,
    pub llm_key_configured: bool,
    pub llm_key_required: bool,
}

/// Counters since the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stats {
    /// Requests that ended in a fault of the server.
    pub errors_captured: u64,
    /// Requests answered, by outcome class: `2xx`, `4xx`, `5xx`.
    pub responses: BTreeMap<String, u64>,
}

/// Who may read what the observability tier guards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessPolicy {
    /// `token` when an observability token is set, else `loopback_only`.
    pub observability: String,
    /// Whether an admin token is set.
    pub token_configured: bool,
}
