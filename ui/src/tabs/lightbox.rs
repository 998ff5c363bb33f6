//! Something as large as the page, in a dialog of the browser: it keeps the focus, gives it back, and closes by Escape.

use leptos::prelude::*;
use web_sys::Event;

use crate::components::{Button, Live, live, on};
use crate::js;
use crate::store::Store;

/// `actions` stand beside the button that closes it.
pub fn lightbox(
    store: Store,
    open: Memo<bool>,
    closed: fn(Store),
    mut content: Live,
    mut actions: Live,
) -> AnyView {
    let place = NodeRef::<leptos::html::Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = place.get() {
            let _ = js::call(&dialog, "showModal", &[]);
        }
    });
    let close = move |()| {
        if let Some(dialog) = place.get_untracked() {
            let _ = js::call(&dialog, "close", &[]);
        }
    };
    live(move || {
        open.get().then(|| {
            view! {
                <dialog
                    class="oc-lightbox"
                    node_ref=place
                    data-testid="lightbox"
                    aria-label=store.label(|t| t.output_title)
                    {..on("close", move |_: Event| closed(store))}
                >
                    {content()}
                    <div class="oc-row oc-between">
                        {actions()}
                        <Button
                            label=store.label(|t| t.close)
                            testid="lightbox-close"
                            on_press=close
                        />
                    </div>
                </dialog>
            }
        })
    })
    .into_any()
}

/// The buttons that go one back and one on.
pub fn steps(store: Store, step: impl Fn(bool) + Copy + 'static) -> AnyView {
    view! {
        <Button label=store.label(|t| t.output_before) on_press=move |()| step(false) />
        <Button
            label=store.label(|t| t.output_next)
            testid="lightbox-next"
            on_press=move |()| step(true)
        />
    }
    .into_any()
}
