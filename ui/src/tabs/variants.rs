//! The Variants tab: one prompt varied, computed while people type by the code the node runs.

mod form;
pub mod model;
mod preview;

use leptos::prelude::*;
use openclaw_shared::variants::Variant;

use crate::components::{Button, Look, memo, signal};
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
    let insert = store.host.has_graph().then(|| {
        view! {
            <Button
                label=store.label(|t| t.var_insert)
                look=Look::Primary
                testid="variants-insert"
                disabled=nothing
                on_press=move |()| store.insert_variants()
            />
        }
    });
    view! {
        <footer class="oc-footer">
            <div class="oc-progress">
                <span role="status" data-testid="variants-count">{count}</span>
            </div>
            <div class="oc-actions">
                <Button
                    label=store.label(|t| t.export)
                    testid="variants-json"
                    disabled=nothing
                    on_press=move |()| store.export_variants("json", model::to_json)
                />
                <Button
                    label=store.label(|t| t.export_csv)
                    testid="variants-csv"
                    disabled=nothing
                    on_press=move |()| store.export_variants("csv", model::to_csv)
                />
                {insert}
            </div>
        </footer>
    }
    .into_any()
}
