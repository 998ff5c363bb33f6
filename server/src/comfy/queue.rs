//! What waits and what runs.

use serde_json::Value;

use super::ComfyError;

/// A moment of ComfyUI's queue.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Queue {
    pub running: Vec<Queued>,
    /// In the order in which they will run.
    pub pending: Vec<Queued>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    pub id: String,
    /// The lowest runs first.
    pub number: i64,
    pub node_count: u32,
    /// The id that ComfyUI's page gives a workflow.
    pub workflow_id: Option<String>,
}

pub fn parse(answer: &Value) -> Result<Queue, ComfyError> {
    let list = |name: &str| match &answer[name] {
        Value::Array(items) => Ok(items.iter().filter_map(queued).collect::<Vec<_>>()),
        _ => Err(ComfyError::Answer(format!("the queue has no {name}"))),
    };
    let (running, mut pending) = (list("queue_running")?, list("queue_pending")?);
    // ComfyUI shows its heap as it is.
    pending.sort_by_key(|queued| queued.number);
    Ok(Queue { running, pending })
}

/// `[number, prompt_id, prompt, extra_data, outputs]`, and more in newer versions.
pub fn queued(item: &Value) -> Option<Queued> {
    let prompt = item.get(2).and_then(Value::as_object);
    let workflow = &item.get(3).unwrap_or(&Value::Null)["extra_pnginfo"]["workflow"]["id"];
    Some(Queued {
        id: item.get(1)?.as_str()?.to_owned(),
        number: item.get(0)?.as_f64().map(whole)?,
        node_count: prompt.map_or(0, |prompt| u32::try_from(prompt.len()).unwrap_or(u32::MAX)),
        workflow_id: workflow.as_str().map(str::to_owned),
    })
}

/// Clients may choose fractions; for showing an order, the whole part does.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
pub fn whole(number: f64) -> i64 {
    number.floor() as i64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pending_prompts_come_in_the_order_in_which_they_will_run() {
        let item = |number: f64, id: &str| json!([number, id, {"1": {}, "2": {}}, {"extra_pnginfo": {"workflow": {"id": "w"}}}, ["2"]]);
        let queue = parse(&json!({
            "queue_running": [item(1.0, "r")],
            "queue_pending": [item(3.0, "b"), item(-4.0, "front"), item(2.0, "a"), ["odd"]],
        }))
        .unwrap();
        assert_eq!(
            queue.pending.iter().map(|queued| queued.id.as_str()).collect::<Vec<_>>(),
            ["front", "a", "b"]
        );
        assert_eq!((queue.running[0].node_count, queue.running[0].workflow_id.as_deref()), (2, Some("w")));
        assert!(parse(&json!({})).is_err());
    }
}
