//! From our queue into ComfyUI's: each job once.
//!
//! A job is marked before it is sent. Whatever happens then — a crash here, a broken connection — the mark stays, and
//! a marked job is not sent again before ComfyUI has been asked for it by its id.

use std::sync::Arc;
use std::time::Duration;

use openclaw_shared::event::{EventType, JobEvent};
use openclaw_shared::job::{JobError, JobErrorKind, JobState};
use serde_json::json;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::{Jobs, ended};
use crate::comfy::{Comfy, Submission, Whereabouts};
use crate::store::{self, Change, Facts, StoreError};
use crate::trace::traceparent;

/// ComfyUI may still be checking a prompt whose sender is gone; it is asked again after this time before "unknown" is
/// believed. Checks of the largest workflows take a fraction of it.
const SETTLE: Duration = Duration::from_secs(2);
/// Between tries when ComfyUI or the disk does not do its part.
const PAUSE: Duration = Duration::from_secs(1);

pub struct Submitter {
    pub jobs: Arc<Jobs>,
    pub comfy: Comfy,
    /// How many jobs ComfyUI may have at a time.
    pub depth: u32,
    /// Whether there is a connection, and what ComfyUI has is known.
    pub ready: watch::Receiver<bool>,
}

impl Submitter {
    pub async fn run(mut self, stop: CancellationToken) {
        let _ = stop.run_until_cancelled(self.submit_for_ever()).await;
    }

    async fn submit_for_ever(&mut self) -> Option<()> {
        let mut events = self.jobs.store().subscribe();
        // What an earlier life of this server left on its way.
        let mut unclear = self.on_their_way().await;
        loop {
            self.ready.wait_for(|ready| *ready).await.ok()?;
            if let Err(error) = self.settle(&mut unclear).await {
                tracing::warn!(%error, "asking ComfyUI for a job failed");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            match self.submit_some(&mut unclear).await {
                Ok(0) if unclear.is_empty() => wait_for_work(&mut events).await?,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "jobs cannot be submitted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn on_their_way(&self) -> Vec<String> {
        loop {
            match self.jobs.store().open_jobs().await {
                Ok(open) => {
                    let marked = open.into_iter().filter(|open| open.job.state == JobState::Submitting);
                    return marked.map(|open| open.job.id).collect();
                }
                Err(error) => {
                    tracing::error!(%error, "the open jobs cannot be read");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Finds out where the unclear ones are; what ComfyUI does not know goes back into the queue.
    async fn settle(&self, unclear: &mut Vec<String>) -> Result<(), anyhow::Error> {
        if unclear.is_empty() {
            return Ok(());
        }
        let mut unknown = Vec::new();
        for id in unclear.iter() {
            if self.comfy.find(id).await? == Whereabouts::Unknown {
                unknown.push(id.clone());
            } else {
                self.arrived(id, Facts::default()).await?;
            }
        }
        unclear.clone_from(&unknown);
        if unknown.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(SETTLE).await;
        for id in unknown {
            if self.comfy.find(&id).await? == Whereabouts::Unknown {
                self.jobs.requeue(&id).await?;
            } else {
                self.arrived(&id, Facts::default()).await?;
            }
            unclear.retain(|left| *left != id);
        }
        Ok(())
    }

    /// Submits what there is room for; the number of jobs that were taken up.
    async fn submit_some(&self, unclear: &mut Vec<String>) -> Result<usize, StoreError> {
        let claimed = self.jobs.store().claim(self.depth).await?;
        let count = claimed.len();
        let mut claimed = claimed.into_iter();
        while let Some(submission) = claimed.next() {
            let id = submission.id.clone();
            let taken = match self.submit(&submission).await {
                Ok(taken) => taken,
                Err(error) => {
                    // ComfyUI has been asked, and what it said was not stored: it will be asked again.
                    unclear.push(id);
                    unclear.extend(claimed.map(|left| left.id));
                    return Err(error);
                }
            };
            match taken {
                Taken::Yes => {}
                Taken::Unclear => unclear.push(id),
                Taken::Unreachable => {
                    for id in std::iter::once(id).chain(claimed.map(|left| left.id)) {
                        self.jobs.requeue(&id).await?;
                    }
                    tokio::time::sleep(PAUSE).await;
                    return Ok(count);
                }
            }
        }
        Ok(count)
    }

    async fn submit(&self, submission: &store::Submission) -> Result<Taken, StoreError> {
        let store::Submission { id, trace_id, prompt, extra_data } = submission;
        let answer = self.comfy.submit(id, prompt, extra_data, &traceparent(trace_id, id)).await;
        match answer {
            Submission::Accepted { number, node_errors } => {
                tracing::info!(job_id = id, trace_id, "submitted to ComfyUI");
                let facts = Facts {
                    number: Some(number),
                    node_errors: (!node_errors.is_empty()).then_some(node_errors),
                    ..Facts::default()
                };
                self.arrived(id, facts).await?;
            }
            Submission::Known => self.arrived(id, Facts::default()).await?,
            Submission::Refused { error, node_errors } => {
                tracing::warn!(job_id = id, trace_id, error = error.message, "ComfyUI refused the workflow");
                self.refused(id, error, node_errors).await?;
            }
            Submission::NotSent(reason) => {
                tracing::warn!(job_id = id, trace_id, reason, "ComfyUI could not be reached");
                return Ok(Taken::Unreachable);
            }
            Submission::Unclear(reason) => {
                tracing::warn!(job_id = id, trace_id, reason, "whether ComfyUI has the job is not clear");
                return Ok(Taken::Unclear);
            }
            Submission::Broke(reason) => match self.comfy.find(id).await {
                // It has answered, so what it does not know now it will not get to know.
                Ok(Whereabouts::Unknown) => {
                    tracing::warn!(job_id = id, trace_id, reason, "ComfyUI failed to take the workflow");
                    self.refused(id, rejected(reason), Vec::new()).await?;
                }
                Ok(_) => self.arrived(id, Facts::default()).await?,
                Err(_) => return Ok(Taken::Unclear),
            },
        }
        Ok(Taken::Yes)
    }

    /// ComfyUI has it. It may have begun or ended already; then only the facts are added.
    async fn arrived(&self, id: &str, facts: Facts) -> Result<(), StoreError> {
        let now = self.jobs.now();
        let from = &[JobState::Submitting];
        let submitted =
            Change::to(id, from, JobState::Submitted, EventType::Submitted, now).with(facts.clone());
        if self.jobs.change(vec![submitted]).await?.iter().all(Option::is_none) {
            let from = &JobState::ALL;
            let stay = Change { id: id.to_owned(), from, step: store::Step::Stay, at: now, facts };
            self.jobs.change(vec![stay]).await?;
        }
        Ok(())
    }

    async fn refused(&self, id: &str, error: JobError, node_errors: Vec<JobError>) -> Result<(), StoreError> {
        let said = json!({"error": error});
        let facts = Facts { error: Some(error), node_errors: Some(node_errors), ..Facts::default() };
        let from = &[JobState::Submitting];
        let change = Change::to(id, from, JobState::Failed, EventType::Failed, self.jobs.now());
        self.jobs.change(vec![change.with(facts).saying(said)]).await?;
        Ok(())
    }
}

enum Taken {
    Yes,
    Unclear,
    Unreachable,
}

fn rejected(message: String) -> JobError {
    JobError { kind: JobErrorKind::Rejected, message, node_id: None, node_type: None, detail: None }
}

/// Returns when there may be a job to submit or room for one.
async fn wait_for_work(events: &mut broadcast::Receiver<Arc<JobEvent>>) -> Option<()> {
    loop {
        match events.recv().await {
            Ok(event) if matches!(event.event_type, EventType::Queued | EventType::Requeued) => {
                return Some(());
            }
            Ok(event) if ended(&event) => return Some(()),
            Ok(_) => {}
            // Whatever was missed may have been one.
            Err(broadcast::error::RecvError::Lagged(_)) => return Some(()),
            Err(broadcast::error::RecvError::Closed) => return None,
        }
    }
}
