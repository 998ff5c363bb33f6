//! A provider that answers as told and remembers what it was asked.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// What to answer next.
pub enum Reply {
    /// These server-sent events, each its own chunk.
    Events(Vec<String>),
    /// These events, and then nothing, without closing.
    EventsThenSilence(Vec<String>),
    /// A whole answer: status, headers, body.
    Body(u16, Vec<(&'static str, &'static str)>, String),
    /// The same with a body of bytes.
    Bytes(u16, Vec<(&'static str, &'static str)>, Vec<u8>),
    /// An endless body of this type, a chunk at a time.
    Endless(&'static str),
    /// An endless stream that says a little from time to time.
    Drip(&'static str),
    /// The beginning of an answer of this type, and then a connection that breaks.
    BrokenOff(&'static str, &'static str),
    /// Never answers.
    Silence,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: Instant,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

struct Inner {
    replies: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<Asked>>,
    /// Bytes of endless answers that were taken.
    taken: Arc<AtomicUsize>,
    /// Told when the client of a silent answer is gone.
    gone: mpsc::UnboundedSender<()>,
}

pub struct FakeLlm {
    pub url: String,
    inner: Arc<Inner>,
    gone: mpsc::UnboundedReceiver<()>,
}

impl FakeLlm {
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let (sender, gone) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            replies: Mutex::new(replies.into_iter().collect()),
            asked: Mutex::default(),
            taken: Arc::default(),
            gone: sender,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(answer).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, inner, gone }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.inner.asked.lock().unwrap().clone()
    }

    /// How much of endless answers was taken, buffers of the network included.
    pub fn taken(&self) -> usize {
        self.inner.taken.load(Ordering::Relaxed)
    }

    /// Waits until a client went away from a silent answer.
    pub async fn client_gone(&mut self) {
        tokio::time::timeout(Duration::from_secs(10), self.gone.recv())
            .await
            .expect("the client stayed")
            .unwrap();
    }
}

impl Reply {
    /// An OpenAI stream whose content is these pieces.
    pub fn openai(pieces: &[&str]) -> Self {
        let delta = |text: &str| format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}));
        let end =
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n".to_owned();
        Self::Events(pieces.iter().map(|text| delta(text)).chain([end]).collect())
    }

    /// An Anthropic stream whose content is these pieces.
    pub fn anthropic(pieces: &[&str]) -> Self {
        let event = |value: Value| format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap());
        let delta = |text: &&str| {
            event(
                json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
            )
        };
        let start = event(json!({"type": "message_start", "message": {"content": []}}));
        let stop = event(json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}))
            + &event(json!({"type": "message_stop"}));
        Self::Events(std::iter::once(start).chain(pieces.iter().map(delta)).chain([stop]).collect())
    }

    pub fn status(status: u16, body: &Value) -> Self {
        Self::Body(status, vec![("content-type", "application/json")], body.to_string())
    }
}

/// Sends a word when it is dropped, that is when the connection is.
struct Tell(mpsc::UnboundedSender<()>);

impl Drop for Tell {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    inner.asked.lock().unwrap().push(Asked {
        at: Instant::now(),
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    let reply = inner.replies.lock().unwrap().pop_front();
    let events = [("content-type", "text/event-stream")];
    let tell = Tell(inner.gone.clone());
    match reply {
        Some(Reply::Events(chunks)) => {
            let chunks = stream::iter(chunks.into_iter().map(Ok::<_, Infallible>));
            (events, Body::from_stream(chunks)).into_response()
        }
        Some(Reply::EventsThenSilence(chunks)) => {
            let state = (chunks.into_iter(), tell);
            let chunks = stream::unfold(state, |(mut chunks, tell)| async move {
                match chunks.next() {
                    Some(chunk) => Some((Ok::<_, Infallible>(chunk), (chunks, tell))),
                    None => std::future::pending().await,
                }
            });
            (events, Body::from_stream(chunks)).into_response()
        }
        Some(Reply::Body(status, headers, body)) => whole(status, headers, body.into()),
        Some(Reply::Bytes(status, headers, body)) => whole(status, headers, body.into()),
        Some(Reply::Endless(kind)) => {
            let (chunk, taken) = (Bytes::from(vec![b'x'; 16 << 10]), inner.taken.clone());
            let chunks = stream::repeat_with(move || {
                taken.fetch_add(chunk.len(), Ordering::Relaxed);
                Ok::<_, Infallible>(chunk.clone())
            });
            ([("content-type", kind)], Body::from_stream(chunks)).into_response()
        }
        Some(Reply::Drip(drop)) => {
            let drops = stream::unfold(tell, move |tell| async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Some((Ok::<_, Infallible>(drop), tell))
            });
            (events, Body::from_stream(drops)).into_response()
        }
        Some(Reply::BrokenOff(kind, begin)) => {
            let pieces = [Ok(begin), Err(std::io::Error::other("the provider fell over"))];
            ([("content-type", kind)], Body::from_stream(stream::iter(pieces))).into_response()
        }
        Some(Reply::Silence) => {
            let _tell = tell;
            std::future::pending().await
        }
        None => (StatusCode::IM_A_TEAPOT, "no reply was planned").into_response(),
    }
}

fn whole(status: u16, headers: Vec<(&'static str, &'static str)>, body: Body) -> Response {
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
