//! A picture as large as the page, alone or beside another, with the zoom of all.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::model::axes;
use super::zoom::Seen;
use super::{caption, grid};
use crate::components::{Button, Look, live, memo, on, signal};
use crate::store::Store;
use crate::tabs::lightbox::{lightbox, steps};

pub fn view(store: Store) -> AnyView {
    let open = memo(move || store.grid.seen.get().is_some());
    let content = live(move || {
        view! {
            <div
                class="oc-beside"
                role="group"
                tabindex="0"
                aria-label=store.label(|t| t.batch_zoom_hint)
                style=signal(move || store.grid.zoom.get().style())
                {..on("wheel", move |event| grid::wheel(store, &event, false))}
                {..on("keydown", move |event| key(store, &event))}
            >
                {live(move || store.grid.seen.get().map(|seen| view! {
                    {seen.beside.map(|at| figure(store, at))}
                    {figure(store, seen.at)}
                }))}
            </div>
            {grid::zoom(store)}
        }
    });
    let alone = memo(move || store.grid.seen.get().is_none_or(|seen| seen.beside.is_none()));
    let beside = move |()| {
        if let Some(seen) = store.grid.seen.get_untracked() {
            let beside = seen.beside.is_none().then_some(seen.at);
            let next = if beside.is_some() { seen.step(true, count(store)) } else { seen };
            store.grid.seen.set(Some(Seen { beside, ..next }));
        }
    };
    let label = signal(move || {
        let t = store.t();
        if alone.get() { t.batch_beside } else { t.batch_alone }.to_owned()
    });
    let actions = live(move || {
        view! {
            <span class="oc-row oc-wrap">
                {steps(store, move |forward| step(store, forward))}
                <Button label=label testid="batch-beside" on_press=beside />
            </span>
        }
    });
    lightbox(store, open, |store| store.grid.seen.set(None), content, actions)
}

fn count(store: Store) -> usize {
    store.grid.batch.read_untracked().as_ref().map_or(0, |batch| batch.cells.len())
}

fn step(store: Store, forward: bool) {
    if let Some(seen) = store.grid.seen.get_untracked() {
        store.grid.seen.set(Some(seen.step(forward, count(store))));
    }
}

/// Arrows go from picture to picture; with Shift they move what is shown of them.
fn key(store: Store, event: &KeyboardEvent) {
    let zoom = store.grid.zoom.get_untracked();
    let own = event.target().is_some_and(|target| !target.has_type::<web_sys::HtmlInputElement>());
    let (x, y) = match event.key().as_str() {
        "ArrowLeft" => (10.0, 0.0),
        "ArrowRight" => (-10.0, 0.0),
        "ArrowUp" => (0.0, 10.0),
        "ArrowDown" => (0.0, -10.0),
        "+" | "=" => return store.grid.zoom.set(zoom.to(zoom.scale * 1.25)),
        "-" => return store.grid.zoom.set(zoom.to(zoom.scale * 0.8)),
        _ => return,
    };
    if !own {
        return;
    }
    event.prevent_default();
    if event.shift_key() {
        store.grid.zoom.set(zoom.moved(x, y));
    } else if x != 0.0 {
        step(store, x < 0.0);
    }
}

fn figure(store: Store, at: usize) -> AnyView {
    let t = store.t();
    let label = memo(move || {
        let batch = store.grid.batch.read_untracked();
        let Some(batch) = batch.as_ref() else { return String::new() };
        caption(&axes(&batch.request, batch.options, &batch.variants()), at, store.t())
    });
    let (cell, chosen) = grid::watched(store, at);
    let error = live(move || {
        let error = cell.get().map(|cell| cell.error).filter(|error| !error.is_empty());
        error.map(|error| view! { <p class="oc-invalid">{error}</p> })
    });
    let apply = view! {
        <Button
            label=signal(move || if chosen.get() { store.t().batch_chosen } else { store.t().batch_choose }.to_owned())
            look=Look::Primary
            testid="batch-choose"
            on_press=move |()| store.choose_picture(at)
        />
    };
    view! {
        <figure class="oc-figure" data-testid="batch-large">
            <div class="oc-shot" title=t.batch_zoom_hint {..on("pointermove", move |event| grid::drag(store, &event))}>
                {live(move || cell.get().map(|cell| grid::content(store, &cell)))}
            </div>
            <figcaption class="oc-row oc-between">
                <span class="oc-grow">{label}</span>
                {apply}
            </figcaption>
            {error}
        </figure>
    }
    .into_any()
}
