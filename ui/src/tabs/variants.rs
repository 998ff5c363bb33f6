//! The Variants tab: one prompt varied, computed while people type by the code the node runs.

pub mod batch;
mod form;
pub mod model;
mod preview;

use leptos::prelude::*;
use openclaw_shared::variants::Variant;

use crate::components::{Button, Look, live, memo, signal};
use crate::store::Store;
use openclaw_words::fill;

/// All variants of the present request; `None` while its parameters are not an object.
pub type Made = Memo<Option<Vec<Variant>>>;

fn made(store: Store) -> Made {
    memo(move || store.variants.read().expand().ok())
}

pub fn body(store: Store) -> AnyView {
    let made = made(store);
    view! {
        {form::view(store, made)}
        {store.host.has_graph().then(|| batch::options(store))}
        {batch::results(store)}
        {preview::view(store, made)}
    }
    .into_any()
}

pub fn footer(store: Store) -> AnyView {
    let made = made(store);
    let count = signal(move || {
        let count = made.read().as_ref().map_or(0, Vec::len).to_string();
        let all = model::all(&store.variants.read()).map(|all| all.to_string());
        match all.filter(|all| *all != count) {
            Some(all) => fill(store.t().var_total_of, &[("count", &count), ("all", &all)]),
            None => fill(store.t().var_total, &[("count", &count)]),
        }
    });
    let nothing = signal(move || made.read().is_none());
    let running = memo(move || store.batch_runs());
    let progress = signal(move || {
        let batch = store.grid.batch.read();
        let Some(batch) = batch.as_ref().filter(|_| running.get()) else { return count.get() };
        let counts = batch.counts();
        let (done, all) = (counts.done.to_string(), counts.all.to_string());
        fill(store.t().batch_progress, &[("done", &done), ("all", &all)])
    });
    let elapsed = signal(move || {
        let started = store.grid.batch.read().as_ref().map(|batch| batch.started).filter(|_| running.get());
        started.map(|started| {
            let seconds = ((store.now.get() - started) / 1000.0).max(0.0);
            fill(store.t().elapsed, &[("seconds", &crate::graph::number_text(seconds.floor()))])
        })
    });
    let with_graph = move || {
        view! {
            <Button
                label=store.label(|t| t.var_insert)
                testid="variants-insert"
                disabled=nothing
                on_press=move |()| store.insert_variants()
            />
            <Button
                label=store.label(|t| t.batch_run)
                look=Look::Primary
                testid="batch-run"
                disabled=nothing
                on_press=move |()| store.start_batch()
            />
        }
    };
    let buttons = live(move || {
        if running.get() {
            return view! {
                <Button
                    label=store.label(|t| t.cancel)
                    testid="batch-cancel"
                    on_press=move |()| store.cancel_batch()
                />
            }
            .into_any();
        }
        store.host.has_graph().then(with_graph).into_any()
    });
    view! {
        <footer class="oc-footer">
            <div class="oc-progress" class:oc-busy=running>
                <span role="status" data-testid="variants-count">{progress}</span>
                <span aria-hidden="true">{elapsed}</span>
            </div>
            <div class="oc-actions">{buttons}</div>
        </footer>
    }
    .into_any()
}
