//! From our queue into ComfyUI's: each job once.
//!
//! A job is marked before it is sent. Whatever happens then — a crash here, a broken connection — the mark stays, and
//! a marked job is not sent again before ComfyUI has been asked for it by its id.
//!
//! ComfyUI gets them one after the other, in the order in which they came. What it said of one is written down and the
//! next one marked in the same commit. None is marked ahead: after a crash of both, what is marked may have been sent.

use std::sync::Arc;
use std::time::Duration;

use openclaw_shared::event::{EventType, JobEvent};
use openclaw_shared::job::{JobError, JobErrorKind, JobState};
use serde_json::json;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::{Jobs, ended};
use crate::comfy::{Comfy, Submission, Whereabouts};
use crate::store::{self, Change, Facts, OpenJob, StoreError};
use crate::trace::traceparent;

/// ComfyUI may still be checking a prompt whose sender is gone; it is asked again after this time before "unknown" is
/// believed. Checks of the largest workflows take a fraction of it.
const SETTLE: Duration = Duration::from_secs(2);
/// Prompts of the history that are looked at to tell whether ComfyUI was restarted.
const WITNESSES: usize = 64;
/// Between tries when ComfyUI or the disk does not do its part.
const PAUSE: Duration = Duration::from_secs(1);

pub struct Submitter {
    pub jobs: Arc<Jobs>,
    pub comfy: Comfy,
    /// How many jobs ComfyUI may have at a time.
    pub depth: u32,
    pub link: watch::Receiver<Link>,
}

/// What is known of the connection to ComfyUI.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Link {
    /// Connected, and what ComfyUI has is known.
    pub ready: bool,
    /// Which connection it is. As long as it is the same, ComfyUI's process is the same.
    pub connection: u64,
}

/// A job that is to be sent now.
struct Marked {
    job: store::Submission,
    at: i64,
}

/// A job of which it is not known whether ComfyUI has it.
struct Unclear {
    id: String,
    claimed_at: i64,
    /// On which connection it was sent; none for one of an earlier life of this server.
    connection: Option<u64>,
}

impl Submitter {
    pub async fn run(mut self, stop: CancellationToken) {
        let _ = self.submit_until(&stop).await;
    }

    /// Ends when it is told to stop; then nothing is marked that was not sent.
    async fn submit_until(&mut self, stop: &CancellationToken) -> Option<()> {
        let mut unclear = stop.run_until_cancelled(self.on_their_way()).await?;
        loop {
            stop.run_until_cancelled(self.clear_up(&mut unclear)).await??;
            let mut events = self.jobs.store().subscribe();
            let wait = match self.mark().await {
                Ok(Some(first)) => !self.hand_over(first, stop, &mut unclear).await,
                Ok(None) => {
                    stop.run_until_cancelled(wait_for_work(&mut events)).await??;
                    false
                }
                Err(error) => {
                    tracing::error!(%error, "jobs cannot be submitted");
                    true
                }
            };
            if wait {
                stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await?;
            }
        }
    }

    /// Waits for the connection, and until it is known where everything is that was sent before.
    async fn clear_up(&mut self, unclear: &mut Vec<Unclear>) -> Option<()> {
        loop {
            self.link.wait_for(|link| link.ready).await.ok()?;
            match self.settle(unclear).await {
                Ok(()) => return Some(()),
                Err(error) => {
                    tracing::warn!(%error, "asking ComfyUI for a job failed");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// The next job, if there is one and room for it.
    async fn mark(&self) -> Result<Option<Marked>, StoreError> {
        let at = self.jobs.now();
        let job = self.jobs.store().claim(self.depth, at).await?;
        Ok(job.map(|job| Marked { job, at }))
    }

    /// Sends this one and those after it, as long as all goes well; whether ComfyUI could be reached.
    async fn hand_over(&self, first: Marked, stop: &CancellationToken, unclear: &mut Vec<Unclear>) -> bool {
        let (mut next, mut reached) = (Some(first), true);
        while let Some(Marked { job, at }) = next {
            let connection = self.link.borrow().connection;
            let answer = self.send(&job, stop).await;
            reached = !matches!(answer, Submission::NotSent(_));
            let well = reached && !matches!(answer, Submission::Unclear(_));
            let goes_on = well && self.link.borrow().ready && !stop.is_cancelled();
            let mark = async { if goes_on { self.mark().await } else { Ok(None) } };
            let (known, marked) = tokio::join!(self.record(&job, answer), mark);
            if !known {
                unclear.push(Unclear { id: job.id, claimed_at: at, connection: Some(connection) });
            }
            next = marked.unwrap_or_else(|error| {
                tracing::error!(%error, "the next job cannot be submitted");
                None
            });
        }
        reached
    }

    async fn send(&self, job: &store::Submission, stop: &CancellationToken) -> Submission {
        let store::Submission { id, trace_id, prompt, extra_data } = job;
        let traceparent = traceparent(trace_id, id);
        let answered = async {
            match self.comfy.submit(id, prompt, extra_data, &traceparent).await {
                Submission::Broke(reason) => match self.comfy.find(id).await {
                    // It has answered, so what it does not know now it will not get to know.
                    Ok(Whereabouts::Unknown) => {
                        Submission::Refused { error: rejected(reason), node_errors: Vec::new() }
                    }
                    Ok(_) => Submission::Known,
                    Err(_) => Submission::Unclear(reason),
                },
                answer => answer,
            }
        };
        if stop.is_cancelled() {
            return Submission::NotSent("the server is stopping".into());
        }
        let answer = stop.run_until_cancelled(answered).await;
        answer.unwrap_or_else(|| Submission::Unclear("the server is stopping".into()))
    }

    /// What an earlier life of this server left on its way.
    async fn on_their_way(&self) -> Vec<Unclear> {
        loop {
            match self.jobs.store().open_jobs().await {
                Ok(open) => {
                    let marked = open.into_iter().filter(|open| open.job.state == JobState::Submitting);
                    let unclear = |open: OpenJob| Unclear {
                        claimed_at: open.claimed_at.unwrap_or_default(),
                        id: open.job.id,
                        connection: None,
                    };
                    return marked.map(unclear).collect();
                }
                Err(error) => {
                    tracing::error!(%error, "the open jobs cannot be read");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Finds out where the unclear ones are.
    async fn settle(&self, unclear: &mut Vec<Unclear>) -> Result<(), anyhow::Error> {
        let mut asked_before = false;
        while let Some(one) = unclear.last() {
            if self.comfy.find(&one.id).await? != Whereabouts::Unknown {
                self.arrived(&one.id, Facts::default()).await?;
            } else if !asked_before {
                tokio::time::sleep(SETTLE).await;
                asked_before = true;
                continue;
            } else if self.is_still(one.connection) || self.is_the_same_as_at(one.claimed_at).await? {
                self.jobs.requeue(&one.id).await?;
            } else {
                self.lost(&one.id).await?;
            }
            unclear.pop();
        }
        Ok(())
    }

    /// Whether the connection is the one of that time. Looked at only now, because it can have ended while ComfyUI was
    /// being asked.
    fn is_still(&self, connection: Option<u64>) -> bool {
        let link = self.link.borrow();
        link.ready && connection == Some(link.connection)
    }

    /// Whether ComfyUI's process is the one of that time: then it remembers something that had ended by then, because
    /// its history lives as long as it does. A process that is new may have been handed the job in its earlier life.
    async fn is_the_same_as_at(&self, time: i64) -> Result<bool, anyhow::Error> {
        let recent = self.comfy.recent(WITNESSES).await?;
        let ids = recent.into_iter().map(|(queued, _)| queued.id).collect();
        Ok(self.jobs.store().any_ended_before(ids, time).await?)
    }

    async fn lost(&self, id: &str) -> Result<(), StoreError> {
        let message = "ComfyUI was restarted while it was being handed this job.";
        let error = JobError { kind: JobErrorKind::Lost, ..rejected(message.into()) };
        let said = json!({"error": error});
        let facts = Facts { error: Some(error), ..Facts::default() };
        let change =
            Change::to(id, &[JobState::Submitting], JobState::Lost, EventType::Lost, self.jobs.now());
        self.jobs.change(vec![change.with(facts).saying(said)]).await?;
        Ok(())
    }

    /// Writes down what ComfyUI said; whether it is clear now where the job is.
    async fn record(&self, job: &store::Submission, answer: Submission) -> bool {
        self.record_answer(job, answer).await.unwrap_or_else(|error| {
            tracing::error!(%error, "what became of a submission could not be stored");
            false
        })
    }

    async fn record_answer(&self, job: &store::Submission, answer: Submission) -> Result<bool, StoreError> {
        let store::Submission { id, trace_id, .. } = job;
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
                self.jobs.requeue(id).await?;
            }
            Submission::Unclear(reason) | Submission::Broke(reason) => {
                tracing::warn!(job_id = id, trace_id, reason, "whether ComfyUI has the job is not clear");
                return Ok(false);
            }
        }
        Ok(true)
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
