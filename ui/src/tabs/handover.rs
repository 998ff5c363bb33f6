//! Work that goes from one tab to another, or comes from the graph.

use leptos::prelude::*;

use super::Tab;
use crate::components::{Button, Look, Together, signal};
use crate::recipe::Recipe;
use crate::store::Store;

/// One button for each other tab that can go on with what `recipe` gives.
pub fn buttons(store: Store, here: Tab, recipe: impl Fn() -> Option<Recipe> + Clone + 'static) -> AnyView {
    let button = move |tab: Tab| {
        let recipe = recipe.clone();
        let label = signal(move || {
            let t = store.t();
            match tab {
                Tab::Variants => t.send_variants,
                Tab::Refiner => t.send_refiner,
                _ => t.send_planner,
            }
            .to_owned()
        });
        let testid = match tab {
            Tab::Variants => "send-variants",
            Tab::Refiner => "send-refiner",
            _ => "send-planner",
        };
        let send = move |()| {
            if let Some(recipe) = recipe() {
                store.send(tab, &recipe);
            }
        };
        view! { <Button label=label testid=testid on_press=send /> }
    };
    let others = [Tab::Planner, Tab::Variants, Tab::Refiner].into_iter().filter(move |tab| *tab != here);
    view! { <div class="oc-row oc-wrap">{others.map(button).together()}</div> }.into_any()
}

/// Takes prompts and parameters from the open graph.
pub fn from_graph(store: Store, here: Tab) -> AnyView {
    let take = move |()| {
        store.look_around();
        let recipe = store.graph.read_untracked().recipe();
        store.send(here, &recipe);
    };
    let nothing = signal(move || store.graph.read().nodes.is_empty());
    store
        .host
        .has_graph()
        .then(|| {
            view! {
                <Button
                    label=store.label(|t| t.from_graph)
                    look=Look::Quiet
                    testid="from-graph"
                    disabled=nothing
                    on_press=take
                />
            }
        })
        .into_any()
}
