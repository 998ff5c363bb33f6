use axum::Json;
use axum::extract::{Request, State};
use openclaw_shared::config::{ConfigUpdated, ConfigView, LlmSettings};
use serde_json::{Map, Value};

use crate::config::settings::{self, TENANT};
use crate::http::error::ApiError;
use crate::http::extract::ApiJson;
use crate::http::{AppState, auth};
use crate::llm::target;

/// The settings in force, where each comes from, and how to draw a form for them.
#[utoipa::path(get, path = "/config", tag = "config", responses((status = 200, body = ConfigView)))]
pub async fn get_config(State(app): State<AppState>, request: Request) -> Json<ConfigView> {
    let (config, sources) = app.settings.current(&app.catalog);
    Json(ConfigView {
        ok: true,
        tenant_id: TENANT.into(),
        config,
        sources,
        providers: app.catalog.views(&app.keys),
        schema: settings::schema(&app.catalog, &app.settings.default_provider),
        write_enabled: auth::may_administer(&app.config.access, &request),
    })
}

/// Changes some settings, bare or under `llm`. All of them or none.
#[utoipa::path(put, path = "/config", tag = "config", request_body = LlmSettings, responses((status = 200, body = ConfigUpdated)))]
pub async fn update_config(
    State(app): State<AppState>,
    ApiJson(mut body): ApiJson<Map<String, Value>>,
) -> Result<Json<ConfigUpdated>, ApiError> {
    let patch = match body.remove("llm") {
        Some(Value::Object(nested)) if body.is_empty() => nested,
        Some(_) => return Err(ApiError::Invalid("Expected object with config fields".into())),
        None => body,
    };
    // Writing waits for the disk.
    tokio::task::block_in_place(|| {
        app.settings.update(&patch, &app.catalog, |settings| {
            target::check_settings(&app.catalog, &app.config.llm, settings)
        })
    })
    .map(Json)
    .map_err(ApiError::from)
}
