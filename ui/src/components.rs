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

use leptos::ev::Custom;
use leptos::prelude::*;
use leptos::tachys::{self, html::event::On};
use wasm_bindgen::JsCast;
use web_sys::Event;

/// A part of the view that is made anew when what it reads changes.
pub type Live = Box<dyn FnMut() -> AnyView + Send>;

pub fn live<V: IntoAny>(mut view: impl FnMut() -> V + Send + 'static) -> Live {
    Box::new(move || view().into_any())
}

/// What happens at an event: one type for all of them, where `on:…` has one for each event and each place.
pub type Handler = On<Custom<Event>, Box<dyn FnMut(Event)>>;

/// Calls `run` with the browser's event of that name.
pub fn on<E: JsCast + 'static>(name: &'static str, mut run: impl FnMut(E) + 'static) -> Handler {
    boxed_on(name, Box::new(move |event| run(event.unchecked_into())))
}

fn boxed_on(name: &'static str, run: Box<dyn FnMut(Event)>) -> Handler {
    tachys::html::event::on(Custom::new(name), run)
}

/// The same for presses.
pub fn press(mut run: impl FnMut() + 'static) -> Handler {
    boxed_on("click", Box::new(move |_| run()))
}

/// Views one after another. Leptos would compile a list of its own for each kind of them.
pub trait Together {
    fn together(self) -> AnyView;
}

impl<V: IntoAny, I: Iterator<Item = V>> Together for I {
    fn together(self) -> AnyView {
        list(&mut self.map(IntoAny::into_any))
    }
}

fn list(views: &mut dyn Iterator<Item = AnyView>) -> AnyView {
    views.collect::<Vec<_>>().into_any()
}

/// A derived signal: one type of closure for each type of value, instead of one for each use.
pub fn signal<T: Send + Sync + 'static>(derive: impl Fn() -> T + Send + Sync + 'static) -> Signal<T> {
    boxed_signal(Box::new(derive))
}

fn boxed_signal<T: Send + Sync + 'static>(derive: Box<dyn Fn() -> T + Send + Sync>) -> Signal<T> {
    Signal::derive(derive)
}

/// A memo, for the same reason.
pub fn memo<T: PartialEq + Send + Sync + 'static>(
    compute: impl Fn() -> T + Send + Sync + 'static,
) -> Memo<T> {
    boxed_memo(Box::new(compute))
}

fn boxed_memo<T: PartialEq + Send + Sync + 'static>(compute: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T> {
    Memo::new(move |_| compute())
}
