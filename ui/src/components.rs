//! Small pieces that know how to look, not what they are for: none of them calls the server.

//!
//! Their arguments have few concrete types (`Signal<String>`, `Press`, `AnyView`): Leptos compiles each type that it
//! meets anew, and the panel is downloaded by everybody who opens it.

mod button;
mod combo;
mod diff;
mod error_card;
mod field;
mod icon;

pub use button::{Button, Look};
pub use combo::Combo;
pub use diff::diff;
pub use error_card::error_card;
pub use field::{Check, Choice, Select, TextArea, TextInput};
pub use icon::{Icon, icon};

use leptos::prelude::*;

/// A part of the view that is made anew when what it reads changes.
pub type Live = Box<dyn FnMut() -> AnyView + Send>;

pub fn live<V: IntoAny>(mut view: impl FnMut() -> V + Send + 'static) -> Live {
    Box::new(move || view().into_any())
}
