use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use openclaw_server::clock::Clock;
use openclaw_server::config::callbacks::CallbackConfig;
use openclaw_server::config::env::Env;
use openclaw_server::delivery::Deliveries;
use openclaw_server::egress::Egress;
use openclaw_server::redact::Redactor;
use openclaw_server::store::sqlite::Sqlite;
use openclaw_server::store::{Change, Facts, JobRecord, Store, Which};
use openclaw_shared::event::EventType;
use openclaw_shared::job::{DeliveryState, JobError, JobErrorKind, JobSource, JobState, Output, OutputKind};
use openclaw_shared::webhook::Delivery;
use openclaw_tests::{Received, Sink, TestApp, read};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use standardwebhooks::Webhook;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

const NEW: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/// A secret of this server's.
const KNOWN: &str = "fox-and-grapes";
/// One of somebody else's.
const GUESSED: &str = "ghp_M31U6gmTPFLafmxz21gafV0L0NXNezX3Ctqj";
/// Any time; only differences count.
const START: i64 = 1_700_000_000_000;

fn ended(id: &str, to: JobState) -> Change {
    let output = |node_id: &str, kind, view: &str| Output {
        node_id: node_id.into(),
        kind,
        filename: "a.png".into(),
        view: Some(view.into()),
        text: None,
    };
    let outputs = vec![
        output("2", OutputKind::Image, "/view?filename=a.png&subfolder=x%2Fy&type=output"),
        output("3", OutputKind::Video, "/view?filename=a.mp4&subfolder=&type=temp"),
    ];
    let error = JobError {
        kind: JobErrorKind::Execution,
        message: "It broke: password=of-the-node-1".into(),
        node_id: Some("1".into()),
        node_type: None,
        detail: None,
    };
    let failed = to == JobState::Failed;
    let event = if failed { EventType::Failed } else { EventType::Completed };
    Change::to(id, &[JobState::Queued], to, event, START).with(Facts {
        outputs: (!failed).then_some(outputs),
        error: failed.then_some(error),
        ..Facts::default()
    })
}

/// Deliveries on a clock that stands still, with a store that survives them.
struct Fixture {
    store: Arc<dyn Store>,
    deliveries: Arc<Deliveries>,
    now: Arc<AtomicI64>,
    tasks: TaskTracker,
    stop: CancellationToken,
    _stop: DropGuard,
    dir: TempDir,
}

impl Fixture {
    async fn start(env: &[(&str, &str)]) -> Self {
        let fixture = Self::idle(env).await;
        fixture.tasks.spawn(fixture.deliveries.clone().run(fixture.stop.clone()));
        fixture
    }

    /// Sends nothing.
    async fn idle(env: &[(&str, &str)]) -> Self {
        let (dir, tasks) = (tempfile::tempdir().unwrap(), TaskTracker::new());
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(dir.path(), &tasks).await.unwrap());
        let now = Arc::new(AtomicI64::new(START));
        let config = CallbackConfig::from_env(&Env::of(env.iter().copied()));
        let clock = Clock::Manual(now.clone());
        let (egress, redactor) = (Egress::new().unwrap(), Arc::new(Redactor::new([KNOWN])));
        let deliveries = Deliveries::new(store.clone(), egress, clock, config, dir.path(), redactor);
        let deliveries = Arc::new(deliveries.unwrap());
        let stop = CancellationToken::new();
        Self { store, deliveries, now, tasks, _stop: stop.clone().drop_guard(), stop, dir }
    }

    /// A job that ends, with a callback to `url`.
    async fn end(&self, id: &str, url: &str, to: JobState) {
        self.accept(id, url).await;
        self.store.change(ended(id, to)).await.unwrap().unwrap();
    }

    async fn accept(&self, id: &str, url: &str) {
        let callback = json!({"url": url, "mode": "reply",
            "headers": {"x-own": "1", "Accept": "application/json", "Content-Type": "text/plain"}});
        let record = JobRecord {
            id: id.into(),
            tenant: "default".into(),
            source: JobSource::Webhook,
            template_id: Some("blank_image".into()),
            title: None,
            workflow_id: None,
            trace_id: "trace-1".into(),
            parent_span: None,
            retry_of: None,
            prompt: "{}".into(),
            extra_data: "{}".into(),
            node_count: 0,
            callback: Some(callback.to_string()),
            created_at: START,
            key: None,
            nonce: None,
            room: None,
        };
        self.store.accept(record).await.unwrap();
    }

    /// Lets time pass, and something happen that makes the sender look.
    async fn pass(&self, seconds: i64, job: &str) {
        self.now.fetch_add(seconds * 1000, Ordering::Relaxed);
        self.store.note(job, EventType::Retried, json!({}), START).await.unwrap();
    }

    /// Waits until the only delivery has been tried `attempts` times.
    async fn tried(&self, attempts: u32) -> Delivery {
        let mut events = self.store.subscribe();
        loop {
            let found = self.deliveries.list(Which::All, 1).await.unwrap().remove(0);
            if found.attempts == attempts {
                return found;
            }
            events.recv().await.unwrap();
        }
    }
}

/// With a receiver of this machine allowed.
fn allowed<'a>(sink: &'a Sink, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut env = vec![
        ("OPENCLAW_CALLBACK_ALLOW_HOSTS", sink.host.as_str()),
        ("OPENCLAW_DANGEROUS_PRIVATE_CALLBACKS", "1"),
    ];
    env.extend(more);
    env
}

fn body(received: &Received) -> Value {
    serde_json::from_slice(&received.body).unwrap()
}

#[tokio::test]
async fn a_result_arrives_by_reference() {
    let mut sink = Sink::start([]).await;
    let fixture = Fixture::start(&allowed(&sink, &[])).await;
    fixture.end("job-1", &sink.url(), JobState::Succeeded).await;
    let received = sink.next().await;
    assert_eq!((received.path.as_str(), &received.headers["x-own"]), ("/hook", &"1".parse().unwrap()));
    let all = |name: &str| {
        received.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((all("accept"), all("content-type")), (vec!["application/json"], vec!["application/json"]));
    assert_eq!(received.headers["webhook-id"], "msg_job-1");
    assert!(received.headers["traceparent"].to_str().unwrap().starts_with("00-"));
    let body = body(&received);
    assert_eq!((&body["type"], &body["status"]), (&json!("job.succeeded"), &json!("completed")));
    assert_eq!((&body["prompt_id"], &body["trace_id"]), (&json!("job-1"), &json!("trace-1")));
    assert_eq!(body["mode"], json!("reply"));
    assert_eq!(body["outputs"][0]["subfolder"], json!("x/y"));
    assert_eq!(
        (&body["outputs"][1]["type"], &body["outputs"][1]["media_type"]),
        (&json!("temp"), &json!("video"))
    );
    let delivery = fixture.tried(1).await;
    assert_eq!((delivery.state, delivery.last_error), (DeliveryState::Delivered, None));
    assert_eq!(delivery.target, format!("http://{}", sink.host), "what follows the host can be a secret");
    assert_eq!(fixture.store.job("job-1").await.unwrap().unwrap().delivery, Some(DeliveryState::Delivered));
}

#[tokio::test]
async fn a_failure_arrives_too() {
    let mut sink = Sink::start([]).await;
    let fixture = Fixture::start(&allowed(&sink, &[])).await;
    fixture.end("job-1", &sink.url(), JobState::Failed).await;
    let body = body(&sink.next().await);
    assert_eq!(
        (&body["status"], &body["error"]["message"]),
        (&json!("error"), &json!("It broke: password=***REDACTED***"))
    );
}

#[tokio::test]
async fn a_receiver_that_hangs_does_not_hold_up_the_others() {
    let mut sink = Sink::start([]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = listener.local_addr().unwrap().to_string();
    // Another host.
    let other = sink.host.replace("127.0.0.1", "localhost");
    let hosts = format!("{hanging},{other}");
    let fixture = Fixture::idle(&[
        ("OPENCLAW_CALLBACK_ALLOW_HOSTS", &hosts),
        ("OPENCLAW_DANGEROUS_PRIVATE_CALLBACKS", "1"),
    ])
    .await;
    let urls = (0..600).map(|number| (number, format!("http://{hanging}/{number}")));
    let stuck =
        urls.map(async |(number, url)| fixture.end(&format!("stuck-{number}"), &url, JobState::Failed).await);
    futures_util::future::join_all(stuck).await;
    fixture.end("job-1", &format!("http://{other}/"), JobState::Succeeded).await;
    fixture.tasks.spawn(fixture.deliveries.clone().run(fixture.stop.clone()));
    assert_eq!(sink.next().await.headers["webhook-id"], "msg_job-1");
}

#[tokio::test]
async fn what_nodes_said_leaves_without_secrets() {
    let mut sink = Sink::start([]).await;
    let fixture = Fixture::start(&allowed(&sink, &[])).await;
    let said = format!("the key {KNOWN} was refused");
    let error = JobError {
        kind: JobErrorKind::Execution,
        message: format!("{said}; Authorization: Bearer {GUESSED}"),
        node_id: None,
        node_type: None,
        detail: Some(format!("Refused({GUESSED})")),
    };
    let text = format!("{said}, and a fox says password=hunter2");
    let output = Output {
        node_id: "1".into(),
        kind: OutputKind::Text,
        filename: String::new(),
        view: None,
        text: Some(text.clone()),
    };
    let failed = Change::to("job-1", &[JobState::Queued], JobState::Failed, EventType::Failed, START)
        .with(Facts { outputs: Some(vec![output]), error: Some(error), ..Facts::default() });
    fixture.accept("job-1", &sink.url()).await;
    fixture.store.change(failed).await.unwrap().unwrap();
    let received = sink.next().await;
    let whole = String::from_utf8(received.body.to_vec()).unwrap();
    assert!(!whole.contains(KNOWN) && !whole.contains(GUESSED), "{whole}");
    // A text is somebody's result: what only looks like a secret may be what they asked for.
    assert_eq!(body(&received)["outputs"][0]["content"], json!(text.replace(KNOWN, "***REDACTED***")));
}

#[tokio::test]
async fn what_arrived_is_not_sent_in_a_loop_when_that_cannot_be_written_down() {
    let mut sink = Sink::start([]).await;
    let fixture = Fixture::start(&allowed(&sink, &[])).await;
    let options = SqliteConnectOptions::new().filename(fixture.dir.path().join("jobs.db"));
    let mut full = options.connect().await.unwrap();
    sqlx::query("CREATE TRIGGER full BEFORE UPDATE ON deliveries BEGIN SELECT raise(ABORT, 'full'); END")
        .execute(&mut full)
        .await
        .unwrap();
    fixture.end("job-1", &sink.url(), JobState::Succeeded).await;
    sink.next().await;
    // It would come again within milliseconds.
    let again = tokio::time::timeout(Duration::from_secs(1), sink.next()).await;
    assert!(again.is_err());
}

#[tokio::test]
async fn a_failed_try_is_made_again_later_under_the_same_id_until_it_arrives() {
    let mut sink = Sink::start([(500, "x", "y"), (429, "retry-after", "600")]).await;
    let fixture = Fixture::start(&allowed(&sink, &[])).await;
    fixture.end("job-1", &sink.url(), JobState::Succeeded).await;
    let first = sink.next().await;
    let delivery = fixture.tried(1).await;
    let pause = delivery.due_at.unwrap() - START;
    assert!((5000..=6000).contains(&pause), "{pause}");
    assert_eq!(delivery.last_error.as_deref(), Some("the receiver answered 500"));
    fixture.pass(6, "job-1").await;
    let second = sink.next().await;
    assert_eq!(second.headers["webhook-id"], first.headers["webhook-id"]);
    assert_ne!(second.headers["webhook-signature"], first.headers["webhook-signature"], "signed anew");
    let pause = fixture.tried(2).await.due_at.unwrap() - START - 6000;
    assert_eq!(pause, 600_000, "the receiver's wish is longer than the schedule's five minutes");
    fixture.pass(600, "job-1").await;
    sink.next().await;
    assert_eq!(fixture.tried(3).await.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn what_is_given_up_can_be_sent_again_by_hand() {
    let mut sink = Sink::start([(410, "x", "y")]).await;
    let fixture = Fixture::start(&allowed(&sink, &[])).await;
    fixture.end("job-1", &sink.url(), JobState::Succeeded).await;
    sink.next().await;
    let dead = fixture.tried(1).await;
    assert_eq!((dead.state, dead.due_at), (DeliveryState::Dead, None));
    let again = fixture.deliveries.replay(&dead.id).await.unwrap();
    assert_eq!((again.state, again.attempts), (DeliveryState::Pending, 0));
    assert_eq!(sink.next().await.headers["webhook-id"], "msg_job-1");
    assert_eq!(fixture.tried(1).await.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn redirects_are_not_followed_and_tries_end() {
    let mut sink = Sink::start([(302, "location", "http://127.0.0.1:1/"), (307, "location", "/x")]).await;
    let fixture = Fixture::start(&allowed(&sink, &[("OPENCLAW_CALLBACK_MAX_RETRIES", "1")])).await;
    fixture.end("job-1", &sink.url(), JobState::Succeeded).await;
    sink.next().await;
    assert!(fixture.tried(1).await.last_error.unwrap().contains("302; redirects are not followed"));
    fixture.pass(6, "job-1").await;
    sink.next().await;
    assert_eq!(fixture.tried(2).await.state, DeliveryState::Dead);
    assert!(sink.is_empty());
}

#[tokio::test]
async fn a_host_that_is_no_longer_allowed_is_not_called() {
    let mut sink = Sink::start([]).await;
    let (host, url) = (sink.host.clone(), sink.url());
    // Listed, but in this network.
    let fixture = Fixture::start(&[("OPENCLAW_CALLBACK_ALLOW_HOSTS", &host)]).await;
    fixture.end("job-1", &url, JobState::Succeeded).await;
    let delivery = fixture.tried(1).await;
    assert_eq!(delivery.state, DeliveryState::Dead);
    assert!(delivery.last_error.unwrap().contains("not allowed"));
    assert!(sink.is_empty());
}

#[tokio::test]
async fn an_independent_standard_webhooks_library_verifies_with_either_secret() {
    let mut sink = Sink::start([]).await;
    let (host, url) = (sink.host.clone(), sink.url());
    let secrets = format!("{NEW} {OLD}");
    let app = TestApp::start(&[
        ("OPENCLAW_WEBHOOK_BEARER_TOKEN", "t"),
        ("OPENCLAW_CALLBACK_ALLOW_HOSTS", &host),
        ("OPENCLAW_DANGEROUS_PRIVATE_CALLBACKS", "1"),
        ("OPENCLAW_CALLBACK_SIGNING_SECRET", &secrets),
    ])
    .await;
    let event = json!({
        "version": 1, "template_id": "blank_image", "profile_id": "p",
        "callback": {"url": url, "headers": {"Authorization": "Bearer receiver"}},
    });
    let request = app.request(Method::POST, "/openclaw/webhook/submit").bearer_auth("t");
    let (status, answer) = read(request.json(&event).send().await.unwrap()).await;
    assert_eq!((status, &answer["callback_scheduled"]), (StatusCode::OK, &json!(true)), "{answer}");
    let id = answer["prompt_id"].as_str().unwrap();
    app.app.jobs().unwrap().cancel(id).await.unwrap().unwrap();
    let received = sink.next().await;
    for secret in [NEW, OLD] {
        Webhook::new(secret).unwrap().verify(&received.body, &received.headers).unwrap();
    }
    let stranger = Webhook::new("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
    assert!(stranger.verify(&received.body, &received.headers).is_err());
    assert_eq!(received.headers["authorization"], "Bearer receiver");
    assert_eq!(body(&received)["status"], json!("cancelled"));
    let (_, list) = app.get("/openclaw/deliveries?state=dead").await;
    assert_eq!(list["deliveries"], json!([]));
    let (status, _) = app.post("/openclaw/deliveries/nope/replay", &json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_due_when_the_server_ended_is_sent_when_it_starts() {
    let mut sink = Sink::start([]).await;
    let idle = Fixture::idle(&[]).await;
    idle.end("job-1", &sink.url(), JobState::Succeeded).await;
    idle.store.close().await;
    idle.tasks.close();
    idle.tasks.wait().await;
    let env = allowed(&sink, &[]);
    let _app = TestApp::start_in(idle.dir, &env).await;
    drop(env);
    assert_eq!(sink.next().await.headers["webhook-id"], "msg_job-1");
}
