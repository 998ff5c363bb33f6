//! Why ComfyUI does not take a prompt, or takes it without some branches.

use openclaw_shared::job::{JobError, JobErrorKind};
use serde_json::Value;

/// Errors that are kept of one answer; more than a person reads.
const MAX_ERRORS: usize = 50;
/// Characters of one text: what is told of a failure stays small, whatever a node says.
const MAX_MESSAGE: usize = 1000;

/// The error as a whole, and those of single nodes.
pub fn parse(status: u16, answer: &Value, words: &str) -> (JobError, Vec<JobError>) {
    let nodes = node_errors(&answer["node_errors"]);
    let whole = &answer["error"];
    let text = |name: &str| whole[name].as_str().filter(|text| !text.is_empty());
    let message = match (text("message"), text("details")) {
        (Some(message), Some(details)) => format!("{message}: {details}"),
        (Some(message), None) => message.to_owned(),
        _ => match whole.as_str() {
            Some(message) => message.to_owned(),
            None => format!("ComfyUI answered with status {status}: {words}"),
        },
    };
    // The first node's error says more than "outputs failed validation".
    let first = nodes.first().cloned();
    let error = first.unwrap_or_else(|| JobError {
        kind: JobErrorKind::Rejected,
        message: cut(&message),
        node_id: None,
        node_type: None,
        detail: text("type").map(cut),
    });
    (error, nodes)
}

/// `{node_id: {"errors": [{type, message, details}], "class_type"}}`
pub fn node_errors(nodes: &Value) -> Vec<JobError> {
    let Some(nodes) = nodes.as_object() else { return Vec::new() };
    let mut found = Vec::new();
    for (id, node) in nodes {
        for error in node["errors"].as_array().into_iter().flatten() {
            let text = |name: &str| error[name].as_str().unwrap_or_default();
            let separator = if text("details").is_empty() { "" } else { ": " };
            found.push(JobError {
                kind: JobErrorKind::Rejected,
                message: cut(&format!("{}{separator}{}", text("message"), text("details"))),
                node_id: Some(cut(id)),
                node_type: node["class_type"].as_str().map(cut),
                detail: error["type"].as_str().map(cut),
            });
        }
    }
    found.truncate(MAX_ERRORS);
    found
}

pub fn cut(text: &str) -> String {
    text.trim().chars().take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_node_at_fault_is_named() {
        let answer = json!({
            "error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation",
                      "details": "", "extra_info": {}},
            "node_errors": {"5": {"class_type": "KSampler", "dependent_outputs": ["9"], "errors": [
                {"type": "value_bigger_than_max", "message": "Value 999 bigger than max of 100", "details": "steps"}
            ]}},
        });
        let (error, nodes) = parse(400, &answer, "");
        assert_eq!(error.message, "Value 999 bigger than max of 100: steps");
        assert_eq!((error.node_id.as_deref(), error.node_type.as_deref()), (Some("5"), Some("KSampler")));
        assert_eq!(nodes, [error]);
    }

    #[test]
    fn every_form_of_refusal_has_words() {
        for (status, answer, words, expected) in [
            (
                400,
                json!({"error": {"type": "no_prompt", "message": "No prompt provided", "details": "No prompt provided"}}),
                "",
                "No prompt provided: No prompt provided",
            ),
            (400, json!({"error": "plain"}), "", "plain"),
            (403, Value::Null, "", "ComfyUI answered with status 403: "),
        ] {
            assert_eq!(parse(status, &answer, words).0.message, expected.trim());
        }
    }
}
