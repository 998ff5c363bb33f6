//! `crash [KILLS] [SEED]`: kills the server that often under load; prints what was counted, or fails.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a run that cannot go on should stop; the result goes to stdout"
)]

use std::time::Instant;

use openclaw_tests::crash;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|number| number.parse::<u64>().unwrap());
    let kills = usize::try_from(arguments.next().unwrap_or(300)).unwrap();
    let seed = arguments.next().unwrap_or(1);
    let started = Instant::now();
    let report = crash::run(kills, seed).await;
    println!("{report:#?}\n{:.0} s", started.elapsed().as_secs_f64());
}
