//! Takes secrets out of text that leaves the server: log lines, error bodies, events.
//!
//! A secret is known by its value (the keys this server holds), by its form (`ghp_…`, a JWT, a private key) or by
//! where it stands (behind `password=`, in an `Authorization` header, in a webhook's URL). What merely looks random
//! stays: hashes, ids and seeds are what logs are for. Every finder walks the text once, so there is no cap on its
//! length: a cap would either drop the tail or let it through.

mod credential;
mod form;
mod literal;
mod name;
mod pair;
mod quote;
mod url;
mod value;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use serde_json::Value;

use literal::Literals;
use name::Kind;

/// What stands where a secret stood.
pub const MARKER: &str = "***REDACTED***";

/// JSON is looked into this deep; what is deeper is hidden whole.
const MAX_DEPTH: usize = 32;

/// Shared by every way out; the forms are compiled once, the values as they become known.
pub struct Redactor {
    known: RwLock<Known>,
}

struct Known {
    secrets: BTreeSet<String>,
    literals: Literals,
}

impl Redactor {
    /// `secrets` are values to hide wherever they turn up, whatever they look like.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let redactor =
            Self { known: RwLock::new(Known { secrets: BTreeSet::new(), literals: Literals::new([]) }) };
        redactor.learn(secrets);
        redactor
    }

    /// More values to hide. A key that is forgotten stays hidden: it may still stand in somebody's text.
    pub fn learn<'a>(&self, secrets: impl IntoIterator<Item = &'a str>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.secrets.extend(secrets.into_iter().map(str::to_owned));
        known.literals = Literals::new(known.secrets.iter().map(String::as_str));
    }

    /// The text without the known values. What only looks like a secret stays: for a person's own words.
    pub fn mask_known<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut spans = Vec::new();
        self.known.read().unwrap_or_else(PoisonError::into_inner).literals.find(text, &mut spans);
        if spans.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(hide(text, spans)) }
    }

    /// The text without its secrets. Redacting twice is redacting once.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut redacted = Cow::Borrowed(text);
        // What one pass hides may bring a name and a value together, so that the next finds more. Every pass
        // replaces something that is not yet a marker, and few texts need a second.
        while let Some(next) = self.pass(&redacted) {
            redacted = Cow::Owned(next);
        }
        redacted
    }

    /// The JSON value without its secrets; members with a secret's name lose their value, whatever its type.
    pub fn redact_json(&self, value: &Value) -> Value {
        self.redact_nested(value, 0)
    }

    fn redact_nested(&self, value: &Value, depth: usize) -> Value {
        match value {
            Value::String(text) => self.redact(text).into(),
            Value::Array(_) | Value::Object(_) if depth == MAX_DEPTH => MARKER.into(),
            Value::Array(items) => items.iter().map(|item| self.redact_nested(item, depth + 1)).collect(),
            Value::Object(members) => {
                let named = kind_of_named(members);
                let redacted = members.iter().map(|(name, member)| {
                    let named = named.filter(|_| name.eq_ignore_ascii_case(name::NAMED));
                    let kind = name::kind_of(name).or(named);
                    let hidden = kind.is_some_and(|kind| is_secret_member(kind, member));
                    let member = if hidden { MARKER.into() } else { self.redact_nested(member, depth + 1) };
                    (self.redact(name).into_owned(), member)
                });
                Value::Object(redacted.collect())
            }
            other => other.clone(),
        }
    }

    /// One walk of every finder; `None` when there is nothing to hide.
    fn pass(&self, text: &str) -> Option<String> {
        let mut spans = Vec::new();
        self.known.read().unwrap_or_else(PoisonError::into_inner).literals.find(text, &mut spans);
        form::find(text, &mut spans);
        url::find(text, &mut spans);
        pair::find(text, &mut spans);
        spans.retain(|span| !value::is_hidden(&text[span.clone()]));
        if spans.is_empty() {
            return None;
        }
        Some(hide(text, spans))
    }
}

/// The text with a marker for each of the spans.
fn hide(text: &str, mut spans: Vec<Range<usize>>) -> String {
    spans.sort_unstable_by_key(|span| span.start);
    let mut redacted = String::with_capacity(text.len());
    let mut end = 0;
    for span in merged(spans) {
        redacted.push_str(&text[end..span.start]);
        redacted.push_str(MARKER);
        end = span.end;
    }
    redacted.push_str(&text[end..]);
    redacted
}

/// Sorted spans, those that touch made one.
fn merged(spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// What the value is that stands beside a name: `{"name": "X-Api-Key", "value": "…"}`.
fn kind_of_named(members: &serde_json::Map<String, Value>) -> Option<Kind> {
    let naming = |member: &str| name::NAMING.iter().any(|naming| member.eq_ignore_ascii_case(naming));
    let names = members.iter().filter(|(member, _)| naming(member)).filter_map(|(_, name)| name.as_str());
    names.filter_map(name::kind_of).find(|kind| kind.is_strong())
}

fn is_secret_member(kind: Kind, member: &Value) -> bool {
    match member {
        Value::String(text) => value::is_secret(kind, text, value::Setting::Quoted),
        Value::Number(_) => kind == Kind::Password,
        Value::Array(items) => kind.is_strong() && !items.is_empty(),
        Value::Object(members) => kind.is_strong() && !members.is_empty(),
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests;
