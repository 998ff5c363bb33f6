//! The route table: every endpoint, one line each, grouped by who may call it.

pub mod auth;
mod documented;
pub mod door;
mod endpoints;
pub mod error;
mod extract;
mod legacy;
mod observe;
pub mod rate;
mod signed;

use std::sync::Arc;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use openclaw_shared::webhook::WebhookRequest;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::assist::picture;
use documented::{ASSIST, Documented, GUARDED, PUBLIC, SIGNED, refused};
use endpoints::{
    assist, capabilities, config, deliveries, health, jobs, llm, logs, openapi, secrets, stream, templates,
    webhooks,
};
use error::ApiError;
use extract::BodyLimit;

/// The one real prefix; the others are rewritten to it.
pub const PREFIX: &str = "/openclaw";
/// Fits every request there is, escaped as `\uXXXX`, several times over.
const MAX_BODY_BYTES: usize = 256 << 10;

/// The largest picture as base64, and the prompts around it.
const MAX_PICTURE_BODY_BYTES: usize = (picture::MAX_BYTES / 3 + 1) * 4 + MAX_BODY_BYTES;

/// State of every handler.
pub type AppState = Arc<App>;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "ComfyUI-OpenClaw",
        description = "Planning, jobs, settings and health beside ComfyUI. Every error is an RFC 9457 problem document."
    ),
    components(schemas(openclaw_shared::problem::Problem))
)]
struct Document;

/// Public, observability, admin, assist, webhook.
fn endpoints_by_tier() -> [OpenApiRouter<AppState>; 5] {
    [
        refused(
            PUBLIC,
            OpenApiRouter::new()
                .routes(routes!(health::get_health))
                .routes(routes!(capabilities::get_capabilities))
                .routes(routes!(openapi::get_openapi)),
        ),
        refused(
            GUARDED,
            OpenApiRouter::new()
                .routes(routes!(config::get_config))
                .routes(routes!(llm::get_provider_health))
                .routes(routes!(templates::list_templates))
                .routes(routes!(jobs::list_events))
                .routes(routes!(stream::stream_events)),
        ),
        refused(
            GUARDED,
            OpenApiRouter::new()
                .routes(routes!(config::update_config))
                .routes(routes!(llm::test_llm))
                .routes(routes!(llm::list_models))
                .routes(routes!(llm::chat_llm))
                .routes(routes!(llm::reset_provider_health))
                .routes(routes!(secrets::get_secrets_status))
                .routes(routes!(secrets::put_secret))
                .routes(routes!(secrets::delete_secret))
                .routes(routes!(webhooks::fire_trigger))
                .routes(routes!(templates::run_template))
                .routes(routes!(deliveries::list_deliveries))
                .routes(routes!(deliveries::replay_delivery))
                .routes(routes!(jobs::list_jobs))
                .routes(routes!(jobs::get_job))
                .routes(routes!(jobs::cancel_job))
                .routes(routes!(jobs::retry_job))
                .routes(routes!(jobs::get_trace))
                .routes(routes!(logs::tail_logs)),
        ),
        refused(
            ASSIST,
            OpenApiRouter::new()
                .routes(routes!(assist::list_profiles))
                .routes(routes!(assist::create_plan))
                .routes(routes!(assist::stream_plan))
                .routes(routes!(assist::create_variants))
                .merge(
                    OpenApiRouter::new()
                        .routes(routes!(assist::refine))
                        .routes(routes!(assist::stream_refinement))
                        .routes(routes!(assist::describe_image))
                        .routes(routes!(assist::stream_description))
                        .layer(Extension(BodyLimit(MAX_PICTURE_BODY_BYTES))),
                ),
        ),
        refused(SIGNED, webhook_endpoints()),
    ]
}

/// What other machines may be let in for; a sender proves itself by `signed::Signed`, which every handler takes.
fn webhook_endpoints() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(webhooks::normalize_webhook))
        .routes(routes!(webhooks::submit_webhook))
        .routes(routes!(webhooks::validate_webhook))
        .layer(Extension(BodyLimit(WebhookRequest::MAX_BODY)))
}

/// The OpenAPI document of [`router`].
pub fn document() -> OpenApi {
    let [public, observability, admin, assist, webhook] = endpoints_by_tier();
    let all = public.merge(observability).merge(admin).merge(assist).merge(webhook);
    let (_, mut document) =
        OpenApiRouter::with_openapi(Document::openapi()).nest(PREFIX, all).split_for_parts();
    documented::describe(&mut document);
    document
}

/// The whole application, ready to serve with connect info.
pub fn router(app: AppState) -> Router {
    let [public, observability, admin, assist, webhook] = endpoints_by_tier();
    let all = public
        .route_layer(from_fn_with_state(app.clone(), auth::limit_public))
        .merge(observability.route_layer(from_fn_with_state(app.clone(), auth::require_observability)))
        .merge(admin.route_layer(from_fn_with_state(app.clone(), auth::require_admin)))
        .merge(assist.route_layer(from_fn_with_state(app.clone(), auth::require_assist)))
        .merge(webhook);
    finish(all, app)
}

/// Webhooks and nothing else, for a port of its own.
pub fn public_router(app: AppState) -> Router {
    finish(webhook_endpoints(), app)
}

fn finish(endpoints: OpenApiRouter<AppState>, app: AppState) -> Router {
    let (api, _) = OpenApiRouter::new().nest(PREFIX, endpoints).split_for_parts();
    let api = if cfg!(debug_assertions) {
        api.layer(from_fn_with_state(Documented::of(document()), documented::check))
    } else {
        api
    };
    let api = api
        .fallback(|| async { ApiError::NotFound })
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(error::of_panic))
        .layer(from_fn_with_state(app.clone(), observe::count))
        .with_state(app);
    // Outside the router, because the path has to change before it is matched.
    Router::new().fallback_service(api).layer(from_fn(legacy::rewrite))
}
