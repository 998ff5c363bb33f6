//! The picture: dropped, pasted, chosen from a file or from what this ComfyUI made last.

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::Event;

use crate::browser::Picture;
use crate::components::{Button, Look, Together, live, on, press};
use crate::host::Output;
use crate::js;
use crate::store::Store;
use openclaw_words::fill;

/// Takes the first picture among the files of a drop or a paste; false when there is none.
fn take(store: Store, transfer: &JsValue) -> bool {
    let files = js::get(transfer, "files");
    let count = js::get(&files, "length").as_f64().unwrap_or_default();
    let file = (0..16).take_while(|at| f64::from(*at) < count).map(|at| js::get(&files, &at.to_string()));
    let is_picture = |file: &JsValue| js::text(file, "type").is_some_and(|kind| kind.starts_with("image/"));
    let Some(file) = file.into_iter().find(is_picture) else { return false };
    let name = js::text(&file, "name").unwrap_or_default();
    store.take_file(file, name);
    true
}

/// A pasted picture is the picture; pasted text stays with the field it went to.
pub fn pasted(store: Store, event: &JsValue) {
    if take(store, &js::get(event, "clipboardData")) {
        let _ = js::call(event, "preventDefault", &[]);
        // The host would make a node of it.
        let _ = js::call(event, "stopPropagation", &[]);
    }
}

fn dropped(store: Store, event: &JsValue) {
    let _ = js::call(event, "preventDefault", &[]);
    let _ = js::call(event, "stopPropagation", &[]);
    take(store, &js::get(event, "dataTransfer"));
}

pub fn view(store: Store) -> AnyView {
    let over = RwSignal::new(false);
    let shown = live(move || match store.refiner.read().picture.clone() {
        Some(picture) => preview(store, &picture),
        None => chooser(store),
    });
    view! {
        <section
            class="oc-drop"
            class:oc-over=over
            data-testid="refiner-drop"
            {..on("dragover", move |event: Event| {
                event.prevent_default();
                over.set(true);
            })}
            {..on("dragleave", move |_: Event| over.set(false))}
            {..on("drop", move |event: Event| {
                over.set(false);
                dropped(store, &event);
            })}
        >
            {shown}
            {live(move || store.outputs.get().map(|outputs| recent(store, outputs)))}
        </section>
    }
    .into_any()
}

fn preview(store: Store, picture: &Picture) -> AnyView {
    let Picture { data_url, name, width, height } = picture.clone();
    let size = format!("{width} × {height}");
    view! {
        <img class="oc-picture" src=data_url alt=name.clone() data-testid="refiner-picture" />
        <div class="oc-row oc-between">
            <span class="oc-fine oc-clip">{size} " " {name}</span>
            <Button
                label=store.label(|t| t.remove)
                look=Look::Quiet
                testid="refiner-remove"
                on_press=move |()| store.refiner.write().picture = None
            />
        </div>
    }
    .into_any()
}

fn chooser(store: Store) -> AnyView {
    let chosen = move |event: &JsValue| {
        let input = js::get(event, "target");
        take(store, &input);
        // The same file can be chosen again after it was removed.
        js::set(&input, "value", &"".into());
    };
    let outputs = store.host.has_graph().then(|| {
        view! {
            <Button
                label=store.label(|t| t.ref_recent)
                testid="refiner-recent"
                on_press=move |()| store.toggle_outputs()
            />
        }
    });
    view! {
        <p class="oc-fine">{store.label(|t| t.ref_drop)}</p>
        <div class="oc-row oc-wrap">
            <label class="oc-button oc-file">
                {store.label(|t| t.ref_choose)}
                <input
                    type="file"
                    accept="image/*"
                    data-testid="refiner-file"
                    {..on("change", move |event: Event| chosen(&event))}
                />
            </label>
            {outputs}
        </div>
    }
    .into_any()
}

fn recent(store: Store, outputs: Vec<Output>) -> AnyView {
    if outputs.is_empty() {
        return view! { <p class="oc-empty">{store.label(|t| t.ref_no_outputs)}</p> }.into_any();
    }
    let item = move |output: Output| {
        let taken = output.clone();
        let take = move || store.take_output(taken.clone());
        let label = fill(store.t().ref_use_output, &[("name", &output.filename)]);
        view! {
            <button
                type="button"
                class="oc-thumb"
                title=label.clone()
                aria-label=label
                data-testid="refiner-output"
                {..press(take)}
            >
                <img src=store.host.picture_url(&output) alt="" loading="lazy" />
            </button>
        }
    };
    view! { <div class="oc-thumbs">{outputs.into_iter().map(item).together()}</div> }.into_any()
}
