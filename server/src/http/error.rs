//! From failures to answers: the only place that chooses a status code.

use std::any::Any;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use openclaw_shared::planner::PlannerRequestError;
use openclaw_shared::problem::{ErrorCode, Problem};
use openclaw_shared::variants::ParamsNotAnObject;
use serde::Serialize;

use super::rate::Exceeded;
use crate::app::{DeliveriesLocked, JobsLocked};
use crate::assist::picture::PictureError;
use crate::config::settings::SettingsError;
use crate::delivery::ReplayError;
use crate::job::{AcceptError, RetryError};
use crate::llm::LlmError;
use crate::llm::check::CheckError;
use crate::llm::target::TargetError;
use crate::secret::store::SecretStoreError;
use crate::store::StoreError;
use crate::template::TemplateError;
use crate::template::render::RenderError;
use crate::webhook::WebhookError;
use crate::webhook::auth::AuthError;
use crate::webhook::request::RequestError;
use crate::webhook::trigger::TriggerError;

/// Everything a request can fail with. `Display` is the sentence people read.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("There is nothing at this address.")]
    NotFound,
    #[error("This address does not take that method.")]
    MethodNotAllowed,
    #[error("The body is not JSON: {0}")]
    InvalidJson(String),
    #[error("{0}")]
    Invalid(String),
    #[error("The request is larger than this address takes.")]
    TooLarge,
    #[error("The content type must be application/json.")]
    MediaType,
    /// 403, as the Python edition's settings endpoints answer.
    #[error("Invalid admin token. Enter it in the sidebar, or send it in X-OpenClaw-Admin-Token.")]
    AdminToken,
    /// 401, as the Python edition's assist endpoints answer.
    #[error("Unauthorized. Enter the admin token in the sidebar, or send it in X-OpenClaw-Admin-Token.")]
    AssistToken,
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("Cross-origin request denied. Set OPENCLAW_ADMIN_TOKEN to use a token instead.")]
    CrossOrigin,
    #[error(transparent)]
    Request(#[from] PlannerRequestError),
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error(transparent)]
    Variants(#[from] ParamsNotAnObject),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Llm(#[from] LlmError),
    #[error(transparent)]
    Secrets(#[from] SecretStoreError),
    #[error("No key is stored under this name.")]
    SecretNotFound,
    #[error(transparent)]
    JobsLocked(#[from] JobsLocked),
    #[error("There is no job with this id.")]
    JobNotFound,
    /// In the Python edition's words.
    #[error("There is no job with this id.")]
    TraceNotFound,
    #[error("{0}")]
    JobsQuery(String),
    #[error(transparent)]
    Accept(#[from] AcceptError),
    #[error(transparent)]
    Retry(#[from] RetryError),
    #[error("Something went wrong in the server; its log has the cause.")]
    Store(#[from] StoreError),
    #[error(transparent)]
    WebhookAuth(#[from] AuthError),
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The same of a dry run, where a size is the request's and not the budget's.
    #[error(transparent)]
    DryRun(WebhookError),
    #[error(transparent)]
    Trigger(#[from] TriggerError),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("Too many requests{}. Try again in {} s.", if .0.daily { " today" } else { "" }, .0.wait.as_secs() + 1)]
    RateLimited(Exceeded),
    #[error("The body took too long to arrive.")]
    TooSlow,
    #[error(transparent)]
    DeliveriesLocked(#[from] DeliveriesLocked),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error("Something went wrong in the server; its log has the cause.")]
    Panic(String),
}

impl ApiError {
    /// Status and code of every failure: exhaustive, so that a new variant needs a decision.
    fn classify(&self) -> (StatusCode, ErrorCode) {
        match self {
            Self::NotFound | Self::TraceNotFound => (StatusCode::NOT_FOUND, ErrorCode::NotFound),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed),
            Self::InvalidJson(_) => (StatusCode::BAD_REQUEST, ErrorCode::InvalidJson),
            Self::Invalid(_)
            | Self::Request(_)
            | Self::Picture(_)
            | Self::Variants(_)
            | Self::Trigger(TriggerError::Invalid(_))
            | Self::Settings(SettingsError::Rejected(_)) => {
                (StatusCode::BAD_REQUEST, ErrorCode::ValidationError)
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::PayloadTooLarge),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::UnsupportedMediaType),
            Self::AdminToken => (StatusCode::FORBIDDEN, ErrorCode::AuthFailed),
            Self::AssistToken => (StatusCode::UNAUTHORIZED, ErrorCode::AuthFailed),
            Self::Forbidden(_) | Self::Trigger(TriggerError::Approval) => {
                (StatusCode::FORBIDDEN, ErrorCode::Forbidden)
            }
            Self::CrossOrigin => (StatusCode::FORBIDDEN, ErrorCode::CsrfProtection),
            Self::Settings(SettingsError::Corrupt { .. } | SettingsError::Io { .. }) => {
                (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::ConfigStoreFailed)
            }
            Self::Target(error) => match error {
                TargetError::UnknownProvider(_) => (StatusCode::BAD_REQUEST, ErrorCode::ValidationError),
                TargetError::UrlBlocked(_) => (StatusCode::BAD_REQUEST, ErrorCode::UrlBlocked),
                TargetError::KeyMissing { .. } => (StatusCode::CONFLICT, ErrorCode::ProviderKeyMissing),
            },
            Self::Llm(error) => match error {
                LlmError::Dns { .. } => (StatusCode::BAD_GATEWAY, ErrorCode::ProviderDnsFailed),
                LlmError::Unreachable { .. } => (StatusCode::BAD_GATEWAY, ErrorCode::ProviderUnreachable),
                LlmError::Tls { .. } => (StatusCode::BAD_GATEWAY, ErrorCode::ProviderTlsFailed),
                LlmError::Blocked { .. } => (StatusCode::FORBIDDEN, ErrorCode::UrlBlocked),
                LlmError::Timeout { .. } => (StatusCode::GATEWAY_TIMEOUT, ErrorCode::ProviderTimeout),
                LlmError::Auth { .. } => (StatusCode::BAD_GATEWAY, ErrorCode::ProviderAuthFailed),
                LlmError::Region { .. } => (StatusCode::BAD_GATEWAY, ErrorCode::ProviderRegionRefused),
                LlmError::Quota { .. } => (StatusCode::BAD_GATEWAY, ErrorCode::ProviderQuotaExceeded),
                LlmError::RateLimited { .. } => {
                    (StatusCode::TOO_MANY_REQUESTS, ErrorCode::ProviderRateLimited)
                }
                LlmError::ModelNotFound { .. } => (StatusCode::BAD_GATEWAY, ErrorCode::ProviderModelNotFound),
                LlmError::InvalidRequest { .. } => {
                    (StatusCode::BAD_GATEWAY, ErrorCode::ProviderInvalidRequest)
                }
                LlmError::ContentFiltered { .. } => {
                    (StatusCode::BAD_GATEWAY, ErrorCode::ProviderContentFiltered)
                }
                LlmError::Unavailable { .. } => (StatusCode::BAD_GATEWAY, ErrorCode::ProviderUnavailable),
                LlmError::BadResponse { .. } => (StatusCode::BAD_GATEWAY, ErrorCode::ProviderBadResponse),
                LlmError::NotAModel => (StatusCode::BAD_REQUEST, ErrorCode::ValidationError),
            },
            Self::Secrets(_) => (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::SaveFailed),
            Self::SecretNotFound => (StatusCode::NOT_FOUND, ErrorCode::SecretNotFound),
            Self::JobsLocked(_) => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::JobsLocked),
            Self::JobNotFound | Self::Retry(RetryError::Unknown) => {
                (StatusCode::NOT_FOUND, ErrorCode::JobNotFound)
            }
            Self::JobsQuery(_) => (StatusCode::BAD_REQUEST, ErrorCode::JobsQueryInvalid),
            Self::Retry(RetryError::NotEnded | RetryError::NotOurs) => {
                (StatusCode::CONFLICT, ErrorCode::JobStateConflict)
            }
            Self::Accept(error) | Self::Retry(RetryError::Accept(error)) => match error {
                AcceptError::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::IdempotencyKeyReused),
                AcceptError::KeyInFlight => (StatusCode::CONFLICT, ErrorCode::IdempotencyInFlight),
                AcceptError::NonceUsed => (StatusCode::UNAUTHORIZED, ErrorCode::NonceUsed),
                AcceptError::Busy(_) => (StatusCode::TOO_MANY_REQUESTS, ErrorCode::BudgetExceeded),
                AcceptError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::InternalError),
            },
            Self::WebhookAuth(error) => of_webhook_auth(error),
            Self::Webhook(error) | Self::Trigger(TriggerError::Webhook(error)) => of_webhook(error),
            Self::DryRun(error) => match of_webhook(error) {
                (StatusCode::PAYLOAD_TOO_LARGE, _) => {
                    (StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::PayloadTooLarge)
                }
                other => other,
            },
            Self::Trigger(TriggerError::Template(error)) | Self::Template(error) => of_named_template(error),
            Self::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimitExceeded),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, ErrorCode::RequestTimeout),
            Self::DeliveriesLocked(_) => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::CallbacksLocked),
            Self::Replay(ReplayError::Unknown) => (StatusCode::NOT_FOUND, ErrorCode::DeliveryNotFound),
            Self::Replay(ReplayError::NotOver) => (StatusCode::CONFLICT, ErrorCode::DeliveryStateConflict),
            Self::Replay(ReplayError::Store(_)) | Self::Store(_) | Self::Panic(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::InternalError)
            }
        }
    }

    /// The problem document; logs the cause of a fault of ours under its id.
    pub fn problem(&self) -> Problem {
        let (status, error) = self.classify();
        let request_id = uuid::Uuid::now_v7().to_string();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(request_id, cause = ?self, "request failed");
        } else if status.is_server_error() {
            // Not the sentence: providers repeat prompts in theirs.
            tracing::warn!(request_id, code = error.as_str(), "request failed");
        }
        Problem {
            ok: false,
            error,
            message: match self {
                // A fault of ours: the cause is for the log.
                Self::Accept(AcceptError::Store(_))
                | Self::Retry(RetryError::Accept(AcceptError::Store(_)))
                | Self::Replay(ReplayError::Store(_)) => Self::Panic(String::new()).to_string(),
                other => other.to_string(),
            },
            kind: "about:blank".into(),
            title: error.title().into(),
            status: status.as_u16(),
            request_id,
            errors: match self {
                Self::Settings(SettingsError::Rejected(errors)) => errors.clone(),
                _ => Vec::new(),
            },
            retry_after_sec: match self {
                Self::RateLimited(exceeded) => Some(exceeded.wait.as_secs() + 1),
                Self::Llm(error) => error.retry_after().map(|pause| pause.as_secs().max(1)),
                Self::Accept(AcceptError::Busy(busy))
                | Self::Retry(RetryError::Accept(AcceptError::Busy(busy))) => {
                    Some(busy.retry_after.as_secs().max(1))
                }
                Self::Accept(AcceptError::KeyInFlight) => Some(1),
                _ => None,
            },
        }
    }
}

/// 403 says that nobody may, 401 that this one has not proved itself.
fn of_webhook_auth(error: &AuthError) -> (StatusCode, ErrorCode) {
    let code = match error {
        AuthError::Locked(_) => return (StatusCode::FORBIDDEN, ErrorCode::WebhooksLocked),
        AuthError::NotConfigured => return (StatusCode::FORBIDDEN, ErrorCode::AuthNotConfigured),
        AuthError::BearerNotConfigured => return (StatusCode::FORBIDDEN, ErrorCode::BearerNotConfigured),
        AuthError::HmacNotConfigured => return (StatusCode::FORBIDDEN, ErrorCode::HmacNotConfigured),
        AuthError::MissingAuthorization => ErrorCode::MissingAuthorizationHeader,
        AuthError::Scheme => ErrorCode::InvalidAuthScheme,
        AuthError::EmptyToken => ErrorCode::EmptyToken,
        AuthError::Token => ErrorCode::InvalidToken,
        AuthError::MissingSignature => ErrorCode::MissingSignatureHeader,
        AuthError::SignatureFormat => ErrorCode::InvalidSignatureFormat,
        AuthError::EmptySignature => ErrorCode::EmptySignature,
        AuthError::Signature => ErrorCode::InvalidSignature,
        AuthError::MissingTimestamp => ErrorCode::MissingTimestamp,
        AuthError::MissingNonce => ErrorCode::MissingNonce,
        AuthError::Timestamp => ErrorCode::InvalidTimestamp,
        AuthError::TimestampRange => ErrorCode::TimestampOutOfRange,
        AuthError::Credentials => ErrorCode::InvalidCredentials,
    };
    (StatusCode::UNAUTHORIZED, code)
}

fn of_webhook(error: &WebhookError) -> (StatusCode, ErrorCode) {
    match error {
        WebhookError::Request(RequestError::NotJson(_)) => (StatusCode::BAD_REQUEST, ErrorCode::InvalidJson),
        WebhookError::Request(RequestError::Invalid(_)) => {
            (StatusCode::BAD_REQUEST, ErrorCode::ValidationError)
        }
        WebhookError::Mapping(_) => (StatusCode::BAD_REQUEST, ErrorCode::MappingError),
        WebhookError::Denied(_) => (StatusCode::FORBIDDEN, ErrorCode::Forbidden),
        WebhookError::Callback(_) => (StatusCode::BAD_REQUEST, ErrorCode::UrlBlocked),
        WebhookError::Template(error) => of_template(error),
    }
}

/// For a caller that is trusted to know which templates there are, one that is missing is a 404.
fn of_named_template(error: &TemplateError) -> (StatusCode, ErrorCode) {
    match error {
        TemplateError::NotFound(_) => (StatusCode::NOT_FOUND, ErrorCode::NotFound),
        error => of_template(error),
    }
}

fn of_template(error: &TemplateError) -> (StatusCode, ErrorCode) {
    match error {
        TemplateError::Render(RenderError::TooLarge(_) | RenderError::TooManyNodes) => {
            (StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::BudgetExceeded)
        }
        TemplateError::NotFound(_)
        | TemplateError::Locked { .. }
        | TemplateError::Inputs(_)
        | TemplateError::Render(
            RenderError::UiFormat
            | RenderError::Unknown(_)
            | RenderError::Missing(_)
            | RenderError::Unused(_)
            | RenderError::TooDeep,
        ) => (StatusCode::BAD_REQUEST, ErrorCode::TemplateError),
    }
}

impl From<CheckError> for ApiError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Target(error) => error.into(),
            CheckError::Llm(error) => error.into(),
        }
    }
}

/// What is written: the problem, and which limit was met.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    problem: Problem,
    #[serde(flatten)]
    limit: Option<Limit>,
}

/// What the Python edition's clients read of a limit.
#[derive(Serialize)]
struct Limit {
    code: ErrorCode,
    reason_code: &'static str,
    endpoint_class: &'static str,
    bucket: &'static str,
    scope: String,
}

impl Limit {
    fn of(exceeded: &Exceeded) -> Self {
        let Exceeded { class, daily, .. } = exceeded;
        let (bucket, reason_code) =
            if *daily { ("daily", "daily_cap_exceeded") } else { ("endpoint_class", "burst_limit_exceeded") };
        let scope = format!("{bucket}:{class}");
        Self { code: ErrorCode::RateLimitExceeded, reason_code, endpoint_class: class, bucket, scope }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let limit = match &self {
            Self::RateLimited(exceeded) => Some(Limit::of(exceeded)),
            _ => None,
        };
        let answer = Answer { problem: self.problem(), limit };
        let body = serde_json::to_vec(&answer).expect("a problem holds only text and numbers");
        let problem = answer.problem;
        let status = StatusCode::from_u16(problem.status).expect("the status came from a StatusCode");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = problem.retry_after_sec {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The answer to a request whose handler panicked.
pub fn of_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    ApiError::Panic(text.or_else(|| panic.downcast::<String>().ok().map(|text| *text)).unwrap_or_default())
        .into_response()
}
