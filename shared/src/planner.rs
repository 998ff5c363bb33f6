//! Planning: words in, a prompt and its parameters out.

use serde::{Deserialize, Serialize};

use crate::assist::{AssistEvent, AssistResult, Field};
use crate::params::GenerationParams;
use crate::profile::Profile;

/// Body of `POST /assist/planner` and `POST /assist/planner/stream`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"requirements": "a fox in the snow"})))]
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

impl AssistResult for PlannerResult {
    const KIND: &str = "planner";

    fn parts(&self) -> Vec<(Field, String)> {
        let params = serde_json::to_string(&self.params).unwrap_or_default();
        vec![
            (Field::Positive, self.positive.clone()),
            (Field::Negative, self.negative.clone()),
            (Field::Params, params),
        ]
    }
}

/// One event of `POST /assist/planner/stream`.
pub type PlannerEvent = AssistEvent<PlannerResult>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assist::StreamProblem;
    use crate::problem::{ErrorCode, Problem};

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
