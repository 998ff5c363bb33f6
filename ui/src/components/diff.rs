use leptos::prelude::*;

use super::Together;

use crate::diff::Change;

/// A word diff as running text: removed words struck out, added ones underlined.
pub fn diff(changes: Vec<Change>) -> impl IntoView {
    changes
        .into_iter()
        .map(|change| match change {
            Change::Same(text) => text.into_any(),
            Change::Removed(text) => view! { <del>{text}</del> }.into_any(),
            Change::Added(text) => view! { <ins>{text}</ins> }.into_any(),
        })
        .together()
}
