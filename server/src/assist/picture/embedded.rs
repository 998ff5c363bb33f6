//! The prompt a picture was made with, as image generators write it into their files.

use serde_json::{Map, Value};

use super::file::Format;
use super::{a1111, exif, graph, png_text};

/// Characters of one prompt; a text encoder reads a fraction of it.
pub(super) const MAX_PROMPT_CHARS: usize = 10_000;
/// Bytes of one metadata text. The largest graphs in use stay below, and parsing it stays below 100 MiB.
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// What a file says about how it was made. Written by anybody: data, and never an instruction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EmbeddedPrompt {
    pub positive: String,
    pub negative: String,
    /// Of `GenerationParams::FIELDS`, the ones that are known; not clamped.
    pub params: Map<String, Value>,
}

impl EmbeddedPrompt {
    pub(super) fn some(self) -> Option<Self> {
        (!self.positive.is_empty()).then_some(self)
    }
}

/// Looks where generators write. Written-out parameters are the final text, so they come before graphs.
pub fn find(bytes: &[u8], format: Format, exif: &[u8]) -> Option<EmbeddedPrompt> {
    let text =
        |keyword| (format == Format::Png).then(|| png_text::find(bytes, keyword, MAX_TEXT_BYTES)).flatten();
    text("parameters")
        .and_then(|text| a1111::parse(&text).some())
        .or_else(|| text("prompt").and_then(|text| graph::read(&text)))
        .or_else(|| text("workflow").and_then(|text| graph::read(&text)))
        .or_else(|| exif::texts(exif, MAX_TEXT_BYTES).iter().find_map(|text| from_exif(text)))
}

/// Exif texts are mostly a camera's: only what looks like a prompt is one.
fn from_exif(text: &str) -> Option<EmbeddedPrompt> {
    let body = text.strip_prefix("prompt:").or_else(|| text.strip_prefix("workflow:")).unwrap_or(text).trim();
    if body.starts_with('{') {
        return graph::read(body);
    }
    a1111::is_likely(body).then(|| a1111::parse(body).some())?
}
