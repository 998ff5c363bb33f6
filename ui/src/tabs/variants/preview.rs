//! What the request makes, one row a variant.

use leptos::prelude::*;
use openclaw_shared::variants::{Variant, VariantPolicy, VariantsRequest};

use super::{Made, model};
use crate::components::{Button, Icon, Look, Together, live, signal};
use crate::recipe::Recipe;
use crate::store::{Part, Store, Write};
use crate::tabs::{Tab, handover};
use openclaw_words::Messages;

pub fn view(store: Store, made: Made) -> AnyView {
    let nothing = signal(move || made.read().is_none());
    let export = move |extension: &'static str, label, testid, write: Write| {
        view! {
            <Button
                label=store.label(label)
                testid=testid
                disabled=nothing
                on_press=move |()| store.export_variants(extension, write)
            />
        }
        .into_any()
    };
    let list = live(move || {
        let request = store.variants.get();
        let made = made.get().unwrap_or_default();
        let rows = made.into_iter().enumerate().map(|(at, variant)| row(store, at, &request, &variant));
        view! { <ol class="oc-list oc-variants" data-testid="variants-list">{rows.together()}</ol> }
    });
    view! {
        <section class="oc-stack oc-tight oc-result">
            <h3 class="oc-title">{store.label(|t| t.var_preview)}</h3>
            <div class="oc-row oc-wrap">
                {export("json", |t| t.export, "variants-json", model::to_json)}
                {export("csv", |t| t.export_csv, "variants-csv", model::to_csv)}
            </div>
            {list}
            {handover::buttons(store, Tab::Variants, move || {
                let request = store.variants.get_untracked();
                let params = crate::recipe::object(serde_json::from_str(&request.params_json).unwrap_or_default());
                Some(Recipe { positive: request.positive, negative: request.negative, params })
            })}
        </section>
    }
    .into_any()
}

/// The values that tell a variant from the others.
fn values(request: &VariantsRequest, variant: &Variant, t: &Messages) -> String {
    let value = |field: &str| {
        let label = if field == "width" { t.param_size } else { t.param(field) };
        format!("{label} {}", model::short(&variant.params[field]))
    };
    let varied = model::varied(request).into_iter().filter(|field| *field != "height");
    let values: Vec<_> = varied.map(value).collect();
    if values.is_empty() { value("seed") } else { values.join(" · ") }
}

fn row(store: Store, at: usize, request: &VariantsRequest, variant: &Variant) -> AnyView {
    let t = store.t();
    let values = values(request, variant, t);
    let wording = (request.variant_policy == VariantPolicy::PromptSlots)
        .then(|| view! { <span class="oc-wording">{variant.positive.clone()}</span> });
    let recipe = model::recipe(request, variant);
    let copied = variant.positive.clone();
    let apply = store.host.has_graph().then(|| {
        let label = format!("{} {}", t.apply, at + 1);
        view! {
            <Button
                label=label
                look=Look::Quiet
                symbol=Icon::Check
                icon_only=true
                testid="variants-apply"
                on_press=move |()| store.apply_variant(&recipe, &Part::ALL)
            />
        }
    });
    view! {
        <li class="oc-row">
            <span class="oc-number">{(at + 1).to_string()}</span>
            <span class="oc-grow">{wording} <span class="oc-fine">{values}</span></span>
            <Button
                label=format!("{} {}", t.copy, at + 1)
                look=Look::Quiet
                symbol=Icon::Copy
                icon_only=true
                on_press=move |()| store.copy(copied.clone())
            />
            {apply}
        </li>
    }
    .into_any()
}
