//! Taking variants out of the panel, and recipes from tab to tab.

use openclaw_shared::variants::Variant;

use super::{Part, Store};
use crate::browser;
use crate::graph::Insert;
use crate::host::Severity;
use crate::recipe::Recipe;
use crate::tabs::Tab;
use crate::tabs::planner::model::MAX_SEED;
use crate::tabs::variants::model::{self, More};

/// How a list of variants is written down.
pub type Write = fn(&[Variant], &More) -> String;

impl Store {
    /// Opens a tab with this to go on with.
    pub fn send(self, to: Tab, recipe: &Recipe) {
        match to {
            Tab::Variants => model::take(&mut self.variants.write(), recipe),
            Tab::Refiner => self.refiner.write().take(recipe),
            _ => self.planner.write().draft.requirements.clone_from(&recipe.positive),
        }
        self.tab.set(to);
    }

    pub fn export_variants(self, extension: &str, write: Write) {
        if let Ok(made) = self.variants.read_untracked().expand() {
            let _ =
                browser::download(&["openclaw-variants.", extension].concat(), &write(&made, &More::NOTHING));
        }
    }

    pub fn insert_variants(self) {
        self.look_around();
        let t = self.words();
        let titles = [t.node_positive, t.node_negative];
        let insert =
            Insert::of_variants(&self.graph.read_untracked(), &self.variants.read_untracked(), titles);
        self.insert(insert, t.var_insert_failed);
    }

    /// Writes one variant to the graph.
    pub fn apply_variant(self, recipe: &Recipe, parts: &[Part]) {
        self.apply_recipe(recipe, parts, self.graph_family());
        let seed = recipe.params.get("seed").and_then(serde_json::Value::as_u64);
        if seed.is_some_and(|seed| seed > MAX_SEED) {
            self.say(Severity::Warn, self.words().var_seed_rounded, "");
        }
    }
}
