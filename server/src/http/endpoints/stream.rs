use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _};
use openclaw_shared::event::{EventsQuery, JobEvent, StreamEvent, StreamReady};
use openclaw_shared::sse::SseEvent;
use tokio::sync::broadcast::error::RecvError;

use crate::http::AppState;
use crate::http::auth::count_today;
use crate::http::documented::ReadsJobs;
use crate::http::error::ApiError;
use crate::http::extract::ApiQuery;
use crate::http::rate::daily::Class;
use crate::job::Jobs;
use crate::store::StoreError;

/// As in the Python edition; proxies close what is silent for a minute.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Events read at a time when catching up.
const PAGE: u32 = 200;

/// What happens, as it happens: events of jobs with an id to resume from, and progress, places in the queue, previews
/// and the state of ComfyUI without one.
#[utoipa::path(get, path = "/events/stream", tag = "jobs", params(
    ("since" = Option<u64>, Query, description = "Begin after this sequence number; without it, now"),
    ("prompt_id" = Option<String>, Query, description = "Only this job"),
    ("previews" = Option<bool>, Query, description = "Also latent previews"),
    ("Last-Event-ID" = Option<String>, Header, description = "Resume after this event"),
), responses((status = 200, content_type = "text/event-stream", body = SseEvent), ReadsJobs))]
pub async fn stream_events(
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    count_today(&app, Class::Events)?;
    let jobs = app.jobs()?.clone();
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let messages = messages(jobs, resumed.or(query.since), query)
        .take_until(app.shutdown.clone().cancelled_owned())
        .map(Ok::<_, Infallible>);
    let headers = [
        (CONTENT_TYPE.as_str(), "text/event-stream"),
        (CACHE_CONTROL.as_str(), "no-cache"),
        // Tells nginx not to collect the events.
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, Body::from_stream(messages)).into_response())
}

fn messages(jobs: Arc<Jobs>, since: Option<u64>, query: EventsQuery) -> impl Stream<Item = String> + Send {
    async_stream::stream! {
        // Before the first look at the store, so that nothing falls between.
        let mut events = jobs.store().subscribe();
        let mut live = jobs.live.subscribe();
        let Ok((mut cursor, ready)) = begin(&jobs, since).await else { return };
        yield message(&StreamEvent::Ready(ready));
        let mut behind = true;
        loop {
            while std::mem::take(&mut behind) {
                let Ok(page) = jobs.events(cursor, PAGE, query.prompt_id.as_deref()).await else { return };
                behind = page.events.len() == PAGE as usize;
                let last = page.events.last().map(|event| event.seq);
                for event in page.events {
                    yield message(&StreamEvent::Job(Box::new(event)));
                }
                // With a filter, what was passed over need not be looked at again.
                cursor = cursor.max(if behind { last.unwrap_or_default() } else { page.latest_seq });
            }
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) if event.seq <= cursor => {}
                    Ok(event) if event.seq == cursor + 1 => {
                        cursor = event.seq;
                        if query.prompt_id.as_ref().is_none_or(|id| *id == event.prompt_id) {
                            yield message(&StreamEvent::Job(Box::new(jobs.shown(JobEvent::clone(&event)))));
                        }
                    }
                    // Some were missed: the store has them.
                    Ok(_) | Err(RecvError::Lagged(_)) => behind = true,
                    Err(RecvError::Closed) => return,
                },
                event = live.recv() => match event {
                    Ok(event) if is_wanted(&event, &query) => yield message(&event),
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                () = tokio::time::sleep(KEEPALIVE) => yield ": still here\n\n".to_owned(),
            }
        }
    }
}

async fn begin(jobs: &Jobs, since: Option<u64>) -> Result<(u64, StreamReady), StoreError> {
    let latest_seq = jobs.events(u64::MAX, 1, None).await?.latest_seq;
    let (cursor, status) = match since {
        Some(since) => jobs.cursor(since).await?,
        None => (latest_seq, "ok"),
    };
    Ok((cursor, StreamReady { latest_seq, cursor_status: status.into(), host: jobs.live.host() }))
}

fn is_wanted(event: &StreamEvent, query: &EventsQuery) -> bool {
    let of = |id: &str| query.prompt_id.as_deref().is_none_or(|wanted| wanted == id);
    match event {
        StreamEvent::Progress(progress) => of(&progress.prompt_id),
        StreamEvent::Preview(preview) => query.previews == Some(true) && of(&preview.prompt_id),
        StreamEvent::Ready(_) | StreamEvent::Job(_) | StreamEvent::Positions(_) | StreamEvent::Host(_) => {
            true
        }
    }
}

fn message(event: &StreamEvent) -> String {
    let data = event.data().expect("events hold only text and numbers");
    let id = match event {
        StreamEvent::Job(event) => format!("id: {}\n", event.seq),
        _ => String::new(),
    };
    format!("{id}event: {}\ndata: {data}\n\n", event.name())
}
