//! Single jobs, open jobs and events.

use openclaw_shared::job::Job;
use sqlx::{AssertSqlSafe, Row as _, SqliteExecutor, SqlitePool};

use super::{StoreError, row};
use crate::store::{EventPage, OpenJob, Retryable, UsedKey};

pub async fn job(readers: &SqlitePool, id: &str) -> Result<Option<Job>, StoreError> {
    let statement = format!("SELECT {} FROM jobs WHERE id = ?", row::JOB);
    let found = sqlx::query(AssertSqlSafe(statement)).bind(id).fetch_optional(readers).await?;
    found.as_ref().map(row::job).transpose()
}

pub async fn retryable(readers: &SqlitePool, id: &str) -> Result<Option<Retryable>, StoreError> {
    let statement = format!(
        "SELECT {}, prompt, extra_data, callback FROM jobs JOIN payloads ON job_seq = jobs.seq WHERE id = ?",
        row::JOB
    );
    let Some(found) = sqlx::query(AssertSqlSafe(statement)).bind(id).fetch_optional(readers).await? else {
        return Ok(None);
    };
    Ok(Some(Retryable {
        job: row::job(&found)?,
        prompt: found.try_get("prompt")?,
        extra_data: found.try_get("extra_data")?,
        callback: found.try_get("callback")?,
        node_count: found.try_get("node_count")?,
    }))
}

pub async fn open_jobs(readers: &SqlitePool) -> Result<Vec<OpenJob>, StoreError> {
    // The order alone would make SQLite walk through every job there ever was.
    let statement = format!(
        "SELECT {}, claimed_at FROM jobs INDEXED BY jobs_open WHERE ended_at IS NULL ORDER BY seq",
        row::JOB
    );
    let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(readers).await?;
    rows.iter()
        .map(|found| Ok(OpenJob { job: row::job(found)?, claimed_at: found.try_get("claimed_at")? }))
        .collect()
}

/// By our own clock, at which the end was written down.
pub async fn any_ended_before(readers: &SqlitePool, ids: &[String], at: i64) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar(
        "SELECT EXISTS (
            SELECT 1 FROM json_each(?) JOIN jobs ON jobs.id = value JOIN events ON job_seq = jobs.seq
            WHERE ended_at IS NOT NULL AND at < ?
              AND kind IN ('completed', 'failed', 'cancelled', 'interrupted', 'lost'))",
    )
    .bind(serde_json::to_string(ids)?)
    .bind(at)
    .fetch_one(readers)
    .await?;
    Ok(found)
}

pub async fn used_key<'e>(
    executor: impl SqliteExecutor<'e>,
    tenant: &str,
    key: &str,
    now: i64,
) -> Result<Option<UsedKey>, StoreError> {
    let statement = format!(
        "SELECT payload_hash, {} FROM idempotency_keys AS used JOIN jobs ON jobs.id = job_id
         WHERE used.tenant = ? AND key = ? AND expires_at > ?",
        row::JOB
    );
    let query = sqlx::query(AssertSqlSafe(statement)).bind(tenant).bind(key).bind(now);
    let Some(found) = query.fetch_optional(executor).await? else { return Ok(None) };
    Ok(Some(UsedKey { payload_hash: found.try_get("payload_hash")?, job: row::job(&found)? }))
}

pub async fn events(
    readers: &SqlitePool,
    since: u64,
    limit: u32,
    prompt_id: Option<&str>,
) -> Result<EventPage, StoreError> {
    // One transaction, so that the three answers are of the same moment.
    let mut tx = readers.begin().await?;
    let (earliest, latest): (i64, i64) =
        sqlx::query_as("SELECT coalesce((SELECT min(seq) FROM events), 0), coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)")
            .fetch_one(&mut *tx)
            .await?;
    let narrowed = if prompt_id.is_some() {
        "job_seq = (SELECT seq FROM jobs WHERE id = ?2) AND events.seq > ?1"
    } else {
        "events.seq > ?1 AND ?2 IS NULL"
    };
    let statement = format!(
        "SELECT events.seq AS event_seq, kind, at, data, {} FROM events JOIN jobs ON jobs.seq = job_seq
         WHERE {narrowed} ORDER BY events.seq LIMIT ?3",
        row::JOB
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(i64::try_from(since).unwrap_or(i64::MAX))
        .bind(prompt_id)
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
    Ok(EventPage {
        events: rows.iter().map(row::event).collect::<Result<_, _>>()?,
        earliest_seq: row::unsigned(earliest),
        latest_seq: row::unsigned(latest),
    })
}
