//! SQLite in the state directory: one writer with group commit, a few readers.

mod accept;
mod change;
mod clear;
mod delivery;
mod list;
mod open;
mod read;
mod row;
pub mod writer;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use openclaw_shared::event::{EventType, JobEvent};
use openclaw_shared::job::Job;
use openclaw_shared::webhook::Delivery;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

use super::{
    Acceptance, Change, DueDelivery, EventPage, HostPrompt, JobFilter, JobPage, JobRecord, NonceClaim,
    OpenJob, Retention, Retryable, Settled, Store, StoreError, StoreResult, Submission, UsedKey, Which,
};
use writer::{Unit, Writer};

/// Lists and streams read at the same time as the writer writes; more readers than cores wait for each other.
const READERS: u32 = 4;

pub struct Sqlite {
    writer: Writer,
    readers: SqlitePool,
}

impl Sqlite {
    /// Opens or creates the database; the writer runs on `tasks` until [`Store::close`].
    pub async fn open(state_dir: &Path, tasks: &TaskTracker) -> Result<Self, StoreError> {
        let path = state_dir.join("jobs.db");
        let connection = open::writer(&path).await?;
        let readers = open::readers(&path, READERS);
        Ok(Self { writer: Writer::start(connection, tasks), readers })
    }

    /// Runs `unit` in the next group commit and returns when that is on disk.
    pub async fn write<U: Unit>(&self, unit: U) -> Result<U::Output, StoreError> {
        self.writer.write(unit).await
    }

    /// For reading; every connection refuses to write.
    pub fn readers(&self) -> &SqlitePool {
        &self.readers
    }
}

impl Store for Sqlite {
    fn accept(&self, job: JobRecord) -> StoreResult<'_, Acceptance> {
        Box::pin(self.writer.accept(job))
    }

    fn change(&self, change: Change) -> StoreResult<'_, Option<Job>> {
        Box::pin(async { Ok(self.write(change::Changes(vec![change])).await?.pop().flatten()) })
    }

    fn change_all(&self, changes: Vec<Change>) -> StoreResult<'_, Vec<Option<Job>>> {
        Box::pin(self.write(change::Changes(changes)))
    }

    fn request_cancel(&self, id: &str, at: i64) -> StoreResult<'_, Option<Job>> {
        Box::pin(self.write(change::Cancel { id: id.to_owned(), at }))
    }

    fn claim(&self, depth: u32, at: i64) -> StoreResult<'_, Option<Submission>> {
        Box::pin(self.write(change::Claim { depth, at }))
    }

    fn requeue(&self, id: &str, at: i64) -> StoreResult<'_, Option<Job>> {
        Box::pin(self.write(change::Requeue { id: id.to_owned(), at }))
    }

    fn add_host_prompts(&self, prompts: Vec<HostPrompt>, at: i64) -> StoreResult<'_, Vec<Job>> {
        Box::pin(self.write(accept::AddHostPrompts { prompts, at }))
    }

    fn note(&self, id: &str, event: EventType, data: Value, at: i64) -> StoreResult<'_, ()> {
        Box::pin(self.write(change::Note { id: id.to_owned(), event, data, at }))
    }

    fn prune(&self, retention: Retention, now: i64) -> StoreResult<'_, u64> {
        Box::pin(self.write(clear::Prune { retention, now }))
    }

    fn job(&self, id: &str) -> StoreResult<'_, Option<Job>> {
        let id = id.to_owned();
        Box::pin(async move { read::job(&self.readers, &id).await })
    }

    fn retryable(&self, id: &str) -> StoreResult<'_, Option<Retryable>> {
        let id = id.to_owned();
        Box::pin(async move { read::retryable(&self.readers, &id).await })
    }

    fn list(&self, filter: JobFilter) -> StoreResult<'_, JobPage> {
        Box::pin(async move { list::page(&self.readers, &filter).await })
    }

    fn open_jobs(&self) -> StoreResult<'_, Vec<OpenJob>> {
        Box::pin(read::open_jobs(&self.readers))
    }

    fn any_ended_before(&self, ids: Vec<String>, at: i64) -> StoreResult<'_, bool> {
        Box::pin(async move { read::any_ended_before(&self.readers, &ids, at).await })
    }

    fn used_key(&self, tenant: &str, key: &str, now: i64) -> StoreResult<'_, Option<UsedKey>> {
        let (tenant, key) = (tenant.to_owned(), key.to_owned());
        Box::pin(async move { read::used_key(&self.readers, &tenant, &key, now).await })
    }

    fn events(&self, since: u64, limit: u32, prompt_id: Option<&str>) -> StoreResult<'_, EventPage> {
        let prompt_id = prompt_id.map(str::to_owned);
        Box::pin(async move { read::events(&self.readers, since, limit, prompt_id.as_deref()).await })
    }

    fn claim_nonce(&self, claim: NonceClaim, now: i64) -> StoreResult<'_, bool> {
        Box::pin(self.write(delivery::ClaimNonce { claim, now }))
    }

    fn due_deliveries(
        &self,
        now: i64,
        limit: u32,
        without: &BTreeSet<String>,
    ) -> StoreResult<'_, Vec<DueDelivery>> {
        Box::pin(delivery::due(&self.readers, now, limit, json!(without)))
    }

    fn next_delivery(&self, now: i64) -> StoreResult<'_, Option<i64>> {
        Box::pin(delivery::next(&self.readers, now))
    }

    fn settle_delivery(&self, id: i64, settled: Settled, host: String, at: i64) -> StoreResult<'_, ()> {
        Box::pin(self.write(delivery::Settle { id, settled, host, at }))
    }

    fn replay_delivery(&self, message_id: &str, at: i64) -> StoreResult<'_, Option<(Delivery, bool)>> {
        Box::pin(self.write(delivery::Replay { message_id: message_id.to_owned(), at }))
    }

    fn deliveries(&self, which: Which, limit: u32) -> StoreResult<'_, Vec<Delivery>> {
        Box::pin(delivery::list(&self.readers, which, limit))
    }

    fn identity(&self, key: &'static str, candidate: String) -> StoreResult<'_, String> {
        Box::pin(self.write(accept::Identity { key, candidate }))
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<JobEvent>> {
        self.writer.subscribe()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.readers.close().await;
            self.writer.close().await;
        })
    }
}
