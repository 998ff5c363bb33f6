//! Image to prompt: a picture in, words that would make one like it out.

use serde::{Deserialize, Serialize};

use crate::assist::{AssistResult, Field};
use crate::refiner::DEFAULT_IMAGE_SIDE;

/// How much is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DetailLevel {
    Low,
    #[default]
    Medium,
    High,
}

impl DetailLevel {
    /// Every one, in the order menus show them.
    pub const ALL: &[Self] = &[Self::Low, Self::Medium, Self::High];

    /// The name on the wire and in saved workflows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A picture of one colour, for the OpenAPI document.
#[cfg(feature = "openapi")]
pub(crate) const EXAMPLE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mNQSFiAFTEMLQkAAmxIAc8z8pwAAAAASUVORK5CYII=";

/// Body of `POST /assist/image-to-prompt` and its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"image_b64": EXAMPLE})))]
pub struct ImageToPromptRequest {
    /// PNG, JPEG or WebP as base64, bare or as a data URL.
    pub image_b64: String,
    pub goal: String,
    pub detail_level: DetailLevel,
    /// Longest side sent to a model, pixels: 256 to 1536.
    pub max_image_side: u32,
}

impl Default for ImageToPromptRequest {
    fn default() -> Self {
        Self {
            image_b64: String::new(),
            goal: "Describe this image for regeneration".into(),
            detail_level: DetailLevel::Medium,
            max_image_side: DEFAULT_IMAGE_SIDE,
        }
    }
}

/// Answer of `POST /assist/image-to-prompt`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageToPromptResult {
    pub caption: String,
    /// Separated by `, `.
    pub tags: String,
    pub prompt_suggestion: String,
}

impl AssistResult for ImageToPromptResult {
    const KIND: &str = "image_to_prompt";

    fn parts(&self) -> Vec<(Field, String)> {
        vec![
            (Field::Caption, self.caption.clone()),
            (Field::Tags, self.tags.clone()),
            (Field::Suggestion, self.prompt_suggestion.clone()),
        ]
    }
}
