//! The way out: results of jobs to the callbacks that were asked for.
//!
//! A row in the store is a promise. It is kept until the receiver has answered with success or until it is given up,
//! and then it stays as a dead letter that can be sent again by hand. A server that dies between the receiver's
//! answer and the record of it sends again, under the same id, so that the receiver can tell.

pub mod payload;
pub mod schedule;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use openclaw_shared::event::JobEvent;
use openclaw_shared::job::{DeliveryState, Job};
use openclaw_shared::webhook::{Callback, Delivery};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::callbacks::CallbackConfig;
use crate::egress::Egress;
use crate::egress::policy::{Destination, Policy};
use crate::llm::retry_after::{RetryHint, retry_delay};
use crate::redact::Redactor;
use crate::standard_webhooks::{self, Key};
use crate::store::{DueDelivery, Settled, Store, StoreError, Which};
use crate::trace::traceparent;

/// Deliveries at a time. They wait for others' servers, so there may be more than cores.
const AT_ONCE: usize = 32;
/// To one host, so that one that hangs leaves room for the others.
const AT_ONCE_PER_HOST: usize = 4;
/// Due deliveries read in one go: enough to fill every place, when no host has too many of them.
const LOOKED_AT: u32 = 512;
/// The longest sleep: a clock that was set back is noticed.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);
/// How long tries may take to end when the server is told to stop.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Pause after the store has failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// Characters of a reason.
const MAX_REASON: usize = 300;

/// Sends what is due.
pub struct Deliveries {
    store: Arc<dyn Store>,
    egress: Egress,
    clock: Clock,
    config: CallbackConfig,
    keys: Vec<Key>,
    redactor: Arc<Redactor>,
}

/// There is no such delivery, or it cannot be sent now.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("There is no delivery with this id.")]
    Unknown,
    #[error("This delivery is not over yet.")]
    NotOver,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a try came to.
enum Outcome {
    Delivered,
    /// Worth another try, when there is one left.
    Failed {
        reason: String,
        wish: Option<Duration>,
    },
    /// No try would help.
    Hopeless {
        reason: String,
    },
}

impl Deliveries {
    pub fn new(
        store: Arc<dyn Store>,
        egress: Egress,
        clock: Clock,
        config: CallbackConfig,
        state_dir: &Path,
        redactor: Arc<Redactor>,
    ) -> std::io::Result<Self> {
        let keys = config.signing_keys(state_dir)?;
        Ok(Self { store, egress, clock, config, keys, redactor })
    }

    pub fn policy(&self) -> &Policy {
        &self.config.policy
    }

    /// Newest first.
    pub async fn list(&self, which: Which, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        self.store.deliveries(which, limit).await
    }

    /// Sends a dead letter again, from the first try.
    pub async fn replay(&self, id: &str) -> Result<Delivery, ReplayError> {
        match self.store.replay_delivery(id, self.clock.now_ms()).await? {
            Some((delivery, true)) => Ok(delivery),
            Some((_, false)) => Err(ReplayError::NotOver),
            None => Err(ReplayError::Unknown),
        }
    }

    /// Sends until told to stop.
    pub async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let mut events = self.store.subscribe();
        let mut running = JoinSet::new();
        // The host of each delivery that is on its way.
        let mut hosts: HashMap<i64, String> = HashMap::new();
        loop {
            let sleep = match self.start_due(&mut running, &mut hosts).await {
                Ok(sleep) => sleep,
                Err(StoreError::Closed) => break,
                Err(error) => {
                    tracing::error!(%error, "deliveries cannot be read");
                    STORE_PAUSE
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(done) = running.join_next(), if !running.is_empty() => match done {
                    Ok(id) => drop(hosts.remove(&id)),
                    // A panic says nothing about which one it was; all are looked at again.
                    Err(error) => {
                        tracing::error!(%error, "a delivery failed");
                        running.abort_all();
                        hosts.clear();
                    }
                },
                () = tokio::time::sleep(sleep) => {}
                open = something_ended(&mut events) => if !open { break },
            }
        }
        // What is cut off here is sent again at the next start, under the same id.
        let _ = tokio::time::timeout(LAST_WORDS, running.join_all()).await;
    }

    /// Starts what is due and has room; how long there is nothing more to do.
    async fn start_due(
        self: &Arc<Self>,
        running: &mut JoinSet<i64>,
        hosts: &mut HashMap<i64, String>,
    ) -> Result<Duration, StoreError> {
        let now = self.clock.now_ms();
        if hosts.len() >= AT_ONCE {
            return Ok(LONGEST_SLEEP);
        }
        // However far a host is behind, it does not hide the others.
        let mut behind = BTreeSet::new();
        loop {
            let (due, known) = (self.store.due_deliveries(now, LOOKED_AT, &behind).await?, behind.len());
            let all = due.len() < LOOKED_AT as usize;
            for due in due {
                let host = host_of(&due.target);
                let there = hosts.values().filter(|other| **other == host).count();
                if hosts.contains_key(&due.id) || hosts.len() >= AT_ONCE {
                    continue;
                }
                if there >= AT_ONCE_PER_HOST {
                    behind.insert(due.origin);
                    continue;
                }
                hosts.insert(due.id, host);
                let this = self.clone();
                running.spawn(async move {
                    let id = due.id;
                    this.deliver(due).await;
                    id
                });
            }
            if all || behind.len() == known || hosts.len() >= AT_ONCE {
                break;
            }
        }
        let next = self.store.next_delivery(now).await?;
        let wait = next.map(|at| Duration::from_millis(u64::try_from(at - now).unwrap_or_default()));
        Ok(wait.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP))
    }

    async fn deliver(&self, due: DueDelivery) {
        let host = host_of(&due.target);
        let (outcome, trace_id) = match self.store.job(&due.job_id).await {
            Ok(job) => {
                let trace_id = job.as_ref().map(|job| job.trace_id.clone());
                (self.attempt(&due, job).await, trace_id)
            }
            Err(error) => (Err(error), None),
        };
        let (now, attempts) = (self.clock.now_ms(), due.attempts + 1);
        let settled = match outcome {
            Ok(Outcome::Delivered) => Settled::Delivered,
            Ok(Outcome::Hopeless { reason }) => Settled::Dead { reason },
            Ok(Outcome::Failed { reason, wish }) => {
                let chance = f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX);
                match schedule::pause(attempts, wish, chance, self.config.max_retries) {
                    Some(pause) => Settled::Again { at: now + millis(pause), reason },
                    None => Settled::Dead { reason },
                }
            }
            // Nothing was sent, so this is no try.
            Err(error) => {
                tracing::error!(delivery.id = due.message_id, %error, "a delivery cannot be read");
                return tokio::time::sleep(STORE_PAUSE).await;
            }
        };
        match &settled {
            Settled::Delivered => {
                tracing::info!(delivery.id = due.message_id, trace_id, host, attempts, "delivered");
            }
            Settled::Again { reason, .. } => {
                tracing::warn!(
                    delivery.id = due.message_id,
                    trace_id,
                    host,
                    attempts,
                    reason,
                    "not delivered; will try again"
                );
            }
            Settled::Dead { reason } => {
                tracing::warn!(
                    delivery.id = due.message_id,
                    trace_id,
                    host,
                    attempts,
                    reason,
                    "not delivered; given up"
                );
            }
        }
        // Until it is written down it would be due, and be sent again and again.
        while let Err(error) = self.store.settle_delivery(due.id, settled.clone(), host.clone(), now).await {
            tracing::error!(delivery.id = due.message_id, %error, "the outcome of a delivery was not stored");
            if matches!(error, StoreError::Closed) {
                break;
            }
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }

    async fn attempt(&self, due: &DueDelivery, job: Option<Job>) -> Result<Outcome, StoreError> {
        let callback: Callback = serde_json::from_str(&due.target)?;
        let destination = match self.config.policy.check(&callback.url) {
            Ok(destination) => destination,
            Err(refusal) => {
                return Ok(Outcome::Hopeless { reason: format!("the address is not allowed: {refusal}") });
            }
        };
        let Some(job) = job else {
            return Ok(Outcome::Hopeless { reason: "the job was cleared away".into() });
        };
        let body = payload::payload(&job, &callback, &self.redactor);
        let method =
            Method::from_bytes(callback.method.to_ascii_uppercase().as_bytes()).unwrap_or(Method::POST);
        let request = match self.egress.request(method, &destination.url, self.config.policy.reach()) {
            Ok(request) => request,
            Err(error) => return Ok(Outcome::Hopeless { reason: error.to_string() }),
        };
        let seconds = self.clock.now_ms() / 1000;
        let mut request = request.timeout(self.config.timeout);
        for (name, value) in &callback.headers {
            // Checked when the event came in; ours come after them and cannot be replaced.
            match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                (Ok(name), Ok(value)) if name != CONTENT_TYPE => request = request.header(name, value),
                _ => {}
            }
        }
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &due.message_id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", standard_webhooks::sign(&self.keys, &due.message_id, seconds, &body))
            .header("traceparent", traceparent(&job.trace_id, &job.id))
            .header("x-openclaw-trace-id", &job.trace_id);
        Ok(match request.body(body).send().await {
            // The status says all; what else the receiver has to say is not read.
            Ok(response) => self.judge(response.status(), response.headers().get(RETRY_AFTER)),
            Err(error) => Outcome::Failed { reason: reason(&error), wish: None },
        })
    }

    fn judge(&self, status: StatusCode, retry_after: Option<&HeaderValue>) -> Outcome {
        if status.is_success() {
            return Outcome::Delivered;
        }
        let reason = match status {
            StatusCode::GONE => {
                return Outcome::Hopeless { reason: "the receiver answered 410: it wants no more".into() };
            }
            _ if status.is_redirection() => {
                format!("the receiver answered {}; redirects are not followed", status.as_u16())
            }
            _ => format!("the receiver answered {}", status.as_u16()),
        };
        let wish = retry_after.and_then(|value| value.to_str().ok()).and_then(|value| {
            let headers = [("retry-after", value)];
            retry_delay(&RetryHint {
                status: status.as_u16(),
                headers: &headers,
                body: "",
                now_ms: self.clock.now_ms(),
            })
        });
        Outcome::Failed { reason, wish }
    }
}

/// Returns when a job with a callback has ended, or when events were missed; false when there will be no more.
async fn something_ended(events: &mut broadcast::Receiver<Arc<JobEvent>>) -> bool {
    loop {
        match events.recv().await {
            Ok(event)
                if event.job.as_ref().is_some_and(|job| job.delivery == Some(DeliveryState::Pending)) =>
            {
                return true;
            }
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return true,
            Err(RecvError::Closed) => return false,
        }
    }
}

fn host_of(target: &str) -> String {
    let url = serde_json::from_str::<Callback>(target).map(|callback| callback.url).unwrap_or_default();
    Destination::parse(&url).map(|destination| destination.host).unwrap_or_default()
}

/// The innermost cause says what happened; the URL can hold a secret.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the receiver did not answer in time".into();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = format!("the receiver could not be reached: {cause}");
    text.chars().take(MAX_REASON).collect()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
