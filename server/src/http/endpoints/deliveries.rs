use axum::Json;
use axum::extract::State;
use openclaw_shared::job::DeliveryState;
use openclaw_shared::webhook::{DeliveryList, DeliveryReplayed};
use serde::Deserialize;

use crate::http::AppState;
use crate::http::documented::{ChangesDelivery, ReadsDeliveries};
use crate::http::error::ApiError;
use crate::http::extract::{ApiPath, ApiQuery};
use crate::store::Which;

/// Deliveries in one answer.
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 500;

#[derive(Deserialize)]
pub struct DeliveriesQuery {
    state: Option<DeliveryState>,
    limit: Option<u32>,
}

/// Results on their way to callbacks, newest first; the dead ones were given up.
#[utoipa::path(get, path = "/deliveries", tag = "deliveries",
    params(("state" = Option<DeliveryState>, Query), ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "50 when absent")),
    responses((status = 200, body = DeliveryList), ReadsDeliveries))]
pub async fn list_deliveries(
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<DeliveriesQuery>,
) -> Result<Json<DeliveryList>, ApiError> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let which = query.state.map_or(Which::All, Which::In);
    let deliveries = app.deliveries()?.list(which, limit).await?;
    Ok(Json(DeliveryList { ok: true, deliveries }))
}

/// Sends a result again that was given up or has arrived, under the same id.
#[utoipa::path(post, path = "/deliveries/{id}/replay", tag = "deliveries", params(("id" = String, Path)), responses((status = 200, body = DeliveryReplayed), ChangesDelivery))]
pub async fn replay_delivery(
    State(app): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<DeliveryReplayed>, ApiError> {
    let delivery = app.deliveries()?.replay(&id).await?;
    Ok(Json(DeliveryReplayed { ok: true, delivery }))
}
