//! A receiver of callbacks that answers as told and remembers what came.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// One request as it came.
#[derive(Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A status, and a header's name and value.
type Answer = (u16, &'static str, &'static str);

#[derive(Clone)]
struct Inner {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    received: mpsc::UnboundedSender<Received>,
}

pub struct Sink {
    /// `127.0.0.1:port`
    pub host: String,
    received: mpsc::UnboundedReceiver<Received>,
}

impl Sink {
    /// Answers with these statuses, each with a header, and with 200 after them.
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let (sender, received) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        let router = Router::new().fallback(receive).with_state(Inner { answers, received: sender });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { host, received }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook?token=canary", self.host)
    }

    /// The next request; waits for it.
    pub async fn next(&mut self) -> Received {
        self.received.recv().await.unwrap()
    }

    pub fn is_empty(&mut self) -> bool {
        self.received.is_empty()
    }
}

async fn receive(
    State(inner): State<Inner>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1]) {
    inner.received.send(Received { path: uri.path().to_owned(), headers, body }).unwrap();
    let answer = inner.answers.lock().unwrap().pop_front();
    let (status, name, value) = answer.unwrap_or((200, "x-sink", "yes"));
    (StatusCode::from_u16(status).unwrap(), [(name, value)])
}
