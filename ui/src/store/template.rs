//! Running a template by its form.

use leptos::task::spawn_local;
use openclaw_shared::template::{InputKind, Template};
use openclaw_shared::webhook::TemplateRun;
use serde_json::json;

use super::Store;
use super::slot::Slot;
use crate::api::{self, Failure};
use crate::browser;
use crate::tabs::jobs::template::model::Draft;

/// Everything about the form.
pub struct Running {
    /// The form is shown instead of the list of jobs.
    pub open: Slot<bool>,
    /// `None` until the server has told.
    pub list: Slot<Option<Vec<Template>>>,
    pub draft: Slot<Draft>,
    /// Somebody pressed a button: now every field says what is wrong with it.
    pub tried: Slot<bool>,
    /// What would run, for as long as nothing is changed.
    pub dry: Slot<Option<TemplateRun>>,
    pub busy: Slot<bool>,
    pub failure: Slot<Option<Failure>>,
}

impl Running {
    pub fn new(draft: Draft) -> Self {
        Self {
            open: Slot::new(false),
            list: Slot::new(None),
            draft: Slot::new(draft),
            tried: Slot::new(false),
            dry: Slot::new(None),
            busy: Slot::new(false),
            failure: Slot::new(None),
        }
    }

    /// The template that is chosen; the first one until somebody chooses.
    pub fn chosen(&self) -> Option<Template> {
        let (list, draft) = (self.list.read(), self.draft.read());
        let list = list.as_ref()?;
        list.iter().find(|template| template.id == draft.id).or_else(|| list.first()).cloned()
    }
}

/// Names one wish to run something: the server runs it once, however often it is told.
fn new_key() -> String {
    browser::random_id() + &browser::random_id()
}

impl Store {
    /// Shows the form, of this template when one is named.
    pub fn open_template(self, id: Option<String>) {
        if let Some(id) = id {
            self.choose_template(id);
        }
        self.template.open.set(true);
        spawn_local(async move {
            match api::templates(self.host).await {
                Ok(list) => self.template.list.set(Some(list.templates)),
                Err(failure) => self.template_failed(failure),
            }
        });
    }

    pub fn choose_template(self, id: String) {
        self.template.draft.write().id = id;
        self.template_changed();
    }

    pub fn edit_template(self, input: &str, text: String) {
        if let Some(template) = self.template.chosen() {
            let mut draft = self.template.draft.write();
            draft.id = template.id;
            draft.set(input, text, new_key());
        }
        self.template_changed();
    }

    fn template_changed(self) {
        self.template.tried.set(false);
        self.template.dry.set(None);
        self.template.failure.set(None);
    }

    fn template_failed(self, failure: Failure) {
        self.note(&failure);
        self.template.failure.set(Some(failure));
    }

    /// Asks what would run; once that is shown, runs it.
    pub fn run_template(self) {
        let dry = self.template.dry.read_untracked().is_none();
        self.template.tried.set(true);
        let Some(template) = self.template.chosen().filter(|template| template.locked.is_none()) else {
            return;
        };
        let Some(mut inputs) = self.template.draft.read_untracked().inputs(&template) else { return };
        if self.template.busy.get_untracked() {
            return;
        }
        // The random seeds that were shown are those that run.
        if let Some(shown) = &*self.template.dry.read_untracked() {
            for input in template.inputs.iter().filter(|input| input.kind == InputKind::Seed) {
                if let Some(seed) = shown.inputs.get(&input.name) {
                    inputs.insert(input.name.clone(), seed.clone());
                }
            }
        }
        if self.template.draft.read_untracked().key.is_empty() {
            self.template.draft.write().key = new_key();
        }
        let key = self.template.draft.read_untracked().key.clone();
        let request = if dry {
            json!({"inputs": inputs, "dry_run": true})
        } else {
            json!({"inputs": inputs, "idempotency_key": key, "title": template.title})
        };
        self.template.busy.set(true);
        self.template.failure.set(None);
        spawn_local(async move {
            let answer = api::run_template(self.host, &template.id, &request).await;
            self.template.busy.set(false);
            match answer {
                Ok(run) => match run.prompt_id.clone() {
                    Some(id) => self.template_runs(id),
                    // It may have been changed meanwhile.
                    None if self.template.draft.read_untracked().key == key => {
                        self.template.dry.set(Some(run));
                    }
                    None => {}
                },
                Err(failure) => self.template_failed(failure),
            }
        });
    }

    fn template_runs(self, id: String) {
        self.template.draft.write().key = new_key();
        self.template_changed();
        self.template.open.set(false);
        self.open_job(Some(id.clone()));
        self.load_job(id);
    }
}
