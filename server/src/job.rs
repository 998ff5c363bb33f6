//! Jobs: the one way through, whichever way they came in.

pub mod budget;
mod follower;
pub mod live;
pub mod query;
pub mod run;
mod submitter;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openclaw_shared::event::{EventType, JobEvent};
use openclaw_shared::job::{Job, JobError, JobSource, Trace, TraceEvent};
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::redact::Redactor;
use crate::store::{
    Acceptance, Change, EventPage, JobFilter, JobPage, JobRecord, KeyClaim, NonceClaim, Retryable, Store,
    StoreError,
};
use crate::trace::{self, TraceContext};
use budget::{Budgets, Busy, Limits};
use live::Live;

/// How long a key finds its job, from when the job was accepted: a sender that retries for longer has its own trouble.
pub const KEY_TTL: Duration = Duration::from_hours(24);
/// Characters of an idempotency key; the longest ones in the field are hashes and UUIDs.
pub const MAX_KEY: usize = 255;

/// Events of one job that are shown; a job has about ten.
const MAX_TRACE: u32 = 200;

/// An event that was authenticated, normalised and rendered.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub source: JobSource,
    pub tenant: String,
    pub template_id: Option<String>,
    pub title: Option<String>,
    /// A workflow in API format: node id to node.
    pub prompt: Map<String, Value>,
    /// Goes to ComfyUI beside the prompt, and into the pictures it writes.
    pub extra_data: Map<String, Value>,
    pub idempotency: Option<Idempotency>,
    pub nonce: Option<Nonce>,
    /// Where the result goes; only delivery reads it.
    pub callback: Option<Value>,
    pub trace: TraceContext,
}

/// The sender's name for this event, and a digest of what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    pub key: String,
    /// Another name that is the event's alone.
    pub other: Option<String>,
    pub payload_hash: [u8; 32],
    /// At most [`KEY_TTL`], because that is how long a job is kept in any case.
    pub ttl: Duration,
}

/// A value of the sender that must not come twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    pub value: String,
    pub ttl: Duration,
}

/// The job that an event has become: durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    pub job: Job,
    /// The same event was accepted before; this is its job.
    pub deduped: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    #[error("This idempotency key was used for another request. Use a new key for a new request.")]
    KeyReused,
    #[error("A request with this idempotency key is being accepted right now. Try again in a moment.")]
    KeyInFlight,
    #[error("This nonce was used before.")]
    NonceUsed,
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    #[error("There is no job with this id.")]
    Unknown,
    #[error("This job has not ended yet. Cancel it first, or wait.")]
    NotEnded,
    #[error("This job was queued in ComfyUI itself. Queue it there again.")]
    NotOurs,
    #[error(transparent)]
    Accept(#[from] AcceptError),
}

impl From<StoreError> for RetryError {
    fn from(error: StoreError) -> Self {
        Self::Accept(error.into())
    }
}

pub struct Jobs {
    store: Arc<dyn Store>,
    clock: Clock,
    redactor: Arc<Redactor>,
    budgets: Budgets,
    pub live: Live,
    /// Keys of events that are on their way into the store.
    keys: Mutex<HashSet<(String, String)>>,
}

impl Jobs {
    /// Counts what is open already.
    pub async fn load(
        store: Arc<dyn Store>,
        clock: Clock,
        limits: Limits,
        redactor: Arc<Redactor>,
    ) -> Result<Self, StoreError> {
        let budgets = Budgets::new(limits);
        for open in store.open_jobs().await? {
            if open.job.source != JobSource::Host {
                budgets.count(&open.job);
            }
        }
        Ok(Self { store, clock, redactor, budgets, live: Live::default(), keys: Mutex::default() })
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Stores the job. When this returns it is on disk, and will be run once.
    pub async fn accept(&self, new: NewJob) -> Result<Accepted, AcceptError> {
        let now = self.clock.now_ms();
        let record = record(new, now)?;
        self.accept_record(record, now).await
    }

    /// Uses up a nonce without a job; whether it was free.
    pub async fn claim_nonce(&self, nonce: &Nonce) -> Result<bool, StoreError> {
        let now = self.clock.now_ms();
        self.store.claim_nonce(claim(nonce.clone(), now), now).await
    }

    async fn accept_record(&self, mut record: JobRecord, now: i64) -> Result<Accepted, AcceptError> {
        let _in_flight = match &record.key {
            Some(claim) => Some(self.hold(&record.tenant, &claim.key)?),
            None => None,
        };
        let template = record.template_id.as_deref();
        match self.budgets.enter(&record.id, record.source, template, &record.tenant, now) {
            Ok(place) => record.room = Some(Arc::new(place)),
            // What was accepted before is answered however full it is.
            Err(busy) => return self.replay(&record, now).await?.ok_or(AcceptError::Busy(busy)),
        }
        match self.store.accept(record).await? {
            Acceptance::New(job) => Ok(Accepted { job: *job, deduped: false }),
            Acceptance::Replayed(job) => Ok(Accepted { job: *job, deduped: true }),
            Acceptance::KeyReused => Err(AcceptError::KeyReused),
            Acceptance::NonceUsed => Err(AcceptError::NonceUsed),
        }
    }

    async fn replay(&self, record: &JobRecord, now: i64) -> Result<Option<Accepted>, AcceptError> {
        let Some(claim) = &record.key else { return Ok(None) };
        for key in claim.keys() {
            let Some(used) = self.store.used_key(&record.tenant, key, now).await? else { continue };
            if used.payload_hash != claim.payload_hash {
                return Err(AcceptError::KeyReused);
            }
            if let Some(nonce) = &record.nonce
                && !self.store.claim_nonce(nonce.clone(), now).await?
            {
                return Err(AcceptError::NonceUsed);
            }
            return Ok(Some(Accepted { job: used.job, deduped: true }));
        }
        Ok(None)
    }

    fn hold(&self, tenant: &str, key: &str) -> Result<HeldKey<'_>, AcceptError> {
        let name = (tenant.to_owned(), key.to_owned());
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if !keys.insert(name.clone()) {
            return Err(AcceptError::KeyInFlight);
        }
        Ok(HeldKey { keys: &self.keys, name })
    }

    /// The same work again, as a new job with its own id. It takes the callback with it, but no idempotency key.
    pub async fn retry(&self, id: &str) -> Result<Job, RetryError> {
        let Some(Retryable { job, prompt, extra_data, callback, node_count }) =
            self.store.retryable(id).await?
        else {
            let known = self.store.job(id).await?;
            return Err(if known.is_some() { RetryError::NotOurs } else { RetryError::Unknown });
        };
        if !job.state.is_end() {
            return Err(RetryError::NotEnded);
        }
        let now = self.clock.now_ms();
        let record = JobRecord {
            id: new_id(),
            tenant: job.tenant_id,
            source: job.source,
            template_id: job.template_id,
            title: job.title,
            workflow_id: job.workflow_id,
            trace_id: job.trace_id,
            parent_span: None,
            retry_of: Some(job.id.clone()),
            prompt,
            extra_data,
            node_count,
            callback,
            created_at: now,
            key: None,
            nonce: None,
            room: None,
        };
        let accepted = self.accept_record(record, now).await?;
        self.store.note(&job.id, EventType::Retried, json!({"job_id": accepted.job.id}), now).await?;
        Ok(accepted.job)
    }

    /// Stops a job as soon as that is possible; `None` for an unknown one.
    pub async fn cancel(&self, id: &str) -> Result<Option<Job>, StoreError> {
        let job = self.store.request_cancel(id, self.clock.now_ms()).await?;
        if let Some(job) = &job {
            self.left(job);
        }
        Ok(job)
    }

    /// As it is, with everything it has made.
    pub async fn get(&self, id: &str) -> Result<Option<Job>, StoreError> {
        let mut job = self.store.job(id).await?;
        if let Some(job) = &mut job {
            self.complete(job);
        }
        Ok(job)
    }

    /// A page of jobs, each with its first outputs.
    pub async fn list(&self, filter: JobFilter) -> Result<JobPage, StoreError> {
        let mut page = self.store.list(filter).await?;
        for job in &mut page.jobs {
            self.complete(job);
            job.outputs.truncate(Job::MAX_OUTPUTS_IN_LIST);
        }
        Ok(page)
    }

    pub async fn events(
        &self,
        since: u64,
        limit: u32,
        prompt_id: Option<&str>,
    ) -> Result<EventPage, StoreError> {
        let mut page = self.store.events(since, limit, prompt_id).await?;
        page.events = page.events.into_iter().map(|event| self.shown(event)).collect();
        Ok(page)
    }

    /// Where to go on reading events after `since`, and whether that is where it wanted to.
    pub async fn cursor(&self, since: u64) -> Result<(u64, &'static str), StoreError> {
        let page = self.store.events(u64::MAX, 1, None).await?;
        Ok(if since > page.latest_seq {
            // Another database: the reader's numbers mean nothing here.
            (0, "future_cursor_reset")
        } else if since > 0 && since + 1 < page.earliest_seq {
            (page.earliest_seq - 1, "stale_cursor_reset")
        } else {
            (since, "ok")
        })
    }

    /// An event as others may see it.
    pub fn shown(&self, mut event: JobEvent) -> JobEvent {
        event.data = self.redactor.redact_json(&event.data);
        event.job.iter_mut().for_each(|job| self.complete(job));
        event
    }

    /// What happened to a job so far.
    pub async fn trace(&self, job: &Job) -> Result<Trace, StoreError> {
        let page = self.events(0, MAX_TRACE, Some(&job.id)).await?;
        let event = |event: JobEvent| TraceEvent {
            ts: event.timestamp,
            event: event.event_type.as_str().into(),
            meta: event.data,
        };
        Ok(Trace {
            prompt_id: job.id.clone(),
            trace_id: job.trace_id.clone(),
            traceparent: trace::traceparent(&job.trace_id, &job.id),
            created_at: page.events.first().map_or(0.0, |event| event.timestamp),
            events: page.events.into_iter().map(event).collect(),
        })
    }

    /// Adds what only the running server knows, and takes secrets out of what nodes said.
    fn complete(&self, job: &mut Job) {
        self.live.complete(job);
        for error in job.error.iter_mut().chain(&mut job.node_errors) {
            hide_secrets(&self.redactor, error);
        }
        for text in job.outputs.iter_mut().filter_map(|output| output.text.as_mut()) {
            *text = self.redactor.redact(text).into_owned();
        }
    }

    /// Takes steps of jobs, and gives back the places of those that ended.
    pub async fn change(&self, changes: Vec<Change>) -> Result<Vec<Option<Job>>, StoreError> {
        let jobs = self.store.change_all(changes).await?;
        jobs.iter().flatten().for_each(|job| self.left(job));
        Ok(jobs)
    }

    /// Puts a job that ComfyUI never heard of back into the queue.
    async fn requeue(&self, id: &str) -> Result<(), StoreError> {
        let job = self.store.requeue(id, self.now()).await?;
        if let Some(job) = &job {
            self.left(job);
        }
        Ok(())
    }

    /// What the nodes of a job are called, by their id; empty for a job whose workflow is not kept.
    async fn node_titles(&self, id: &str) -> Result<HashMap<String, String>, StoreError> {
        let Some(found) = self.store.retryable(id).await? else { return Ok(HashMap::new()) };
        let prompt: Map<String, Value> = serde_json::from_str(&found.prompt)?;
        let title = |node: &Value| {
            let title = node["_meta"]["title"].as_str().filter(|title| !title.is_empty());
            title.or(node["class_type"].as_str()).unwrap_or_default().to_owned()
        };
        Ok(prompt.into_iter().map(|(id, node)| (id, title(&node))).collect())
    }

    pub fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    fn left(&self, job: &Job) {
        if job.state.is_end() && self.budgets.leave(&job.id, job.execution_end_time) {
            tracing::info!(job_id = job.id, trace_id = job.trace_id, state = job.state.as_str(), "ended");
        }
    }
}

/// What failed can have said what it was given.
pub fn hide_secrets(redactor: &Redactor, error: &mut JobError) {
    for text in [Some(&mut error.message), error.detail.as_mut()].into_iter().flatten() {
        *text = redactor.redact(text).into_owned();
    }
}

/// Whether the event is the end of its job.
fn ended(event: &JobEvent) -> bool {
    matches!(
        event.event_type,
        EventType::Completed
            | EventType::Failed
            | EventType::Cancelled
            | EventType::Interrupted
            | EventType::Lost
    )
}

/// Time-ordered, so that the newest ids are neighbours in the index.
fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn record(new: NewJob, now: i64) -> Result<JobRecord, StoreError> {
    let mut extra_data = new.extra_data;
    extra_data.insert("comfy_usage_source".into(), "comfyui-openclaw".into());
    extra_data.insert(
        "openclaw".into(),
        json!({
            "trace_id": new.trace.trace_id, "source": new.source, "tenant_id": new.tenant,
            "template_id": new.template_id,
        }),
    );
    Ok(JobRecord {
        id: new_id(),
        tenant: new.tenant,
        source: new.source,
        template_id: new.template_id,
        title: new.title,
        workflow_id: None,
        trace_id: new.trace.trace_id,
        parent_span: new.trace.parent_span,
        retry_of: None,
        node_count: u32::try_from(new.prompt.len()).unwrap_or(u32::MAX),
        prompt: serde_json::to_string(&new.prompt)?,
        extra_data: serde_json::to_string(&extra_data)?,
        callback: new.callback.as_ref().map(serde_json::to_string).transpose()?,
        created_at: now,
        key: new.idempotency.map(|claim| KeyClaim {
            key: claim.key,
            other: claim.other,
            payload_hash: claim.payload_hash,
            expires_at: later(now, claim.ttl.min(KEY_TTL)),
        }),
        nonce: new.nonce.map(|nonce| claim(nonce, now)),
        room: None,
    })
}

fn claim(nonce: Nonce, now: i64) -> NonceClaim {
    NonceClaim { nonce: nonce.value, expires_at: later(now, nonce.ttl) }
}

fn later(now: i64, ttl: Duration) -> i64 {
    now.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX))
}

/// Released when the event is stored or refused.
struct HeldKey<'a> {
    keys: &'a Mutex<HashSet<(String, String)>>,
    name: (String, String),
}

impl Drop for HeldKey<'_> {
    fn drop(&mut self) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}
