//! Pictures into the refiner, and what it says about them.

use leptos::prelude::{Effect, Get};
use leptos::task::spawn_local;
use openclaw_shared::refiner::DEFAULT_IMAGE_SIDE;
use openclaw_shared::sse::SseEvent;
use wasm_bindgen::JsValue;

use super::run::Kind;
use super::{Part, Store};
use crate::browser::Picture;
use crate::components::memo;
use crate::host::{Output, Severity};
use crate::tabs::refiner::model::Refined;
use crate::{browser, read};

const PICTURE_KEY: &str = "openclaw.picture";

impl Store {
    /// Keeps the picture over a reload, in a place of its own: it is larger than all else that is kept.
    pub(super) fn keep_picture(self) {
        if let Some(picture) = browser::load(PICTURE_KEY).and_then(|text| Picture::from_text(&text)) {
            self.refiner.write().picture = Some(picture.into());
        }
        let picture = memo(move || self.refiner.read().picture.clone());
        Effect::new(move |_| {
            let text = picture.get().map(|picture| picture.to_text()).unwrap_or_default();
            if !browser::save(PICTURE_KEY, &text) {
                // Without this, the picture before would come back.
                browser::save(PICTURE_KEY, "");
                self.say(Severity::Warn, self.words().ref_not_kept, "");
            }
        });
    }

    /// Takes the first picture of a list of files, or says that there is none.
    pub fn take_file(self, file: JsValue, name: String) {
        spawn_local(async move {
            match browser::shrink(file, name, DEFAULT_IMAGE_SIDE).await {
                Some(picture) => self.refiner.write().picture = Some(picture.into()),
                None => self.say(Severity::Warn, self.words().ref_no_picture, ""),
            }
        });
    }

    pub fn take_output(self, output: Output) {
        spawn_local(async move {
            match self.host.picture(&output).await {
                Ok(blob) => {
                    self.outputs.set(None);
                    self.take_file(blob, output.filename);
                }
                Err(_) => self.say(Severity::Warn, self.words().ref_no_picture, ""),
            }
        });
    }

    /// Shows the newest outputs, or hides them.
    pub fn toggle_outputs(self) {
        if self.outputs.read_untracked().is_some() {
            self.outputs.set(None);
            return;
        }
        spawn_local(async move { self.outputs.set(Some(self.host.recent_outputs().await)) });
    }

    pub fn run_refiner(self) {
        let blocked = {
            let model = self.refiner.read_untracked();
            model.running().is_some() || model.lack().is_some()
        };
        if blocked {
            return;
        }
        self.look_around();
        let family = self.graph_family().map_or("", |profile| profile.id);
        let ticket = self.refiner.write().start(browser::now());
        let body = serde_json::to_string(&self.refiner.read_untracked().request(family)).unwrap_or_default();
        let on_event = move |event: &SseEvent| {
            let Ok(event) = read::event(&event.name, &event.data) else { return false };
            let Some(event) = event else { return true };
            let arrived = self.refiner.write().event(ticket, event, browser::now());
            if arrived {
                self.worked();
            }
            true
        };
        let on_end = move |outcome| {
            self.refiner.write().ended(ticket, outcome);
            self.note_run(&self.refiner.read_untracked().runs);
        };
        self.stream(Kind::Refiner, body, Box::new(on_event), Box::new(on_end));
    }

    pub fn apply_refined(self) {
        let recipe = self.refiner.read_untracked().refined.as_ref().map(Refined::recipe);
        if let Some(recipe) = recipe {
            self.apply_recipe(&recipe, &Part::ALL, self.graph_family());
        }
    }
}
