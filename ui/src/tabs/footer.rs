//! The footer of a tab that runs something: the stage, the time, and what to press.

use leptos::prelude::*;

use super::run::tenths;
use crate::components::{Button, Live, live, signal};
use crate::store::{Kind, Store};
use openclaw_words::fill;

/// Test ids of its parts.
#[derive(Clone, Copy)]
pub struct FooterIds {
    pub stage: &'static str,
    pub cancel: &'static str,
}

/// `actions` make way for Cancel while a run is in progress.
pub fn run_footer(
    store: Store,
    stage: Memo<String>,
    started: Memo<Option<f64>>,
    kind: Kind,
    ids: FooterIds,
    mut actions: Live,
) -> AnyView {
    let running = signal(move || started.get().is_some());
    let elapsed = signal(move || {
        started.get().map(|started| {
            let seconds = (store.now.get() - started).max(0.0) / 1000.0;
            fill(store.t().elapsed, &[("seconds", &tenths(seconds))])
        })
    });
    let buttons = live(move || {
        if !running.get() {
            return actions();
        }
        view! {
            <Button
                label=store.label(|t| t.cancel)
                testid=ids.cancel
                on_press=move |()| store.cancel(kind)
            />
        }
        .into_any()
    });
    view! {
        <footer class="oc-footer">
            <div class="oc-progress" class:oc-busy=running>
                <span role="status" data-testid=ids.stage>{stage}</span>
                // Spoken stages are enough: a clock that is read aloud ten times a second is noise.
                <span aria-hidden="true">{elapsed}</span>
            </div>
            <div class="oc-actions">{buttons}</div>
        </footer>
    }
    .into_any()
}
