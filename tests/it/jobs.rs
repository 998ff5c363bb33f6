mod comfy;

use std::time::Duration;

use openclaw_server::job::{AcceptError, Accepted, Idempotency, KEY_TTL, NewJob, Nonce};
use openclaw_server::trace::TraceContext;
use openclaw_shared::event::{EventType, StreamEvent};
use openclaw_shared::job::{Job, JobErrorKind, JobSource, JobState, Output, OutputKind};
use openclaw_tests::{EventStream, FakeComfy, TestApp};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Far more than any step takes: reaching it means that it will never come.
const LIMIT: Duration = Duration::from_secs(30);

/// A server beside a ComfyUI.
struct Pair {
    app: TestApp,
    comfy: FakeComfy,
}

impl Pair {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(env: &[(&str, &str)]) -> Self {
        let comfy = FakeComfy::start().await;
        let mut all = vec![("OPENCLAW_COMFYUI_URL", comfy.url.as_str())];
        all.extend(env);
        let app = TestApp::start(&all).await;
        Self { app, comfy }
    }

    async fn accept(&self, graph: Value) -> Job {
        accept(&self.app, new_job(graph)).await.unwrap().job
    }

    /// Waits until the job is in this state.
    async fn wait(&self, id: &str, state: JobState) -> Job {
        wait(&self.app, id, state).await
    }

    async fn kinds(&self, id: &str) -> Vec<EventType> {
        let events = self.app.app.jobs().unwrap().events(0, 100, Some(id)).await.unwrap().events;
        events.iter().map(|event| event.event_type).collect()
    }
}

fn new_job(graph: Value) -> NewJob {
    let Value::Object(prompt) = graph else { panic!("a graph is an object") };
    NewJob {
        source: JobSource::Webhook,
        tenant: "default".into(),
        template_id: Some("portrait".into()),
        title: None,
        prompt,
        extra_data: serde_json::Map::new(),
        idempotency: None,
        nonce: None,
        callback: None,
        trace: TraceContext::random(),
    }
}

fn nodes(classes: &[&str]) -> Value {
    let nodes = classes
        .iter()
        .zip(1..)
        .map(|(class, id)| (id.to_string(), json!({"class_type": class, "inputs": {}})));
    Value::Object(nodes.collect())
}

async fn accept(app: &TestApp, new: NewJob) -> Result<Accepted, AcceptError> {
    app.app.jobs().unwrap().accept(new).await
}

async fn wait(app: &TestApp, id: &str, state: JobState) -> Job {
    let jobs = app.app.jobs().unwrap();
    let mut events = jobs.store().subscribe();
    let reached = async {
        loop {
            let job = jobs.get(id).await.unwrap().unwrap();
            if job.state == state {
                return job;
            }
            assert!(!job.state.is_end(), "it ended as {:?}: {:?}", job.state, job.error);
            events.recv().await.unwrap();
        }
    };
    tokio::time::timeout(LIMIT, reached).await.unwrap_or_else(|_| panic!("{id} does not become {state:?}"))
}

#[tokio::test]
async fn a_job_is_submitted_followed_and_ends_with_links_to_what_it_made() {
    let pair = Pair::start().await;
    let mut stream = EventStream::open(&pair.app.url, "", None).await;
    assert!(matches!(stream.next().await, StreamEvent::Ready(ready) if ready.cursor_status == "ok"));
    let job = pair.accept(nodes(&["Save", "Save"])).await;
    let done = pair.wait(&job.id, JobState::Succeeded).await;
    assert_eq!(pair.comfy.submitted(), std::slice::from_ref(&job.id), "the id is the prompt's");
    let expected = Output {
        node_id: "1".into(),
        kind: OutputKind::Image,
        filename: "1.png".into(),
        view: Some("/view?filename=1.png&subfolder=&type=output".into()),
        text: None,
    };
    assert_eq!((done.outputs.len(), &done.outputs[0]), (2, &expected));
    assert_eq!((done.execution_start_time, done.execution_end_time), (Some(1_000), Some(3_000)));
    let kinds = pair.kinds(&job.id).await;
    assert_eq!(kinds.first(), Some(&EventType::Queued));
    assert_eq!(kinds.last(), Some(&EventType::Completed));
    let mut seqs = Vec::new();
    loop {
        let event = stream.next_job().await;
        seqs.push(event.seq);
        if event.event_type == EventType::Completed {
            assert_eq!(event.job.unwrap().outputs, done.outputs);
            break;
        }
    }
    assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");

    let (status, detail) = pair.app.get(&format!("/openclaw/jobs/{}", job.id)).await;
    assert_eq!((status, &detail["job"]["status"]), (StatusCode::OK, &json!("completed")));
    let traceparent = detail["trace"]["traceparent"].as_str().unwrap();
    assert!(traceparent.starts_with(&format!("00-{}-", job.trace_id)), "{traceparent}");
    assert_eq!(pair.comfy.headers(&job.id)["traceparent"], traceparent);
}

#[tokio::test]
async fn progress_is_told_while_a_job_runs() {
    let pair = Pair::start().await;
    let mut stream = EventStream::open(&pair.app.url, "", None).await;
    let job = pair.accept(nodes(&["Save", "Hold"])).await;
    let progress = loop {
        match stream.next().await {
            StreamEvent::Progress(progress)
                if progress.node_id.as_deref() == Some("2") && progress.max > 0.0 =>
            {
                break progress;
            }
            _ => {}
        }
    };
    assert_eq!((progress.nodes_done, progress.nodes_total, progress.percent), (1, 2, 75.0));
    assert_eq!(progress.node_title.as_deref(), Some("Hold"));
    let (_, list) = pair.app.get("/openclaw/jobs?status=in_progress").await;
    assert_eq!(list["jobs"][0]["progress"]["percent"], json!(75.0), "{list}");
    assert_eq!(list["host"]["connected"], json!(true));
    pair.comfy.release();
    pair.wait(&job.id, JobState::Succeeded).await;
}

#[tokio::test]
async fn every_way_to_end_badly_is_told_apart_with_the_node_to_locate() {
    let pair = Pair::start().await;
    let refused = pair.accept(nodes(&["Invalid"])).await;
    let job = pair.wait(&refused.id, JobState::Failed).await;
    let error = job.error.unwrap();
    assert_eq!((error.kind, error.node_id.as_deref()), (JobErrorKind::Rejected, Some("1")));

    let failed = pair.accept(nodes(&["Save", "Fail"])).await;
    let job = pair.wait(&failed.id, JobState::Failed).await;
    let error = job.error.unwrap();
    assert_eq!((error.kind, error.node_id.as_deref()), (JobErrorKind::Execution, Some("2")));
    assert_eq!(error.message, "it broke, password=***REDACTED***");

    let partial = pair.accept(nodes(&["Save", "Invalid"])).await;
    let job = pair.wait(&partial.id, JobState::Succeeded).await;
    assert_eq!((job.outputs.len(), job.node_errors.len()), (1, 1));
    assert_eq!(job.node_errors[0].node_id.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_job_can_be_cancelled_wherever_it_is() {
    let pair = Pair::with(&[("OPENCLAW_HOST_QUEUE_DEPTH", "2")]).await;
    let running = pair.accept(nodes(&["Hold"])).await;
    pair.wait(&running.id, JobState::Running).await;
    let waiting_there = pair.accept(nodes(&["Save"])).await;
    pair.wait(&waiting_there.id, JobState::Submitted).await;
    let queued = pair.accept(nodes(&["Save"])).await;
    let cancel = |id: String| {
        let app = &pair.app;
        async move { app.post(&format!("/openclaw/jobs/{id}/cancel"), &json!({})).await.1 }
    };
    assert_eq!(cancel(queued.id.clone()).await["job"]["state"], json!("cancelled"));
    let answer = cancel(waiting_there.id.clone()).await;
    assert_eq!((&answer["cancelled"], &answer["job"]["cancel_requested"]), (&json!(true), &json!(true)));
    pair.wait(&waiting_there.id, JobState::Cancelled).await;
    cancel(running.id.clone()).await;
    let job = pair.wait(&running.id, JobState::Interrupted).await;
    assert_eq!(job.error.unwrap().node_id.as_deref(), Some("1"));
    assert_eq!(cancel(running.id.clone()).await["cancelled"], json!(false));
    assert_eq!(pair.comfy.submitted(), [running.id, waiting_there.id]);
    let (status, body) = pair.app.post("/openclaw/jobs/nobody/cancel", &json!({})).await;
    assert_eq!((status, &body["error"]), (StatusCode::NOT_FOUND, &json!("job_not_found")));
    let (status, body) = pair.app.get("/openclaw/trace/nobody").await;
    assert_eq!((status, &body["error"]), (StatusCode::NOT_FOUND, &json!("not_found")));
}

#[tokio::test]
async fn a_retry_is_a_new_job_with_the_same_work() {
    let pair = Pair::start().await;
    let job = pair.accept(nodes(&["Fail"])).await;
    pair.wait(&job.id, JobState::Failed).await;
    let (status, answer) = pair.app.post(&format!("/openclaw/jobs/{}/retry", job.id), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let again = answer["job"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&answer["job"]["retry_of"], &answer["job"]["trace_id"]),
        (&json!(job.id), &json!(job.trace_id))
    );
    pair.wait(&again, JobState::Failed).await;
    assert_eq!(pair.kinds(&job.id).await.last(), Some(&EventType::Retried));
    let held = pair.accept(nodes(&["Hold"])).await;
    let (status, _) = pair.app.post(&format!("/openclaw/jobs/{}/retry", held.id), &json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT, "it has not ended");
}

#[tokio::test]
async fn a_stream_resumes_where_it_broke_off() {
    let pair = Pair::start().await;
    let first = pair.accept(nodes(&["Save"])).await;
    pair.wait(&first.id, JobState::Succeeded).await;
    let all = pair.app.get("/openclaw/events?limit=200").await.1;
    let seqs: Vec<u64> =
        all["events"].as_array().unwrap().iter().map(|e| e["seq"].as_u64().unwrap()).collect();
    let mut stream = EventStream::open(&pair.app.url, "?since=0", Some(seqs[0])).await;
    for expected in &seqs[1..] {
        assert_eq!(stream.next_job().await.seq, *expected);
    }
    let second = pair.accept(nodes(&["Save"])).await;
    assert_eq!(stream.next_job().await.prompt_id, second.id);
    let mut of_second =
        EventStream::open(&pair.app.url, &format!("?since=0&prompt_id={}", second.id), None).await;
    assert_eq!(of_second.next_job().await.prompt_id, second.id);

    let mut from_the_future = EventStream::open(&pair.app.url, "", Some(99_999)).await;
    assert!(
        matches!(from_the_future.next().await, StreamEvent::Ready(ready) if ready.cursor_status == "future_cursor_reset")
    );
    let (_, future) = pair.app.get("/openclaw/events?since=99999").await;
    assert_eq!(future["pagination"]["cursor_status"], json!("future_cursor_reset"));
    assert_eq!(future["events"][0]["seq"], json!(seqs[0]));
}

#[tokio::test]
async fn the_same_event_is_accepted_once_and_answered_alike_however_full_it_is() {
    let app = TestApp::start(&[("OPENCLAW_MAX_OPEN_JOBS", "1")]).await;
    let keyed = |hash: u8| NewJob {
        idempotency: Some(Idempotency {
            key: "k".into(),
            other: None,
            payload_hash: [hash; 32],
            ttl: KEY_TTL,
        }),
        ..new_job(nodes(&["Save"]))
    };
    let first = accept(&app, keyed(1)).await.unwrap();
    assert!(!first.deduped);
    let nonce = Nonce { value: "n".into(), ttl: Duration::from_mins(1) };
    let signed = || NewJob { nonce: Some(nonce.clone()), ..keyed(1) };
    let again = accept(&app, signed()).await.unwrap();
    assert_eq!((again.deduped, again.job.id), (true, first.job.id));
    assert!(matches!(accept(&app, signed()).await, Err(AcceptError::NonceUsed)));
    assert!(matches!(accept(&app, keyed(2)).await, Err(AcceptError::KeyReused)));
    let busy = accept(&app, new_job(nodes(&["Save"]))).await.unwrap_err();
    assert!(
        matches!(&busy, AcceptError::Busy(busy) if busy.limit == 1 && !busy.retry_after.is_zero()),
        "{busy}"
    );
}

#[tokio::test]
async fn of_two_requests_with_one_key_at_the_same_moment_one_is_told_to_wait() {
    let app = TestApp::start(&[]).await;
    let keyed = || NewJob {
        idempotency: Some(Idempotency { key: "k".into(), other: None, payload_hash: [1; 32], ttl: KEY_TTL }),
        ..new_job(nodes(&["Save"]))
    };
    let (first, second) = tokio::join!(accept(&app, keyed()), accept(&app, keyed()));
    assert!(first.is_ok(), "{first:?}");
    assert!(matches!(second, Err(AcceptError::KeyInFlight)), "{second:?}");
}

#[tokio::test]
async fn a_damaged_database_locks_the_jobs_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("jobs.db"), "x".repeat(9000)).unwrap();
    let app = TestApp::start_in(dir, &[]).await;
    for path in ["/openclaw/jobs", "/openclaw/events", "/openclaw/events/stream", "/openclaw/trace/x"] {
        let (status, body) = app.get(path).await;
        assert_eq!(
            (status, &body["error"]),
            (StatusCode::SERVICE_UNAVAILABLE, &json!("jobs_locked")),
            "{path}"
        );
        assert!(body["message"].as_str().unwrap().contains("jobs.db"), "{body}");
    }
    assert_eq!(app.get("/openclaw/health").await.0, StatusCode::OK);
    assert_eq!(app.plan("a cat").await.0, StatusCode::OK);
}

#[tokio::test]
async fn queries_that_say_something_unknown_are_refused() {
    let app = TestApp::start(&[]).await;
    for query in ["?colour=red", "?status=odd", "?limit=0", "?limit=x", "?cursor=1", "?sort_by=name"] {
        let (status, body) = app.get(&format!("/openclaw/jobs{query}")).await;
        assert_eq!(
            (status, &body["error"]),
            (StatusCode::BAD_REQUEST, &json!("jobs_query_invalid")),
            "{query}"
        );
    }
    let (status, list) = app.get("/openclaw/jobs?status=pending,failed&limit=200").await;
    assert_eq!(
        (status, &list["jobs"], &list["pagination"]["total"]),
        (StatusCode::OK, &json!([]), &json!(0))
    );
}
