//! Runs one prompt after the other.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Inner, Moment, Prompt};

/// How a prompt ended.
enum End {
    Success,
    Error,
    Interrupted,
    /// The process is another one now.
    Gone,
}

pub async fn work(inner: Arc<Inner>) {
    loop {
        let changed = inner.changed.notified();
        let next = {
            let mut memory = inner.memory();
            memory.pending.sort_by_key(|prompt| prompt.number);
            if memory.pending.is_empty() || memory.paused {
                None
            } else {
                let prompt = memory.pending.remove(0);
                memory.running = Some(prompt.clone());
                Some((prompt, memory.life))
            }
        };
        match next {
            Some((prompt, life)) => run(&inner, &prompt, life).await,
            None => changed.await,
        }
    }
}

async fn run(inner: &Inner, prompt: &Prompt, life: usize) {
    inner.tell_queue();
    let tell = |kind: &str, mut data: Value| {
        data["prompt_id"] = json!(prompt.id);
        if inner.memory().life == life {
            inner.tell(Some(prompt.client_id.as_deref().unwrap_or("nobody")), kind, &data);
        }
        json!([kind, data])
    };
    inner.moment(Moment::Started, &prompt.id);
    let mut messages = vec![tell("execution_start", json!({"timestamp": 1_000}))];
    messages.push(tell("execution_cached", json!({"nodes": [], "timestamp": 1_001})));
    let mut outputs = json!({});
    let mut end = End::Success;
    for node in &prompt.outputs {
        let class = prompt.graph[node]["class_type"].as_str().unwrap_or_default();
        tell("executing", json!({"node": node, "display_node": node}));
        let state =
            json!({"value": 1, "max": 2, "state": "running", "node_id": node, "display_node_id": node});
        tell("progress_state", json!({"nodes": {node: state}}));
        end = match class {
            "Hold" => hold(inner, &prompt.id, life).await,
            "Fail" => End::Error,
            _ => End::Success,
        };
        match end {
            End::Success => {}
            End::Error => messages.push(tell(
                "execution_error",
                json!({
                    "node_id": node, "node_type": class, "exception_type": "RuntimeError",
                    "exception_message": "it broke, password=Kx82mQv71pLz\n", "timestamp": 2_000
                }),
            )),
            End::Interrupted => messages.push(tell(
                "execution_interrupted",
                json!({"node_id": node, "node_type": class, "executed": [], "timestamp": 2_000}),
            )),
            End::Gone => return,
        }
        if !matches!(end, End::Success) {
            break;
        }
        let shown =
            json!({"images": [{"filename": format!("{node}.png"), "subfolder": "", "type": "output"}]});
        tell("executed", json!({"node": node, "display_node": node, "output": shown}));
        outputs[node] = shown;
    }
    let success = matches!(end, End::Success);
    if success {
        messages.push(tell("execution_success", json!({"timestamp": 3_000})));
    }
    inner.moment(Moment::Ran, &prompt.id);
    {
        let mut memory = inner.memory();
        if memory.life != life {
            return;
        }
        memory.running = None;
        let status_str = if success { "success" } else { "error" };
        let status = json!({"status_str": status_str, "completed": success, "messages": messages});
        let entry = json!({"prompt": prompt.item(), "outputs": outputs, "status": status});
        memory.history.insert(prompt.id.clone(), entry);
        memory.ended.push(prompt.id.clone());
    }
    inner.moment(Moment::Remembered, &prompt.id);
    inner.tell_queue();
    tell("executing", json!({"node": null}));
}

async fn hold(inner: &Inner, id: &str, life: usize) -> End {
    loop {
        let changed = inner.changed.notified();
        {
            let mut memory = inner.memory();
            if memory.life != life {
                return End::Gone;
            }
            if memory.interrupted.as_deref() == Some(id) {
                memory.interrupted = None;
                return End::Interrupted;
            }
            if memory.released {
                return End::Success;
            }
        }
        changed.await;
    }
}
