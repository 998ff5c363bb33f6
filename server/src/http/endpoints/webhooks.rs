use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use openclaw_shared::webhook::{
    TriggerFired, TriggerRequest, WebhookNormalized, WebhookRequest, WebhookSubmitted, WebhookValidated,
};

use crate::http::AppState;
use crate::http::auth::count_today;
use crate::http::documented::{Accepts, Names, ReadsJobs};
use crate::http::error::ApiError;
use crate::http::extract::ApiJson;
use crate::http::rate::daily::Class;
use crate::http::signed::{Signed, labels};
use crate::webhook::{self, trigger};

/// Checks an event and says how it was understood. Nothing is run.
#[utoipa::path(post, path = "/webhook", tag = "webhooks", request_body = WebhookRequest, responses((status = 200, body = WebhookNormalized), ReadsJobs))]
pub async fn normalize_webhook(
    State(app): State<AppState>,
    signed: Signed,
) -> Result<Json<WebhookNormalized>, ApiError> {
    let event = signed.read(&app)?;
    webhook::use_nonce(app.jobs()?, event.nonce.as_ref()).await?;
    let (trace_id, normalized) = (event.trace.trace_id, event.request);
    Ok(Json(WebhookNormalized { ok: true, accepted: true, trace_id, normalized }))
}

/// Runs a template once. The job is on disk before the answer.
#[utoipa::path(post, path = "/webhook/submit", tag = "webhooks", request_body = WebhookRequest, responses((status = 200, body = WebhookSubmitted), Accepts))]
pub async fn submit_webhook(
    State(app): State<AppState>,
    signed: Signed,
) -> Result<Json<WebhookSubmitted>, ApiError> {
    let event = signed.read(&app)?;
    let rendered = event.render(&app.templates)?;
    if event.request.callback.is_some() {
        app.deliveries()?;
    }
    let mapped = event.mapped;
    let accepted = app.jobs()?.accept(event.into_job(rendered)).await?;
    let job = accepted.job;
    Ok(Json(WebhookSubmitted {
        ok: true,
        deduped: accepted.deduped,
        callback_scheduled: job.delivery.is_some(),
        prompt_id: job.id,
        trace_id: job.trace_id,
        mapped,
        number: job.priority,
        message: accepted.deduped.then(|| "Request already processed".into()),
    }))
}

/// Says what an event would run. Nothing is run, and no key is used up.
#[utoipa::path(post, path = "/webhook/validate", tag = "webhooks", request_body = WebhookRequest, responses((status = 200, body = WebhookValidated), ReadsJobs))]
pub async fn validate_webhook(
    State(app): State<AppState>,
    signed: Signed,
) -> Result<Json<WebhookValidated>, ApiError> {
    let event = signed.read(&app)?;
    webhook::use_nonce(app.jobs()?, event.nonce.as_ref()).await?;
    let template = app.templates.find(&event.request.template_id).map_err(webhook::WebhookError::from)?;
    let rendered = event.render(&app.templates).map_err(ApiError::DryRun)?;
    let normalized = serde_json::to_value(&event.request).unwrap_or_default();
    Ok(Json(WebhookValidated {
        ok: true,
        mapped: event.mapped,
        warnings: webhook::warnings(&template, &event.request.inputs),
        trace_id: event.trace.trace_id,
        template_id: event.request.template_id,
        normalized: app.redactor.redact_json(&normalized),
        render: webhook::preview(&rendered, &app.redactor),
    }))
}

/// Runs a template for a script or another program on this machine, or with the admin token from elsewhere.
#[utoipa::path(post, path = "/triggers/fire", tag = "webhooks", request_body = TriggerRequest, responses((status = 200, body = TriggerFired), Names, Accepts))]
pub async fn fire_trigger(
    State(app): State<AppState>,
    headers: HeaderMap,
    ApiJson(request): ApiJson<TriggerRequest>,
) -> Result<Json<TriggerFired>, ApiError> {
    count_today(&app, Class::Trigger)?;
    let job = trigger::job(
        request,
        labels(&headers),
        &app.templates,
        &app.config.callbacks.policy,
        app.config.approve_triggers,
    )?;
    if job.callback.is_some() {
        app.deliveries()?;
    }
    let accepted = app.jobs()?.accept(job).await?;
    Ok(Json(TriggerFired {
        ok: true,
        triggered: true,
        prompt_id: accepted.job.id,
        trace_id: accepted.job.trace_id,
        deduped: accepted.deduped,
    }))
}
