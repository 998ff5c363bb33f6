//! OpenAI chat completions and everything that looks like it.
//!
//! Only members that every look-alike accepts are sent unasked. Source: OpenAI API reference, "Create chat completion"
//! and "Streaming".

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{BEARER, Step, WireFormat, key_headers};
use crate::llm::catalog::Structured;
use crate::llm::target::Target;
use crate::llm::transport::cut_off;
use crate::llm::{ChatRequest, LlmError, Piece, Usage};

pub struct OpenAi;

impl WireFormat for OpenAi {
    fn path(&self, _: &Target) -> String {
        "chat/completions".into()
    }

    fn models_path(&self) -> &'static str {
        "models"
    }

    fn headers(&self, target: &Target) -> Result<HeaderMap, LlmError> {
        key_headers(BEARER, target)
    }

    fn body(&self, target: &Target, request: &ChatRequest) -> Value {
        let text = json!({"type": "text", "text": request.text});
        let images = request.images.iter().map(|image| {
            json!({"type": "image_url", "image_url": {"url": format!("data:{};base64,{}", image.mime, image.base64)}})
        });
        // Text alone stays a string: old look-alikes know no parts.
        let content = if request.images.is_empty() {
            json!(request.text)
        } else {
            Value::Array(std::iter::once(text).chain(images).collect())
        };
        let mut body = json!({
            "model": target.model,
            "messages": [
                {"role": "system", "content": request.system},
                {"role": "user", "content": content},
            ],
            "stream": true,
        });
        body[target.max_tokens_member.as_deref().unwrap_or("max_tokens")] = json!(request.max_tokens);
        if target.usage_in_stream {
            body["stream_options"] = json!({"include_usage": true});
        }
        if !target.fixed_temperature {
            body["temperature"] = json!(request.temperature);
        }
        if let Some(object) = &request.object {
            match target.structured {
                Structured::Tool => {
                    let function = json!({
                        "name": object.name,
                        "description": object.description,
                        "parameters": object.schema,
                    });
                    body["tools"] = json!([{"type": "function", "function": function}]);
                    body["tool_choice"] = json!({"type": "function", "function": {"name": object.name}});
                }
                Structured::Schema => {
                    body["response_format"] = json!({
                        "type": "json_schema",
                        "json_schema": {"name": object.name, "schema": object.schema},
                    });
                }
                Structured::None => {}
            }
        }
        body
    }

    fn whole(&self, target: &Target, answer: &Value) -> Result<Step, LlmError> {
        read(target, answer, answer.pointer("/choices/0/message"))
    }

    fn event(&self, target: &Target, event: &Value) -> Result<Step, LlmError> {
        read(target, event, event.pointer("/choices/0/delta"))
    }
}

fn read(target: &Target, answer: &Value, message: Option<&Value>) -> Result<Step, LlmError> {
    match answer.pointer("/choices/0/finish_reason").and_then(Value::as_str) {
        Some("length") => return Err(cut_off(target)),
        Some("content_filter") => return Err(LlmError::ContentFiltered { label: target.label.clone() }),
        _ => {}
    }
    let mut step = Step::default();
    let text =
        message.map(|message| text_of(message.get("content")) + &arguments_of(message)).unwrap_or_default();
    if !text.is_empty() {
        step.pieces.push(Piece::Text(text));
    }
    if let Some(usage) = answer.get("usage").filter(|usage| usage.is_object()) {
        let count = |name| usage.get(name).and_then(Value::as_u64);
        step.pieces
            .push(Piece::Usage(Usage { input: count("prompt_tokens"), output: count("completion_tokens") }));
    }
    Ok(step)
}

/// Text, or a list of parts with text in them.
fn text_of(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
}

/// The arguments of the first tool call, or of the older `function_call`: the answer in another envelope.
fn arguments_of(message: &Value) -> String {
    // A second call beside the forced one would be another answer.
    let first = |call: &&Value| call.get("index").and_then(Value::as_u64).unwrap_or_default() == 0;
    let arguments = message
        .pointer("/tool_calls/0")
        .filter(first)
        .and_then(|call| call.pointer("/function/arguments"))
        .or_else(|| message.pointer("/function_call/arguments"));
    match arguments {
        Some(Value::String(text)) => text.clone(),
        // Some look-alikes send the object itself.
        Some(object @ Value::Object(_)) => object.to_string(),
        _ => String::new(),
    }
}
