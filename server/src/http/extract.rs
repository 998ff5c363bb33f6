//! Bodies, queries and paths that are checked before a handler sees them.

use axum::body::HttpBody as _;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{CONTENT_TYPE, EXPECT};
use axum::http::request::Parts;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;

/// A JSON object that must be there.
pub struct ApiJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        require_json(&request)?;
        parse(&body(request).await?).map(Self)
    }
}

/// A browser can send any other type cross-origin without a preflight.
pub(super) fn require_json(request: &Request) -> Result<(), ApiError> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(ApiError::MediaType) }
}

/// A JSON object, or nothing, which means the defaults.
pub struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let body = body(request).await?;
        if body.trim_ascii().is_empty() { Ok(Self(T::default())) } else { parse(&body).map(Self) }
    }
}

/// The most that a body may hold on the routes that carry it as an extension; see [`super::MAX_BODY_BYTES`].
#[derive(Clone, Copy)]
pub struct BodyLimit(pub usize);

/// Read and thrown away behind a body that is too large: a client that is still sending when the connection closes
/// would be told of a reset instead of the limit.
const DISCARDED_BYTES: usize = 16 << 20;

pub(super) async fn body(request: Request) -> Result<Bytes, ApiError> {
    let limit = request.extensions().get::<BodyLimit>().map_or(super::MAX_BODY_BYTES, |limit| limit.0);
    // This client waits to be asked for its body (RFC 9110 §10.1.1), so nothing has to be thrown away.
    if request.headers().contains_key(EXPECT) && request.body().size_hint().lower() > limit as u64 {
        return Err(ApiError::TooLarge);
    }
    let mut chunks = request.into_body().into_data_stream();
    let (mut body, mut discarded) = (BytesMut::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::Invalid("The body did not arrive whole.".into()))?;
        if discarded == 0 && body.len() + chunk.len() <= limit {
            body.extend_from_slice(&chunk);
            continue;
        }
        discarded += chunk.len();
        if discarded > DISCARDED_BYTES {
            break;
        }
    }
    if discarded > 0 { Err(ApiError::TooLarge) } else { Ok(body.freeze()) }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let value: Value =
        serde_json::from_slice(body).map_err(|error| ApiError::InvalidJson(error.to_string()))?;
    if !value.is_object() {
        return Err(ApiError::Invalid("JSON object required".into()));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        ApiError::Invalid(format!("{path}: {}", error.into_inner()))
    })
}

/// A query string that fits.
pub struct ApiQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(query) = Query::from_request_parts(parts, state)
            .await
            .map_err(|rejection| ApiError::Invalid(rejection.body_text()))?;
        Ok(Self(query))
    }
}

/// A path parameter that fits.
pub struct ApiPath<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for ApiPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(path) = Path::from_request_parts(parts, state)
            .await
            .map_err(|rejection| ApiError::Invalid(rejection.body_text()))?;
        Ok(Self(path))
    }
}
