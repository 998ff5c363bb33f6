use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use openclaw_shared::template::{TemplateList, TemplateRunRequest};
use openclaw_shared::webhook::TemplateRun;
use serde_json::Value;

use crate::http::AppState;
use crate::http::documented::{Accepts, Names};
use crate::http::error::ApiError;
use crate::http::extract::{ApiPath, OptionalJson};
use crate::http::signed::labels;
use crate::webhook::{self, trigger};

/// Every template, its inputs, and which node inputs they reach; one that cannot be run says why.
#[utoipa::path(get, path = "/templates", tag = "templates", responses((status = 200, body = TemplateList)))]
pub async fn list_templates(State(app): State<AppState>) -> Json<TemplateList> {
    Json(app.templates.list())
}

/// Runs a template for the sidebar, or says what would run.
#[utoipa::path(post, path = "/templates/{id}/run", tag = "templates", params(("id" = String, Path)), request_body = Option<TemplateRunRequest>, responses((status = 200, body = TemplateRun), Names, Accepts))]
pub async fn run_template(
    State(app): State<AppState>,
    ApiPath(id): ApiPath<String>,
    headers: HeaderMap,
    OptionalJson(request): OptionalJson<TemplateRunRequest>,
) -> Result<Json<TemplateRun>, ApiError> {
    let template = app.templates.find(&id)?;
    let inputs = template.values(&request.inputs)?;
    let rendered = template.render(&inputs)?;
    let mut run = TemplateRun { ok: true, dry_run: request.dry_run, ..TemplateRun::default() };
    if run.dry_run {
        run.render = Some(webhook::preview(&rendered, &app.redactor));
        if let Value::Object(inputs) = app.redactor.redact_json(&Value::Object(inputs)) {
            run.inputs = inputs;
        }
        run.trace_id = trigger::run(&id, request, rendered, labels(&headers))?.trace.trace_id;
        return Ok(Json(run));
    }
    let accepted = app.jobs()?.accept(trigger::run(&id, request, rendered, labels(&headers))?).await?;
    run.deduped = accepted.deduped;
    run.prompt_id = Some(accepted.job.id);
    run.trace_id = accepted.job.trace_id;
    Ok(Json(run))
}
