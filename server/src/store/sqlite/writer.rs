//! The one writer. Whatever waits while a commit is on its way to the disk goes into the next one together, so the
//! cost of a commit is shared by as many as come in the meantime.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use openclaw_shared::event::{EventType, JobEvent};
use openclaw_shared::job::Job;
use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{StoreError, row};

/// Units in one commit: more would make the first of them wait for longer than a commit takes.
const MOST_IN_ONE_COMMIT: usize = 512;
/// Units that may wait; beyond that, callers wait for a place.
const QUEUE: usize = 4096;
/// Events a slow reader may fall behind before it has to read them from the database.
const EVENTS: usize = 1024;

/// One piece of writing, done whole or not at all together with others. It may be run again after a failure of
/// another unit, so it must not change itself.
pub trait Unit: Send + Sync + 'static {
    type Output: Send + 'static;

    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Output, StoreError>> + Send;

    /// Hears that what it did is on disk, before its caller does, and even when there is no caller any more.
    fn committed(&self, _output: &Self::Output) {}
}

/// The open transaction.
pub struct Tx {
    pub connection: SqliteConnection,
    events: Vec<Arc<JobEvent>>,
}

impl Tx {
    /// Appends an event about `job`; those who listen hear of it after the commit.
    pub async fn event(
        &mut self,
        job_seq: i64,
        job: &Job,
        kind: EventType,
        at: i64,
        data: Value,
    ) -> Result<(), StoreError> {
        let seq: i64 = sqlx::query_scalar(
            "INSERT INTO events (job_seq, kind, at, data) VALUES (?, ?, ?, ?) RETURNING seq",
        )
        .bind(job_seq)
        .bind(kind.as_str())
        .bind(at)
        .bind(data.to_string())
        .fetch_one(&mut self.connection)
        .await?;
        self.announce(seq, job, kind, at, data);
        Ok(())
    }

    /// For a unit that has written the event itself.
    pub(super) fn announce(&mut self, seq: i64, job: &Job, kind: EventType, at: i64, data: Value) {
        let mut job = job.clone();
        job.outputs.truncate(Job::MAX_OUTPUTS_IN_LIST);
        self.events.push(Arc::new(JobEvent {
            seq: row::unsigned(seq),
            event_type: kind,
            prompt_id: job.id.clone(),
            trace_id: job.trace_id.clone(),
            timestamp: row::seconds(at),
            data,
            job: Some(job),
        }));
    }
}

/// A unit with the way back to its caller.
trait Pending: Send {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), ()>>;
    /// Tells the caller what [`Pending::run`] found, or that the commit failed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Waiting<U: Unit> {
    unit: U,
    result: Option<Result<U::Output, StoreError>>,
    reply: oneshot::Sender<Result<U::Output, StoreError>>,
}

impl<U: Unit> Pending for Waiting<U> {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), ()>> {
        Box::pin(async {
            let result = self.unit.run(tx).await;
            let outcome = if result.is_ok() { Ok(()) } else { Err(()) };
            self.result = Some(result);
            outcome
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (self.result, committed) {
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(result), Ok(())) => result,
            (None, Ok(())) => Err(StoreError::Closed),
        };
        if let Ok(output) = &result {
            self.unit.committed(output);
        }
        drop(self.unit);
        // A caller that went away wanted no answer; what it asked for is done all the same.
        let _ = self.reply.send(result);
    }
}

pub struct Writer {
    queue: mpsc::Sender<Box<dyn Pending>>,
    events: broadcast::Sender<Arc<JobEvent>>,
    stop: CancellationToken,
    stopped: CancellationToken,
}

impl Writer {
    pub fn start(connection: SqliteConnection, tasks: &TaskTracker) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (events, _) = broadcast::channel(EVENTS);
        let (stop, stopped) = (CancellationToken::new(), CancellationToken::new());
        let tx = Tx { connection, events: Vec::new() };
        tasks.spawn(work(tx, waiting, events.clone(), stop.clone(), stopped.clone()));
        Self { queue, events, stop, stopped }
    }

    pub async fn write<U: Unit>(&self, unit: U) -> Result<U::Output, StoreError> {
        let (reply, answer) = oneshot::channel();
        let pending = Box::new(Waiting { unit, result: None, reply });
        self.queue.send(pending).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Arc<JobEvent>> {
        self.events.subscribe()
    }

    pub async fn close(&self) {
        self.stop.cancel();
        self.stopped.cancelled().await;
    }
}

async fn work(
    mut tx: Tx,
    mut waiting: mpsc::Receiver<Box<dyn Pending>>,
    events: broadcast::Sender<Arc<JobEvent>>,
    stop: CancellationToken,
    stopped: CancellationToken,
) {
    let _stopped = stopped.drop_guard();
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            biased;
            received = waiting.recv_many(&mut batch, MOST_IN_ONE_COMMIT) => {
                if received == 0 {
                    break;
                }
            }
            () = stop.cancelled() => {
                // Takes no more, but what is in the queue is still done.
                waiting.close();
                continue;
            }
        }
        if let Err(()) = commit(&mut tx, &mut batch, &events).await {
            // One of them cannot be done: alone, the others can.
            for pending in batch.drain(..) {
                let mut alone = vec![pending];
                if let Err(()) = commit(&mut tx, &mut alone, &events).await {
                    for pending in alone {
                        pending.answer(Ok(()));
                    }
                }
            }
        }
    }
    let _ = tx.connection.close().await;
}

/// Runs and commits the whole batch, or nothing of it; then it is still in `batch`.
async fn commit(
    tx: &mut Tx,
    batch: &mut Vec<Box<dyn Pending>>,
    events: &broadcast::Sender<Arc<JobEvent>>,
) -> Result<(), ()> {
    tx.events.clear();
    if let Err(error) = execute(tx, "BEGIN IMMEDIATE").await {
        answer_all(batch, error);
        return Ok(());
    }
    for pending in batch.iter_mut() {
        if pending.run(tx).await.is_err() {
            let _ = execute(tx, "ROLLBACK").await;
            return Err(());
        }
    }
    if let Err(error) = execute(tx, "COMMIT").await {
        let _ = execute(tx, "ROLLBACK").await;
        answer_all(batch, error);
        return Ok(());
    }
    for event in tx.events.drain(..) {
        // Nobody may be listening.
        let _ = events.send(event);
    }
    batch.drain(..).for_each(|pending| pending.answer(Ok(())));
    Ok(())
}

fn answer_all(batch: &mut Vec<Box<dyn Pending>>, error: sqlx::Error) {
    tracing::error!(%error, "the job database could not be written");
    // The error cannot be copied: the first caller gets it as it is, the others its text.
    let text = error.to_string();
    let mut first = Some(error);
    for pending in batch.drain(..) {
        let error = first.take().unwrap_or_else(|| sqlx::Error::Protocol(text.clone()));
        pending.answer(Err(error.into()));
    }
}

async fn execute(tx: &mut Tx, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(&mut tx.connection).await.map(|_| ())
}
