//! A way in: signed events from other programs.

pub mod auth;
pub mod senders;
