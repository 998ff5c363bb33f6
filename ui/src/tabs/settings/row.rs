//! One setting: its control by type, its explanation, and where its value comes from.

use leptos::prelude::*;
use openclaw_shared::config::{ProviderView, SettingType, Source};

use super::model::{self, Row};
use crate::components::{Button, Check, Choice, Combo, Icon, Look, Select, TextInput, icon, live, signal};
use crate::store::{Listing, Store};
use openclaw_words::fill;

pub fn view(store: Store, name: String, row: Memo<Option<Row>>) -> impl IntoView {
    let known = {
        let name = name.clone();
        move || store.t().setting(&name)
    };
    let label = {
        let (known, name) = (known.clone(), name.clone());
        signal(move || known().map_or_else(|| name.replace('_', " "), |(label, _)| label.to_owned()))
    };
    let about = signal(move || {
        known().map(|(_, about)| about.to_owned()).or_else(|| row.get().map(|row| row.schema.description))
    });
    view! {
        <div class="oc-stack oc-tight" class:oc-edited=signal(move || row.get().is_some_and(|row| row.edited))>
            {control(store, name, label, row)}
            {live(move || range_error(store, &row.get()?))}
            <p class="oc-fine">{about} " " {live(move || row.get().map(|row| provenance(store, &row)))}</p>
        </div>
    }
}

fn control(store: Store, name: String, label: Signal<String>, row: Memo<Option<Row>>) -> AnyView {
    let Some(Row { schema, .. }) = row.get_untracked() else { return ().into_any() };
    let testid = format!("setting-{name}");
    let value = signal(move || row.get().map(|row| row.text).unwrap_or_default());
    let disabled = signal(move || {
        row.get().is_none_or(|row| row.locked())
            || store.config.read().as_ref().is_some_and(|view| !view.write_enabled)
    });
    let invalid = signal(move || row.get().is_some_and(|row| row.invalid));
    let edited = name.clone();
    let edit = move |text: String| store.edit_setting(&edited, text);
    match schema.kind {
        _ if name == "provider" => {
            let choices = signal(move || providers(store));
            view! { <Select label choices value disabled testid on_change=edit /> }.into_any()
        }
        SettingType::Enum => {
            let values = schema.enum_values.unwrap_or_default();
            let choices: Vec<_> = values.into_iter().map(|value| Choice::new(value.clone(), value)).collect();
            view! { <Select label choices=Signal::stored(choices) value disabled testid on_change=edit /> }
                .into_any()
        }
        SettingType::Bool => {
            let checked = signal(move || value.get() == "true");
            view! { <Check label checked disabled testid on_change=move |on: bool| edit(on.to_string()) /> }
                .into_any()
        }
        SettingType::Int => view! {
            <TextInput
                label
                value
                disabled
                invalid
                testid
                on_change=edit
                kind="number"
                step="1"
                min=schema.min.map(|min| min.to_string()).unwrap_or_default()
                max=schema.max.map(|max| max.to_string()).unwrap_or_default()
            />
        }
        .into_any(),
        _ if name == "model" => models(store, label, value, disabled, edit),
        SettingType::String | SettingType::ListString => {
            let list = schema.kind == SettingType::ListString;
            let hint = signal(move || match (&*name, list) {
                (_, true) => store.t().list_hint.to_owned(),
                ("base_url", _) => default_of(store, |provider| &provider.base_url),
                _ => String::new(),
            });
            view! { <TextInput label value disabled hint testid on_change=edit /> }.into_any()
        }
    }
}

/// The provider's own list to search in; a name that is not on it is fine too.
fn models(
    store: Store,
    label: Signal<String>,
    value: Signal<String>,
    disabled: Signal<bool>,
    edit: impl Fn(String) + 'static,
) -> AnyView {
    let choices = signal(move || {
        let models = store.models.read();
        if models.list.is_empty() { suggested(store) } else { models.list.clone() }
    });
    let status = move |more: Option<usize>| {
        let t = store.t();
        let models = store.models.read();
        match &models.state {
            Listing::Loading => t.models_loading.to_owned(),
            Listing::Failed(failure) => fill(t.models_failed, &[("reason", &failure.explain(t).message)]),
            Listing::Ready { warning: Some(warning) } => warning.clone(),
            _ => match more {
                None => t.models_none.to_owned(),
                Some(0) => String::new(),
                Some(more) => fill(t.models_more, &[("count", &more.to_string())]),
            },
        }
    };
    view! {
        <Combo
            label
            value
            choices
            disabled
            hint=signal(move || default_of(store, |provider| &provider.default_model))
            testid="setting-model".to_owned()
            on_open=move |()| store.load_models(false)
            on_change=edit
            status=status
        />
        <Button
            label=store.label(|t| t.models_refresh)
            look=Look::Quiet
            testid="models-refresh"
            on_press=move |()| store.load_models(true)
        />
    }
    .into_any()
}

/// What the catalogue suggests for the chosen provider.
fn suggested(store: Store) -> Vec<String> {
    let view = store.config.read();
    let provider = view.as_ref().and_then(|view| model::provider(view, &store.edits.read()));
    provider.map(|provider| provider.models.clone()).unwrap_or_default()
}

fn providers(store: Store) -> Vec<Choice> {
    let t = store.t();
    let label = |provider: &ProviderView| {
        if provider.requires_key && !provider.key_configured {
            format!("{} ({})", provider.label, t.key_none)
        } else {
            provider.label.clone()
        }
    };
    let view = store.config.read();
    let all = view.iter().flat_map(|view| &view.providers);
    all.map(|provider| Choice::new(&provider.id, label(provider))).collect()
}

/// What the chosen provider would use where the field is left empty.
fn default_of(store: Store, part: fn(&ProviderView) -> &String) -> String {
    let view = store.config.read();
    let provider = view.as_ref().and_then(|view| model::provider(view, &store.edits.read()));
    provider.map(part).cloned().unwrap_or_default()
}

fn range_error(store: Store, row: &Row) -> Option<impl IntoView + use<>> {
    let limit = |limit: Option<i64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
    let (min, max) = (limit(row.schema.min), limit(row.schema.max));
    let words = fill(store.t().bad_number, &[("min", &min), ("max", &max)]);
    (row.invalid && row.schema.kind == SettingType::Int)
        .then(|| view! { <p class="oc-invalid" role="alert">{words}</p> })
}

fn provenance(store: Store, row: &Row) -> impl IntoView + use<> {
    let t = store.t();
    let words = match row.source {
        Source::Env => fill(t.source_env, &[("variable", &row.schema.env)]),
        Source::Persisted => t.source_saved.to_owned(),
        Source::Default => t.source_default.to_owned(),
    };
    view! { <span class="oc-source">"· " {row.locked().then(|| icon(Icon::Lock))} " " {words}</span> }
}
