//! Why a refinement is as it is, in at most three sentences.

use serde_json::{Map, Value};

use super::asks::Asks;
use super::label;
use super::numbers::Present;
use super::rules::Finding;
use crate::assist::describe::listed;

/// Characters of a clause that is quoted back.
const MAX_QUOTED_CHARS: usize = 60;

/// How many words of advice were added, and where.
#[derive(Default)]
pub struct Added {
    /// What the prompt is made of.
    pub unit: &'static str,
    pub positive: usize,
    pub negative: usize,
}

pub fn rationale(
    asks: &Asks,
    findings: &[Finding],
    added: &Added,
    patch: &Map<String, Value>,
    present: &Present,
    measured: bool,
) -> String {
    let mut sentences = vec![what_changed(asks, added, patch, present)];
    if !findings.is_empty() {
        let found: Vec<_> = findings.iter().map(|finding| said(*finding)).collect();
        sentences.push(format!("Measured: the picture {}.", listed(&found)));
    }
    let looked = match (measured, findings.is_empty()) {
        (true, true) => "Colours and light were measured, but no model looked at the picture",
        (true, false) => "No model looked at the picture",
        (false, _) => "No picture was measured, and no model looked at one",
    };
    let unknown = asks.unknown.first().map(|clause| {
        let short: String = clause.chars().take(MAX_QUOTED_CHARS).collect();
        let dots = if short.len() < clause.len() { "…" } else { "" };
        format!("; no rule knows what to do about \"{short}{dots}\"")
    });
    sentences.push(format!("{looked}{}.", unknown.unwrap_or_default()));
    sentences.join(" ")
}

fn what_changed(asks: &Asks, added: &Added, patch: &Map<String, Value>, present: &Present) -> String {
    let mut names: Vec<&str> = asks.issues.iter().map(|issue| label(*issue)).collect();
    if !asks.is_open() {
        names.push("what you asked for");
    }
    if names.is_empty() {
        return "No rule applies, so nothing was changed: name what is wrong, for instance hands, light or text.".to_owned();
    }
    let mut changes = Vec::new();
    if added.positive > 0 {
        changes.push(format!("added {} to the prompt", counted(added.positive, added.unit)));
    }
    if added.negative > 0 {
        changes.push(format!("added {} to the negative prompt", counted(added.negative, "phrase")));
    }
    let numbers = changed(patch, present);
    if !numbers.is_empty() {
        changes.push(format!("changed {}", listed(&numbers.iter().map(String::as_str).collect::<Vec<_>>())));
    }
    let names = listed(&names);
    match changes.as_slice() {
        [] => format!("The rules for {names} found nothing left to change."),
        [one] => format!("The rules for {names} {one}."),
        [first, second] => format!("The rules for {names} {first} and {second}."),
        [most @ .., last] => format!("The rules for {names} {}, and {last}.", most.join(", ")),
    }
}

fn counted(number: usize, unit: &str) -> String {
    if number == 1 { format!("one {unit}") } else { format!("{number} {unit}s") }
}

fn changed(patch: &Map<String, Value>, present: &Present) -> Vec<String> {
    let now = &present.params;
    let number = |name: &str| patch.get(name).and_then(Value::as_f64);
    let mut changes = Vec::new();
    if patch.contains_key("width") || patch.contains_key("height") {
        let (before, after) =
            ((f64::from(now.width), f64::from(now.height)), (number("width"), number("height")));
        let (width, height) = (after.0.unwrap_or(before.0), after.1.unwrap_or(before.1));
        changes.push(format!("the size from {} × {} to {width} × {height}", before.0, before.1));
    }
    if let Some(steps) = number("steps") {
        changes.push(format!("steps from {} to {steps}", now.steps));
    }
    if let Some(cfg) = number("cfg") {
        changes.push(format!("cfg from {} to {cfg}", now.cfg));
    }
    if patch.contains_key("seed") {
        changes.push("the seed".to_owned());
    }
    changes
}

const fn said(finding: Finding) -> &'static str {
    match finding {
        Finding::Dark => "is dark",
        Finding::Bright => "is very bright",
        Finding::Flat => "has little contrast",
        Finding::Harsh => "has very strong contrast",
        Finding::Soft => "is soft",
        Finding::Grainy => "is grainy",
        Finding::OffCentre => "has its visual weight off centre",
        Finding::Centred => "has its visual weight in the centre",
        Finding::Scattered => "has its visual weight spread over the whole frame",
        Finding::Garish => "has strong contrast with garish colours",
    }
}
