//! Whether ComfyUI still answers its page while 16 connections post webhooks as fast as they are answered.
//!
//! A job that runs is ComfyUI's own work and holds its page up whoever sent it. So the flood is measured while ComfyUI
//! is at one render, when all that comes has to wait; and once more while it runs what came, beside the same without
//! a flood.

use std::process::Stdio;
use std::time::{Duration, Instant};

use openclaw_tests::client;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::runtime;
use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::bare::Bare;
use crate::measure::{ms, quantile, quantiles, round};
use crate::session::session;
use crate::wire::{self, Connection, LASTS};

const CONNECTIONS: usize = 16;
/// Between two looks of a page.
const EVERY: Duration = Duration::from_millis(2);
/// Taken together, so that one slow moment of the disk is not the 99th of a hundred.
const ROUNDS: u32 = 6;

/// `host` is a ComfyUI with the pack and the node `BenchRender` in it, `own` the port of the pack's server.
pub async fn measure(host: &str, own: &str) -> Value {
    let bare = Bare::start().await;
    // A browser is not in ComfyUI's.
    session(0);
    // Once, so that what is loaded at first use is loaded.
    Connection::open(host).await.webhook(wire::number()).await;
    look(host, tokio::time::sleep(LASTS)).await;
    let (mut idle, mut beside_bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        idle.extend(look(host, tokio::time::sleep(LASTS)).await.0);
        beside_bare.extend(look(host, flood(&bare.url)).await.0);
    }
    render(host, LASTS * (ROUNDS + 1)).await;
    let (mut waits, mut loads) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (taken, load) = look(host, flood(own)).await;
        waits.extend(taken);
        loads.push(load);
    }
    // The render ends here at the latest, and what has come in is run.
    tokio::time::sleep(LASTS * 2).await;
    let (runs, ()) = look(host, tokio::time::sleep(LASTS)).await;
    let (runs_beside_own, runs_load) = look(host, flood(own)).await;
    let (beside_proxy, proxy_load) = look(host, flood(host)).await;
    let ratio = |taken: &[f64], to: &[f64]| round(p99(taken) / p99(to));
    json!({
        "own_port_p99_to_idle": ratio(&waits, &idle),
        "own_port_p99_to_bare_axum": ratio(&waits, &beside_bare),
        "running_p99_with_flood_to_without": ratio(&runs_beside_own, &runs),
        "get_prompt_ms": {
            "idle": quantiles(idle),
            "bare_axum": quantiles(beside_bare),
            "own_port": quantiles(waits),
            "running": quantiles(runs),
            "running_own_port": quantiles(runs_beside_own),
            "running_proxy": quantiles(beside_proxy),
        },
        "own_port_loads": loads,
        "running_own_port_load": runs_load,
        "running_proxy_load": proxy_load,
    })
}

fn p99(taken: &[f64]) -> f64 {
    let mut sorted = taken.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.99)
}

/// What `GET /prompt` takes until the other thing is done.
async fn look<T>(host: &str, meanwhile: impl Future<Output = T>) -> (Vec<f64>, T) {
    let (stop, mut stopped) = oneshot::channel::<()>();
    let host = host.to_owned();
    let taken = apart(async move {
        let mut page = Connection::open(&host).await;
        let mut taken = Vec::new();
        while stopped.try_recv() == Err(TryRecvError::Empty) {
            let sent = Instant::now();
            assert_eq!(page.get("/prompt").await, 200);
            taken.push(ms(sent));
            tokio::time::sleep(EVERY).await;
        }
        taken
    });
    let done = meanwhile.await;
    drop(stop);
    (taken.await.unwrap(), done)
}

/// A program of its own sends: `bench send URL`.
async fn flood(url: &str) -> Value {
    let mut senders = Command::new(std::env::current_exe().unwrap());
    let sent = senders.args(["send", url]).stderr(Stdio::inherit()).output().await.unwrap();
    serde_json::from_slice(&sent.stdout).unwrap()
}

/// The senders are other machines. Here they share the processors, and get what the rest leaves.
pub async fn send(url: &str) -> Value {
    let url = url.to_owned();
    let sending = apart(async move {
        session(19);
        wire::flood(&url, CONNECTIONS).await
    });
    sending.await.unwrap()
}

/// In a thread of its own, which nothing else wakes or holds up.
fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> oneshot::Receiver<T> {
    let (done, outcome) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _ = done.send(runtime.block_on(work));
    });
    outcome
}

/// Has ComfyUI begin a render that takes so long.
async fn render(host: &str, long: Duration) {
    let node = json!({"class_type": "BenchRender", "inputs": {"seconds": long.as_secs_f64()}});
    let asked = client().post(format!("{host}/prompt")).json(&json!({"prompt": {"1": node}}));
    asked.send().await.unwrap().error_for_status().unwrap();
}
