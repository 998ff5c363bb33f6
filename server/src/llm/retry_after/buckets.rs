//! Rate-limit headers: buckets with what remains in them and when they fill again.
//!
//! Names differ by provider (`x-ratelimit-reset-tokens`, `anthropic-ratelimit-tokens-reset`, `RateLimit-Reset`), but
//! all are a bucket's name with one of a few words in it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::time;

#[derive(Default)]
struct Bucket {
    /// Unknown when nothing says what remains.
    exhausted: Option<bool>,
    reset: Option<Duration>,
}

/// When the buckets that are exhausted have filled again; without any, the ones that do not say what remains.
pub(super) fn reset(headers: &[(&str, &str)], now_ms: i64) -> Option<Duration> {
    let mut buckets = BTreeMap::new();
    for (name, value) in headers {
        read(
            &mut buckets,
            &name.to_ascii_lowercase().replace("rate-limit", "ratelimit"),
            value.trim(),
            now_ms,
        );
    }
    let latest = |exhausted| {
        let those = buckets.values().filter(|bucket| bucket.exhausted == exhausted);
        those.filter_map(|bucket| bucket.reset).max()
    };
    latest(Some(true)).or_else(|| latest(None))
}

fn read(buckets: &mut BTreeMap<String, Bucket>, name: &str, value: &str, now_ms: i64) {
    if !name.contains("ratelimit") {
        return;
    }
    if name == "ratelimit" {
        combined(buckets, value, now_ms);
        return;
    }
    let has = |word: &str| name.split('-').any(|part| part == word);
    let key = name.split('-').filter(|part| !["remaining", "reset", "after", "status"].contains(part));
    let key = key.collect::<Vec<_>>().join("-");
    if has("remaining") {
        exhaust(buckets, key, is_zero(value));
    } else if has("status") {
        exhaust(buckets, key, Some(value.eq_ignore_ascii_case("rejected")));
    } else if has("reset") {
        let reset = if has("after") {
            time::seconds(value).or_else(|| time::span(value))
        } else {
            time::reset(value, now_ms)
        };
        let bucket = buckets.entry(key).or_default();
        bucket.reset = bucket.reset.max(reset);
    }
}

/// The IETF's single header, in its newer form `"default";r=0;t=30` and its older one `remaining=0, reset=30`.
fn combined(buckets: &mut BTreeMap<String, Bucket>, value: &str, now_ms: i64) {
    let newer = value.contains(';');
    for (index, member) in value.split(',').enumerate() {
        let key = if newer { index.to_string() } else { String::new() };
        for (name, value) in member.split(';').filter_map(|parameter| parameter.trim().split_once('=')) {
            match name {
                "r" | "remaining" => exhaust(buckets, key.clone(), is_zero(value)),
                "t" | "reset" => buckets.entry(key.clone()).or_default().reset = time::reset(value, now_ms),
                _ => {}
            }
        }
    }
}

/// What one header says of a bucket counts even when another says that something remains.
fn exhaust(buckets: &mut BTreeMap<String, Bucket>, key: String, exhausted: Option<bool>) {
    let bucket = buckets.entry(key).or_default();
    bucket.exhausted = bucket.exhausted.max(exhausted);
}

fn is_zero(remaining: &str) -> Option<bool> {
    remaining.parse::<f64>().ok().map(|remaining| remaining <= 0.0)
}
