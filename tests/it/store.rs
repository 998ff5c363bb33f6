//! What every store has to keep to. The suite gets a store by `open`, so that another database runs the same tests.

mod acceptance;
mod database;

use std::sync::Arc;

use openclaw_server::store::sqlite::Sqlite;
use openclaw_server::store::{
    Acceptance, Change, Facts, HostPrompt, JobFilter, JobPage, JobRecord, KeyClaim, Order, Retention, Store,
};
use openclaw_shared::event::EventType;
use openclaw_shared::job::{
    DeliveryState, Job, JobError, JobErrorKind, JobSource, JobState, Output, OutputKind,
};
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

struct Opened {
    store: Arc<dyn Store>,
    directory: TempDir,
    tasks: TaskTracker,
}

impl Opened {
    async fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap()).await
    }

    async fn at(directory: TempDir) -> Self {
        let tasks = TaskTracker::new();
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(directory.path(), &tasks).await.unwrap());
        Self { store, directory, tasks }
    }

    async fn again(self) -> Self {
        self.store.close().await;
        self.tasks.close();
        self.tasks.wait().await;
        Self::at(self.directory).await
    }

    async fn accept(&self, id: &str) -> Job {
        accepted(self.store.accept(record(id)).await.unwrap())
    }

    /// Hands the job to ComfyUI and ends it.
    async fn end(&self, id: &str, to: JobState) -> Job {
        for (to, event) in [(JobState::Running, EventType::Running), (to, EventType::Completed)] {
            let step = change(id, &[JobState::Queued, JobState::Running], to, event);
            if to == JobState::Running
                || self.store.job(id).await.unwrap().unwrap().state == JobState::Running
            {
                self.store.change(step).await.unwrap().unwrap();
            }
        }
        self.store.job(id).await.unwrap().unwrap()
    }
}

fn record(id: &str) -> JobRecord {
    JobRecord {
        id: id.into(),
        tenant: "default".into(),
        source: JobSource::Webhook,
        template_id: Some("portrait".into()),
        title: None,
        workflow_id: None,
        trace_id: format!("trace-{id}"),
        parent_span: None,
        retry_of: None,
        prompt: r#"{"1":{"class_type":"EmptyImage","inputs":{}}}"#.into(),
        extra_data: "{}".into(),
        node_count: 1,
        callback: None,
        created_at: 1000,
        key: None,
        nonce: None,
        room: None,
    }
}

fn keyed(id: &str, key: &str, payload: u8, at: i64) -> JobRecord {
    let key = KeyClaim { key: key.into(), other: None, payload_hash: [payload; 32], expires_at: at + 100 };
    JobRecord { key: Some(key), created_at: at, ..record(id) }
}

fn accepted(acceptance: Acceptance) -> Job {
    match acceptance {
        Acceptance::New(job) => *job,
        other => panic!("not accepted: {other:?}"),
    }
}

fn change(id: &str, from: &'static [JobState], to: JobState, event: EventType) -> Change {
    Change::to(id, from, to, event, 2000)
}

#[tokio::test]
async fn what_was_accepted_is_there_after_a_restart_with_its_event() {
    let opened = Opened::new().await;
    let job = opened.accept("a").await;
    assert_eq!((job.state, job.template_id.as_deref()), (JobState::Queued, Some("portrait")));
    let opened = opened.again().await;
    assert_eq!(opened.store.job("a").await.unwrap(), Some(job.clone()));
    let page = opened.store.events(0, 10, None).await.unwrap();
    assert_eq!(page.events.len(), 1);
    assert_eq!((page.events[0].event_type, &page.events[0].job), (EventType::Queued, &Some(job)));
    assert_eq!((page.earliest_seq, page.latest_seq), (1, 1));
}

#[tokio::test]
async fn steps_are_taken_only_from_the_states_they_fit() {
    let opened = Opened::new().await;
    opened.accept("a").await;
    let run = || change("a", &[JobState::Submitted], JobState::Running, EventType::Running);
    assert_eq!(opened.store.change(run()).await.unwrap(), None, "it was not submitted");
    let submission = opened.store.claim(1, 1400).await.unwrap().unwrap();
    assert_eq!(submission.prompt, record("a").prompt);
    assert_eq!(opened.store.claim(5, 1400).await.unwrap(), None, "nothing is handed out twice");
    opened.accept("b").await;
    assert_eq!(opened.store.claim(1, 1400).await.unwrap(), None, "ComfyUI has as many as it may have");
    assert_eq!(opened.store.claim(2, 1400).await.unwrap().unwrap().id, "b");
    let open = opened.store.open_jobs().await.unwrap();
    assert_eq!((open[0].job.state, open[0].claimed_at), (JobState::Submitting, Some(1400)));
    let back = opened.store.requeue("a", 1500).await.unwrap().unwrap();
    assert_eq!(back.state, JobState::Queued);
    opened.store.claim(5, 1400).await.unwrap();
    let submitted = change("a", &[JobState::Submitting], JobState::Submitted, EventType::Submitted)
        .with(Facts { number: Some(7), ..Facts::default() });
    let job = opened.store.change(submitted).await.unwrap().unwrap();
    assert_eq!((job.priority, job.submit_time), (Some(7), Some(2000)));
    opened.store.change(run()).await.unwrap().unwrap();
    let outputs = vec![Output {
        node_id: "1".into(),
        kind: OutputKind::Image,
        filename: "a.png".into(),
        view: Some("/view?filename=a.png".into()),
        text: None,
    }];
    let facts = Facts {
        outputs: Some(outputs.clone()),
        started_at: Some(2100),
        ended_at: Some(2600),
        cached: Some(true),
        ..Facts::default()
    };
    let end =
        Change { facts, ..change("a", &[JobState::Running], JobState::Succeeded, EventType::Completed) };
    let job = opened.store.change(end).await.unwrap().unwrap();
    assert_eq!((&job.outputs, job.outputs_count, job.cached), (&outputs, 1, true));
    assert_eq!((job.execution_start_time, job.execution_end_time), (Some(2100), Some(2600)));
    assert_eq!(opened.store.change(run()).await.unwrap(), None, "an end is an end");
    let kinds = opened.store.events(0, 10, Some("a")).await.unwrap().events;
    let kinds: Vec<_> = kinds.iter().map(|event| event.event_type).collect();
    let expected = [
        EventType::Queued,
        EventType::Requeued,
        EventType::Submitted,
        EventType::Running,
        EventType::Completed,
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn the_end_of_a_job_with_a_callback_leaves_something_to_deliver() {
    let opened = Opened::new().await;
    let with_callback = JobRecord { callback: Some(r#"{"url":"x"}"#.into()), ..record("a") };
    let job = accepted(opened.store.accept(with_callback).await.unwrap());
    assert_eq!(job.delivery, Some(DeliveryState::Waiting));
    assert_eq!(opened.end("a", JobState::Failed).await.delivery, Some(DeliveryState::Pending));
    opened.accept("b").await;
    assert_eq!(opened.end("b", JobState::Failed).await.delivery, None);
}

#[tokio::test]
async fn cancelling_ends_what_has_not_left_and_marks_what_has() {
    let opened = Opened::new().await;
    opened.accept("a").await;
    assert_eq!(opened.store.request_cancel("a", 1500).await.unwrap().unwrap().state, JobState::Cancelled);
    assert_eq!(opened.store.claim(5, 1400).await.unwrap(), None);
    opened.accept("b").await;
    opened.store.claim(5, 1400).await.unwrap();
    assert_eq!(opened.store.requeue("a", 1500).await.unwrap(), None, "it has ended");
    for _ in 0..2 {
        let job = opened.store.request_cancel("b", 1500).await.unwrap().unwrap();
        assert!(job.state == JobState::Submitting && job.cancel_requested);
    }
    let asked = opened.store.events(0, 10, Some("b")).await.unwrap().events;
    assert_eq!(asked.iter().filter(|event| event.event_type == EventType::CancelRequested).count(), 1);
    let back = opened.store.requeue("b", 1600).await.unwrap().unwrap();
    assert_eq!(back.state, JobState::Cancelled, "it does not go back into the queue");
    assert_eq!(opened.store.request_cancel("nobody", 1500).await.unwrap(), None);
}

#[tokio::test]
async fn prompts_of_comfyui_are_added_once_and_are_not_ours_to_retry() {
    let opened = Opened::new().await;
    let prompt = HostPrompt {
        id: "h".into(),
        number: 3,
        running: true,
        workflow_id: Some("w".into()),
        node_count: 4,
        created_at: None,
    };
    let added = opened.store.add_host_prompts(vec![prompt.clone(), prompt.clone()], 1000).await.unwrap();
    assert_eq!(added.len(), 1);
    assert_eq!((added[0].source, added[0].state), (JobSource::Host, JobState::Running));
    assert_eq!(opened.store.add_host_prompts(vec![prompt], 1001).await.unwrap(), Vec::new());
    assert!(opened.store.retryable("h").await.unwrap().is_none());
}

#[tokio::test]
async fn lists_are_narrowed_ordered_and_paged_without_gaps() {
    let opened = Opened::new().await;
    for n in 0..30 {
        let source = if n % 3 == 0 { JobSource::Trigger } else { JobSource::Webhook };
        let template_id = (n % 2 == 0).then(|| "even".to_owned());
        let id = format!("{n:02}");
        let new = JobRecord { source, template_id, created_at: n, ..record(&id) };
        opened.store.accept(new).await.unwrap();
        if n % 5 == 0 {
            let facts = Facts { started_at: Some(0), ended_at: Some(100 - n), ..Facts::default() };
            let end = change(&id, &[JobState::Queued], JobState::Failed, EventType::Failed);
            opened.store.change(Change { facts, ..end }).await.unwrap().unwrap();
        }
    }
    let all = |filter: JobFilter| {
        let store = opened.store.clone();
        async move {
            let (mut found, mut filter) = (Vec::new(), JobFilter { limit: 4, ..filter });
            loop {
                let page = store.list(filter.clone()).await.unwrap();
                found.extend(page.jobs.into_iter().map(|job| job.id.parse::<u32>().unwrap()));
                match page.next {
                    Some(next) => filter.after = Some(next),
                    None => return (found, page.total),
                }
            }
        }
    };
    let numbers = |wanted: fn(&u32) -> bool| (0..30).rev().filter(wanted).collect::<Vec<_>>();
    let filter = JobFilter::default();
    assert_eq!(all(filter.clone()).await, (numbers(|_| true), 30));
    let ascending = JobFilter { ascending: true, ..filter.clone() };
    assert_eq!(all(ascending).await.0, (0..30).collect::<Vec<_>>());
    let failed = JobFilter { states: vec![JobState::Failed], ..filter.clone() };
    assert_eq!(all(failed.clone()).await, (numbers(|n| n % 5 == 0), 6));
    let by_source = JobFilter { sources: vec![JobSource::Trigger], ..filter.clone() };
    assert_eq!(all(by_source.clone()).await, (numbers(|n| n % 3 == 0), 10));
    let both = JobFilter { states: vec![JobState::Queued, JobState::Failed], ..by_source };
    assert_eq!(all(both).await.0, numbers(|n| n % 3 == 0));
    let template = JobFilter { template_id: Some("even".into()), ..filter.clone() };
    assert_eq!(all(template.clone()).await, (numbers(|n| n % 2 == 0), 15));
    let template = JobFilter { states: vec![JobState::Failed], ..template };
    assert_eq!(all(template.clone()).await, (numbers(|n| n % 10 == 0), 3));
    let nothing = JobFilter { workflow_id: Some("another".into()), ..template.clone() };
    assert_eq!(all(nothing).await, (vec![], 0));
    let traced = JobFilter { trace_id: Some("trace-07".into()), ..filter.clone() };
    assert_eq!(all(traced.clone()).await, (vec![7], 1));
    assert_eq!(all(JobFilter { states: vec![JobState::Failed], ..traced }).await, (vec![], 0));
    let longest = JobFilter { order: Order::Duration, ..failed };
    assert_eq!(all(longest.clone()).await.0, [0, 5, 10, 15, 20, 25]);
    assert_eq!(all(JobFilter { ascending: true, ..longest }).await.0, [25, 20, 15, 10, 5, 0]);
    let longest = JobFilter { order: Order::Duration, ..template };
    assert_eq!(all(longest).await.0, [0, 10, 20]);
    let longest = JobFilter { order: Order::Duration, ..filter.clone() };
    assert_eq!(all(longest).await.0[..6], [0, 5, 10, 15, 20, 25]);
    let skipped = JobFilter { offset: 28, limit: 10, ..filter };
    let page = opened.store.list(skipped).await.unwrap();
    assert_eq!(page.jobs.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["01", "00"]);
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn the_longest_of_very_many_come_first_and_then_those_that_have_not_ended() {
    let opened = Opened::new().await;
    let ids: Vec<_> = (0..1100).map(|n| format!("{n:04}")).collect();
    let stored = ids.iter().map(|id| opened.store.accept(record(id)));
    futures_util::future::try_join_all(stored).await.unwrap();
    for (id, ended_at) in [("0003", 50), ("0500", 70), ("0007", 60)] {
        let facts = Facts { started_at: Some(0), ended_at: Some(ended_at), ..Facts::default() };
        let end = change(id, &[JobState::Queued], JobState::Failed, EventType::Failed);
        opened.store.change(Change { facts, ..end }).await.unwrap().unwrap();
    }
    let filter = JobFilter {
        template_id: Some("portrait".into()),
        states: vec![JobState::Queued, JobState::Failed],
        order: Order::Duration,
        limit: 2,
        ..JobFilter::default()
    };
    let ids = |page: &JobPage| page.jobs.iter().map(|job| job.id.clone()).collect::<Vec<_>>();
    let first = opened.store.list(filter.clone()).await.unwrap();
    assert_eq!((ids(&first), first.total), (vec!["0500".into(), "0007".into()], 1100));
    let second = opened.store.list(JobFilter { after: first.next, ..filter.clone() }).await.unwrap();
    assert_eq!((second.jobs[0].id.as_str(), second.jobs[1].state), ("0003", JobState::Queued));
    let skipped = opened.store.list(JobFilter { offset: 1, ..filter }).await.unwrap();
    assert_eq!(ids(&skipped), ["0007", "0003"]);
}

#[tokio::test]
async fn whoever_listens_hears_events_in_their_order_and_after_they_are_stored() {
    let opened = Opened::new().await;
    let mut events = opened.store.subscribe();
    opened.accept("a").await;
    opened.end("a", JobState::Succeeded).await;
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(events.recv().await.unwrap());
    }
    let stored = opened.store.events(0, 10, None).await.unwrap().events;
    assert_eq!(heard.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(heard[2].job, stored[2].job, "the last one has the job as it is");
}

#[tokio::test]
async fn clearing_up_takes_old_ended_jobs_and_nothing_else() {
    let opened = Opened::new().await;
    for (id, at, end) in [
        ("old", 0, Some(JobState::Succeeded)),
        ("old-open", 1, None),
        ("old-undelivered", 2, Some(JobState::Failed)),
        ("surplus", 500, Some(JobState::Succeeded)),
        ("young", 950, Some(JobState::Succeeded)),
    ] {
        let callback = (id == "old-undelivered").then(|| "{}".to_owned());
        opened.store.accept(JobRecord { created_at: at, callback, ..record(id) }).await.unwrap();
        if let Some(end) = end {
            opened.end(id, end).await;
        }
    }
    let by_age = Retention { max_age_ms: 800, max_count: 100, min_age_ms: 100 };
    assert_eq!(opened.store.prune(by_age, 1000).await.unwrap(), 1);
    assert!(opened.store.job("old").await.unwrap().is_none());
    let by_count = Retention { max_age_ms: 10_000, max_count: 1, min_age_ms: 100 };
    assert_eq!(opened.store.prune(by_count, 1000).await.unwrap(), 1);
    for id in ["old-open", "old-undelivered", "young"] {
        assert!(opened.store.job(id).await.unwrap().is_some(), "{id}");
    }
    let latest = opened.store.events(0, 1, None).await.unwrap().latest_seq;
    opened.accept("new").await;
    let page = opened.store.events(latest, 10, None).await.unwrap();
    assert_eq!(page.events[0].seq, latest + 1, "numbers of cleared events are not used again");
}

#[tokio::test]
async fn what_had_ended_at_a_time_is_known() {
    let opened = Opened::new().await;
    opened.accept("ended").await;
    opened.accept("open").await;
    opened.end("ended", JobState::Succeeded).await;
    let ids = || vec!["ended".to_owned(), "open".to_owned(), "nobody".to_owned()];
    assert!(opened.store.any_ended_before(ids(), 2001).await.unwrap());
    assert!(!opened.store.any_ended_before(ids(), 2000).await.unwrap());
    assert!(!opened.store.any_ended_before(vec!["open".to_owned()], 9999).await.unwrap());
}

#[tokio::test]
async fn errors_are_kept_with_the_node_to_locate() {
    let opened = Opened::new().await;
    opened.accept("a").await;
    let error = JobError {
        kind: JobErrorKind::Execution,
        message: "boom".into(),
        node_id: Some("5".into()),
        node_type: Some("KSampler".into()),
        detail: None,
    };
    let facts =
        Facts { error: Some(error.clone()), node_errors: Some(vec![error.clone()]), ..Facts::default() };
    let failed = Change { facts, ..change("a", &[JobState::Queued], JobState::Failed, EventType::Failed) };
    opened.store.change(failed).await.unwrap();
    let opened = opened.again().await;
    let job = opened.store.job("a").await.unwrap().unwrap();
    assert_eq!((job.error, job.node_errors), (Some(error.clone()), vec![error]));
}

#[tokio::test]
async fn an_identity_stays_what_it_was_first() {
    let opened = Opened::new().await;
    assert_eq!(opened.store.identity("who", "first".into()).await.unwrap(), "first");
    let opened = opened.again().await;
    assert_eq!(opened.store.identity("who", "second".into()).await.unwrap(), "first");
}
