//! What happens around a call: who is meant (the first that knows), what is sent (one after the other), what is told
//! (all at once). Registered in code only: a hook sees prompts, so none comes from a file or a request.
//!
//! The kind of a hook is its contract. Only a [`Transform`] changes what is sent, and an [`Observe`] that fails, hangs
//! or panics never touches the call: it gets a copy, in a task of its own, for a while.

mod built_in;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::error::FailureClass;
use super::target::Target;
use super::{ChatRequest, Piece, Usage};
use crate::llm::catalog::Catalog;
use crate::redact::Redactor;

/// An observer that needs longer writes to something that is down.
const OBSERVER_TIME: Duration = Duration::from_secs(5);
/// Observations under way; above it they are dropped, because the calls matter and memory is bounded.
const MAX_OBSERVATIONS: usize = 1000;

/// Names the model that is meant.
pub trait Resolve: Send + Sync {
    /// `None` leaves it to the next.
    fn resolve(&self, provider: &str, model: &str) -> Option<String>;
}

/// Changes what is sent.
pub trait Transform: Send + Sync {
    fn transform(&self, target: &Target, request: &mut ChatRequest);
}

/// Is told of every call, once, when it is over.
pub trait Observe: Send + Sync {
    fn observe(&self, call: Arc<Call>) -> BoxFuture<'static, ()>;
}

/// A call that is over. It holds nothing of what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub provider: String,
    pub model: String,
    pub outcome: Outcome,
    /// Until the first words, when some came.
    pub first: Option<Duration>,
    pub whole: Duration,
    pub usage: Usage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Answered,
    Failed(FailureClass),
    /// Nobody waited for the answer any more.
    Cancelled,
}

/// All hooks, in order.
pub struct Hooks {
    pub resolvers: Vec<Box<dyn Resolve>>,
    pub transforms: Vec<Box<dyn Transform>>,
    pub observers: Vec<Arc<dyn Observe>>,
    tasks: TaskTracker,
    room: Arc<Semaphore>,
}

impl Hooks {
    /// Short names, limits, secrets taken out, a line in the log.
    pub fn built_in(catalog: &Catalog, redactor: Arc<Redactor>, tasks: TaskTracker) -> Self {
        Self {
            resolvers: vec![Box::new(built_in::Alias::new(catalog))],
            transforms: vec![Box::new(built_in::Clamp), Box::new(built_in::Redaction(redactor))],
            observers: vec![Arc::new(built_in::Audit)],
            ..Self::none(tasks)
        }
    }

    /// `tasks` is where observers run: who waits for it at the end waits for what is being told.
    pub fn none(tasks: TaskTracker) -> Self {
        Self {
            resolvers: Vec::new(),
            transforms: Vec::new(),
            observers: Vec::new(),
            tasks,
            room: Arc::new(Semaphore::new(MAX_OBSERVATIONS)),
        }
    }

    pub fn resolve(&self, target: &mut Target) {
        if let Some(model) =
            self.resolvers.iter().find_map(|resolver| resolver.resolve(&target.provider, &target.model))
        {
            target.model = model;
        }
    }

    /// What is sent instead of the request.
    pub fn transform(&self, target: &Target, request: &ChatRequest) -> ChatRequest {
        let mut request = request.clone();
        for transform in &self.transforms {
            transform.transform(target, &mut request);
        }
        request
    }

    pub(super) fn watch(&self, target: &Target) -> Watch<'_> {
        let call = Call {
            provider: target.provider.clone(),
            model: target.model.clone(),
            outcome: Outcome::Cancelled,
            first: None,
            whole: Duration::ZERO,
            usage: Usage::default(),
        };
        Watch { hooks: self, call, started: Instant::now() }
    }

    fn tell(&self, call: Call) {
        // Without a runtime the process is ending, and nobody listens.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let call = Arc::new(call);
        for observer in &self.observers {
            let Ok(room) = self.room.clone().try_acquire_owned() else {
                tracing::warn!("observers are too slow: a call goes untold");
                return;
            };
            let (observer, call) = (observer.clone(), call.clone());
            let told = async move {
                let _room = room;
                tokio::time::timeout(OBSERVER_TIME, observer.observe(call)).await
            };
            self.tasks.spawn_on(told, &runtime);
        }
    }
}

/// Tells the observers when it is dropped, however the call ended.
pub(super) struct Watch<'a> {
    hooks: &'a Hooks,
    call: Call,
    started: Instant,
}

impl Watch<'_> {
    pub fn saw(&mut self, piece: &Piece) {
        match piece {
            Piece::Text(_) => {
                self.call.first.get_or_insert_with(|| self.started.elapsed());
            }
            Piece::Usage(usage) => {
                self.call.usage.input = usage.input.or(self.call.usage.input);
                self.call.usage.output = usage.output.or(self.call.usage.output);
            }
        }
    }

    pub fn ended(&mut self, outcome: Outcome) {
        self.call.outcome = outcome;
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.call.whole = self.started.elapsed();
        self.hooks.tell(self.call.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::llm::target::tests::target;

    struct Named(&'static str, Option<&'static str>);

    impl Resolve for Named {
        fn resolve(&self, _: &str, model: &str) -> Option<String> {
            (model == self.0).then_some(self.1?.to_owned())
        }
    }

    struct Append(&'static str);

    impl Transform for Append {
        fn transform(&self, _: &Target, request: &mut ChatRequest) {
            request.text += self.0;
        }
    }

    struct Panics;

    impl Observe for Panics {
        fn observe(&self, _: Arc<Call>) -> BoxFuture<'static, ()> {
            Box::pin(async { panic!("an observer with a fault") })
        }
    }

    #[derive(Default)]
    struct Notes(Arc<Mutex<Vec<Call>>>);

    impl Observe for Notes {
        fn observe(&self, call: Arc<Call>) -> BoxFuture<'static, ()> {
            let notes = self.0.clone();
            Box::pin(async move { notes.lock().unwrap().push((*call).clone()) })
        }
    }

    fn request() -> ChatRequest {
        ChatRequest {
            system: String::new(),
            text: "a".into(),
            images: Vec::new(),
            max_tokens: 1,
            temperature: 0.0,
            object: None,
        }
    }

    #[test]
    fn the_first_that_knows_names_the_model_and_transforms_see_what_came_before() {
        let hooks = Hooks {
            resolvers: vec![
                Box::new(Named("x", None)),
                Box::new(Named("x", Some("y"))),
                Box::new(Named("x", Some("z"))),
            ],
            transforms: vec![Box::new(Append("b")), Box::new(Append("c"))],
            ..Hooks::none(TaskTracker::new())
        };
        let mut asked = target("openai", "x");
        hooks.resolve(&mut asked);
        assert_eq!(asked.model, "y");
        let original = request();
        assert_eq!(hooks.transform(&asked, &original).text, "abc");
        assert_eq!(original.text, "a");
    }

    #[tokio::test]
    async fn an_observer_that_panics_takes_nothing_with_it_and_every_end_is_told_once() {
        let notes = Notes::default();
        let told = notes.0.clone();
        let tasks = TaskTracker::new();
        let hooks =
            Hooks { observers: vec![Arc::new(Panics), Arc::new(notes)], ..Hooks::none(tasks.clone()) };
        let mut watch = hooks.watch(&target("openai", "m"));
        watch.saw(&Piece::Text("hi".into()));
        watch.saw(&Piece::Usage(Usage { input: Some(3), output: None }));
        watch.saw(&Piece::Usage(Usage { input: None, output: Some(5) }));
        watch.ended(Outcome::Answered);
        drop(watch);
        drop(hooks.watch(&target("openai", "m")));
        tasks.close();
        tasks.wait().await;
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].usage, Usage { input: Some(3), output: Some(5) });
        assert!(told[0].first.is_some() && told[0].outcome == Outcome::Answered);
        assert_eq!((told[1].outcome, told[1].first), (Outcome::Cancelled, None));
    }
}
