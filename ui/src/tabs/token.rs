//! Asks for the admin token when the server refuses without one.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::components::{Button, Live, Look, TextInput, live, on};
use crate::store::Store;

pub fn card(store: Store) -> Live {
    live(move || {
        store.needs_token.get().then(|| {
            view! {
                <section class="oc-card oc-warn">
                    <h3 class="oc-title">{store.label(|t| t.token_title)}</h3>
                    <p>{store.label(|t| t.token_detail)}</p>
                    {form(store)}
                </section>
            }
        })
    })
}

/// The field itself, also shown in Settings.
pub fn form(store: Store) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let label = store.label(|t| t.token_label);
    let use_label = store.label(|t| t.token_use);
    view! {
        <form
            class="oc-stack"
            {..on("submit", move |event: SubmitEvent| {
                event.prevent_default();
                store.use_token(&typed.get_untracked());
            })}
        >
            <TextInput
                label=label
                kind="password"
                testid="admin-token".to_owned()
                value=typed
                on_change=move |text| typed.set(text)
            />
            <Button
                label=use_label
                look=Look::Primary
                on_press=move |()| store.use_token(&typed.get_untracked())
            />
        </form>
    }
}
