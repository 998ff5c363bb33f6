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

use super::{StoreError, accept, row};
use crate::store::{Acceptance, JobRecord};

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

/// What is done with one call, with the way back to whoever waits for it.
trait Pending: Send {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), ()>>;
    /// Tells the caller what [`Pending::run`] found, or that the commit failed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
    /// In parts that can fail one by one.
    fn apart(self: Box<Self>) -> Vec<Box<dyn Pending>>;
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

struct Waiting<U: Unit> {
    unit: U,
    result: Option<Result<U::Output, StoreError>>,
    reply: Reply<U::Output>,
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
        // A caller that went away wanted no answer; what it asked for is done all the same.
        let _ = self.reply.send(result);
    }

    fn apart(self: Box<Self>) -> Vec<Box<dyn Pending>> {
        vec![self]
    }
}

/// A new job.
struct Arrival {
    job: JobRecord,
    reply: Reply<Acceptance>,
}

/// New jobs that came together: there are many of them when there is much of anything.
struct Arrivals {
    all: Vec<Arrival>,
    result: Result<Vec<Acceptance>, StoreError>,
}

impl From<Vec<Arrival>> for Arrivals {
    fn from(all: Vec<Arrival>) -> Self {
        Self { all, result: Err(StoreError::Closed) }
    }
}

impl Pending for Arrivals {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), ()>> {
        Box::pin(async {
            let jobs: Vec<_> = self.all.iter().map(|arrival| &arrival.job).collect();
            self.result = accept::accept(tx, &jobs).await;
            if self.result.is_ok() { Ok(()) } else { Err(()) }
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        // The job goes first: whoever hears of it finds its room kept or given back. Nobody has to hear of it.
        let tell = |Arrival { job, reply }: Arrival, answer| {
            drop(job);
            let _ = reply.send(answer);
        };
        match committed.and(self.result) {
            Ok(answers) => {
                for (arrival, answer) in self.all.into_iter().zip(answers) {
                    if let (Acceptance::New(_), Some(room)) = (&answer, &arrival.job.room) {
                        room.keep();
                    }
                    tell(arrival, Ok(answer));
                }
            }
            Err(error) => {
                each_its_own(error, self.all.into_iter(), |arrival, error| tell(arrival, Err(error)));
            }
        }
    }

    fn apart(self: Box<Self>) -> Vec<Box<dyn Pending>> {
        let alone = |arrival| Box::new(Self::from(vec![arrival])) as Box<dyn Pending>;
        self.all.into_iter().map(alone).collect()
    }
}

/// What callers hand to the writer.
enum Work {
    Accept(Box<Arrival>),
    Unit(Box<dyn Pending>),
}

/// All new jobs as one, and everything else as it is.
fn together(work: impl Iterator<Item = Work>) -> Vec<Box<dyn Pending>> {
    let (mut arrivals, mut batch) = (Vec::new(), Vec::new());
    for work in work {
        match work {
            Work::Accept(arrival) => arrivals.push(*arrival),
            Work::Unit(unit) => batch.push(unit),
        }
    }
    if !arrivals.is_empty() {
        batch.push(Box::new(Arrivals::from(arrivals)));
    }
    batch
}

pub struct Writer {
    queue: mpsc::Sender<Work>,
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
        self.send(Work::Unit(Box::new(Waiting { unit, result: None, reply })), answer).await
    }

    pub async fn accept(&self, job: JobRecord) -> Result<Acceptance, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Work::Accept(Box::new(Arrival { job, reply })), answer).await
    }

    async fn send<T>(
        &self,
        work: Work,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.queue.send(work).await.map_err(|_| StoreError::Closed)?;
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
    mut waiting: mpsc::Receiver<Work>,
    events: broadcast::Sender<Arc<JobEvent>>,
    stop: CancellationToken,
    stopped: CancellationToken,
) {
    let _stopped = stopped.drop_guard();
    let mut received = Vec::new();
    loop {
        tokio::select! {
            biased;
            count = waiting.recv_many(&mut received, MOST_IN_ONE_COMMIT) => {
                if count == 0 {
                    break;
                }
            }
            () = stop.cancelled() => {
                // Takes no more, but what is in the queue is still done.
                waiting.close();
                continue;
            }
        }
        let mut batch = together(received.drain(..));
        if let Err(()) = commit(&mut tx, &mut batch, &events).await {
            // One of them cannot be done: alone, the others can.
            for pending in batch.into_iter().flat_map(Pending::apart) {
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
    each_its_own(error.into(), batch.drain(..), |pending, error| pending.answer(Err(error)));
}

/// An error cannot be copied: the first gets it as it is, the others its text.
fn each_its_own<T>(error: StoreError, all: impl Iterator<Item = T>, give: impl Fn(T, StoreError)) {
    let text = error.to_string();
    let mut first = Some(error);
    for one in all {
        let copy = || StoreError::Database(sqlx::Error::Protocol(text.clone()));
        give(one, first.take().unwrap_or_else(copy));
    }
}

async fn execute(tx: &mut Tx, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(&mut tx.connection).await.map(|_| ())
}
