//! The planner that needs no key and no network: reads a request by rules and writes the prompt from the
//! person's own words.
//!
//! The same request always gives the same plan; another seed may vary what is added, never what was asked.

mod brief;
mod concepts;
mod constraints;
mod exclusions;
mod facts;
mod lexicon;
mod mix;
mod negative;
mod preamble;
mod prose;
mod roles;
mod sizes;
mod tags;
mod text;
mod touches;
mod traits;
mod wishes;

#[cfg(test)]
mod tests;

use openclaw_shared::params::GenerationParams;
use openclaw_shared::planner::{PlannerRequest, PlannerResult};
use openclaw_shared::profile::{Profile, PromptStyle};
use serde_json::json;

use brief::Brief;
use mix::Mix;
use wishes::{Effort, Wishes};

/// Characters; a language model's plan may be as long.
const MAX_POSITIVE: usize = 10_000;
const MAX_NEGATIVE: usize = 4_000;

/// The prompt of a request that only excludes things: a text node should not be empty.
const NOTHING_WANTED: &str = "a balanced composition with a clear focal point";

/// Steps of a draft and of a final picture, relative to the family's default.
const DRAFT: f64 = 0.6;
const FINAL: f64 = 1.4;
/// Fewer make no picture, even with a distilled model.
const FEWEST_STEPS: f64 = 4.0;

/// Writes the plan for a request that has passed validation.
pub fn plan(request: &PlannerRequest, profile: &'static Profile) -> PlannerResult {
    let texts = [&request.requirements, &request.style_directives, &request.constraints];
    let texts = texts.map(|text| text::clean(text));
    let lexicon = traits::lexicon();
    let mut mix = Mix::new(request.seed);
    let brief = Brief::read(texts.each_ref().map(String::as_str), &lexicon, &mut mix);
    let positive = match profile.style {
        PromptStyle::Tags => tags::write(&brief, profile, &lexicon),
        PromptStyle::Prose => prose::write(&brief, profile, &lexicon, &mut mix),
    };
    let negative = negative::write(&brief, profile, &positive);
    let positive = if positive.is_empty() { NOTHING_WANTED.to_owned() } else { positive };
    PlannerResult {
        positive: bounded(positive, MAX_POSITIVE),
        negative: bounded(negative, MAX_NEGATIVE),
        params: params(&brief.wishes, profile, request.seed),
    }
}

fn params(wishes: &Wishes, profile: &Profile, seed: u64) -> GenerationParams {
    let defaults = &profile.defaults;
    let ratio = wishes.ratio.or(wishes.suggested.map(|(_, ratio)| ratio));
    let shape = ratio.map_or((defaults.width, defaults.height), |ratio| sizes::of_ratio(profile, ratio));
    let (width, height) = match (wishes.width, wishes.height, wishes.ratio) {
        (Some(width), Some(height), _) => sizes::fit(profile, width, height),
        (Some(width), None, Some(ratio)) => sizes::fit(profile, width, width / ratio),
        (None, Some(height), Some(ratio)) => sizes::fit(profile, height * ratio, height),
        (width, height, _) => {
            (width.unwrap_or_else(|| shape.0.into()), height.unwrap_or_else(|| shape.1.into()))
        }
    };
    let usual = f64::from(defaults.steps);
    let steps = wishes.steps.unwrap_or(match wishes.effort {
        None => usual,
        Some(Effort::Final | Effort::Detailed) => usual * FINAL,
        Some(Effort::Draft) => (usual * DRAFT).max(FEWEST_STEPS.min(usual)),
    });
    let wanted = json!({
        "width": width,
        "height": height,
        "steps": steps,
        "cfg": wishes.cfg.unwrap_or(defaults.cfg),
        "sampler_name": wishes.sampler.unwrap_or(defaults.sampler_name),
        "scheduler": wishes.scheduler.unwrap_or(defaults.scheduler),
    });
    GenerationParams::from_untrusted(&wanted, profile, seed)
}

/// Cuts an overlong prompt at the last separator that fits.
fn bounded(mut text: String, max_chars: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(max_chars) {
        text.truncate(end);
        let end = text.rfind([',', '.', '，', '。', ' ']).unwrap_or(end);
        text.truncate(end);
    }
    text
}
