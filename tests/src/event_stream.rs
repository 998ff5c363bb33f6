//! `GET /events/stream`, read one by one.

use std::collections::VecDeque;
use std::time::Duration;

use openclaw_shared::event::{JobEvent, StreamEvent};
use openclaw_shared::job::HostState;
use openclaw_shared::sse::SseDecoder;
use reqwest::{Response, StatusCode};

use crate::client;

/// Far more than any step takes: reaching it means that it will never come.
const LIMIT: Duration = Duration::from_secs(30);

pub struct EventStream {
    response: Response,
    decoder: SseDecoder,
    ready: VecDeque<StreamEvent>,
}

impl EventStream {
    /// Of the server at `url`.
    pub async fn open(url: &str, query: &str, last_event_id: Option<u64>) -> Self {
        let mut request = client().get(format!("{url}/openclaw/events/stream{query}"));
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, decoder: SseDecoder::default(), ready: VecDeque::new() }
    }

    pub async fn next(&mut self) -> StreamEvent {
        tokio::time::timeout(LIMIT, self.read()).await.expect("nothing comes")
    }

    async fn read(&mut self) -> StreamEvent {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            let chunk = self.response.chunk().await.unwrap().expect("the stream ended");
            for event in self.decoder.push(&chunk).unwrap() {
                self.ready.extend(StreamEvent::parse(&event.name, &event.data).unwrap());
            }
        }
    }

    /// The next event of a job.
    pub async fn next_job(&mut self) -> JobEvent {
        loop {
            if let StreamEvent::Job(event) = self.next().await {
                return *event;
            }
        }
    }

    /// The next that is said of ComfyUI.
    pub async fn next_host(&mut self) -> HostState {
        loop {
            match self.next().await {
                StreamEvent::Ready(ready) => return ready.host,
                StreamEvent::Host(host) => return host,
                _ => {}
            }
        }
    }
}
