//! What is asked of jobs over HTTP, and what is answered.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Job;
use crate::webhook::Delivery;

/// Query of `GET /jobs`. Lists are separated by commas.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
pub struct JobsQuery {
    /// ComfyUI's words: pending, in_progress, completed, failed, cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Our states: queued, submitting, submitted, running, succeeded, failed, cancelled, interrupted, lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// webhook, trigger, sidebar, schedule, chat, bridge, host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<String>,
    /// `created_at` (default) or `execution_duration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<String>,
    /// `desc` (default) or `asc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_order: Option<String>,
    /// 1 to 200; 50 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// 0 to 10000; `cursor` goes further and is faster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// `pagination.next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl JobsQuery {
    pub const DEFAULT_LIMIT: u32 = 50;
    pub const MAX_LIMIT: u32 = 200;
    pub const MAX_OFFSET: u32 = 10_000;
}

/// Answer of `GET /jobs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobList {
    pub ok: bool,
    pub contract_version: u32,
    pub jobs: Vec<Job>,
    pub pagination: Pagination,
    pub host: HostState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pagination {
    pub limit: u32,
    pub offset: u32,
    /// Counted up to [`Pagination::MAX_TOTAL`]; then `total_is_more` is true.
    pub total: u32,
    pub total_is_more: bool,
    pub has_more: bool,
    /// For the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl Pagination {
    /// Counting further would take longer than listing.
    pub const MAX_TOTAL: u32 = 10_000;
}

/// What is known of ComfyUI.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostState {
    /// Our web socket is open.
    pub connected: bool,
    /// Prompts in ComfyUI's queue, the running one included.
    pub queue_remaining: u32,
    /// Why there is no connection, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Answer of `GET /jobs/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobDetail {
    pub ok: bool,
    /// With every output, not only the first.
    pub job: Job,
    pub trace: Trace,
    /// Where its result went, newest first.
    #[serde(default)]
    pub deliveries: Vec<Delivery>,
}

/// Answer of `POST /jobs/{id}/cancel`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobCancelled {
    pub ok: bool,
    /// Whether it was still possible: false for a job that had ended.
    pub cancelled: bool,
    /// As it is now; a job that ComfyUI has ends a moment later, with an event.
    pub job: Job,
}

/// Answer of `POST /jobs/{id}/retry`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobRetried {
    pub ok: bool,
    /// The new job; its `retry_of` names the old one.
    pub job: Job,
}

/// Answer of `GET /trace/{prompt_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TraceAnswer {
    pub ok: bool,
    pub trace: Trace,
}

/// What happened to one job, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trace {
    pub prompt_id: String,
    pub trace_id: String,
    /// W3C trace context of the job, for the next system.
    pub traceparent: String,
    /// Seconds since 1970.
    pub created_at: f64,
    pub events: Vec<TraceEvent>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TraceEvent {
    /// Seconds since 1970.
    pub ts: f64,
    pub event: String,
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub meta: Value,
}

/// Answer of `GET /logs/tail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogTail {
    pub ok: bool,
    /// Oldest first, redacted.
    pub content: Vec<String>,
    pub filtered: bool,
}
