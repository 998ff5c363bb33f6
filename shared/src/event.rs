//! What happens to jobs, as it happens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::job::{HostState, Job, JobPreview, JobProgress};

/// One entry of the log of everything that happened; its sequence number is the event id of the stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobEvent {
    /// Grows by every event and is never used twice, over restarts too.
    pub seq: u64,
    pub event_type: EventType,
    pub prompt_id: String,
    pub trace_id: String,
    /// Seconds since 1970.
    pub timestamp: f64,
    /// Particulars, by `event_type`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub data: Value,
    /// The job as it is now, which can be further on than this event. Absent once the job was cleared away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
}

macro_rules! event_types {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum EventType {
            $($(#[doc = $doc])* $variant,)+
            /// A type of a newer server.
            #[serde(other)]
            Unknown,
        }

        impl EventType {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Unknown => "unknown",
                }
            }
        }
    };
}

event_types! {
    /// Accepted and stored.
    Queued "queued",
    /// ComfyUI had not heard of it: it is handed over again.
    Requeued "requeued",
    /// In ComfyUI's queue.
    Submitted "submitted",
    Running "running",
    Completed "completed",
    Failed "failed",
    /// Somebody asked for it to stop.
    CancelRequested "cancel_requested",
    Cancelled "cancelled",
    Interrupted "interrupted",
    Lost "lost",
    /// Another job tries the same again; `data.job_id` names it.
    Retried "retried",
    CallbackSent "callback_sent",
    CallbackFailed "callback_failed",
    /// A result that was given up is sent again by hand.
    CallbackReplayed "callback_replayed",
}

impl EventType {
    pub fn parse(text: &str) -> Self {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).unwrap_or(Self::Unknown)
    }
}

/// Query of `GET /events` and of `GET /events/stream`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
pub struct EventsQuery {
    /// Events after this sequence number; `Last-Event-ID` wins in a stream. Without either, a stream starts now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// 1 to 200; 50 when absent. Not for streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only this job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<String>,
    /// Whether a stream carries latent previews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previews: Option<bool>,
}

impl EventsQuery {
    pub const DEFAULT_LIMIT: u32 = 50;
    pub const MAX_LIMIT: u32 = 200;
}

/// Answer of `GET /events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventList {
    pub ok: bool,
    /// Oldest first.
    pub events: Vec<JobEvent>,
    pub latest_seq: u64,
    pub pagination: EventPagination,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventPagination {
    pub limit: u32,
    pub since_requested: u64,
    pub since_effective: u64,
    /// `ok`, `future_cursor_reset` or `stale_cursor_reset`.
    pub cursor_status: String,
    pub earliest_retained_seq: u64,
    pub next_since_seq: u64,
    pub has_more: bool,
}

/// One message of `GET /events/stream`. Only [`StreamEvent::Job`] has an id; the rest is gone once missed.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamEvent {
    /// First of all, and again when the cursor was reset: what the client has may be out of date.
    Ready(StreamReady),
    /// Named by its `event_type`.
    Job(Box<JobEvent>),
    /// `progress`
    Progress(JobProgress),
    /// `preview`
    Preview(JobPreview),
    /// `positions`
    Positions(QueuePositions),
    /// `host`
    Host(HostState),
}

/// `positions`: how many prompts run before each of those that wait in ComfyUI. Whoever is not named waits no more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueuePositions {
    pub positions: BTreeMap<String, u32>,
}

/// `ready`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamReady {
    pub latest_seq: u64,
    /// As in [`EventPagination`]: anything but `ok` means that events are missing and `GET /jobs` has to be asked.
    pub cursor_status: String,
    pub host: HostState,
}

impl StreamEvent {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ready(_) => "ready",
            Self::Job(event) => event.event_type.as_str(),
            Self::Progress(_) => "progress",
            Self::Preview(_) => "preview",
            Self::Positions(_) => "positions",
            Self::Host(_) => "host",
        }
    }

    pub fn data(&self) -> serde_json::Result<String> {
        match self {
            Self::Ready(ready) => serde_json::to_string(ready),
            Self::Job(event) => serde_json::to_string(event),
            Self::Progress(progress) => serde_json::to_string(progress),
            Self::Preview(preview) => serde_json::to_string(preview),
            Self::Positions(positions) => serde_json::to_string(positions),
            Self::Host(host) => serde_json::to_string(host),
        }
    }

    /// Reads one message; `None` for a type that this build does not know.
    pub fn parse(name: &str, data: &str) -> serde_json::Result<Option<Self>> {
        Ok(Some(match name {
            "ready" => Self::Ready(serde_json::from_str(data)?),
            "progress" => Self::Progress(serde_json::from_str(data)?),
            "preview" => Self::Preview(serde_json::from_str(data)?),
            "positions" => Self::Positions(serde_json::from_str(data)?),
            "host" => Self::Host(serde_json::from_str(data)?),
            name if EventType::parse(name) != EventType::Unknown => Self::Job(serde_json::from_str(data)?),
            _ => return Ok(None),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_name_on_the_wire() {
        for kind in EventType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(EventType::parse(kind.as_str()), *kind);
        }
    }

    #[test]
    fn a_message_survives_the_stream_and_an_unknown_one_is_skipped() {
        let event = StreamEvent::Host(HostState { connected: true, queue_remaining: 2, problem: None });
        assert_eq!(StreamEvent::parse(event.name(), &event.data().unwrap()).unwrap(), Some(event));
        assert_eq!(StreamEvent::parse("from_the_future", "{}").unwrap(), None);
    }
}
