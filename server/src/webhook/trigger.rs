//! A way in for who is trusted already: the sidebar, scripts on this machine, holders of the admin token.

use openclaw_shared::id::Surface;
use openclaw_shared::job::JobSource;
use openclaw_shared::template::TemplateRunRequest;
use openclaw_shared::webhook::TriggerRequest;

use super::request::check_callback;
use super::{About, Labels, WebhookError, check_key, digest, new_job};
use crate::egress::policy::Policy;
use crate::job::{Idempotency, KEY_TTL, NewJob};
use crate::template::render::Rendered;
use crate::template::{TemplateError, Templates};
use crate::trace::TraceContext;

/// Characters of a title.
const MAX_TITLE: usize = 200;

/// Why a trigger does not become a job.
#[derive(Debug, thiserror::Error)]
pub enum TriggerError {
    #[error("{0}")]
    Invalid(String),
    #[error("This trigger needs an approval, and approvals are not part of this version.")]
    Approval,
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Webhook(#[from] WebhookError),
}

/// The job that a trigger asks for. The same trace id, when the caller chose one, is the same trigger.
pub fn job(
    request: TriggerRequest,
    labels: Labels<'_>,
    templates: &Templates,
    callbacks: &Policy,
    approve: bool,
) -> Result<NewJob, TriggerError> {
    if request.template_id.is_empty() {
        return Err(TriggerError::Invalid("template_id is required".into()));
    }
    // Policy is a floor: a caller can ask for an approval and cannot waive it.
    if approve || request.require_approval == Some(true) {
        return Err(TriggerError::Approval);
    }
    let given = labels.trace_id.or(request.trace_id.as_deref());
    if let Some(id) = given {
        Surface::Trace
            .check(id)
            .map_err(|error| TriggerError::Invalid(format!("trace_id is wrong: {error}")))?;
    }
    if let Some(callback) = &request.callback {
        check_callback(callback).map_err(TriggerError::Invalid)?;
        callbacks.check(&callback.url).map_err(WebhookError::from)?;
    }
    let rendered = templates.find(&request.template_id)?.render(&request.inputs)?;
    let trace = TraceContext::from_parts(labels.traceparent, given);
    let content = TriggerRequest { trace_id: None, ..request.clone() };
    let payload_hash = digest(&serde_json::to_vec(&content).unwrap_or_default());
    let idempotency = key(labels, given.map(|id| format!("trigger:{id}")), payload_hash)?;
    let about = About { source: JobSource::Trigger, sender: None, job_id: None };
    Ok(new_job(about, &request.template_id, rendered, trace, idempotency, None, request.callback))
}

/// The job of a template that the sidebar runs.
pub fn run(
    id: &str,
    request: TemplateRunRequest,
    rendered: Rendered,
    labels: Labels<'_>,
) -> Result<NewJob, TriggerError> {
    let content = (id, &request.inputs);
    let payload_hash = digest(&serde_json::to_vec(&content).unwrap_or_default());
    let own = request.idempotency_key.map(|key| check_key(&key).map(|()| format!("sidebar:{key}")));
    let idempotency = key(labels, own.transpose().map_err(TriggerError::Invalid)?, payload_hash)?;
    let trace = TraceContext::from_parts(labels.traceparent, labels.trace_id);
    let about = About { source: JobSource::Sidebar, sender: None, job_id: None };
    let job = new_job(about, id, rendered, trace, idempotency, None, None);
    let title =
        request.title.map(|title| title.chars().filter(|c| !c.is_control()).take(MAX_TITLE).collect());
    Ok(NewJob { title, ..job })
}

/// A key in a header beats what the request itself says.
fn key(
    labels: Labels<'_>,
    own: Option<String>,
    payload_hash: [u8; 32],
) -> Result<Option<Idempotency>, TriggerError> {
    let key = match labels.idempotency_key {
        Some(key) => {
            check_key(key).map_err(TriggerError::Invalid)?;
            Some(format!("key::{key}"))
        }
        None => own,
    };
    Ok(key.map(|key| Idempotency { key, other: None, payload_hash, ttl: KEY_TTL }))
}
