//! Ollama's own format: one JSON object a line. Source: Ollama API documentation, "Generate a chat completion".

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{Step, WireFormat};
use crate::llm::catalog::Structured;
use crate::llm::target::Target;
use crate::llm::transport::cut_off;
use crate::llm::{ChatRequest, LlmError, Piece, Usage};

pub struct Ollama;

impl WireFormat for Ollama {
    fn path(&self, _: &Target) -> String {
        "api/chat".into()
    }

    fn models_path(&self) -> &'static str {
        "api/tags"
    }

    fn headers(&self, _: &Target) -> Result<HeaderMap, LlmError> {
        Ok(HeaderMap::new())
    }

    fn body(&self, target: &Target, request: &ChatRequest) -> Value {
        let mut user = json!({"role": "user", "content": request.text});
        if !request.images.is_empty() {
            user["images"] = request.images.iter().map(|image| json!(image.base64)).collect();
        }
        let mut body = json!({
            "model": target.model,
            "messages": [{"role": "system", "content": request.system}, user],
            "stream": true,
            "options": {"temperature": request.temperature, "num_predict": request.max_tokens},
        });
        if let Some(object) = request.object.as_ref().filter(|_| target.structured != Structured::None) {
            body["format"] = object.schema.clone();
        }
        body
    }

    fn whole(&self, target: &Target, answer: &Value) -> Result<Step, LlmError> {
        self.event(target, answer)
    }

    fn event(&self, target: &Target, event: &Value) -> Result<Step, LlmError> {
        let mut step =
            Step::text(event.pointer("/message/content").and_then(Value::as_str).unwrap_or_default());
        if event.get("done") == Some(&json!(true)) {
            if event.get("done_reason").and_then(Value::as_str) == Some("length") {
                return Err(cut_off(target));
            }
            let count = |name| event.get(name).and_then(Value::as_u64);
            step.pieces
                .push(Piece::Usage(Usage { input: count("prompt_eval_count"), output: count("eval_count") }));
            step.end = true;
        }
        Ok(step)
    }
}
