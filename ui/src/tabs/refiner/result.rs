//! What the refiner would change: words in the prompts, and parameters one by one.

use leptos::prelude::*;
use openclaw_shared::assist::Field;

use super::model::{Change, Refined};
use crate::components::{Button, Check, Together, diff, live, memo, signal};
use crate::diff::words;
use crate::recipe::Recipe;
use crate::store::Store;
use crate::tabs::variants::model::short;
use crate::tabs::written::{Name, written};
use crate::tabs::{Tab, handover};

pub fn view(store: Store) -> AnyView {
    let running = memo(move || store.refiner.read().running().is_some());
    let any = memo(move || running.get() || store.refiner.read().refined.is_some());
    live(move || {
        if !any.get() {
            return view! { <p class="oc-empty">{store.label(|t| t.ref_empty)}</p> }.into_any();
        }
        view! {
            <section class="oc-stack oc-result" data-testid="refined">
                {prompt(store, running, Field::Positive)}
                {prompt(store, running, Field::Negative)}
                {live(move || (!running.get()).then(|| view! { {changes(store)} {rationale(store)} {actions(store)} }))}
            </section>
        }
        .into_any()
    })
    .into_any()
}

fn prompt(store: Store, running: Memo<bool>, field: Field) -> AnyView {
    let positive = field == Field::Positive;
    let part = move |refined: &Refined| if positive { &refined.positive } else { &refined.negative }.clone();
    let label = store.label(if positive { |t| t.positive } else { |t| t.negative });
    let (text_id, copy_id, diff_id) = if positive {
        ("refined-positive", "copy-refined-positive", "refined-diff")
    } else {
        ("refined-negative", "copy-refined-negative", "refined-diff-negative")
    };
    let text = memo(move || {
        let model = store.refiner.read();
        match (model.running(), &model.refined) {
            (Some(running), _) => running.text(field).to_owned(),
            (None, Some(refined)) => part(refined),
            (None, None) => String::new(),
        }
    });
    let before = memo(move || {
        let original = &store.refiner.read().draft.original;
        if positive { &original.positive } else { &original.negative }.clone()
    });
    let edit = move |words: String| {
        if let Some(refined) = &mut store.refiner.write().refined {
            *(if positive { &mut refined.positive } else { &mut refined.negative }) = words;
        }
    };
    let changed = live(move || {
        let (before, text) = (before.get(), text.get());
        if running.get() {
            return ().into_any();
        }
        if before == text {
            return view! { <p class="oc-fine">{store.t().ref_same}</p> }.into_any();
        }
        view! { <p class="oc-diff" data-testid=diff_id>{diff(words(&before, &text))}</p> }.into_any()
    });
    written(store, Name { label, text_id, copy_id }, text, running, edit, changed.into_any())
}

/// Before and after, with a check box a row.
fn changes(store: Store) -> AnyView {
    let fields = memo(move || {
        let model = store.refiner.read();
        let changes = model.refined.iter().flat_map(|refined| &refined.changes);
        changes.map(|change| change.field.clone()).collect::<Vec<_>>()
    });
    let row = move |(at, field): (usize, String)| {
        let change = move || {
            let model = store.refiner.read();
            model.refined.as_ref().and_then(|refined| refined.changes.get(at).cloned())
        };
        let part =
            move |part: fn(&Change) -> String| signal(move || change().map(|c| part(&c)).unwrap_or_default());
        let set = move |on: bool| {
            if let Some(change) = store.refiner.write().refined.as_mut().and_then(|r| r.changes.get_mut(at)) {
                change.on = on;
            }
        };
        let testid = format!("patch-{field}");
        let label = signal(move || store.t().param(&field).to_owned());
        view! {
            <tr>
                <th scope="row">
                    <Check
                        label=label
                        checked=signal(move || change().is_some_and(|change| change.on))
                        on_change=set
                        testid=testid
                    />
                </th>
                <td>{part(|change| change.before.as_ref().map_or_else(|| "–".to_owned(), short))}</td>
                <td>{part(|change| short(&change.after))}</td>
            </tr>
        }
    };
    live(move || {
        let fields = fields.get();
        (!fields.is_empty()).then(|| {
            view! {
                <table class="oc-table" data-testid="refined-params">
                    <thead>
                        <tr>
                            <th scope="col">{store.label(|t| t.params)}</th>
                            <th scope="col">{store.label(|t| t.before)}</th>
                            <th scope="col">{store.label(|t| t.after)}</th>
                        </tr>
                    </thead>
                    <tbody>{fields.into_iter().enumerate().map(row).together()}</tbody>
                </table>
            }
        })
    })
    .into_any()
}

fn rationale(store: Store) -> AnyView {
    let text = signal(move || {
        store.refiner.read().refined.as_ref().map(|refined| refined.rationale.clone()).unwrap_or_default()
    });
    view! {
        <p class="oc-fine" data-testid="refined-rationale">{text}</p>
    }
    .into_any()
}

fn actions(store: Store) -> AnyView {
    view! {
        <div class="oc-row oc-wrap">
            <Button
                label=store.label(|t| t.ref_iterate)
                testid="refiner-iterate"
                on_press=move |()| store.refiner.write().iterate()
            />
            {store.host.has_graph().then(|| view! {
                <Button label=store.label(|t| t.queue) on_press=move |()| store.queue_now() />
            })}
        </div>
        {handover::buttons(store, Tab::Refiner, move || {
            let model = store.refiner.read_untracked();
            let Recipe { positive, negative, params } = model.refined.as_ref()?.recipe();
            let mut all = model.draft.original.params.clone();
            all.extend(params);
            Some(Recipe { positive, negative, params: all })
        })}
    }
    .into_any()
}
