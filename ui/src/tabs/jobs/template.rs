//! A template run by hand: its form, what would run, and the run.

pub mod model;

use leptos::prelude::*;
use openclaw_shared::template::{Danger, InputKind, MAX_SEED, Slot, Template, TemplateInput};
use openclaw_shared::webhook::TemplateRun;
use openclaw_words::fill;
use serde_json::Value;

use crate::browser;
use crate::components::{
    Button, Check, Choice, Icon, Look, Select, TextArea, TextInput, Together, live, memo, signal,
};
use crate::graph::number_text;
use crate::store::{Feed, Store};
use crate::tabs::{arrive, failure_card};

pub fn view(store: Store) -> AnyView {
    let listed = memo(move || store.template.list.read().is_some());
    let which = memo(move || store.template.chosen().map(|template| template.id));
    let choices = signal(move || {
        let list = store.template.list.read();
        list.iter().flatten().map(|template| Choice::new(&template.id, &template.title)).collect::<Vec<_>>()
    });
    let form = live(move || {
        which.get().and_then(|_| untrack(|| store.template.chosen())).map(|template| form(store, &template))
    });
    let nothing = live(move || {
        (listed.get() && which.get().is_none())
            .then(|| view! { <p class="oc-empty">{store.label(|t| t.tpl_none)}</p> })
    });
    let failure = live(move || {
        store.template.failure.get().map(|failure| {
            let t = store.t();
            failure_card(store, t.tpl_title, failure.explain(t), ().into_any())
        })
    });
    let place = NodeRef::<leptos::html::Section>::new();
    Effect::new(move |_| place.get().map(|place| arrive(&place)));
    view! {
        <Button
            label=store.label(|t| t.jobs_back)
            look=Look::Quiet
            testid="template-back"
            on_press=move |()| store.template.open.set(false)
        />
        <section class="oc-stack" node_ref=place data-testid="template">
            <Select
                label=store.label(|t| t.tpl_which)
                choices=choices
                value=signal(move || which.get().unwrap_or_default())
                testid="template-which".to_owned()
                on_change=move |id| store.choose_template(id)
            />
            {nothing}
            {form}
            {failure}
            {live(move || store.template.dry.get().map(|run| ready(store, &run)))}
        </section>
    }
    .into_any()
}

fn form(store: Store, template: &Template) -> AnyView {
    let locked = template.locked.clone().map(|why| view! { <p class="oc-invalid" role="alert">{why}</p> });
    view! {
        <p class="oc-fine">{template.description.clone()}</p>
        {locked}
        {template.inputs.iter().map(|input| field(store, input)).together()}
    }
    .into_any()
}

/// The name of an input for people.
fn label(input: &TemplateInput) -> &str {
    if input.label.is_empty() { &input.name } else { &input.label }
}

fn field(store: Store, input: &TemplateInput) -> AnyView {
    let own = input.clone();
    let text = memo(move || store.template.draft.read().text(&own));
    let own = input.clone();
    let wrong = memo(move || {
        let draft = store.template.draft.read();
        let tells = store.template.tried.get() || draft.text(&own) != default_text(&own);
        draft.value(&own).err().filter(|_| tells).map(|wrong| wrong.words(store.t()))
    });
    let invalid = signal(move || wrong.read().is_some());
    let own = input.clone();
    let name = signal(move || {
        let label = label(&own);
        if own.is_required() { fill(store.t().tpl_needed, &[("label", label)]) } else { label.to_owned() }
    });
    let key = input.name.clone();
    let set = move |text: String| store.edit_template(&key, text);
    let testid = ["template-", &input.name].concat();
    let change = set.clone();
    let seed = input.kind == InputKind::Seed;
    let hint = signal(move || if seed { store.t().tpl_random.to_owned() } else { String::new() });
    let line = |kind, [min, max]: [String; 2], step: &str| {
        view! {
            <TextInput
                label=name
                kind=kind
                value=text
                invalid=invalid
                hint=hint
                min=min
                max=max
                step=step
                testid=testid.clone()
                on_change=change.clone()
            />
        }
        .into_any()
    };
    let control = match &input.kind {
        InputKind::Text { multiline: true, .. } => {
            view! { <TextArea label=name value=text testid="template-text" rows=3 on_input=set /> }.into_any()
        }
        InputKind::Text { .. } | InputKind::Any { .. } => line("text", Default::default(), "any"),
        InputKind::Integer { min, max, step } => {
            line("number", [*min, *max].map(|end| end.to_string()), &step.unwrap_or(1).to_string())
        }
        InputKind::Number { min, max } => line("number", [*min, *max].map(number_text), "any"),
        InputKind::Seed => view! {
            <div class="oc-row oc-end">
                {line("number", [0, MAX_SEED].map(|end| end.to_string()), "1")}
                <Button
                    label=store.label(|t| t.seed_new)
                    symbol=Icon::Dice
                    icon_only=true
                    on_press=move |()| set(browser::random_seed().to_string())
                />
            </div>
        }
        .into_any(),
        InputKind::Boolean => view! {
            <Check
                label=name
                checked=signal(move || text.get() == "true")
                testid=testid.clone()
                on_change=move |on: bool| set(on.to_string())
            />
        }
        .into_any(),
        InputKind::Choice { options } => {
            let choices: Vec<_> = options.iter().map(|option| Choice::new(option, option)).collect();
            view! {
                <Select
                    label=name
                    choices=Signal::stored(choices)
                    value=text
                    testid=testid.clone()
                    on_change=set
                />
            }
            .into_any()
        }
    };
    let help = Some(input.help.clone()).filter(|help| !help.is_empty());
    view! {
        <div class="oc-stack oc-tight">
            {control}
            {help.map(|help| view! { <p class="oc-fine">{help}</p> })}
            {live(move || wrong.get().map(|wrong| view! { <p class="oc-invalid" role="alert">{wrong}</p> }))}
        </div>
    }
    .into_any()
}

fn default_text(input: &TemplateInput) -> String {
    model::Draft::default().text(input)
}

/// What a dry run has found: the values, the size, and what the values can reach.
fn ready(store: Store, run: &TemplateRun) -> AnyView {
    let t = store.t();
    let template = untrack(|| store.template.chosen());
    let size = run.render.as_ref().map(|render| {
        let (nodes, bytes) = (render.node_count_estimate.to_string(), render.workflow_bytes.to_string());
        fill(t.tpl_size, &[("nodes", &nodes), ("bytes", &bytes)])
    });
    let inputs = template.as_ref().map(|template| template.inputs.as_slice()).unwrap_or_default();
    let row = |input: &TemplateInput| {
        let value = match run.inputs.get(&input.name)? {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let random =
            store.template.draft.read_untracked().value(input) == Ok(None) && input.kind == InputKind::Seed;
        let note = random.then(|| [" (", t.tpl_random, ")"].concat());
        Some(
            view! { <tr><th scope="row">{label(input).to_owned()}</th> <td class="oc-wrapped">{value} {note}</td></tr> },
        )
    };
    let slot = |slot: &Slot| {
        let named = inputs.iter().find(|input| input.name == slot.input).map_or(slot.input.as_str(), label);
        let place = [named, " → ", &slot.class_type, " #", &slot.node_id, " · ", &slot.node_input].concat();
        let danger = slot.danger.map(|danger| match danger {
            Danger::Path => t.tpl_path,
            Danger::Url => t.tpl_url,
            Danger::Code | Danger::Graph => t.tpl_code,
        });
        view! { <li class="oc-wrapped">{place} {danger.map(|danger| [": ", danger].concat())}</li> }
    };
    let slots = template.as_ref().map(|template| template.slots.iter().map(slot).together());
    let away = live(move || {
        let away = store.feed.get() == Feed::Live && !store.jobs.read().host.connected;
        let words = move || [store.t().feed_no_host, ". ", store.t().tpl_waits].concat();
        away.then(|| view! { <p class="oc-invalid" role="alert">{words()}</p> })
    });
    view! {
        <div class="oc-card oc-good" role="status" data-testid="template-ready">
            <h3 class="oc-title">{t.tpl_ready}</h3>
            <p class="oc-fine">{size}</p>
            {away}
            <table class="oc-table"><tbody>{inputs.iter().filter_map(row).together()}</tbody></table>
            <details class="oc-fold">
                <summary>{t.tpl_reach}</summary>
                <ul data-testid="template-reach">{slots}</ul>
            </details>
        </div>
    }
    .into_any()
}

pub fn footer(store: Store) -> AnyView {
    let ready = memo(move || store.template.dry.read().is_some());
    let off = signal(move || {
        store.template.busy.get() || store.template.chosen().is_none_or(|t| t.locked.is_some())
    });
    let name = signal(move || if ready.get() { store.t().tpl_run } else { store.t().tpl_check }.to_owned());
    view! {
        <footer class="oc-footer">
            <div class="oc-actions">
                <Button
                    label=name
                    look=Look::Primary
                    testid="template-run"
                    disabled=off
                    on_press=move |()| store.run_template()
                />
            </div>
        </footer>
    }
    .into_any()
}
