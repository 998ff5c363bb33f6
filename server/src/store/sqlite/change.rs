//! Steps of jobs that are there.

use openclaw_shared::event::EventType;
use openclaw_shared::job::{DeliveryState, Job, JobState};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row as _};

use super::writer::{Tx, Unit};
use super::{StoreError, row};
use crate::store::{Change, Facts, Step, Submission};

pub struct Changes(pub Vec<Change>);

impl Unit for Changes {
    type Output = Vec<Option<Job>>;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Option<Job>>, StoreError> {
        let mut jobs = Vec::with_capacity(self.0.len());
        for change in &self.0 {
            jobs.push(apply(tx, change).await?);
        }
        Ok(jobs)
    }
}

async fn apply(tx: &mut Tx, change: &Change) -> Result<Option<Job>, StoreError> {
    let Some((seq, state)) = find(tx, &change.id).await? else { return Ok(None) };
    if !change.from.contains(&state) {
        return Ok(None);
    }
    let job = update(tx, seq, state, change).await?;
    let Step::To(to, event, data) = &change.step else { return Ok(Some(job)) };
    if to.is_end() {
        end(tx, seq, &job, change.at).await?;
    }
    let job = Job { delivery: delivery_after(&job), ..job };
    tx.event(seq, &job, *event, change.at, data.clone()).await?;
    Ok(Some(job))
}

async fn find(tx: &mut Tx, id: &str) -> Result<Option<(i64, JobState)>, StoreError> {
    let found = sqlx::query_as::<_, (i64, String)>("SELECT seq, state FROM jobs WHERE id = ?")
        .bind(id)
        .fetch_optional(&mut tx.connection)
        .await?;
    Ok(found.map(|(seq, state)| (seq, JobState::parse(&state).unwrap_or(JobState::Unknown))))
}

async fn update(tx: &mut Tx, seq: i64, state: JobState, change: &Change) -> Result<Job, StoreError> {
    let Facts { number, started_at, ended_at, outputs, error, node_errors, cached } = &change.facts;
    let to = match &change.step {
        Step::Stay => state,
        Step::To(to, ..) => *to,
    };
    let started = started_at.or((to == JobState::Running && state != to).then_some(change.at));
    let ended = (to.is_end() && state != to).then(|| ended_at.unwrap_or(change.at));
    // A job that was never seen waiting was submitted all the same.
    let submitted = matches!(to, JobState::Submitted | JobState::Running).then_some(change.at);
    let text = |value: Option<Result<String, serde_json::Error>>| value.transpose();
    let statement = format!(
        "UPDATE jobs SET
            state = ?1, number = coalesce(?2, number), submitted_at = coalesce(submitted_at, ?3),
            started_at = coalesce(?4, started_at), ended_at = coalesce(?5, ended_at),
            outputs = coalesce(?6, outputs), outputs_count = coalesce(?7, outputs_count),
            error = coalesce(?8, error), node_errors = coalesce(?9, node_errors), cached = coalesce(?10, cached),
            duration_ms = CASE WHEN ?5 IS NULL THEN duration_ms
                               ELSE max(0, ?5 - coalesce(?4, started_at, ?5)) END
         WHERE seq = ?11 RETURNING {}",
        row::JOB.replace("jobs.", "")
    );
    let updated = sqlx::query(AssertSqlSafe(statement))
        .bind(to.as_str())
        .bind(number)
        .bind(submitted)
        .bind(started)
        .bind(ended)
        .bind(text(outputs.as_ref().map(serde_json::to_string))?)
        .bind(outputs.as_ref().map(|outputs| u32::try_from(outputs.len()).unwrap_or(u32::MAX)))
        .bind(text(error.as_ref().map(serde_json::to_string))?)
        .bind(text(node_errors.as_ref().map(serde_json::to_string))?)
        .bind(cached)
        .bind(seq)
        .fetch_one(&mut tx.connection)
        .await?;
    row::job(&updated)
}

/// What the end of a job brings with it.
async fn end(tx: &mut Tx, seq: i64, job: &Job, at: i64) -> Result<(), StoreError> {
    if matches!(job.state, JobState::Failed | JobState::Lost) {
        // The sender may try again with the same key.
        sqlx::query("DELETE FROM idempotency_keys WHERE job_id = ?")
            .bind(&job.id)
            .execute(&mut tx.connection)
            .await?;
    }
    if job.delivery == Some(DeliveryState::Waiting) {
        sqlx::query(
            "INSERT INTO deliveries (job_id, message_id, target, state, due_at, created_at, updated_at)
             SELECT ?1, 'msg_' || ?1, callback, 'pending', ?2, ?2, ?2 FROM payloads WHERE job_seq = ?3",
        )
        .bind(&job.id)
        .bind(at)
        .bind(seq)
        .execute(&mut tx.connection)
        .await?;
        sqlx::query("UPDATE jobs SET delivery = 'pending' WHERE seq = ?")
            .bind(seq)
            .execute(&mut tx.connection)
            .await?;
    }
    Ok(())
}

fn delivery_after(job: &Job) -> Option<DeliveryState> {
    match job.delivery {
        Some(DeliveryState::Waiting) if job.state.is_end() => Some(DeliveryState::Pending),
        other => other,
    }
}

/// Ends what has not left yet; what has is marked, and whoever follows it stops it at ComfyUI.
pub struct Cancel {
    pub id: String,
    pub at: i64,
}

impl Unit for Cancel {
    type Output = Option<Job>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Job>, StoreError> {
        let Some((seq, state)) = find(tx, &self.id).await? else { return Ok(None) };
        if state == JobState::Queued {
            let from = &[JobState::Queued];
            let change = Change::to(&self.id, from, JobState::Cancelled, EventType::Cancelled, self.at);
            return apply(tx, &change).await;
        }
        let open = !state.is_end();
        let statement = format!(
            "UPDATE jobs SET cancel_requested = cancel_requested OR ? WHERE seq = ? RETURNING {}",
            row::JOB.replace("jobs.", "")
        );
        let asked_before: bool = sqlx::query_scalar("SELECT cancel_requested FROM jobs WHERE seq = ?")
            .bind(seq)
            .fetch_one(&mut tx.connection)
            .await?;
        let updated =
            sqlx::query(AssertSqlSafe(statement)).bind(open).bind(seq).fetch_one(&mut tx.connection).await?;
        let job = row::job(&updated)?;
        if open && !asked_before {
            tx.event(seq, &job, EventType::CancelRequested, self.at, json!({})).await?;
        }
        Ok(Some(job))
    }
}

pub struct Claim {
    pub depth: u32,
    pub at: i64,
}

impl Unit for Claim {
    type Output = Option<Submission>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Submission>, StoreError> {
        let at_host: u32 = sqlx::query_scalar(
            "SELECT count(*) FROM jobs
             WHERE ended_at IS NULL AND state IN ('submitting', 'submitted', 'running') AND source <> 'host'",
        )
        .fetch_one(&mut tx.connection)
        .await?;
        // Asked for apart: as a condition of the next it would be put to every job that waits.
        if at_host >= self.depth {
            return Ok(None);
        }
        // One at a time: what a crash catches on its way has to be asked for.
        let found = sqlx::query(
            "SELECT seq, id, trace_id, prompt, extra_data FROM jobs JOIN payloads ON job_seq = seq
             WHERE ended_at IS NULL AND state = 'queued' ORDER BY seq LIMIT 1",
        )
        .fetch_optional(&mut tx.connection)
        .await?;
        let Some(found) = found else { return Ok(None) };
        sqlx::query("UPDATE jobs SET state = 'submitting', claimed_at = ? WHERE seq = ?")
            .bind(self.at)
            .bind(found.try_get::<i64, _>("seq")?)
            .execute(&mut tx.connection)
            .await?;
        Ok(Some(Submission {
            id: found.try_get("id")?,
            trace_id: found.try_get("trace_id")?,
            prompt: found.try_get("prompt")?,
            extra_data: found.try_get("extra_data")?,
        }))
    }
}

pub struct Requeue {
    pub id: String,
    pub at: i64,
}

impl Unit for Requeue {
    type Output = Option<Job>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Job>, StoreError> {
        let cancelled: Option<bool> = sqlx::query_scalar("SELECT cancel_requested FROM jobs WHERE id = ?")
            .bind(&self.id)
            .fetch_optional(&mut tx.connection)
            .await?;
        let (to, event) = match cancelled {
            Some(true) => (JobState::Cancelled, EventType::Cancelled),
            _ => (JobState::Queued, EventType::Requeued),
        };
        apply(tx, &Change::to(&self.id, &[JobState::Submitting], to, event, self.at)).await
    }
}

pub struct Note {
    pub id: String,
    pub event: EventType,
    pub data: Value,
    pub at: i64,
}

impl Unit for Note {
    type Output = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let statement = format!("SELECT {} FROM jobs WHERE id = ?", row::JOB);
        let found =
            sqlx::query(AssertSqlSafe(statement)).bind(&self.id).fetch_optional(&mut tx.connection).await?;
        let Some(found) = found else { return Ok(()) };
        let (seq, job) = (found.try_get("seq")?, row::job(&found)?);
        tx.event(seq, &job, self.event, self.at, self.data.clone()).await
    }
}
