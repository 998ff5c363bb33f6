//! Integration tests: one binary, one module a noun.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

/// Who is refused what; walks the OpenAPI document.
mod access;
/// What no provider should answer, in every format.
mod bodies;
/// Keys and prompts are looked for where they must not be.
mod canary;
mod caps;
/// Settings over HTTP: provenance, refusals, durability.
mod config;
/// The server is killed while it works.
mod crash;
/// Results to callbacks: signed, tried again, given up, replayed.
mod delivery;
/// Generated documents are current.
mod docs;
/// Jobs: from acceptance to their true end.
mod jobs;
/// Providers: what goes over the wire and how failures are told apart.
mod llm;
/// Lists of models, and plain questions.
mod models;
/// Pictures in: described, refined, refused; and variants.
mod picture;
mod places;
/// Planning: results, streams, bad input, cancellation.
mod planner;
/// The process: ready line, stand-by, ends.
mod process;
/// The same question again.
mod reuse;
/// Keys: in, sealed, used, never out.
mod secrets;
mod secure_comfy;
/// The store: what every database has to keep to.
mod store;
/// Templates over HTTP: listed, dry, run.
mod templates;
/// Webhooks and triggers: who may, what for, and once.
mod webhooks;
