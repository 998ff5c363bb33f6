//! The refiner as a state machine without a browser: a picture and what is wrong with it in, changes to take or leave
//! out.

use std::sync::Arc;

use openclaw_shared::params::GenerationParams;
use openclaw_shared::refiner::{Issue, RefinerEvent, RefinerRequest, RefinerResult};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::Failure;
use crate::browser::Picture;
use crate::recipe::{Recipe, members, widget_value};
use crate::tabs::run::{News, Running, Runs};

/// What people typed or chose, except for the picture.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    pub original: Recipe,
    pub issues: Vec<Issue>,
    pub goal: String,
}

/// One parameter that would change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub field: String,
    /// `None` where the original did not say.
    pub before: Option<Value>,
    pub after: Value,
    /// Whether it is to be applied.
    pub on: bool,
}

/// A finished refinement. People may edit the prompts and leave changes out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Refined {
    pub positive: String,
    pub negative: String,
    pub changes: Vec<Change>,
    pub rationale: String,
}

impl Refined {
    fn new(result: RefinerResult, original: &Recipe) -> Self {
        let change = |field: &str| {
            let after = result.param_patch.get(field)?.clone();
            let before = original.params.get(field).cloned();
            // As widgets have them: 7 and 7.0 are one number.
            let same = before.as_ref().is_some_and(|before| widget_value(before) == widget_value(&after));
            (!same).then(|| Change { field: field.to_owned(), before, after, on: true })
        };
        Self {
            changes: GenerationParams::FIELDS.into_iter().filter_map(change).collect(),
            positive: result.refined_positive,
            negative: result.refined_negative,
            rationale: result.rationale,
        }
    }

    /// What to apply: the prompts and the changes that are on.
    pub fn recipe(&self) -> Recipe {
        let on = self.changes.iter().filter(|change| change.on);
        Recipe {
            positive: self.positive.clone(),
            negative: self.negative.clone(),
            params: members(on.map(|change| (change.field.clone(), change.after.clone()))),
        }
    }
}

/// Why nothing can be refined yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    Picture,
    Prompt,
    /// A text has more than [`RefinerRequest::MAX_PROMPT`] characters.
    TooLong,
}

/// Everything the Refiner tab shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    pub draft: Draft,
    /// Shared, because it is large and asked for at every key.
    pub picture: Option<Arc<Picture>>,
    pub runs: Runs,
    pub refined: Option<Refined>,
}

impl Model {
    pub fn new(draft: Draft, refined: Option<Refined>) -> Self {
        Self { draft, refined, ..Self::default() }
    }

    pub fn running(&self) -> Option<&Running> {
        self.runs.running()
    }

    /// Begins anew with prompts and parameters from elsewhere.
    pub fn take(&mut self, recipe: &Recipe) {
        self.cancel();
        self.draft.original = recipe.clone();
        self.refined = None;
    }

    pub fn toggle(&mut self, issue: Issue) {
        let issues = &mut self.draft.issues;
        match issues.iter().position(|known| *known == issue) {
            Some(at) => drop(issues.remove(at)),
            None => issues.push(issue),
        }
    }

    pub fn lack(&self) -> Option<Lack> {
        let Draft { original, goal, .. } = &self.draft;
        let long = |text: &String| text.chars().count() > RefinerRequest::MAX_PROMPT;
        if [&original.positive, &original.negative, goal].into_iter().any(long) {
            Some(Lack::TooLong)
        } else if self.picture.is_none() {
            Some(Lack::Picture)
        } else {
            original.positive.trim().is_empty().then_some(Lack::Prompt)
        }
    }

    /// What the draft asks for; an empty family is the server's default.
    pub fn request(&self, family: &str) -> RefinerRequest {
        let Draft { original, issues, goal } = &self.draft;
        let names: Vec<_> = issues.iter().map(|issue| issue.as_str()).collect();
        let defaults = RefinerRequest::default();
        RefinerRequest {
            image_b64: self.picture.as_ref().map(|picture| picture.data_url.clone()).unwrap_or_default(),
            orig_positive: original.positive.clone(),
            orig_negative: original.negative.clone(),
            issue: if names.is_empty() { defaults.issue } else { names.join(",") },
            params_json: original.params_json(),
            goal: if goal.trim().is_empty() { defaults.goal } else { goal.clone() },
            profile: family.to_owned(),
            max_image_side: defaults.max_image_side,
        }
    }

    /// Begins a run; the ticket identifies it in the calls below.
    pub fn start(&mut self, now: f64) -> u32 {
        self.runs.start(now)
    }

    /// Takes one event of a run; true when it brought a result.
    pub fn event(&mut self, ticket: u32, event: RefinerEvent, now: f64) -> bool {
        match self.runs.event(ticket, event, now) {
            News::Nothing => false,
            News::Failed(failure) => {
                self.runs.end(failure);
                false
            }
            News::Result(result) => {
                self.refined = Some(Refined::new(*result, &self.draft.original));
                true
            }
        }
    }

    /// The run's connection is over. A run without an answer by then has failed.
    pub fn ended(&mut self, ticket: u32, outcome: Result<(), Failure>) {
        if self.runs.is_running(ticket) {
            self.runs.end(outcome.err().unwrap_or(Failure::Cut));
        }
    }

    /// Stops listening to the run; half a refinement is worth nothing.
    pub fn cancel(&mut self) {
        if self.running().is_some() {
            self.runs.end(Failure::Cancelled);
        }
    }

    /// The result becomes the original of the next round. The picture goes: it shows the round before.
    pub fn iterate(&mut self) {
        let Some(refined) = self.refined.take() else { return };
        let Recipe { positive, negative, params } = refined.recipe();
        let original = &mut self.draft.original;
        (original.positive, original.negative) = (positive, negative);
        original.params.extend(params);
        self.picture = None;
        self.runs = Runs::default();
    }
}

#[cfg(test)]
mod tests {
    use openclaw_shared::assist::{Delta, Field, Final, Streaming};
    use serde_json::json;

    use super::*;
    use crate::recipe::object;

    fn last() -> RefinerEvent {
        let result = RefinerResult {
            refined_positive: "better".into(),
            refined_negative: "worse".into(),
            param_patch: object(json!({"steps": 30, "cfg": 7, "seed": 5, "unknown": 1})),
            rationale: "because".into(),
        };
        let streaming = Streaming { preview_chars: 0, preview_truncated: false };
        RefinerEvent::Final(Box::new(Final { ok: true, kind: "refiner".into(), result, streaming }))
    }

    fn ready() -> Model {
        let params = object(json!({"steps": 20, "cfg": 7.0, "width": 512}));
        let original = Recipe { positive: "good".into(), negative: "bad".into(), params };
        let mut model = Model::new(Draft { original, ..Draft::default() }, None);
        let data_url = "data:image/jpeg;base64,AAAA".into();
        model.picture = Some(Picture { data_url, name: "a.png".into(), width: 1, height: 1 }.into());
        model
    }

    #[test]
    fn what_is_missing_is_named_in_the_order_people_fill_it_in() {
        let mut model = Model::default();
        assert_eq!(model.lack(), Some(Lack::Picture));
        model.picture = ready().picture;
        assert_eq!(model.lack(), Some(Lack::Prompt));
        assert_eq!(ready().lack(), None);
        model.draft.goal = "x".repeat(RefinerRequest::MAX_PROMPT + 1);
        assert_eq!(model.lack(), Some(Lack::TooLong));
    }

    #[test]
    fn issues_go_by_their_names_and_none_means_mend_what_you_see() {
        let mut model = ready();
        assert_eq!(model.request("").issue, "Fix issues");
        model.toggle(Issue::HandsBad);
        model.toggle(Issue::LowDetail);
        model.toggle(Issue::FaceBad);
        model.toggle(Issue::LowDetail);
        let request = model.request("Flux-Dev");
        assert_eq!((request.issue.as_str(), request.goal.as_str()), ("hands_bad,face_bad", "Fix issues"));
        assert!(request.validate().is_ok());
        assert_eq!(serde_json::from_str::<Value>(&request.params_json).unwrap()["steps"], 20);
    }

    #[test]
    fn only_parameters_that_change_are_offered_and_unchecked_ones_stay_out() {
        let mut model = ready();
        let ticket = model.start(0.0);
        let delta = Delta { field: Field::Rationale, text: "be".into(), preview_chars: 2 };
        model.event(ticket, RefinerEvent::Delta(delta), 1.0);
        assert_eq!(model.running().unwrap().text(Field::Rationale), "be");
        assert!(model.event(ticket, last(), 2.0));
        let refined = model.refined.as_mut().unwrap();
        let fields: Vec<_> = refined.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["steps", "seed"], "cfg 7 is cfg 7.0, and nobody knows the other one");
        assert_eq!(refined.changes[0].before, Some(json!(20)));
        assert_eq!(refined.changes[1].before, None);
        refined.changes[1].on = false;
        assert_eq!(refined.recipe().params, object(json!({"steps": 30})));
    }

    #[test]
    fn the_next_round_begins_where_this_one_ended() {
        let mut model = ready();
        model.toggle(Issue::HandsBad);
        let ticket = model.start(0.0);
        model.event(ticket, last(), 1.0);
        model.iterate();
        let original = &model.draft.original;
        assert_eq!((original.positive.as_str(), original.negative.as_str()), ("better", "worse"));
        assert_eq!(original.params, object(json!({"steps": 30, "cfg": 7.0, "seed": 5, "width": 512})));
        assert_eq!((model.lack(), &model.refined), (Some(Lack::Picture), &None));
        assert_eq!(model.draft.issues, [Issue::HandsBad]);
    }

    #[test]
    fn a_cancelled_or_broken_run_leaves_the_last_result() {
        let mut model = ready();
        let ticket = model.start(0.0);
        model.event(ticket, last(), 1.0);
        let first = model.refined.clone();
        let ticket = model.start(2.0);
        model.cancel();
        assert!(!model.event(ticket, last(), 3.0));
        let ticket = model.start(4.0);
        model.ended(ticket, Ok(()));
        assert_eq!(model.runs.state, crate::tabs::run::Run::Failed(Failure::Cut));
        assert_eq!(model.refined, first);
    }
}
