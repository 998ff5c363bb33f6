//! The Planner tab: what to plan, the run, the plan and where it goes.

mod form;
mod history;
pub mod model;
mod params;
mod result;

use leptos::prelude::*;
use model::Model;
use openclaw_shared::planner::PlannerRequestError;

use super::failure_card;
use super::footer::{FooterIds, run_footer};
use crate::components::{Button, Live, Look, live, memo};
use crate::store::{Kind, Part, Store};
use crate::tabs::Tab;
use crate::tabs::run::Run;
use openclaw_words::{Messages, fill};

pub fn body(store: Store) -> AnyView {
    view! {
        {provider_line(store)}
        {form::view(store)}
        {failure(store)}
        {result::view(store)}
        {history::view(store)}
    }
    .into_any()
}

/// Who writes the plans, and the way to change that.
fn provider_line(store: Store) -> Live {
    live(move || {
        store.provider_label().map(|label| {
            view! {
                <div class="oc-row oc-between oc-fine">
                    <span>{fill(store.t().planned_by, &[("provider", &label)])}</span>
                    <Button
                        label=store.label(|t| t.change_provider)
                        look=Look::Quiet
                        on_press=move |()| store.tab.set(Tab::Settings)
                    />
                </div>
            }
        })
    })
}

fn failure(store: Store) -> Live {
    let failed = memo(move || match &store.planner.read().runs.state {
        Run::Failed(failure) => Some(failure.clone()),
        _ => None,
    });
    live(move || {
        failed.get().map(|failure| {
            let t = store.t();
            let actions = view! {
                <Button label=t.retry.to_owned() look=Look::Primary on_press=move |()| store.run_plan() />
                <Button label=t.tab_settings.to_owned() on_press=move |()| store.tab.set(Tab::Settings) />
            };
            failure_card(store, t.stage_failed, failure.explain(t), actions.into_any())
        })
    })
}

/// The stage in words; before the first run, why there can be none yet.
fn stage(model: &Model, t: &Messages) -> String {
    if model.runs.state == Run::Idle && model.draft_error() == Some(PlannerRequestError::NothingToPlan) {
        t.draft_empty.to_owned()
    } else {
        model.runs.stage(t)
    }
}

pub fn footer(store: Store) -> AnyView {
    let stage = memo(move || stage(&store.planner.read(), store.t()));
    let started = memo(move || store.planner.read().running().map(|run| run.started));
    let blocked = memo(move || store.planner.read().draft_error().is_some());
    let has_plan = memo(move || store.planner.read().plan.is_some());
    let actions = live(move || {
        let apply = has_plan.get() && store.host.has_graph();
        view! {
            <Button
                label=store.label(|t| t.run)
                look=if apply { Look::Plain } else { Look::Primary }
                testid="planner-run"
                disabled=blocked
                on_press=move |()| store.run_plan()
            />
            {apply.then(|| {
                view! {
                    <Button
                        label=store.label(|t| t.apply_all)
                        look=Look::Primary
                        testid="apply-all"
                        on_press=move |()| store.apply(&Part::ALL)
                    />
                }
            })}
        }
    });
    let ids = FooterIds { stage: "planner-stage", cancel: "planner-cancel" };
    run_footer(store, stage, started, Kind::Planner, ids, actions)
}
