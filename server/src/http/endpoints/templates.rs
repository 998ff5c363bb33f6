use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use openclaw_shared::template::{TemplateList, TemplateRunRequest};
use openclaw_shared::webhook::TemplateRun;

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
    let rendered = app.templates.find(&id)?.render(&request.inputs)?;
    let render = Some(webhook::preview(&rendered, &app.redactor)).filter(|_| request.dry_run);
    let dry_run = request.dry_run;
    let job = trigger::run(&id, request, rendered, labels(&headers))?;
    if dry_run {
        let trace_id = job.trace.trace_id;
        return Ok(Json(TemplateRun {
            ok: true,
            dry_run,
            deduped: false,
            prompt_id: None,
            trace_id,
            render,
        }));
    }
    let accepted = app.jobs()?.accept(job).await?;
    Ok(Json(TemplateRun {
        ok: true,
        dry_run,
        deduped: accepted.deduped,
        prompt_id: Some(accepted.job.id),
        trace_id: accepted.job.trace_id,
        render,
    }))
}
