//! The one error shape.

use serde::{Deserialize, Serialize};

/// An RFC 9457 problem document, widened by the members that clients of the Python edition read:
/// `ok` (always false), `error` (the code), `message` and, for rejected settings, `errors`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always false.
    pub ok: bool,
    /// Machine-readable reason; the only member a program should branch on.
    pub error: ErrorCode,
    /// One sentence for people: what happened and what to do about it.
    pub message: String,
    /// A URI reference that identifies the kind of problem (RFC 9457 §3.1.1).
    #[serde(rename = "type")]
    pub kind: String,
    /// Short, constant summary of the kind (RFC 9457 §3.1.3).
    pub title: String,
    /// The HTTP status code of the answer.
    pub status: u16,
    /// Identifies this occurrence in the server's log.
    pub request_id: String,
    /// Each rejected setting, one sentence an entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// Seconds to wait before the next try, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_sec: Option<u64>,
}

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident $title:literal,)+) => {
        /// Every reason a request can fail for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $variant,)+
            /// A code this build does not know: a panel in the browser's cache can be older than the server.
            #[serde(other)]
            Unknown,
        }

        impl ErrorCode {
            /// Every code a server of this version can send.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The constant summary that goes into [`Problem::title`].
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title,)+
                    Self::Unknown => "Unknown problem",
                }
            }
        }
    };
}

error_codes! {
    /// A field has a wrong type, length or value.
    ValidationError "A value is not acceptable",
    /// The body is not JSON.
    InvalidJson "The body is not JSON",
    /// The body is larger than the endpoint takes.
    PayloadTooLarge "The request is too large",
    /// The `Content-Type` is not `application/json`.
    UnsupportedMediaType "The content type is not supported",
    /// No endpoint has this path, or no job this trace.
    NotFound "There is nothing at this address",
    /// The endpoint exists, the method does not.
    MethodNotAllowed "The method is not allowed here",
    /// A token is missing or wrong.
    AuthFailed "A valid token is needed",
    /// The caller may not do this from where it is.
    Forbidden "This is not allowed from here",
    /// A browser page of another origin sent the request.
    CsrfProtection "Cross-origin requests are refused",
    /// No key is stored under this name.
    SecretNotFound "There is no such key",
    /// A stored key could not be read or written.
    SaveFailed "The key could not be stored",
    /// The settings file could not be read or written.
    ConfigStoreFailed "The settings could not be stored",
    /// The outbound URL is not one this server may call.
    UrlBlocked "The address is blocked",
    /// Webhooks are off until a token or a secret is set.
    AuthNotConfigured "Webhooks are not set up",
    /// Only tokens count, and none is set.
    BearerNotConfigured "No webhook token is set",
    /// Only signatures count, and no secret is set.
    HmacNotConfigured "No webhook secret is set",
    /// The configuration of webhooks is wrong; the message says how.
    WebhooksLocked "Webhooks are locked",
    /// `Authorization` is missing.
    MissingAuthorizationHeader "The Authorization header is missing",
    /// `Authorization` is not `Bearer`.
    InvalidAuthScheme "The authorization scheme is not supported",
    /// There is nothing behind `Bearer`.
    EmptyToken "The token is empty",
    /// No sender has this token.
    InvalidToken "The token is wrong",
    /// The signature is missing.
    MissingSignatureHeader "The signature header is missing",
    /// The signature is not written as it should be.
    InvalidSignatureFormat "The signature is malformed",
    /// There is nothing behind `sha256=`.
    EmptySignature "The signature is empty",
    /// No sender's secret makes this signature of this body.
    InvalidSignature "The signature is wrong",
    /// The timestamp is missing.
    MissingTimestamp "The timestamp header is missing",
    /// The nonce, or the message id, is missing.
    MissingNonce "The nonce header is missing",
    /// The timestamp is not a number of seconds.
    InvalidTimestamp "The timestamp is malformed",
    /// The timestamp is too old or in the future.
    TimestampOutOfRange "The timestamp is out of range",
    /// Neither a token nor a signature was sent.
    InvalidCredentials "Credentials are missing",
    /// The caller calls too often.
    RateLimitExceeded "Too many requests",
    /// The body took too long to arrive.
    RequestTimeout "The request took too long",
    /// There is no such template, or it cannot be filled in like that.
    TemplateError "The template cannot be run like that",
    /// There is no such mapping profile.
    MappingError "The event cannot be mapped",
    /// Results cannot be sent; the message says why.
    CallbacksLocked "Callbacks are locked",
    /// There is no delivery with this id.
    DeliveryNotFound "There is no such delivery",
    /// The delivery is not in a state in which this can be done.
    DeliveryStateConflict "The delivery is in another state",
    /// The provider needs an API key and none is set.
    ProviderKeyMissing "The provider has no API key",
    /// The provider refused the API key.
    ProviderAuthFailed "The provider refused the API key",
    /// The provider does not serve the place this server is in, or this kind of account.
    ProviderRegionRefused "The provider does not serve this region",
    /// The provider wants payment or the quota is used up.
    ProviderQuotaExceeded "The provider's quota is used up",
    /// The provider asked to slow down.
    ProviderRateLimited "The provider is limiting requests",
    /// The provider does not know the model.
    ProviderModelNotFound "The provider does not have this model",
    /// The provider refused the request as malformed.
    ProviderInvalidRequest "The provider refused the request",
    /// The provider's content filter stopped the answer.
    ProviderContentFiltered "The provider filtered the content",
    /// The provider is overloaded or answered with a server error.
    ProviderUnavailable "The provider is not available",
    /// The provider's name did not resolve.
    ProviderDnsFailed "The provider's address was not found",
    /// The TLS handshake with the provider failed.
    ProviderTlsFailed "No secure connection to the provider",
    /// No connection to the provider, or it broke.
    ProviderUnreachable "The provider could not be reached",
    /// The provider took longer than the timeout.
    ProviderTimeout "The provider took too long",
    /// The provider's answer could not be understood.
    ProviderBadResponse "The provider's answer was not usable",
    /// There is no job with this id.
    JobNotFound "There is no such job",
    /// A query of the list of jobs has a name or value that it does not know.
    JobsQueryInvalid "The list cannot be narrowed like that",
    /// The job database cannot be used; the message says why.
    JobsLocked "Jobs are locked",
    /// The job is not in a state in which this can be done.
    JobStateConflict "The job is in another state",
    /// As many jobs are open as there may be.
    BudgetExceeded "Too many jobs are open",
    /// An idempotency key came again with another payload.
    IdempotencyKeyReused "The idempotency key was used for another request",
    /// A request with the same idempotency key is being accepted.
    IdempotencyInFlight "The same request is being accepted",
    /// A nonce came again.
    NonceUsed "The nonce was used before",
    /// The server beside ComfyUI is not running; only the shim sends this.
    DependencyUnavailable "The OpenClaw server is not running",
    /// A fault of this server; the log has the cause under `request_id`.
    InternalError "Something went wrong in the server",
}

impl ErrorCode {
    /// The code as it is on the wire.
    pub fn as_str(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(code)) => code,
            _ => String::from("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_a_newer_server_is_read_as_unknown() {
        assert_eq!(serde_json::from_str::<ErrorCode>("\"from_the_future\"").unwrap(), ErrorCode::Unknown);
    }

    #[test]
    fn codes_are_snake_case_on_the_wire() {
        assert_eq!(ErrorCode::ProviderAuthFailed.as_str(), "provider_auth_failed");
    }
}
