//! Jobs in.

use std::collections::{HashMap, HashSet};

use openclaw_shared::event::EventType;
use openclaw_shared::job::{DeliveryState, Job, JobSource, JobState};
use serde_json::json;
use sqlx::{AssertSqlSafe, QueryBuilder, Row as _};

use super::writer::{Tx, Unit};
use super::{StoreError, row};
use crate::store::{Acceptance, HostPrompt, JobRecord, KeyClaim, NonceClaim};

/// Jobs that are stored by one set of statements: a statement costs more for its way to SQLite's thread and back than
/// for a few more rows. Each number of rows is a statement of its own that stays prepared, so there is an end to it.
const ROWS: usize = 32;

/// Stores these in their order; what becomes of one does not touch the others.
pub async fn accept(tx: &mut Tx, jobs: &[&JobRecord]) -> Result<Vec<Acceptance>, StoreError> {
    let mut answers = Vec::with_capacity(jobs.len());
    let mut rest = jobs;
    while !rest.is_empty() {
        let (some, others) = rest.split_at(with_keys_of_their_own(rest).min(ROWS));
        answers.extend(accept_some(tx, some).await?);
        rest = others;
    }
    Ok(answers)
}

/// How many of the first ones do not repeat a key: what does has to find what became of the first one.
fn with_keys_of_their_own(jobs: &[&JobRecord]) -> usize {
    let mut keys = HashSet::new();
    let mut repeats = jobs.iter().map(|job| {
        let mut named = job.key.iter().flat_map(KeyClaim::keys);
        named.any(|key| !keys.insert((&job.tenant, key)))
    });
    repeats.position(|repeats| repeats).unwrap_or(jobs.len())
}

async fn accept_some(tx: &mut Tx, jobs: &[&JobRecord]) -> Result<Vec<Acceptance>, StoreError> {
    let mut answers = used_before(tx, jobs).await?;
    let claims = |job: &&JobRecord| {
        job.nonce.is_some() && matches!(answers.get(&*job.id), None | Some(Acceptance::Replayed(_)))
    };
    let claiming: Vec<_> = jobs.iter().copied().filter(claims).collect();
    let mut free = claim_nonces(tx, &claiming).await?;
    for job in claiming {
        // Of two with the same nonce it is the first one's.
        if job.nonce.as_ref().is_some_and(|claim| !free.remove(&claim.nonce)) {
            answers.insert(&*job.id, Acceptance::NonceUsed);
        }
    }
    let new: Vec<_> = jobs.iter().copied().filter(|job| !answers.contains_key(&*job.id)).collect();
    take_keys(tx, &new).await?;
    for (id, job) in insert(tx, &new).await? {
        answers.insert(id, Acceptance::New(Box::new(job)));
    }
    Ok(jobs.iter().map(|job| answers.remove(&*job.id).expect("each one has an answer by now")).collect())
}

/// What unexpired keys that are known already mean for these jobs, by their ids.
async fn used_before<'a>(
    tx: &mut Tx,
    jobs: &[&'a JobRecord],
) -> Result<HashMap<&'a str, Acceptance>, StoreError> {
    let mut asking: HashMap<(&str, &str), (&JobRecord, &KeyClaim)> = HashMap::new();
    for (job, claim) in jobs.iter().filter_map(|job| Some((*job, job.key.as_ref()?))) {
        asking.extend(claim.keys().map(|key| ((&*job.tenant, key), (job, claim))));
    }
    let mut answers = HashMap::new();
    if asking.is_empty() {
        return Ok(answers);
    }
    let mut query = QueryBuilder::new("WITH asked(asker, wanted) AS (");
    query.push_values(asking.keys(), |mut row, (tenant, key)| {
        row.push_bind(*tenant).push_bind(*key);
    });
    query.push(") SELECT used.tenant AS asker, key, payload_hash, expires_at, ").push(row::JOB).push(
        " FROM asked CROSS JOIN idempotency_keys AS used ON used.tenant = asker AND key = wanted
          JOIN jobs ON jobs.id = job_id",
    );
    for found in query.build().fetch_all(&mut tx.connection).await? {
        let (job, key) = asking[&(found.try_get("asker")?, found.try_get("key")?)];
        if found.try_get::<i64, _>("expires_at")? > job.created_at {
            let is_same = found.try_get::<&[u8], _>("payload_hash")? == key.payload_hash;
            if !is_same {
                answers.insert(&*job.id, Acceptance::KeyReused);
            } else if !answers.contains_key(&*job.id) {
                answers.insert(&*job.id, Acceptance::Replayed(Box::new(row::job(&found)?)));
            }
        }
    }
    Ok(answers)
}

/// The nonces that were free.
async fn claim_nonces(tx: &mut Tx, jobs: &[&JobRecord]) -> Result<HashSet<String>, StoreError> {
    let claims: Vec<_> = jobs.iter().filter_map(|job| job.nonce.as_ref()).collect();
    let Some(now) = jobs.iter().map(|job| job.created_at).max().filter(|_| !claims.is_empty()) else {
        return Ok(HashSet::new());
    };
    let mut query = QueryBuilder::new("INSERT INTO nonces (nonce, expires_at) ");
    query.push_values(claims, |mut row, claim| {
        row.push_bind(&claim.nonce).push_bind(claim.expires_at);
    });
    // An expired one is free again.
    query.push(
        " ON CONFLICT (nonce) DO UPDATE SET expires_at = excluded.expires_at WHERE nonces.expires_at <= ",
    );
    query.push_bind(now).push(" RETURNING nonce");
    Ok(query.build_query_scalar().fetch_all(&mut tx.connection).await?.into_iter().collect())
}

async fn take_keys(tx: &mut Tx, jobs: &[&JobRecord]) -> Result<(), StoreError> {
    let claims = jobs.iter().filter_map(|job| Some((job, job.key.as_ref()?)));
    let claims: Vec<_> =
        claims.flat_map(|(job, claim)| claim.keys().map(move |key| (job, claim, key))).collect();
    if claims.is_empty() {
        return Ok(());
    }
    // An expired key is taken over.
    let mut query = QueryBuilder::new(
        "INSERT OR REPLACE INTO idempotency_keys (tenant, key, payload_hash, job_id, expires_at) ",
    );
    query.push_values(claims, |mut row, (job, claim, key)| {
        row.push_bind(&job.tenant).push_bind(key).push_bind(&claim.payload_hash[..]);
        row.push_bind(&job.id).push_bind(claim.expires_at);
    });
    query.build().execute(&mut tx.connection).await?;
    Ok(())
}

/// The rows of the jobs, what is large of them, and their first events.
async fn insert<'a>(tx: &mut Tx, records: &[&'a JobRecord]) -> Result<Vec<(&'a str, Job)>, StoreError> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::new(
        "INSERT INTO jobs (id, tenant, source, template_id, title, workflow_id, trace_id, parent_span, retry_of, state,
                           node_count, created_at, delivery) ",
    );
    query.push_values(records, |mut row, new| {
        row.push_bind(&new.id).push_bind(&new.tenant).push_bind(new.source.as_str());
        row.push_bind(&new.template_id).push_bind(&new.title).push_bind(&new.workflow_id);
        row.push_bind(&new.trace_id).push_bind(&new.parent_span).push_bind(&new.retry_of);
        row.push("'queued'").push_bind(new.node_count).push_bind(new.created_at);
        row.push_bind(delivery_of(new).map(DeliveryState::as_str));
    });
    query.push(" RETURNING id, seq");
    let numbered: Vec<(String, i64)> = query.build_query_as().fetch_all(&mut tx.connection).await?;
    let seqs: HashMap<_, _> = numbered.into_iter().collect();
    let events: Vec<_> = records
        .iter()
        .map(|new| {
            let about =
                json!({"source": new.source, "template_id": new.template_id, "retry_of": new.retry_of});
            (*new, seqs[&new.id], about)
        })
        .collect();
    let mut query = QueryBuilder::new("INSERT INTO payloads (job_seq, prompt, extra_data, callback) ");
    query.push_values(&events, |mut row, (new, seq, _)| {
        row.push_bind(*seq).push_bind(&new.prompt).push_bind(&new.extra_data).push_bind(&new.callback);
    });
    query.push("; INSERT INTO events (job_seq, kind, at, data) ");
    query.push_values(&events, |mut row, (new, seq, about)| {
        row.push_bind(*seq).push("'queued'").push_bind(new.created_at).push_bind(about.to_string());
    });
    query.push(" RETURNING job_seq, seq");
    let told: Vec<(i64, i64)> = query.build_query_as().fetch_all(&mut tx.connection).await?;
    let told: HashMap<_, _> = told.into_iter().collect();
    let mut jobs = Vec::with_capacity(records.len());
    for (new, seq, about) in events {
        let job = job_of(new);
        tx.announce(told[&seq], &job, EventType::Queued, new.created_at, about);
        jobs.push((&*new.id, job));
    }
    Ok(jobs)
}

fn delivery_of(new: &JobRecord) -> Option<DeliveryState> {
    new.callback.as_ref().map(|_| DeliveryState::Waiting)
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
        delivery: delivery_of(new),
        ..Job::new(new.id.clone(), JobState::Queued, new.source, new.created_at)
    }
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
