//! The providers, as data.

use std::collections::BTreeMap;

use openclaw_shared::config::ProviderView;
use serde::Deserialize;

use crate::config::env::{self, Env};
use crate::llm::keys::Keys;

/// How a provider is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Rules of our own: no network.
    Builtin,
    /// `POST {base}/chat/completions`.
    OpenaiCompat,
    /// `POST {base}/v1/messages`.
    Anthropic,
    /// `POST {base}/models/{model}:streamGenerateContent`.
    Gemini,
    /// `POST {base}/api/chat`.
    Ollama,
}

impl Format {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::OpenaiCompat => "openai_compat",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
        }
    }
}

/// How an answer is held to a shape.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Structured {
    /// A forced tool call.
    Tool,
    /// A response schema.
    Schema,
    /// Asked for in words, and found in the text.
    #[default]
    None,
}

/// Where a key goes when it is not the format's usual place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyHeader {
    #[default]
    Usual,
    /// `api-key`, as Azure has it.
    ApiKey,
    /// `x-api-key` and a bearer token: look-alikes of Anthropic read the one or the other.
    Both,
}

/// One row of `catalog.toml`, which explains the members.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderRow {
    pub id: String,
    pub label: String,
    pub format: Format,
    #[serde(default)]
    pub base_url: String,
    #[serde(default)]
    pub default_model: String,
    #[serde(default)]
    key_env: Vec<String>,
    /// A self-hosted server may want a key or none.
    #[serde(default)]
    key_optional: bool,
    #[serde(default)]
    pub local: bool,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    pub models: Vec<String>,
    #[serde(default)]
    pub key_header: KeyHeader,
    #[serde(default)]
    pub structured: Structured,
    #[serde(default)]
    pub vision: bool,
    #[serde(default)]
    pub host_suffix: Option<String>,
    #[serde(default)]
    pub max_tokens: Option<String>,
    #[serde(default)]
    pub fixed_temperature: Vec<String>,
    #[serde(default)]
    pub usage_in_stream: bool,
    #[serde(default)]
    pub other_regions: Vec<String>,
    #[serde(default)]
    pub model_aliases: BTreeMap<String, String>,
}

impl ProviderRow {
    pub fn requires_key(&self) -> bool {
        !self.key_env.is_empty() && !self.key_optional
    }

    /// The variables a key is read from, first match wins; empty for providers that take none.
    pub fn key_variables(&self) -> Vec<String> {
        if self.key_env.is_empty() {
            return Vec::new();
        }
        let own =
            self.key_env.iter().flat_map(|name| [format!("OPENCLAW_{name}"), format!("MOLTBOT_{name}")]);
        let generic = [Some(env::LLM_API_KEY.name), env::LLM_API_KEY.legacy, Some(env::OLDEST_LLM_API_KEY)];
        own.chain(generic.into_iter().flatten().map(str::to_owned)).collect()
    }
}

/// All rows.
#[derive(Debug)]
pub struct Catalog(Vec<ProviderRow>);

impl Catalog {
    pub fn load() -> Self {
        #[derive(Deserialize)]
        struct File {
            provider: Vec<ProviderRow>,
        }
        let File { provider } = toml::from_str(include_str!("catalog.toml"))
            .expect("the embedded catalogue is checked by a test");
        Self(provider)
    }

    pub fn rows(&self) -> &[ProviderRow] {
        &self.0
    }

    /// By id or alias, in any case.
    pub fn find(&self, id: &str) -> Option<&ProviderRow> {
        let id = id.trim();
        self.0.iter().find(|row| {
            row.id.eq_ignore_ascii_case(id) || row.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id))
        })
    }

    /// `provider|model` in two, at the first bar. A bar behind anything but a provider belongs to the model's name.
    pub fn split_model<'a>(&self, id: &'a str) -> Option<(&ProviderRow, &'a str)> {
        let (provider, model) = id.split_once('|')?;
        Some((self.find(provider)?, model.trim()))
    }

    /// What plans before anybody chose: the Python edition's default when the environment has a key for it, else the
    /// one that needs none.
    pub fn default_provider(&self, env: &Env) -> &ProviderRow {
        let find = |id| self.find(id).expect("the embedded catalogue is checked by a test");
        let openai = find("openai");
        if openai.key_variables().iter().any(|name| env.named(name).is_some()) {
            openai
        } else {
            find("builtin")
        }
    }

    pub fn views(&self, keys: &Keys) -> Vec<ProviderView> {
        self.0
            .iter()
            .map(|row| ProviderView {
                id: row.id.clone(),
                label: row.label.clone(),
                requires_key: row.requires_key(),
                key_configured: keys.find(row).is_some(),
                key_env: row.key_variables(),
                default_model: row.default_model.clone(),
                models: row.models.clone(),
                base_url: row.base_url.clone(),
                local: row.local,
                vision: row.vision,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_unique_and_complete() {
        let catalog = Catalog::load();
        for row in catalog.rows() {
            let names = row.aliases.iter().chain([&row.id]);
            for name in names {
                assert_eq!(catalog.find(name).map(|found| &found.id), Some(&row.id), "{name}");
            }
            assert!(row.format == Format::Builtin || !row.default_model.is_empty(), "{}", row.id);
            assert!(row.base_url.is_empty() || url::Url::parse(&row.base_url).is_ok(), "{}", row.id);
        }
        assert_eq!(catalog.default_provider(&Env::default()).id, "builtin");
    }

    #[test]
    fn a_model_is_split_from_its_provider_at_the_first_bar_and_keeps_its_spelling() {
        let catalog = Catalog::load();
        let split = |id| catalog.split_model(id).map(|(row, model)| (row.id.as_str(), model.to_owned()));
        assert_eq!(split("Claude|claude-x"), Some(("anthropic", "claude-x".into())));
        assert_eq!(split("openrouter|a/B:free|c"), Some(("openrouter", "a/B:free|c".into())));
        assert_eq!(split("Qwen/Qwen2.5-VL"), None);
        assert_eq!(split("mine|model"), None);
    }
}
