//! The form of a template without a browser: what was typed, what is wrong with it, and what it comes to.

use openclaw_shared::number;
use openclaw_shared::template::{InputKind, MAX_SEED, Template, TemplateInput};
use openclaw_words::{Messages, fill};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::graph::number_text;

/// What people typed, for every template that they tried.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Of the template that is chosen.
    pub id: String,
    /// By template, then by input: always text, as fields have it.
    pub typed: Map<String, Value>,
    /// The same key runs once: it changes with what would run.
    pub key: String,
}

/// Why a value cannot be run with.
#[derive(Debug, Clone, PartialEq)]
pub enum Wrong {
    Missing,
    Whole { min: i64, max: i64 },
    Number { min: f64, max: f64 },
    Multiple(i64),
    Long(usize),
}

impl Wrong {
    pub fn words(&self, t: &Messages) -> String {
        match self {
            Self::Missing => t.tpl_missing.to_owned(),
            Self::Whole { min, max } => {
                fill(t.bad_number, &[("min", &min.to_string()), ("max", &max.to_string())])
            }
            Self::Number { min, max } => {
                fill(t.tpl_bad_number, &[("min", &number_text(*min)), ("max", &number_text(*max))])
            }
            Self::Multiple(step) => fill(t.tpl_bad_step, &[("step", &step.to_string())]),
            Self::Long(most) => fill(t.tpl_too_long, &[("max", &most.to_string())]),
        }
    }
}

impl Draft {
    fn typed(&self, input: &str) -> Option<&str> {
        self.typed.get(&self.id)?.get(input)?.as_str()
    }

    /// What its field shows.
    pub fn text(&self, input: &TemplateInput) -> String {
        let typed = self.typed(&input.name).filter(|typed| match &input.kind {
            // The manifest may have changed since.
            InputKind::Choice { options } => options.iter().any(|option| option == typed),
            _ => true,
        });
        let default = || match &input.default {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.as_f64().map(number_text).unwrap_or_default(),
            Some(Value::Bool(flag)) => flag.to_string(),
            _ => String::new(),
        };
        typed.map_or_else(default, str::to_owned)
    }

    pub fn set(&mut self, input: &str, text: String, key: String) {
        self.key = key;
        let of_template = self.typed.entry(self.id.clone()).or_insert_with(|| json!({}));
        of_template[input] = text.into();
    }

    /// The value of one field; `None` leaves it to the template.
    pub fn value(&self, input: &TemplateInput) -> Result<Option<Value>, Wrong> {
        let text = self.text(input);
        let trimmed = text.trim();
        let words = matches!(input.kind, InputKind::Text { .. } | InputKind::Any { .. });
        if trimmed.is_empty() && (input.is_required() || !words) {
            return if input.is_required() { Err(Wrong::Missing) } else { Ok(None) };
        }
        let whole = |min: i64, max: i64| {
            let number = trimmed.parse().ok().filter(|number| (min..=max).contains(number));
            number.ok_or(Wrong::Whole { min, max })
        };
        #[expect(clippy::cast_possible_wrap, reason = "2^53 is far from the end")]
        let most = MAX_SEED as i64;
        Ok(Some(match &input.kind {
            InputKind::Text { max_length, .. } | InputKind::Any { max_length } => {
                if text.chars().count() > *max_length {
                    return Err(Wrong::Long(*max_length));
                }
                text.into()
            }
            InputKind::Integer { min, max, step } => {
                let number = whole(*min, *max)?;
                match step.filter(|step| *step > 1 && number % step != 0) {
                    Some(step) => return Err(Wrong::Multiple(step)),
                    None => number.into(),
                }
            }
            InputKind::Number { min, max } => {
                let number = number::from_text(trimmed).filter(|number| (*min..=*max).contains(number));
                number.ok_or(Wrong::Number { min: *min, max: *max })?.into()
            }
            InputKind::Boolean => (trimmed == "true").into(),
            InputKind::Choice { .. } => text.into(),
            InputKind::Seed => whole(0, most)?.into(),
        }))
    }

    /// All values, or nothing while one of them is wrong.
    pub fn inputs(&self, template: &Template) -> Option<Map<String, Value>> {
        let mut inputs = Map::new();
        for input in &template.inputs {
            if let Some(value) = self.value(input).ok()? {
                inputs.insert(input.name.clone(), value);
            }
        }
        Some(inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(kind: Value, default: Value) -> TemplateInput {
        let mut input = kind;
        input["name"] = json!("x");
        if !default.is_null() {
            input["default"] = default;
        }
        serde_json::from_value(input).unwrap()
    }

    fn typed(text: &str) -> Draft {
        let mut draft = Draft { id: "t".into(), ..Draft::default() };
        draft.set("x", text.into(), "k".into());
        draft
    }

    #[test]
    fn what_the_form_lets_pass_the_server_takes_and_nothing_else() {
        let kinds = [
            json!({"type": "text", "max_length": 3}),
            json!({"type": "integer", "min": -1, "max": 64}),
            json!({"type": "integer", "min": 8, "max": 64, "step": 8}),
            json!({"type": "number", "min": 0.5, "max": 7.0}),
            json!({"type": "boolean"}),
            json!({"type": "choice", "options": ["a", "b"]}),
            json!({"type": "seed"}),
            json!({"type": "any", "max_length": 4}),
        ];
        let texts = [
            "abc",
            "abcd",
            "äöü",
            "7",
            " 7 ",
            "7.5",
            "-1",
            "64",
            "65",
            "17",
            "0.5",
            "9007199254740992",
            "true",
            "b",
            "NaN",
        ];
        for kind in kinds {
            let input = input(kind.clone(), Value::Null);
            for text in texts {
                if kind["type"] == "boolean" || (kind["type"] == "choice" && text != "b") {
                    continue;
                }
                match typed(text).value(&input) {
                    Ok(Some(value)) => assert!(input.check(&value).is_ok(), "{kind} takes {text}"),
                    Ok(None) => panic!("{kind} leaves out {text}"),
                    Err(_) => assert!(input.check(&json!(text)).is_err(), "{kind} refuses {text}"),
                }
            }
        }
    }

    #[test]
    fn what_is_empty_is_missing_or_left_to_the_template() {
        let text = json!({"type": "text"});
        let number = json!({"type": "integer", "min": 1, "max": 9});
        assert_eq!(typed(" ").value(&input(text.clone(), Value::Null)), Err(Wrong::Missing));
        assert_eq!(typed("").value(&input(text, json!("d"))), Ok(Some(json!(""))), "emptied on purpose");
        assert_eq!(typed("").value(&input(number.clone(), json!(3))), Ok(None));
        assert_eq!(typed("").value(&input(number, Value::Null)), Err(Wrong::Missing));
        assert_eq!(typed("").value(&input(json!({"type": "seed"}), Value::Null)), Ok(None));
    }

    #[test]
    fn fields_begin_with_the_default_and_remember_what_was_typed() {
        let flag = input(json!({"type": "boolean"}), json!(true));
        let number = input(json!({"type": "number", "min": 0, "max": 30}), json!(6.5));
        let choice = input(json!({"type": "choice", "options": ["a", "b"]}), json!("b"));
        let draft = Draft { id: "t".into(), ..Draft::default() };
        assert_eq!([&flag, &number, &choice].map(|input| draft.text(input)), ["true", "6.5", "b"]);
        assert_eq!(typed("gone").text(&choice), "b", "a choice that there is no more");
        assert_eq!(typed("a").text(&choice), "a");
        assert_eq!(typed("a").key, "k", "what would run has changed");
        let other = Draft { id: "other".into(), ..typed("a") };
        assert_eq!(other.text(&choice), "b", "each template has its own");
    }
}
