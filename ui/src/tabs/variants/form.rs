//! What to vary and how.

use leptos::prelude::*;
use openclaw_shared::params::between;
use openclaw_shared::variants::{SeedPolicy, VariantPolicy, VariantsRequest};

use super::{Made, model};
use crate::browser;
use crate::components::{Button, Choice, Icon, Look, Select, TextArea, TextInput, live, memo, signal};
use crate::store::Store;
use crate::tabs::{Tab, handover};
use openclaw_words::{Messages, fill};

pub fn view(store: Store, made: Made) -> AnyView {
    let read =
        move |part: fn(&VariantsRequest) -> &String| signal(move || part(&store.variants.read()).clone());
    let edit = move |part: fn(&mut VariantsRequest) -> &mut String| {
        move |text: String| *part(&mut store.variants.write()) = text
    };
    view! {
        <section class="oc-stack">
            {handover::from_graph(store, Tab::Variants)}
            <TextArea
                label=store.label(|t| t.positive)
                hint=store.label(|t| t.var_slots_hint)
                value=read(|request| &request.positive)
                on_input=edit(|request| &mut request.positive)
                testid="variants-positive"
                rows=3
            />
            <TextArea
                label=store.label(|t| t.negative)
                value=read(|request| &request.negative)
                on_input=edit(|request| &mut request.negative)
                testid="variants-negative"
            />
            <div class="oc-pair">
                {policy(store)}
                {count(store)}
                {ends(store)}
                {seeds(store)}
            </div>
            <details class="oc-fold">
                <summary>{store.label(|t| t.var_params)}</summary>
                <TextArea
                    label=store.label(|t| t.var_params)
                    hide_label=true
                    value=read(|request| &request.params_json)
                    on_input=edit(|request| &mut request.params_json)
                    testid="variants-params"
                    rows=3
                />
            </details>
            {live(move || made.read().is_none().then(|| {
                view! { <p class="oc-invalid" role="alert">{store.label(|t| t.var_bad_params)}</p> }
            }))}
        </section>
    }
    .into_any()
}

fn policy_name(policy: VariantPolicy, t: &Messages) -> &'static str {
    match policy {
        VariantPolicy::None => t.var_seeds_only,
        VariantPolicy::CfgSweep => t.param_cfg,
        VariantPolicy::StepsSweep => t.param_steps,
        VariantPolicy::SizeSweep => t.param_size,
        VariantPolicy::DenoiseSweep => t.param_denoise,
        VariantPolicy::SamplerScan => t.var_samplers,
        VariantPolicy::SchedulerScan => t.var_schedulers,
        VariantPolicy::PromptSlots => t.var_slots,
    }
}

fn policy(store: Store) -> AnyView {
    let choices = signal(move || {
        let choice = |policy: &VariantPolicy| Choice::new(policy.as_str(), policy_name(*policy, store.t()));
        VariantPolicy::ALL.iter().map(choice).collect::<Vec<_>>()
    });
    let choose = move |name: String| {
        if let Some(policy) = VariantPolicy::ALL.iter().find(|policy| policy.as_str() == name) {
            model::set_policy(&mut store.variants.write(), *policy);
        }
    };
    view! {
        <Select
            label=store.label(|t| t.var_vary)
            choices=choices
            value=signal(move || store.variants.read().variant_policy.as_str().to_owned())
            testid="variants-policy".to_owned()
            on_change=choose
        />
    }
    .into_any()
}

fn count(store: Store) -> AnyView {
    let typed = move |text: String| {
        let count = text.trim().parse().unwrap_or(store.variants.read_untracked().count);
        store.variants.write().count = count.clamp(1, VariantsRequest::MAX_COUNT);
    };
    // Only while it would change something.
    let all = live(move || {
        let request = store.variants.read();
        let all = model::all(&request).filter(|all| *all != request.count)?;
        let label = fill(store.t().var_all, &[("count", &all.to_string())]);
        let set = move |()| store.variants.write().count = all;
        Some(view! { <Button label=label look=Look::Quiet testid="variants-all" on_press=set /> })
    });
    view! {
        <div class="oc-stack oc-tight">
            <TextInput
                label=store.label(|t| t.var_count)
                kind="number"
                step="1"
                min="1".to_owned()
                max=VariantsRequest::MAX_COUNT.to_string()
                value=signal(move || store.variants.read().count.to_string())
                on_change=typed
                testid="variants-number".to_owned()
            />
            {all}
        </div>
    }
    .into_any()
}

/// The first and the last value of a sweep.
fn ends(store: Store) -> AnyView {
    let policy = memo(move || store.variants.read().variant_policy);
    let end = move |label: fn(&Messages) -> &'static str,
                    part: fn(&mut VariantsRequest) -> &mut f64,
                    testid: &str,
                    sweep: model::Sweep| {
        let typed = move |text: String| {
            let number = openclaw_shared::number::from_text(&text);
            let mut request = store.variants.write();
            if let Some(number) = number {
                *part(&mut request) = between(number, sweep.min, sweep.max);
            }
        };
        let value = move || {
            let mut request = store.variants.get();
            crate::graph::number_text(*part(&mut request))
        };
        view! {
            <TextInput
                label=store.label(label)
                kind="number"
                step=sweep.step
                min=crate::graph::number_text(sweep.min)
                max=crate::graph::number_text(sweep.max)
                value=signal(value)
                on_change=typed
                testid=testid.to_owned()
            />
        }
        .into_any()
    };
    live(move || {
        model::sweep(policy.get()).map(|sweep| {
            view! {
                {end(|t| t.var_from, |request| &mut request.sweep_start, "variants-from", sweep)}
                {end(|t| t.var_to, |request| &mut request.sweep_end, "variants-to", sweep)}
            }
        })
    })
    .into_any()
}

fn seeds(store: Store) -> AnyView {
    let choices = signal(move || {
        let t = store.t();
        let choice = |policy: &SeedPolicy| {
            let label = match policy {
                SeedPolicy::Fixed => t.seed_fixed,
                SeedPolicy::Increment => t.seed_increment,
                SeedPolicy::Randomized => t.seed_randomized,
            };
            Choice::new(policy.as_str(), label)
        };
        SeedPolicy::ALL.iter().map(choice).collect::<Vec<_>>()
    });
    let choose = move |name: String| {
        if let Some(policy) = SeedPolicy::ALL.iter().find(|policy| policy.as_str() == name) {
            store.variants.write().seed_policy = *policy;
        }
    };
    let typed = move |text: String| match text.trim().parse() {
        Ok(seed) => store.variants.write().seed_base = seed,
        // Shows the number in force again.
        Err(_) => store.variants.notify(),
    };
    view! {
        <Select
            label=store.label(|t| t.var_seeds)
            choices=choices
            value=signal(move || store.variants.read().seed_policy.as_str().to_owned())
            testid="variants-seeds".to_owned()
            on_change=choose
        />
        <div class="oc-row oc-end">
            <TextInput
                label=store.label(|t| t.var_seed_base)
                kind="number"
                step="1"
                min="0".to_owned()
                value=signal(move || store.variants.read().seed_base.to_string())
                on_change=typed
                testid="variants-seed".to_owned()
            />
            <Button
                label=store.label(|t| t.seed_new)
                symbol=Icon::Dice
                icon_only=true
                on_press=move |()| store.variants.write().seed_base = browser::random_seed()
            />
        </div>
    }
    .into_any()
}
