//! Variants run one after another, and what came of them side by side.

mod grid;
mod large;
pub mod model;
pub mod zoom;

use leptos::prelude::*;
use openclaw_words::{Messages, fill};

use super::model as variants;
use crate::components::{Button, Choice, Look, Select, live, memo, signal};
use crate::store::Store;
use model::{Axis, Options, Varies};

/// How to run it, and what would not be applied.
pub fn options(store: Store) -> AnyView {
    let number = move |label, testid: &str, most: u32, part: fn(&mut Options) -> &mut u32| {
        let choices = (1..=most).map(|number| Choice::new(number.to_string(), number.to_string()));
        let value = move || part(&mut store.grid.options.get()).to_string();
        let choose = move |text: String| *part(&mut store.grid.options.write()) = text.parse().unwrap_or(1);
        view! {
            <Select
                label=store.label(label)
                choices=Signal::stored(choices.collect::<Vec<_>>())
                value=signal(value)
                testid=testid.to_owned()
                on_change=choose
            />
        }
        .into_any()
    };
    let unplaced = live(move || {
        let request = store.variants.read();
        let first = request.expand().ok()?.into_iter().next()?;
        let places = store.batch_places();
        let t = store.t();
        let fields = model::unplaced(&variants::recipe(&request, &first), &places);
        let named: Vec<_> = fields.iter().map(|field| field_name(field, t)).collect();
        (!named.is_empty()).then(|| {
            let words = fill(t.batch_unplaced, &[("fields", &named.join(", "))]);
            view! { <p class="oc-fine" data-testid="batch-unplaced">{words}</p> }
        })
    });
    view! {
        <section class="oc-stack oc-tight oc-result">
            <h3 class="oc-title">{store.label(|t| t.batch_run)}</h3>
            <div class="oc-pair">
                {number(|t| t.batch_at_once, "batch-at-once", Options::MAX_AT_ONCE, |options| &mut options.at_once)}
                {number(|t| t.batch_seeds, "batch-seeds", Options::MAX_SEEDS, |options| &mut options.seeds)}
            </div>
            <p class="oc-fine">{store.label(|t| t.batch_untouched)}</p>
            {unplaced}
        </section>
    }
    .into_any()
}

/// What came of the last batch.
pub fn results(store: Store) -> AnyView {
    // Only another batch makes another grid: its pictures follow by themselves.
    let which = memo(move || store.grid.batch.read().as_ref().map(|batch| batch.started));
    live(move || which.get().map(|_| shown(store))).into_any()
}

fn shown(store: Store) -> AnyView {
    let trouble = live(move || {
        store.grid.trouble.get().map(|why| view! { <p class="oc-invalid" role="alert">{why}</p> })
    });
    let again = live(move || {
        let counts = store.grid.batch.read().as_ref().filter(|batch| batch.ended.is_some())?.counts();
        (counts.left > 0).then(|| {
            let label = fill(store.t().batch_again, &[("count", &counts.left.to_string())]);
            view! { <Button label=label testid="batch-again" on_press=move |()| store.again_batch() /> }
        })
    });
    let ended = memo(move || store.grid.batch.read().as_ref().is_some_and(|batch| batch.ended.is_some()));
    let remove = live(move || {
        ended.get().then(|| {
            view! {
                <Button
                    label=store.label(|t| t.remove)
                    look=Look::Quiet
                    testid="batch-remove"
                    on_press=move |()| store.clear_batch()
                />
            }
        })
    });
    view! {
        <section class="oc-stack oc-tight oc-result" data-testid="batch">
            <div class="oc-row oc-between">
                <h3 class="oc-title">{store.label(|t| t.batch_title)}</h3>
                {remove}
            </div>
            {trouble}
            {grid::view(store)}
            <div class="oc-row oc-wrap">
                {again}
                <Button
                    label=store.label(|t| t.export)
                    testid="batch-json"
                    on_press=move |()| store.export_batch("json", variants::to_json)
                />
                <Button
                    label=store.label(|t| t.export_csv)
                    testid="batch-csv"
                    on_press=move |()| store.export_batch("csv", variants::to_csv)
                />
            </div>
        </section>
        {large::view(store)}
    }
    .into_any()
}

fn field_name(field: &str, t: &Messages) -> &'static str {
    match field {
        "positive" => t.positive,
        "negative" => t.negative,
        field => t.param(field),
    }
}

fn axis_name(axis: &Axis, t: &Messages) -> String {
    match axis.varies {
        Varies::Param("width") => t.param_size.to_owned(),
        Varies::Param(field) => t.param(field).to_owned(),
        Varies::Slot(number) => fill(t.batch_slot, &[("number", &number.to_string())]),
        Varies::Number => t.batch_variant.to_owned(),
    }
}

/// One value of an axis; an empty choice of a slot is shown, too.
fn value(axis: &Axis, at: usize) -> &str {
    axis.values.get(at).filter(|value| !value.is_empty()).map_or("–", String::as_str)
}

/// What tells this picture from the others.
fn caption(axes: &[Axis], picture: usize, t: &Messages) -> String {
    let part = |axis: &Axis| [&axis_name(axis, t), " ", value(axis, axis.of(picture))].concat();
    axes.iter().map(part).collect::<Vec<_>>().join(" · ")
}
