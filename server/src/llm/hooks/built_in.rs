//! The hooks every server has.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Call, Observe, Outcome, Resolve, Transform};
use crate::llm::ChatRequest;
use crate::llm::catalog::Catalog;
use crate::llm::target::Target;
use crate::redact::Redactor;

/// As in the Python edition; no model writes more at once.
const MAX_TOKENS: u32 = 128_000;
/// The widest range a provider has; formats narrow it.
const MAX_TEMPERATURE: f64 = 2.0;

/// Short names of models, from the catalogue.
pub struct Alias(BTreeMap<(String, String), String>);

impl Alias {
    pub fn new(catalog: &Catalog) -> Self {
        let rows = catalog.rows().iter().flat_map(|row| {
            row.model_aliases.iter().map(|(alias, model)| ((row.id.clone(), alias.clone()), model.clone()))
        });
        Self(rows.collect())
    }
}

impl Resolve for Alias {
    fn resolve(&self, provider: &str, model: &str) -> Option<String> {
        self.0.get(&(provider.to_owned(), model.to_ascii_lowercase())).cloned()
    }
}

/// Numbers within what providers take.
pub struct Clamp;

impl Transform for Clamp {
    fn transform(&self, _: &Target, request: &mut ChatRequest) {
        request.max_tokens = request.max_tokens.clamp(1, MAX_TOKENS);
        request.temperature =
            if request.temperature.is_nan() { 0.0 } else { request.temperature.clamp(0.0, MAX_TEMPERATURE) };
    }
}

/// Keys that somebody pasted into a prompt do not leave the machine in it.
pub struct Redaction(pub Arc<Redactor>);

impl Transform for Redaction {
    fn transform(&self, _: &Target, request: &mut ChatRequest) {
        for text in [&mut request.system, &mut request.text] {
            if let std::borrow::Cow::Owned(masked) = self.0.mask_known(text) {
                *text = masked;
            }
        }
    }
}

/// A line in the log for every call: who, how it ended, how long it took, what it cost.
pub struct Audit;

impl Observe for Audit {
    fn observe(&self, call: Arc<Call>) -> BoxFuture<'static, ()> {
        let outcome = match call.outcome {
            Outcome::Answered => "answered",
            Outcome::Failed(class) => class.reason_code(),
            Outcome::Cancelled => "cancelled",
        };
        tracing::info!(
            provider = call.provider,
            model = call.model,
            outcome,
            first_ms = call.first.map(|first| u64::try_from(first.as_millis()).unwrap_or(u64::MAX)),
            ms = u64::try_from(call.whole.as_millis()).unwrap_or(u64::MAX),
            input_tokens = call.usage.input,
            output_tokens = call.usage.output,
            "model call"
        );
        Box::pin(std::future::ready(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::llm::hooks::Hooks;
    use crate::llm::target::tests::target;

    #[test]
    fn short_names_are_the_providers_own_and_others_stay_as_they_are_written() {
        let hooks = Hooks::built_in(&Catalog::load(), Arc::new(Redactor::new([])), TaskTracker::new());
        for (provider, model, meant) in [
            ("openai", "GPT4", "gpt-4"),
            ("openai", "opus", "opus"),
            ("openrouter", "Qwen/Qwen2.5-VL", "Qwen/Qwen2.5-VL"),
        ] {
            let mut target = target(provider, model);
            hooks.resolve(&mut target);
            assert_eq!(target.model, meant);
        }
    }

    #[test]
    fn numbers_are_clamped_and_a_key_in_a_prompt_stays_here() {
        let hooks =
            Hooks::built_in(&Catalog::load(), Arc::new(Redactor::new(["sk-canary-1"])), TaskTracker::new());
        let request = ChatRequest {
            system: "s".into(),
            text: "use sk-canary-1 and password=x".into(),
            images: Vec::new(),
            max_tokens: 0,
            temperature: f64::NAN,
            object: None,
        };
        let sent = hooks.transform(&target("openai", "m"), &request);
        assert_eq!(sent.text, "use ***REDACTED*** and password=x");
        assert_eq!((sent.max_tokens, sent.temperature.to_bits()), (1, 0.0_f64.to_bits()));
    }
}
