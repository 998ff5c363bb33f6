//! Gemini's own format. Source: Gemini API reference, `models.streamGenerateContent`.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{Step, WireFormat, key_headers};
use crate::llm::catalog::Structured;
use crate::llm::schema::{SchemaProfile, sanitize_schema};
use crate::llm::target::Target;
use crate::llm::transport::cut_off;
use crate::llm::{ChatRequest, LlmError, Piece, Usage};

pub struct Gemini;

impl WireFormat for Gemini {
    fn path(&self, target: &Target) -> String {
        let model = target.model.strip_prefix("models/").unwrap_or(&target.model);
        format!("models/{model}:streamGenerateContent?alt=sse")
    }

    fn models_path(&self) -> &'static str {
        "models?pageSize=1000"
    }

    fn headers(&self, target: &Target) -> Result<HeaderMap, LlmError> {
        key_headers("x-goog-api-key", target)
    }

    fn body(&self, target: &Target, request: &ChatRequest) -> Value {
        let images = request
            .images
            .iter()
            .map(|image| json!({"inlineData": {"mimeType": image.mime, "data": image.base64}}));
        let parts: Vec<_> = std::iter::once(json!({"text": request.text})).chain(images).collect();
        let mut generation =
            json!({"temperature": request.temperature, "maxOutputTokens": request.max_tokens});
        if let Some(object) = request.object.as_ref().filter(|_| target.structured != Structured::None) {
            generation["responseMimeType"] = json!("application/json");
            // Our own schemas are within what Gemini takes; were one not, the text road still holds.
            if let Ok(schema) = sanitize_schema(SchemaProfile::Gemini, &object.schema) {
                generation["responseSchema"] = schema;
            }
        }
        json!({
            "systemInstruction": {"parts": [{"text": request.system}]},
            "contents": [{"role": "user", "parts": parts}],
            "generationConfig": generation,
        })
    }

    fn whole(&self, target: &Target, answer: &Value) -> Result<Step, LlmError> {
        self.event(target, answer)
    }

    fn event(&self, target: &Target, event: &Value) -> Result<Step, LlmError> {
        let filtered = || LlmError::ContentFiltered { label: target.label.clone() };
        if event.pointer("/promptFeedback/blockReason").is_some() {
            return Err(filtered());
        }
        match event.pointer("/candidates/0/finishReason").and_then(Value::as_str) {
            Some("MAX_TOKENS") => return Err(cut_off(target)),
            Some("SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY") => {
                return Err(filtered());
            }
            _ => {}
        }
        let parts =
            event.pointer("/candidates/0/content/parts").and_then(Value::as_array).into_iter().flatten();
        // Parts marked as thoughts are not the answer.
        let answer = parts.filter(|part| part.get("thought") != Some(&json!(true)));
        let mut step = Step::text(answer.filter_map(|part| part.get("text")?.as_str()).collect::<String>());
        if let Some(usage) = event.get("usageMetadata") {
            let count = |name| usage.get(name).and_then(Value::as_u64);
            step.pieces.push(Piece::Usage(Usage {
                input: count("promptTokenCount"),
                output: count("candidatesTokenCount"),
            }));
        }
        Ok(step)
    }
}
