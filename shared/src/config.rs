//! The settings people edit: no secrets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LlmSettings {
    /// A provider id.
    pub provider: String,
    /// A model id, passed to the provider as it is.
    pub model: String,
    /// Empty means the provider's own address.
    pub base_url: String,
    /// Seconds one call may take, from first byte sent to last byte read.
    pub timeout_sec: u32,
    /// Further tries after a failure that a retry can mend.
    pub max_retries: u32,
    /// Models of the same provider to try next.
    pub fallback_models: Vec<String>,
    /// Providers to try after those, each with its default model.
    pub fallback_providers: Vec<String>,
    /// Most candidates tried for one request, the first included.
    pub max_failover_candidates: u32,
    /// Lets the base URL be a private address.
    pub allow_private_network: bool,
}

/// Where a value comes from. Earlier beats later: environment, file, default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Source {
    /// An environment variable: the stored value has no effect until it is unset.
    Env,
    /// The settings file in the state directory.
    Persisted,
    Default,
}

/// The type of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SettingType {
    String,
    Int,
    Bool,
    Enum,
    ListString,
}

/// How to draw and check one setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingSchema {
    #[serde(rename = "type")]
    pub kind: SettingType,
    pub default: Value,
    /// Always `immediate`.
    pub apply_mode: String,
    /// Always `llm`.
    pub category: String,
    pub description: String,
    /// The variable that pins this setting when set.
    pub env: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enum_values: Option<Vec<String>>,
}

/// One provider people can choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderView {
    pub id: String,
    pub label: String,
    pub requires_key: bool,
    /// Whether a key for it is present.
    pub key_configured: bool,
    /// The variables a key is read from, in order.
    pub key_env: Vec<String>,
    pub default_model: String,
    /// Models to offer before the provider's own list is there.
    pub models: Vec<String>,
    pub base_url: String,
    /// Runs on this machine.
    pub local: bool,
    /// Whether its default model takes pictures.
    pub vision: bool,
}

/// Answer of `GET /config`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfigView {
    pub ok: bool,
    /// Always `default`.
    pub tenant_id: String,
    pub config: LlmSettings,
    /// Setting name to where its value comes from.
    pub sources: BTreeMap<String, Source>,
    pub providers: Vec<ProviderView>,
    pub schema: BTreeMap<String, SettingSchema>,
    /// Whether the caller may change settings.
    pub write_enabled: bool,
}

/// Answer of `PUT /config`, whose body is any subset of [`LlmSettings`], bare or under `llm`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfigUpdated {
    pub ok: bool,
    /// Always `default`.
    pub tenant_id: String,
    pub config: LlmSettings,
    pub sources: BTreeMap<String, Source>,
    pub apply: Applied,
}

/// What became of each setting of a `PUT /config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Applied {
    pub applied_now: Vec<String>,
    /// Always empty: every setting applies at once.
    pub restart_required: Vec<String>,
    /// One sentence for each value that was clamped or is pinned by the environment.
    pub notes: Vec<String>,
}
