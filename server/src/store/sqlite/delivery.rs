//! Results on their way out, and nonces that belong to no job.

use openclaw_shared::event::EventType;
use openclaw_shared::job::DeliveryState;
use openclaw_shared::webhook::{Callback, Delivery};
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqlitePool};
use url::Url;

use super::writer::{Tx, Unit};
use super::{StoreError, accept, row};
use crate::store::{DueDelivery, NonceClaim, Settled, Which};

const COLUMNS: &str =
    "id, job_id, message_id, target, state, attempts, due_at, last_error, created_at, updated_at";

/// The oldest that are due, without those for the origins of a list.
pub async fn due(
    readers: &SqlitePool,
    now: i64,
    limit: u32,
    without: serde_json::Value,
) -> Result<Vec<DueDelivery>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, job_id, message_id, target, origin, attempts FROM deliveries
         WHERE state = 'pending' AND due_at <= ? AND origin NOT IN (SELECT value FROM json_each(?))
         ORDER BY due_at LIMIT ?",
    )
    .bind(now)
    .bind(without.to_string())
    .bind(limit)
    .fetch_all(readers)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(DueDelivery {
                id: row.try_get("id")?,
                job_id: row.try_get("job_id")?,
                message_id: row.try_get("message_id")?,
                target: row.try_get("target")?,
                origin: row.try_get("origin")?,
                attempts: row.try_get("attempts")?,
            })
        })
        .collect()
}

/// When the first one that is not due yet will be.
pub async fn next(readers: &SqlitePool, now: i64) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT min(due_at) FROM deliveries WHERE state = 'pending' AND due_at > ?")
        .bind(now)
        .fetch_one(readers)
        .await?)
}

pub async fn list(readers: &SqlitePool, which: Which, limit: u32) -> Result<Vec<Delivery>, StoreError> {
    let (condition, value) = match which {
        Which::All => ("?1 IS NULL", None),
        Which::In(state) => ("state = ?1", Some(state.as_str().to_owned())),
        Which::OfJob(id) => ("job_id = ?1", Some(id)),
    };
    let statement = format!("SELECT {COLUMNS} FROM deliveries WHERE {condition} ORDER BY id DESC LIMIT ?2");
    let rows = sqlx::query(AssertSqlSafe(statement)).bind(value).bind(limit).fetch_all(readers).await?;
    rows.iter().map(delivery).collect()
}

fn delivery(row: &SqliteRow) -> Result<Delivery, StoreError> {
    let state = DeliveryState::parse(row.try_get("state")?);
    let due_at: i64 = row.try_get("due_at")?;
    Ok(Delivery {
        id: row.try_get("message_id")?,
        prompt_id: row.try_get("job_id")?,
        target: origin(row.try_get("target")?),
        state,
        attempts: row.try_get("attempts")?,
        due_at: (state == DeliveryState::Pending).then_some(due_at),
        last_error: row.try_get("last_error")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn origin(target: &str) -> String {
    let url =
        serde_json::from_str::<Callback>(target).ok().and_then(|callback| Url::parse(&callback.url).ok());
    url.map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// What a try came to; the job hears of it too.
pub struct Settle {
    pub id: i64,
    pub settled: Settled,
    pub host: String,
    pub at: i64,
}

impl Unit for Settle {
    type Output = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let (state, due_at, reason) = match &self.settled {
            Settled::Delivered => (DeliveryState::Delivered, None, None),
            Settled::Again { at, reason } => (DeliveryState::Pending, Some(*at), Some(reason)),
            Settled::Dead { reason } => (DeliveryState::Dead, None, Some(reason)),
        };
        let settled = sqlx::query_as::<_, (String, u32)>(
            "UPDATE deliveries SET state = ?, due_at = coalesce(?, due_at), last_error = ?, attempts = attempts + 1,
                                   updated_at = ?
             WHERE id = ? AND state = 'pending' RETURNING job_id, attempts",
        )
        .bind(state.as_str())
        .bind(due_at)
        .bind(reason)
        .bind(self.at)
        .bind(self.id)
        .fetch_optional(&mut tx.connection)
        .await?;
        let Some((job_id, attempts)) = settled else { return Ok(()) };
        let kind = if state == DeliveryState::Delivered {
            EventType::CallbackSent
        } else {
            EventType::CallbackFailed
        };
        let data = json!({"host": self.host, "attempts": attempts, "reason": reason, "next_at": due_at});
        mark(tx, &job_id, state, kind, self.at, data).await
    }
}

/// Starts a dead letter over.
pub struct Replay {
    pub message_id: String,
    pub at: i64,
}

impl Unit for Replay {
    type Output = Option<(Delivery, bool)>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, StoreError> {
        let started = sqlx::query(
            "UPDATE deliveries SET state = 'pending', due_at = ?1, attempts = 0, updated_at = ?1
             WHERE message_id = ?2 AND state IN ('dead', 'delivered')",
        )
        .bind(self.at)
        .bind(&self.message_id)
        .execute(&mut tx.connection)
        .await?
        .rows_affected()
            == 1;
        let statement = format!("SELECT {COLUMNS} FROM deliveries WHERE message_id = ?");
        let found = sqlx::query(AssertSqlSafe(statement))
            .bind(&self.message_id)
            .fetch_optional(&mut tx.connection)
            .await?;
        let Some(found) = found.as_ref().map(delivery).transpose()? else { return Ok(None) };
        if started {
            let data = json!({"replayed": true});
            mark(tx, &found.prompt_id, DeliveryState::Pending, EventType::CallbackReplayed, self.at, data)
                .await?;
        }
        Ok(Some((found, started)))
    }
}

async fn mark(
    tx: &mut Tx,
    job_id: &str,
    state: DeliveryState,
    kind: EventType,
    at: i64,
    data: serde_json::Value,
) -> Result<(), StoreError> {
    let statement =
        format!("UPDATE jobs SET delivery = ? WHERE id = ? RETURNING {}", row::JOB.replace("jobs.", ""));
    let updated = sqlx::query(AssertSqlSafe(statement))
        .bind(state.as_str())
        .bind(job_id)
        .fetch_optional(&mut tx.connection)
        .await?;
    let Some(updated) = updated else { return Ok(()) };
    tx.event(updated.try_get("seq")?, &row::job(&updated)?, kind, at, data).await
}

/// A nonce of a request that makes no job; whether it was free.
pub struct ClaimNonce {
    pub claim: NonceClaim,
    pub now: i64,
}

impl Unit for ClaimNonce {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        accept::claim_nonce(tx, &self.claim, self.now).await
    }
}
