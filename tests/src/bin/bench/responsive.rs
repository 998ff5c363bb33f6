//! Whether ComfyUI still answers its page while 16 connections post webhooks as fast as they are answered.

use std::process::Stdio;
use std::time::{Duration, Instant};

use openclaw_tests::ServerProcess;
use serde_json::{Value, json};

use crate::measure::{ms, quantile, quantiles, round};
use crate::webhooks::UNLIMITED;
use crate::wire::{self, Connection};

const CONNECTIONS: usize = 16;
/// Between two looks of a page.
const EVERY: Duration = Duration::from_millis(4);
/// As long as a load.
const IDLE: Duration = Duration::from_secs(4);

/// `host` is a ComfyUI with the pack in it.
pub async fn measure(host: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let mut env = UNLIMITED.to_vec();
    env.extend([("OPENCLAW_COMFYUI_URL", host)]);
    let mut server = ServerProcess::start_logging(dir.path(), &[], &env, Stdio::null());
    let ready = server.line().await;
    let own = ready["url"].as_str().unwrap();
    // Once, so that what is loaded at first use is loaded.
    Connection::open(own).await.webhook(wire::number()).await;
    Connection::open(host).await.webhook(wire::number()).await;
    look(host, tokio::time::sleep(IDLE)).await;
    let (idle, ()) = look(host, tokio::time::sleep(IDLE)).await;
    let (beside_own_port, own_load) = look(host, wire::flood(own, CONNECTIONS)).await;
    // No longer: what is queued there would go on being run.
    server.child.kill().await.unwrap();
    let (beside_proxy, proxy_load) = look(host, wire::flood(host, CONNECTIONS)).await;
    let p99 = |taken: &[f64]| quantile(taken, 0.99);
    json!({
        "get_prompt_ms": {
            "idle": quantiles(idle.clone()),
            "own_port": quantiles(beside_own_port.clone()),
            "proxy": quantiles(beside_proxy),
        },
        "own_port_p99_to_idle": round(p99(&beside_own_port) / p99(&idle)),
        "own_port_load": own_load,
        "proxy_load": proxy_load,
    })
}

/// What `GET /prompt` takes, sorted, until the other thing is done.
async fn look<T>(host: &str, meanwhile: impl Future<Output = T>) -> (Vec<f64>, T) {
    let mut page = Connection::open(host).await;
    let mut taken = Vec::new();
    let looking = async {
        loop {
            let sent = Instant::now();
            assert_eq!(page.get("/prompt").await, 200);
            taken.push(ms(sent));
            tokio::time::sleep(EVERY).await;
        }
    };
    let done = tokio::select! {
        () = looking => unreachable!("it goes on for ever"),
        done = meanwhile => done,
    };
    taken.sort_by(f64::total_cmp);
    (taken, done)
}
