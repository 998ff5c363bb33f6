//! Waits named in a body: fields of JSON errors, Google's `RetryInfo`, and sentences.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{buckets, retry_after, time};

/// Members that error objects are nested in; others may repeat what a person wrote.
const NESTING: [&str; 9] =
    ["error", "errors", "detail", "details", "metadata", "parameters", "data", "meta", "response"];
/// Members that hold sentences.
const SENTENCES: [&str; 9] =
    ["message", "error", "detail", "details", "description", "error_description", "reason", "msg", "raw"];
/// Error objects nest four deep at most.
const MAX_DEPTH: usize = 6;

/// Words before a span that make it a hint, in lower case.
const ANCHORS: [&str; 24] = [
    "try again in",
    "try again after",
    "trying again in",
    "request again in",
    "available again in",
    "retry in",
    "retry again in",
    "retry after",
    "retrying in",
    "retry your request in",
    "retry your request after",
    "retry the request in",
    "retry the request after",
    "reset in",
    "reset after",
    "resets in",
    "resets after",
    "please wait",
    "must wait",
    "need to wait",
    "have to wait",
    "should wait",
    "try again at",
    "reset at",
];
/// Words that may stand between an anchor and its span.
const FILLERS: [&str; 8] = ["for", "about", "approximately", "around", "another", "at least", "up to", "~"];
/// "Wait 20s" alone may be anything; what follows must say what the wait is for.
const WAIT_PURPOSES: [&str; 4] = ["before", "and try", "and retry", "then"];

pub(super) fn delay(body: &str, now_ms: i64) -> Option<Duration> {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return sentence(body, now_ms);
    };
    let mut objects = Vec::new();
    collect(&value, 0, &mut objects);
    let first = |read: &dyn Fn(&Map<String, Value>) -> Option<Duration>| {
        objects.iter().find_map(|object| read(object))
    };
    first(&|object| {
        field(object, &["retryafterms", "retryaftermillis", "retryaftermilliseconds"], &milliseconds)
    })
    .or_else(|| {
        let names = ["retryafter", "retryafterseconds", "retryaftersec", "retryinseconds", "resetsinseconds"];
        first(&|object| field(object, &names, &|value| seconds(value, now_ms)))
    })
    .or_else(|| first(&|object| field(object, &["retrydelay", "quotaresetdelay"], &duration)))
    .or_else(|| {
        let names = ["quotaresettimestamp", "resetsat", "resetat", "resettime"];
        first(&|object| field(object, &names, &|value| moment(value, now_ms)))
    })
    .or_else(|| first(&|object| headers(object, now_ms)))
    .or_else(|| {
        let texts = |object: &Map<String, Value>| {
            SENTENCES.iter().find_map(|name| sentence(object.get(*name)?.as_str()?, now_ms))
        };
        first(&texts)
    })
    .or_else(|| sentence(value.as_str()?, now_ms))
}

/// The objects in which an error is described, outermost first.
fn collect<'v>(value: &'v Value, depth: usize, objects: &mut Vec<&'v Map<String, Value>>) {
    match value {
        _ if depth > MAX_DEPTH => {}
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth + 1, objects)),
        Value::Object(object) => {
            objects.push(object);
            for name in NESTING {
                if let Some(inner) = object.get(name) {
                    collect(inner, depth + 1, objects);
                }
            }
        }
        _ => {}
    }
}

/// The first member with one of the names, however its words are joined, whose value can be read.
fn field(
    object: &Map<String, Value>,
    names: &[&str],
    read: &dyn Fn(&Value) -> Option<Duration>,
) -> Option<Duration> {
    names.iter().find_map(|known| {
        object.iter().find_map(|(name, value)| {
            let letters = name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase());
            if letters.eq(known.chars()) { read(value) } else { None }
        })
    })
}

fn milliseconds(value: &Value) -> Option<Duration> {
    match value {
        Value::Number(number) => number.as_f64().map(|value| time::from_seconds(value / 1e3)),
        Value::String(text) => time::milliseconds(text.trim()).or_else(|| time::span(text.trim())),
        _ => None,
    }
}

fn seconds(value: &Value, now_ms: i64) -> Option<Duration> {
    match value {
        Value::Number(number) => number.as_f64().map(time::from_seconds),
        Value::String(text) => {
            let text = text.trim();
            let date = || time::rfc3339(text, now_ms).or_else(|| time::http_date(text, now_ms));
            time::seconds(text).or_else(|| time::span(text)).or_else(date)
        }
        _ => None,
    }
}

/// A protobuf duration: `"34.5s"`, or an object with seconds and nanos.
fn duration(value: &Value) -> Option<Duration> {
    match value {
        Value::String(text) => time::span(text.trim()),
        Value::Object(parts) => {
            let part = |name| match parts.get(name) {
                Some(Value::String(text)) => text.parse::<f64>().ok().filter(|value| value.is_finite()),
                Some(value) => value.as_f64(),
                None => None,
            };
            let (seconds, nanos) = (part("seconds"), part("nanos"));
            seconds.or(nanos)?;
            Some(time::from_seconds(seconds.unwrap_or(0.0) + nanos.unwrap_or(0.0) / 1e9))
        }
        _ => None,
    }
}

fn moment(value: &Value, now_ms: i64) -> Option<Duration> {
    match value {
        Value::Number(number) => number.as_f64().map(|value| time::bare_reset(value, now_ms)),
        Value::String(text) => time::reset(text.trim(), now_ms),
        _ => None,
    }
}

/// The upstream's headers, which OpenRouter repeats in its body.
fn headers(object: &Map<String, Value>, now_ms: i64) -> Option<Duration> {
    let headers = object.get("headers")?.as_object()?;
    let pairs =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect::<Vec<_>>();
    retry_after(&pairs, now_ms).or_else(|| buckets::reset(&pairs, now_ms))
}

/// The first span or date behind an anchor.
fn sentence(text: &str, now_ms: i64) -> Option<Duration> {
    let lower = text.to_ascii_lowercase();
    let anchored = ANCHORS.iter().flat_map(|anchor| {
        let lower = &lower;
        occurrences(lower, anchor).filter_map(move |at| {
            let rest = skip_fillers(&lower[at + anchor.len()..]);
            let delay =
                time::leading_span(rest).map(|(delay, _)| delay).or_else(|| leading_date(rest, now_ms))?;
            Some((at, delay))
        })
    });
    let waits = occurrences(&lower, "wait").filter_map(|at| {
        let (delay, rest) = time::leading_span(skip_fillers(&lower[at + "wait".len()..]))?;
        let purpose = rest.trim_start();
        WAIT_PURPOSES.iter().any(|word| purpose.starts_with(word)).then_some((at, delay))
    });
    let assigned = ["retry-after", "retry_after", "retryafter"].into_iter().flat_map(|name| {
        let lower = &lower;
        occurrences(lower, name).filter_map(move |at| Some((at, assigned(&lower[at + name.len()..])?)))
    });
    anchored.chain(waits).chain(assigned).min_by_key(|(at, _)| *at).map(|(_, delay)| delay)
}

/// Where the phrase stands as words of its own.
fn occurrences<'t>(text: &'t str, phrase: &'t str) -> impl Iterator<Item = usize> {
    text.match_indices(phrase)
        .map(|(at, _)| at)
        .filter(|at| !text[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
}

fn skip_fillers(text: &str) -> &str {
    let mut rest = text.trim_start_matches([' ', ':']);
    while let Some(after) = FILLERS.iter().find_map(|filler| rest.strip_prefix(filler)) {
        rest = after.trim_start();
    }
    rest
}

/// `: 30`, `"=30`, `_ms": 500`: what follows the name of the header or field in a body that is no JSON.
fn assigned(text: &str) -> Option<Duration> {
    let (unit, text) = match text.strip_prefix("_ms").or_else(|| text.strip_prefix("-ms")) {
        Some(text) => (1e-3, text),
        None => (1.0, text),
    };
    let value = text.trim_start_matches(['"', '\'', '\\', ' ']).strip_prefix([':', '='])?;
    let value = value.trim_start_matches(['"', '\'', '\\', ' ']);
    let digits = value.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(value.len());
    let spelled = time::leading_span(value).map(|(delay, _)| delay);
    spelled.or_else(|| value[..digits].parse().ok().map(|value: f64| time::from_seconds(value * unit)))
}

/// A date in the RFC 3339 form at the start of the text.
fn leading_date(text: &str, now_ms: i64) -> Option<Duration> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+')))
        .unwrap_or(text.len());
    time::rfc3339(text[..end].trim_end_matches(['.', ':']), now_ms)
}
