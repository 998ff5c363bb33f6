//! Refining: a picture, its prompts and what is wrong with it in; better prompts and a few changed parameters out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::assist::{AssistEvent, AssistResult, Field};
use crate::planner::PlannerRequestError;
use crate::profile::Profile;

/// What is wrong with a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Issue {
    HandsBad,
    FaceBad,
    AnatomyOff,
    LightingOff,
    CompositionOff,
    StyleDrift,
    TextArtifacts,
    LowDetail,
    Other,
}

impl Issue {
    /// Every one, in the order menus show them.
    pub const ALL: &[Self] = &[
        Self::HandsBad,
        Self::FaceBad,
        Self::AnatomyOff,
        Self::LightingOff,
        Self::CompositionOff,
        Self::StyleDrift,
        Self::TextArtifacts,
        Self::LowDetail,
        Self::Other,
    ];

    /// The name on the wire and in saved workflows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HandsBad => "hands_bad",
            Self::FaceBad => "face_bad",
            Self::AnatomyOff => "anatomy_off",
            Self::LightingOff => "lighting_off",
            Self::CompositionOff => "composition_off",
            Self::StyleDrift => "style_drift",
            Self::TextArtifacts => "text_artifacts",
            Self::LowDetail => "low_detail",
            Self::Other => "other",
        }
    }

    /// The issue with this name; free text, which the Python edition's clients send, is `other`.
    pub fn of(text: &str) -> Self {
        Self::ALL.iter().copied().find(|issue| issue.as_str() == text.trim()).unwrap_or(Self::Other)
    }
}

/// Body of `POST /assist/refiner` and `POST /assist/refiner/stream`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({
    "image_b64": crate::caption::EXAMPLE, "orig_positive": "a fox", "issue": "hands"
})))]
pub struct RefinerRequest {
    /// PNG, JPEG or WebP as base64, bare or as a data URL.
    pub image_b64: String,
    pub orig_positive: String,
    pub orig_negative: String,
    /// The name of an [`Issue`], several separated by commas, or free text.
    pub issue: String,
    /// The parameters the picture was made with, as a JSON object.
    pub params_json: String,
    pub goal: String,
    /// A profile id; empty means the default profile.
    pub profile: String,
    /// Longest side sent to a model, pixels.
    pub max_image_side: u32,
}

impl Default for RefinerRequest {
    fn default() -> Self {
        Self {
            image_b64: String::new(),
            orig_positive: String::new(),
            orig_negative: String::new(),
            issue: "Fix issues".into(),
            params_json: "{}".into(),
            goal: "Fix issues".into(),
            profile: String::new(),
            max_image_side: DEFAULT_IMAGE_SIDE,
        }
    }
}

impl RefinerRequest {
    /// Characters of each prompt, the goal and the parameters; as in the Python edition.
    pub const MAX_PROMPT: usize = 8000;

    /// Checks lengths and resolves the profile.
    pub fn validate(&self) -> Result<&'static Profile, PlannerRequestError> {
        for (field, text) in [
            ("orig_positive", &self.orig_positive),
            ("orig_negative", &self.orig_negative),
            ("issue", &self.issue),
            ("goal", &self.goal),
            ("params_json", &self.params_json),
        ] {
            if text.chars().count() > Self::MAX_PROMPT {
                return Err(PlannerRequestError::TooLong { field, limit: Self::MAX_PROMPT });
            }
        }
        let id = if self.profile.is_empty() { Profile::DEFAULT_ID } else { &self.profile };
        Profile::find(id).ok_or_else(|| PlannerRequestError::UnknownProfile(id.chars().take(64).collect()))
    }
}

/// Pixels; what vision models look at anyway.
pub const DEFAULT_IMAGE_SIDE: u32 = 1024;
/// Pixels; below it faces and hands cannot be judged.
pub const MIN_IMAGE_SIDE: u32 = 256;
/// Pixels; above it providers scale down themselves.
pub const MAX_IMAGE_SIDE: u32 = 1536;

/// Answer of `POST /assist/refiner`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefinerResult {
    pub refined_positive: String,
    pub refined_negative: String,
    /// Only the parameters that should change, each within its limits.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub param_patch: Map<String, Value>,
    /// Why, in one to three sentences.
    pub rationale: String,
}

/// One event of `POST /assist/refiner/stream`.
pub type RefinerEvent = AssistEvent<RefinerResult>;

impl AssistResult for RefinerResult {
    const KIND: &str = "refiner";

    fn parts(&self) -> Vec<(Field, String)> {
        let patch = serde_json::to_string(&self.param_patch).unwrap_or_default();
        vec![
            (Field::Positive, self.refined_positive.clone()),
            (Field::Negative, self.refined_negative.clone()),
            (Field::Params, patch),
            (Field::Rationale, self.rationale.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_are_named_as_in_saved_workflows_and_free_text_is_other() {
        for issue in Issue::ALL {
            assert_eq!(serde_json::to_value(issue).unwrap(), Value::from(issue.as_str()));
            assert_eq!(Issue::of(issue.as_str()), *issue);
        }
        assert_eq!(Issue::of("make it pop"), Issue::Other);
    }
}
