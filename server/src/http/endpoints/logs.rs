use axum::Json;
use axum::extract::State;
use openclaw_shared::job::LogTail;
use serde::Deserialize;

use crate::http::AppState;
use crate::http::extract::ApiQuery;

/// As in the Python edition.
const DEFAULT_LINES: usize = 50;
const MAX_LINES: usize = 500;

/// Numbers are texts here, because an unreadable one means the default, as in the Python edition.
#[derive(Deserialize)]
pub struct LogsQuery {
    n: Option<String>,
    lines: Option<String>,
    trace_id: Option<String>,
    prompt_id: Option<String>,
}

/// The last lines of the log, redacted; with a trace or a job, those that name it.
#[utoipa::path(get, path = "/logs/tail", tag = "jobs", params(
    ("n" = Option<String>, Query, description = "How many lines, 1 to 500; 50 when absent"),
    ("lines" = Option<String>, Query, description = "The same as n"),
    ("trace_id" = Option<String>, Query, description = "Only lines with this trace"),
    ("prompt_id" = Option<String>, Query, description = "Only lines with this job"),
), responses((status = 200, body = LogTail)))]
pub async fn tail_logs(State(app): State<AppState>, ApiQuery(query): ApiQuery<LogsQuery>) -> Json<LogTail> {
    let count = query.n.or(query.lines).and_then(|text| text.trim().parse().ok()).unwrap_or(DEFAULT_LINES);
    let ids: Vec<String> =
        [query.trace_id, query.prompt_id].into_iter().flatten().filter(|id| !id.is_empty()).collect();
    let content = app.logs.tail(count.clamp(1, MAX_LINES), &ids);
    Json(LogTail { ok: true, content, filtered: !ids.is_empty() })
}
