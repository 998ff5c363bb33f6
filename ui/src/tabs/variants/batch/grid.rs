//! Every picture in its place, as it comes.

use leptos::ev::{MouseEvent, PointerEvent, WheelEvent};
use leptos::prelude::*;
use openclaw_shared::job::JobState;
use openclaw_shared::number;
use openclaw_words::Messages;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement};

use super::model::{Axis, Cell, axes};
use super::zoom::{Seen, Zoom};
use super::{axis_name, caption, value};
use crate::components::{Button, Icon, Look, Together, icon, live, memo, on, signal};
use crate::graph::number_text;
use crate::store::Store;
use crate::tabs::jobs::state_name;

pub fn view(store: Store) -> AnyView {
    let content = live(move || {
        let t = store.t();
        let batch = store.grid.batch.get_untracked()?;
        let axes = axes(&batch.request, batch.options, &batch.variants());
        if let [columns, rows, others @ ..] = axes.as_slice() {
            return Some(sections(store, &axes, columns, rows, others, batch.cells.len(), t));
        }
        let item = |at| {
            let label = caption(&axes, at, t);
            view! { <li>{shot(store, at, label.clone())} <span class="oc-fine">{label}</span></li> }
        };
        let items = (0..batch.cells.len()).map(item).together();
        Some(view! { <ul class="oc-shots">{items}</ul> }.into_any())
    });
    view! {
        {zoom(store)}
        <div
            data-testid="batch-grid"
            style=signal(move || store.grid.zoom.get().style())
            {..on("wheel", move |event| wheel(store, &event, true))}
        >
            {content}
        </div>
    }
    .into_any()
}

/// One table for each combination of what is neither a column nor a row.
fn sections(
    store: Store,
    axes: &[Axis],
    columns: &Axis,
    rows: &Axis,
    others: &[Axis],
    count: usize,
    t: &'static Messages,
) -> AnyView {
    let places = |picture: usize| others.iter().map(|axis| axis.of(picture)).collect::<Vec<_>>();
    let mut sections: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for picture in 0..count {
        let place = places(picture);
        match sections.iter_mut().find(|(known, _)| *known == place) {
            Some((_, pictures)) => pictures.push(picture),
            None => sections.push((place, vec![picture])),
        }
    }
    let section = |(_, pictures): (Vec<usize>, Vec<usize>)| {
        let title = (!others.is_empty()).then(|| caption(others, pictures[0], t));
        let title = title.map(|title| view! { <h4 class="oc-fine">{title}</h4> });
        view! { {title} {table(store, axes, columns, rows, &pictures, t)} }
    };
    sections.into_iter().map(section).together().into_any()
}

fn table(
    store: Store,
    axes: &[Axis],
    columns: &Axis,
    rows: &Axis,
    pictures: &[usize],
    t: &'static Messages,
) -> AnyView {
    let head = |at| view! { <th scope="col">{value(columns, at).to_owned()}</th> };
    let cell = |row: usize, column: usize| {
        let picture = pictures.iter().copied().find(|at| columns.of(*at) == column && rows.of(*at) == row);
        let inner = picture.map(|at| shot(store, at, caption(axes, at, t)));
        view! { <td>{inner}</td> }
    };
    let row = |row| {
        let cells = (0..columns.values.len()).map(|column| cell(row, column)).together();
        view! { <tr><th scope="row">{value(rows, row).to_owned()}</th> {cells}</tr> }
    };
    let directions = [&axis_name(columns, t), " → · ", &axis_name(rows, t), " ↓"].concat();
    let label = directions.clone();
    view! {
        <div class="oc-across" tabindex="0" role="group" aria-label=label>
            <table class="oc-xy">
                <caption class="oc-fine">{directions}</caption>
                <thead>
                    <tr>
                        <td></td>
                        {(0..columns.values.len()).map(head).together()}
                    </tr>
                </thead>
                <tbody>{(0..rows.values.len()).map(row).together()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A picture of the batch, and whether it is the one that was chosen.
pub fn watched(store: Store, at: usize) -> (Memo<Option<Cell>>, Memo<bool>) {
    let cell = memo(move || store.grid.batch.read().as_ref().and_then(|batch| batch.cells.get(at).cloned()));
    (cell, memo(move || store.grid.batch.read().as_ref().is_some_and(|batch| batch.winner == Some(at))))
}

fn shot(store: Store, at: usize, label: String) -> AnyView {
    let (cell, chosen) = watched(store, at);
    let name = signal(move || {
        let t = store.t();
        let state = cell.read().as_ref().map_or("", |cell| state_name(cell.state, t));
        let chosen = if chosen.get() { [", ", t.batch_chosen].concat() } else { String::new() };
        [&label, ": ", state, &chosen].concat()
    });
    view! {
        <button
            type="button"
            class="oc-shot"
            class:oc-chosen=chosen
            title=name
            aria-label=name
            data-testid="batch-cell"
            data-state=signal(move || cell.read().as_ref().map_or("", |cell| cell.state.as_str()).to_owned())
            {..on("pointermove", move |event| drag(store, &event))}
            {..on("click", move |event: MouseEvent| {
                // The end of a drag is no press.
                if event.detail() == 0 || !store.grid.dragged.get_untracked() {
                    store.grid.seen.set(Some(Seen { at, beside: None }));
                }
            })}
        >
            {live(move || cell.get().map(|cell| content(store, &cell)))}
        </button>
    }
    .into_any()
}

/// What there is of a picture now.
pub fn content(store: Store, cell: &Cell) -> AnyView {
    let t = store.t();
    if let Some(path) = cell.picture().and_then(|picture| picture.view.as_ref()) {
        let url = store.host.url(&[path, "&preview=webp;80"].concat());
        return view! { <img src=url alt="" loading="lazy" draggable="false" /> }.into_any();
    }
    let text = cell.outputs.iter().find_map(|output| output.text.clone());
    let percent = number_text(cell.percent.floor());
    let words = match cell.state {
        JobState::Running => [&percent, "%"].concat(),
        JobState::Succeeded => text.unwrap_or_else(|| t.job_succeeded.to_owned()),
        state => state_name(state, t).to_owned(),
    };
    let bad = matches!(cell.state, JobState::Failed | JobState::Lost).then(|| icon(Icon::Alert));
    let bar = (cell.state == JobState::Running).then(|| {
        let width = ["width:", &percent, "%"].concat();
        view! { <span class="oc-bar-track"><span class="oc-bar-done" style=width></span></span> }
    });
    view! { {bad} <span class="oc-shot-words">{words}</span> {bar} }.into_any()
}

/// Closer or further, and back to the whole picture.
pub fn zoom(store: Store) -> AnyView {
    let scale = signal(move || number_text(store.grid.zoom.get().scale));
    view! {
        <div class="oc-row" title=store.label(|t| t.batch_zoom_hint)>
            <label class="oc-row oc-grow">
                <span class="oc-label">{store.label(|t| t.batch_zoom)}</span>
                <input
                    type="range"
                    {..on("input", move |event: Event| {
                        let scale = number::from_text(&event_target_value(&event)).unwrap_or(1.0);
                        let zoom = store.grid.zoom.get_untracked().to(scale);
                        store.grid.zoom.set(zoom);
                    })}
                    class="oc-grow"
                    data-testid="batch-zoom"
                    min="1"
                    max=number_text(Zoom::MAX)
                    step="0.25"
                    prop:value=scale
                />
            </label>
            <Button
                label=signal(move || [&scale.get(), "×"].concat())
                look=Look::Quiet
                testid="batch-fit"
                on_press=move |()| store.grid.zoom.set(Zoom::default())
            />
        </div>
    }
    .into_any()
}

/// The wheel zooms; in the panel, where it scrolls, only with Ctrl.
pub fn wheel(store: Store, event: &WheelEvent, with_ctrl: bool) {
    if with_ctrl && !event.ctrl_key() {
        return;
    }
    event.prevent_default();
    let zoom = store.grid.zoom.get_untracked();
    let step = if event.delta_y() < 0.0 { 1.25 } else { 0.8 };
    store.grid.zoom.set(zoom.to(zoom.scale * step));
}

/// Every picture follows the one that is dragged.
pub fn drag(store: Store, event: &PointerEvent) {
    if event.buttons() == 0 && store.grid.dragged.get_untracked() {
        store.grid.dragged.set(false);
    }
    let zoom = store.grid.zoom.get_untracked();
    let picture = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let Some(picture) = picture.filter(|_| event.buttons() & 1 == 1 && zoom.scale > 1.0) else { return };
    let share = |moved: i32, of: i32| f64::from(moved) * 100.0 / f64::from(of.max(1));
    let (x, y) = (event.movement_x(), event.movement_y());
    if (x, y) != (0, 0) {
        store.grid.dragged.set(true);
        store.grid.zoom.set(zoom.moved(share(x, picture.offset_width()), share(y, picture.offset_height())));
    }
}
