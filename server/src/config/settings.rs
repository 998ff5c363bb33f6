//! The settings people edit: environment over file over default, each value with its source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, RwLock};

use openclaw_shared::config::{Applied, ConfigUpdated, LlmSettings, SettingSchema, SettingType, Source};
use serde_json::{Map, Value, json};

use super::env::{self, Env, Var};
use crate::llm::catalog::Catalog;

/// The tenant of a server that has one.
pub const TENANT: &str = "default";
/// Longest text of a setting: URLs and model ids are far shorter.
const MAX_TEXT_CHARS: usize = 2048;
/// Most entries of a list setting: more candidates than that are never tried.
const MAX_LIST_ITEMS: usize = 20;

struct Setting {
    name: &'static str,
    var: &'static Var,
    kind: Kind,
    help: &'static str,
}

enum Kind {
    Provider,
    Text,
    Int { min: i64, max: i64, default: i64 },
    Bool,
    List,
}

const SETTINGS: &[Setting] = &[
    Setting {
        name: "provider",
        var: &env::LLM_PROVIDER,
        kind: Kind::Provider,
        help: "Who writes the plans.",
    },
    Setting {
        name: "model",
        var: &env::LLM_MODEL,
        kind: Kind::Text,
        help: "The provider's model; empty means its default.",
    },
    Setting {
        name: "base_url",
        var: &env::LLM_BASE_URL,
        kind: Kind::Text,
        help: "Another address for the provider; empty means its own.",
    },
    Setting {
        name: "timeout_sec",
        var: &env::LLM_TIMEOUT,
        kind: Kind::Int { min: 5, max: 300, default: 120 },
        help: "Seconds one call may take.",
    },
    Setting {
        name: "max_retries",
        var: &env::LLM_MAX_RETRIES,
        kind: Kind::Int { min: 0, max: 10, default: 3 },
        help: "Further tries after a failure that cannot have been billed.",
    },
    Setting {
        name: "fallback_models",
        var: &env::FALLBACK_MODELS,
        kind: Kind::List,
        help: "Models of the same provider to try next.",
    },
    Setting {
        name: "fallback_providers",
        var: &env::FALLBACK_PROVIDERS,
        kind: Kind::List,
        help: "Providers to try after those, each with its default model.",
    },
    Setting {
        name: "max_failover_candidates",
        var: &env::MAX_FAILOVER_CANDIDATES,
        kind: Kind::Int { min: 1, max: 5, default: 3 },
        help: "Most candidates tried for one request.",
    },
    Setting {
        name: "allow_private_network",
        var: &env::LLM_ALLOW_PRIVATE_NETWORK,
        kind: Kind::Bool,
        help: "Lets a host that the operator listed have a private address.",
    },
];

/// The settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{path} is not valid JSON ({source}): mend it, or move it away to start with defaults")]
    Corrupt { path: PathBuf, source: serde_json::Error },
    #[error("{path} cannot be read or written: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}", .0.join("; "))]
    Rejected(Vec<String>),
}

/// Holds the file's content and writes it through.
pub struct Settings {
    path: PathBuf,
    env: Map<String, Value>,
    pub default_provider: String,
    /// The whole document: members this version does not know are kept.
    file: RwLock<Map<String, Value>>,
    /// Serialises read-modify-write, so that two updates cannot lose one another.
    writing: Mutex<()>,
}

impl Settings {
    pub fn load(state_dir: &Path, env: &Env, catalog: &Catalog) -> Result<Self, SettingsError> {
        let path = state_dir.join("config.json");
        let file = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| SettingsError::Corrupt { path: path.clone(), source })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Map::new(),
            Err(source) => return Err(SettingsError::Io { path, source }),
        };
        let mut pinned = Map::new();
        for setting in SETTINGS {
            let Some(text) = env.get(setting.var) else { continue };
            match setting.coerce(&Value::from(text), catalog) {
                Ok((value, _)) => drop(pinned.insert(setting.name.to_owned(), value)),
                Err(reason) => {
                    tracing::warn!(variable = setting.var.name, reason, "ignoring an environment variable");
                }
            }
        }
        Ok(Self {
            path,
            env: pinned,
            default_provider: catalog.default_provider(env).id.clone(),
            file: RwLock::new(file),
            writing: Mutex::new(()),
        })
    }

    /// The settings in force and where each comes from.
    pub fn current(&self, catalog: &Catalog) -> (LlmSettings, BTreeMap<String, Source>) {
        self.merged(&self.stored(), catalog)
    }

    /// Checks, stores and applies a partial update; nothing is changed when any of it is refused.
    pub fn update(
        &self,
        patch: &Map<String, Value>,
        catalog: &Catalog,
        check: impl Fn(&LlmSettings) -> Result<(), String>,
    ) -> Result<ConfigUpdated, SettingsError> {
        let _writing = self.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut stored = self.stored();
        let (mut errors, mut notes) = (Vec::new(), Vec::new());
        for (name, value) in patch {
            let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
                errors.push(format!("Unknown setting key: {}", excerpt(name)));
                continue;
            };
            match setting.coerce(value, catalog) {
                Ok((value, note)) => {
                    notes.extend(note);
                    stored.insert(name.clone(), value);
                }
                Err(reason) => errors.push(reason),
            }
            if self.env.contains_key(name) {
                notes.push(format!("{name} is stored, but {} pins another value", setting.var.name));
            }
        }
        let (config, sources) = self.merged(&stored, catalog);
        if errors.is_empty() && (patch.contains_key("provider") || patch.contains_key("base_url")) {
            errors.extend(check(&config).err());
        }
        if !errors.is_empty() {
            return Err(SettingsError::Rejected(errors));
        }
        let mut document = self.read_file().clone();
        document.insert("llm".into(), Value::Object(stored));
        self.write(&document).map_err(|source| SettingsError::Io { path: self.path.clone(), source })?;
        *self.file.write().unwrap_or_else(std::sync::PoisonError::into_inner) = document;
        let applied_now = patch.keys().filter(|name| !self.env.contains_key(*name)).cloned().collect();
        Ok(ConfigUpdated {
            ok: true,
            tenant_id: TENANT.into(),
            config,
            sources,
            apply: Applied { applied_now, restart_required: Vec::new(), notes },
        })
    }

    fn read_file(&self) -> std::sync::RwLockReadGuard<'_, Map<String, Value>> {
        self.file.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn stored(&self) -> Map<String, Value> {
        self.read_file().get("llm").and_then(Value::as_object).cloned().unwrap_or_default()
    }

    fn merged(
        &self,
        stored: &Map<String, Value>,
        catalog: &Catalog,
    ) -> (LlmSettings, BTreeMap<String, Source>) {
        let mut sources = BTreeMap::new();
        let mut values = Map::new();
        for setting in SETTINGS {
            // A hand-edited file may hold anything: what cannot be used falls back to the default.
            let persisted = stored.get(setting.name).and_then(|value| setting.coerce(value, catalog).ok());
            let (value, source) = match (self.env.get(setting.name), persisted) {
                (Some(value), _) => (value.clone(), Source::Env),
                (None, Some((value, _))) => (value, Source::Persisted),
                (None, None) => (setting.default(&self.default_provider), Source::Default),
            };
            sources.insert(setting.name.to_owned(), source);
            values.insert(setting.name.to_owned(), value);
        }
        let mut settings: LlmSettings =
            serde_json::from_value(Value::Object(values)).expect("every setting was coerced to its own type");
        if settings.model.is_empty()
            && let Some(row) = catalog.find(&settings.provider)
        {
            settings.model.clone_from(&row.default_model);
        }
        (settings, sources)
    }

    /// Atomic and durable: a crash leaves the old file or the new one.
    fn write(&self, document: &Map<String, Value>) -> std::io::Result<()> {
        let directory = self.path.parent().expect("the path was made by joining a file name");
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        serde_json::to_writer_pretty(&mut file, document)?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        #[cfg(unix)]
        std::fs::File::open(directory)?.sync_all()?;
        Ok(())
    }
}

/// How to draw and check every setting.
pub fn schema(catalog: &Catalog, default_provider: &str) -> BTreeMap<String, SettingSchema> {
    SETTINGS
        .iter()
        .map(|setting| {
            let (kind, range) = match setting.kind {
                Kind::Provider => (SettingType::Enum, None),
                Kind::Text => (SettingType::String, None),
                Kind::Int { min, max, .. } => (SettingType::Int, Some((min, max))),
                Kind::Bool => (SettingType::Bool, None),
                Kind::List => (SettingType::ListString, None),
            };
            let schema = SettingSchema {
                kind,
                default: setting.default(default_provider),
                apply_mode: "immediate".into(),
                category: "llm".into(),
                description: setting.help.into(),
                env: setting.var.name.into(),
                min: range.map(|(min, _)| min),
                max: range.map(|(_, max)| max),
                enum_values: matches!(setting.kind, Kind::Provider)
                    .then(|| catalog.rows().iter().map(|row| row.id.clone()).collect()),
            };
            (setting.name.to_owned(), schema)
        })
        .collect()
}

impl Setting {
    fn default(&self, provider: &str) -> Value {
        match self.kind {
            Kind::Provider => json!(provider),
            Kind::Text => json!(""),
            Kind::Int { default, .. } => json!(default),
            Kind::Bool => json!(false),
            Kind::List => json!([]),
        }
    }

    /// The value in this setting's type, with a note when it was clamped, or why it cannot be used.
    fn coerce(&self, value: &Value, catalog: &Catalog) -> Result<(Value, Option<String>), String> {
        let name = self.name;
        let wrong = |wanted: &str| Err(format!("Coercion error for '{name}': {wanted} is needed"));
        match (&self.kind, value) {
            (Kind::Provider, Value::String(text)) => match catalog.find(text) {
                Some(row) => Ok((json!(row.id), None)),
                None => Err(format!("Unknown provider: {}", excerpt(text))),
            },
            (Kind::Text, Value::String(text)) if text.chars().count() > MAX_TEXT_CHARS => {
                wrong(&format!("at most {MAX_TEXT_CHARS} characters"))
            }
            (Kind::Text, Value::String(text)) => Ok((json!(text.trim()), None)),
            (Kind::Int { min, max, .. }, Value::Number(_) | Value::String(_)) => {
                let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
                let Ok(number) = text.parse::<i64>() else { return wrong("a whole number") };
                let clamped = number.clamp(*min, *max);
                let note = (clamped != number)
                    .then(|| format!("{name} was set to {clamped}: {min} to {max} is possible"));
                Ok((json!(clamped), note))
            }
            (Kind::Bool, Value::Bool(_)) => Ok((value.clone(), None)),
            (Kind::Bool, Value::String(text)) => Ok((json!(env::is_truthy(text)), None)),
            (Kind::List, Value::String(text)) => self.coerce(&json!(env::split_list(text)), catalog),
            (Kind::List, Value::Array(items)) => {
                if items.len() > MAX_LIST_ITEMS {
                    return wrong(&format!("a list of at most {MAX_LIST_ITEMS}"));
                }
                if let Some(item) = items.iter().find(|item| !item.is_string()) {
                    return wrong(&format!("a list of text, not {}", excerpt(&item.to_string())));
                }
                Ok((value.clone(), None))
            }
            (Kind::Provider | Kind::Text, _) => wrong("text"),
            (Kind::Int { .. }, _) => wrong("a whole number"),
            (Kind::Bool, _) => wrong("true or false"),
            (Kind::List, _) => wrong("a list of text"),
        }
    }
}

/// What is echoed of a hostile value.
fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(dir: &Path, env: &Env) -> (Settings, Catalog) {
        let catalog = Catalog::load();
        (Settings::load(dir, env, &catalog).unwrap(), catalog)
    }

    fn update(settings: &Settings, catalog: &Catalog, patch: &Value) -> Result<ConfigUpdated, SettingsError> {
        settings.update(patch.as_object().unwrap(), catalog, |_| Ok(()))
    }

    #[test]
    fn environment_beats_file_beats_default() {
        let dir = tempfile::tempdir().unwrap();
        let env = Env::of([("OPENCLAW_LLM_TIMEOUT", "42")]);
        let (settings, catalog) = settings(dir.path(), &env);
        let answer = update(&settings, &catalog, &json!({"timeout_sec": 10, "max_retries": 1})).unwrap();
        assert_eq!((answer.config.timeout_sec, answer.config.max_retries), (42, 1));
        assert_eq!(answer.sources["timeout_sec"], Source::Env);
        assert_eq!(answer.sources["max_retries"], Source::Persisted);
        assert_eq!(answer.sources["model"], Source::Default);
        assert_eq!(answer.apply.applied_now, ["max_retries"]);
        assert_eq!(
            answer.apply.notes,
            ["timeout_sec is stored, but OPENCLAW_LLM_TIMEOUT pins another value"]
        );
    }

    #[test]
    fn what_is_stored_survives_a_restart_and_unknown_members_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("config.json"), r#"{"tenants":{"a":1},"llm":{"model":"m"}}"#).unwrap();
        let (first, catalog) = settings(dir.path(), &Env::default());
        update(&first, &catalog, &json!({"max_retries": 99})).unwrap();
        let (second, catalog) = settings(dir.path(), &Env::default());
        let (config, _) = second.current(&catalog);
        assert_eq!((config.model.as_str(), config.max_retries), ("m", 10));
        let text = std::fs::read_to_string(dir.path().join("config.json")).unwrap();
        assert!(text.contains("tenants"), "{text}");
    }

    #[test]
    fn a_refused_update_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (settings, catalog) = settings(dir.path(), &Env::default());
        let before = settings.current(&catalog);
        let error = update(
            &settings,
            &catalog,
            &json!({"max_retries": 1, "provider": "x", "nope": 1, "timeout_sec": {}}),
        );
        let SettingsError::Rejected(errors) = error.unwrap_err() else { panic!() };
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert_eq!(settings.current(&catalog), before);
        assert!(!dir.path().join("config.json").exists());
    }

    #[test]
    fn a_corrupt_file_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("config.json"), "{").unwrap();
        let error = Settings::load(dir.path(), &Env::default(), &Catalog::load());
        assert!(matches!(error.err(), Some(SettingsError::Corrupt { .. })));
    }

    #[test]
    fn builtin_is_the_default_until_a_key_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let provider = |env: &Env| {
            let (settings, catalog) = settings(dir.path(), env);
            settings.current(&catalog).0.provider
        };
        assert_eq!(provider(&Env::default()), "builtin");
        assert_eq!(provider(&Env::of([("OPENCLAW_OPENAI_API_KEY", "k")])), "openai");
        assert_eq!(provider(&Env::of([("MOLTBOT_LLM_API_KEY", "k")])), "openai");
        assert_eq!(provider(&Env::of([("OPENCLAW_ANTHROPIC_API_KEY", "k")])), "builtin");
    }
}
