//! Saving settings and trying them out.

use leptos::task::spawn_local;
use openclaw_shared::secret::{SecretChanged, SecretUpdate};

use super::{Store, Test};
use crate::api::{self, Failure};
use crate::host::Severity;
use crate::tabs::settings::model;
use openclaw_words::Messages;

/// The models of one provider, as far as they are known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Models {
    pub provider: String,
    pub list: Vec<String>,
    pub state: Listing,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub enum Listing {
    #[default]
    Unknown,
    Loading,
    Ready {
        warning: Option<String>,
    },
    Failed(Failure),
}

impl Store {
    /// Asks where the keys are and how the providers do.
    pub fn look_at_providers(self) {
        spawn_local(async move {
            if let Ok(status) = api::secrets(self.host).await {
                self.secrets.set(status.secrets);
            }
            if let Ok(health) = api::provider_health(self.host).await {
                self.provider_health.set(Some(health));
            }
        });
    }

    pub fn reset_provider_health(self) {
        spawn_local(async move {
            match api::reset_provider_health(self.host).await {
                Ok(health) => self.provider_health.set(Some(health)),
                Err(failure) => self.say_failure(&failure),
            }
        });
    }

    /// Fetches the list of the provider in the form, unless it is there already.
    pub fn load_models(self, refresh: bool) {
        let provider = {
            let view = self.config.read_untracked();
            let provider = view.as_ref().and_then(|view| model::provider(view, &self.edits.read_untracked()));
            provider.map(|provider| provider.id.clone())
        };
        let Some(provider) = provider else { return };
        let known = {
            let models = self.models.read_untracked();
            models.provider == provider && matches!(models.state, Listing::Loading | Listing::Ready { .. })
        };
        if known && !refresh {
            return;
        }
        {
            let mut models = self.models.write();
            if models.provider != provider {
                models.list.clear();
            }
            models.provider.clone_from(&provider);
            models.state = Listing::Loading;
        }
        spawn_local(async move {
            let answer = api::models(self.host, &provider, refresh).await;
            let mut models = self.models.write();
            // Another provider may have been chosen meanwhile.
            if models.provider != provider {
                return;
            }
            match answer {
                Ok(list) => {
                    models.list = list.models;
                    models.state = Listing::Ready { warning: list.warning };
                }
                Err(failure) => models.state = Listing::Failed(failure),
            }
        });
    }

    pub fn store_key(self, provider: String, api_key: String) {
        spawn_local(async move {
            let update = SecretUpdate { provider, api_key };
            let changed = api::store_secret(self.host, &update).await;
            self.key_changed(changed, |t| t.key_saved);
        });
    }

    pub fn forget_key(self, provider: String) {
        spawn_local(async move {
            let t = self.words();
            if self.host.confirm(t.key_forget, t.key_forget_ask).await {
                let changed = api::forget_secret(self.host, &provider).await;
                self.key_changed(changed, |t| t.key_forgotten);
            }
        });
    }

    fn key_changed(self, changed: Result<SecretChanged, Failure>, done: fn(&Messages) -> &'static str) {
        match changed {
            Ok(_) => {
                self.say(Severity::Success, done(self.words()), "");
                self.models.set(Models::default());
                self.check_server();
                self.look_at_providers();
            }
            Err(failure) => {
                self.note(&failure);
                self.say_failure(&failure);
            }
        }
    }

    /// A toast for what needs no card.
    pub(super) fn say_failure(self, failure: &Failure) {
        let explained = failure.explain(self.words());
        self.say(Severity::Error, &explained.message, explained.hint.unwrap_or_default());
    }

    pub fn edit_setting(self, name: &str, text: String) {
        if let Some(view) = &*self.config.read_untracked() {
            model::edit(view, &mut self.edits.write(), name, text);
        }
    }

    pub fn discard_settings(self) {
        self.edits.set(model::Edits::new());
        self.save_failure.set(None);
    }

    pub fn save_settings(self) {
        let changes = self
            .config
            .read_untracked()
            .as_ref()
            .and_then(|v| model::changes(v, &self.edits.read_untracked()));
        let Some(changes) = changes.filter(|_| !self.saving.get_untracked()) else { return };
        self.saving.set(true);
        self.save_failure.set(None);
        spawn_local(async move {
            match api::save_config(self.host, &changes).await {
                Ok(updated) => {
                    // Before the edits go: the form must not show the old values in between.
                    if let Some(view) = self.config.write().as_mut() {
                        (view.config, view.sources) = (updated.config, updated.sources);
                    }
                    self.edits.set(model::Edits::new());
                    self.save_notes.set(updated.apply.notes);
                    self.test.set(Test::Idle);
                    self.say(Severity::Success, self.words().saved, "");
                    self.check_server();
                }
                Err(failure) => {
                    self.note(&failure);
                    self.save_failure.set(Some(failure));
                }
            }
            self.saving.set(false);
        });
    }

    /// Tries the settings as the form shows them, saved or not.
    pub fn test_connection(self) {
        let view = self.config.read_untracked();
        let request = view.as_ref().and_then(|view| model::test_request(view, &self.edits.read_untracked()));
        let Some(request) = request.filter(|_| self.test.get_untracked() != Test::Running) else { return };
        let saved = self.edits.read_untracked().is_empty();
        self.test.set(Test::Running);
        spawn_local(async move {
            match api::test_llm(self.host, &request).await {
                Ok(result) => {
                    if saved && let Some(view) = self.config.get_untracked() {
                        self.tested.set(model::fingerprint(&view.config));
                    }
                    self.test.set(Test::Passed(result));
                }
                Err(failure) => {
                    self.note(&failure);
                    if saved {
                        self.tested.set(String::new());
                    }
                    self.test.set(Test::Failed(failure));
                }
            }
            self.look_at_providers();
        });
    }
}
