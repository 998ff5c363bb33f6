//! One streamed run after another, for every tab that has them.

use openclaw_shared::assist::{AssistEvent, Field, Phase};

use crate::api::Failure;
use openclaw_words::{Messages, fill};

/// A run in progress, with what has streamed in so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Running {
    /// `None` until the server says it has the request.
    pub phase: Option<Phase>,
    /// Milliseconds since 1970.
    pub started: f64,
    texts: Vec<(Field, String)>,
}

impl Running {
    pub fn text(&self, field: Field) -> &str {
        self.texts.iter().find(|(known, _)| *known == field).map_or("", |(_, text)| text)
    }

    fn push(&mut self, field: Field, more: &str) {
        match self.texts.iter_mut().find(|(known, _)| *known == field) {
            Some((_, text)) => text.push_str(more),
            None => self.texts.push((field, more.to_owned())),
        }
    }
}

/// Where a tab's run is.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Run {
    #[default]
    Idle,
    Running(Running),
    Done {
        seconds: f64,
    },
    Failed(Failure),
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Runs {
    pub state: Run,
    /// Counts runs, so that a late event of a cancelled run is told apart from the next run's.
    ticket: u32,
}

/// What an event of the run in progress means to its tab.
#[derive(Debug, PartialEq)]
pub enum News<R> {
    Nothing,
    Result(Box<R>),
    Failed(Failure),
}

impl Runs {
    pub fn running(&self) -> Option<&Running> {
        match &self.state {
            Run::Running(running) => Some(running),
            _ => None,
        }
    }

    /// Begins a run; the ticket identifies it in the calls below.
    pub fn start(&mut self, now: f64) -> u32 {
        self.ticket += 1;
        self.state = Run::Running(Running { started: now, ..Running::default() });
        self.ticket
    }

    /// Takes one event. The caller keeps what it wants of a failed run, then calls [`Self::end`].
    pub fn event<R>(&mut self, ticket: u32, event: AssistEvent<R>, now: f64) -> News<R> {
        let Run::Running(running) = &mut self.state else { return News::Nothing };
        if ticket != self.ticket {
            return News::Nothing;
        }
        match event {
            AssistEvent::Stage(stage) => running.phase = Some(stage.phase),
            AssistEvent::Delta(delta) => {
                // Text implies at least this phase, even when a server sends no stage for it.
                if running.phase != Some(Phase::Finalize) {
                    running.phase = Some(Phase::Receive);
                }
                running.push(delta.field, &delta.text);
            }
            AssistEvent::Final(last) => {
                self.state = Run::Done { seconds: (now - running.started).max(0.0) / 1000.0 };
                return News::Result(Box::new(last.result));
            }
            AssistEvent::Error(error) => return News::Failed(Failure::Problem(Box::new(error.problem))),
            AssistEvent::Ready(_) | AssistEvent::Keepalive(_) => {}
        }
        News::Nothing
    }

    /// Whether this run is the one in progress.
    pub fn is_running(&self, ticket: u32) -> bool {
        ticket == self.ticket && self.running().is_some()
    }

    /// The run is over; its late events change nothing.
    pub fn end(&mut self, failure: Failure) {
        self.ticket += 1;
        self.state = match failure {
            Failure::Cancelled => Run::Cancelled,
            failure => Run::Failed(failure),
        };
    }

    /// The stage in words.
    pub fn stage(&self, t: &Messages) -> String {
        match &self.state {
            Run::Idle => String::new(),
            Run::Running(running) => match running.phase {
                None => t.stage_sending,
                Some(Phase::Dispatch) => t.stage_dispatch,
                Some(Phase::Receive) => t.stage_receive,
                Some(Phase::Finalize) => t.stage_finalize,
            }
            .to_owned(),
            Run::Done { seconds } => fill(t.stage_done, &[("seconds", &tenths(*seconds))]),
            Run::Failed(_) => t.stage_failed.to_owned(),
            Run::Cancelled => t.stage_cancelled.to_owned(),
        }
    }
}

/// Seconds with one decimal.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a run is short and not negative"
)]
pub fn tenths(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() as u64;
    format!("{}.{}", tenths / 10, tenths % 10)
}
