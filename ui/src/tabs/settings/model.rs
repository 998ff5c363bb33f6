//! The settings form without a browser: rows from the server's schema, edits on top, what to send.

use openclaw_shared::config::{ConfigView, LlmSettings, ProviderView, SettingSchema, SettingType, Source};
use openclaw_shared::llm::LlmTestRequest;
use serde_json::{Map, Value};

use crate::read::member;

/// Known settings in the order people think of them; whatever a newer server adds follows by name.
const ORDER: &[&str] = &["provider", "model", "base_url"];

/// Edits that are not saved yet, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edits(Vec<(String, String)>);

impl Edits {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn get(&self, name: &str) -> Option<&String> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text)
    }

    fn insert(&mut self, name: String, text: String) {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, text));
    }
}

/// One line of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub name: String,
    pub schema: SettingSchema,
    pub source: Source,
    /// As it is shown: an edit, else the value in force.
    pub text: String,
    pub edited: bool,
    /// The text is not acceptable; nothing is sent while a row is.
    pub invalid: bool,
}

impl Row {
    /// The environment holds it: the form could change nothing.
    pub fn locked(&self) -> bool {
        self.source == Source::Env
    }

    /// Rarely touched: shown behind a fold.
    pub fn advanced(&self) -> bool {
        !ORDER.contains(&self.name.as_str())
    }
}

pub fn rows(view: &ConfigView, edits: &Edits) -> Vec<Row> {
    let values = values(&view.config);
    let known = ORDER.iter().filter_map(|name| view.schema.get_key_value(*name));
    let others = view.schema.iter().filter(|(name, _)| !ORDER.contains(&name.as_str()));
    known
        .chain(others)
        .map(|(name, schema)| {
            let stored = values.get(name).map(show).unwrap_or_default();
            let text = edits.get(name).cloned().unwrap_or_else(|| stored.clone());
            Row {
                source: view.sources.get(name).copied().unwrap_or(Source::Default),
                edited: text != stored,
                invalid: parse(schema, &text).is_none(),
                name: name.clone(),
                schema: schema.clone(),
                text,
            }
        })
        .collect()
}

/// What `PUT /config` takes; `None` while a row is invalid.
pub fn changes(view: &ConfigView, edits: &Edits) -> Option<Map<String, Value>> {
    let mut changes = Map::new();
    for row in rows(view, edits).into_iter().filter(|row| row.edited && !row.locked()) {
        let value = parse(&row.schema, &row.text)?;
        changes.insert(row.name, value);
    }
    Some(changes)
}

/// What `POST /llm/test` takes to try the form as it stands, saved or not.
pub fn test_request(view: &ConfigView, edits: &Edits) -> Option<LlmTestRequest> {
    let changes = Value::Object(changes(view, edits)?);
    Some(LlmTestRequest {
        provider: member(&changes, "provider")?,
        model: member(&changes, "model")?,
        base_url: member(&changes, "base_url")?,
        timeout_sec: member(&changes, "timeout_sec")?,
        max_retries: member(&changes, "max_retries")?,
    })
}

/// The provider the form shows now.
pub fn provider<'a>(view: &'a ConfigView, edits: &Edits) -> Option<&'a ProviderView> {
    let id = edits.get("provider").unwrap_or(&view.config.provider);
    view.providers.iter().find(|provider| provider.id == *id)
}

/// Records an edit. A new provider brings its own model and address: the old ones belong to another.
pub fn edit(view: &ConfigView, edits: &mut Edits, name: &str, text: String) {
    if name == "provider"
        && let Some(provider) = view.providers.iter().find(|provider| provider.id == text)
    {
        edits.insert("model".to_owned(), provider.default_model.clone());
        edits.insert("base_url".to_owned(), String::new());
    }
    edits.insert(name.to_owned(), text);
    let current = values(&view.config);
    edits.0.retain(|(name, text)| current.get(name).map(show).as_ref() != Some(text));
}

/// Identifies the connection that these settings make.
pub fn fingerprint(settings: &LlmSettings) -> String {
    format!("{} {} {}", settings.provider, settings.model, settings.base_url)
}

fn values(settings: &LlmSettings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(values)) => values,
        _ => Map::new(),
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn parse(schema: &SettingSchema, text: &str) -> Option<Value> {
    let text = text.trim();
    Some(match schema.kind {
        SettingType::Int => {
            let number: i64 = text.parse().ok()?;
            let fits =
                schema.min.is_none_or(|min| number >= min) && schema.max.is_none_or(|max| number <= max);
            fits.then_some(number)?.into()
        }
        SettingType::Bool => text.parse::<bool>().ok()?.into(),
        SettingType::ListString => {
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect()
        }
        SettingType::Enum => {
            let known = schema.enum_values.as_ref().is_none_or(|values| values.iter().any(|v| v == text));
            known.then_some(text)?.into()
        }
        SettingType::String => text.into(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view() -> ConfigView {
        let schema = |kind: &str, min: Option<i64>, max: Option<i64>| {
            json!({"type": kind, "default": null, "apply_mode": "immediate", "category": "llm",
                "description": "d", "env": "OPENCLAW_X", "min": min, "max": max})
        };
        let provider = |id: &str, model: &str| {
            json!({"id": id, "label": id, "requires_key": true, "key_configured": false, "key_env": [],
                "default_model": model, "models": [], "base_url": "", "local": false, "vision": true})
        };
        serde_json::from_value(json!({
            "ok": true, "tenant_id": "default", "write_enabled": true,
            "config": {"provider": "builtin", "model": "", "base_url": "", "timeout_sec": 120, "max_retries": 3,
                "fallback_models": ["a", "b"], "fallback_providers": [], "max_failover_candidates": 3,
                "allow_private_network": false},
            "sources": {"provider": "default", "max_retries": "env", "timeout_sec": "persisted"},
            "providers": [provider("builtin", ""), provider("openai", "gpt-x")],
            "schema": {
                "provider": schema("string", None, None), "model": schema("string", None, None),
                "base_url": schema("string", None, None), "timeout_sec": schema("int", Some(5), Some(300)),
                "max_retries": schema("int", Some(0), Some(10)), "fallback_models": schema("list_string", None, None),
                "allow_private_network": schema("bool", None, None), "brand_new": schema("string", None, None)},
        }))
        .unwrap()
    }

    fn edited(pairs: &[(&str, &str)]) -> Edits {
        let mut edits = Edits::new();
        for (name, text) in pairs {
            edit(&view(), &mut edits, name, (*text).to_owned());
        }
        edits
    }

    #[test]
    fn rows_come_from_the_schema_with_the_main_ones_first() {
        let rows = rows(&view(), &Edits::new());
        let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names[..3], ["provider", "model", "base_url"]);
        assert!(names.contains(&"brand_new"), "a setting of a newer server is shown too");
        let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
        assert_eq!(row("fallback_models").text, "a, b");
        assert!(row("max_retries").locked() && row("max_retries").advanced());
        assert!(!row("provider").advanced());
    }

    #[test]
    fn only_real_changes_are_sent_with_their_types() {
        let edits = edited(&[
            ("timeout_sec", "60"),
            ("allow_private_network", "true"),
            ("fallback_models", "c,, d "),
            ("max_retries", "9"),
            ("model", "x"),
            ("model", ""),
        ]);
        let expected =
            json!({"timeout_sec": 60, "allow_private_network": true, "fallback_models": ["c", "d"]});
        assert_eq!(
            Value::Object(changes(&view(), &edits).unwrap()),
            expected,
            "locked and reverted ones stay"
        );
    }

    #[test]
    fn a_number_out_of_range_stops_the_save() {
        for text in ["4", "301", "many", ""] {
            let edits = edited(&[("timeout_sec", text)]);
            assert_eq!(changes(&view(), &edits), None, "{text}");
            assert!(rows(&view(), &edits).iter().any(|row| row.invalid), "{text}");
        }
    }

    #[test]
    fn a_new_provider_brings_its_model() {
        let edits = edited(&[("base_url", "http://old"), ("provider", "openai")]);
        let request = test_request(&view(), &edits).unwrap();
        assert_eq!(request.provider.as_deref(), Some("openai"));
        assert_eq!(request.model.as_deref(), Some("gpt-x"));
        assert_eq!(request.base_url, None);
        assert_eq!(provider(&view(), &edits).unwrap().id, "openai");
    }
}
