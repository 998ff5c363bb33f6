//! Jobs in.

use openclaw_shared::event::EventType;
use openclaw_shared::job::{DeliveryState, Job, JobSource, JobState};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _};

use super::writer::{Tx, Unit};
use super::{StoreError, read, row};
use crate::store::{Acceptance, HostPrompt, JobRecord, KeyClaim, NonceClaim};

pub struct Accept(pub JobRecord);

/// One message to SQLite's thread for all three tables: `last_insert_rowid()` is the job's number until the event.
const INSERT: &str = "
    INSERT INTO jobs (id, tenant, source, template_id, title, workflow_id, trace_id, parent_span, retry_of, state,
                      node_count, created_at, delivery)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?);
    INSERT INTO payloads (job_seq, prompt, extra_data, callback) VALUES (last_insert_rowid(), ?, ?, ?);
    INSERT INTO events (job_seq, kind, at, data) VALUES (last_insert_rowid(), 'queued', ?, ?) RETURNING seq;";

impl Unit for Accept {
    type Output = Acceptance;

    async fn run(&self, tx: &mut Tx) -> Result<Acceptance, StoreError> {
        let new = &self.0;
        if let Some(key) = &new.key
            && let Some(known) = used_before(tx, new, key).await?
        {
            return Ok(known);
        }
        if let Some(nonce) = &new.nonce
            && !claim_nonce(tx, nonce, new.created_at).await?
        {
            return Ok(Acceptance::NonceUsed);
        }
        if let Some(key) = &new.key {
            // An expired key is taken over.
            sqlx::query(
                "INSERT OR REPLACE INTO idempotency_keys (tenant, key, payload_hash, job_id, expires_at)
                 VALUES (?, ?, ?, ?, ?)",
            )
            .bind(&new.tenant)
            .bind(&key.key)
            .bind(&key.payload_hash[..])
            .bind(&new.id)
            .bind(key.expires_at)
            .execute(&mut tx.connection)
            .await?;
        }
        let job = job_of(new);
        let data = json!({"source": new.source, "template_id": new.template_id, "retry_of": new.retry_of});
        let seq = sqlx::query_scalar(INSERT)
            .bind(&new.id)
            .bind(&new.tenant)
            .bind(new.source.as_str())
            .bind(&new.template_id)
            .bind(&new.title)
            .bind(&new.workflow_id)
            .bind(&new.trace_id)
            .bind(&new.parent_span)
            .bind(&new.retry_of)
            .bind(new.node_count)
            .bind(new.created_at)
            .bind(job.delivery.map(DeliveryState::as_str))
            .bind(&new.prompt)
            .bind(&new.extra_data)
            .bind(&new.callback)
            .bind(new.created_at)
            .bind(data.to_string())
            .fetch_one(&mut tx.connection)
            .await?;
        tx.announce(seq, &job, EventType::Queued, new.created_at, data);
        Ok(Acceptance::New(Box::new(job)))
    }

    fn committed(&self, output: &Acceptance) {
        if let (Acceptance::New(_), Some(room)) = (output, &self.0.room) {
            room.keep();
        }
    }
}

/// What the row that was just written says.
fn job_of(new: &JobRecord) -> Job {
    Job {
        tenant_id: new.tenant.clone(),
        template_id: new.template_id.clone(),
        title: new.title.clone(),
        workflow_id: new.workflow_id.clone(),
        trace_id: new.trace_id.clone(),
        retry_of: new.retry_of.clone(),
        delivery: new.callback.as_ref().map(|_| DeliveryState::Waiting),
        ..Job::new(new.id.clone(), JobState::Queued, new.source, new.created_at)
    }
}

/// What an unexpired key that is known already means for this job.
async fn used_before(tx: &mut Tx, new: &JobRecord, key: &KeyClaim) -> Result<Option<Acceptance>, StoreError> {
    let used = read::used_key(&mut tx.connection, &new.tenant, &key.key, new.created_at).await?;
    Ok(used.map(|used| {
        if used.payload_hash == key.payload_hash {
            Acceptance::Replayed(Box::new(used.job))
        } else {
            Acceptance::KeyReused
        }
    }))
}

pub(super) async fn claim_nonce(tx: &mut Tx, claim: &NonceClaim, now: i64) -> Result<bool, StoreError> {
    // An expired one is free again.
    let done = sqlx::query(
        "INSERT INTO nonces (nonce, expires_at) VALUES (?, ?)
         ON CONFLICT (nonce) DO UPDATE SET expires_at = excluded.expires_at WHERE nonces.expires_at <= ?",
    )
    .bind(&claim.nonce)
    .bind(claim.expires_at)
    .bind(now)
    .execute(&mut tx.connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub struct AddHostPrompts {
    pub prompts: Vec<HostPrompt>,
    pub at: i64,
}

impl Unit for AddHostPrompts {
    type Output = Vec<Job>;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Job>, StoreError> {
        let mut added = Vec::new();
        for prompt in &self.prompts {
            let (state, kind) = if prompt.running {
                (JobState::Running, EventType::Running)
            } else {
                (JobState::Submitted, EventType::Submitted)
            };
            let statement = format!(
                "INSERT INTO jobs (id, tenant, source, workflow_id, trace_id, state, number, node_count, created_at,
                                   submitted_at, started_at)
                 VALUES (?, 'default', 'host', ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (id) DO NOTHING RETURNING {}",
                row::JOB.replace("jobs.", "")
            );
            let inserted = sqlx::query(AssertSqlSafe(statement))
                .bind(&prompt.id)
                .bind(&prompt.workflow_id)
                .bind(prompt.id.replace('-', ""))
                .bind(state.as_str())
                .bind(prompt.number)
                .bind(prompt.node_count)
                .bind(prompt.created_at.unwrap_or(self.at))
                .bind(prompt.created_at.unwrap_or(self.at))
                .bind(prompt.running.then_some(self.at))
                .fetch_optional(&mut tx.connection)
                .await?;
            if let Some(inserted) = inserted {
                let (seq, job) = (inserted.try_get("seq")?, row::job(&inserted)?);
                tx.event(seq, &job, kind, self.at, json!({"source": JobSource::Host})).await?;
                added.push(job);
            }
        }
        Ok(added)
    }
}

pub struct Identity {
    pub key: &'static str,
    pub candidate: String,
}

impl Unit for Identity {
    type Output = String;

    async fn run(&self, tx: &mut Tx) -> Result<String, StoreError> {
        // The no-op update makes RETURNING give the value that was there.
        Ok(sqlx::query_scalar(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = value RETURNING value",
        )
        .bind(self.key)
        .bind(&self.candidate)
        .fetch_one(&mut tx.connection)
        .await?)
    }
}
