//! What crosses the wire, and the rules both ends must agree on.
//!
//! Invariants: no I/O, no clock, no async runtime; builds for `wasm32-unknown-unknown`;
//! every type that a browser, a node or a script sees is defined here and nowhere else.

pub mod assist;
pub mod capabilities;
pub mod caption;
pub mod config;
pub mod event;
pub mod health;
pub mod id;
pub mod job;
pub mod llm;
pub mod node;
pub mod number;
pub mod params;
pub mod planner;
pub mod problem;
pub mod profile;
pub mod refiner;
pub mod secret;
pub mod sse;
pub mod template;
pub mod variants;
pub mod webhook;
