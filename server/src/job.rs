//! Jobs: the one way through, whichever way they came in.

pub mod budget;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openclaw_shared::event::EventType;
use openclaw_shared::job::{Job, JobSource};
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::store::{
    Acceptance, Change, EventPage, JobFilter, JobPage, JobRecord, KeyClaim, NonceClaim, Retryable, Store,
    StoreError,
};
use crate::trace::TraceContext;
use budget::{Budgets, Busy, Limits};

/// How long a key finds its job, from when the job was accepted: a sender that retries for longer has its own trouble.
pub const KEY_TTL: Duration = Duration::from_hours(24);
/// Characters of an idempotency key; the longest ones in the field are hashes and UUIDs.
pub const MAX_KEY: usize = 255;

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
    budgets: Budgets,
    /// Keys of events that are on their way into the store.
    keys: Mutex<HashSet<(String, String)>>,
}

impl Jobs {
    /// Counts what is open already.
    pub async fn load(store: Arc<dyn Store>, clock: Clock, limits: Limits) -> Result<Self, StoreError> {
        let budgets = Budgets::new(limits);
        for open in store.open_jobs().await? {
            if open.job.source != JobSource::Host {
                budgets.count(&open.job);
            }
        }
        Ok(Self { store, clock, budgets, keys: Mutex::default() })
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
        let expires_at = now.saturating_add(i64::try_from(nonce.ttl.as_millis()).unwrap_or(i64::MAX));
        self.store.claim_nonce(NonceClaim { nonce: nonce.value.clone(), expires_at }, now).await
    }

    async fn accept_record(&self, record: JobRecord, now: i64) -> Result<Accepted, AcceptError> {
        let _in_flight = match &record.key {
            Some(claim) => Some(self.hold(&record.tenant, &claim.key)?),
            None => None,
        };
        let (id, template) = (record.id.clone(), record.template_id.as_deref());
        if let Err(busy) = self.budgets.enter(&id, record.source, template, &record.tenant, now) {
            // What was accepted before is answered however full it is.
            return self.replay(&record, now).await?.ok_or(AcceptError::Busy(busy));
        }
        // A caller that goes away here leaves its places taken, because the job may well be stored.
        let accepted = match self.store.accept(record).await {
            Ok(Acceptance::New(job)) => return Ok(Accepted { job: *job, deduped: false }),
            Ok(Acceptance::Replayed(job)) => Ok(Accepted { job: *job, deduped: true }),
            Ok(Acceptance::KeyReused) => Err(AcceptError::KeyReused),
            Ok(Acceptance::NonceUsed) => Err(AcceptError::NonceUsed),
            Err(error) => Err(error.into()),
        };
        self.budgets.leave(&id, None);
        accepted
    }

    async fn replay(&self, record: &JobRecord, now: i64) -> Result<Option<Accepted>, AcceptError> {
        let Some(claim) = &record.key else { return Ok(None) };
        match self.store.used_key(&record.tenant, &claim.key, now).await? {
            Some(used) if used.payload_hash == claim.payload_hash => {
                Ok(Some(Accepted { job: used.job, deduped: true }))
            }
            Some(_) => Err(AcceptError::KeyReused),
            None => Ok(None),
        }
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

    pub async fn get(&self, id: &str) -> Result<Option<Job>, StoreError> {
        self.store.job(id).await
    }

    pub async fn list(&self, filter: JobFilter) -> Result<JobPage, StoreError> {
        self.store.list(filter).await
    }

    pub async fn events(
        &self,
        since: u64,
        limit: u32,
        prompt_id: Option<&str>,
    ) -> Result<EventPage, StoreError> {
        self.store.events(since, limit, prompt_id).await
    }

    /// Takes steps of jobs, and gives back the places of those that ended.
    pub async fn change(&self, changes: Vec<Change>) -> Result<Vec<Option<Job>>, StoreError> {
        let jobs = self.store.change_all(changes).await?;
        jobs.iter().flatten().for_each(|job| self.left(job));
        Ok(jobs)
    }

    fn left(&self, job: &Job) {
        if job.state.is_end() {
            self.budgets.leave(&job.id, job.execution_end_time);
        }
    }
}

/// Time-ordered, so that the newest ids are neighbours in the index.
fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn record(new: NewJob, now: i64) -> Result<JobRecord, StoreError> {
    let later = |ttl: Duration| now.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
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
        extra_data: serde_json::to_string(&new.extra_data)?,
        callback: new.callback.as_ref().map(serde_json::to_string).transpose()?,
        created_at: now,
        key: new.idempotency.map(|claim| KeyClaim {
            key: claim.key,
            payload_hash: claim.payload_hash,
            expires_at: later(claim.ttl.min(KEY_TTL)),
        }),
        nonce: new.nonce.map(|nonce| NonceClaim { nonce: nonce.value, expires_at: later(nonce.ttl) }),
    })
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
