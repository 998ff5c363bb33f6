//! Kills the server again and again while events come in, prompts run and results go out, and then counts.
//!
//! Every strike is a `kill -9` of the real server process, at a moment that the other side sees: a [`Moment`] of ComfyUI,
//! a [`Step`] of a sender, of a receiver or of somebody at the sidebar; or at any time. So there is one on either side
//! of every durable step. The fake ComfyUI outlives the server, and is itself restarted now and then.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio_util::sync::CancellationToken;

use crate::{FakeComfy, Moment, ServerProcess, client};

/// Kinds of strikes: a round of so many has each, and two at any time.
pub const KINDS: usize = 17;
/// Senders that post at the same time.
const SENDERS: u64 = 4;
/// When the moment does not come: the server is killed anyway.
const PATIENCE: Duration = Duration::from_secs(4);
/// For an answer to get from here to there.
const ON_ITS_WAY: Duration = Duration::from_millis(1);
/// Between what somebody does at the sidebar.
const AT_THE_SIDEBAR: Duration = Duration::from_millis(100);
/// For everything to come to its end after the last kill.
const AFTERMATH: Duration = Duration::from_mins(2);

/// What the others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// An event is on its way in; it may be stored and not be answered.
    Sent,
    /// It was answered.
    Acknowledged,
    /// A result came in and is not answered.
    Arrived,
    /// It was answered with success, which may not be stored yet.
    Welcomed,
    /// It was answered with 410, which may not be stored yet: it is a dead letter then.
    Refused,
    /// Somebody was told that a dead letter goes out again.
    Replayed,
    /// Somebody was told that a job is being cancelled.
    Cancelled,
    /// Somebody was told that a job is done again.
    Retried,
}

/// When to kill.
#[derive(Debug, Clone, Copy)]
enum Strike {
    /// At the n-th such moment of ComfyUI.
    At(Moment, usize),
    /// At the n-th such step.
    When(Step, usize),
    After(Duration),
}

/// What came of it. Everything that must not happen has been asserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub kills: usize,
    /// How many of them came at their moment; the others had waited for it too long.
    pub in_time: usize,
    pub host_restarts: usize,
    pub acknowledged: usize,
    pub submitted: usize,
    pub succeeded: usize,
    /// What ComfyUI forgot when it was restarted.
    pub lost: usize,
    pub deliveries: usize,
    /// What was told to somebody, and held.
    pub replayed: usize,
    pub cancelled: usize,
    pub retried: usize,
}

/// Counts down to a strike, and strikes.
#[derive(Default)]
struct Trigger {
    strike: Mutex<Option<Strike>>,
    count: AtomicUsize,
    child: Mutex<Option<Child>>,
    struck: Mutex<CancellationToken>,
}

impl Trigger {
    fn arm(&self, strike: Strike, child: Child) -> CancellationToken {
        let struck = CancellationToken::new();
        *self.child.lock().unwrap() = Some(child);
        *self.struck.lock().unwrap() = struck.clone();
        self.count.store(0, Ordering::SeqCst);
        *self.strike.lock().unwrap() = Some(strike);
        struck
    }

    fn happened(&self, matches: impl Fn(Strike) -> Option<usize>) {
        let wanted = self.strike.lock().unwrap().and_then(matches);
        if wanted.is_some_and(|nth| self.count.fetch_add(1, Ordering::SeqCst) + 1 >= nth) {
            self.kill();
        }
    }

    fn step(&self, step: Step) {
        self.happened(|strike| match strike {
            Strike::When(wanted, nth) if wanted == step => Some(nth),
            _ => None,
        });
    }

    /// In a moment: after what is on its way has got there, and before much has come of it.
    fn soon(self: &Arc<Self>, step: Step, after: Duration) {
        let trigger = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            trigger.step(step);
        });
    }

    fn kill(&self) {
        self.strike.lock().unwrap().take();
        if let Some(child) = self.child.lock().unwrap().as_mut() {
            let _ = child.start_kill();
        }
        self.struck.lock().unwrap().cancel();
    }

    async fn buried(&self) {
        let child = self.child.lock().unwrap().take();
        if let Some(mut child) = child {
            child.wait().await.unwrap();
        }
    }
}

/// Where results arrive: how often, by the message's id.
#[derive(Clone, Default)]
struct Arrivals {
    by_id: Arc<Mutex<HashMap<String, usize>>>,
    trigger: Arc<Trigger>,
}

/// Whoever is sent a result at `/gone` does not want it, until somebody sends it again.
async fn arrive(State(arrivals): State<Arrivals>, headers: HeaderMap, uri: Uri) -> StatusCode {
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    let first = {
        let mut by_id = arrivals.by_id.lock().unwrap();
        let times = by_id.entry(id).or_default();
        *times += 1;
        *times == 1
    };
    arrivals.trigger.step(Step::Arrived);
    let (step, status) = if first && uri.path() == "/gone" {
        (Step::Refused, StatusCode::GONE)
    } else {
        (Step::Welcomed, StatusCode::OK)
    };
    arrivals.trigger.soon(step, ON_ITS_WAY);
    status
}

/// What senders were told: the prompt by the event's own id.
#[derive(Default)]
struct Ledger {
    acknowledged: Mutex<BTreeMap<u64, String>>,
    next: AtomicU64,
    /// Sent, and never answered.
    open: Mutex<Vec<u64>>,
    /// Ids of deliveries that go out again.
    replayed: Mutex<HashSet<String>>,
    /// Ids of jobs that were to be cancelled, and whether somebody was told that they ended so.
    cancelled: Mutex<BTreeMap<String, bool>>,
    /// Ids of the new jobs.
    retried: Mutex<HashSet<String>>,
}

/// Kills the server `kills` times.
pub async fn run(kills: usize, seed: u64) -> Report {
    let comfy = FakeComfy::start().await;
    let trigger = Arc::new(Trigger::default());
    let arrivals = Arrivals { by_id: Arc::default(), trigger: trigger.clone() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sink = listener.local_addr().unwrap().to_string();
    let router = Router::new().fallback(arrive).with_state(arrivals.clone());
    tokio::spawn(axum::serve(listener, router).into_future());
    let hooked = trigger.clone();
    comfy.at(move |moment, _| {
        hooked.happened(|strike| match strike {
            Strike::At(wanted, nth) if wanted == moment => Some(nth),
            _ => None,
        });
    });
    let dir = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::default());
    let mut chance = Chance(seed);
    let (mut host_restarts, mut in_time) = (0, 0);
    for round in 0..kills {
        comfy.check_for(Duration::from_millis(chance.below(60)));
        let mut server = start(dir.path(), &comfy.url, &sink);
        let url = server.line().await["url"].as_str().unwrap().to_owned();
        let strike = chance.strike(round);
        let ServerProcess { child, stdin, .. } = server;
        let struck = trigger.arm(strike, child);
        let senders = (0..SENDERS).map(|_| {
            let (ledger, trigger) = (ledger.clone(), trigger.clone());
            let (url, sink, struck) = (url.clone(), sink.clone(), struck.clone());
            tokio::spawn(async move { send(&url, &sink, &ledger, &trigger, &struck).await })
        });
        let mut senders: Vec<_> = senders.collect();
        let (at, clerk, hook, end) = (url.clone(), ledger.clone(), trigger.clone(), struck.clone());
        senders.push(tokio::spawn(async move { attend(&at, &clerk, &hook, &end).await }));
        if round % 5 == 4 {
            tokio::time::sleep(Duration::from_millis(chance.below(80))).await;
            comfy.restart();
            host_restarts += 1;
        }
        let pause = if let Strike::After(pause) = strike { pause } else { PATIENCE };
        let came = tokio::time::timeout(pause, struck.cancelled()).await.is_ok();
        in_time += usize::from(came || matches!(strike, Strike::After(_)));
        if !came {
            trigger.kill();
        }
        for sender in senders {
            sender.await.unwrap();
        }
        trigger.buried().await;
        drop(stdin);
    }
    comfy.check_for(Duration::ZERO);
    let mut server = start(dir.path(), &comfy.url, &sink);
    let url = server.line().await["url"].as_str().unwrap().to_owned();
    let left = std::mem::take(&mut *ledger.open.lock().unwrap());
    for key in left {
        let answered = async {
            loop {
                if let Some(id) = post(&url, &sink, key, &trigger).await {
                    return id;
                }
            }
        };
        let id = tokio::time::timeout(AFTERMATH, answered).await.expect("the server stays now");
        ledger.acknowledge(key, id);
    }
    settle(&url).await;
    for dead in get(&url, "deliveries?state=dead&limit=500").await["deliveries"].as_array().unwrap() {
        let id = dead["id"].as_str().unwrap();
        assert!(!ledger.replayed.lock().unwrap().contains(id), "it was to go out again: {dead}");
        call(&url, &format!("deliveries/{id}/replay")).await.unwrap();
    }
    settle(&url).await;
    let report = judge(&url, &comfy, &ledger, &arrivals, host_restarts).await;
    Report { kills, in_time, ..report }
}

impl Ledger {
    fn acknowledge(&self, key: u64, id: String) {
        self.acknowledged.lock().unwrap().insert(key, id);
    }
}

fn start(state_dir: &Path, comfy: &str, sink: &str) -> ServerProcess {
    let env = [
        ("OPENCLAW_COMFYUI_URL", comfy),
        ("OPENCLAW_WEBHOOK_BEARER_TOKEN", "a-token"),
        ("OPENCLAW_RATE_LIMIT_WEBHOOK_PER_MIN", "1000000"),
        ("OPENCLAW_CALLBACK_ALLOW_HOSTS", sink),
        ("OPENCLAW_DANGEROUS_PRIVATE_CALLBACKS", "1"),
        // As many as are soon done, so that every life of the server meets every step.
        ("OPENCLAW_MAX_OPEN_JOBS", "40"),
        ("OPENCLAW_LOG", "warn"),
    ];
    ServerProcess::start_logging(state_dir, &[], &env, Stdio::null())
}

/// Posts events until the server is gone. What was sent and not answered is sent again in the server's next life,
/// under the same id, as a sender does.
async fn send(url: &str, sink: &str, ledger: &Ledger, trigger: &Arc<Trigger>, struck: &CancellationToken) {
    while !struck.is_cancelled() {
        let again = ledger.open.lock().unwrap().pop();
        let key = again.unwrap_or_else(|| ledger.next.fetch_add(1, Ordering::Relaxed));
        match post(url, sink, key, trigger).await {
            Some(id) => {
                ledger.acknowledge(key, id.clone());
                trigger.step(Step::Acknowledged);
                if key % 5 == 2 {
                    // It may be taken in and not be answered.
                    ledger.cancelled.lock().unwrap().insert(id.clone(), false);
                    if let Some(answer) = call(url, &format!("jobs/{id}/cancel")).await {
                        let ended = answer["job"]["state"] == "cancelled";
                        ledger.cancelled.lock().unwrap().insert(id, ended);
                        trigger.step(Step::Cancelled);
                    }
                }
                // A sender has other things to do, too: a flood would leave nothing for the rest of the way.
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
            None => ledger.open.lock().unwrap().push(key),
        }
    }
}

/// Does at the sidebar what there is to do: sends dead letters again, and does the work of a job again.
async fn attend(url: &str, ledger: &Ledger, trigger: &Trigger, struck: &CancellationToken) {
    while struck.run_until_cancelled(tokio::time::sleep(AT_THE_SIDEBAR)).await.is_some() {
        let dead = look(url, "deliveries?state=dead&limit=1").await;
        if let Some(id) = dead.as_ref().and_then(|dead| dead["deliveries"][0]["id"].as_str())
            && call(url, &format!("deliveries/{id}/replay")).await.is_some()
        {
            ledger.replayed.lock().unwrap().insert(id.to_owned());
            trigger.step(Step::Replayed);
        }
        let ended = look(url, "jobs?status=completed,cancelled&limit=1").await;
        if let Some(id) = ended.as_ref().and_then(|ended| ended["jobs"][0]["id"].as_str())
            && let Some(again) = call(url, &format!("jobs/{id}/retry")).await
        {
            ledger.retried.lock().unwrap().insert(again["job"]["id"].as_str().unwrap().to_owned());
            trigger.step(Step::Retried);
        }
    }
}

thread_local! {
    static CLIENT: reqwest::Client = client();
}

/// The prompt's id, or `None` when no answer came.
async fn post(url: &str, sink: &str, key: u64, trigger: &Arc<Trigger>) -> Option<String> {
    let path = if key % 6 == 5 { "gone" } else { "done" };
    let body = json!({
        "version": 1, "template_id": "blank_image", "profile_id": "p", "inputs": {"width": 64},
        "job_id": format!("event:{key}"), "callback": {"url": format!("http://{sink}/{path}")},
    });
    // About as long as it takes to be stored.
    trigger.soon(Step::Sent, Duration::from_millis(key % 8));
    let request = CLIENT.with(Clone::clone).post(format!("{url}/openclaw/webhook/submit"));
    let response = request.bearer_auth("a-token").json(&body).send().await.ok()?;
    let status = response.status();
    let answer: Value = response.json().await.ok()?;
    // The same event on another connection is still being accepted, or there is no room: it comes again.
    if status == 409 || status == 429 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        return None;
    }
    assert!(status.is_success(), "{status}: {answer}");
    Some(answer["prompt_id"].as_str().unwrap().to_owned())
}

/// What was answered with success, if anything was.
async fn call(url: &str, path: &str) -> Option<Value> {
    let request = CLIENT.with(Clone::clone).post(format!("{url}/openclaw/{path}"));
    let response = request.send().await.ok()?;
    if response.status().is_success() { response.json().await.ok() } else { None }
}

async fn look(url: &str, path: &str) -> Option<Value> {
    CLIENT.with(Clone::clone).get(format!("{url}/openclaw/{path}")).send().await.ok()?.json().await.ok()
}

async fn get(url: &str, path: &str) -> Value {
    client().get(format!("{url}/openclaw/{path}")).send().await.unwrap().json().await.unwrap()
}

/// Waits until every job has ended and every result has arrived.
async fn settle(url: &str) {
    let quiet = async {
        loop {
            let open = get(url, "jobs?status=pending,in_progress&limit=1").await;
            let pending = get(url, "deliveries?state=pending&limit=1").await;
            if open["jobs"] == json!([]) && pending["deliveries"] == json!([]) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    if tokio::time::timeout(AFTERMATH, quiet).await.is_err() {
        let open = get(url, "jobs?status=pending,in_progress&limit=5").await;
        let pending = get(url, "deliveries?state=pending&limit=5").await;
        panic!("not everything comes to its end: {open}\n{pending}");
    }
}

async fn judge(
    url: &str,
    comfy: &FakeComfy,
    ledger: &Ledger,
    arrivals: &Arrivals,
    host_restarts: usize,
) -> Report {
    let submitted = comfy.submitted();
    assert_eq!(comfy.repeated(), [], "a prompt was submitted twice");
    let acknowledged = ledger.acknowledged.lock().unwrap().clone();
    let distinct: HashSet<&String> = acknowledged.values().collect();
    let arrived = arrivals.by_id.lock().unwrap().clone();
    let (cancelled, retried) =
        (ledger.cancelled.lock().unwrap().clone(), ledger.retried.lock().unwrap().clone());
    let (mut succeeded, mut lost) = (0, 0);
    for id in distinct.iter().copied().chain(&retried) {
        let answer = get(url, &format!("jobs/{id}")).await;
        let state = answer["job"]["state"]
            .as_str()
            .unwrap_or_else(|| panic!("an acknowledged event is lost: {answer}"));
        match state {
            "succeeded" if cancelled.get(id) != Some(&true) => succeeded += 1,
            "cancelled" | "interrupted" if cancelled.contains_key(id) => {}
            "lost" if host_restarts > 0 => lost += 1,
            other => panic!("{id} ended as {other}: {answer}"),
        }
        assert_eq!(answer["job"]["delivery"], json!("delivered"), "{answer}");
        assert!(arrived.contains_key(&format!("msg_{id}")), "a delivery was dropped: {answer}");
    }
    Report {
        kills: 0,
        in_time: 0,
        host_restarts,
        acknowledged: acknowledged.len(),
        submitted: submitted.len(),
        succeeded,
        lost,
        deliveries: arrived.values().sum(),
        replayed: ledger.replayed.lock().unwrap().len(),
        cancelled: cancelled.len(),
        retried: retried.len(),
    }
}

/// Numbers that look random and are the same for the same seed: <https://en.wikipedia.org/wiki/Linear_congruential_generator>
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// Each kind in turn, and within it by chance.
    fn strike(&mut self, round: usize) -> Strike {
        let nth = 1 + usize::try_from(self.below(4)).unwrap();
        match round % KINDS {
            0 => Strike::At(Moment::Received, nth),
            1 => Strike::At(Moment::Queued, nth),
            2 => Strike::When(Step::Acknowledged, nth * 3),
            3 => Strike::At(Moment::Started, nth),
            4 => Strike::At(Moment::Ran, nth),
            5 => Strike::At(Moment::Remembered, nth),
            6 => Strike::At(Moment::Asked, nth),
            7 => Strike::When(Step::Arrived, nth),
            8 => Strike::At(Moment::Connected, 1),
            9 => Strike::When(Step::Sent, nth * 3),
            10 => Strike::When(Step::Welcomed, nth),
            11 => Strike::When(Step::Refused, 1),
            12 => Strike::When(Step::Replayed, 1),
            13 => Strike::When(Step::Cancelled, 1),
            14 => Strike::When(Step::Retried, nth),
            _ => Strike::After(Duration::from_millis(20 + self.below(700))),
        }
    }
}
