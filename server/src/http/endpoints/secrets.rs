use axum::Json;
use axum::extract::State;
use openclaw_shared::secret::{SecretChanged, SecretStatus, SecretUpdate, SecretsStatus};

use crate::http::AppState;
use crate::http::documented::Names;
use crate::http::error::ApiError;
use crate::http::extract::{ApiJson, ApiPath};
use crate::llm::keys::{GENERIC, KeySource};
use crate::secret::Secret;

const WARNING: &str = "Stored keys are sealed, but whoever can read the state directory can use them. \
                       Keys in the environment come first.";

/// Where every key is; never a value.
#[utoipa::path(get, path = "/secrets/status", tag = "secrets", responses((status = 200, body = SecretsStatus)))]
pub async fn get_secrets_status(State(app): State<AppState>) -> Json<SecretsStatus> {
    let stored = |configured| SecretStatus { configured, source: "server_store".into(), variable: None };
    let mut secrets: std::collections::BTreeMap<_, _> =
        app.keys.store.names().into_iter().map(|(name, opens)| (name, stored(opens))).collect();
    for row in app.catalog.rows() {
        if let Some((_, KeySource::Env(variable))) = app.keys.find(row) {
            let status = SecretStatus { configured: true, source: "env".into(), variable: Some(variable) };
            secrets.insert(row.id.clone(), status);
        }
    }
    Json(SecretsStatus { ok: true, secrets, warning: WARNING.into() })
}

/// Stores one key. It is sealed and on disk before the answer.
#[utoipa::path(put, path = "/secrets", tag = "secrets", request_body = SecretUpdate, responses((status = 200, body = SecretChanged)))]
pub async fn put_secret(
    State(app): State<AppState>,
    ApiJson(update): ApiJson<SecretUpdate>,
) -> Result<Json<SecretChanged>, ApiError> {
    let name = known_name(&app, &update.provider)?;
    let key = update.api_key.trim();
    let refuse = |reason: String| Err(ApiError::Invalid(reason));
    if key.is_empty() {
        return refuse("missing_api_key: enter the key".into());
    }
    if key.chars().count() > SecretUpdate::MAX_KEY {
        return refuse(format!("api_key_too_long: at most {} characters", SecretUpdate::MAX_KEY));
    }
    if key.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse("invalid_api_key: a key has no spaces or line breaks in it".into());
    }
    app.llm.redactor.learn([key]);
    tokio::task::block_in_place(|| app.keys.store.put(&name, Secret::from(key)))?;
    Ok(Json(SecretChanged { ok: true, message: format!("The key for {name} is stored") }))
}

/// Forgets one stored key.
#[utoipa::path(delete, path = "/secrets/{provider}", tag = "secrets", params(("provider" = String, Path)), responses((status = 200, body = SecretChanged), Names))]
pub async fn delete_secret(
    State(app): State<AppState>,
    ApiPath(provider): ApiPath<String>,
) -> Result<Json<SecretChanged>, ApiError> {
    let name = known_name(&app, &provider)?;
    if tokio::task::block_in_place(|| app.keys.store.remove(&name))? {
        Ok(Json(SecretChanged { ok: true, message: format!("The key for {name} is forgotten") }))
    } else {
        Err(ApiError::SecretNotFound)
    }
}

/// The id of a provider that takes a key, or `generic`.
fn known_name(app: &AppState, name: &str) -> Result<String, ApiError> {
    if name.trim().is_empty() {
        return Err(ApiError::Invalid("missing_provider: say whose key it is".into()));
    }
    if name == GENERIC {
        return Ok(GENERIC.into());
    }
    let row = app.catalog.find(name).filter(|_| name.len() <= SecretUpdate::MAX_PROVIDER);
    row.filter(|row| !row.key_variables().is_empty())
        .map(|row| row.id.clone())
        .ok_or_else(|| ApiError::Invalid("invalid_provider: no provider of this name takes a key".into()))
}
