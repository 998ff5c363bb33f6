use axum::Json;
use axum::extract::State;
use openclaw_shared::health::Health;

use crate::http::AppState;

/// Whether the server is well and which model it would ask.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = Health)))]
pub async fn get_health(State(app): State<AppState>) -> Json<Health> {
    Json(app.health())
}
