//! Carrying a plan into the graph.

use leptos::prelude::*;
use leptos::task::spawn_local;
use openclaw_shared::profile::Profile;

use super::Store;
use crate::browser;
use crate::graph::{Insert, PlanTexts, Role, TextTarget, WidgetValue, Write};
use crate::host::Severity;
use crate::recipe::Recipe;
use openclaw_words::{Messages, fill};

/// What of a plan to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Positive,
    Negative,
    Params,
}

impl Part {
    pub const ALL: [Self; 3] = [Self::Positive, Self::Negative, Self::Params];
}

impl Store {
    /// Writes these parts of the plan to the graph.
    pub fn apply(self, parts: &[Part]) {
        let Some(plan) = self.planner.read_untracked().plan.clone() else { return };
        self.apply_recipe(&Recipe::from(&plan), parts, Some(plan.family()));
    }

    /// Writes these parts of a recipe to the graph as one undo step and says what changed.
    pub fn apply_recipe(self, recipe: &Recipe, parts: &[Part], family: Option<&'static Profile>) {
        self.look_around();
        let t = self.words();
        let writes: Vec<_> = parts.iter().flat_map(|part| self.writes(*part, recipe, family, t)).collect();
        if writes.is_empty() {
            self.say(Severity::Success, t.apply_nothing, "");
            return;
        }
        let (labels, writes): (Vec<_>, Vec<_>) = writes.into_iter().unzip();
        let taken = self.host.write(&writes);
        self.look_around();
        let of = |wanted: bool| {
            let labels = labels.iter().zip(&taken).filter(|(_, taken)| **taken == wanted);
            labels.map(|(label, _)| label.as_str()).collect::<Vec<_>>().join(", ")
        };
        let (applied, refused) = (of(true), of(false));
        if !applied.is_empty() {
            self.say(Severity::Success, t.applied, &fill(t.applied_undo, &[("what", &applied)]));
        }
        if !refused.is_empty() {
            self.say(Severity::Warn, t.apply_refused, &refused);
        }
    }

    /// What to write for one part, each with the words that name it.
    fn writes(
        self,
        part: Part,
        recipe: &Recipe,
        family: Option<&'static Profile>,
        t: &Messages,
    ) -> Vec<(String, Write)> {
        let text = |role, words: &str, label: &str| {
            let target: Option<TextTarget> = untrack(|| self.target(role));
            let write = target.filter(|target| target.text != words).map(|target| {
                let value = WidgetValue::Text(words.to_owned());
                let label = format!("{label} → {}", target.label);
                (label, Write { node: target.node, widget: target.widget, value })
            });
            Vec::from_iter(write)
        };
        match part {
            Part::Positive => text(Role::Positive, &recipe.positive, t.positive),
            // A family that ignores negative prompts has none to offer: the node keeps what it says.
            Part::Negative if recipe.negative.is_empty() && family.is_some_and(|f| !f.negative) => Vec::new(),
            Part::Negative => text(Role::Negative, &recipe.negative, t.negative),
            Part::Params => self
                .graph
                .read_untracked()
                .param_writes(recipe, family)
                .into_iter()
                .map(|(field, write)| (format!("{} {}", t.param(field), write.value), write))
                .collect(),
        }
    }

    /// The family the open graph is made for.
    pub fn graph_family(self) -> Option<&'static Profile> {
        self.graph.read_untracked().model_family().map(|(profile, _)| profile)
    }

    pub fn insert_nodes(self) {
        self.look_around();
        let Some(plan) = self.planner.read_untracked().plan.clone() else { return };
        let t = self.words();
        let texts = PlanTexts {
            positive: (t.node_positive, &plan.positive),
            negative: (t.node_negative, &plan.negative),
        };
        let insert = Insert::of_plan(&self.graph.read_untracked(), texts, &plan.params, plan.family());
        self.insert(insert, t.insert_failed);
    }

    /// Adds nodes and says so, or why there are none.
    pub fn insert(self, insert: Option<Insert>, failed: &str) {
        let t = self.words();
        if insert.is_some_and(|insert| self.host.insert(&insert)) {
            self.look_around();
            self.say(Severity::Success, t.inserted, t.undo);
        } else {
            self.say(Severity::Warn, failed, "");
        }
    }

    pub fn queue_now(self) {
        spawn_local(async move {
            let t = self.words();
            match self.host.queue().await {
                Ok(true) => self.say(Severity::Success, t.queued, ""),
                // The host has shown why.
                Ok(false) => {}
                Err(_) => self.say(Severity::Error, t.queue_failed, ""),
            }
        });
    }

    pub fn export_plan(self) {
        let model = self.planner.read_untracked();
        if let Some(json) = model.plan.as_ref().and_then(|plan| serde_json::to_string_pretty(plan).ok()) {
            let _ = browser::download("openclaw-plan.json", &json);
        }
    }

    pub fn clear_history(self) {
        spawn_local(async move {
            let t = self.words();
            if self.host.confirm(t.history_clear, t.history_clear_ask).await {
                self.history.set(Vec::new());
            }
        });
    }
}
