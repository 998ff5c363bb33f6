//! Starts what runs beside requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Jobs;
use super::follower::Follower;
use super::submitter::{Link, Submitter};
use crate::comfy::{Comfy, socket};
use crate::store::Retention;

/// Signals that wait to be taken in; beyond that, ComfyUI's socket waits.
const SIGNALS: usize = 1024;
/// Between two times of clearing up: jobs get old slowly.
const CLEAR_EVERY: Duration = Duration::from_hours(1);
/// Between two rounds of one clearing: others want to write as well.
const CLEAR_PAUSE: Duration = Duration::from_millis(200);

/// Submits, follows and clears away, until told to stop. What it returns ends when nothing more is marked as being on
/// its way.
pub fn start(
    jobs: &Arc<Jobs>,
    comfy: &Comfy,
    depth: u32,
    retention: Retention,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> JoinHandle<()> {
    let (link, linked) = watch::channel(Link::default());
    let (signals, heard) = mpsc::channel(SIGNALS);
    tasks.spawn(socket::follow(comfy.clone(), signals, stop.clone()));
    tasks.spawn(Follower::new(jobs.clone(), comfy.clone(), link).run(heard, stop.clone()));
    let submitter = Submitter { jobs: jobs.clone(), comfy: comfy.clone(), depth, link: linked };
    tasks.spawn(clear(jobs.clone(), retention, stop.clone()));
    tasks.spawn(submitter.run(stop.clone()))
}

async fn clear(jobs: Arc<Jobs>, retention: Retention, stop: CancellationToken) {
    let _ = stop.run_until_cancelled(clear_for_ever(&jobs, retention)).await;
}

async fn clear_for_ever(jobs: &Jobs, retention: Retention) {
    loop {
        match jobs.store().prune(retention, jobs.now()).await {
            Ok(0) => tokio::time::sleep(CLEAR_EVERY).await,
            Ok(count) => {
                tracing::info!(count, "old jobs were cleared away");
                tokio::time::sleep(CLEAR_PAUSE).await;
            }
            Err(error) => {
                tracing::error!(%error, "old jobs could not be cleared away");
                tokio::time::sleep(CLEAR_EVERY).await;
            }
        }
    }
}
