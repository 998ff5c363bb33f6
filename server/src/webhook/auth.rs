//! Whether a webhook comes from a sender. Secrets come in headers only, and are compared in constant time.

use std::sync::Arc;
use std::time::Duration;

use super::senders::{Mode, Sender, Senders};
use crate::standard_webhooks;

/// Seconds a timestamp may be off, either way; as in the Python edition and in Standard Webhooks.
pub const TOLERANCE_SEC: i64 = 300;
/// How long a nonce is remembered: a timestamp is good for twice the tolerance.
pub const NONCE_TTL: Duration = Duration::from_secs(2 * TOLERANCE_SEC.unsigned_abs());
/// Bytes of a nonce or a message id; UUIDs and hashes are shorter.
const MAX_NONCE: usize = 255;

/// What a request says about its sender.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
    pub authorization: Option<&'a str>,
    /// `X-OpenClaw-Signature`, `-Timestamp` and `-Nonce`.
    pub signature: Option<&'a str>,
    pub timestamp: Option<&'a str>,
    pub nonce: Option<&'a str>,
    /// `webhook-id`, `-timestamp` and `-signature`.
    pub message_id: Option<&'a str>,
    pub message_timestamp: Option<&'a str>,
    pub message_signature: Option<&'a str>,
}

/// A sender that has proved itself, and what must not be used again.
#[derive(Debug)]
pub struct Verified {
    pub sender: Arc<Sender>,
    /// A value that may come once.
    pub nonce: Option<String>,
    /// A Standard Webhooks message id: the same message may come again, and is the same event.
    pub message_id: Option<String>,
}

/// Why it is not. The names on the wire are the Python edition's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("Webhooks are locked: {0}.")]
    Locked(String),
    #[error("Webhooks are off until OPENCLAW_WEBHOOK_BEARER_TOKEN or OPENCLAW_WEBHOOK_HMAC_SECRET is set.")]
    NotConfigured,
    #[error("No sender has a bearer token. Set OPENCLAW_WEBHOOK_BEARER_TOKEN.")]
    BearerNotConfigured,
    #[error("No sender has a secret for signatures. Set OPENCLAW_WEBHOOK_HMAC_SECRET.")]
    HmacNotConfigured,
    #[error("The Authorization header is missing.")]
    MissingAuthorization,
    #[error("The Authorization header must be `Bearer` and a token.")]
    Scheme,
    #[error("The token is empty.")]
    EmptyToken,
    #[error("The token is not a sender's.")]
    Token,
    #[error("The signature header is missing.")]
    MissingSignature,
    #[error("X-OpenClaw-Signature must be `sha256=` and 64 hexadecimal digits.")]
    SignatureFormat,
    #[error("The signature is empty.")]
    EmptySignature,
    #[error("The signature does not fit the body and a sender's secret.")]
    Signature,
    #[error("The timestamp header is missing.")]
    MissingTimestamp,
    #[error("The nonce header is missing, empty or too long.")]
    MissingNonce,
    #[error("The timestamp must be in whole seconds since 1970.")]
    Timestamp,
    #[error(
        "The timestamp is more than five minutes off: set the sender's clock, and sign again for every try."
    )]
    TimestampRange,
    #[error("Send an Authorization header, or a signature.")]
    Credentials,
}

impl Senders {
    /// Who sent `body` at `now` (seconds).
    pub fn authenticate(&self, given: Presented<'_>, body: &[u8], now: i64) -> Result<Verified, AuthError> {
        if let Some(reason) = &self.locked {
            return Err(AuthError::Locked(reason.clone()));
        }
        let has_bearer = self.all.iter().any(|sender| !sender.bearer.is_empty());
        let has_keys = self.all.iter().any(|sender| !sender.keys.is_empty());
        let standard = given.message_signature.is_some() || given.message_id.is_some();
        match (self.mode, has_bearer, has_keys) {
            (_, false, false) => Err(AuthError::NotConfigured),
            (Mode::Bearer, false, _) => Err(AuthError::BearerNotConfigured),
            (Mode::Hmac | Mode::Standard, _, false) => Err(AuthError::HmacNotConfigured),
            (Mode::Bearer, true, _) => self.bearer(given),
            (Mode::Standard, _, true) => self.standard(given, body, now),
            // A signature says more than a token, so it is judged when both are there.
            (Mode::Hmac | Mode::Any, _, true) if standard => self.standard(given, body, now),
            (Mode::Hmac, _, true) => self.signed(given, body, now),
            (Mode::Any, _, true) if given.signature.is_some() => self.signed(given, body, now),
            (Mode::Any, true, _) if given.authorization.is_some() || !has_keys => self.bearer(given),
            (Mode::Any, false, true) => Err(AuthError::MissingSignature),
            (Mode::Any, true, _) => Err(AuthError::Credentials),
        }
    }

    fn bearer(&self, given: Presented<'_>) -> Result<Verified, AuthError> {
        let header = given.authorization.ok_or(AuthError::MissingAuthorization)?.trim();
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(AuthError::Scheme);
        }
        let token = token.trim();
        if token.is_empty() {
            return Err(AuthError::EmptyToken);
        }
        let sender = self.first(|sender| sender.bearer.iter().any(|known| known.matches(token)));
        Ok(Verified { sender: sender.ok_or(AuthError::Token)?, nonce: None, message_id: None })
    }

    /// The Python edition's form: the signature covers the body alone, and the rest is taken on trust.
    fn signed(&self, given: Presented<'_>, body: &[u8], now: i64) -> Result<Verified, AuthError> {
        let header = given.signature.ok_or(AuthError::MissingSignature)?.trim();
        let hex = match header.split_once('=') {
            Some((kind, hex)) if kind.eq_ignore_ascii_case("sha256") => hex.trim(),
            _ => return Err(AuthError::SignatureFormat),
        };
        if hex.is_empty() {
            return Err(AuthError::EmptySignature);
        }
        let signature = decode_hex(hex).ok_or(AuthError::SignatureFormat)?;
        let fits = |sender: &Sender| {
            sender.keys.iter().any(|key| {
                use hmac::Mac as _;
                key.mac(&[body]).verify_slice(&signature).is_ok()
            })
        };
        let sender = self.first(fits).ok_or(AuthError::Signature)?;
        let nonce = self.replay_guard(given, now)?;
        let nonce = nonce.map(|nonce| format!("{}:{nonce}", sender.name));
        Ok(Verified { sender, nonce, message_id: None })
    }

    fn replay_guard(&self, given: Presented<'_>, now: i64) -> Result<Option<String>, AuthError> {
        match given.timestamp {
            Some(timestamp) => recent(timestamp, now)?,
            None if self.require_replay_protection => return Err(AuthError::MissingTimestamp),
            None => {}
        }
        match given.nonce.map(str::trim) {
            Some(nonce) if (1..=MAX_NONCE).contains(&nonce.len()) => Ok(Some(nonce.to_owned())),
            None if !self.require_replay_protection => Ok(None),
            _ => Err(AuthError::MissingNonce),
        }
    }

    fn standard(&self, given: Presented<'_>, body: &[u8], now: i64) -> Result<Verified, AuthError> {
        let signature = given.message_signature.ok_or(AuthError::MissingSignature)?;
        let timestamp = given.message_timestamp.ok_or(AuthError::MissingTimestamp)?;
        let id = given.message_id.ok_or(AuthError::MissingNonce)?;
        // A dot would let the parts of what is signed be cut in another way.
        if !(1..=MAX_NONCE).contains(&id.len())
            || id.contains('.')
            || !id.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(AuthError::MissingNonce);
        }
        let fits = |sender: &Sender| standard_webhooks::verify(&sender.keys, id, timestamp, signature, body);
        let sender = self.first(fits).ok_or(AuthError::Signature)?;
        recent(timestamp, now)?;
        Ok(Verified { sender, nonce: None, message_id: Some(id.to_owned()) })
    }

    /// The sender that fits; every one is tried whatever is found, so that the time says nothing about which.
    fn first(&self, fits: impl Fn(&Sender) -> bool) -> Option<Arc<Sender>> {
        let mut found = None;
        for sender in &self.all {
            let fits = fits(sender);
            found = found.or(fits.then(|| sender.clone()));
        }
        found
    }
}

/// Plain digits: no sign, no fraction.
fn recent(timestamp: &str, now: i64) -> Result<(), AuthError> {
    let timestamp = timestamp.trim();
    if timestamp.is_empty() || !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AuthError::Timestamp);
    }
    let seconds: i64 = timestamp.parse().map_err(|_| AuthError::Timestamp)?;
    if seconds.abs_diff(now) > TOLERANCE_SEC.unsigned_abs() { Err(AuthError::TimestampRange) } else { Ok(()) }
}

fn decode_hex(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests;
