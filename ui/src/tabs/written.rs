//! One prompt that was written: its name, a way to copy it, the text to edit, and what belongs below it.

use leptos::prelude::*;

use crate::components::{Button, Icon, Look, TextArea};
use crate::store::Store;

/// What the prompt is called and how tests find it.
pub struct Name {
    pub label: Signal<String>,
    pub text_id: &'static str,
    pub copy_id: &'static str,
}

pub fn written(
    store: Store,
    Name { label, text_id, copy_id }: Name,
    text: Memo<String>,
    running: Memo<bool>,
    edit: impl Fn(String) + 'static,
    below: AnyView,
) -> AnyView {
    view! {
        <div class="oc-stack oc-tight">
            <div class="oc-row oc-between">
                <h3 class="oc-title">{label}</h3>
                <Button
                    label=store.label(|t| t.copy)
                    look=Look::Quiet
                    symbol=Icon::Copy
                    icon_only=true
                    testid=copy_id
                    on_press=move |()| store.copy(text.get_untracked())
                />
            </div>
            <TextArea
                label=label
                hide_label=true
                value=text
                readonly=running
                on_input=edit
                testid=text_id
                rows=3
            />
            {below}
        </div>
    }
    .into_any()
}
