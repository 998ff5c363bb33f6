//! Where a provider's key comes from: its own variables, the generic ones, then what was stored for it.

use std::collections::BTreeMap;

use crate::config::env::Env;
use crate::llm::catalog::{Catalog, ProviderRow};
use crate::secret::Secret;
use crate::secret::store::SecretStore;

/// Stored under this name, a key serves every provider that has none of its own.
pub const GENERIC: &str = "generic";

/// Keys of the environment, fixed at start, and stored ones.
pub struct Keys {
    env: BTreeMap<String, (Secret, String)>,
    pub store: SecretStore,
}

/// Where a key was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The variable's name.
    Env(String),
    Store,
}

impl Keys {
    pub fn new(catalog: &Catalog, env: &Env, store: SecretStore) -> Self {
        let found = |row: &ProviderRow| {
            let variables = row.key_variables();
            let name = variables.into_iter().find(|name| env.named(name).is_some())?;
            Some((row.id.clone(), (Secret::from(env.named(&name)?), name)))
        };
        Self { env: catalog.rows().iter().filter_map(found).collect(), store }
    }

    /// The key a call to this provider carries.
    pub fn find(&self, row: &ProviderRow) -> Option<(Secret, KeySource)> {
        if let Some((secret, name)) = self.env.get(&row.id) {
            return Some((secret.clone(), KeySource::Env(name.clone())));
        }
        if row.key_variables().is_empty() {
            return None;
        }
        let stored = self.store.get(&row.id).or_else(|| self.store.get(GENERIC))?;
        Some((stored, KeySource::Store))
    }

    /// Every key, for the redactor.
    pub fn secrets(&self) -> Vec<Secret> {
        self.env.values().map(|(secret, _)| secret.clone()).chain(self.store.secrets()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_variable_beats_the_generic_one_beats_the_store() {
        let dir = tempfile::tempdir().unwrap();
        let env = Env::of([("OPENCLAW_LLM_API_KEY", "generic"), ("MOLTBOT_GROQ_API_KEY", "own")]);
        let catalog = Catalog::load();
        let store = || SecretStore::load(dir.path(), None).unwrap();
        store().put("groq", Secret::from("stored")).unwrap();
        let key = |keys: &Keys, id| {
            keys.find(catalog.find(id).unwrap()).map(|(key, source)| (key.expose().to_owned(), source))
        };
        let keys = Keys::new(&catalog, &env, store());
        assert_eq!(key(&keys, "groq"), Some(("own".into(), KeySource::Env("MOLTBOT_GROQ_API_KEY".into()))));
        assert_eq!(
            key(&keys, "openai"),
            Some(("generic".into(), KeySource::Env("OPENCLAW_LLM_API_KEY".into())))
        );
        assert_eq!(key(&keys, "ollama"), None);
        let keys = Keys::new(&catalog, &Env::default(), store());
        assert_eq!(key(&keys, "groq"), Some(("stored".into(), KeySource::Store)));
        assert_eq!(key(&keys, "openai"), None);
        keys.store.put(GENERIC, Secret::from("any")).unwrap();
        assert_eq!(key(&keys, "openai"), Some(("any".into(), KeySource::Store)));
    }
}
