//! Templates: graphs that may be run from outside, and what may be put into them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::number;

/// Characters of a text input without a limit of its own; as the planner's requirements.
pub const MAX_TEXT: usize = 8000;
/// The largest whole number that JavaScript and JSON keep exactly.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// Every template, runnable or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateList {
    /// Always true.
    pub ok: bool,
    pub templates: Vec<Template>,
    pub count: usize,
    /// Manifests that could not be read, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// What there is to know about a template before it is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Template {
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub description: String,
    /// Comes with the pack; otherwise it is the operator's own.
    #[serde(default)]
    pub bundled: bool,
    pub inputs: Vec<TemplateInput>,
    /// The inputs' names, for clients of the Python edition.
    pub allowed_inputs: Vec<String>,
    /// The inputs' defaults, for clients of the Python edition.
    pub defaults: Map<String, Value>,
    pub nodes: usize,
    /// Which node inputs the template's inputs reach.
    pub slots: Vec<Slot>,
    /// Why it cannot be run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<String>,
}

/// One input of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateInput {
    pub name: String,
    #[serde(default)]
    pub label: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
    #[serde(flatten)]
    pub kind: InputKind,
    /// Used when no value is given; without one the input is required, except a seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// What an input takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum InputKind {
    Text {
        #[serde(default = "max_text")]
        max_length: usize,
        #[serde(default)]
        multiline: bool,
    },
    Integer {
        min: i64,
        max: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<i64>,
    },
    Number {
        min: f64,
        max: f64,
    },
    Boolean,
    Choice {
        options: Vec<String>,
    },
    /// A whole number; a random one when none is given.
    Seed,
    /// A text, a number or a truth value: an input of which the manifest says only the name.
    Any {
        #[serde(default = "max_text")]
        max_length: usize,
    },
}

const fn max_text() -> usize {
    MAX_TEXT
}

/// A place in the graph that an input's value goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Slot {
    /// The template's input.
    pub input: String,
    pub node_id: String,
    pub class_type: String,
    /// The node's input.
    pub node_input: String,
    /// What free text could do there, when that is more than words or numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub danger: Option<Danger>,
    /// The manifest allows this slot by name, or the input takes only values of the manifest's own.
    pub allowed: bool,
}

/// What a value in a slot can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Danger {
    /// A file or a folder.
    Path,
    /// An address that the host would call.
    Url,
    /// Something that is run.
    Code,
    /// Part of the graph itself; no manifest can allow it.
    Graph,
}

impl Danger {
    /// For sentences: "a file path".
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Path => "a file path",
            Self::Url => "an address",
            Self::Code => "code",
            Self::Graph => "part of the graph",
        }
    }
}

impl InputKind {
    /// Whether a value is free text, which could be a path or code.
    pub const fn is_free(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Any { .. })
    }
}

impl TemplateInput {
    pub fn is_required(&self) -> bool {
        self.default.is_none() && self.kind != InputKind::Seed
    }

    /// The value as the graph gets it. Numbers and truth values may come as text, as forms and chats send them.
    pub fn check(&self, value: &Value) -> Result<Value, String> {
        let refuse = |what: String| Err(format!("`{}` must be {what}", self.name));
        match &self.kind {
            InputKind::Text { max_length, .. } => match value.as_str() {
                Some(text) => self.check_text(text, *max_length),
                None => refuse("a text".into()),
            },
            InputKind::Integer { min, max, step } => match integer(value) {
                Some(number) if (*min..=*max).contains(&number) => match step.filter(|step| *step > 1) {
                    Some(step) if number % step != 0 => refuse(format!("a multiple of {step}")),
                    _ => Ok(number.into()),
                },
                _ => refuse(format!("a whole number from {min} to {max}")),
            },
            InputKind::Number { min, max } => match number::from_value(value) {
                Some(number) if (*min..=*max).contains(&number) => Ok(number.into()),
                _ => refuse(format!("a number from {min} to {max}")),
            },
            InputKind::Boolean => match boolean(value) {
                Some(flag) => Ok(flag.into()),
                None => refuse("true or false".into()),
            },
            InputKind::Choice { options } => match value.as_str() {
                Some(text) if options.iter().any(|option| option == text) => Ok(text.into()),
                _ => refuse(format!("one of {}", options.join(", "))),
            },
            InputKind::Seed => match integer(value).and_then(|number| u64::try_from(number).ok()) {
                Some(seed) if seed <= MAX_SEED => Ok(seed.into()),
                _ => refuse(format!("a whole number from 0 to {MAX_SEED}")),
            },
            InputKind::Any { max_length } => match value {
                Value::String(text) => self.check_text(text, *max_length),
                Value::Number(_) | Value::Bool(_) => Ok(value.clone()),
                _ => refuse("a text, a number, true or false".into()),
            },
        }
    }

    fn check_text(&self, text: &str, max_length: usize) -> Result<Value, String> {
        if text.chars().count() > max_length {
            return Err(format!("`{}` is longer than {max_length} characters", self.name));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(format!("`{}` has control characters in it", self.name));
        }
        Ok(text.into())
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// 20.0 is a whole number, too.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "2^53 is exact")]
    let exact = number.fract() == 0.0 && number.abs() <= MAX_SEED as f64;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
    exact.then_some(number as i64)
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Runs a template from the sidebar.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateRunRequest {
    pub inputs: Map<String, Value>,
    /// Only say what would run.
    pub dry_run: bool,
    /// The same key runs once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Which job this belongs to: a title for the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(kind: Value, value: &Value) -> Option<Value> {
        let mut input = kind;
        input["name"] = json!("x");
        serde_json::from_value::<TemplateInput>(input).unwrap().check(value).ok()
    }

    #[test]
    fn every_kind_takes_its_own_values_and_no_others() {
        for (kind, given, taken) in [
            (json!({"type": "text", "max_length": 3}), json!("abc"), Some(json!("abc"))),
            (
                json!({"type": "text", "max_length": 3}),
                json!("\u{e4}\u{f6}\u{fc}"),
                Some(json!("\u{e4}\u{f6}\u{fc}")),
            ),
            (json!({"type": "text", "max_length": 3}), json!("abcd"), None),
            (json!({"type": "text"}), json!("a\nb"), Some(json!("a\nb"))),
            (json!({"type": "text"}), json!("a\0b"), None),
            (json!({"type": "text"}), json!(7), None),
            (json!({"type": "text"}), json!(["4", 0]), None),
            (json!({"type": "integer", "min": 1, "max": 9}), json!(9), Some(json!(9))),
            (json!({"type": "integer", "min": 1, "max": 9}), json!(9.0), Some(json!(9))),
            (json!({"type": "integer", "min": 1, "max": 9}), json!(" 7 "), Some(json!(7))),
            (json!({"type": "integer", "min": 1, "max": 9}), json!(10), None),
            (json!({"type": "integer", "min": 1, "max": 9}), json!(1.5), None),
            (json!({"type": "integer", "min": 1, "max": 9}), json!(true), None),
            (json!({"type": "integer", "min": 8, "max": 64, "step": 8}), json!(16), Some(json!(16))),
            (json!({"type": "integer", "min": 8, "max": 64, "step": 8}), json!(17), None),
            (json!({"type": "number", "min": 0, "max": 1}), json!("0.5"), Some(json!(0.5))),
            (json!({"type": "number", "min": 0, "max": 1}), json!("NaN"), None),
            (json!({"type": "number", "min": 0, "max": 1}), json!(1.01), None),
            (json!({"type": "boolean"}), json!("True"), Some(json!(true))),
            (json!({"type": "boolean"}), json!(1), None),
            (json!({"type": "choice", "options": ["a", "b"]}), json!("b"), Some(json!("b"))),
            (json!({"type": "choice", "options": ["a", "b"]}), json!("c"), None),
            (json!({"type": "seed"}), json!(MAX_SEED), Some(json!(MAX_SEED))),
            (json!({"type": "seed"}), json!(MAX_SEED + 1), None),
            (json!({"type": "seed"}), json!(-1), None),
            (json!({"type": "any"}), json!(1.5), Some(json!(1.5))),
            (json!({"type": "any"}), json!(["4", 0]), None),
            (json!({"type": "any"}), json!({}), None),
            (json!({"type": "any"}), json!(null), None),
        ] {
            assert_eq!(check(kind.clone(), &given), taken, "{kind} {given}");
        }
    }
}
