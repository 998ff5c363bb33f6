//! ComfyUI as it is: what it answers, what it says on its web socket, and what its silence means.
//!
//! Knows nothing of jobs: prompts have an id that the caller chose, and everything said about them is one of the few
//! things named here. A prompt that is in no queue and not in the history is [`Whereabouts::Unknown`], which is not
//! the same as done.

mod history;
mod job;
mod output;
mod queue;
mod refusal;
pub mod socket;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use openclaw_shared::job::{JobError, Output};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use url::Url;

use crate::egress::{Egress, EgressError, Reach};

pub use queue::{Queue, Queued};

/// ComfyUI answers while it works, but from Python: a model that is being loaded can hold it up for a while.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer: a history entry of a batch of thousands, and far from what would hurt.
const MAX_ANSWER: usize = 64 << 20;
/// Bytes of an error's text that are kept.
const MAX_WORDS: usize = 500;

/// Why ComfyUI could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ComfyError {
    #[error("ComfyUI's address is not known yet")]
    NoAddress,
    #[error("ComfyUI is not reachable at {url}: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("ComfyUI answered with status {status}: {words}")]
    Status { status: u16, words: String },
    #[error("ComfyUI's answer could not be read: {0}")]
    Answer(String),
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Submission {
    /// In the queue. With errors, the branches they belong to were left out.
    Accepted {
        number: i64,
        node_errors: Vec<JobError>,
    },
    /// A prompt with this id is there already.
    Known,
    Refused {
        error: JobError,
        node_errors: Vec<JobError>,
    },
    /// It never left.
    NotSent(String),
    /// It may have arrived.
    Unclear(String),
    /// ComfyUI failed while it handled the request.
    Broke(String),
}

/// Where a prompt is.
#[derive(Debug, Clone, PartialEq)]
pub enum Whereabouts {
    Queued(Queued),
    Running(Queued),
    Ended(Ending),
    Unknown,
}

/// How a prompt ended, by ComfyUI's own history.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    pub outcome: Outcome,
    pub outputs: Vec<Output>,
    /// Milliseconds since 1970.
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    /// Nothing had to be computed.
    pub cached: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    Failed(JobError),
    Interrupted { node_id: Option<String>, node_type: Option<String> },
}

/// One ComfyUI. Its address can become known late and can change.
#[derive(Clone)]
pub struct Comfy {
    egress: Egress,
    address: watch::Receiver<Option<Url>>,
    /// Keeps the address from looking as if nobody could change it any more.
    _told: watch::Sender<Option<Url>>,
    /// ComfyUI sends what happens to a prompt to the socket of the client that queued it: this one, over restarts.
    client_id: String,
    /// Whether it is too old to know `/api/jobs`; until it connects anew, because then it may be another one.
    lacks_jobs: Arc<AtomicBool>,
}

impl Comfy {
    pub fn new(egress: Egress, address: &watch::Sender<Option<Url>>, client_id: String) -> Self {
        Self {
            egress,
            address: address.subscribe(),
            _told: address.clone(),
            client_id,
            lacks_jobs: Arc::default(),
        }
    }

    /// Hands a prompt over. `prompt` and `extra_data` are JSON objects as text.
    pub async fn submit(&self, id: &str, prompt: &str, extra_data: &str, traceparent: &str) -> Submission {
        let body = format!(
            r#"{{"prompt":{prompt},"prompt_id":{},"client_id":{},"extra_data":{extra_data}}}"#,
            json!(id),
            json!(self.client_id)
        );
        let request = match self.request(Method::POST, "prompt") {
            Ok(request) => request,
            Err(error) => return Submission::NotSent(error.to_string()),
        };
        let request = request.header("content-type", "application/json").header("traceparent", traceparent);
        match request.body(body).send().await {
            Ok(response) => {
                let status = response.status();
                match read(response).await {
                    Ok(body) => submission(status, &body),
                    Err(error) => Submission::Unclear(error.to_string()),
                }
            }
            Err(error) if error.is_connect() => Submission::NotSent(reason(&error)),
            Err(error) => Submission::Unclear(reason(&error)),
        }
    }

    /// Where a prompt is. The queue is asked first: a prompt moves from there into the history, never back.
    pub async fn find(&self, id: &str) -> Result<Whereabouts, ComfyError> {
        // One question where there would be two. That it knows nothing is left to the two, in the order that is sure.
        if let Some(whereabouts) = self.job(id).await {
            return Ok(whereabouts);
        }
        let queue = self.queue().await?;
        let of = |list: Vec<Queued>| list.into_iter().find(|queued| queued.id == id);
        if let Some(queued) = of(queue.running) {
            return Ok(Whereabouts::Running(queued));
        }
        if let Some(queued) = of(queue.pending) {
            return Ok(Whereabouts::Queued(queued));
        }
        Ok(self.history(id).await?.map_or(Whereabouts::Unknown, Whereabouts::Ended))
    }

    /// What a newer ComfyUI says of one prompt; `None` when it is older, or says nothing of use.
    async fn job(&self, id: &str) -> Option<Whereabouts> {
        if self.lacks_jobs.load(Ordering::Relaxed) {
            return None;
        }
        match self.get(&format!("api/jobs/{id}")).await {
            Ok(job) => job::parse(&job),
            Err(ComfyError::Status { status: 404, words }) => {
                // It has the address when it says in JSON that it has not the job.
                let known = serde_json::from_str::<Value>(&words).is_ok();
                self.lacks_jobs.store(!known, Ordering::Relaxed);
                None
            }
            Err(_) => None,
        }
    }

    /// Everything that waits and runs.
    pub async fn queue(&self) -> Result<Queue, ComfyError> {
        queue::parse(&self.send(self.request(Method::GET, "queue")?).await?)
    }

    /// How a prompt ended, if ComfyUI remembers.
    pub async fn history(&self, id: &str) -> Result<Option<Ending>, ComfyError> {
        let answer = self.get(&format!("history/{id}")).await?;
        Ok(answer.get(id).map(history::parse))
    }

    /// What ended last, oldest first.
    pub async fn recent(&self, limit: usize) -> Result<Vec<(Queued, Ending)>, ComfyError> {
        let answer = self.get(&format!("history?max_items={limit}")).await?;
        let Some(entries) = answer.as_object() else {
            return Err(ComfyError::Answer("the history is not an object".into()));
        };
        let mut found: Vec<_> = entries
            .values()
            .filter_map(|entry| Some((queue::queued(&entry["prompt"])?, history::parse(entry))))
            .collect();
        found.sort_by_key(|(queued, ending)| (ending.ended_at, queued.number));
        Ok(found)
    }

    /// Takes a waiting prompt out of the queue; one that runs already is not touched.
    pub async fn delete(&self, id: &str) -> Result<(), ComfyError> {
        self.post("queue", &json!({"delete": [id]})).await
    }

    /// Stops a prompt that runs. ComfyUI ignores an id that does not run.
    pub async fn interrupt(&self, id: &str) -> Result<(), ComfyError> {
        self.post("interrupt", &json!({"prompt_id": id})).await
    }

    async fn get(&self, path: &str) -> Result<Value, ComfyError> {
        let body = self.send(self.request(Method::GET, path)?).await?;
        serde_json::from_slice(&body).map_err(|error| ComfyError::Answer(error.to_string()))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<(), ComfyError> {
        self.send(self.request(Method::POST, path)?.json(body)).await.map(|_| ())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, ComfyError> {
        let response = request.send().await.map_err(|error| ComfyError::Unreachable {
            url: self.address.borrow().as_ref().map(Url::to_string).unwrap_or_default(),
            reason: reason(&error),
        })?;
        let status = response.status();
        let body = read(response).await?;
        if !status.is_success() {
            return Err(ComfyError::Status { status: status.as_u16(), words: words(&body) });
        }
        Ok(body)
    }

    fn request(&self, method: Method, path: &str) -> Result<reqwest::RequestBuilder, ComfyError> {
        let address = self.address.borrow().clone().ok_or(ComfyError::NoAddress)?;
        let url = below(&address, path);
        // The operator or ComfyUI's own process named this address, wherever it is.
        let request = self.egress.request(method, &url, Reach::Anywhere).map_err(|error: EgressError| {
            ComfyError::Unreachable { url: url.to_string(), reason: error.to_string() }
        })?;
        Ok(request.timeout(TIMEOUT))
    }
}

/// `path` below an address that may itself be below a path, as behind a proxy.
fn below(address: &Url, path: &str) -> Url {
    let mut url = address.clone();
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    url.set_path(&format!("{}/{path}", address.path().trim_end_matches('/')));
    url.set_query(query);
    url
}

fn submission(status: StatusCode, body: &[u8]) -> Submission {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    match status {
        StatusCode::OK => match answer.get("prompt_id") {
            Some(_) => Submission::Accepted {
                number: answer["number"].as_f64().map(queue::whole).unwrap_or_default(),
                node_errors: refusal::node_errors(&answer["node_errors"]),
            },
            None => Submission::Unclear("ComfyUI's answer has no prompt_id".into()),
        },
        StatusCode::CONFLICT => Submission::Known,
        status if status.is_server_error() => {
            Submission::Broke(format!("ComfyUI answered with status {status}: {}", words(body)))
        }
        status => {
            let (error, node_errors) = refusal::parse(status.as_u16(), &answer, &words(body));
            Submission::Refused { error, node_errors }
        }
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, ComfyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| ComfyError::Answer(reason(&error)))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(ComfyError::Answer(format!("it is longer than {MAX_ANSWER} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn words(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(MAX_WORDS).collect()
}

/// The innermost cause: reqwest's own words name only the address.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_below_the_address() {
        for (address, expected) in [
            ("http://127.0.0.1:8188", "http://127.0.0.1:8188/queue"),
            ("http://host/comfy/", "http://host/comfy/queue"),
        ] {
            assert_eq!(below(&Url::parse(address).unwrap(), "queue").as_str(), expected);
        }
    }

    #[test]
    fn answers_to_a_submission_are_told_apart() {
        let of = |status: u16, body: &str| submission(StatusCode::from_u16(status).unwrap(), body.as_bytes());
        assert_eq!(
            of(200, r#"{"prompt_id":"x","number":3,"node_errors":{}}"#),
            Submission::Accepted { number: 3, node_errors: Vec::new() }
        );
        assert_eq!(of(409, r#"{"error":"prompt_id already exists"}"#), Submission::Known);
        assert!(matches!(of(500, "500 Internal Server Error"), Submission::Broke(_)));
        assert!(matches!(of(200, "<html>"), Submission::Unclear(_)));
        assert!(matches!(of(403, ""), Submission::Refused { .. }));
    }
}
