//! Handlers: extract, call, render.

pub mod assist;
pub mod capabilities;
pub mod config;
pub mod deliveries;
pub mod health;
pub mod jobs;
pub mod llm;
pub mod logs;
pub mod openapi;
pub mod secrets;
pub mod stream;
pub mod templates;
pub mod webhooks;
