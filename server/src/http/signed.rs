//! A webhook whose sender has proved itself, before anything is made of its body.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use bytes::Bytes;

use super::AppState;
use super::auth::{address, count, count_today, text};
use super::error::ApiError;
use super::extract::{body, require_json};
use super::rate::Caller;
use super::rate::daily::Class;
use crate::webhook::auth::{Presented, Verified};
use crate::webhook::{Event, Labels};

/// A sender that takes longer for at most 64 KiB holds a connection and sends nothing.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// An authenticated request, read but not understood yet.
pub struct Signed {
    verified: Verified,
    headers: HeaderMap,
    body: Bytes,
}

impl FromRequest<AppState> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        require_json(&request)?;
        let (headers, address) = (request.headers().clone(), address(&app.config.access, &request));
        let body =
            tokio::time::timeout(BODY_TIMEOUT, body(request)).await.map_err(|_| ApiError::TooSlow)??;
        match app.senders.authenticate(presented(&headers), &body, app.clock.now_ms() / 1000) {
            Ok(verified) => {
                count(app, &app.limits.webhook, Caller::Named(verified.sender.name.clone()))?;
                count_today(app, Class::Webhook)?;
                Ok(Self { verified, headers, body })
            }
            Err(error) => {
                // Only after the check, so that nobody who may send is held back by those who may not.
                address.map_or(Ok(()), |address| count(app, &app.limits.refused, Caller::at(address)))?;
                Err(error.into())
            }
        }
    }
}

impl Signed {
    /// What it says.
    pub fn read(self, app: &AppState) -> Result<Event, ApiError> {
        let callbacks = &app.config.callbacks.policy;
        Ok(Event::read(self.verified, labels(&self.headers), &self.body, &app.mappings, callbacks)?)
    }
}

fn presented(headers: &HeaderMap) -> Presented<'_> {
    Presented {
        authorization: text(headers, "authorization"),
        signature: text(headers, "x-openclaw-signature"),
        timestamp: text(headers, "x-openclaw-timestamp"),
        nonce: text(headers, "x-openclaw-nonce"),
        message_id: text(headers, "webhook-id"),
        message_timestamp: text(headers, "webhook-timestamp"),
        message_signature: text(headers, "webhook-signature"),
    }
}

/// The draft's name for an idempotency key, which it quotes, or the Python edition's.
pub fn labels(headers: &HeaderMap) -> Labels<'_> {
    let key = text(headers, "idempotency-key").or_else(|| text(headers, "x-idempotency-key"));
    // Of two nobody knows which is true.
    let one = headers.get_all("traceparent").iter().count() == 1;
    Labels {
        trace_id: text(headers, "x-openclaw-trace-id").filter(|id| !id.is_empty()),
        traceparent: text(headers, "traceparent").filter(|_| one),
        idempotency_key: key
            .map(|key| key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key)),
        mapping: text(headers, "x-webhook-mapping-profile"),
        source: text(headers, "x-webhook-source"),
    }
}
