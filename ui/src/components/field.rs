//! Labelled controls. The label wraps its control, so that no id is needed and two panels can be open at once.

use leptos::prelude::*;
use web_sys::Event;

use super::{Together, live, on, signal};

/// One entry of a [`Select`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

#[component]
pub fn TextArea(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] on_input: UnsyncCallback<String>,
    testid: &'static str,
    #[prop(optional, into)] hint: Signal<String>,
    #[prop(optional, into)] readonly: Signal<bool>,
    /// The label is said but not shown: a heading nearby shows it already.
    #[prop(optional)]
    hide_label: bool,
    #[prop(default = 1)] rows: u32,
) -> impl IntoView {
    view! {
        <label class="oc-field">
            <span class="oc-label" class:oc-hidden=hide_label>{label}</span>
            <textarea
                class="oc-input"
                {..on("input", move |event: Event| on_input.run(event_target_value(&event)))}
                data-testid=testid
                rows=rows
                spellcheck="false"
                placeholder=hint
                readonly=readonly
                prop:value=value
            ></textarea>
        </label>
    }
}

#[component]
pub fn TextInput(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] value: Signal<String>,
    /// Called when the value is final: at the end of typing, not at each key.
    #[prop(into)]
    on_change: UnsyncCallback<String>,
    testid: String,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional, into)] hint: Signal<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] invalid: Signal<bool>,
    #[prop(optional)] hide_label: bool,
    #[prop(optional)] min: Option<String>,
    #[prop(optional)] max: Option<String>,
    #[prop(into, default = "any".into())] step: String,
) -> impl IntoView {
    let number = kind == "number";
    view! {
        <label class="oc-field">
            <span class="oc-label" class:oc-hidden=hide_label>{label}</span>
            <input
                class="oc-input"
                {..on("change", move |event: Event| on_change.run(event_target_value(&event)))}
                type=kind
                data-testid=testid
                autocomplete="off"
                spellcheck="false"
                min=min
                max=max
                step=number.then_some(step)
                placeholder=hint
                disabled=disabled
                aria-invalid=signal(move || invalid.get().then(|| "true".to_owned()))
                prop:value=value
            />
        </label>
    }
}

#[component]
pub fn Select(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] on_change: UnsyncCallback<String>,
    testid: String,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] hide_label: bool,
) -> impl IntoView {
    let option = move |Choice { value: own, label }: Choice| {
        let chosen = own.clone();
        view! { <option value=own prop:selected=signal(move || value.get() == chosen)>{label}</option> }
    };
    view! {
        <label class="oc-field">
            <span class="oc-label" class:oc-hidden=hide_label>{label}</span>
            <select
                class="oc-input"
                {..on("change", move |event: Event| on_change.run(event_target_value(&event)))}
                data-testid=testid
                disabled=disabled
            >
                {live(move || choices.get().into_iter().map(option).together())}
            </select>
        </label>
    }
}

#[component]
pub fn Check(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] checked: Signal<bool>,
    #[prop(into)] on_change: UnsyncCallback<bool>,
    testid: String,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    view! {
        <label class="oc-check">
            <input
                type="checkbox"
                {..on("change", move |event: Event| on_change.run(event_target_checked(&event)))}
                data-testid=testid
                disabled=disabled
                prop:checked=checked
            />
            <span>{label}</span>
        </label>
    }
}
