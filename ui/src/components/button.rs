use leptos::prelude::*;

use super::{Icon, icon, press, signal};

/// How much a button stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// The one action a place is for.
    Primary,
    #[default]
    Plain,
    /// Without a frame, for small things beside other things.
    Quiet,
}

/// A button with a label; with `icon_only` the label is its accessible name and tooltip.
#[component]
pub fn Button(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] on_press: UnsyncCallback<()>,
    #[prop(optional)] look: Look,
    #[prop(optional)] testid: &'static str,
    #[prop(optional)] symbol: Option<Icon>,
    #[prop(optional)] icon_only: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let class = match look {
        Look::Primary => "oc-button oc-primary",
        Look::Plain => "oc-button",
        Look::Quiet => "oc-button oc-quiet",
    };
    let name = signal(move || icon_only.then(|| label.get()));
    view! {
        <button
            type="button"
            {..press(move || on_press.run(()))}
            class=class
            class:oc-square=icon_only
            data-testid=testid
            disabled=disabled
            title=name
            aria-label=name
        >
            {symbol.map(icon)}
            {(!icon_only).then_some(label)}
        </button>
    }
}
