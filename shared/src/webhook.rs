//! What webhook senders and triggers say and are told.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::job::{DeliveryState, JobError};

/// An event that asks for a template to be run. Senders may wrap it in `payload` or `data`, and write
/// `templateId`, `profileId`, `jobId` and `traceId`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({
    "version": 1, "template_id": "blank_image", "profile_id": "example", "inputs": {"width": 64}, "job_id": "order:17"
})))]
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
    /// Sent along; only names that begin with `x-`, `authorization` and `accept`. A `content-type` is not needed and
    /// changes nothing: results are JSON.
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
    /// By a mapping profile.
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
#[cfg_attr(feature = "openapi", schema(example = json!({"template_id": "blank_image", "inputs": {"color": 255}})))]
pub struct TriggerRequest {
    #[serde(alias = "templateId")]
    pub template_id: String,
    pub inputs: Map<String, Value>,
    /// The same trace id is run once.
    #[serde(alias = "traceId")]
    pub trace_id: Option<String>,
    pub callback: Option<Callback>,
    /// Whether somebody has to approve it first.
    #[serde(alias = "requireApproval")]
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// What a dry run would put in, with defaults and a random seed; secrets are hidden.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub inputs: Map<String, Value>,
}

/// What a callback is sent: a result by reference, signed with Standard Webhooks. The names are the Python edition's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobResult {
    /// `job.succeeded`, `job.failed`, `job.cancelled`, `job.interrupted` or `job.lost`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When the job ended: milliseconds since 1970.
    pub timestamp: i64,
    pub prompt_id: String,
    pub trace_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// `completed`, `error` or `cancelled`.
    pub status: String,
    pub outputs: Vec<ResultOutput>,
    /// How many there are; more than `outputs` when they do not fit.
    pub outputs_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<JobError>,
    /// As the callback gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// One thing that a job made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResultOutput {
    pub node_id: String,
    pub filename: String,
    pub subfolder: String,
    /// `output` or `temp`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `image`, `video`, `audio`, `text`, `3d` or `file`.
    pub media_type: String,
    /// Below ComfyUI's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view_url: Option<String>,
    /// Only for a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(default)]
    pub text_truncated: bool,
}

/// One result on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// The `webhook-id` that the receiver sees; the same at every try.
    pub id: String,
    pub prompt_id: String,
    /// Scheme, host and port; the rest of a URL can be a secret.
    pub target: String,
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: u32,
    /// When it is tried next: milliseconds since 1970. Only while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// Why the last try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Answer of `GET /deliveries`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryList {
    pub ok: bool,
    pub deliveries: Vec<Delivery>,
}

/// Answer of `POST /deliveries/{id}/replay`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryReplayed {
    pub ok: bool,
    pub delivery: Delivery,
}
