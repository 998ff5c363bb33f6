//! Ten thousand jobs that ComfyUI has at the same time, followed on one socket; and then as many again, twice.

use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use openclaw_tests::{FakeComfy, ServerProcess};
use serde_json::{Value, json};

use crate::measure::{cpu_ms, resident_mb, round};
use crate::webhooks::UNLIMITED;
use crate::wire::{self, Connection};

const JOBS: usize = 10_000;
/// The first fills what is kept for reuse; memory that goes on growing after the second is a leak.
const FLIGHTS: usize = 3;
const SENDERS: usize = 16;
/// Far more than a flight takes.
const LIMIT: Duration = Duration::from_mins(10);

pub async fn measure() -> Value {
    let comfy = FakeComfy::start().await;
    let dir = tempfile::tempdir().unwrap();
    let mut env = UNLIMITED.to_vec();
    env.retain(|(name, _)| *name != "OPENCLAW_COMFYUI_URL");
    env.extend([("OPENCLAW_COMFYUI_URL", comfy.url.as_str()), ("OPENCLAW_HOST_QUEUE_DEPTH", "100000")]);
    let mut server = ServerProcess::start_logging(dir.path(), &[], &env, Stdio::null());
    let ready = server.line().await;
    let url = ready["url"].as_str().unwrap();
    let pid = server.child.id().unwrap();
    let mut flights = Vec::new();
    for _ in 0..FLIGHTS {
        flights.push(fly(&comfy, url, pid).await);
    }
    assert_eq!(comfy.sockets(), 1, "one follows them all");
    assert_eq!(comfy.repeated(), [], "a prompt was submitted twice");
    let landed: Vec<_> = flights.iter().map(|flight| flight["rss_mb_landed"].as_f64().unwrap()).collect();
    let growth: Vec<_> = landed.windows(2).map(|pair| round(pair[1] - pair[0])).collect();
    json!({"jobs": JOBS, "flights": flights, "rss_growth_mb": growth})
}

async fn fly(comfy: &FakeComfy, url: &str, pid: u32) -> Value {
    comfy.pause(true);
    let (requests, asked_before, cpu) = (comfy.requests(), comfy.lookups().0, cpu_ms(pid));
    let (submitted, finished) = (comfy.submitted().len(), comfy.finished());
    let started = Instant::now();
    join_all((0..SENDERS).map(|_| async {
        let mut connection = Connection::open(url).await;
        for _ in 0..JOBS / SENDERS {
            connection.webhook(wire::number()).await;
        }
    }))
    .await;
    let accepted = started.elapsed();
    until(|| comfy.queued() == JOBS).await;
    let handed_over = started.elapsed();
    let (mut list, asked) = (Connection::open(url).await, comfy.lookups().0 - asked_before);
    let in_flight = count(&mut list, "submitted,running").await;
    let rss_in_flight = resident_mb(pid);
    comfy.pause(false);
    let released = Instant::now();
    until(|| comfy.finished() == finished + JOBS).await;
    let ran = released.elapsed();
    while count(&mut list, "queued,submitting,submitted,running").await > 0 {
        assert!(released.elapsed() < LIMIT, "not every end was noticed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let landed = released.elapsed();
    assert_eq!(comfy.submitted().len() - submitted, JOBS);
    let besides = comfy.requests() - requests - JOBS;
    let per_job = round(ratio(besides, JOBS));
    assert!(per_job <= 1.1, "one look at its history a job, and few at the queue: {per_job}");
    json!({
        "accepted_s": round(accepted.as_secs_f64()),
        "all_in_comfyui_s": round(handed_over.as_secs_f64()),
        "in_flight": in_flight,
        "histories_asked_for_while_in_flight": asked,
        "run_by_the_fake_s": round(ran.as_secs_f64()),
        "all_ends_stored_s": round(landed.as_secs_f64()),
        "requests_per_job_besides_its_submission": per_job,
        "rss_mb_in_flight": round(rss_in_flight),
        "rss_mb_landed": round(resident_mb(pid)),
        "server_cpu_ms_per_job": round((cpu_ms(pid) - cpu) / ratio(JOBS, 1)),
    })
}

async fn until(reached: impl Fn() -> bool) {
    let waited = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, waited).await.expect("it takes far less");
}

/// Up to what lists count.
async fn count(list: &mut Connection, states: &str) -> u64 {
    assert_eq!(list.get(&format!("/openclaw/jobs?limit=1&state={states}")).await, 200);
    let page: Value = serde_json::from_slice(list.body()).unwrap();
    page["pagination"]["total"].as_u64().unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
fn ratio(count: usize, of: usize) -> f64 {
    count as f64 / of as f64
}
