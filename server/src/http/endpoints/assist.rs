use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _};
use openclaw_shared::assist::{
    AssistEvent, AssistResult, Delta, Final, Keepalive, Phase, Ready, Stage, StreamProblem, Streaming,
};
use openclaw_shared::caption::{ImageToPromptRequest, ImageToPromptResult};
use openclaw_shared::planner::{PlannerRequest, PlannerResult};
use openclaw_shared::profile::ProfileList;
use openclaw_shared::refiner::{RefinerRequest, RefinerResult};
use openclaw_shared::variants::{Variants, VariantsRequest};

use crate::assist::picture::{self, PictureError};
use crate::assist::writing::{Progress, Work, write};
use crate::assist::{caption, planner, refiner};
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::extract::ApiJson;
use crate::llm::LlmError;

/// As in the Python edition: clients take a longer silence for a dead connection.
const KEEPALIVE: Duration = Duration::from_secs(1);

/// The model families the planner knows.
#[utoipa::path(get, path = "/assist/planner/profiles", tag = "assist", responses((status = 200, body = ProfileList)))]
pub async fn list_profiles() -> Json<ProfileList> {
    Json(ProfileList::current())
}

/// Writes a plan and answers when it is whole.
#[utoipa::path(post, path = "/assist/planner", tag = "assist", request_body = PlannerRequest, responses((status = 200, body = PlannerResult)))]
pub async fn create_plan(
    State(app): State<AppState>,
    ApiJson(request): ApiJson<PlannerRequest>,
) -> Result<Json<PlannerResult>, ApiError> {
    let profile = request.validate()?;
    whole(&app, planner::work(request, profile)).await
}

/// Writes a plan and sends it as it is written. Closing the connection cancels the call to the provider.
#[utoipa::path(post, path = "/assist/planner/stream", tag = "assist", request_body = PlannerRequest,
    responses((status = 200, content_type = "text/event-stream", body = String, description = "Server-sent events: ready, stage, delta, keepalive, then final or error")))]
pub async fn stream_plan(
    State(app): State<AppState>,
    ApiJson(request): ApiJson<PlannerRequest>,
) -> Result<Response, ApiError> {
    let profile = request.validate()?;
    stream(&app, planner::work(request, profile))
}

/// Variants of one prompt: seeds, swept parameters, wording. No model is asked.
#[utoipa::path(post, path = "/assist/variants", tag = "assist", request_body = VariantsRequest, responses((status = 200, body = Variants)))]
pub async fn create_variants(ApiJson(request): ApiJson<VariantsRequest>) -> Result<Json<Variants>, ApiError> {
    Ok(Json(request.expand()?.into()))
}

/// Improves prompts by the picture they made, and answers when it is done.
#[utoipa::path(post, path = "/assist/refiner", tag = "assist", request_body = RefinerRequest, responses((status = 200, body = RefinerResult)))]
pub async fn refine(
    State(app): State<AppState>,
    ApiJson(request): ApiJson<RefinerRequest>,
) -> Result<Json<RefinerResult>, ApiError> {
    whole(&app, refiner_work(request).await?).await
}

/// The same, sent as it is written.
#[utoipa::path(post, path = "/assist/refiner/stream", tag = "assist", request_body = RefinerRequest,
    responses((status = 200, content_type = "text/event-stream", body = String, description = "Server-sent events: ready, stage, delta, keepalive, then final or error")))]
pub async fn stream_refinement(
    State(app): State<AppState>,
    ApiJson(request): ApiJson<RefinerRequest>,
) -> Result<Response, ApiError> {
    stream(&app, refiner_work(request).await?)
}

/// Describes a picture and suggests a prompt for one like it.
#[utoipa::path(post, path = "/assist/image-to-prompt", tag = "assist", request_body = ImageToPromptRequest, responses((status = 200, body = ImageToPromptResult)))]
pub async fn describe_image(
    State(app): State<AppState>,
    ApiJson(request): ApiJson<ImageToPromptRequest>,
) -> Result<Json<ImageToPromptResult>, ApiError> {
    whole(&app, caption_work(request).await?).await
}

/// The same, sent as it is written.
#[utoipa::path(post, path = "/assist/image-to-prompt/stream", tag = "assist", request_body = ImageToPromptRequest,
    responses((status = 200, content_type = "text/event-stream", body = String, description = "Server-sent events: ready, stage, delta, keepalive, then final or error")))]
pub async fn stream_description(
    State(app): State<AppState>,
    ApiJson(request): ApiJson<ImageToPromptRequest>,
) -> Result<Response, ApiError> {
    stream(&app, caption_work(request).await?)
}

async fn refiner_work(request: RefinerRequest) -> Result<Work<RefinerResult>, ApiError> {
    let profile = request.validate()?;
    // Decoding and scaling keep a core busy for a while.
    blocking(move || {
        let picture = picture::from_base64(&request.image_b64)?;
        Ok(refiner::work(request, picture, profile))
    })
    .await
}

async fn caption_work(request: ImageToPromptRequest) -> Result<Work<ImageToPromptResult>, ApiError> {
    blocking(move || {
        let picture = picture::from_base64(&request.image_b64)?;
        Ok(caption::work(request, picture))
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PictureError> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result?),
        Err(error) => Err(ApiError::Panic(error.to_string())),
    }
}

async fn whole<R: AssistResult + Send + 'static>(app: &AppState, work: Work<R>) -> Result<Json<R>, ApiError> {
    let (writers, patience) = app.writers()?;
    let mut progress = pin!(write(app.llm.clone(), writers, patience, work));
    while let Some(progress) = progress.next().await {
        if let Progress::Done(result) = progress? {
            return Ok(Json(result));
        }
    }
    Err(ApiError::Panic("writing ended without a result".into()))
}

fn stream<R: AssistResult + Send + 'static>(app: &AppState, work: Work<R>) -> Result<Response, ApiError> {
    let (writers, patience) = app.writers()?;
    let progress = write(app.llm.clone(), writers, patience, work);
    let events = events(progress).take_until(app.shutdown.clone().cancelled_owned()).map(|event| {
        let data = event.data().expect("events hold only text and numbers");
        Ok::<_, Infallible>(format!("event: {}\ndata: {data}\n\n", event.name()))
    });
    let headers = [
        (CONTENT_TYPE.as_str(), "text/event-stream"),
        (CACHE_CONTROL.as_str(), "no-cache"),
        // Tells nginx not to collect the events.
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}

fn events<R: AssistResult + Send>(
    progress: impl Stream<Item = Result<Progress<R>, LlmError>> + Send,
) -> impl Stream<Item = AssistEvent<R>> + Send {
    let kind = || R::KIND.to_owned();
    async_stream::stream! {
        yield AssistEvent::Ready(Ready { ok: true, kind: kind(), mode: "sse".into() });
        let mut preview_chars = 0;
        let mut progress = pin!(progress);
        loop {
            let next = match tokio::time::timeout(KEEPALIVE, progress.next()).await {
                Ok(Some(next)) => next,
                Ok(None) => return,
                Err(_) => {
                    yield AssistEvent::Keepalive(Keepalive { ok: true });
                    continue;
                }
            };
            yield match next {
                Ok(Progress::Stage(phase)) => AssistEvent::Stage(Stage { phase, message: message(phase).into() }),
                Ok(Progress::Delta(field, text)) => {
                    preview_chars += text.chars().count();
                    AssistEvent::Delta(Delta { field, text, preview_chars })
                }
                Ok(Progress::Done(result)) => AssistEvent::Final(Box::new(Final {
                    ok: true,
                    kind: kind(),
                    result,
                    streaming: Streaming { preview_chars, preview_truncated: false },
                })),
                Err(error) => AssistEvent::Error(Box::new(StreamProblem {
                    kind: kind(),
                    problem: ApiError::from(error).problem(),
                })),
            };
        }
    }
}

fn message(phase: Phase) -> &'static str {
    match phase {
        Phase::Dispatch => "Asking",
        Phase::Receive => "Writing",
        Phase::Finalize => "Checking",
    }
}
