//! Handlers: extract, call, render.

pub mod assist;
pub mod capabilities;
pub mod config;
pub mod deliveries;
pub mod health;
pub mod llm;
pub mod openapi;
pub mod secrets;
pub mod templates;
pub mod webhooks;
