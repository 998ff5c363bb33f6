//! Running a plan. The run belongs to the store: it goes on while the panel is closed.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::AbortController;

use super::saved::{self, Entry};
use super::{Server, Store, Test};
use crate::api::{self, Failure};
use crate::tabs::planner::model::{MAX_SEED, Run};
use crate::tabs::settings::model as settings;
use crate::{browser, crash};

/// How often the elapsed time moves.
const TICK: Duration = Duration::from_millis(100);

impl Store {
    pub fn run_plan(self) {
        let blocked = {
            let model = self.planner.read_untracked();
            model.running().is_some() || model.draft_error().is_some()
        };
        let Some(abort) = AbortController::new().ok().filter(|_| !blocked) else { return };
        self.look_around();
        let detected = self.graph.read_untracked().model_family().map(|(profile, _)| profile.id);
        let (ticket, request) = {
            let mut model = self.planner.write();
            if model.draft.new_seed {
                model.draft.seed = browser::random_seed().min(MAX_SEED);
            }
            model.start(browser::now(), detected)
        };
        let signal = abort.signal();
        self.abort.set_value(Some(abort));
        let ticking = self.tick();
        spawn_local(async move {
            let outcome = api::plan(self.host, &request, &signal, |event| {
                let arrived = self.planner.write().event(ticket, event, browser::now());
                if arrived {
                    self.plan_arrived();
                }
            })
            .await;
            ticking.clear();
            self.planner.write().ended(ticket, outcome);
            let failure = match &self.planner.read_untracked().run {
                Run::Failed(failure) => Some(failure.clone()),
                _ => None,
            };
            if let Some(failure) = failure {
                self.note(&failure);
            }
        });
    }

    /// Ends the run here and its request at the server, which then ends the provider's.
    pub fn cancel_plan(self) {
        self.planner.write().cancel();
        if let Some(abort) = self.abort.try_update_value(Option::take).flatten() {
            abort.abort();
        }
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
        // A plan proves the connection as well as a test does.
        if let Some(view) = &*self.config.read_untracked() {
            self.tested.set(settings::fingerprint(&view.config));
        }
        if matches!(self.test.get_untracked(), Test::Failed(_)) {
            self.test.set(Test::Idle);
        }
        if matches!(self.server.get_untracked(), Server::Down(Failure::Offline)) {
            self.check_server();
        }
    }

    fn tick(self) -> IntervalHandle {
        self.now.set(browser::now());
        set_interval_with_handle(
            move || {
                if !crash::happened() {
                    self.now.set(browser::now());
                }
            },
            TICK,
        )
        .expect("a page has timers")
    }
}
