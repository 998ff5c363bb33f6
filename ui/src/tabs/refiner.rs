//! The Refiner tab: a picture and what is wrong with it in, better prompts and a few parameters out.

mod form;
pub mod model;
mod picture;
mod result;

use leptos::prelude::*;
use model::{Lack, Model};

use super::failure_card;
use super::footer::{FooterIds, run_footer};
use crate::components::{Button, Live, Look, live, memo, on};
use crate::store::{Kind, Store};
use crate::tabs::run::Run;
use openclaw_words::{Messages, fill};

pub fn body(store: Store) -> AnyView {
    view! {
        <div class="oc-stack" {..on("paste", move |event: web_sys::Event| picture::pasted(store, &event))}>
            {picture::view(store)}
            {form::view(store)}
            {failure(store)}
            {result::view(store)}
        </div>
    }
    .into_any()
}

fn failure(store: Store) -> Live {
    let failed = memo(move || match &store.refiner.read().runs.state {
        Run::Failed(failure) => Some(failure.clone()),
        _ => None,
    });
    live(move || {
        failed.get().map(|failure| {
            let t = store.t();
            let retry = view! {
                <Button label=t.retry.to_owned() look=Look::Primary on_press=move |()| store.run_refiner() />
            };
            failure_card(store, t.ref_failed, failure.explain(t), retry.into_any())
        })
    })
}

/// The stage in words; before the first run, what is still needed.
fn stage(model: &Model, t: &Messages) -> String {
    match (&model.runs.state, model.lack()) {
        (Run::Failed(_), _) => t.ref_failed.to_owned(),
        (Run::Idle, Some(Lack::Picture)) => t.ref_needs_picture.to_owned(),
        (Run::Idle, Some(Lack::Prompt)) => t.ref_needs_prompt.to_owned(),
        (Run::Idle, Some(Lack::TooLong)) => {
            let limit = openclaw_shared::refiner::RefinerRequest::MAX_PROMPT.to_string();
            fill(t.ref_too_long, &[("limit", &limit)])
        }
        _ => model.runs.stage(t),
    }
}

pub fn footer(store: Store) -> AnyView {
    let stage = memo(move || stage(&store.refiner.read(), store.t()));
    let started = memo(move || store.refiner.read().running().map(|run| run.started));
    let blocked = memo(move || store.refiner.read().lack().is_some());
    let has_result = memo(move || store.refiner.read().refined.is_some());
    let actions = live(move || {
        let apply = has_result.get() && store.host.has_graph();
        view! {
            <Button
                label=store.label(|t| t.ref_run)
                look=if apply { Look::Plain } else { Look::Primary }
                testid="refiner-run"
                disabled=blocked
                on_press=move |()| store.run_refiner()
            />
            {apply.then(|| {
                view! {
                    <Button
                        label=store.label(|t| t.apply)
                        look=Look::Primary
                        testid="refiner-apply"
                        on_press=move |()| store.apply_refined()
                    />
                }
            })}
        }
    });
    let ids = FooterIds { stage: "refiner-stage", cancel: "refiner-cancel" };
    run_footer(store, stage, started, Kind::Refiner, ids, actions)
}
