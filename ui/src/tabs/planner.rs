//! The Planner tab: what to plan, the run, the plan and where it goes.

mod form;
mod history;
pub mod model;
mod params;
mod result;

use leptos::prelude::*;
use model::{Model, Run};
use openclaw_shared::planner::{Phase, PlannerRequestError};

use crate::components::{Button, Look, error_card};
use crate::i18n::{Messages, fill};
use crate::store::{Part, Store};
use crate::tabs::Tab;

pub fn body(store: Store) -> impl IntoView {
    view! {
        {provider_line(store)}
        {form::view(store)}
        {failure(store)}
        {result::view(store)}
        {history::view(store)}
    }
}

/// Who writes the plans, and the way to change that.
fn provider_line(store: Store) -> impl IntoView {
    move || {
        store.provider_label().map(|label| {
            view! {
                <div class="oc-row oc-between oc-fine">
                    <span>{fill(store.t().planned_by, &[("provider", &label)])}</span>
                    <Button
                        label=store.label(|t| t.change_provider)
                        look=Look::Quiet
                        on_press=move || store.tab.set(Tab::Settings)
                    />
                </div>
            }
        })
    }
}

fn failure(store: Store) -> impl IntoView {
    let failed = Memo::new(move |_| {
        store.planner.with(|model| match &model.run {
            Run::Failed(failure) => Some(failure.clone()),
            _ => None,
        })
    });
    move || {
        failed.get().map(|failure| {
            let t = store.t();
            let actions = view! {
                <Button label=t.retry.to_owned() look=Look::Primary on_press=move || store.run_plan() />
                <Button label=t.tab_settings.to_owned() on_press=move || store.tab.set(Tab::Settings) />
            };
            error_card(t.stage_failed, failure.explain(t), t, move |id| store.copy(id), actions)
        })
    }
}

/// The stage in words; before the first run, why there can be none yet.
fn stage(model: &Model, t: &Messages) -> String {
    match &model.run {
        Run::Idle if model.draft_error() == Some(PlannerRequestError::NothingToPlan) => {
            t.draft_empty.to_owned()
        }
        Run::Idle => String::new(),
        Run::Running(running) => match running.phase {
            None => t.stage_sending,
            Some(Phase::Dispatch) => t.stage_dispatch,
            Some(Phase::Receive) => t.stage_receive,
            Some(Phase::Finalize) => t.stage_finalize,
        }
        .to_owned(),
        Run::Done { seconds } => fill(t.stage_done, &[("seconds", &format!("{seconds:.1}"))]),
        Run::Failed(_) => t.stage_failed.to_owned(),
        Run::Cancelled => t.stage_cancelled.to_owned(),
    }
}

pub fn footer(store: Store) -> impl IntoView {
    let stage = Memo::new(move |_| store.planner.with(|model| stage(model, store.t())));
    let started = Memo::new(move |_| store.planner.with(|model| model.running().map(|r| r.started)));
    let running = Signal::derive(move || started.get().is_some());
    let blocked = Memo::new(move |_| store.planner.with(|model| model.draft_error().is_some()));
    let has_plan = Memo::new(move |_| store.planner.with(|model| model.plan.is_some()));
    let elapsed = move || {
        started.get().map(|started| {
            let seconds = (store.now.get() - started).max(0.0) / 1000.0;
            fill(store.t().elapsed, &[("seconds", &format!("{seconds:.1}"))])
        })
    };
    let buttons = move || {
        if running.get() {
            return view! {
                <Button
                    label=store.label(|t| t.cancel)
                    testid="planner-cancel"
                    on_press=move || store.cancel_plan()
                />
            }
            .into_any();
        }
        let apply = has_plan.get() && store.host.has_graph();
        let look = if apply { Look::Plain } else { Look::Primary };
        view! {
            <Button
                label=store.label(|t| t.run)
                look=look
                testid="planner-run"
                disabled=blocked
                on_press=move || store.run_plan()
            />
            {apply.then(|| {
                view! {
                    <Button
                        label=store.label(|t| t.apply_all)
                        look=Look::Primary
                        testid="apply-all"
                        on_press=move || store.apply(&Part::ALL)
                    />
                }
            })}
        }
        .into_any()
    };
    view! {
        <footer class="oc-footer">
            <div class="oc-progress" class:oc-busy=running>
                <span role="status" data-testid="planner-stage">{stage}</span>
                // Spoken stages are enough: a clock that is read aloud ten times a second is noise.
                <span aria-hidden="true">{elapsed}</span>
            </div>
            <div class="oc-actions">{buttons}</div>
        </footer>
    }
}
