//! Which provider, model and address a call goes to, and whether it may.

use openclaw_shared::config::LlmSettings;
use url::{Host, Url};

use super::catalog::{Catalog, Format, KeyHeader, ProviderRow, Structured};
use super::keys::Keys;
use crate::config::LlmConfig;
use crate::egress::{Reach, address};
use crate::secret::Secret;

/// Everything one call needs to know.
#[derive(Debug, Clone)]
pub struct Target {
    /// Provider id.
    pub provider: String,
    /// For sentences.
    pub label: String,
    pub format: Format,
    pub model: String,
    /// The API's root, without a trailing slash; unused by the built-in planner.
    pub base: Url,
    pub reach: Reach,
    pub key: Option<Secret>,
    pub key_header: KeyHeader,
    pub structured: Structured,
    /// The name of `max_tokens` where it has another.
    pub max_tokens_member: Option<String>,
    /// Whether the model refuses a temperature.
    pub fixed_temperature: bool,
    /// Whether it can be asked to count tokens at the end of a stream.
    pub usage_in_stream: bool,
    /// Named in the sentence that asks for a key.
    pub key_variable: String,
    /// Where keys of other regions work.
    pub other_regions: Vec<String>,
}

/// Why there is no such target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("Unknown provider: {0}")]
    UnknownProvider(String),
    #[error("{0}")]
    UrlBlocked(String),
    #[error("{label} needs an API key: enter it in Settings, or set {variable} where ComfyUI is started")]
    KeyMissing { label: String, variable: String },
}

impl Target {
    /// Resolves one provider; an empty `base_url` means the provider's own, an empty model its default.
    pub fn resolve(
        catalog: &Catalog,
        keys: &Keys,
        config: &LlmConfig,
        provider: &str,
        model: &str,
        base_url: &str,
        allow_private_network: bool,
    ) -> Result<Self, TargetError> {
        let row = catalog
            .find(provider)
            .ok_or_else(|| TargetError::UnknownProvider(provider.chars().take(64).collect()))?;
        let (row, model, base_url) = match catalog.split_model(model) {
            // The address belongs to the provider that was named beside it.
            Some((own, model)) => (own, model, if own.id == row.id { base_url } else { "" }),
            None => (row, model, base_url),
        };
        let (base, reach) = check_base_url(row, config, base_url, allow_private_network)?;
        let key = keys.find(row).map(|(key, _)| key);
        let key_variable = row.key_variables().into_iter().next().unwrap_or_default();
        if row.requires_key() && key.is_none() {
            return Err(TargetError::KeyMissing { label: row.label.clone(), variable: key_variable });
        }
        let model = if model.is_empty() { &row.default_model } else { model };
        let other_regions =
            row.other_regions.iter().filter(|url| Url::parse(url).is_ok_and(|url| url != base));
        let other_regions = other_regions.cloned().collect();
        Ok(Self {
            provider: row.id.clone(),
            label: row.label.clone(),
            format: row.format,
            model: model.to_owned(),
            base,
            reach,
            key,
            key_header: row.key_header,
            structured: row.structured,
            max_tokens_member: row.max_tokens.clone(),
            fixed_temperature: row.fixed_temperature.iter().any(|prefix| model.starts_with(prefix.as_str())),
            usage_in_stream: row.usage_in_stream,
            key_variable,
            other_regions,
        })
    }

    /// The address of an endpoint below the base, with a query if there is one.
    ///
    /// The Python edition spoke to Gemini and Ollama through their OpenAI-compatible roots: those still lead home.
    pub fn url(&self, path_and_query: &str) -> Url {
        let root = self.base.path().trim_end_matches('/');
        let root = match self.format {
            Format::Gemini => root.trim_end_matches("/openai"),
            Format::Ollama => root.trim_end_matches("/v1"),
            _ => root,
        };
        let (path, query) =
            path_and_query.split_once('?').map_or((path_and_query, None), |(p, q)| (p, Some(q)));
        let mut url = self.base.clone();
        url.set_path(&format!("{root}/{path}"));
        url.set_query(query);
        url
    }
}

/// Who writes: the models in order, and whether the built-in rules follow when none of them can.
#[derive(Debug, Clone, Default)]
pub struct Writers {
    pub models: Vec<Target>,
    pub then_builtin: bool,
}

/// The candidates of one request: the model, its fallbacks, the fallback providers. The first must be usable; a
/// fallback that is not is left out.
pub fn writers(
    catalog: &Catalog,
    keys: &Keys,
    config: &LlmConfig,
    settings: &LlmSettings,
) -> Result<Writers, TargetError> {
    let resolve = |provider: &str, model: &str, base_url: &str| {
        Target::resolve(catalog, keys, config, provider, model, base_url, settings.allow_private_network)
    };
    let first = resolve(&settings.provider, &settings.model, &settings.base_url)?;
    let models =
        settings.fallback_models.iter().map(|model| resolve(&settings.provider, model, &settings.base_url));
    let providers = settings.fallback_providers.iter().map(|provider| resolve(provider, "", ""));
    let rest =
        models.chain(providers).flatten().take(settings.max_failover_candidates.saturating_sub(1) as usize);
    let mut models: Vec<_> = std::iter::once(first).chain(rest).collect();
    // The rules always answer, so nobody comes after them.
    let builtin = models.iter().position(|target| target.format == Format::Builtin);
    models.truncate(builtin.unwrap_or(models.len()));
    Ok(Writers { models, then_builtin: builtin.is_some() })
}

/// Whether settings may be stored: what can be checked without a key.
pub fn check_settings(catalog: &Catalog, config: &LlmConfig, settings: &LlmSettings) -> Result<(), String> {
    let row = catalog.find(&settings.provider).ok_or("Unknown provider")?;
    check_base_url(row, config, &settings.base_url, settings.allow_private_network)
        .map(drop)
        .map_err(|error| error.to_string())
}

fn check_base_url(
    row: &ProviderRow,
    config: &LlmConfig,
    base_url: &str,
    allow_private_network: bool,
) -> Result<(Url, Reach), TargetError> {
    let blocked = |reason: &str| Err(TargetError::UrlBlocked(format!("Unsafe Base URL blocked: {reason}")));
    if row.format == Format::Builtin {
        // Never dialled; a URL keeps the type simple.
        return Ok((Url::parse("http://127.0.0.1").expect("a literal"), Reach::Loopback));
    }
    let text = if base_url.is_empty() { &row.base_url } else { base_url };
    if text.is_empty() {
        return blocked(&format!("{} has no address of its own, so a base URL is needed", row.label));
    }
    let Ok(url) = Url::parse(text) else { return blocked("it is not a URL such as https://host/v1") };
    let Some(host) = url.host() else { return blocked("it names no host") };
    if !matches!(url.scheme(), "http" | "https") {
        return blocked("only http and https are possible");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return blocked("credentials do not belong in a URL");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return blocked("it has a query or a fragment");
    }
    let loopback = match &host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => address::is_loopback((*ip).into()),
        Host::Ipv6(ip) => address::is_loopback((*ip).into()),
    };
    if row.local {
        return if loopback {
            Ok((url, Reach::Loopback))
        } else {
            Err(TargetError::UrlBlocked(format!("Local provider {} must use localhost URL", row.label)))
        };
    }
    let name = host.to_string().to_lowercase();
    let below = |suffix: &String| name.ends_with(suffix.as_str());
    let same = |own: &String| Url::parse(own).is_ok_and(|own| own.origin() == url.origin());
    let own = same(&row.base_url)
        || row.other_regions.iter().any(same)
        || row.host_suffix.as_ref().is_some_and(below);
    let with_port = format!("{name}:{}", url.port_or_known_default().unwrap_or_default());
    let listed = config.allowed_hosts.iter().any(|allowed| *allowed == name || *allowed == with_port);
    if !(own || listed || config.allow_any_public_host) {
        return blocked(&format!(
            "{name} is not a known provider: an operator can allow it with OPENCLAW_LLM_ALLOWED_HOSTS={name}"
        ));
    }
    let reach = if listed && allow_private_network { Reach::Anywhere } else { Reach::Public };
    if url.scheme() == "http" && !config.allow_insecure && !(loopback && reach == Reach::Anywhere) {
        return blocked(
            "plain http would send the key in the clear: use https, or set OPENCLAW_ALLOW_INSECURE_BASE_URL=1",
        );
    }
    if loopback && reach == Reach::Public {
        return blocked(&format!(
            "{name} is this machine: choose a local provider, or list it in OPENCLAW_LLM_ALLOWED_HOSTS and switch on allow_private_network"
        ));
    }
    Ok((url, reach))
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::config::env::Env;
    use crate::secret::store::SecretStore;

    /// A target whose key is `sk-1`.
    pub fn target(provider: &str, model: &str) -> Target {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::load();
        let env = Env::of([("OPENCLAW_LLM_API_KEY", "sk-1")]);
        let keys = Keys::new(&catalog, &env, SecretStore::load(dir.path(), None).unwrap());
        Target::resolve(&catalog, &keys, &LlmConfig::default(), provider, model, "", false).unwrap()
    }

    /// With a key for OpenAI and for the custom provider only.
    fn providers() -> (Catalog, Keys) {
        let names = ["OPENCLAW_OPENAI_API_KEY", "OPENCLAW_CUSTOM_API_KEY", "OPENCLAW_MOONSHOT_API_KEY"];
        let env = Env::of(names.map(|name| (name, "k")));
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::load();
        let keys = Keys::new(&catalog, &env, SecretStore::load(dir.path(), None).unwrap());
        (catalog, keys)
    }

    fn check(provider: &str, base_url: &str, private: bool, config: &LlmConfig) -> Result<Reach, String> {
        let (catalog, keys) = providers();
        Target::resolve(&catalog, &keys, config, provider, "", base_url, private)
            .map(|target| target.reach)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn base_urls_go_where_they_may_and_nowhere_else() {
        let none = LlmConfig::default();
        let listed =
            LlmConfig { allowed_hosts: vec!["llm.lan:8443".into(), "127.0.0.1".into()], ..none.clone() };
        let any = LlmConfig { allow_any_public_host: true, ..none.clone() };
        for (provider, url, private, config, expected) in [
            ("openai", "", false, &none, Ok(Reach::Public)),
            ("openai", "https://api.openai.com/other", false, &none, Ok(Reach::Public)),
            ("openai", "https://evil.example/v1", false, &none, Err("not a known provider")),
            ("moonshot", "https://api.moonshot.cn/v1", false, &none, Ok(Reach::Public)),
            ("openai", "https://evil.example/v1", false, &any, Ok(Reach::Public)),
            ("openai", "http://evil.example/v1", false, &any, Err("plain http")),
            ("openai", "https://user:pw@api.openai.com/v1", false, &none, Err("credentials")),
            ("openai", "file:///etc/passwd", false, &any, Err("no host")),
            ("openai", "ftp://api.openai.com/", false, &any, Err("only http")),
            ("openai", "https://localhost/v1", true, &any, Err("this machine")),
            ("openai", "https://llm.lan:8443/v1", true, &listed, Ok(Reach::Anywhere)),
            ("openai", "https://llm.lan:8443/v1", false, &listed, Ok(Reach::Public)),
            ("openai", "https://llm.lan/v1", true, &listed, Err("not a known provider")),
            ("custom", "", false, &any, Err("base URL is needed")),
            ("custom", "http://127.0.0.1:4010/v1", true, &listed, Ok(Reach::Anywhere)),
            ("ollama", "", false, &none, Ok(Reach::Loopback)),
            ("lmstudio", "http://127.0.0.1:4010/v1", false, &none, Ok(Reach::Loopback)),
            ("ollama", "http://192.168.1.5:11434/v1", true, &any, Err("must use localhost")),
            ("nope", "", false, &any, Err("Unknown provider: nope")),
        ] {
            let actual = check(provider, url, private, config);
            match (&actual, &expected) {
                (Ok(reach), Ok(wanted)) => assert_eq!(reach, wanted, "{provider} {url}"),
                (Err(error), Err(part)) => assert!(error.contains(part), "{provider} {url}: {error}"),
                _ => panic!("{provider} {url}: {actual:?}"),
            }
        }
    }

    #[test]
    fn paths_are_appended_to_the_base() {
        let (catalog, keys) = providers();
        let target =
            Target::resolve(&catalog, &keys, &LlmConfig::default(), "openai", "", "", false).unwrap();
        assert_eq!(target.url("chat/completions").as_str(), "https://api.openai.com/v1/chat/completions");
    }

    #[test]
    fn a_model_may_name_its_provider_and_leaves_the_address_of_another_behind() {
        let (catalog, keys) = providers();
        let resolve = |model: &str| {
            let config = LlmConfig::default();
            let base = "https://api.openai.com/other";
            Target::resolve(&catalog, &keys, &config, "openai", model, base, false).unwrap()
        };
        let named = resolve("moonshot|kimi|x");
        assert_eq!((named.provider.as_str(), named.model.as_str()), ("moonshot", "kimi|x"));
        assert_eq!(named.base.as_str(), "https://api.moonshot.ai/v1");
        assert_eq!(named.other_regions, ["https://api.moonshot.cn/v1"]);
        assert_eq!(resolve("openai|m").base.path(), "/other");
    }

    #[test]
    fn an_unusable_fallback_is_left_out() {
        let (catalog, keys) = providers();
        let settings = LlmSettings {
            provider: "openai".into(),
            model: "a".into(),
            base_url: String::new(),
            timeout_sec: 5,
            max_retries: 0,
            fallback_models: vec!["b".into()],
            fallback_providers: vec!["anthropic".into(), "builtin".into(), "ollama".into()],
            max_failover_candidates: 3,
            allow_private_network: false,
        };
        let found = writers(&catalog, &keys, &LlmConfig::default(), &settings).unwrap();
        let names: Vec<_> =
            found.models.iter().map(|target| (target.provider.as_str(), target.model.as_str())).collect();
        assert_eq!((names, found.then_builtin), (vec![("openai", "a"), ("openai", "b")], true));
    }
}
