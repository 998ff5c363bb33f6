//! The plan: streamed in, edited, compared with the graph, and taken there.

use leptos::prelude::*;
use openclaw_shared::assist::Field;

use super::model::{Model, Plan};
use super::params;
use crate::components::{Button, Choice, Select, diff, live, memo, signal};
use crate::diff::words;
use crate::graph::{Role, TextTarget};
use crate::recipe::Recipe;
use crate::store::{Part, Store};
use crate::tabs::written::{Name, written};
use crate::tabs::{Tab, handover};
use openclaw_words::fill;

/// What the lower half of the tab shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Stream,
    Plan,
}

pub fn view(store: Store) -> impl IntoView {
    let shown = memo(move || match &*store.planner.read() {
        model if model.running().is_some() => Shown::Stream,
        Model { plan: Some(_), .. } => Shown::Plan,
        _ => Shown::Nothing,
    });
    let place = NodeRef::<leptos::html::Section>::new();
    Effect::new(move |before: Option<Shown>| {
        let now = shown.get();
        // Somebody who pressed Plan wants to see it being written; somebody who opens the panel does not.
        if now == Shown::Stream && before.is_some_and(|before| before != now) {
            let section = place.get_untracked();
            request_animation_frame(move || {
                if let Some(section) = section {
                    section.scroll_into_view();
                }
            });
        }
        now
    });
    let any = memo(move || shown.get() != Shown::Nothing);
    let content = live(move || {
        if !any.get() {
            return view! { <p class="oc-empty">{store.label(|t| t.plan_empty)}</p> }.into_any();
        }
        view! {
            {field(store, Role::Positive)}
            {field(store, Role::Negative)}
            {live(move || match shown.get() {
                Shown::Stream => stream(store).into_any(),
                Shown::Plan => view! { {params::view(store)} {actions(store)} }.into_any(),
                Shown::Nothing => ().into_any(),
            })}
        }
        .into_any()
    });
    view! { <section class="oc-stack oc-result" node_ref=place>{content}</section> }
}

/// How the two prompts differ for the view.
struct Side {
    part: Part,
    label: Signal<String>,
    streamed: Field,
    planned: fn(&Plan) -> &String,
    edited: fn(&mut Plan) -> &mut String,
    text_id: &'static str,
    copy_id: &'static str,
    apply_id: &'static str,
    target_id: &'static str,
    diff_id: &'static str,
}

impl Side {
    fn of(store: Store, role: Role) -> Self {
        match role {
            Role::Positive => Self {
                part: Part::Positive,
                label: store.label(|t| t.positive),
                streamed: Field::Positive,
                planned: |plan| &plan.positive,
                edited: |plan| &mut plan.positive,
                text_id: "plan-positive",
                copy_id: "copy-positive",
                apply_id: "apply-positive",
                target_id: "plan-target",
                diff_id: "plan-diff",
            },
            Role::Negative => Self {
                part: Part::Negative,
                label: store.label(|t| t.negative),
                streamed: Field::Negative,
                planned: |plan| &plan.negative,
                edited: |plan| &mut plan.negative,
                text_id: "plan-negative",
                copy_id: "copy-negative",
                apply_id: "apply-negative",
                target_id: "plan-target-negative",
                diff_id: "plan-diff-negative",
            },
        }
    }
}

fn field(store: Store, role: Role) -> AnyView {
    let Side { part, label, streamed, planned, edited, text_id, copy_id, apply_id, target_id, diff_id } =
        Side::of(store, role);
    let running = memo(move || store.planner.read().running().is_some());
    let text = memo(move || {
        let model = store.planner.read();
        match (model.running(), &model.plan) {
            (Some(running), _) => running.text(streamed).to_owned(),
            (None, Some(plan)) => planned(plan).clone(),
            (None, None) => String::new(),
        }
    });
    let target = memo(move || store.target(role));
    let choices = memo(move || {
        let targets = store.graph.read().text_targets();
        targets.iter().map(|target| Choice::new(target.key(), &target.label)).collect::<Vec<_>>()
    });
    let edit = move |words: String| {
        if let Some(plan) = &mut store.planner.write().plan {
            *edited(plan) = words;
        }
    };
    let unused = live(move || {
        let profile = store.planner.read().plan.as_ref().map(Plan::family)?;
        (role == Role::Negative && !running.get() && !profile.negative)
            .then(|| fill(store.t().negative_unused, &[("profile", profile.label)]))
            .map(|words| view! { <p class="oc-fine">{words}</p> })
    });
    let destination = live(move || {
        (store.host.has_graph() && !running.get()).then(|| {
            view! {
                <div class="oc-row">
                    {target_select(store, role, target, choices, target_id)}
                    <Button
                        label=store.label(|t| t.apply)
                        testid=apply_id
                        disabled=signal(move || target.read().is_none())
                        on_press=move |()| store.apply(&[part])
                    />
                </div>
            }
        })
    });
    let compared = live(move || comparison(store, text, target, running, diff_id));
    let below = view! { {unused} {destination} {compared} }.into_any();
    written(store, Name { label, text_id, copy_id }, text, running, edit, below)
}

fn target_select(
    store: Store,
    role: Role,
    target: Memo<Option<TextTarget>>,
    choices: Memo<Vec<Choice>>,
    testid: &'static str,
) -> impl IntoView {
    let none = Choice { value: String::new(), label: store.t().target_none.to_owned() };
    let with_none = signal(move || {
        let open = target.read().is_none().then(|| none.clone());
        open.into_iter().chain(choices.get()).collect::<Vec<_>>()
    });
    let value = signal(move || target.read().as_ref().map(TextTarget::key).unwrap_or_default());
    view! {
        <Select
            label=store.label(|t| t.target)
            hide_label=true
            choices=with_none
            value=value
            testid=testid.to_owned()
            on_change=move |key: String| store.chosen[role as usize].set(Some(key).filter(|key| !key.is_empty()))
        />
    }
}

/// The words that would change in the node.
fn comparison(
    store: Store,
    text: Memo<String>,
    target: Memo<Option<TextTarget>>,
    running: Memo<bool>,
    testid: &'static str,
) -> Option<AnyView> {
    let target = target.get().filter(|_| !running.get())?;
    let text = text.get();
    if target.text == text {
        return Some(view! { <p class="oc-fine">{store.t().same_text}</p> }.into_any());
    }
    // Against an empty node the diff would only repeat the text above it.
    (!target.text.trim().is_empty()).then(|| {
        view! {
            <details class="oc-fold" open>
                <summary>{store.t().changes}</summary>
                <p class="oc-diff" data-testid=testid>{diff(words(&target.text, &text))}</p>
            </details>
        }
        .into_any()
    })
}

/// Parameters as they arrive: raw, because half a number is no number yet.
fn stream(store: Store) -> impl IntoView {
    let text = signal(move || {
        store
            .planner
            .read()
            .running()
            .map(|run| run.text(Field::Params).to_owned())
            .filter(|text| !text.is_empty())
    });
    view! {
        <h3 class="oc-title">{store.label(|t| t.params)}</h3>
        <pre class="oc-code" data-testid="plan-params">{text}</pre>
    }
}

fn actions(store: Store) -> impl IntoView {
    let graph = store.host.has_graph().then(|| {
        view! {
            <Button
                label=store.label(|t| t.insert)
                testid="insert-nodes"
                on_press=move |()| store.insert_nodes()
            />
            <Button label=store.label(|t| t.queue) testid="queue-now" on_press=move |()| store.queue_now() />
        }
    });
    view! {
        <div class="oc-row oc-wrap">
            {graph}
            <Button
                label=store.label(|t| t.export)
                testid="export-json"
                on_press=move |()| store.export_plan()
            />
        </div>
        {handover::buttons(store, Tab::Planner, move || {
            store.planner.read_untracked().plan.as_ref().map(Recipe::from)
        })}
        {(!store.host.has_graph()).then(|| view! { <p class="oc-fine">{store.label(|t| t.no_graph)}</p> })}
    }
}
