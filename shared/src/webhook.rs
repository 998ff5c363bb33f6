//! What webhook senders and triggers say and are told.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An event that asks for a template to be run. Senders may wrap it in `payload` or `data`, and write
/// `templateId`, `profileId`, `jobId` and `traceId`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookRequest {
    /// 1.
    pub version: u32,
    pub template_id: String,
    /// Asked for as in the Python edition; nothing depends on it.
    pub profile_id: String,
    #[serde(default)]
    pub inputs: Map<String, Value>,
    /// The sender's id of the event: the same id is run once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Callback>,
}

impl WebhookRequest {
    pub const VERSION: u32 = 1;
    /// Bytes of a body; as in the Python edition.
    pub const MAX_BODY: usize = 65_536;
    /// Every top-level name.
    pub const FIELDS: [&str; 7] =
        ["version", "template_id", "profile_id", "inputs", "job_id", "trace_id", "callback"];
}

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Callback {
    /// Its host must be on the operator's list.
    pub url: String,
    /// POST (default), PUT or PATCH.
    #[serde(default = "post")]
    pub method: String,
    /// Sent along; only names that begin with `x-`, and `authorization`.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub headers: std::collections::BTreeMap<String, String>,
    /// Kept and given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

fn post() -> String {
    "POST".into()
}

/// Answer of `POST /webhook`: understood, and nothing was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookNormalized {
    pub ok: bool,
    pub accepted: bool,
    pub trace_id: String,
    pub normalized: WebhookRequest,
}

/// Answer of `POST /webhook/submit`: the job is stored, and will be run once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookSubmitted {
    pub ok: bool,
    /// The same event came before; this is its job.
    pub deduped: bool,
    /// The job's id, here and in ComfyUI.
    pub prompt_id: String,
    pub trace_id: String,
    /// Always false: mapping profiles are not part of this version.
    pub mapped: bool,
    /// ComfyUI's number; known once the job was handed on.
    pub number: Option<i64>,
    /// A result will be sent.
    pub callback_scheduled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Answer of `POST /webhook/validate`: what would run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookValidated {
    pub ok: bool,
    pub mapped: bool,
    pub trace_id: String,
    pub template_id: String,
    /// Secrets are hidden.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub normalized: Value,
    pub render: RenderPreview,
    pub warnings: Vec<String>,
}

/// A rendered workflow, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenderPreview {
    pub workflow_bytes: usize,
    pub node_count_estimate: usize,
    /// Always empty: a placeholder without a value is an error.
    pub unresolved_placeholders: Vec<String>,
    /// The workflow with secrets hidden; absent when it is larger than [`RenderPreview::MAX_BYTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub workflow: Option<Value>,
}

impl RenderPreview {
    pub const MAX_BYTES: usize = 64 << 10;
}

/// Body of `POST /triggers/fire`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TriggerRequest {
    pub template_id: String,
    pub inputs: Map<String, Value>,
    /// The same trace id is run once.
    pub trace_id: Option<String>,
    pub callback: Option<Callback>,
    /// Whether somebody has to approve it first.
    pub require_approval: Option<bool>,
}

/// Answer of `POST /triggers/fire`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TriggerFired {
    pub ok: bool,
    pub triggered: bool,
    pub prompt_id: String,
    pub trace_id: String,
    pub deduped: bool,
}

/// Answer of `POST /templates/{id}/run`; a dry run has no job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateRun {
    pub ok: bool,
    pub dry_run: bool,
    pub deduped: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<String>,
    pub trace_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub render: Option<RenderPreview>,
}
