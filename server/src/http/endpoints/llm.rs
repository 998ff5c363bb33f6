use std::pin::pin;

use axum::Json;
use axum::extract::State;
use futures_util::StreamExt as _;
use openclaw_shared::llm::{
    LlmChatRequest, LlmChatResult, LlmTestRequest, LlmTestResult, ModelList, ProviderHealth,
};
use serde::Deserialize;

use crate::config::settings::TENANT;
use crate::http::AppState;
use crate::http::documented::AsksModel;
use crate::http::error::ApiError;
use crate::http::extract::{ApiJson, ApiQuery, OptionalJson};
use crate::llm::target::Target;
use crate::llm::{ChatRequest, LlmError, Piece, check, now_ms};

/// Characters; as the planner's requirements.
const MAX_SYSTEM: usize = 8000;
/// Characters; a long chat message with a workflow's prompts in it.
const MAX_MESSAGE: usize = 16_000;
/// Tokens; the most a chat answer is good for.
const MAX_TOKENS: u32 = 16_384;
/// Tokens, when the caller names none; as in the Python edition.
const DEFAULT_TOKENS: u32 = 1024;
/// As in the Python edition.
const DEFAULT_TEMPERATURE: f64 = 0.7;

/// Sends one tiny prompt with the stored settings, or with the ones given, and says what came back or what failed.
#[utoipa::path(post, path = "/llm/test", tag = "llm", request_body = Option<LlmTestRequest>, responses((status = 200, body = LlmTestResult), AsksModel))]
pub async fn test_llm(
    State(app): State<AppState>,
    OptionalJson(request): OptionalJson<LlmTestRequest>,
) -> Result<Json<LlmTestResult>, ApiError> {
    let settings = app.settings.current(&app.catalog).0;
    Ok(Json(check::run(&app.llm, &app.catalog, &app.keys, &app.config.llm, settings, request).await?))
}

#[derive(Deserialize)]
pub struct ModelsQuery {
    provider: Option<String>,
    #[serde(default)]
    refresh: bool,
}

/// The models of a provider, the configured one unless another is named.
#[utoipa::path(get, path = "/llm/models", tag = "llm",
    params(("provider" = Option<String>, Query, description = "A provider id"), ("refresh" = Option<bool>, Query, description = "Ask again even when the list is fresh")),
    responses((status = 200, body = ModelList), AsksModel))]
pub async fn list_models(
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<ModelsQuery>,
) -> Result<Json<ModelList>, ApiError> {
    let settings = app.settings.current(&app.catalog).0;
    let provider =
        query.provider.filter(|provider| !provider.is_empty()).unwrap_or_else(|| settings.provider.clone());
    let base_url = if provider == settings.provider { &settings.base_url } else { "" };
    let target = Target::resolve(
        &app.catalog,
        &app.keys,
        &app.config.llm,
        &provider,
        "",
        base_url,
        settings.allow_private_network,
    )?;
    let row = app.catalog.find(&target.provider).expect("the target was made from its row");
    Ok(Json(app.llm.models.list(&app.llm, row, &target, query.refresh).await?))
}

/// How the configured candidates have been doing, who rests, and for how long.
#[utoipa::path(get, path = "/llm/health", tag = "llm", responses((status = 200, body = ProviderHealth)))]
pub async fn get_provider_health(State(app): State<AppState>) -> Json<ProviderHealth> {
    Json(provider_health(&app))
}

#[derive(Deserialize)]
pub struct HealthQuery {
    provider: Option<String>,
}

/// Forgets rests and scores, of one provider or of all, so that the next call asks again at once.
#[utoipa::path(delete, path = "/llm/health", tag = "llm",
    params(("provider" = Option<String>, Query, description = "A provider id; all of them without one")),
    responses((status = 200, body = ProviderHealth)))]
pub async fn reset_provider_health(
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<HealthQuery>,
) -> Result<Json<ProviderHealth>, ApiError> {
    let provider = query.provider.filter(|provider| !provider.is_empty());
    let row = match &provider {
        Some(id) => Some(app.catalog.find(id).ok_or_else(|| ApiError::Invalid("Unknown provider".into()))?),
        None => None,
    };
    tokio::task::block_in_place(|| app.llm.health.reset(row.map(|row| row.id.as_str())));
    Ok(Json(provider_health(&app)))
}

fn provider_health(app: &AppState) -> ProviderHealth {
    let now = now_ms();
    let (mut configured, problem) = match app.writers() {
        Ok((writers, _)) => (writers.models, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    app.llm.health.order(&mut configured, now);
    let candidates = app.llm.health.views(&configured, now);
    ProviderHealth { ok: true, tenant_id: TENANT.into(), candidates, problem }
}

/// One question, one answer, with the configured provider.
#[utoipa::path(post, path = "/llm/chat", tag = "llm", request_body = LlmChatRequest, responses((status = 200, body = LlmChatResult), AsksModel))]
pub async fn chat_llm(
    State(app): State<AppState>,
    ApiJson(request): ApiJson<LlmChatRequest>,
) -> Result<Json<LlmChatResult>, ApiError> {
    for (name, text, limit) in
        [("system", &request.system, MAX_SYSTEM), ("user_message", &request.user_message, MAX_MESSAGE)]
    {
        if text.chars().count() > limit {
            return Err(ApiError::Invalid(format!("{name} exceeds {limit} chars")));
        }
    }
    if request.user_message.trim().is_empty() {
        return Err(ApiError::Invalid("missing_user_message: user_message is empty".into()));
    }
    let (writers, patience) = app.writers()?;
    if writers.models.is_empty() {
        return Err(LlmError::NotAModel.into());
    }
    let question = ChatRequest {
        system: request.system,
        text: request.user_message,
        images: Vec::new(),
        max_tokens: request.max_tokens.unwrap_or(DEFAULT_TOKENS).clamp(1, MAX_TOKENS),
        temperature: request.temperature.unwrap_or(DEFAULT_TEMPERATURE).clamp(0.0, 2.0),
        object: None,
    };
    let mut text = String::new();
    let mut pieces = pin!(app.llm.clone().converse(writers.models, question, patience));
    while let Some(piece) = pieces.next().await {
        if let Piece::Text(piece) = piece? {
            text.push_str(&piece);
        }
    }
    Ok(Json(LlmChatResult { ok: true, tenant_id: TENANT.into(), text }))
}
