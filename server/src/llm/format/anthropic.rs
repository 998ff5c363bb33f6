//! Anthropic Messages. Source: Anthropic API reference, "Messages" and "Streaming Messages".

use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::{Step, WireFormat, key_headers};
use crate::llm::catalog::Structured;
use crate::llm::target::Target;
use crate::llm::transport::cut_off;
use crate::llm::{ChatRequest, LlmError, Piece, Usage};

/// The only published version of the Messages API.
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

pub struct Anthropic;

impl WireFormat for Anthropic {
    fn path(&self, _: &Target) -> String {
        "v1/messages".into()
    }

    fn models_path(&self) -> &'static str {
        "v1/models?limit=1000"
    }

    fn headers(&self, target: &Target) -> Result<HeaderMap, LlmError> {
        let mut headers = key_headers("x-api-key", target)?;
        headers.insert("anthropic-version", VERSION);
        Ok(headers)
    }

    fn body(&self, target: &Target, request: &ChatRequest) -> Value {
        let images = request.images.iter().map(|image| {
            json!({"type": "image", "source": {"type": "base64", "media_type": image.mime, "data": image.base64}})
        });
        let text = json!({"type": "text", "text": request.text});
        let mut body = json!({
            "model": target.model,
            "system": request.system,
            "messages": [{"role": "user", "content": images.chain([text]).collect::<Vec<_>>()}],
            // Anthropic's range ends at 1.
            "temperature": request.temperature.min(1.0),
            "max_tokens": request.max_tokens,
            "stream": true,
        });
        if let (Some(object), Structured::Tool) = (&request.object, target.structured) {
            body["tools"] = json!([{
                "name": object.name, "description": object.description, "input_schema": object.schema,
            }]);
            body["tool_choice"] = json!({"type": "tool", "name": object.name});
        }
        body
    }

    fn whole(&self, target: &Target, answer: &Value) -> Result<Step, LlmError> {
        finish(target, answer.get("stop_reason"))?;
        let blocks = answer.get("content").and_then(Value::as_array).into_iter().flatten();
        let text = blocks.filter_map(|block| match block.get("input") {
            Some(input) => Some(input.to_string()),
            None => Some(block.get("text")?.as_str()?.to_owned()),
        });
        let mut step = Step::text(text.collect::<String>());
        step.pieces.extend(usage(answer.get("usage")));
        Ok(step)
    }

    fn event(&self, target: &Target, event: &Value) -> Result<Step, LlmError> {
        let mut step = Step::default();
        match event.get("type").and_then(Value::as_str) {
            Some("message_start") => step.pieces.extend(usage(event.pointer("/message/usage"))),
            Some("content_block_delta") => {
                let delta = |name| event.pointer(name).and_then(Value::as_str);
                step = Step::text(
                    delta("/delta/text").or_else(|| delta("/delta/partial_json")).unwrap_or_default(),
                );
            }
            Some("message_delta") => {
                finish(target, event.pointer("/delta/stop_reason"))?;
                step.pieces.extend(usage(event.get("usage")));
            }
            Some("message_stop") => step.end = true,
            _ => {}
        }
        Ok(step)
    }
}

fn usage(usage: Option<&Value>) -> Option<Piece> {
    let count = |name| usage?.get(name)?.as_u64();
    usage.map(|_| Piece::Usage(Usage { input: count("input_tokens"), output: count("output_tokens") }))
}

fn finish(target: &Target, reason: Option<&Value>) -> Result<(), LlmError> {
    match reason.and_then(Value::as_str) {
        Some("max_tokens") => Err(cut_off(target)),
        Some("refusal") => Err(LlmError::ContentFiltered { label: target.label.clone() }),
        _ => Ok(()),
    }
}
