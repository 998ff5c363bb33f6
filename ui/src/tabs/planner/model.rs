//! The planner as a state machine without a browser: what was typed, where the run is, what came out.

use openclaw_shared::assist::Field;
use openclaw_shared::params::{GenerationParams, SAMPLERS, SCHEDULERS};
use openclaw_shared::planner::{PlannerEvent, PlannerRequest, PlannerRequestError};
use openclaw_shared::profile::Profile;
use serde::{Deserialize, Serialize};

use crate::api::Failure;
use crate::tabs::run::{News, Run, Running, Runs};

/// What people typed. Saved at each keystroke, so that closing the panel loses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    pub requirements: String,
    pub style: String,
    pub constraints: String,
    /// `None` follows the open graph.
    pub profile: Option<String>,
    pub seed: u64,
    /// Draw a new seed for each run.
    pub new_seed: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            requirements: String::new(),
            style: String::new(),
            constraints: String::new(),
            profile: None,
            seed: 0,
            new_seed: true,
        }
    }
}

/// The largest seed that survives a round trip through the graph's JavaScript numbers.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// A finished plan. People may edit every part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub positive: String,
    pub negative: String,
    pub params: GenerationParams,
    pub profile: String,
}

impl Plan {
    /// The family's limits; the default family's when a newer server named one this build does not know.
    pub fn family(&self) -> &'static Profile {
        Profile::find(&self.profile)
            .or_else(|| Profile::find(Profile::DEFAULT_ID))
            .unwrap_or(&Profile::ALL[0])
    }

    /// Sets one parameter from text; what makes no sense changes nothing, and everything is clamped.
    pub fn set_param(&mut self, field: &str, text: &str) {
        let limits = self.family().limits;
        let number = openclaw_shared::number::from_text(text);
        let params = &mut self.params;
        match (field, number) {
            ("width", Some(width)) => params.width = limits.clamp_size(width, f64::from(limits.min_side)).0,
            ("height", Some(height)) => {
                params.height = limits.clamp_size(f64::from(limits.min_side), height).1;
            }
            ("steps", Some(steps)) => params.steps = limits.clamp_steps(steps),
            ("cfg", Some(cfg)) => params.cfg = limits.clamp_cfg(cfg),
            ("seed", _) => {
                params.seed = text.trim().parse().ok().map(|seed: u64| seed.min(MAX_SEED)).or(params.seed);
            }
            ("sampler_name", _) if SAMPLERS.contains(&text) => text.clone_into(&mut params.sampler_name),
            ("scheduler", _) if SCHEDULERS.contains(&text) => text.clone_into(&mut params.scheduler),
            _ => {}
        }
    }
}

/// Everything the Planner tab shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    pub draft: Draft,
    pub runs: Runs,
    pub plan: Option<Plan>,
    /// The profile the run in progress was started with.
    profile: String,
}

impl Model {
    pub fn new(draft: Draft, plan: Option<Plan>) -> Self {
        Self { draft, plan, ..Self::default() }
    }

    pub fn running(&self) -> Option<&Running> {
        self.runs.running()
    }

    /// The family to plan for: the person's choice, else the graph's, else the default.
    pub fn profile<'a>(&'a self, detected: Option<&'a str>) -> &'a str {
        self.draft.profile.as_deref().or(detected).unwrap_or(Profile::DEFAULT_ID)
    }

    /// What the draft asks for.
    pub fn request(&self, detected: Option<&str>) -> PlannerRequest {
        PlannerRequest {
            profile: self.profile(detected).to_owned(),
            requirements: self.draft.requirements.clone(),
            style_directives: self.draft.style.clone(),
            constraints: self.draft.constraints.clone(),
            seed: self.draft.seed,
        }
    }

    /// Why the draft cannot be planned, checked by the rules the server uses.
    pub fn draft_error(&self) -> Option<PlannerRequestError> {
        // A profile this build does not know may be known to a newer server.
        self.request(None).validate().err().filter(|e| !matches!(e, PlannerRequestError::UnknownProfile(_)))
    }

    /// Begins a run; the ticket identifies it in the calls below.
    pub fn start(&mut self, now: f64, detected: Option<&str>) -> (u32, PlannerRequest) {
        let request = self.request(detected);
        self.profile.clone_from(&request.profile);
        (self.runs.start(now), request)
    }

    /// Takes one event of a run; true when it brought a finished plan.
    pub fn event(&mut self, ticket: u32, event: PlannerEvent, now: f64) -> bool {
        match self.runs.event(ticket, event, now) {
            News::Nothing => {}
            News::Result(result) => {
                self.plan = Some(Plan {
                    positive: result.positive,
                    negative: result.negative,
                    params: result.params,
                    profile: self.profile.clone(),
                });
                return true;
            }
            News::Failed(failure) => self.end(failure),
        }
        false
    }

    /// The run's connection is over. A run without an answer by then has failed.
    pub fn ended(&mut self, ticket: u32, outcome: Result<(), Failure>) {
        if self.runs.is_running(ticket) {
            self.end(outcome.err().unwrap_or(Failure::Cut));
        }
    }

    /// Stops listening to the run; its late events change nothing.
    pub fn cancel(&mut self) {
        if self.running().is_some() {
            self.end(Failure::Cancelled);
        }
    }

    fn end(&mut self, failure: Failure) {
        self.keep_partial();
        self.runs.end(failure);
    }

    /// What has arrived stays, with the family's defaults for the rest; the plan before it is in the history.
    fn keep_partial(&mut self) {
        let Some(running) = self.running().filter(|run| !run.text(Field::Positive).trim().is_empty()) else {
            return;
        };
        let Some(profile) = Profile::find(&self.profile) else { return };
        self.plan = Some(Plan {
            positive: running.text(Field::Positive).to_owned(),
            negative: running.text(Field::Negative).to_owned(),
            params: GenerationParams::from_untrusted(&serde_json::Value::Null, profile, self.draft.seed),
            profile: self.profile.clone(),
        });
    }

    /// Brings back a plan of the history, with what was typed for it.
    pub fn restore(&mut self, draft: Draft, plan: Plan) {
        self.cancel();
        self.draft = draft;
        self.plan = Some(plan);
        self.runs.state = Run::Idle;
    }
}

#[cfg(test)]
mod tests {
    use openclaw_shared::assist::{Delta, Final, Phase, Stage, Streaming};
    use openclaw_shared::planner::PlannerResult;

    use super::*;

    fn params() -> GenerationParams {
        let profile = Profile::find("SDXL-v1").unwrap();
        GenerationParams::from_untrusted(&serde_json::json!({}), profile, 7)
    }

    fn delta(field: Field, text: &str) -> PlannerEvent {
        PlannerEvent::Delta(Delta { field, text: text.into(), preview_chars: 0 })
    }

    fn last(positive: &str) -> PlannerEvent {
        let result = PlannerResult { positive: positive.into(), negative: "n".into(), params: params() };
        let streaming = Streaming { preview_chars: 0, preview_truncated: false };
        PlannerEvent::Final(Box::new(Final { ok: true, kind: "planner".into(), result, streaming }))
    }

    fn started(requirements: &str) -> (Model, u32) {
        let draft = Draft { requirements: requirements.into(), ..Draft::default() };
        let mut model = Model::new(draft, None);
        let (ticket, request) = model.start(1000.0, Some("Flux-Dev"));
        assert_eq!((request.profile.as_str(), request.requirements.as_str()), ("Flux-Dev", requirements));
        (model, ticket)
    }

    #[test]
    fn a_plan_streams_in_field_by_field() {
        let (mut model, ticket) = started("a cat");
        let stage = Stage { phase: Phase::Dispatch, message: String::new() };
        model.event(ticket, PlannerEvent::Stage(stage), 1100.0);
        model.event(ticket, delta(Field::Positive, "a "), 1200.0);
        model.event(ticket, delta(Field::Positive, "cat"), 1300.0);
        model.event(ticket, delta(Field::Negative, "blur"), 1400.0);
        let running = model.running().unwrap();
        assert_eq!((running.text(Field::Positive), running.text(Field::Negative)), ("a cat", "blur"));
        assert_eq!(running.phase, Some(Phase::Receive));
        assert!(model.event(ticket, last("a cat"), 3500.0));
        assert_eq!(model.runs.state, Run::Done { seconds: 2.5 });
        assert_eq!(model.plan.as_ref().unwrap().profile, "Flux-Dev");
        model.ended(ticket, Ok(()));
        assert_eq!(model.runs.state, Run::Done { seconds: 2.5 });
    }

    #[test]
    fn late_events_of_a_cancelled_run_change_nothing() {
        let (mut model, first) = started("a cat");
        model.cancel();
        assert_eq!(model.runs.state, Run::Cancelled);
        let (second, _) = model.start(2000.0, None);
        assert!(!model.event(first, last("old"), 2100.0));
        model.ended(first, Err(Failure::Offline));
        assert!(model.running().is_some() && model.plan.is_none());
        assert!(model.event(second, last("new"), 2200.0));
        assert_eq!(model.plan.unwrap().positive, "new");
    }

    #[test]
    fn a_run_that_ends_early_keeps_what_has_arrived_or_the_plan_before_it() {
        let (mut model, ticket) = started("a cat");
        model.event(ticket, last("first"), 1.0);
        let (ticket, _) = model.start(2000.0, None);
        model.ended(ticket, Err(Failure::Cancelled));
        assert_eq!(
            (&model.runs.state, model.plan.as_ref().unwrap().positive.as_str()),
            (&Run::Cancelled, "first")
        );
        let (ticket, _) = model.start(3000.0, None);
        model.event(ticket, delta(Field::Positive, "half"), 3100.0);
        model.ended(ticket, Ok(()));
        assert_eq!(
            (&model.runs.state, model.plan.as_ref().unwrap().positive.as_str()),
            (&Run::Failed(Failure::Cut), "half")
        );
        let (ticket, _) = model.start(4000.0, None);
        model.event(ticket, delta(Field::Positive, "other half"), 4100.0);
        model.cancel();
        assert_eq!(model.plan.as_ref().unwrap().positive, "other half");
    }

    #[test]
    fn edited_parameters_stay_within_what_the_family_can_run() {
        let mut plan = Plan {
            positive: String::new(),
            negative: String::new(),
            params: params(),
            profile: "Flux-Dev".into(),
        };
        let mut set = |field, text| plan.set_param(field, text);
        set("width", "1001");
        set("height", "9999");
        set("steps", "-3");
        set("cfg", "nonsense");
        set("sampler_name", "made_up");
        set("scheduler", "karras");
        set("seed", "99999999999999999999");
        let params = &plan.params;
        assert_eq!((params.width, params.height, params.steps), (992, 2048, 1));
        assert_eq!((params.cfg, params.sampler_name.as_str()), (7.0, "euler"));
        assert_eq!((params.scheduler.as_str(), params.seed), ("karras", Some(7)));
    }

    #[test]
    fn the_draft_is_checked_as_the_server_checks_it() {
        let model = |requirements: &str| {
            Model::new(Draft { requirements: requirements.into(), ..Draft::default() }, None)
        };
        assert_eq!(model("").draft_error(), Some(PlannerRequestError::NothingToPlan));
        assert!(matches!(model(&"x".repeat(8001)).draft_error(), Some(PlannerRequestError::TooLong { .. })));
        assert_eq!(model("a cat").draft_error(), None);
        let mut newer = model("a cat");
        newer.draft.profile = Some("From-The-Future".into());
        assert_eq!(newer.draft_error(), None);
    }

    #[test]
    fn the_persons_choice_beats_the_graph_and_the_graph_beats_the_default() {
        let mut model = Model::default();
        assert_eq!(model.profile(None), "SDXL-v1");
        assert_eq!(model.profile(Some("Chroma")), "Chroma");
        model.draft.profile = Some("SD15-v1".into());
        assert_eq!(model.profile(Some("Chroma")), "SD15-v1");
    }
}
