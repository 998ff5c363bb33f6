//! The planner that needs no key and no network.

use openclaw_shared::params::GenerationParams;
use openclaw_shared::planner::{PlannerRequest, PlannerResult};
use openclaw_shared::profile::Profile;

pub fn plan(request: &PlannerRequest, profile: &'static Profile) -> PlannerResult {
    PlannerResult {
        positive: request.requirements.trim().to_owned(),
        negative: String::new(),
        params: GenerationParams::from_untrusted(&serde_json::Value::Null, profile, request.seed),
    }
}
