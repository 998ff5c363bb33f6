//! The ways in which a wait is written.

use std::time::{Duration, UNIX_EPOCH};

/// A bare reset number below this is a span of seconds; seconds since 1970 have long passed it.
const FIRST_EPOCH_SECONDS: f64 = 1e7;
/// A bare reset number from here on is milliseconds since 1970; as seconds it would be in the year 5138.
const FIRST_EPOCH_MILLISECONDS: f64 = 1e11;

/// Units by their names; months and years are nobody's rate limit.
const UNITS: [(f64, &[&str]); 7] = [
    (86400.0, &["d", "day", "days"]),
    (3600.0, &["h", "hr", "hrs", "hour", "hours"]),
    (60.0, &["m", "min", "mins", "minute", "minutes"]),
    (1.0, &["s", "sec", "secs", "second", "seconds"]),
    (1e-3, &["ms", "msec", "msecs", "millis", "millisecond", "milliseconds"]),
    (1e-6, &["us", "µs", "μs", "microsecond", "microseconds"]),
    (1e-9, &["ns", "nanosecond", "nanoseconds"]),
];

/// A decimal number of seconds. What is negative is over, what is huge is long.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    number(text).map(from_seconds)
}

pub(super) fn milliseconds(text: &str) -> Option<Duration> {
    number(text).map(|value| from_seconds(value / 1e3))
}

/// A date of the three HTTP forms.
pub(super) fn http_date(text: &str, now_ms: i64) -> Option<Duration> {
    let date = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    until(i64::try_from(date.as_millis()).ok()?, now_ms)
}

/// A date as in RFC 3339; one without an offset is in UTC.
pub(super) fn rfc3339(text: &str, now_ms: i64) -> Option<Duration> {
    let date: jiff::Timestamp = text.parse().or_else(|_| format!("{text}Z").parse()).ok()?;
    until(date.as_millisecond(), now_ms)
}

/// When a bucket resets: a bare number by its size, a span with units, or a date.
pub(super) fn reset(text: &str, now_ms: i64) -> Option<Duration> {
    if let Some(value) = number(text) {
        return Some(bare_reset(value, now_ms));
    }
    span(text).or_else(|| rfc3339(text, now_ms)).or_else(|| http_date(text, now_ms))
}

pub(super) fn bare_reset(value: f64, now_ms: i64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
    let now_ms = now_ms as f64;
    from_seconds(match value {
        _ if value < FIRST_EPOCH_SECONDS => value,
        _ if value < FIRST_EPOCH_MILLISECONDS => (value * 1e3 - now_ms) / 1e3,
        _ => (value - now_ms) / 1e3,
    })
}

/// A span that is nothing but numbers with units: `6m0s`, `1.5 s`, `1h2m3s`.
pub(super) fn span(text: &str) -> Option<Duration> {
    leading_span(text).filter(|(_, rest)| rest.is_empty()).map(|(delay, _)| delay)
}

/// The span at the start of the text, with what follows it. Units get smaller: `20s 5s` is `20s` and another.
pub(super) fn leading_span(text: &str) -> Option<(Duration, &str)> {
    let mut rest = text;
    let mut total = None;
    let mut units = &UNITS[..];
    loop {
        let part = if total.is_some() { skip_joint(rest) } else { rest };
        let digits = leading_number(part);
        let after = part[digits..].trim_start_matches(' ');
        let name = after.find(|c: char| !c.is_alphabetic()).map_or(after, |end| &after[..end]);
        let unit =
            units.iter().position(|(_, names)| names.iter().any(|known| name.eq_ignore_ascii_case(known)));
        let (Some(value), Some(unit)) = (number(&part[..digits]), unit) else {
            return total.map(|seconds| (from_seconds(seconds), rest));
        };
        total = Some(total.unwrap_or(0.0) + value * units[unit].0);
        units = &units[unit + 1..];
        rest = &after[name.len()..];
    }
}

/// What may stand between two parts of a span: `1 minute and 5 seconds`.
fn skip_joint(text: &str) -> &str {
    let text = text.trim_start_matches([' ', ',']);
    text.strip_prefix("and ").unwrap_or(text)
}

/// Length of the digits at the start, with a fraction if there is one.
fn leading_number(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(0);
    let fraction = if text[whole..].starts_with('.') { digits(whole + 1) } else { 0 };
    if whole == 0 || fraction == 0 { whole } else { whole + 1 + fraction }
}

/// A decimal number; the words that Rust also takes for numbers are none.
fn number(text: &str) -> Option<f64> {
    let numeric = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    text.bytes().all(numeric).then(|| text.parse().ok())?
}

pub(super) fn from_seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

/// A moment that has passed asks for no wait.
fn until(then_ms: i64, now_ms: i64) -> Option<Duration> {
    u64::try_from(then_ms.checked_sub(now_ms)?.max(0)).ok().map(Duration::from_millis)
}
