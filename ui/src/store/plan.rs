//! Running a plan.

use openclaw_shared::sse::SseEvent;

use super::Store;
use super::run::Kind;
use super::saved::{self, Entry};
use crate::tabs::planner::model::MAX_SEED;
use crate::{browser, read};

impl Store {
    pub fn run_plan(self) {
        let blocked = {
            let model = self.planner.read_untracked();
            model.running().is_some() || model.draft_error().is_some()
        };
        if blocked {
            return;
        }
        self.look_around();
        let detected = self.graph_family().map(|profile| profile.id);
        let (ticket, request) = {
            let mut model = self.planner.write();
            if model.draft.new_seed {
                model.draft.seed = browser::random_seed().min(MAX_SEED);
            }
            model.start(browser::now(), detected)
        };
        let body = serde_json::to_string(&request).unwrap_or_default();
        let on_event = move |event: &SseEvent| {
            // Events of a newer server are skipped; a known one that cannot be read is not.
            let Ok(event) = read::event(&event.name, &event.data) else { return false };
            let Some(event) = event else { return true };
            let arrived = self.planner.write().event(ticket, event, browser::now());
            if arrived {
                self.plan_arrived();
            }
            true
        };
        let on_end = move |outcome| {
            self.planner.write().ended(ticket, outcome);
            self.note_run(&self.planner.read_untracked().runs);
        };
        self.stream(Kind::Planner, body, Box::new(on_event), Box::new(on_end));
    }

    fn plan_arrived(self) {
        let entry = {
            let model = self.planner.read_untracked();
            let plan = model.plan.clone();
            plan.map(|plan| Entry { at: browser::now(), draft: model.draft.clone(), plan })
        };
        if let Some(entry) = entry {
            saved::remember(&mut self.history.write(), entry);
        }
        self.worked();
    }
}
