//! Running a batch. It belongs to the store: it goes on while the panel is closed, and after a reload of the page as
//! soon as the panel is opened again.
//!
//! The open graph is never written to. Its prompt is taken once, and every picture is queued from a copy of it: there
//! is nothing to restore afterwards, and people can go on working on the graph meanwhile.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

use super::slot::Slot;
use super::variants::Write;
use super::{Part, Store};
use crate::browser;
use crate::graph::{Role, number_text};
use crate::host::{Host, Severity};
use crate::tabs::jobs::comfy;
use crate::tabs::variants::batch::model::{self, Batch, Options};
use crate::tabs::variants::batch::zoom::{Seen, Zoom};
use crate::tabs::variants::model::More;

const BATCH_KEY: &str = "openclaw.batch";
/// What it queues copies of: large, and written once.
const BASE_KEY: &str = "openclaw.batch.base";

/// Everything about batches.
pub struct Batching {
    /// The last one that was begun.
    pub batch: Slot<Option<Batch>>,
    pub options: Slot<Options>,
    /// Why nothing more is sent.
    pub trouble: Slot<Option<String>>,
    /// The pictures that are shown large.
    pub seen: Slot<Option<Seen>>,
    pub zoom: Slot<Zoom>,
    /// The pointer has moved a picture since it went down.
    pub dragged: Slot<bool>,
    base: Slot<Option<Value>>,
    /// What was told while a prompt was on its way: it can be about that one, whose id is not known yet.
    early: Slot<Option<Vec<(&'static str, Value)>>>,
    clock: StoredValue<Option<IntervalHandle>>,
}

/// Whether this browser tab runs it.
fn is_ours(batch: &Batch) -> bool {
    browser::noted(BATCH_KEY) == Some(number_text(batch.started))
}

impl Batching {
    pub fn load(options: Options) -> Self {
        let load = |key: &str| browser::load(key).and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let mut batch = load(BATCH_KEY).and_then(|saved| Batch::read(&saved));
        // Another tab may be at it: two would queue everything twice.
        if let Some(batch) = batch.as_mut().filter(|batch| !is_ours(batch)) {
            batch.ended = batch.ended.or(Some(browser::now()));
        }
        let base = batch.as_ref().and_then(|_| load(BASE_KEY));
        Self {
            batch: Slot::new(batch),
            options: Slot::new(options),
            trouble: Slot::new(None),
            seen: Slot::new(None),
            zoom: Slot::new(Zoom::default()),
            dragged: Slot::new(false),
            base: Slot::new(base),
            early: Slot::new(None),
            clock: StoredValue::new(None),
        }
    }
}

impl Store {
    /// Goes on with what a reload of the page has left, and hears when ComfyUI has nothing more to do.
    pub(super) fn resume_batch(self) {
        self.host.on_detail("status", move |detail| {
            if Host::left(&detail) == Some(0.0) && self.batching() {
                spawn_local(self.look_for_batch());
            }
        });
        self.host.on("reconnected", move || spawn_local(self.look_for_batch()));
        if self.batching() {
            spawn_local(self.look_for_batch());
        }
    }

    /// Whether there is something to cancel.
    pub fn batch_runs(self) -> bool {
        self.grid.batch.read().as_ref().is_some_and(|batch| batch.listens() && is_ours(batch))
    }

    /// Whether a batch hears what ComfyUI tells.
    pub(super) fn batching(self) -> bool {
        self.grid.batch.read_untracked().as_ref().is_some_and(Batch::listens)
    }

    pub fn start_batch(self) {
        self.look_around();
        let batch = Batch::new(
            self.variants.get_untracked(),
            self.grid.options.get_untracked(),
            self.batch_places(),
            browser::now(),
        );
        spawn_local(async move {
            let (Some(batch), true) = (batch, self.take_base().await) else { return };
            self.grid.zoom.set(Zoom::default());
            browser::note(BATCH_KEY, &number_text(batch.started));
            self.grid.batch.set(Some(batch));
            self.send_batch();
        });
    }

    /// Where the open graph takes what varies.
    pub fn batch_places(self) -> Vec<model::Place> {
        let texts = [Role::Positive, Role::Negative].map(|role| self.target(role));
        let mut places = model::places(&self.graph.read(), texts);
        for place in &mut places {
            place.at = self.host.widget_at(&place.node, &place.widget);
        }
        places
    }

    /// Takes the open graph as what is queued in copies.
    async fn take_base(self) -> bool {
        let base = self.host.runnable().await;
        match &base {
            // A graph that does not fit is missed only after a reload.
            Some(base) => drop(browser::save(BASE_KEY, &base.to_string())),
            None => self.say(Severity::Warn, self.words().batch_no_graph, ""),
        }
        let taken = base.is_some();
        self.grid.base.set(base);
        taken
    }

    /// Has another turn for every picture that is missing.
    pub fn again_batch(self) {
        spawn_local(async move {
            if self.grid.base.read_untracked().is_none() {
                if !self.take_base().await {
                    return;
                }
                let places = self.batch_places();
                self.change_batch(|batch| batch.places = places);
            }
            let started = self.change_batch(|batch| {
                batch.again();
                batch.started
            });
            browser::note(BATCH_KEY, &number_text(started.unwrap_or_default()));
            self.send_batch();
        });
    }

    /// `None` where there is no batch.
    fn change_batch<T>(self, change: impl FnOnce(&mut Batch) -> T) -> Option<T> {
        self.grid.batch.write().as_mut().map(change)
    }

    fn keep_batch(self) {
        let text = self.grid.batch.read_untracked().as_ref().map(|batch| batch.to_value().to_string());
        browser::save(BATCH_KEY, &text.unwrap_or_default());
    }

    /// Queues as many as may be, and notes the end when nothing is left.
    fn send_batch(self) {
        let now = browser::now();
        let goes_on = self.change_batch(|batch| batch.goes_on(now)).unwrap_or_default();
        let clock = self.grid.clock.get_value();
        match clock {
            None if goes_on => self.grid.clock.set_value(Some(self.tick())),
            Some(clock) if !goes_on => {
                clock.clear();
                self.grid.clock.set_value(None);
            }
            _ => {}
        }
        // What another tab sends later is not known here: only that tab knows how it stands.
        if self
            .grid
            .batch
            .read_untracked()
            .as_ref()
            .is_some_and(|batch| is_ours(batch) || batch.counts().left == 0)
        {
            self.keep_batch();
        }
        // One is on its way already: what comes after it goes on from there.
        if !goes_on || self.grid.early.read_untracked().is_some() {
            return;
        }
        self.grid.trouble.set(None);
        spawn_local(async move {
            while let Some((at, started, prompt)) = self.next_prompt() {
                self.grid.early.set(Some(Vec::new()));
                let answer = self.host.submit(&prompt).await;
                let told = self.grid.early.write().take().unwrap_or_default();
                self.sent(at, started, answer).await;
                for (name, data) in told {
                    self.batch_event(name, &data);
                }
            }
        });
    }

    fn next_prompt(self) -> Option<(usize, f64, Value)> {
        if self.grid.early.read_untracked().is_some() {
            return None;
        }
        let base = self.grid.base.read_untracked();
        let Some(base) = base.as_ref() else {
            self.halt_batch(None, self.words().batch_no_base);
            return None;
        };
        let (at, batch) = self.change_batch(|batch| Some((batch.next()?, batch.clone()))).flatten()?;
        Some((at, batch.started, model::filled(base, &batch.places, &batch.recipe(at)?)))
    }

    async fn sent(self, at: usize, started: f64, answer: Result<String, Option<String>>) {
        let same = |batch: &Batch| (batch.started - started).abs() < 0.5;
        let (of_this, ended) = {
            let batch = self.grid.batch.read_untracked();
            let batch = batch.as_ref().filter(|batch| same(batch));
            (batch.is_some(), batch.is_none_or(|batch| batch.ended.is_some()))
        };
        let id = answer.as_ref().ok().cloned();
        if of_this {
            match answer {
                Ok(id) => drop(self.change_batch(|batch| batch.sent(at, Ok(id)))),
                Err(Some(refused)) => drop(self.change_batch(|batch| batch.sent(at, Err(refused)))),
                Err(None) => self.halt_batch(Some(at), self.words().batch_halted),
            }
            let now = browser::now();
            let goes_on = self.change_batch(|batch| batch.goes_on(now)).unwrap_or_default();
            if goes_on { self.keep_batch() } else { self.send_batch() }
        }
        // It was cancelled while it was on its way.
        if let Some(id) = id.filter(|_| ended) {
            self.drop_prompt(&id).await;
        }
    }

    fn halt_batch(self, at: Option<usize>, why: &str) {
        let now = browser::now();
        self.change_batch(|batch| match at {
            Some(at) => batch.halt(at, now),
            None => batch.ended = Some(now),
        });
        self.grid.trouble.set(Some(why.to_owned()));
        self.send_batch();
    }

    /// Takes in one event of the page.
    pub(super) fn batch_event(self, name: &'static str, data: &Value) {
        let id = data["prompt_id"].as_str().unwrap_or_default();
        let ours = self.grid.batch.read_untracked().as_ref().is_some_and(|batch| batch.has(id));
        if !ours {
            if let Some(early) = &mut *self.grid.early.write() {
                early.push((name, data.clone()));
            }
            return;
        }
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970")]
        let now = browser::now() as i64;
        self.change_batch(|batch| batch.told(name, data, now));
        if matches!(name, "execution_success" | "execution_error" | "execution_interrupted") {
            self.send_batch();
        }
    }

    /// Asks ComfyUI for what nobody told: of prompts before a reload, or while the connection was down.
    async fn look_for_batch(self) {
        let ids = self.grid.batch.read_untracked().as_ref().map(Batch::in_comfyui).unwrap_or_default();
        // In this order: what ends in between is found in the history.
        let queue = self.host.value("/queue").await;
        for id in ids {
            let history = self.host.value(&["/history/", &id].concat()).await;
            if history.is_null() || queue.is_null() {
                return;
            }
            let found = comfy::jobs(&history, &queue, 0).into_iter().find(|job| job.id == id);
            self.change_batch(|batch| batch.found(&id, found));
        }
        self.send_batch();
    }

    pub fn cancel_batch(self) {
        let now = browser::now();
        let ids = self.change_batch(|batch| batch.cancel(now)).unwrap_or_default();
        self.send_batch();
        spawn_local(async move {
            for id in ids {
                self.drop_prompt(&id).await;
            }
            self.keep_batch();
        });
    }

    async fn drop_prompt(self, id: &str) {
        if self.host.stop(id).await.is_ok() {
            self.change_batch(|batch| batch.dropped(id));
        } else {
            self.say(Severity::Warn, self.words().job_cancel_failed, "");
        }
    }

    /// Takes the batch off the screen; its pictures stay where ComfyUI keeps them.
    pub fn clear_batch(self) {
        self.grid.batch.set(None);
        self.grid.base.set(None);
        self.grid.trouble.set(None);
        browser::save(BASE_KEY, "");
        self.keep_batch();
    }

    /// Writes what made this picture to the graph.
    pub fn choose_picture(self, at: usize) {
        let recipe = self.change_batch(|batch| {
            batch.winner = Some(at);
            batch.recipe(at)
        });
        let Some(recipe) = recipe.flatten() else { return };
        self.keep_batch();
        // An empty prompt has left the graph's own.
        let parts = Part::ALL.into_iter().filter(|part| match part {
            Part::Positive => !recipe.positive.is_empty(),
            Part::Negative => !recipe.negative.is_empty(),
            Part::Params => true,
        });
        self.apply_variant(&recipe, &parts.collect::<Vec<_>>());
    }

    pub fn export_batch(self, extension: &str, write: Write) {
        if let Some(batch) = &*self.grid.batch.read_untracked() {
            let more = More { names: &model::COLUMNS, rows: &model::columns(batch) };
            let name = ["openclaw-batch.", extension].concat();
            let _ = browser::download(&name, &write(&batch.variants(), &more));
        }
    }
}
