//! Numbers: how long, how much, and what most of them are.

use std::time::Instant;

use serde_json::{Value, json};

/// Resident memory as Linux counts it; 0 elsewhere.
pub fn resident_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// Processor time a process has taken, as Linux counts it: says what a call costs even beside other work; 0 elsewhere.
pub fn cpu_ms(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Behind the name, which may have spaces in it: fields 14 and 15, in hundredths of a second.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) * 10.0
}

pub fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    round(quantile(&values, 0.5))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index within the slice"
)]
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * q).round() as usize]
}

pub fn quantiles(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    json!({"p50": round(quantile(&values, 0.5)), "p99": round(quantile(&values, 0.99))})
}
