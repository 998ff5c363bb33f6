//! One prompt, as newer versions of ComfyUI tell of it at `/api/jobs/{id}`: the queue and the history in one.

use serde_json::{Value, json};

use super::{Queued, Whereabouts, history, queue};

/// `None` for what cannot be told for sure.
pub fn parse(job: &Value) -> Option<Whereabouts> {
    let queued = || {
        Some(Queued {
            id: job["id"].as_str()?.to_owned(),
            number: queue::whole(job["priority"].as_f64()?),
            // The workflow is only told of what has ended.
            node_count: 0,
            workflow_id: job["workflow_id"].as_str().map(str::to_owned),
        })
    };
    match job["status"].as_str()? {
        "pending" => queued().map(Whereabouts::Queued),
        "in_progress" => queued().map(Whereabouts::Running),
        _ if job["execution_status"].is_object() && job["outputs"].is_object() => {
            // What the history says, under other names.
            let prompt = json!([job["priority"], job["id"], job["workflow"]["prompt"]]);
            let entry =
                json!({"prompt": prompt, "outputs": job["outputs"], "status": job["execution_status"]});
            Some(Whereabouts::Ended(history::parse(&entry)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comfy::Outcome;

    #[test]
    fn what_waits_runs_and_ended_is_told_apart_and_nothing_is_guessed() {
        let queued = json!({"id": "a", "status": "pending", "priority": 7, "outputs_count": 0});
        let Some(Whereabouts::Queued(found)) = parse(&queued) else { panic!("{queued}") };
        assert_eq!((found.id.as_str(), found.number), ("a", 7));
        let running = json!({"id": "a", "status": "in_progress", "priority": 7});
        assert!(matches!(parse(&running), Some(Whereabouts::Running(_))));
        let ended = |status: &str, messages: Value| {
            json!({"id": "a", "status": status, "priority": 7, "workflow": {"prompt": {"1": {}}},
                "outputs": {"1": {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}},
                "execution_status": {"status_str": status, "completed": true, "messages": messages}})
        };
        let success = ended(
            "success",
            json!([["execution_cached", {"nodes": ["1"]}], ["execution_success", {"timestamp": 5}]]),
        );
        let Some(Whereabouts::Ended(ending)) = parse(&success) else { panic!("{success}") };
        assert_eq!((ending.outcome, ending.outputs.len(), ending.cached), (Outcome::Succeeded, 1, true));
        let stopped = ended("error", json!([["execution_interrupted", {"node_id": "1"}]]));
        let Some(Whereabouts::Ended(ending)) = parse(&stopped) else { panic!("{stopped}") };
        assert!(matches!(ending.outcome, Outcome::Interrupted { .. }));
        for odd in
            [json!({}), json!({"status": "completed", "id": "a"}), json!({"status": "pending"}), json!([])]
        {
            assert_eq!(parse(&odd), None, "{odd}");
        }
    }
}
