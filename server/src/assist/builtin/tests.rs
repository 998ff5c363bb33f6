//! What people type, and what must come of it.

mod examples;
mod properties;

use openclaw_shared::planner::{PlannerRequest, PlannerResult};
use openclaw_shared::profile::Profile;

use super::plan;

fn planned(profile: &str, [requirements, style, constraints]: [&str; 3], seed: u64) -> PlannerResult {
    let request = PlannerRequest {
        profile: profile.into(),
        requirements: requirements.into(),
        style_directives: style.into(),
        constraints: constraints.into(),
        seed,
    };
    plan(&request, Profile::find(profile).expect("a known profile"))
}

/// Phrases of a list of phrases, lower case.
fn phrases(text: &str) -> Vec<String> {
    text.split(", ").filter(|phrase| !phrase.is_empty()).map(str::to_lowercase).collect()
}
