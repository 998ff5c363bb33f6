use axum::Json;
use utoipa::openapi::OpenApi;

use crate::http;

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses((status = 200, body = Object)))]
pub async fn get_openapi() -> Json<OpenApi> {
    Json(http::document())
}
