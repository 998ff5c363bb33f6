//! From rows to values.

use openclaw_shared::event::{EventType, JobEvent};
use openclaw_shared::job::{DeliveryState, Job, JobSource, JobState};
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::StoreError;

/// The columns that [`job`] reads, of the table under its own name.
pub const JOB: &str = "jobs.seq, jobs.id, jobs.tenant, source, template_id, title, workflow_id, trace_id, retry_of, state, \
    cancel_requested, number, node_count, created_at, submitted_at, started_at, ended_at, duration_ms, cached, \
    outputs, outputs_count, error, node_errors, delivery";

/// The job without what only the running server knows: progress and place in the queue.
pub fn job(row: &SqliteRow) -> Result<Job, StoreError> {
    let state = JobState::parse(row.try_get("state")?).unwrap_or(JobState::Unknown);
    Ok(Job {
        id: row.try_get("id")?,
        state,
        status: state.status(),
        source: JobSource::parse(row.try_get("source")?).unwrap_or(JobSource::Unknown),
        tenant_id: row.try_get("tenant")?,
        template_id: row.try_get("template_id")?,
        title: row.try_get("title")?,
        workflow_id: row.try_get("workflow_id")?,
        trace_id: row.try_get("trace_id")?,
        retry_of: row.try_get("retry_of")?,
        cancel_requested: row.try_get::<bool, _>("cancel_requested")? && !state.is_end(),
        priority: row.try_get("number")?,
        queue_position: None,
        progress: None,
        outputs: json(row, "outputs")?.unwrap_or_default(),
        outputs_count: row.try_get("outputs_count")?,
        error: json(row, "error")?,
        node_errors: json(row, "node_errors")?.unwrap_or_default(),
        cached: row.try_get("cached")?,
        delivery: row.try_get::<Option<&str>, _>("delivery")?.map(DeliveryState::parse),
        create_time: row.try_get("created_at")?,
        submit_time: row.try_get("submitted_at")?,
        execution_start_time: row.try_get("started_at")?,
        execution_end_time: row.try_get("ended_at")?,
    })
}

/// An event joined with its job; the event's own columns are named `event_seq`, `kind`, `at` and `data`.
pub fn event(row: &SqliteRow) -> Result<JobEvent, StoreError> {
    let mut job = job(row)?;
    job.outputs.truncate(Job::MAX_OUTPUTS_IN_LIST);
    Ok(JobEvent {
        seq: unsigned(row.try_get("event_seq")?),
        event_type: EventType::parse(row.try_get("kind")?),
        prompt_id: job.id.clone(),
        trace_id: job.trace_id.clone(),
        timestamp: seconds(row.try_get("at")?),
        data: serde_json::from_str(row.try_get("data")?)?,
        job: Some(job),
    })
}

pub fn json<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<Option<T>, StoreError> {
    let text: Option<&str> = row.try_get(column)?;
    Ok(text.map(serde_json::from_str).transpose()?)
}

/// Sequence numbers begin at 1.
pub fn unsigned(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double for 285,000 years")]
pub fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}
