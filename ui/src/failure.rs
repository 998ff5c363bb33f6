//! What a failure tells people: what happened, what to do, and an id to quote.

use openclaw_shared::problem::ErrorCode;

use crate::api::Failure;
use openclaw_words::{Messages, fill};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explained {
    /// From the server as it is, or our own words where the server said nothing.
    pub message: String,
    pub hint: Option<&'static str>,
    /// One sentence for each value that was refused.
    pub details: Vec<String>,
    /// Finds the cause in the server's log.
    pub id: Option<String>,
}

impl Failure {
    pub fn explain(&self, messages: &Messages) -> Explained {
        match self {
            Self::Cancelled => Explained { message: messages.stage_cancelled.into(), ..Explained::default() },
            Self::Offline => Explained { message: messages.error_offline.into(), ..Explained::default() },
            Self::Cut => Explained { message: messages.error_cut.into(), ..Explained::default() },
            Self::Unreadable(status) => Explained {
                message: fill(messages.error_unreadable, &[("status", &status.to_string())]),
                ..Explained::default()
            },
            Self::Problem(problem) => Explained {
                message: if problem.message.is_empty() {
                    problem.title.clone()
                } else {
                    problem.message.clone()
                },
                hint: hint(problem.error, messages),
                details: {
                    let wait = problem.retry_after_sec.map(|wait| wait.to_string());
                    let wait = wait.map(|wait| fill(messages.retry_in, &[("seconds", &wait)]));
                    problem.errors.iter().cloned().chain(wait).collect()
                },
                id: Some(problem.request_id.clone()).filter(|id| !id.is_empty()),
            },
        }
    }

    /// Which part of the way to a provider failed.
    pub fn reason(&self, t: &Messages) -> Option<&'static str> {
        match self {
            Self::Problem(problem) => reason(&problem.error.as_str(), t),
            _ => None,
        }
    }

    /// The server wants an admin token, or refused the one it got.
    pub fn wants_token(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.error == ErrorCode::AuthFailed)
    }

    /// Nobody is there to answer, as opposed to somebody who says no.
    pub fn means_down(&self) -> bool {
        match self {
            Self::Offline | Self::Unreadable(_) => true,
            Self::Problem(problem) => problem.error == ErrorCode::DependencyUnavailable,
            Self::Cancelled | Self::Cut => false,
        }
    }
}

/// The way out in the reader's language; `None` where the server's sentence already says it.
fn hint(code: ErrorCode, messages: &Messages) -> Option<&'static str> {
    use ErrorCode as E;
    Some(match code {
        E::ProviderKeyMissing => messages.hint_key_missing,
        E::ProviderAuthFailed => messages.hint_key_refused,
        E::ProviderQuotaExceeded => messages.hint_quota,
        E::ProviderRateLimited | E::ProviderUnavailable => messages.hint_rate,
        E::ProviderModelNotFound => messages.hint_model,
        E::ProviderTimeout => messages.hint_timeout,
        E::ProviderRegionRefused => messages.hint_region,
        E::ProviderUnreachable | E::ProviderDnsFailed | E::ProviderTlsFailed => messages.hint_unreachable,
        E::UrlBlocked => messages.hint_blocked,
        E::ProviderBadResponse | E::ProviderInvalidRequest | E::ProviderContentFiltered => {
            messages.hint_bad_answer
        }
        E::InternalError | E::ConfigStoreFailed => messages.hint_report,
        E::AuthFailed => messages.token_detail,
        // Codes whose sentence already says what to do, and those of a newer server.
        _ => return None,
    })
}

/// What failed, in two or three words; `None` where nothing did.
pub fn reason(code: &str, t: &Messages) -> Option<&'static str> {
    Some(match code {
        "" => return None,
        "provider_key_missing" | "provider_auth_failed" => t.reason_auth,
        "provider_quota_exceeded" => t.reason_quota,
        "provider_region_refused" => t.reason_region,
        "provider_rate_limited" => t.reason_rate,
        "provider_model_not_found" => t.reason_model,
        "provider_dns_failed" => t.reason_dns,
        "provider_tls_failed" => t.reason_tls,
        "provider_unreachable" => t.reason_network,
        "provider_timeout" => t.reason_timeout,
        "provider_unavailable" => t.reason_down,
        "provider_bad_response" | "provider_invalid_request" | "provider_content_filtered" => t.reason_answer,
        "url_blocked" => t.reason_blocked,
        _ => t.reason_other,
    })
}

#[cfg(test)]
mod tests {
    use openclaw_shared::problem::Problem;

    use super::*;
    use openclaw_words::Locale;

    fn problem(code: ErrorCode) -> Failure {
        Failure::Problem(Box::new(Problem {
            ok: false,
            error: code,
            message: "what happened".into(),
            kind: "about:blank".into(),
            title: code.title().into(),
            status: 500,
            request_id: "r1".into(),
            errors: vec!["e".into()],
            retry_after_sec: None,
        }))
    }

    #[test]
    fn a_problem_keeps_the_servers_words_and_its_id() {
        let explained = problem(ErrorCode::ProviderTimeout).explain(Locale::En.messages());
        assert_eq!(explained.message, "what happened");
        assert_eq!(explained.hint, Some(Locale::En.messages().hint_timeout));
        assert_eq!((explained.id.as_deref(), explained.details.len()), (Some("r1"), 1));
    }

    #[test]
    fn every_failure_of_a_provider_says_what_to_do_in_every_language() {
        for code in ErrorCode::ALL.iter().filter(|code| code.as_str().starts_with("provider_")) {
            for locale in Locale::ALL {
                assert!(problem(*code).explain(locale.messages()).hint.is_some(), "{code:?} in {locale:?}");
                let said = problem(*code).reason(locale.messages());
                assert!(
                    said.is_some_and(|said| said != locale.messages().reason_other),
                    "{code:?} in {locale:?}"
                );
            }
        }
    }

    #[test]
    fn a_missing_server_is_told_apart_from_a_refusal() {
        assert!(problem(ErrorCode::DependencyUnavailable).means_down() && Failure::Offline.means_down());
        assert!(!problem(ErrorCode::AuthFailed).means_down() && problem(ErrorCode::AuthFailed).wants_token());
    }
}
