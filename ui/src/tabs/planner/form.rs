//! What people type.

use leptos::prelude::*;
use openclaw_shared::planner::{PlannerRequest, PlannerRequestError};

use super::model::{Draft, MAX_SEED};
use crate::browser;
use crate::components::{
    Button, Check, Choice, Icon, Live, Look, Select, TextArea, TextInput, live, memo, signal,
};
use crate::store::Store;
use openclaw_words::fill;

pub fn view(store: Store) -> impl IntoView {
    let draft = move |part: fn(&Draft) -> String| signal(move || part(&store.planner.read().draft));
    let edit = move |part: fn(&mut Draft) -> &mut String| {
        move |text: String| *part(&mut store.planner.write().draft) = text
    };
    view! {
        <section class="oc-stack">
            <TextArea
                label=store.label(|t| t.requirements)
                hint=store.label(|t| t.requirements_hint)
                value=draft(|draft| draft.requirements.clone())
                on_input=edit(|draft| &mut draft.requirements)
                testid="planner-requirements"
                rows=4
            />
            {too_long(store)}
            {from_selection(store)}
            <div class="oc-pair">
                <TextArea
                    label=store.label(|t| t.style)
                    hint=store.label(|t| t.style_hint)
                    value=draft(|draft| draft.style.clone())
                    on_input=edit(|draft| &mut draft.style)
                    testid="planner-style"
                />
                <TextArea
                    label=store.label(|t| t.constraints)
                    hint=store.label(|t| t.constraints_hint)
                    value=draft(|draft| draft.constraints.clone())
                    on_input=edit(|draft| &mut draft.constraints)
                    testid="planner-constraints"
                />
                {profile(store)}
                {seed(store)}
            </div>
        </section>
    }
}

fn too_long(store: Store) -> Live {
    live(move || {
        let error = store.planner.read().draft_error()?;
        let PlannerRequestError::TooLong { field, limit } = error else { return None };
        let PlannerRequest { requirements, style_directives, constraints, .. } =
            store.planner.read().request(None);
        let text = match field {
            "requirements" => requirements,
            "style_directives" => style_directives,
            _ => constraints,
        };
        let count = text.chars().count();
        let places = [("count", &*count.to_string()), ("limit", &*limit.to_string())];
        Some(view! { <p class="oc-invalid" role="alert">{fill(store.t().draft_too_long, &places)}</p> })
    })
}

/// Only offered while it would do something: a text node is selected and says something else.
fn from_selection(store: Store) -> Live {
    let selected = memo(move || {
        let text = store.graph.read().selected_text()?.text;
        (!text.trim().is_empty() && store.planner.read().draft.requirements != text).then_some(text)
    });
    live(move || {
        selected.get().map(|text| {
            view! {
                <Button
                    label=store.label(|t| t.from_selection)
                    look=Look::Quiet
                    on_press=move |()| store.plan_from(text.clone())
                />
            }
        })
    })
}

fn profile(store: Store) -> impl IntoView {
    let detected = memo(move || store.detected());
    let value = memo(move || {
        let detected = detected.get();
        store.planner.read().profile(detected.as_ref().map(|(id, _)| *id)).to_owned()
    });
    let choices = signal(move || {
        let entry = |id: &String, label: &String| Choice::new(id, label);
        store.profiles.read().iter().map(|p| entry(&p.id, &p.label)).collect::<Vec<_>>()
    });
    let choose = move |id: Option<String>| store.planner.write().draft.profile = id;
    let note = live(move || {
        let (id, file) = detected.get()?;
        let file = file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        Some(if value.get() == id {
            view! { <span class="oc-fine">{fill(store.t().profile_from, &[("file", &file)])}</span> }
                .into_any()
        } else {
            let label = fill(store.t().profile_use, &[("profile", &store.profile_label(id))]);
            view! {
                <span class="oc-fine">{fill(store.t().profile_other, &[("file", &file)])}</span>
                <Button label=label look=Look::Quiet on_press=move |()| choose(None) />
            }
            .into_any()
        })
    });
    view! {
        <div class="oc-stack oc-tight">
            <Select
                label=store.label(|t| t.profile)
                choices=choices
                value=value
                testid="planner-profile".to_owned()
                on_change=move |id| choose(Some(id))
            />
            {note}
        </div>
    }
}

fn seed(store: Store) -> impl IntoView {
    let set = move |seed: u64| store.planner.write().draft.seed = seed.min(MAX_SEED);
    let typed = move |text: String| match text.trim().parse() {
        Ok(seed) => set(seed),
        // Shows the number in force again.
        Err(_) => store.planner.notify(),
    };
    view! {
        <div class="oc-stack oc-tight">
            <div class="oc-row oc-end">
                <TextInput
                    label=store.label(|t| t.seed)
                    kind="number"
                    step="1"
                    min="0".to_owned()
                    max=MAX_SEED.to_string()
                    value=signal(move || store.planner.read().draft.seed.to_string())
                    on_change=typed
                    testid="planner-seed".to_owned()
                />
                <Button
                    label=store.label(|t| t.seed_new)
                    symbol=Icon::Dice
                    icon_only=true
                    on_press=move |()| set(browser::random_seed())
                />
            </div>
            <Check
                label=store.label(|t| t.seed_each_run)
                checked=signal(move || store.planner.read().draft.new_seed)
                on_change=move |on| store.planner.write().draft.new_seed = on
                testid="planner-new-seed".to_owned()
            />
        </div>
    }
}
