//! Small pieces that know how to look, not what they are for: none of them calls the server.

mod button;
mod diff;
mod error_card;
mod field;
mod icon;

pub use button::{Button, Look};
pub use diff::diff;
pub use error_card::error_card;
pub use field::{Check, Choice, Select, TextArea, TextInput};
pub use icon::{Icon, icon};
