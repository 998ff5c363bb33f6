//! How long a provider asks to be left alone.
//!
//! In order of trust: a `retry-after` header, the reset time of an exhausted rate-limit bucket, a field of the JSON
//! body, a sentence such as "try again in 20s". Every form has a grammar; a number that merely stands near is no
//! hint. The grammar is the same for all providers, so that a compatible server needs no row of its own.

mod body;
mod buckets;
mod time;

use std::time::Duration;

/// Longer waits mean "not today", and a wrong clock must not stop a provider for years.
const MAX_DELAY: Duration = Duration::from_hours(24);

/// A failed answer.
#[derive(Debug, Clone, Copy)]
pub struct RetryHint<'a> {
    pub status: u16,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a str,
    /// Milliseconds since 1970, against which points in time are measured.
    pub now_ms: i64,
}

/// The wait that the answer asks for, or `None` when it names none.
pub fn retry_delay(hint: &RetryHint<'_>) -> Option<Duration> {
    let &RetryHint { status, headers, body, now_ms } = hint;
    // Buckets and bodies talk about limits; after another failure they explain nothing.
    let limited = matches!(status, 403 | 408 | 409 | 425 | 429 | 500..);
    retry_after(headers, now_ms)
        .or_else(|| {
            if limited { buckets::reset(headers, now_ms).or_else(|| body::delay(body, now_ms)) } else { None }
        })
        .map(|delay| delay.min(MAX_DELAY))
}

/// The explicit headers. Milliseconds are more exact than seconds; of repeated headers the longest is safe.
fn retry_after(headers: &[(&str, &str)], now_ms: i64) -> Option<Duration> {
    let longest = |names: &[&str], read: &dyn Fn(&str) -> Option<Duration>| {
        let named =
            headers.iter().filter(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)));
        named.filter_map(|(_, value)| read(value.trim())).max()
    };
    longest(&["retry-after-ms", "x-ms-retry-after-ms"], &time::milliseconds).or_else(|| {
        longest(&["retry-after"], &|value| time::seconds(value).or_else(|| time::http_date(value, now_ms)))
    })
}

#[cfg(test)]
mod tests;
