//! A job: one event on its way to a delivered result.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a job stands. The states of one job only go down this list, apart from [`JobState::Submitting`], which goes
/// back to [`JobState::Queued`] when ComfyUI turns out never to have heard of the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum JobState {
    /// Accepted and stored here; ComfyUI has not been told.
    Queued,
    /// On its way to ComfyUI: whether it arrived is not known yet.
    Submitting,
    /// In ComfyUI's queue.
    Submitted,
    /// ComfyUI is working on it.
    Running,
    /// ComfyUI finished it.
    Succeeded,
    /// ComfyUI refused it, or a node failed.
    Failed,
    /// Taken back before it began.
    Cancelled,
    /// Stopped while it ran.
    Interrupted,
    /// ComfyUI forgot it: it was restarted, or its history was cleared while nobody listened.
    Lost,
    /// A state of a newer server.
    #[serde(other)]
    Unknown,
}

impl JobState {
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Submitting,
        Self::Submitted,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Interrupted,
        Self::Lost,
    ];

    /// As on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Submitting => "submitting",
            Self::Submitted => "submitted",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Nothing will change any more.
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Interrupted | Self::Lost | Self::Unknown
        )
    }

    /// The coarser word that ComfyUI's `/api/jobs` and the Python edition use.
    pub const fn status(self) -> JobStatus {
        match self {
            Self::Queued | Self::Submitting | Self::Submitted => JobStatus::Pending,
            Self::Running => JobStatus::InProgress,
            Self::Succeeded => JobStatus::Completed,
            Self::Failed | Self::Lost | Self::Unknown => JobStatus::Failed,
            Self::Cancelled | Self::Interrupted => JobStatus::Cancelled,
        }
    }
}

/// ComfyUI's five words for where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum JobStatus {
    Pending,
    InProgress,
    Completed,
    Failed,
    Cancelled,
    #[serde(other)]
    Unknown,
}

impl JobStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}

/// Which way in a job took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum JobSource {
    Webhook,
    Trigger,
    Sidebar,
    Schedule,
    Chat,
    Bridge,
    /// Queued in ComfyUI itself, not through this server.
    Host,
    /// A source of a newer server.
    #[serde(other)]
    Unknown,
}

impl JobSource {
    pub const ALL: [Self; 7] =
        [Self::Webhook, Self::Trigger, Self::Sidebar, Self::Schedule, Self::Chat, Self::Bridge, Self::Host];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Trigger => "trigger",
            Self::Sidebar => "sidebar",
            Self::Schedule => "schedule",
            Self::Chat => "chat",
            Self::Bridge => "bridge",
            Self::Host => "host",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

/// One job as lists and events show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    /// Also ComfyUI's `prompt_id`.
    pub id: String,
    pub state: JobState,
    /// `state` in ComfyUI's words.
    pub status: JobStatus,
    pub source: JobSource,
    pub tenant_id: String,
    /// The template it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// What people may call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The workflow it belongs to, where ComfyUI's page told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<String>,
    pub trace_id: String,
    /// The job that this one tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<String>,
    /// Somebody asked for it to stop, and it has not ended yet.
    #[serde(default)]
    pub cancel_requested: bool,
    /// ComfyUI's number for its place in the queue; lower runs first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// How many jobs run before it; 0 is the next one. Only while it waits in ComfyUI's queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<u32>,
    /// Only while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<JobProgress>,
    /// The first outputs; `outputs_count` says how many there are.
    #[serde(default)]
    pub outputs: Vec<Output>,
    pub outputs_count: u32,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<JobError>,
    /// Branches that ComfyUI left out because they are not valid, while the rest ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_errors: Vec<JobError>,
    /// Every node's result came from ComfyUI's cache.
    #[serde(default)]
    pub cached: bool,
    /// How the result is being delivered, for a job with a callback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryState>,
    /// Milliseconds since 1970, like every `_time`.
    pub create_time: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submit_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_start_time: Option<i64>,
    /// When it ended, however it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_end_time: Option<i64>,
}

impl Job {
    /// Outputs in a list or an event; more than a card shows.
    pub const MAX_OUTPUTS_IN_LIST: usize = 8;
    /// Outputs kept at all; a batch of frames beyond that is found in ComfyUI's own history.
    pub const MAX_OUTPUTS: usize = 512;
}

/// How far a running job is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobProgress {
    pub prompt_id: String,
    /// The node that works now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// Its title in the workflow, or its class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_title: Option<String>,
    /// Steps of this node that are done, of `max`.
    pub value: f64,
    pub max: f64,
    pub nodes_done: u32,
    pub nodes_total: u32,
    /// The whole job, 0 to 100.
    pub percent: f64,
}

/// A latent preview of a running job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobPreview {
    pub prompt_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// `image/jpeg` or `image/png`.
    pub media_type: String,
    pub base64: String,
}

/// One thing that a job made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Output {
    pub node_id: String,
    pub kind: OutputKind,
    /// The file's name, without folders.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filename: String,
    /// Path below ComfyUI's address: `/view?filename=…&subfolder=…&type=…`, every part escaped. Only for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// Only for `text`, shortened to [`Output::MAX_TEXT`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Output {
    /// Bytes of a text output; longer ones are read in ComfyUI.
    pub const MAX_TEXT: usize = 4096;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OutputKind {
    Image,
    Video,
    Audio,
    Text,
    Model3d,
    /// Anything else: shown as a link.
    #[serde(other)]
    File,
}

/// Why a job, or one node of it, did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobError {
    pub kind: JobErrorKind,
    /// One or two sentences for people.
    pub message: String,
    /// The node to locate in the workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// The node's class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_type: Option<String>,
    /// The exception's class, or ComfyUI's name of the validation error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum JobErrorKind {
    /// ComfyUI refused the workflow.
    Rejected,
    /// A node failed while it ran.
    Execution,
    /// Stopped by somebody.
    Stopped,
    /// ComfyUI does not know the job any more.
    Lost,
    #[serde(other)]
    Unknown,
}

/// Where the result of a job with a callback is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeliveryState {
    /// Will be sent when the job ends.
    Waiting,
    /// Being sent, or waiting for the next try.
    Pending,
    Delivered,
    /// Given up; it can be sent again by hand.
    Dead,
    #[serde(other)]
    Unknown,
}

impl DeliveryState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Self {
        [Self::Waiting, Self::Pending, Self::Delivered, Self::Dead]
            .into_iter()
            .find(|state| state.as_str() == text)
            .unwrap_or(Self::Unknown)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_wire_are_the_names_in_the_database() {
        for state in JobState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(JobState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state.status()).unwrap(), state.status().as_str());
        }
        for source in JobSource::ALL {
            assert_eq!(serde_json::to_value(source).unwrap(), source.as_str());
            assert_eq!(JobSource::parse(source.as_str()), Some(source));
        }
    }

    #[test]
    fn words_of_a_newer_server_are_read_and_count_as_ended() {
        let state: JobState = serde_json::from_str("\"parked\"").unwrap();
        assert!(state == JobState::Unknown && state.is_end());
        assert_eq!(serde_json::from_str::<OutputKind>("\"hologram\"").unwrap(), OutputKind::File);
    }
}
