//! API keys: where each one is, and a way to store or forget one. What a key says is never shown.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use openclaw_shared::config::ProviderView;
use openclaw_shared::secret::SecretStatus;

use super::model;
use crate::components::{
    Button, Choice, Icon, Look, Select, TextInput, Together, icon, live, memo, on, signal,
};
use crate::store::Store;
use openclaw_words::{Messages, fill};

/// Used by every provider that has no key of its own.
const GENERIC: &str = "generic";

pub fn view(store: Store) -> AnyView {
    let with_keys = memo(move || {
        let view = store.config.read();
        let providers = view.iter().flat_map(|view| &view.providers);
        providers.filter(|provider| !provider.key_env.is_empty()).cloned().collect::<Vec<_>>()
    });
    let list = move || {
        live(move || {
            let known = store.secrets.get();
            let rows =
                with_keys.get().into_iter().map(|provider| row(store, &provider, known.get(&provider.id)));
            let generic = known.get(GENERIC).cloned().map(|status| generic_row(store, &status));
            view! { <ul class="oc-list" data-testid="keys">{rows.together()} {generic}</ul> }
        })
    };
    live(move || {
        (!with_keys.read().is_empty()).then(|| {
            view! {
                <details class="oc-fold">
                    <summary>{store.label(|t| t.keys_title)}</summary>
                    <div class="oc-stack">
                        <p class="oc-fine">{store.label(|t| t.keys_intro)}</p>
                        {add(store, with_keys)}
                        {list()}
                    </div>
                </details>
            }
        })
    })
    .into_any()
}

/// What is known about a key, in words.
fn state(provider: &ProviderView, status: Option<&SecretStatus>, t: &Messages) -> (&'static str, String) {
    match status {
        Some(SecretStatus { configured: false, .. }) => ("oc-todo", t.key_sealed.to_owned()),
        Some(SecretStatus { variable: Some(variable), .. }) => {
            ("oc-ok", fill(t.source_env, &[("variable", variable)]))
        }
        Some(_) => ("oc-ok", t.key_stored.to_owned()),
        None if provider.key_configured => ("oc-ok", t.key_found.to_owned()),
        None if provider.requires_key => ("oc-todo", t.key_none.to_owned()),
        None => ("", t.key_not_needed.to_owned()),
    }
}

fn row(store: Store, provider: &ProviderView, status: Option<&SecretStatus>) -> AnyView {
    let t = store.t();
    let (class, words) = state(provider, status, t);
    let from_env = status.is_some_and(|status| status.variable.is_some());
    let stored = status.is_some() && !from_env;
    let id = provider.id.clone();
    let variables = (!stored && !from_env)
        .then(|| provider.key_env.iter().map(|name| view! { <code>{name.clone()}</code> " " }).together());
    view! {
        <li>
            <span class="oc-row oc-between">
                <span>{provider.label.clone()}</span>
                {stored.then(|| forget(store, id))}
            </span>
            <span class=format!("oc-fine oc-source {class}")>{from_env.then(|| icon(Icon::Lock))} {words}</span>
            <span class="oc-variables">{variables}</span>
        </li>
    }
    .into_any()
}

fn generic_row(store: Store, status: &SecretStatus) -> AnyView {
    let t = store.t();
    let words = if status.configured { t.key_stored } else { t.key_sealed };
    view! {
        <li>
            <span class="oc-row oc-between"><span>{t.key_generic}</span> {forget(store, GENERIC.to_owned())}</span>
            <span class="oc-fine oc-source">{words}</span>
        </li>
    }
    .into_any()
}

fn forget(store: Store, id: String) -> AnyView {
    let testid = "key-forget";
    view! {
        <Button
            label=store.label(|t| t.key_forget)
            look=Look::Quiet
            testid=testid
            on_press=move |()| store.forget_key(id.clone())
        />
    }
    .into_any()
}

/// Whose key, and the key.
fn add(store: Store, with_keys: Memo<Vec<ProviderView>>) -> AnyView {
    let chosen = RwSignal::new(None::<String>);
    // The provider of the form, where it takes a key.
    let provider = memo(move || {
        let of_form = || {
            let view = store.config.read();
            let provider = view.as_ref().and_then(|view| model::provider(view, &store.edits.read()).cloned());
            provider.filter(|provider| !provider.key_env.is_empty()).map(|provider| provider.id)
        };
        chosen.get().or_else(of_form).unwrap_or_else(|| GENERIC.to_owned())
    });
    let choices = signal(move || {
        let generic = Choice::new(GENERIC, store.t().key_generic);
        let providers = with_keys.get().into_iter().map(|provider| Choice::new(provider.id, provider.label));
        providers.chain([generic]).collect::<Vec<_>>()
    });
    view! {
        <div class="oc-stack oc-tight">
            <Select
                label=store.label(|t| t.key_whose)
                choices=choices
                value=provider
                testid="key-provider".to_owned()
                on_change=move |id| chosen.set(Some(id))
            />
            {field(store, provider.into())}
        </div>
    }
    .into_any()
}

/// The field for one provider's key. It is emptied as soon as the key is on its way.
pub fn field(store: Store, provider: Signal<String>) -> AnyView {
    let typed = RwSignal::new(String::new());
    let send = move || {
        let key = typed.get_untracked();
        if !key.trim().is_empty() {
            store.store_key(provider.get_untracked(), key);
            typed.set(String::new());
        }
    };
    view! {
        <form
            class="oc-row oc-end"
            {..on("submit", move |event: SubmitEvent| {
                event.prevent_default();
                send();
            })}
        >
            <TextInput
                label=store.label(|t| t.key_field)
                kind="password"
                testid="key-value".to_owned()
                value=typed
                on_change=move |text| typed.set(text)
            />
            <Button label=store.label(|t| t.key_store) testid="key-store" on_press=move |()| send() />
        </form>
    }
    .into_any()
}
