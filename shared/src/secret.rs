//! API keys over the wire: in, never out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Answer of `GET /secrets/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretsStatus {
    pub ok: bool,
    /// Provider id, or `generic`, to where its key is. Providers without a key are absent.
    pub secrets: BTreeMap<String, SecretStatus>,
    /// What to know about stored keys.
    pub warning: String,
}

/// Where one key is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretStatus {
    /// False for a stored key that the present sealing key does not open.
    pub configured: bool,
    /// `env` or `server_store`.
    pub source: String,
    /// The variable, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
}

/// Body of `PUT /secrets`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"provider": "openai", "api_key": "sk-example"})))]
pub struct SecretUpdate {
    /// A provider id, or `generic` for every provider without a key of its own. At most 64 characters.
    pub provider: String,
    /// At most 4096 characters.
    pub api_key: String,
}

impl SecretUpdate {
    /// Characters, as in the Python edition; ids are far shorter.
    pub const MAX_PROVIDER: usize = 64;
    /// Characters, as in the Python edition; the longest real keys are signed tokens of about 2000.
    pub const MAX_KEY: usize = 4096;
}

impl std::fmt::Debug for SecretUpdate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretUpdate").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// Answer of `PUT /secrets` and `DELETE /secrets/{provider}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretChanged {
    pub ok: bool,
    pub message: String,
}
