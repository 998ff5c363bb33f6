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
use openclaw_shared::sse::SseEvent;
use openclaw_shared::variants::{Variants, VariantsRequest};
use serde::{Deserialize, Serialize};

use crate::assist::picture::{self, PictureError};
use crate::assist::reuse::remembered;
use crate::assist::writing::{Progress, Work, write};
use crate::assist::{caption, planner, refiner, reuse};
use crate::http::AppState;
use crate::http::documented::{AsksModel, PicksModel};
use crate::http::error::ApiError;
use crate::http::extract::{ApiJson, ApiQuery};
use crate::llm::LlmError;

/// As in the Python edition: clients take a longer silence for a dead connection.
const KEEPALIVE: Duration = Duration::from_secs(1);

/// How an answer may be come by.
#[derive(Deserialize)]
pub struct Manner {
    /// An answer to the same question by the same model may be given again: what the nodes ask for, so that queueing
    /// a graph again is not billed again.
    #[serde(default)]
    reuse: bool,
    /// The model may be asked once more, which is billed too, when its answer was not usable.
    #[serde(default)]
    repair: bool,
}

/// The model families the planner knows.
#[utoipa::path(get, path = "/assist/planner/profiles", tag = "assist", responses((status = 200, body = ProfileList)))]
pub async fn list_profiles() -> Json<ProfileList> {
    Json(ProfileList::current())
}

/// Writes a plan and answers when it is whole.
#[utoipa::path(post, path = "/assist/planner", tag = "assist", request_body = PlannerRequest,
    params(("reuse" = Option<bool>, Query, description = "Take an earlier answer to the same question"),
        ("repair" = Option<bool>, Query, description = "Ask once more, which is billed too, when an answer is not usable")),
    responses((status = 200, body = PlannerResult), AsksModel))]
pub async fn create_plan(
    State(app): State<AppState>,
    ApiQuery(manner): ApiQuery<Manner>,
    ApiJson(request): ApiJson<PlannerRequest>,
) -> Result<Json<PlannerResult>, ApiError> {
    let profile = request.validate()?;
    let asked = manner.asked(&request);
    whole(&app, planner::work(request, profile), asked).await
}

/// Writes a plan and sends it as it is written. Closing the connection cancels the call to the provider.
#[utoipa::path(post, path = "/assist/planner/stream", tag = "assist", request_body = PlannerRequest,
    params(("reuse" = Option<bool>, Query, description = "Take an earlier answer to the same question"),
        ("repair" = Option<bool>, Query, description = "Ask once more, which is billed too, when an answer is not usable")),
    responses((status = 200, content_type = "text/event-stream", body = SseEvent, description = "Server-sent events: ready, stage, delta, keepalive, then final or error"), PicksModel))]
pub async fn stream_plan(
    State(app): State<AppState>,
    ApiQuery(manner): ApiQuery<Manner>,
    ApiJson(request): ApiJson<PlannerRequest>,
) -> Result<Response, ApiError> {
    let profile = request.validate()?;
    let asked = manner.asked(&request);
    stream(&app, planner::work(request, profile), asked)
}

/// Variants of one prompt: seeds, swept parameters, wording. No model is asked.
#[utoipa::path(post, path = "/assist/variants", tag = "assist", request_body = VariantsRequest, responses((status = 200, body = Variants)))]
pub async fn create_variants(ApiJson(request): ApiJson<VariantsRequest>) -> Result<Json<Variants>, ApiError> {
    Ok(Json(request.expand()?.into()))
}

/// Improves prompts by the picture they made, and answers when it is done.
#[utoipa::path(post, path = "/assist/refiner", tag = "assist", request_body = RefinerRequest,
    params(("reuse" = Option<bool>, Query, description = "Take an earlier answer to the same question"),
        ("repair" = Option<bool>, Query, description = "Ask once more, which is billed too, when an answer is not usable")),
    responses((status = 200, body = RefinerResult), AsksModel))]
pub async fn refine(
    State(app): State<AppState>,
    ApiQuery(manner): ApiQuery<Manner>,
    ApiJson(request): ApiJson<RefinerRequest>,
) -> Result<Json<RefinerResult>, ApiError> {
    let asked = manner.asked(&request);
    whole(&app, refiner_work(request).await?, asked).await
}

/// The same, sent as it is written.
#[utoipa::path(post, path = "/assist/refiner/stream", tag = "assist", request_body = RefinerRequest,
    params(("reuse" = Option<bool>, Query, description = "Take an earlier answer to the same question"),
        ("repair" = Option<bool>, Query, description = "Ask once more, which is billed too, when an answer is not usable")),
    responses((status = 200, content_type = "text/event-stream", body = SseEvent, description = "Server-sent events: ready, stage, delta, keepalive, then final or error"), PicksModel))]
pub async fn stream_refinement(
    State(app): State<AppState>,
    ApiQuery(manner): ApiQuery<Manner>,
    ApiJson(request): ApiJson<RefinerRequest>,
) -> Result<Response, ApiError> {
    let asked = manner.asked(&request);
    stream(&app, refiner_work(request).await?, asked)
}

/// Describes a picture and suggests a prompt for one like it.
#[utoipa::path(post, path = "/assist/image-to-prompt", tag = "assist", request_body = ImageToPromptRequest,
    params(("reuse" = Option<bool>, Query, description = "Take an earlier answer to the same question"),
        ("repair" = Option<bool>, Query, description = "Ask once more, which is billed too, when an answer is not usable")),
    responses((status = 200, body = ImageToPromptResult), AsksModel))]
pub async fn describe_image(
    State(app): State<AppState>,
    ApiQuery(manner): ApiQuery<Manner>,
    ApiJson(request): ApiJson<ImageToPromptRequest>,
) -> Result<Json<ImageToPromptResult>, ApiError> {
    let asked = manner.asked(&request);
    whole(&app, caption_work(request).await?, asked).await
}

/// The same, sent as it is written.
#[utoipa::path(post, path = "/assist/image-to-prompt/stream", tag = "assist", request_body = ImageToPromptRequest,
    params(("reuse" = Option<bool>, Query, description = "Take an earlier answer to the same question"),
        ("repair" = Option<bool>, Query, description = "Ask once more, which is billed too, when an answer is not usable")),
    responses((status = 200, content_type = "text/event-stream", body = SseEvent, description = "Server-sent events: ready, stage, delta, keepalive, then final or error"), PicksModel))]
pub async fn stream_description(
    State(app): State<AppState>,
    ApiQuery(manner): ApiQuery<Manner>,
    ApiJson(request): ApiJson<ImageToPromptRequest>,
) -> Result<Response, ApiError> {
    let asked = manner.asked(&request);
    stream(&app, caption_work(request).await?, asked)
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

/// How to answer, once the request itself is used up.
struct Asked {
    /// The question as it was put, when an earlier answer may serve.
    question: Option<Vec<u8>>,
    repair: bool,
}

impl Manner {
    fn asked(&self, request: &impl Serialize) -> Asked {
        let question = self.reuse.then(|| serde_json::to_vec(request).expect("requests are plain data"));
        Asked { question, repair: self.repair }
    }
}

fn progress<R: AssistResult + Send + 'static>(
    app: &AppState,
    work: Work<R>,
    asked: Asked,
) -> Result<impl Stream<Item = Result<Progress<R>, LlmError>> + Send + use<R>, ApiError> {
    let (writers, patience) = app.writers()?;
    let key = asked.question.map(|question| reuse::key::<R>(&question, &writers));
    let writing = write(app.llm.clone(), writers, patience, asked.repair, work);
    Ok(remembered(app.reuse.clone(), key, writing))
}

async fn whole<R: AssistResult + Send + 'static>(
    app: &AppState,
    work: Work<R>,
    asked: Asked,
) -> Result<Json<R>, ApiError> {
    let mut progress = pin!(progress(app, work, asked)?);
    while let Some(progress) = progress.next().await {
        if let Progress::Done(result) = progress? {
            return Ok(Json(result));
        }
    }
    Err(ApiError::Panic("writing ended without a result".into()))
}

fn stream<R: AssistResult + Send + 'static>(
    app: &AppState,
    work: Work<R>,
    asked: Asked,
) -> Result<Response, ApiError> {
    let progress = progress(app, work, asked)?;
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
