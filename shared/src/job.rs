//! A job: one event on its way to a delivered result.

mod answer;

pub use answer::{
    HostState, JobCancelled, JobDetail, JobList, JobRetried, JobsQuery, LogTail, Pagination, Trace,
    TraceAnswer, TraceEvent,
};

use serde::{Deserialize, Serialize};

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

    /// One of which nothing else is known.
    pub fn new(id: String, state: JobState, source: JobSource, create_time: i64) -> Self {
        Self {
            id,
            state,
            status: state.status(),
            source,
            tenant_id: String::new(),
            template_id: None,
            title: None,
            workflow_id: None,
            trace_id: String::new(),
            retry_of: None,
            cancel_requested: false,
            priority: None,
            queue_position: None,
            progress: None,
            outputs: Vec::new(),
            outputs_count: 0,
            error: None,
            node_errors: Vec::new(),
            cached: false,
            delivery: None,
            create_time,
            submit_time: None,
            execution_start_time: None,
            execution_end_time: None,
        }
    }
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
