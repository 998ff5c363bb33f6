//! What waits and what runs.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
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

pub fn parse(answer: &[u8]) -> Result<Queue, ComfyError> {
    #[derive(serde::Deserialize)]
    struct Answer {
        queue_running: Items,
        queue_pending: Items,
    }
    let answer: Answer =
        serde_json::from_slice(answer).map_err(|error| ComfyError::Answer(error.to_string()))?;
    let mut pending = answer.queue_pending.0;
    // ComfyUI shows its heap as it is.
    pending.sort_by_key(|queued| queued.number);
    Ok(Queue { running: answer.queue_running.0, pending })
}

/// Read one by one, because each comes with its whole workflow, and ten thousand of those are a lot of memory.
struct Items(Vec<Queued>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Items;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of prompts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Items, A::Error> {
                let mut found = Vec::new();
                while let Some(item) = items.next_element::<Value>()? {
                    found.extend(queued(&item));
                }
                Ok(Items(found))
            }
        }

        deserializer.deserialize_seq(Reader)
    }
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
        let answer = json!({
            "queue_running": [item(1.0, "r")],
            "queue_pending": [item(3.0, "b"), item(-4.0, "front"), item(2.0, "a"), ["odd"]],
        });
        let queue = parse(answer.to_string().as_bytes()).unwrap();
        assert_eq!(
            queue.pending.iter().map(|queued| queued.id.as_str()).collect::<Vec<_>>(),
            ["front", "a", "b"]
        );
        assert_eq!((queue.running[0].node_count, queue.running[0].workflow_id.as_deref()), (2, Some("w")));
        assert!(parse(b"{}").is_err());
    }
}
