//! Streaming runs. They belong to the store: they go on while the panel is closed.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use openclaw_shared::sse::SseEvent;
use web_sys::AbortController;

use super::{Server, Store, Test};
use crate::api::{self, Failure};
use crate::tabs::run::{Run, Runs};
use crate::tabs::settings::model as settings;
use crate::{browser, crash};

/// How often the elapsed time moves.
const TICK: Duration = Duration::from_millis(100);

/// What can run; one of each at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Planner,
    Refiner,
}

type OnEvent = Box<dyn FnMut(&SseEvent) -> bool>;
type OnEnd = Box<dyn FnOnce(Result<(), Failure>)>;

impl Store {
    pub(super) fn stream(self, kind: Kind, body: String, mut on_event: OnEvent, on_end: OnEnd) {
        let Ok(abort) = AbortController::new() else { return on_end(Err(Failure::Offline)) };
        let signal = abort.signal();
        self.aborts[kind as usize].set_value(Some(abort));
        let path = match kind {
            Kind::Planner => "/assist/planner/stream",
            Kind::Refiner => "/assist/refiner/stream",
        };
        let ticking = self.tick();
        spawn_local(async move {
            let outcome = api::stream(self.host, path, Some(body), &signal, &mut on_event).await;
            ticking.clear();
            on_end(outcome);
        });
    }

    /// Ends the run here and its request at the server, which then ends the provider's.
    pub fn cancel(self, kind: Kind) {
        match kind {
            Kind::Planner => self.planner.write().cancel(),
            Kind::Refiner => self.refiner.write().cancel(),
        }
        if let Some(abort) = self.aborts[kind as usize].try_update_value(Option::take).flatten() {
            abort.abort();
        }
    }

    /// A failed run may say something about the server itself.
    pub(super) fn note_run(self, runs: &Runs) {
        if let Run::Failed(failure) = &runs.state {
            self.note(failure);
        }
    }

    /// A result proves the connection as well as a test does.
    pub(super) fn worked(self) {
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

    pub(super) fn tick(self) -> IntervalHandle {
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
