//! Saving settings and trying them out.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Store, Test};
use crate::api;
use crate::host::Severity;
use crate::tabs::settings::model;

impl Store {
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
                    self.edits.set(model::Edits::new());
                    self.save_notes.set(updated.apply.notes);
                    self.test.set(Test::Idle);
                    self.say(Severity::Success, self.locale.get_untracked().messages().saved, "");
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
        });
    }
}
