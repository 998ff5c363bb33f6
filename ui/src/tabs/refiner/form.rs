//! The prompts the picture was made with, and what is wrong with it.

use leptos::prelude::*;
use openclaw_shared::refiner::Issue;

use super::model::Draft;
use crate::components::{TextArea, Together, live, memo, press, signal};
use crate::store::Store;
use crate::tabs::variants::model::short;
use crate::tabs::{Tab, handover};
use openclaw_words::Messages;

pub fn view(store: Store) -> AnyView {
    let read = move |part: fn(&Draft) -> &String| signal(move || part(&store.refiner.read().draft).clone());
    let edit = move |part: fn(&mut Draft) -> &mut String| {
        move |text: String| *part(&mut store.refiner.write().draft) = text
    };
    view! {
        <section class="oc-stack">
            <div class="oc-stack oc-tight">
                <h3 class="oc-title">{store.label(|t| t.ref_original)}</h3>
                {handover::from_graph(store, Tab::Refiner)}
                <TextArea
                    label=store.label(|t| t.positive)
                    value=read(|draft| &draft.original.positive)
                    on_input=edit(|draft| &mut draft.original.positive)
                    testid="refiner-positive"
                    rows=2
                />
                <TextArea
                    label=store.label(|t| t.negative)
                    value=read(|draft| &draft.original.negative)
                    on_input=edit(|draft| &mut draft.original.negative)
                    testid="refiner-negative"
                />
                {params(store)}
            </div>
            {issues(store)}
            <TextArea
                label=store.label(|t| t.ref_goal)
                hint=store.label(|t| t.ref_goal_hint)
                value=read(|draft| &draft.goal)
                on_input=edit(|draft| &mut draft.goal)
                testid="refiner-goal"
            />
        </section>
    }
    .into_any()
}

/// The parameters that came with the prompts, as one line.
fn params(store: Store) -> AnyView {
    let line = memo(move || {
        let t = store.t();
        let params = &store.refiner.read().draft.original.params;
        let known = openclaw_shared::params::GenerationParams::FIELDS.into_iter();
        let parts =
            known.filter_map(|field| Some(format!("{} {}", t.param(field), short(params.get(field)?))));
        parts.collect::<Vec<_>>().join(" · ")
    });
    live(move || {
        Some(line.get()).filter(|line| !line.is_empty()).map(|line| view! { <p class="oc-fine">{line}</p> })
    })
    .into_any()
}

fn issue_name(issue: Issue, t: &Messages) -> &'static str {
    match issue {
        Issue::HandsBad => t.issue_hands,
        Issue::FaceBad => t.issue_face,
        Issue::AnatomyOff => t.issue_anatomy,
        Issue::LightingOff => t.issue_lighting,
        Issue::CompositionOff => t.issue_composition,
        Issue::StyleDrift => t.issue_style,
        Issue::TextArtifacts => t.issue_text,
        Issue::LowDetail => t.issue_detail,
        Issue::Other => t.issue_other,
    }
}

fn issues(store: Store) -> AnyView {
    let chip = move |issue: &Issue| {
        let issue = *issue;
        let label = signal(move || issue_name(issue, store.t()).to_owned());
        let on = signal(move || store.refiner.read().draft.issues.contains(&issue));
        view! {
            <button
                type="button"
                class="oc-chip"
                aria-pressed=signal(move || on.get().to_string())
                data-testid=format!("issue-{}", issue.as_str())
                {..press(move || store.refiner.write().toggle(issue))}
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="oc-stack oc-tight" role="group" aria-label=store.label(|t| t.ref_issues)>
            <span class="oc-label">{store.label(|t| t.ref_issues)}</span>
            <div class="oc-chips">{Issue::ALL.iter().map(chip).together()}</div>
        </div>
    }
    .into_any()
}
