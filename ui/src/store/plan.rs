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
        let blocked = self.planner.with_untracked(|m| m.running().is_some() || m.draft_error().is_some());
        let Some(abort) = AbortController::new().ok().filter(|_| !blocked) else { return };
        self.look_around();
        let detected = self.graph.with_untracked(|graph| graph.model_family().map(|(profile, _)| profile.id));
        let Some((ticket, request)) = self.planner.try_update(|model| {
            if model.draft.new_seed {
                model.draft.seed = browser::random_seed().min(MAX_SEED);
            }
            model.start(browser::now(), detected)
        }) else {
            return;
        };
        let signal = abort.signal();
        self.abort.set_value(Some(abort));
        let ticking = self.tick();
        spawn_local(async move {
            let outcome = api::plan(self.host, &request, &signal, |event| {
                if self.planner.try_update(|m| m.event(ticket, event, browser::now())) == Some(true) {
                    self.plan_arrived();
                }
            })
            .await;
            ticking.clear();
            self.planner.update(|model| model.ended(ticket, outcome));
            let failure = self.planner.with_untracked(|model| match &model.run {
                Run::Failed(failure) => Some(failure.clone()),
                _ => None,
            });
            if let Some(failure) = failure {
                self.note(&failure);
            }
        });
    }

    /// Ends the run here and its request at the server, which then ends the provider's.
    pub fn cancel_plan(self) {
        self.planner.update(crate::tabs::planner::model::Model::cancel);
        self.abort.update_value(|abort| {
            if let Some(abort) = abort.take() {
                abort.abort();
            }
        });
    }

    fn plan_arrived(self) {
        let entry = self.planner.with_untracked(|model| {
            let plan = model.plan.clone()?;
            Some(Entry { at: browser::now(), draft: model.draft.clone(), plan })
        });
        if let Some(entry) = entry {
            self.history.update(|history| saved::remember(history, entry));
        }
        // A plan proves the connection as well as a test does.
        self.config.with_untracked(|view| {
            if let Some(view) = view {
                self.tested.set(settings::fingerprint(&view.config));
            }
        });
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
