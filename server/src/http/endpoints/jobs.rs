use axum::Json;
use axum::extract::State;
use openclaw_shared::event::{EventList, EventPagination, EventsQuery};
use openclaw_shared::job::{
    JobCancelled, JobDetail, JobList, JobRetried, JobsQuery, Pagination, Trace, TraceAnswer,
};

use crate::http::AppState;
use crate::http::auth::count_today;
use crate::http::documented::{ChangesJob, NamesJob, ReadsJobs};
use crate::http::error::ApiError;
use crate::http::extract::{ApiPath, ApiQuery};
use crate::http::rate::daily::Class;
use crate::job::query;
use crate::store::Which;

/// The version of ComfyUI's own list of jobs that this one keeps to.
const CONTRACT: u32 = 1;
/// Deliveries shown of one job, which has one callback.
const DELIVERIES: u32 = 10;

/// Every job, ComfyUI's own too, newest first.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(JobsQuery), responses((status = 200, body = JobList), ReadsJobs))]
pub async fn list_jobs(
    State(app): State<AppState>,
    query: Result<ApiQuery<JobsQuery>, ApiError>,
) -> Result<Json<JobList>, ApiError> {
    let ApiQuery(query) = query.map_err(|error| ApiError::JobsQuery(error.to_string()))?;
    let jobs = app.jobs()?;
    let filter = query::filter(query).map_err(ApiError::JobsQuery)?;
    let (limit, offset) = (filter.limit, filter.offset);
    let page = jobs.list(filter).await?;
    Ok(Json(JobList {
        ok: true,
        contract_version: CONTRACT,
        jobs: page.jobs,
        pagination: Pagination {
            limit,
            offset,
            total: page.total.min(Pagination::MAX_TOTAL),
            total_is_more: page.total > Pagination::MAX_TOTAL,
            has_more: page.next.is_some(),
            next_cursor: page.next.map(query::cursor_text),
        },
        host: jobs.live.host(),
    }))
}

/// One job with everything it made, and what happened to it.
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", params(("id" = String, Path)), responses((status = 200, body = JobDetail), NamesJob))]
pub async fn get_job(
    State(app): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<JobDetail>, ApiError> {
    let jobs = app.jobs()?;
    let job = jobs.get(&id).await?.ok_or(ApiError::JobNotFound)?;
    let trace = jobs.trace(&job).await?;
    let deliveries = app.deliveries()?.list(Which::OfJob(id), DELIVERIES).await?;
    Ok(Json(JobDetail { ok: true, job, trace, deliveries }))
}

/// Stops a job, wherever it is. One that has ended stays as it is.
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "jobs", params(("id" = String, Path)), responses((status = 200, body = JobCancelled), NamesJob))]
pub async fn cancel_job(
    State(app): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<JobCancelled>, ApiError> {
    let jobs = app.jobs()?;
    let before = jobs.get(&id).await?.ok_or(ApiError::JobNotFound)?;
    let job = jobs.cancel(&id).await?.ok_or(ApiError::JobNotFound)?;
    Ok(Json(JobCancelled { ok: true, cancelled: !before.state.is_end(), job }))
}

/// Does the work of an ended job again, as a new job.
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", params(("id" = String, Path)), responses((status = 200, body = JobRetried), ChangesJob))]
pub async fn retry_job(
    State(app): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<JobRetried>, ApiError> {
    let job = app.jobs()?.retry(&id).await?;
    Ok(Json(JobRetried { ok: true, job }))
}

/// What happened to one job, in order.
#[utoipa::path(get, path = "/trace/{prompt_id}", tag = "jobs", params(("prompt_id" = String, Path)), responses((status = 200, body = TraceAnswer), NamesJob))]
pub async fn get_trace(
    State(app): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<TraceAnswer>, ApiError> {
    let jobs = app.jobs()?;
    let job = jobs.get(&id).await?.ok_or(ApiError::TraceNotFound)?;
    let trace: Trace = jobs.trace(&job).await?;
    Ok(Json(TraceAnswer { ok: true, trace }))
}

/// What happened, from a sequence number on.
#[utoipa::path(get, path = "/events", tag = "jobs", params(
    ("since" = Option<u64>, Query, description = "Events after this sequence number"),
    ("limit" = Option<u32>, Query, description = "1 to 200; 50 when absent"),
    ("prompt_id" = Option<String>, Query, description = "Only this job"),
), responses((status = 200, body = EventList), ReadsJobs))]
pub async fn list_events(
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<EventsQuery>,
) -> Result<Json<EventList>, ApiError> {
    count_today(&app, Class::Events)?;
    let jobs = app.jobs()?;
    let limit = query.limit.unwrap_or(EventsQuery::DEFAULT_LIMIT);
    if !(1..=EventsQuery::MAX_LIMIT).contains(&limit) {
        return Err(ApiError::Invalid(format!("limit must be 1 to {}", EventsQuery::MAX_LIMIT)));
    }
    let requested = query.since.unwrap_or_default();
    let (since, status) = jobs.cursor(requested).await?;
    let page = jobs.events(since, limit, query.prompt_id.as_deref()).await?;
    let next = page.events.last().map_or(since, |event| event.seq);
    Ok(Json(EventList {
        ok: true,
        latest_seq: page.latest_seq,
        pagination: EventPagination {
            limit,
            since_requested: requested,
            since_effective: since,
            cursor_status: status.into(),
            earliest_retained_seq: page.earliest_seq,
            next_since_seq: next,
            has_more: page.events.len() == limit as usize && next < page.latest_seq,
        },
        events: page.events,
    }))
}
