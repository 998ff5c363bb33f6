//! The parameters beside what the graph has now.

use leptos::prelude::*;
use openclaw_shared::params::{GenerationParams, SAMPLERS, SCHEDULERS};

use super::model::Plan;
use crate::components::{Button, Choice, Select, TextInput, Together, live, memo, signal};
use crate::graph::param;
use crate::store::{Part, Store};

pub fn view(store: Store) -> impl IntoView {
    let in_graph = memo(move || {
        let family = store.planner.read().plan.as_ref().map(Plan::family);
        store.graph.read().param_widgets(family)
    });
    let nothing = signal(move || in_graph.read().is_empty());
    let rows = GenerationParams::FIELDS.map(|field| {
        let planned = memo(move || {
            let value = store.planner.read().plan.as_ref().and_then(|plan| param(&plan.params, field));
            value.map(|value| value.to_string()).unwrap_or_default()
        });
        let now = memo(move || {
            in_graph.read().iter().find(|(name, _)| *name == field).map(|(_, w)| w.value.to_string())
        });
        let differs = signal(move || now.get().is_some_and(|now| now != planned.get()));
        let before = signal(move || {
            now.get().filter(|_| differs.get()).map(|now| format!("{}: {now}", store.t().now))
        });
        view! {
            <div class="oc-param" class:oc-differs=differs>
                {input(store, field, planned)}
                <span class="oc-now">{before}</span>
            </div>
        }
    });
    let apply = store.host.has_graph().then(|| {
        view! {
            <Button
                label=store.label(|t| t.apply)
                testid="apply-params"
                disabled=nothing
                on_press=move |()| store.apply(&[Part::Params])
            />
        }
    });
    let hint = live(move || {
        (store.host.has_graph() && nothing.get())
            .then(|| view! { <p class="oc-fine">{store.label(|t| t.no_sampler)}</p> })
    });
    view! {
        <div class="oc-stack oc-tight" data-testid="plan-params">
            <div class="oc-row oc-between">
                <h3 class="oc-title">{store.label(|t| t.params)}</h3>
                {apply}
            </div>
            <div class="oc-params">{rows.into_iter().together()}</div>
            {hint}
        </div>
    }
}

fn input(store: Store, field: &'static str, value: Memo<String>) -> AnyView {
    let label = signal(move || store.t().param(field).to_owned());
    let testid = format!("param-{field}");
    let set = move |text: String| {
        if let Some(plan) = &mut store.planner.write().plan {
            plan.set_param(field, &text);
        }
    };
    let known = match field {
        "sampler_name" => SAMPLERS,
        "scheduler" => SCHEDULERS,
        _ => {
            return view! { <TextInput label=label kind="number" value=value on_change=set testid=testid /> }
                .into_any();
        }
    };
    let choices: Vec<_> = known.iter().map(|name| Choice::new(*name, *name)).collect();
    view! {
        <Select label=label choices=Signal::stored(choices) value=value on_change=set testid=testid />
    }
    .into_any()
}
