//! What must survive: jobs, their events, idempotency keys, nonces and deliveries.
//!
//! A write returns when it is on disk. [`Store`] is what the domain sees; [`sqlite`] is the only implementation so far,
//! and `tests/it/store.rs` holds what every implementation has to keep to.

pub mod sqlite;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use openclaw_shared::event::{EventType, JobEvent};
use openclaw_shared::job::{DeliveryState, Job, JobError, JobSource, JobState, Output};
use openclaw_shared::webhook::Delivery;
use serde_json::Value;
use tokio::sync::broadcast;

/// Why something was not stored or read. `Display` says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the job database {} is damaged ({detail}): put a copy of it back, or move it away to begin with an empty one",
        path.display()
    )]
    Damaged { path: PathBuf, detail: String },
    #[error(
        "the job database {} was written by a newer version (schema {found}, this one knows {known}): install that \
         version again, or move the file away to begin with an empty one",
        path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{} is a database of another program: move it away", path.display())]
    Foreign { path: PathBuf },
    #[error("the job database {} cannot be opened: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("the job database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a stored value cannot be read: {0}")]
    Value(#[from] serde_json::Error),
    #[error("the server is stopping")]
    Closed,
}

pub type StoreResult<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// A job to be stored, and what must be claimed with it.
#[derive(Debug, Clone)]
pub struct JobRecord {
    pub id: String,
    pub tenant: String,
    pub source: JobSource,
    pub template_id: Option<String>,
    pub title: Option<String>,
    pub workflow_id: Option<String>,
    pub trace_id: String,
    pub parent_span: Option<String>,
    pub retry_of: Option<String>,
    /// JSON, exactly as it will be submitted.
    pub prompt: String,
    /// JSON.
    pub extra_data: String,
    pub node_count: u32,
    /// JSON: where the result goes; opaque here.
    pub callback: Option<String>,
    pub created_at: i64,
    pub key: Option<KeyClaim>,
    pub nonce: Option<NonceClaim>,
    /// Goes wherever the record goes, so that it is given back whatever becomes of the record and of who sent it.
    pub room: Option<Arc<dyn Room>>,
}

/// What an open job takes up. Dropping it gives it back, unless it was kept.
pub trait Room: std::fmt::Debug + Send + Sync {
    /// The job is on disk, and open.
    fn keep(&self);
}

/// An idempotency key of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyClaim {
    pub key: String,
    /// Another key that finds the same job.
    pub other: Option<String>,
    pub payload_hash: [u8; 32],
    pub expires_at: i64,
}

impl KeyClaim {
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.key).chain(self.other.as_deref())
    }
}

/// A key that counts already.
#[derive(Debug, Clone, PartialEq)]
pub struct UsedKey {
    pub payload_hash: Vec<u8>,
    pub job: Job,
}

/// A value that may be used once until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonceClaim {
    pub nonce: String,
    pub expires_at: i64,
}

/// What became of a [`JobRecord`].
#[derive(Debug, Clone, PartialEq)]
pub enum Acceptance {
    New(Box<Job>),
    /// The key was used before with the same payload, for this job.
    Replayed(Box<Job>),
    /// The key was used before with another payload.
    KeyReused,
    NonceUsed,
}

/// A step of one job. It is taken only if the job is in one of the states `from`.
#[derive(Debug, Clone)]
pub struct Change {
    pub id: String,
    pub from: &'static [JobState],
    pub step: Step,
    pub at: i64,
    pub facts: Facts,
}

/// Where a change leads.
#[derive(Debug, Clone)]
pub enum Step {
    /// Only facts are added.
    Stay,
    /// Into another state, with an event and its particulars.
    To(JobState, EventType, Value),
}

impl Change {
    pub fn to(id: &str, from: &'static [JobState], to: JobState, event: EventType, at: i64) -> Self {
        let step = Step::To(to, event, Value::Object(serde_json::Map::new()));
        Self { id: id.to_owned(), from, step, at, facts: Facts::default() }
    }

    #[must_use]
    pub fn with(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// Particulars of the event.
    #[must_use]
    pub fn saying(mut self, data: Value) -> Self {
        if let Step::To(_, _, said) = &mut self.step {
            *said = data;
        }
        self
    }
}

/// What became known with a step; `None` leaves what is stored.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub number: Option<i64>,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub outputs: Option<Vec<Output>>,
    pub error: Option<JobError>,
    pub node_errors: Option<Vec<JobError>>,
    pub cached: Option<bool>,
}

/// A job that is to be handed to ComfyUI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    pub id: String,
    pub trace_id: String,
    pub prompt: String,
    pub extra_data: String,
}

/// What is needed to try a job again.
#[derive(Debug, Clone, PartialEq)]
pub struct Retryable {
    pub job: Job,
    pub prompt: String,
    pub extra_data: String,
    pub callback: Option<String>,
    pub node_count: u32,
}

/// A job that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenJob {
    pub job: Job,
    /// When it was last marked as being on its way.
    pub claimed_at: Option<i64>,
}

/// A prompt that somebody queued in ComfyUI itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPrompt {
    pub id: String,
    pub number: i64,
    pub running: bool,
    pub workflow_id: Option<String>,
    pub node_count: u32,
    /// When it began, for one that is found when it is over.
    pub created_at: Option<i64>,
}

/// What a list of jobs is limited to and how it is ordered. Empty lists mean everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobFilter {
    pub states: Vec<JobState>,
    pub sources: Vec<JobSource>,
    pub template_id: Option<String>,
    pub trace_id: Option<String>,
    pub workflow_id: Option<String>,
    pub order: Order,
    pub ascending: bool,
    pub limit: u32,
    pub offset: u32,
    pub after: Option<Cursor>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    #[default]
    Created,
    Duration,
}

/// The last row of the page before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub seq: i64,
    /// Only when ordered by it.
    pub duration: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct JobPage {
    pub jobs: Vec<Job>,
    /// Of the last job, when there are more.
    pub next: Option<Cursor>,
    /// Counted up to one more than `Pagination::MAX_TOTAL`.
    pub total: u32,
}

/// A page of the log of events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventPage {
    pub events: Vec<JobEvent>,
    pub earliest_seq: u64,
    pub latest_seq: u64,
}

/// A result that is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDelivery {
    pub id: i64,
    pub job_id: String,
    pub message_id: String,
    /// JSON: the callback of the job.
    pub target: String,
    /// Scheme, host and port as the callback spells them.
    pub origin: String,
    /// Tries so far.
    pub attempts: u32,
}

/// Which deliveries to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    All,
    In(DeliveryState),
    OfJob(String),
}

/// What a try to deliver came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    Delivered,
    Again { at: i64, reason: String },
    Dead { reason: String },
}

/// How long ended jobs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    pub max_age_ms: i64,
    pub max_count: i64,
    /// Nothing younger goes, whatever the count: a key must find its job as long as it counts.
    pub min_age_ms: i64,
}

pub trait Store: Send + Sync {
    /// Stores a job, its first event, its key and its nonce, or none of them.
    fn accept(&self, job: JobRecord) -> StoreResult<'_, Acceptance>;
    /// The job as it is after the step, or `None` when it was in no state for it.
    fn change(&self, change: Change) -> StoreResult<'_, Option<Job>>;
    /// Several steps in one transaction.
    fn change_all(&self, changes: Vec<Change>) -> StoreResult<'_, Vec<Option<Job>>>;
    /// Ends a job that nobody else knows of, or remembers that it is to end; `None` for an unknown job.
    fn request_cancel(&self, id: &str, at: i64) -> StoreResult<'_, Option<Job>>;
    /// The oldest queued job, if ComfyUI has fewer than `depth`. It is `Submitting` before this returns.
    fn claim(&self, depth: u32, at: i64) -> StoreResult<'_, Option<Submission>>;
    /// Puts a job that is on its way back into the queue, or ends it when that was asked for meanwhile.
    fn requeue(&self, id: &str, at: i64) -> StoreResult<'_, Option<Job>>;
    /// Adds prompts of ComfyUI's own that are not known yet; returns the new ones.
    fn add_host_prompts(&self, prompts: Vec<HostPrompt>, at: i64) -> StoreResult<'_, Vec<Job>>;
    /// Writes an event that changes nothing.
    fn note(&self, id: &str, event: EventType, data: Value, at: i64) -> StoreResult<'_, ()>;
    /// Clears away what is old; the number of jobs that went. A large backlog takes several calls.
    fn prune(&self, retention: Retention, now: i64) -> StoreResult<'_, u64>;

    fn job(&self, id: &str) -> StoreResult<'_, Option<Job>>;
    fn retryable(&self, id: &str) -> StoreResult<'_, Option<Retryable>>;
    fn list(&self, filter: JobFilter) -> StoreResult<'_, JobPage>;
    /// Every job that has not ended, oldest first.
    fn open_jobs(&self) -> StoreResult<'_, Vec<OpenJob>>;
    /// Whether any of these jobs had ended at that time.
    fn any_ended_before(&self, ids: Vec<String>, at: i64) -> StoreResult<'_, bool>;
    /// What an unexpired key was used for.
    fn used_key(&self, tenant: &str, key: &str, now: i64) -> StoreResult<'_, Option<UsedKey>>;
    /// Events after `since`, of one job or of all.
    fn events(&self, since: u64, limit: u32, prompt_id: Option<&str>) -> StoreResult<'_, EventPage>;
    /// Claims a nonce of a request that makes no job; whether it was free.
    fn claim_nonce(&self, claim: NonceClaim, now: i64) -> StoreResult<'_, bool>;
    /// The results that are to be sent, those that wait longest first, without those for some origins.
    fn due_deliveries(
        &self,
        now: i64,
        limit: u32,
        without: &BTreeSet<String>,
    ) -> StoreResult<'_, Vec<DueDelivery>>;
    /// When the next result after those is to be sent.
    fn next_delivery(&self, now: i64) -> StoreResult<'_, Option<i64>>;
    /// Records a try; nothing happens to a delivery that is not pending.
    fn settle_delivery(&self, id: i64, settled: Settled, host: String, at: i64) -> StoreResult<'_, ()>;
    /// Starts one that is over from the beginning: as it is now, and whether it was over; `None` for an unknown one.
    fn replay_delivery(&self, message_id: &str, at: i64) -> StoreResult<'_, Option<(Delivery, bool)>>;
    /// Newest first.
    fn deliveries(&self, which: Which, limit: u32) -> StoreResult<'_, Vec<Delivery>>;
    /// A value that is made once and stays: whichever was stored first.
    fn identity(&self, key: &'static str, candidate: String) -> StoreResult<'_, String>;
    /// Events as they are committed, in order.
    fn subscribe(&self) -> broadcast::Receiver<Arc<JobEvent>>;
    /// Finishes what is being written; later writes fail.
    fn close(&self) -> BoxFuture<'_, ()>;
}
