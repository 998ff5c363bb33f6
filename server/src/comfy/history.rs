//! The truth table: how a prompt ended, by its entry in the history.

use openclaw_shared::job::{JobError, JobErrorKind};
use serde_json::Value;

use super::{Ending, Outcome, output, refusal};

/// Reads one entry. Whatever is in the history has ended.
pub fn parse(entry: &Value) -> Ending {
    let messages: Vec<(&str, &Value)> = entry["status"]["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|message| Some((message.get(0)?.as_str()?, message.get(1)?)))
        .collect();
    let find = |name: &str| messages.iter().rev().find(|(kind, _)| *kind == name).map(|(_, data)| *data);
    let outcome = if let Some(data) = find("execution_interrupted") {
        // ComfyUI's status says "error" here as well.
        interrupted(data)
    } else if let Some(data) = find("execution_error") {
        Outcome::Failed(error(data))
    } else if entry["status"]["status_str"] == "error" || entry["status"]["completed"] == false {
        Outcome::Failed(JobError {
            kind: JobErrorKind::Execution,
            message: "ComfyUI says that it failed, and not why.".into(),
            node_id: None,
            node_type: None,
            detail: None,
        })
    } else {
        Outcome::Succeeded
    };
    let time = |data: &Value| data["timestamp"].as_i64();
    Ending {
        cached: outcome == Outcome::Succeeded && is_cached(entry, find("execution_cached")),
        outcome,
        outputs: output::all(&entry["outputs"]),
        started_at: find("execution_start").and_then(time),
        ended_at: messages.last().and_then(|(_, data)| time(data)),
    }
}

/// From a message of the web socket or of the history.
pub fn error(data: &Value) -> JobError {
    let text = |name: &str| data[name].as_str().map(str::trim).filter(|text| !text.is_empty());
    let message = text("exception_message").or(text("exception_type")).unwrap_or("A node failed.");
    JobError {
        kind: JobErrorKind::Execution,
        message: refusal::cut(message),
        node_id: text("node_id").map(refusal::cut),
        node_type: text("node_type").map(refusal::cut),
        detail: text("exception_type").map(refusal::cut),
    }
}

pub fn interrupted(data: &Value) -> Outcome {
    let text = |name: &str| data[name].as_str().map(refusal::cut);
    Outcome::Interrupted { node_id: text("node_id"), node_type: text("node_type") }
}

/// Whether every node of the prompt came from the cache.
fn is_cached(entry: &Value, cached: Option<&Value>) -> bool {
    let nodes = entry["prompt"][2].as_object().map_or(0, serde_json::Map::len);
    let hits = cached.and_then(|data| data["nodes"].as_array()).map_or(0, Vec::len);
    nodes > 0 && hits >= nodes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(status: &str, messages: &Value) -> Value {
        json!({
            "prompt": [0, "id", {"1": {}, "2": {}}, {}, ["2"]],
            "outputs": {"2": {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}},
            "status": {"status_str": status, "completed": status == "success", "messages": messages},
        })
    }

    #[test]
    fn the_five_ways_to_end_are_told_apart() {
        let start = json!(["execution_start", {"timestamp": 10}]);
        let ended = parse(&entry(
            "success",
            &json!([
                start, ["execution_cached", {"nodes": ["1"], "timestamp": 11}], ["execution_success", {"timestamp": 30}]
            ]),
        ));
        assert_eq!((&ended.outcome, ended.cached), (&Outcome::Succeeded, false));
        assert_eq!((ended.started_at, ended.ended_at, ended.outputs.len()), (Some(10), Some(30), 1));

        let all_cached =
            json!([start, ["execution_cached", {"nodes": ["1", "2"]}], ["execution_success", {}]]);
        assert!(parse(&entry("success", &all_cached)).cached);

        let stopped = json!([start, ["execution_interrupted", {"node_id": "1", "node_type": "KSampler"}]]);
        assert_eq!(
            parse(&entry("error", &stopped)).outcome,
            Outcome::Interrupted { node_id: Some("1".into()), node_type: Some("KSampler".into()) }
        );

        let failed = json!([start, ["execution_error", {
            "node_id": "1", "node_type": "KSampler", "exception_type": "RuntimeError", "exception_message": "boom\n"
        }]]);
        let Outcome::Failed(error) = parse(&entry("error", &failed)).outcome else { panic!("it failed") };
        assert_eq!((error.message.as_str(), error.node_id.as_deref()), ("boom", Some("1")));

        let long = "x".repeat(1 << 20);
        let error = super::error(&json!({
            "node_id": long, "node_type": long, "exception_type": long, "exception_message": long
        }));
        assert!(
            serde_json::to_vec(&error).unwrap().len() < 8 << 10,
            "whatever a node says, it fits into an answer"
        );

        let silent = parse(&entry("error", &json!([start])));
        assert!(matches!(silent.outcome, Outcome::Failed(_)));
    }

    #[test]
    fn an_entry_without_a_status_is_of_an_old_comfyui_and_a_success() {
        assert_eq!(parse(&json!({"prompt": [], "outputs": {}})).outcome, Outcome::Succeeded);
    }
}
