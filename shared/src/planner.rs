//! Planning: words in, a prompt and its parameters out.

use serde::{Deserialize, Serialize};

use crate::params::GenerationParams;
use crate::problem::Problem;
use crate::profile::Profile;

/// Body of `POST /assist/planner` and `POST /assist/planner/stream`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannerRequest {
    /// A profile id; empty means the default profile.
    pub profile: String,
    /// What the picture should show, in any language. At most 8000 characters.
    pub requirements: String,
    /// How it should look. At most 2000 characters.
    pub style_directives: String,
    /// What must not appear, and fixed facts such as a size or an aspect ratio. At most 2000 characters.
    pub constraints: String,
    /// Goes into the parameters; the built-in planner also varies its wording with it.
    pub seed: u64,
}

/// Why a planner request is refused before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannerRequestError {
    UnknownProfile(String),
    NothingToPlan,
    TooLong { field: &'static str, limit: usize },
}

impl std::fmt::Display for PlannerRequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownProfile(id) => write!(f, "Unknown profile: {id}"),
            Self::NothingToPlan => {
                write!(
                    f,
                    "requirements and style_directives are both empty: say what the picture should show"
                )
            }
            Self::TooLong { field, limit } => write!(f, "{field} exceeds {limit} chars"),
        }
    }
}

impl std::error::Error for PlannerRequestError {}

impl PlannerRequest {
    /// Characters; as in the Python edition, roughly 2000 tokens.
    pub const MAX_REQUIREMENTS: usize = 8000;
    /// Characters; as in the Python edition.
    pub const MAX_STYLE: usize = 2000;
    /// Characters; a list of exclusions is no longer than a style.
    pub const MAX_CONSTRAINTS: usize = 2000;

    /// Checks lengths and resolves the profile.
    pub fn validate(&self) -> Result<&'static Profile, PlannerRequestError> {
        for (field, text, limit) in [
            ("requirements", &self.requirements, Self::MAX_REQUIREMENTS),
            ("style_directives", &self.style_directives, Self::MAX_STYLE),
            ("constraints", &self.constraints, Self::MAX_CONSTRAINTS),
        ] {
            if text.chars().count() > limit {
                return Err(PlannerRequestError::TooLong { field, limit });
            }
        }
        let id = if self.profile.is_empty() { Profile::DEFAULT_ID } else { &self.profile };
        // A hostile id is echoed in an error, so only as much of it as an id can be long.
        let profile = Profile::find(id)
            .ok_or_else(|| PlannerRequestError::UnknownProfile(id.chars().take(64).collect()))?;
        if self.requirements.trim().is_empty() && self.style_directives.trim().is_empty() {
            return Err(PlannerRequestError::NothingToPlan);
        }
        Ok(profile)
    }
}

/// Answer of `POST /assist/planner`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannerResult {
    pub positive: String,
    /// Empty for families that ignore it.
    pub negative: String,
    pub params: GenerationParams,
}

/// The parts of a plan that stream in one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PlanField {
    Positive,
    Negative,
    Params,
}

/// Where a streamed plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Phase {
    /// The request is on its way to the planner or the provider.
    Dispatch,
    /// The first words arrived.
    Receive,
    /// The answer is being checked and clamped.
    Finalize,
}

/// One server-sent event of `POST /assist/planner/stream`. The SSE `event` field is the variant's
/// name in lower case, `data` its members as JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum PlannerEvent {
    Ready(Ready),
    Stage(Stage),
    Delta(Delta),
    /// Sent after a second of silence, so that a dead connection is noticed.
    Keepalive(Keepalive),
    Final(Box<Final>),
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
    pub field: PlanField,
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
pub struct Final {
    pub ok: bool,
    pub kind: String,
    pub result: PlannerResult,
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

impl PlannerEvent {
    /// The value of every event's `kind`.
    pub const KIND: &str = "planner";

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
            "error" => serde_json::from_str(data).map(Self::Error),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::ErrorCode;

    fn request(profile: &str, requirements: &str) -> PlannerRequest {
        PlannerRequest {
            profile: profile.into(),
            requirements: requirements.into(),
            ..PlannerRequest::default()
        }
    }

    #[test]
    fn requests_are_checked_in_characters_not_bytes() {
        let exact = "猫".repeat(PlannerRequest::MAX_REQUIREMENTS);
        assert!(request("", &exact).validate().is_ok());
        assert_eq!(
            request("", &(exact + "猫")).validate(),
            Err(PlannerRequestError::TooLong { field: "requirements", limit: 8000 })
        );
    }

    #[test]
    fn an_unknown_profile_and_an_empty_request_are_named() {
        assert_eq!(request("nope", "a cat").validate().unwrap_err().to_string(), "Unknown profile: nope");
        assert_eq!(request("", " \n").validate(), Err(PlannerRequestError::NothingToPlan));
    }

    #[test]
    fn events_survive_the_wire() {
        let problem = Problem {
            ok: false,
            error: ErrorCode::ProviderTimeout,
            message: "m".into(),
            kind: "about:blank".into(),
            title: "t".into(),
            status: 504,
            request_id: "r".into(),
            errors: vec![],
            retry_after_sec: None,
        };
        let event = PlannerEvent::Error(Box::new(StreamProblem { kind: PlannerEvent::KIND.into(), problem }));
        assert_eq!(PlannerEvent::parse(event.name(), &event.data().unwrap()).unwrap().unwrap(), event);
        assert!(PlannerEvent::parse("from_the_future", "{}").is_none());
    }
}
