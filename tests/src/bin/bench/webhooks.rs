//! A signed webhook, on disk, answered: how many, and how fast, beside handlers that only answer.

use std::process::Stdio;

use openclaw_tests::ServerProcess;
use serde_json::{Value, json};

use crate::bare::Bare;
use crate::measure::{cpu_ms, resident_mb, round};
use crate::wire::{self, SECRET};

const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// What a paced load sends in a second, and over how many connections.
const PACE: (u32, u32) = (1000, 16);

/// Nothing but the disk and the processor holds the server back, and nobody runs the jobs.
pub const UNLIMITED: [(&str, &str); 8] = [
    ("OPENCLAW_WEBHOOK_HMAC_SECRET", SECRET),
    ("OPENCLAW_RATE_LIMIT_WEBHOOK_PER_MIN", "off"),
    ("OPENCLAW_MAX_OPEN_JOBS", "10000000"),
    ("OPENCLAW_MAX_OPEN_JOBS_PER_SOURCE", "10000000"),
    ("OPENCLAW_MAX_OPEN_JOBS_PER_TEMPLATE", "10000000"),
    ("OPENCLAW_MAX_OPEN_JOBS_PER_TENANT", "10000000"),
    ("OPENCLAW_COMFYUI_URL", "http://127.0.0.1:9"),
    ("OPENCLAW_LOG", "warn"),
];

/// Straight to a server; and with `through`, by a ComfyUI that has the pack, beside a bare aiohttp handler.
pub async fn measure(through: Option<(&str, &str)>) -> Value {
    let bare = Bare::start().await;
    let dir = tempfile::tempdir().unwrap();
    let mut server = ServerProcess::start_logging(dir.path(), &[], &UNLIMITED, Stdio::null());
    let ready = server.line().await;
    let url = ready["url"].as_str().unwrap();
    let pid = server.child.id().unwrap();
    let mut report = json!({"bare_axum": floods(&bare.url).await});
    let (cpu, first) = (cpu_ms(pid), wire::number());
    report["direct"] = floods(url).await;
    let count = f64::from(u32::try_from(wire::number() - first).unwrap());
    report["server_cpu_us_per_webhook"] = json!(round((cpu_ms(pid) - cpu) * 1000.0 / count));
    let (rate, connections) = PACE;
    report["paced_1000"] = json!({
        "bare_axum": wire::paced(&bare.url, connections, rate).await,
        "direct": wire::paced(url, connections, rate).await,
    });
    report["rss_mb"] = json!(round(resident_mb(pid)));
    if let Some((host, bare)) = through {
        report["bare_aiohttp"] = floods(bare).await;
        report["through_comfyui"] = floods(host).await;
    }
    report
}

async fn floods(url: &str) -> Value {
    let mut report = json!({});
    for connections in CONNECTIONS {
        report[connections.to_string()] = wire::flood(url, connections).await;
    }
    report
}
