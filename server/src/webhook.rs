//! A way in: signed events from other programs. What arrives is authenticated, normalised and rendered here; it
//! becomes a job, and nothing else.

pub mod auth;
pub mod mapping;
pub mod request;
pub mod senders;
pub mod trigger;

use std::time::Duration;

use openclaw_shared::id::Surface;
use openclaw_shared::job::JobSource;
use openclaw_shared::template::InputKind;
use openclaw_shared::webhook::{Callback, RenderPreview, WebhookRequest};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::config::settings::TENANT;
use crate::egress::policy::{Policy, Refusal};
use crate::job::{AcceptError, Idempotency, Jobs, KEY_TTL, NewJob, Nonce};
use crate::redact::Redactor;
use crate::template::render::Rendered;
use crate::template::{Loaded, TemplateError, Templates};
use crate::trace::TraceContext;
use auth::{NONCE_TTL, Verified};
use mapping::Mappings;
use request::RequestError;

/// How long an event without any id is taken for the same one again; as in the Python edition.
const SAME_EVENT_TTL: Duration = Duration::from_hours(1);
/// Under which ComfyUI counts what we queue.
const COMFY_USAGE_SOURCE: &str = "comfyui-openclaw";

/// What a request says beside its body.
#[derive(Debug, Clone, Copy, Default)]
pub struct Labels<'a> {
    pub trace_id: Option<&'a str>,
    pub traceparent: Option<&'a str>,
    pub idempotency_key: Option<&'a str>,
    /// The mapping profile that is asked for.
    pub mapping: Option<&'a str>,
    /// Where the event comes from, to choose a profile by.
    pub source: Option<&'a str>,
}

/// An event of a known sender, in its normal form.
#[derive(Debug)]
pub struct Event {
    pub request: WebhookRequest,
    /// By a profile.
    pub mapped: bool,
    pub trace: TraceContext,
    sender: String,
    idempotency: Idempotency,
    pub nonce: Option<Nonce>,
}

/// Why an event does not become a job.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("The event cannot be mapped: {0}.")]
    Mapping(String),
    #[error("This sender may not run the template `{0}`.")]
    Denied(String),
    #[error(
        "callback.url cannot be called: {0}. An operator can list its host in OPENCLAW_CALLBACK_ALLOW_HOSTS."
    )]
    Callback(#[from] Refusal),
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl Event {
    /// Reads what `verified` sent. Nothing is looked up and nothing is changed.
    pub fn read(
        verified: Verified,
        labels: Labels<'_>,
        body: &[u8],
        mappings: &Mappings,
        callbacks: &Policy,
    ) -> Result<Self, WebhookError> {
        let members = request::object(body)?;
        let profile = labels.mapping.or(verified.sender.mapping.as_deref());
        let chosen = mappings.choose(profile, labels.source).map_err(WebhookError::Mapping)?;
        let mapped = chosen.is_some();
        let request = match chosen {
            Some(chosen) => chosen.map(members).map_err(WebhookError::Mapping)?,
            None => request::normalise(members).map_err(RequestError::Invalid)?,
        };
        if !verified.sender.may_run(&request.template_id) {
            return Err(WebhookError::Denied(request.template_id));
        }
        if let Some(callback) = &request.callback {
            callbacks.check(&callback.url)?;
        }
        let trace =
            TraceContext::from_parts(labels.traceparent, labels.trace_id.or(request.trace_id.as_deref()));
        let sender = verified.sender.name.clone();
        let idempotency =
            idempotency(&sender, &request, labels.idempotency_key, verified.message_id.as_deref())?;
        let nonce = verified.nonce.map(|value| Nonce { value, ttl: NONCE_TTL });
        Ok(Self { request, mapped, trace, sender, idempotency, nonce })
    }

    pub fn render(&self, templates: &Templates) -> Result<Rendered, WebhookError> {
        Ok(templates.find(&self.request.template_id)?.render(&self.request.inputs)?)
    }

    pub fn into_job(self, rendered: Rendered) -> NewJob {
        let WebhookRequest { template_id, job_id, callback, .. } = self.request;
        let about =
            About { source: JobSource::Webhook, sender: Some(&self.sender), job_id: job_id.as_deref() };
        new_job(about, &template_id, rendered, self.trace, Some(self.idempotency), self.nonce, callback)
    }
}

/// Where a job comes from.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub source: JobSource,
    pub sender: Option<&'a str>,
    pub job_id: Option<&'a str>,
}

/// The job of a rendered template, with what ComfyUI is told about it under the names the Python edition used.
pub fn new_job(
    about: About<'_>,
    template_id: &str,
    rendered: Rendered,
    trace: TraceContext,
    idempotency: Option<Idempotency>,
    nonce: Option<Nonce>,
    callback: Option<Callback>,
) -> NewJob {
    let ours = json!({
        "tenant_id": TENANT,
        "trace_id": trace.trace_id,
        "source": about.source.as_str(),
        "sender": about.sender,
        "template_id": template_id,
    });
    let extra_data = Map::from_iter([
        ("moltbot".to_owned(), json!({"trace_id": trace.trace_id, "job_id": about.job_id})),
        ("openclaw".to_owned(), ours),
        ("comfy_usage_source".to_owned(), COMFY_USAGE_SOURCE.into()),
    ]);
    let Value::Object(prompt) = rendered.graph else {
        unreachable!("a template that is not locked is a graph")
    };
    NewJob {
        source: about.source,
        tenant: TENANT.into(),
        template_id: Some(template_id.to_owned()),
        title: None,
        prompt,
        extra_data,
        idempotency,
        nonce,
        callback: callback.and_then(|callback| serde_json::to_value(callback).ok()),
        trace,
    }
}

/// What names this event: a key in a header beats the event's own id, that beats the message's, and without any, an
/// event that says the same within the hour is the same. The message's id, which is signed as headers are not, always
/// names it too: whoever has read a request could send it again under a key of their own.
fn idempotency(
    sender: &str,
    request: &WebhookRequest,
    header: Option<&str>,
    message_id: Option<&str>,
) -> Result<Idempotency, RequestError> {
    let payload_hash = hash(request);
    header.map_or(Ok(()), check_key).map_err(RequestError::Invalid)?;
    let message = message_id.map(|id| format!("msg:{sender}:{id}"));
    let named = header.map(|key| format!("key:{sender}:{key}"));
    let named = named.or_else(|| request.job_id.as_ref().map(|id| format!("job:{sender}:{id}")));
    let (key, other, ttl) = match (named, message) {
        (Some(key), message) => (key, message, KEY_TTL),
        (None, Some(message)) => (message, None, KEY_TTL),
        (None, None) => (format!("hash:{sender}:{}", hex(&payload_hash)), None, SAME_EVENT_TTL),
    };
    Ok(Idempotency { key, other, payload_hash, ttl })
}

/// Whether an `Idempotency-Key` is one.
pub fn check_key(key: &str) -> Result<(), String> {
    Surface::IdempotencyKey.check(key).map_err(|error| format!("the idempotency key is wrong: {error}"))
}

/// The trace says where an event was seen, not what it asks for.
fn hash(request: &WebhookRequest) -> [u8; 32] {
    let content = WebhookRequest { trace_id: None, ..request.clone() };
    digest(&serde_json::to_vec(&content).expect("a request is JSON"))
}

pub fn digest(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Uses up the nonce of a request that makes no job.
pub async fn use_nonce(jobs: &Jobs, nonce: Option<&Nonce>) -> Result<(), AcceptError> {
    match nonce {
        Some(nonce) if !jobs.claim_nonce(nonce).await? => Err(AcceptError::NonceUsed),
        _ => Ok(()),
    }
}

/// A rendered workflow as it may be shown.
pub fn preview(rendered: &Rendered, redactor: &Redactor) -> RenderPreview {
    let shown = rendered.bytes <= RenderPreview::MAX_BYTES;
    RenderPreview {
        workflow_bytes: rendered.bytes,
        node_count_estimate: rendered.nodes,
        unresolved_placeholders: Vec::new(),
        workflow: shown.then(|| redactor.redact_json(&rendered.graph)),
    }
}

/// What a dry run cannot show.
pub fn warnings(template: &Loaded, inputs: &Map<String, Value>) -> Vec<String> {
    let random = template.about.inputs.iter().filter(|input| {
        input.kind == InputKind::Seed
            && input.default.is_none()
            && inputs.get(&input.name).is_none_or(Value::is_null)
    });
    random.map(|input| format!("`{}` is random: every run has another one", input.name)).collect()
}
