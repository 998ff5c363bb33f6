//! The events that every kind of assistance streams while it writes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// The result of one kind of assistance.
pub trait AssistResult: Serialize + DeserializeOwned {
    /// The value of every event's `kind`.
    const KIND: &str;

    /// The parts that stream, in order, as text.
    fn parts(&self) -> Vec<(Field, String)>;
}

/// The parts of a result that stream in one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Field {
    /// The prompt, planned or refined.
    Positive,
    /// The negative prompt, planned or refined.
    Negative,
    /// Parameters, or the ones to change, as JSON text.
    Params,
    /// Why a refinement is as it is.
    Rationale,
    Caption,
    Tags,
    /// A prompt that would make a picture like the one shown.
    Suggestion,
}

/// Where a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Phase {
    /// The request is on its way to the rules or the provider.
    Dispatch,
    /// The first words arrived.
    Receive,
    /// The answer is being checked and clamped.
    Finalize,
}

/// One server-sent event. The SSE `event` field is the variant's name in lower case, `data` its members as JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum AssistEvent<R> {
    Ready(Ready),
    Stage(Stage),
    Delta(Delta),
    /// Sent after a second of silence, so that a dead connection is noticed.
    Keepalive(Keepalive),
    Final(Box<Final<R>>),
    Error(Box<StreamProblem>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    pub ok: bool,
    pub kind: String,
    pub mode: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub phase: Phase,
    pub message: String,
}

/// A piece of text of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    pub field: Field,
    /// At most [`Delta::MAX_CHARS`] characters.
    pub text: String,
    /// Characters streamed so far, all fields together.
    pub preview_chars: usize,
}

impl Delta {
    /// As in the Python edition, whose clients size their buffers by it.
    pub const MAX_CHARS: usize = 256;
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keepalive {
    pub ok: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Final<R> {
    pub ok: bool,
    pub kind: String,
    pub result: R,
    pub streaming: Streaming,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streaming {
    pub preview_chars: usize,
    /// Always false: the preview is as long as the answer may be.
    pub preview_truncated: bool,
}

/// A problem that ended a stream: the event's `kind` beside the members of a [`Problem`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamProblem {
    pub kind: String,
    #[serde(flatten)]
    pub problem: Problem,
}

impl<R: AssistResult> AssistEvent<R> {
    /// The value of every event's `kind`.
    pub const KIND: &str = R::KIND;

    pub fn name(&self) -> &'static str {
        match self {
            Self::Ready(_) => "ready",
            Self::Stage(_) => "stage",
            Self::Delta(_) => "delta",
            Self::Keepalive(_) => "keepalive",
            Self::Final(_) => "final",
            Self::Error(_) => "error",
        }
    }

    /// The JSON of the SSE `data` field.
    pub fn data(&self) -> serde_json::Result<String> {
        match self {
            Self::Ready(event) => serde_json::to_string(event),
            Self::Stage(event) => serde_json::to_string(event),
            Self::Delta(event) => serde_json::to_string(event),
            Self::Keepalive(event) => serde_json::to_string(event),
            Self::Final(event) => serde_json::to_string(event),
            Self::Error(event) => serde_json::to_string(event),
        }
    }

    /// Reads an event back; `None` for an event name of a newer server.
    pub fn parse(name: &str, data: &str) -> Option<serde_json::Result<Self>> {
        Some(match name {
            "ready" => serde_json::from_str(data).map(Self::Ready),
            "stage" => serde_json::from_str(data).map(Self::Stage),
            "delta" => serde_json::from_str(data).map(Self::Delta),
            "keepalive" => serde_json::from_str(data).map(Self::Keepalive),
            "final" => serde_json::from_str(data).map(Self::Final),
            // Read without its `kind`, which is known: a flattened member costs the panel kilobytes.
            "error" => serde_json::from_str(data)
                .map(|problem| Self::Error(Box::new(StreamProblem { kind: Self::KIND.into(), problem }))),
            _ => return None,
        })
    }
}
