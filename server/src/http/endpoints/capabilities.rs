use axum::Json;
use axum::extract::State;
use openclaw_shared::capabilities::Capabilities;

use crate::http::AppState;

/// What this server can do.
#[utoipa::path(get, path = "/capabilities", tag = "health", responses((status = 200, body = Capabilities)))]
pub async fn get_capabilities(State(app): State<AppState>) -> Json<Capabilities> {
    Json(app.capabilities())
}
