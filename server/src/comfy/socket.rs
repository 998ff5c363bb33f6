//! The one web socket: connected again whenever it breaks, and heard as a few kinds of signals.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use openclaw_shared::job::Output;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Comfy, Outcome, history, output};

/// Between attempts to connect: ComfyUI's start takes seconds, and a try costs nothing.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection on which nothing came for twice this long is dead: pings are answered even while a model loads.
const PING: Duration = Duration::from_secs(30);

/// What ComfyUI says. Prompts are named by their id.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// A new connection: what happened before it was not heard.
    Connected,
    Disconnected {
        reason: String,
    },
    /// The queue changed.
    Queue {
        remaining: u32,
    },
    Started {
        id: String,
        at: Option<i64>,
    },
    /// These nodes need not run.
    Cached {
        id: String,
        nodes: Vec<String>,
    },
    /// This node runs now.
    Node {
        id: String,
        node: String,
    },
    Progress {
        id: String,
        nodes: Vec<NodeProgress>,
    },
    Shown {
        id: String,
        outputs: Vec<Output>,
    },
    /// How it ended; the history may not have it yet.
    Ended {
        id: String,
        outcome: Outcome,
        at: Option<i64>,
    },
    /// Now the history has it.
    Left {
        id: String,
    },
    /// Of the prompt that runs, where ComfyUI does not say which.
    Preview {
        id: Option<String>,
        node: Option<String>,
        media_type: &'static str,
        image: Bytes,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct NodeProgress {
    pub node: String,
    pub value: f64,
    pub max: f64,
    pub running: bool,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Follows ComfyUI until told to stop, or until nobody listens.
pub async fn follow(mut comfy: Comfy, signals: mpsc::Sender<Signal>, stop: CancellationToken) {
    let _ = stop.run_until_cancelled(follow_for_ever(&mut comfy, &signals)).await;
}

async fn follow_for_ever(comfy: &mut Comfy, signals: &mpsc::Sender<Signal>) -> Option<()> {
    let mut pause = FIRST_PAUSE;
    let mut said = String::new();
    loop {
        let address = comfy.address.wait_for(Option::is_some).await.ok()?.clone()?;
        comfy.address.mark_unchanged();
        comfy.lacks_jobs.store(false, Ordering::Relaxed);
        let reason = match tokio::time::timeout(CONNECT_TIMEOUT, connect(&address, &comfy.client_id)).await {
            Ok(Ok(socket)) => {
                (pause, said) = (FIRST_PAUSE, String::new());
                signals.send(Signal::Connected).await.ok()?;
                tokio::select! {
                    reason = listen(socket, signals) => reason?,
                    changed = comfy.address.changed() => {
                        changed.ok()?;
                        "its address changed".to_owned()
                    }
                }
            }
            Ok(Err(reason)) => reason,
            Err(_) => "it does not answer".to_owned(),
        };
        let reason = format!("No connection to ComfyUI at {address}: {reason}");
        if reason != said {
            signals.send(Signal::Disconnected { reason: reason.clone() }).await.ok()?;
            said = reason;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = comfy.address.changed() => changed.ok()?,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn connect(address: &Url, client_id: &str) -> Result<Socket, String> {
    let url = socket_url(address, client_id);
    // As for HTTP, the system says who is trusted: an operator's own authority counts.
    // On the heap: what a TLS handshake needs is large, and the rest of this task's life needs none of it.
    let (mut socket, _) = Box::pin(connect_async(url.as_str())).await.map_err(|error| error.to_string())?;
    // ComfyUI reads this only as the first message.
    let wishes = json!({"type": "feature_flags", "data": {"supports_preview_metadata": true}});
    socket.send(Message::text(wishes.to_string())).await.map_err(|error| error.to_string())?;
    Ok(socket)
}

fn socket_url(address: &Url, client_id: &str) -> Url {
    let mut url = super::below(address, &format!("ws?clientId={client_id}"));
    let scheme = if address.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).expect("both schemes are of the web's kind");
    url
}

/// Passes signals on until the connection ends, and says why it did; `None` when nobody listens any more.
async fn listen(mut socket: Socket, signals: &mpsc::Sender<Signal>) -> Option<String> {
    let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
    let mut heard = true;
    // A bare preview does not say of which node it is.
    let mut current: (Option<String>, Option<String>) = (None, None);
    loop {
        let message = tokio::select! {
            message = socket.next() => message,
            _ = ping.tick() => {
                if !std::mem::take(&mut heard) {
                    return Some("it fell silent".to_owned());
                }
                if let Err(error) = socket.send(Message::Ping(Bytes::new())).await {
                    return Some(error.to_string());
                }
                continue;
            }
        };
        heard = true;
        let found = match message {
            Some(Ok(Message::Text(text))) => text_signals(&text),
            Some(Ok(Message::Binary(frame))) => preview(&frame, &current).into_iter().collect(),
            Some(Ok(Message::Close(_))) | None => return Some("it closed the connection".to_owned()),
            Some(Ok(_)) => continue,
            Some(Err(error)) => return Some(error.to_string()),
        };
        for signal in found {
            match &signal {
                Signal::Node { id, node } => current = (Some(id.clone()), Some(node.clone())),
                Signal::Left { .. } => current = (None, None),
                _ => {}
            }
            signals.send(signal).await.ok()?;
        }
    }
}

/// The signals of one text message; none for what does not concern us.
fn text_signals(text: &str) -> Vec<Signal> {
    let Ok(message) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let (kind, data) = (message["type"].as_str().unwrap_or_default(), &message["data"]);
    if kind == "status" {
        let remaining = data["status"]["exec_info"]["queue_remaining"].as_u64();
        let remaining = remaining.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        return remaining.map(|remaining| Signal::Queue { remaining }).into_iter().collect();
    }
    let Some(id) = data["prompt_id"].as_str().map(str::to_owned) else { return Vec::new() };
    let at = data["timestamp"].as_i64();
    let signal = match kind {
        "execution_start" => Signal::Started { id, at },
        "execution_cached" => Signal::Cached {
            id,
            nodes: data["nodes"].as_array().into_iter().flatten().filter_map(name).collect(),
        },
        "executing" => match name(&data["node"]) {
            Some(node) => Signal::Node { id, node },
            None => Signal::Left { id },
        },
        "progress_state" => Signal::Progress { id, nodes: progress(&data["nodes"]) },
        // Hosts without progress_state; those with it send both.
        "progress" => {
            let Some(node) = name(&data["node"]) else { return Vec::new() };
            let number = |name: &str| data[name].as_f64().unwrap_or_default();
            let step = NodeProgress { node, value: number("value"), max: number("max"), running: true };
            Signal::Progress { id, nodes: vec![step] }
        }
        "executed" => {
            let node = name(&data["node"]).unwrap_or_default();
            Signal::Shown { id, outputs: output::of_node(&node, &data["output"]) }
        }
        "execution_success" => Signal::Ended { id, outcome: Outcome::Succeeded, at },
        "execution_error" => Signal::Ended { id, outcome: Outcome::Failed(history::error(data)), at },
        "execution_interrupted" => Signal::Ended { id, outcome: history::interrupted(data), at },
        _ => return Vec::new(),
    };
    vec![signal]
}

/// Ids of nodes are texts, and numbers in some clients' prompts.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn progress(nodes: &Value) -> Vec<NodeProgress> {
    let nodes = nodes.as_object().into_iter().flatten();
    nodes
        .map(|(id, node)| NodeProgress {
            node: name(&node["display_node_id"]).unwrap_or_else(|| id.clone()),
            value: node["value"].as_f64().unwrap_or_default(),
            max: node["max"].as_f64().unwrap_or_default(),
            running: node["state"] == "running",
        })
        .collect()
}

/// Type 1 is a bare picture, type 4 one with a JSON header; both begin with big-endian numbers.
fn preview(frame: &Bytes, current: &(Option<String>, Option<String>)) -> Option<Signal> {
    let number = |at: usize| {
        frame.get(at..at + 4).map(|bytes| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    };
    match number(0)? {
        1 => {
            let media_type = match number(4)? {
                1 => "image/jpeg",
                2 => "image/png",
                _ => return None,
            };
            let (id, node) = current.clone();
            Some(Signal::Preview { id, node, media_type, image: frame.slice(8..) })
        }
        4 => {
            let end = usize::try_from(number(4)?).ok()?.checked_add(8)?;
            let header: Value = serde_json::from_slice(frame.get(8..end)?).ok()?;
            let media_type = match header["image_type"].as_str()? {
                "image/jpeg" => "image/jpeg",
                "image/png" => "image/png",
                _ => return None,
            };
            let node = name(&header["display_node_id"]).or_else(|| name(&header["node_id"]));
            Some(Signal::Preview {
                id: name(&header["prompt_id"]),
                node,
                media_type,
                image: frame.slice(end..),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &Value, expected: Option<Signal>) {
        assert_eq!(text_signals(&message.to_string()), Vec::from_iter(expected), "{message}");
    }

    #[test]
    fn messages_become_signals() {
        let id = || "p".to_owned();
        check(
            &json!({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 2}}, "sid": "x"}}),
            Some(Signal::Queue { remaining: 2 }),
        );
        check(
            &json!({"type": "execution_start", "data": {"prompt_id": "p", "timestamp": 5}}),
            Some(Signal::Started { id: id(), at: Some(5) }),
        );
        check(
            &json!({"type": "executing", "data": {"node": "3", "prompt_id": "p"}}),
            Some(Signal::Node { id: id(), node: "3".into() }),
        );
        check(
            &json!({"type": "executing", "data": {"node": null, "prompt_id": "p"}}),
            Some(Signal::Left { id: id() }),
        );
        check(
            &json!({"type": "progress_state", "data": {"prompt_id": "p", "nodes": {
                "3": {"value": 2, "max": 20, "state": "running", "display_node_id": "3"}}}}),
            Some(Signal::Progress {
                id: id(),
                nodes: vec![NodeProgress { node: "3".into(), value: 2.0, max: 20.0, running: true }],
            }),
        );
        check(
            &json!({"type": "execution_success", "data": {"prompt_id": "p", "timestamp": 9}}),
            Some(Signal::Ended { id: id(), outcome: Outcome::Succeeded, at: Some(9) }),
        );
        for other in [
            json!({"type": "executing", "data": {"node": "3"}}),
            json!({"type": "some.pack", "data": {"prompt_id": "p"}}),
            json!({"type": "progress", "data": {"prompt_id": "p"}}),
            json!(["not", "an", "object"]),
        ] {
            check(&other, None);
        }
    }

    #[test]
    fn previews_are_read_with_and_without_a_header() {
        let bare = Bytes::from([&[0, 0, 0, 1, 0, 0, 0, 2], &b"PNG"[..]].concat());
        let current = (Some("p".to_owned()), Some("3".to_owned()));
        let image = Bytes::from_static(b"PNG");
        let expected = |id: &str| Signal::Preview {
            id: Some(id.into()),
            node: Some("3".into()),
            media_type: "image/png",
            image: image.clone(),
        };
        assert_eq!(preview(&bare, &current), Some(expected("p")));
        let header = json!({"node_id": "3", "prompt_id": "q", "image_type": "image/png"}).to_string();
        let length = u32::try_from(header.len()).unwrap().to_be_bytes();
        let with_header = [&[0, 0, 0, 4], &length[..], header.as_bytes(), &b"PNG"[..]].concat();
        assert_eq!(preview(&Bytes::from(with_header), &current), Some(expected("q")));
    }

    #[test]
    fn odd_frames_are_ignored() {
        let none = (None, None);
        for frame in [
            &b""[..],
            &[0, 0, 0, 1],
            &[0, 0, 0, 1, 0, 0, 0, 9, 1],
            &[0, 0, 0, 4, 255, 255, 255, 255],
            &[0, 0, 0, 3, 0, 0],
        ] {
            assert_eq!(preview(&Bytes::copy_from_slice(frame), &none), None, "{frame:?}");
        }
    }
}
