//! Measures the server beside a peer in the same run; `cargo xtask bench` prints what each part finds.
//!
//! Output: one JSON object with milliseconds, megabytes and ratios. Machines are noisy: compare medians and the two
//! sides of one row, not single figures of two runs.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on should stop; the result goes to stdout"
)]

mod bare;
mod flight;
mod lists;
mod measure;
mod planner;
mod responsive;
mod session;
mod webhooks;
mod wire;

/// `bench PART [URL…]`
#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let report = match arguments[..] {
        ["bare"] => return bare::serve().await,
        ["server", host] => planner::measure(host).await,
        ["webhooks", host, bare] => webhooks::measure(Some((host, bare))).await,
        ["webhooks"] => webhooks::measure(None).await,
        ["flight"] => flight::measure().await,
        ["lists"] => lists::measure().await,
        ["send", url] => responsive::send(url).await,
        ["responsive", host, own] => responsive::measure(host, own).await,
        _ => panic!(
            "bench server HOST | webhooks [HOST BARE] | flight | lists | responsive HOST OWN_PORT | send URL"
        ),
    };
    println!("{report:#}");
}
