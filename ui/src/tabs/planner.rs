//! The Planner tab: what to plan, the run, the plan and where it goes.

mod form;
mod history;
pub mod model;
mod params;
mod result;

use leptos::prelude::*;
use model::{Model, Run};
use openclaw_shared::assist::Phase;
use openclaw_shared::planner::PlannerRequestError;

use super::failure_card;
use crate::components::{Button, Live, Look, live};
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
    let failed = Memo::new(move |_| match &store.planner.read().run {
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
        Run::Done { seconds } => fill(t.stage_done, &[("seconds", &tenths(*seconds))]),
        Run::Failed(_) => t.stage_failed.to_owned(),
        Run::Cancelled => t.stage_cancelled.to_owned(),
    }
}

/// Seconds with one decimal.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a run is short and not negative"
)]
fn tenths(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() as u64;
    format!("{}.{}", tenths / 10, tenths % 10)
}

pub fn footer(store: Store) -> impl IntoView {
    let stage = Memo::new(move |_| stage(&store.planner.read(), store.t()));
    let started = Memo::new(move |_| store.planner.read().running().map(|run| run.started));
    let running = Signal::derive(move || started.get().is_some());
    let blocked = Memo::new(move |_| store.planner.read().draft_error().is_some());
    let has_plan = Memo::new(move |_| store.planner.read().plan.is_some());
    let elapsed = Signal::derive(move || {
        started.get().map(|started| {
            let seconds = (store.now.get() - started).max(0.0) / 1000.0;
            fill(store.t().elapsed, &[("seconds", &tenths(seconds))])
        })
    });
    let buttons = live(move || {
        if running.get() {
            return view! {
                <Button
                    label=store.label(|t| t.cancel)
                    testid="planner-cancel"
                    on_press=move |()| store.cancel_plan()
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
        .into_any()
    });
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
