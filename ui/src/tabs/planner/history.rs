//! The last plans, each one click away.

use leptos::prelude::*;

use crate::browser;
use crate::components::{Button, Look, Together, live, memo, press, signal};
use crate::store::Store;
use crate::store::saved::Entry;

pub fn view(store: Store) -> impl IntoView {
    let count = memo(move || store.history.read().len());
    let list = live(move || {
        if count.get() == 0 {
            return view! { <p class="oc-empty">{store.label(|t| t.history_empty)}</p> }.into_any();
        }
        let items = store.history.get().into_iter().map(|entry| view! { <li>{item(store, entry)}</li> });
        view! {
            <ul class="oc-list" data-testid="history-list">{items.together()}</ul>
            <Button
                label=store.label(|t| t.history_clear)
                look=Look::Quiet
                on_press=move |()| store.clear_history()
            />
        }
        .into_any()
    });
    view! {
        <details class="oc-fold">
            <summary>
                {store.label(|t| t.history)} " "
                <span class="oc-fine">{signal(move || Some(count.get()).filter(|n| *n > 0).map(|n| n.to_string()))}</span>
            </summary>
            {list}
        </details>
    }
}

fn item(store: Store, entry: Entry) -> impl IntoView {
    let Entry { at, draft, plan } = entry;
    let when = browser::time_text(at, store.locale.get().tag());
    let title =
        if draft.requirements.trim().is_empty() { plan.positive.clone() } else { draft.requirements.clone() };
    let about = format!("{when} · {}", store.profile_label(&plan.profile));
    view! {
        <button
            type="button"
            class="oc-item"
            data-testid="history-item"
            {..press(move || store.planner.write().restore(draft.clone(), plan.clone()))}
        >
            <span class="oc-clip">{title}</span>
            <span class="oc-fine oc-clip">{about}</span>
        </button>
    }
}
