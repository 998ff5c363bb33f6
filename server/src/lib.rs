//! The server beside ComfyUI.
//!
//! Layers, arrows only go right: `main ► app ► http ► assist, job, webhook, template, delivery ► llm, comfy, store,
//! egress ► config, secret, clock, telemetry`.
//!
//! Invariants:
//! 1. Only `http` names axum; only `http::error` chooses a status code.
//! 2. What a language model says is data: it is parsed, validated and clamped, and never becomes a call.
//! 3. Every outbound request goes through `egress`: addresses are filtered in the resolver and on IP literals,
//!    redirects and proxies from the environment are off, bodies are bounded.
//! 4. Nothing is answered with success before it is durable.
//! 5. No statics, no stray tasks: `app` owns what runs and its shutdown.
//! 6. Secrets are `Secret`, which cannot be displayed; log lines and what nodes said pass the redactor.
//! 7. A security check locks a surface and says why; it never takes the sidebar or the nodes away.
//! 8. Ways in make jobs and nothing else; only `job` hands them to ComfyUI, under an id of ours that is written down
//!    first, so that ComfyUI can be asked before anything is sent again.
//! 9. Neither in ComfyUI's queue nor in its history is not the same as done.

pub mod app;
pub mod assist;
pub mod clock;
pub mod comfy;
pub mod config;
pub mod cron;
pub mod delivery;
pub mod egress;
pub mod http;
pub mod instance;
pub mod job;
pub mod llm;
pub mod probe;
pub mod redact;
pub mod secret;
pub mod standard_webhooks;
pub mod store;
pub mod telemetry;
pub mod template;
pub mod trace;
pub mod webhook;
