use leptos::prelude::*;

use super::{Button, Icon, Look, Together, icon};
use crate::failure::Explained;
use openclaw_words::Messages;

/// What happened, what to do, and an id to copy. `actions` follow the text.
pub fn error_card(
    title: String,
    explained: Explained,
    t: &'static Messages,
    copy: UnsyncCallback<String>,
    actions: AnyView,
) -> AnyView {
    let Explained { message, hint, details, id } = explained;
    let id = id.map(|id| {
        let copied = id.clone();
        view! {
            <p class="oc-fine">
                {t.error_id} " " <code data-testid="error-id">{id}</code>
                <Button
                    label=t.copy.to_owned()
                    look=Look::Quiet
                    symbol=Icon::Copy
                    icon_only=true
                    on_press=move |()| copy.run(copied.clone())
                />
            </p>
        }
    });
    let details = (!details.is_empty()).then(|| {
        let items = details.into_iter().map(|detail| view! { <li>{detail}</li> }).together();
        view! { <ul>{items}</ul> }
    });
    view! {
        <div class="oc-card oc-bad" role="alert" data-testid="error-card">
            <h3 class="oc-title">{icon(Icon::Alert)} {title}</h3>
            <p>{message}</p>
            {details}
            {hint.map(|hint| view! { <p>{hint}</p> })}
            {id}
            <div class="oc-row">{actions}</div>
        </div>
    }
    .into_any()
}
