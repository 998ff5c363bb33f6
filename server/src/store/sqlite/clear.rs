//! Clearing away what is old.

use super::StoreError;
use super::writer::{Tx, Unit};
use crate::store::Retention;

/// Jobs that go in one transaction: others wait for it.
const AT_ONCE: i64 = 500;

pub struct Prune {
    pub retention: Retention,
    pub now: i64,
}

impl Unit for Prune {
    type Output = u64;

    async fn run(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let Retention { max_age_ms, max_count, min_age_ms } = self.retention;
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM jobs").fetch_one(&mut tx.connection).await?;
        let surplus = (count - max_count).clamp(0, AT_ONCE);
        // Jobs are stored in the order of their age, so the old ones are the first ones.
        let seqs: Vec<i64> = sqlx::query_scalar(
            "SELECT seq FROM (SELECT seq, created_at, ended_at, delivery FROM jobs
                              WHERE created_at < ?1 ORDER BY seq LIMIT max(?2, ?3))
             WHERE ended_at IS NOT NULL AND coalesce(delivery, '') <> 'pending'
               AND (created_at < ?4 OR ?2 > 0)
             ORDER BY seq LIMIT max(?2, ?3)",
        )
        .bind(self.now - min_age_ms)
        .bind(surplus)
        .bind(AT_ONCE)
        .bind(self.now - max_age_ms)
        .fetch_all(&mut tx.connection)
        .await?;
        for seq in &seqs {
            sqlx::query(
                "DELETE FROM idempotency_keys WHERE job_id = (SELECT id FROM jobs WHERE seq = ?1);
                 DELETE FROM deliveries WHERE job_id = (SELECT id FROM jobs WHERE seq = ?1);
                 DELETE FROM events WHERE job_seq = ?1;
                 DELETE FROM payloads WHERE job_seq = ?1;
                 DELETE FROM jobs WHERE seq = ?1;",
            )
            .bind(seq)
            .bind(seq)
            .bind(seq)
            .bind(seq)
            .bind(seq)
            .execute(&mut tx.connection)
            .await?;
        }
        for statement in
            ["DELETE FROM nonces WHERE expires_at <= ?", "DELETE FROM idempotency_keys WHERE expires_at <= ?"]
        {
            sqlx::query(statement).bind(self.now).execute(&mut tx.connection).await?;
        }
        Ok(seqs.len() as u64)
    }
}
