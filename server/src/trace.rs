//! Which journey a job belongs to: one id from the first request to the last delivery, W3C Trace Context outside.

use sha2::{Digest as _, Sha256};

/// Where a job comes from in a larger trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// 32 hexadecimal digits, or what an older sender chose: 1 to 64 of `A-Z a-z 0-9 _ -`.
    pub trace_id: String,
    /// The span that called us, 16 hexadecimal digits.
    pub parent_span: Option<String>,
}

impl TraceContext {
    /// As in the Python edition.
    pub const MAX_ID: usize = 64;

    pub fn random() -> Self {
        Self { trace_id: uuid::Uuid::new_v4().simple().to_string(), parent_span: None }
    }

    /// A `traceparent` header beats a trace id of the older form; what does not fit is replaced by a new id, as W3C
    /// asks for, so that a sender's mistake costs it the trace and not the job.
    pub fn from_parts(traceparent: Option<&str>, trace_id: Option<&str>) -> Self {
        traceparent
            .and_then(Self::parse)
            .or_else(|| {
                trace_id
                    .filter(|id| Self::is_id(id))
                    .map(|id| Self { trace_id: id.into(), parent_span: None })
            })
            .unwrap_or_else(Self::random)
    }

    /// `^[A-Za-z0-9_-]{1,64}$`
    pub fn is_id(text: &str) -> bool {
        (1..=Self::MAX_ID).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    }

    /// <https://www.w3.org/TR/trace-context/#traceparent-header>
    fn parse(header: &str) -> Option<Self> {
        let header = header.trim();
        let mut parts = header.split('-');
        let (version, trace_id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let fits = |text: &str, digits: usize| {
            text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let whole = fits(version, 2) && fits(trace_id, 32) && fits(span, 16) && fits(flags, 2);
        // Later versions may say more; version 0 must not, and ff is not a version.
        let known = version != "ff" && (version != "00" || parts.next().is_none());
        let zero = |text: &str| text.bytes().all(|byte| byte == b'0');
        (whole && known && !zero(trace_id) && !zero(span))
            .then(|| Self { trace_id: trace_id.into(), parent_span: Some(span.into()) })
    }
}

/// The header for the next system: the trace of `trace_id`, and a span that stands for one job.
pub fn traceparent(trace_id: &str, job_id: &str) -> String {
    let digits = |text: &str, count: usize| {
        Sha256::digest(text.as_bytes()).iter().take(count / 2).fold(String::new(), |mut hex, byte| {
            use std::fmt::Write as _;
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    let is_w3c =
        trace_id.len() == 32 && trace_id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let trace = if is_w3c { trace_id.to_owned() } else { digits(trace_id, 32) };
    format!("00-{trace}-{}-01", digits(job_id, 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[test]
    fn a_traceparent_is_taken_only_when_it_is_one() {
        for (header, taken) in [
            (format!("00-{TRACE}-{SPAN}-01"), true),
            (format!(" 00-{TRACE}-{SPAN}-00 "), true),
            (format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be"), true),
            (format!("00-{TRACE}-{SPAN}-01-more"), false),
            (format!("ff-{TRACE}-{SPAN}-01"), false),
            (format!("00-{}-{SPAN}-01", TRACE.to_uppercase()), false),
            (format!("00-{}-{SPAN}-01", "0".repeat(32)), false),
            (format!("00-{TRACE}-{}-01", "0".repeat(16)), false),
            (format!("00-{TRACE}-{SPAN}"), false),
            (String::new(), false),
        ] {
            let found = TraceContext::from_parts(Some(&header), None);
            assert_eq!(
                found.trace_id == TRACE && found.parent_span.as_deref() == Some(SPAN),
                taken,
                "{header}"
            );
        }
    }

    #[test]
    fn an_older_id_is_kept_and_a_bad_one_replaced() {
        assert_eq!(TraceContext::from_parts(Some("nonsense"), Some("My_trace-1")).trace_id, "My_trace-1");
        for bad in ["", "a b", "a/b", &"x".repeat(65)] {
            assert_eq!(TraceContext::from_parts(None, Some(bad)).trace_id.len(), 32, "{bad}");
        }
    }

    #[test]
    fn what_is_sent_on_is_a_traceparent_whatever_the_id() {
        for id in [TRACE, "My_trace-1"] {
            let header = traceparent(id, "job");
            let parsed = TraceContext::parse(&header).unwrap();
            assert_eq!(parsed.trace_id == id, id == TRACE, "{header}");
            assert_eq!(traceparent(id, "job"), header);
        }
    }
}
