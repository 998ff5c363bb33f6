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
