//! Trying out a provider.

use serde::{Deserialize, Serialize};

/// Body of `POST /llm/test`: what to try instead of the stored settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LlmTestRequest {
    pub provider: Option<String>,
    pub model: Option<String>,
    pub base_url: Option<String>,
    /// Seconds, 5 to 300.
    pub timeout_sec: Option<u32>,
    /// 0 to 10.
    pub max_retries: Option<u32>,
}

/// Answer of `POST /llm/test` when the provider answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LlmTestResult {
    pub ok: bool,
    /// Always `default`.
    pub tenant_id: String,
    pub message: String,
    /// What the model said, at most 200 characters.
    pub response: String,
    pub provider: String,
    pub model: String,
    /// Milliseconds from sending to the whole answer.
    pub latency_ms: u64,
}

/// Answer of `GET /llm/health` and `DELETE /llm/health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderHealth {
    pub ok: bool,
    /// Always `default`.
    pub tenant_id: String,
    /// The configured ones in the order they would be asked now, then others that failed lately.
    pub candidates: Vec<CandidateHealth>,
    /// Why there are no configured ones: an unknown provider, a missing key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// How a provider's model has been doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CandidateHealth {
    pub provider: String,
    pub model: String,
    /// Whether the settings in force name it.
    pub configured: bool,
    /// 0 to 100; candidates begin at 70.
    pub score: u32,
    /// Seconds until it is asked again before the others; 0 when it does not rest.
    pub rests_sec: u64,
    /// What failed last: `provider_auth_failed`, `provider_rate_limited` and so on; empty when nothing did.
    pub reason_code: String,
    /// Milliseconds since the epoch when that was; 0 when nothing failed.
    pub failed_at: i64,
}

/// Answer of `GET /llm/models`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelList {
    pub ok: bool,
    /// Always `default`.
    pub tenant_id: String,
    pub provider: String,
    /// Sorted, without duplicates.
    pub models: Vec<String>,
    /// Whether the list was fetched earlier.
    pub cached: bool,
    /// Why an older list, or the suggested models, are shown instead of a fresh one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// Body of `POST /llm/chat`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"user_message": "Say OK"})))]
pub struct LlmChatRequest {
    /// Instructions. At most 8000 characters.
    pub system: String,
    /// What is asked. At most 16 000 characters.
    #[serde(alias = "message")]
    pub user_message: String,
    /// 0 to 2; 0.7 when absent.
    pub temperature: Option<f64>,
    /// 1 to 16 384; 1024 when absent.
    pub max_tokens: Option<u32>,
}

/// Answer of `POST /llm/chat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LlmChatResult {
    pub ok: bool,
    /// Always `default`.
    pub tenant_id: String,
    pub text: String,
}
