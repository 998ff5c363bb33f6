//! Places of the budgets, when whoever sent a job goes away before the answer.

use futures_util::FutureExt as _;
use openclaw_server::job::{AcceptError, Accepted, NewJob, Nonce};
use openclaw_server::trace::TraceContext;
use openclaw_shared::job::JobSource;
use openclaw_tests::TestApp;
use serde_json::{Map, json};
use tokio::task::unconstrained;

/// More than the store's writer lets wait.
const SENT: usize = 4200;

async fn app(most: usize) -> TestApp {
    let most = most.to_string();
    let limits =
        ["", "_PER_SOURCE", "_PER_TEMPLATE", "_PER_TENANT"].map(|of| format!("OPENCLAW_MAX_OPEN_JOBS{of}"));
    let env: Vec<_> = limits.iter().map(|name| (name.as_str(), most.as_str())).collect();
    TestApp::start(&env).await
}

fn job(nonce: Option<&str>) -> NewJob {
    NewJob {
        source: JobSource::Webhook,
        tenant: "default".into(),
        template_id: Some("portrait".into()),
        title: None,
        prompt: Map::from_iter([("1".into(), json!({"class_type": "EmptyImage", "inputs": {}}))]),
        extra_data: Map::new(),
        idempotency: None,
        nonce: nonce.map(|value| Nonce { value: value.into(), ttl: std::time::Duration::from_mins(1) }),
        callback: None,
        trace: TraceContext::random(),
    }
}

/// Sends and goes away at once: the store's writer has had no turn.
fn send_and_go(app: &TestApp, new: NewJob) {
    let jobs = app.app.jobs().unwrap();
    // Without the pauses that tokio makes after a hundred of them.
    assert!(unconstrained(jobs.accept(new)).now_or_never().is_none());
}

async fn accept(app: &TestApp) -> Result<Accepted, AcceptError> {
    app.app.jobs().unwrap().accept(job(None)).await
}

#[tokio::test]
async fn what_did_not_get_into_the_writers_queue_leaves_no_place_taken_and_what_did_keeps_its() {
    let app = app(SENT).await;
    (0..SENT).for_each(|_| send_and_go(&app, job(None)));
    let mut more = 0;
    while accept(&app).await.is_ok() {
        more += 1;
    }
    let open = app.app.jobs().unwrap().store().open_jobs().await.unwrap().len();
    assert!(more > 0 && open == SENT, "{more} more, {open} open");
}

#[tokio::test]
async fn what_the_store_refuses_leaves_no_place_taken_though_nobody_hears_of_it() {
    let app = app(2).await;
    let first = app.app.jobs().unwrap().accept(job(Some("once"))).await.unwrap().job;
    send_and_go(&app, job(Some("once")));
    assert!(matches!(accept(&app).await, Err(AcceptError::Busy(_))), "it is still on its way");
    let cancelled = app.app.jobs().unwrap().cancel(&first.id).await.unwrap();
    assert!(cancelled.is_some());
    accept(&app).await.unwrap();
    accept(&app).await.unwrap();
    assert!(matches!(accept(&app).await, Err(AcceptError::Busy(_))));
}
