//! What becomes of the jobs that ComfyUI has: heard on one socket, and looked up where the socket was not enough.

mod end;
mod followed;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use openclaw_shared::event::{EventType, JobEvent, StreamEvent};
use openclaw_shared::job::{Job, JobPreview, JobSource, JobState};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::submitter::Link;
use super::{Jobs, ended};
use crate::comfy::socket::Signal;
use crate::comfy::{Comfy, Ending, Queue};
use crate::store::{Change, Facts, HostPrompt, StoreError};
use end::{ended_so, gone};
use followed::{Followed, REPORT_EVERY};

/// A burst of changes of the queue is looked at once.
const FIRST_LOOK: Duration = Duration::from_millis(100);
/// Looks take at most one part in this many of the time, because a long queue takes long to look at.
const SHARE_OF_LOOKS: u32 = 10;
/// In case a message about the queue is lost: one look for all jobs together, and only while there are any.
const SAFETY_LOOK: Duration = Duration::from_secs(30);
/// When a look failed.
const RETRY_LOOK: Duration = Duration::from_secs(1);
/// Prompts of others that are looked for in the history: of the time before this server, and between two looks.
const HISTORY_AT_FIRST: usize = 64;
const HISTORY_BETWEEN: usize = 16;
/// More previews a second are not seen.
const PREVIEW_EVERY: Duration = Duration::from_millis(200);

/// What the states of a job are while ComfyUI has it; an end can overtake the word that it arrived.
const AT_COMFY: &[JobState] = &[JobState::Submitting, JobState::Submitted, JobState::Running];

pub struct Follower {
    jobs: Arc<Jobs>,
    comfy: Comfy,
    link: watch::Sender<Link>,
    followed: HashMap<String, Followed>,
    /// What the history showed at the last look.
    seen: HashSet<String>,
    /// When to look at the queue, and whether something may have been missed since the last look.
    look_at: Option<Instant>,
    gap: bool,
    /// When to tell progress that was held back.
    report_at: Option<Instant>,
    last_preview: Option<Instant>,
}

/// Why a step could not be taken now.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Comfy(#[from] crate::comfy::ComfyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Follower {
    pub fn new(jobs: Arc<Jobs>, comfy: Comfy, link: watch::Sender<Link>) -> Self {
        Self {
            jobs,
            comfy,
            link,
            followed: HashMap::new(),
            seen: HashSet::new(),
            look_at: None,
            gap: true,
            report_at: None,
            last_preview: None,
        }
    }

    pub async fn run(mut self, mut signals: mpsc::Receiver<Signal>, stop: CancellationToken) {
        let mut events = self.jobs.store().subscribe();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                signal = signals.recv() => match signal {
                    Some(signal) => self.hear(signal).await,
                    None => return,
                },
                event = events.recv() => match event {
                    Ok(event) => self.note(&event),
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.gap = true;
                        self.look_in(FIRST_LOOK);
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                () = at(self.look_at) => self.look().await,
                () = at(self.report_at) => self.report(),
            }
        }
    }

    async fn hear(&mut self, signal: Signal) {
        if let Err(error) = self.take(signal).await {
            tracing::warn!(%error, "a change of a job could not be taken in");
            // The next look finds what was not taken in.
            self.gap = true;
            self.look_in(RETRY_LOOK);
        }
    }

    async fn take(&mut self, signal: Signal) -> Result<(), Trouble> {
        match signal {
            Signal::Connected => {
                tracing::info!("connected to ComfyUI");
                self.gap = true;
                self.link.send_modify(|link| link.connection += 1);
                self.jobs.live.set_host(|host| (host.connected, host.problem) = (true, None));
                self.look_at = Some(Instant::now());
            }
            Signal::Disconnected { reason } => {
                tracing::warn!(reason, "not connected to ComfyUI");
                self.link.send_modify(|link| link.ready = false);
                self.gap = true;
                self.look_at = None;
                self.jobs.live.set_host(|host| (host.connected, host.problem) = (false, Some(reason)));
            }
            Signal::Queue { remaining } => {
                self.jobs.live.set_host(|host| host.queue_remaining = remaining);
                self.look_in(FIRST_LOOK);
            }
            Signal::Started { id, at } => self.begin(&id, at).await?,
            Signal::Left { id } => {
                if self.find(&id).await? {
                    self.settle(&id, false).await?;
                }
            }
            Signal::Ended { id, outcome, at } => {
                if self.find(&id).await? {
                    self.with(&id, |followed| followed.heard = Some((outcome, at)));
                    // The history has it a moment later, and `Left` says when; an older ComfyUI may not say it.
                    self.look_in(FIRST_LOOK);
                }
            }
            Signal::Shown { id, outputs } => {
                if self.find(&id).await? {
                    self.with(&id, |followed| followed.show(outputs));
                }
            }
            Signal::Cached { id, nodes } => self.progress(&id, |followed| followed.skip(nodes)).await?,
            Signal::Node { id, node } => self.progress(&id, |followed| followed.enter(node)).await?,
            Signal::Progress { id, nodes } => self.progress(&id, |followed| followed.advance(&nodes)).await?,
            Signal::Preview { id, node, media_type, image } => self.preview(id, node, media_type, &image),
        }
        Ok(())
    }

    /// What the rest of the server did.
    fn note(&mut self, event: &JobEvent) {
        let Some(job) = &event.job else { return };
        match event.event_type {
            EventType::Submitted | EventType::Running => {
                let followed = self.followed.entry(job.id.clone()).or_insert_with(|| Followed::new(job));
                followed.arrived = true;
                // One that had to be asked for can have ended already, and then nobody will speak of it again.
                self.look_in(FIRST_LOOK);
            }
            EventType::CancelRequested => {
                self.with(&job.id, |followed| followed.cancel = true);
                self.look_at = Some(Instant::now());
            }
            _ if ended(event) => {
                self.followed.remove(&job.id);
                self.jobs.live.forget(&job.id);
            }
            _ => {}
        }
    }

    fn look_in(&mut self, pause: Duration) {
        let at = Instant::now() + pause;
        self.look_at = Some(self.look_at.map_or(at, |planned| planned.min(at)));
    }

    fn with(&mut self, id: &str, change: impl FnOnce(&mut Followed)) {
        if let Some(followed) = self.followed.get_mut(id) {
            change(followed);
        }
    }

    /// Whether the prompt is one of the jobs that are followed, after asking the store if need be.
    async fn find(&mut self, id: &str) -> Result<bool, StoreError> {
        if !self.followed.contains_key(id) {
            let Some(job) = self.jobs.get(id).await?.filter(|job| !job.state.is_end()) else {
                return Ok(false);
            };
            self.followed.insert(id.to_owned(), Followed::new(&job));
        }
        Ok(true)
    }

    async fn begin(&mut self, id: &str, at: Option<i64>) -> Result<(), StoreError> {
        if !self.find(id).await? {
            return Ok(());
        }
        let from = &[JobState::Submitting, JobState::Submitted];
        let change = Change::to(id, from, JobState::Running, EventType::Running, self.jobs.now());
        self.jobs.change(vec![change.with(Facts { started_at: at, ..Facts::default() })]).await?;
        self.with(id, |followed| followed.began = true);
        Ok(())
    }

    async fn progress(&mut self, id: &str, change: impl FnOnce(&mut Followed)) -> Result<(), StoreError> {
        if !self.find(id).await? {
            return Ok(());
        }
        let Some(followed) = self.followed.get_mut(id) else { return Ok(()) };
        if followed.nodes.is_none() {
            followed.nodes = Some(self.jobs.node_titles(id).await?);
        }
        change(followed);
        match followed.report(Instant::now()) {
            Some(progress) => self.jobs.live.set_progress(progress),
            None => self.report_at = self.report_at.or(Some(Instant::now() + REPORT_EVERY)),
        }
        Ok(())
    }

    /// Tells what was held back.
    fn report(&mut self) {
        self.report_at = None;
        let now = Instant::now();
        for followed in self.followed.values_mut().filter(|followed| followed.held_back) {
            match followed.report(now) {
                Some(progress) => self.jobs.live.set_progress(progress),
                None => self.report_at = Some(now + REPORT_EVERY),
            }
        }
    }

    fn preview(&mut self, id: Option<String>, node: Option<String>, media_type: &str, image: &[u8]) {
        let now = Instant::now();
        let early = self.last_preview.is_some_and(|last| now - last < PREVIEW_EVERY);
        let Some(prompt_id) = id.filter(|id| self.followed.contains_key(id)) else { return };
        if early || !self.jobs.live.is_watched() {
            return;
        }
        self.last_preview = Some(now);
        self.jobs.live.send(StreamEvent::Preview(JobPreview {
            prompt_id,
            node_id: node,
            media_type: media_type.to_owned(),
            base64: base64::engine::general_purpose::STANDARD.encode(image),
        }));
    }

    async fn look(&mut self) {
        self.look_at = None;
        let began = Instant::now();
        let gap = std::mem::take(&mut self.gap);
        match self.compare(gap).await {
            Ok(busy) => {
                self.link.send_if_modified(|link| !std::mem::replace(&mut link.ready, true));
                if busy {
                    self.look_in(SAFETY_LOOK);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "ComfyUI's queue could not be looked at");
                self.gap |= gap;
                self.look_in(RETRY_LOOK);
            }
        }
        // Signals that come meanwhile ask for looks; they are held back by what this one took.
        let rest = began.elapsed() * SHARE_OF_LOOKS;
        if let Some(at) = self.look_at {
            self.look_at = Some(at.max(Instant::now() + rest));
        }
    }

    /// Holds what we believe against what ComfyUI has; whether anything is open.
    async fn compare(&mut self, gap: bool) -> Result<bool, Trouble> {
        if gap {
            self.reload().await?;
        }
        // Only what was followed before ComfyUI was asked can be missing from its answer.
        let before: Vec<String> = self.followed.keys().cloned().collect();
        let queue = self.comfy.queue().await?;
        self.add_prompts_of_others(&queue).await?;
        for running in &queue.running {
            if self.followed.get(&running.id).is_some_and(|followed| !followed.began) {
                self.begin(&running.id, None).await?;
            }
        }
        let there: HashSet<&str> =
            queue.running.iter().chain(&queue.pending).map(|queued| queued.id.as_str()).collect();
        for id in before {
            // What is on its way is the submitter's to find.
            let known = self.followed.get(&id).is_some_and(|followed| followed.arrived);
            if known && !there.contains(id.as_str()) {
                self.settle(&id, gap).await?;
            }
        }
        self.add_ended_prompts_of_others(if gap { HISTORY_AT_FIRST } else { HISTORY_BETWEEN }).await?;
        self.cancel(&queue).await?;
        self.publish(&queue);
        Ok(!self.followed.is_empty())
    }

    async fn reload(&mut self) -> Result<(), StoreError> {
        let open = self.jobs.store().open_jobs().await?;
        let open: HashMap<String, Job> = open
            .into_iter()
            .filter(|open| open.job.state != JobState::Queued)
            .map(|open| (open.job.id.clone(), open.job))
            .collect();
        self.followed.retain(|id, _| open.contains_key(id));
        for (id, job) in open {
            let followed = self.followed.entry(id).or_insert_with(|| Followed::new(&job));
            followed.arrived |= job.state != JobState::Submitting;
            followed.cancel |= job.cancel_requested;
        }
        Ok(())
    }

    async fn add_prompts_of_others(&mut self, queue: &Queue) -> Result<(), StoreError> {
        let waiting = queue.pending.iter().map(|queued| (queued, false));
        let all = queue.running.iter().map(|queued| (queued, true)).chain(waiting);
        let unknown: Vec<_> = all
            .filter(|(queued, _)| !self.followed.contains_key(&queued.id))
            .map(|(queued, running)| HostPrompt {
                id: queued.id.clone(),
                number: queued.number,
                running,
                workflow_id: queued.workflow_id.clone(),
                node_count: queued.node_count,
                created_at: None,
            })
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        for job in self.jobs.store().add_host_prompts(unknown, self.jobs.now()).await? {
            self.followed.insert(job.id.clone(), Followed::new(&job));
        }
        Ok(())
    }

    /// Quick prompts come and go between two looks at the queue.
    async fn add_ended_prompts_of_others(&mut self, limit: usize) -> Result<(), Trouble> {
        let recent = self.comfy.recent(limit).await?;
        let seen = recent.iter().map(|(queued, _)| queued.id.clone()).collect();
        let seen = std::mem::replace(&mut self.seen, seen);
        let (mut prompts, mut ends) = (Vec::new(), Vec::new());
        for (queued, ending) in recent {
            if seen.contains(&queued.id) || self.followed.contains_key(&queued.id) {
                continue;
            }
            prompts.push(HostPrompt {
                number: queued.number,
                running: true,
                workflow_id: queued.workflow_id,
                node_count: queued.node_count,
                created_at: ending.started_at,
                id: queued.id.clone(),
            });
            ends.push((queued.id, ending));
        }
        if prompts.is_empty() {
            return Ok(());
        }
        let now = self.jobs.now();
        let added = self.jobs.store().add_host_prompts(prompts, now).await?;
        let added: HashSet<String> = added.into_iter().map(|job| job.id).collect();
        let ends = ends.into_iter().filter(|(id, _)| added.contains(id));
        let changes = ends.map(|(id, ending)| ended_so(&id, ending, now)).collect();
        self.jobs.change(changes).await?;
        Ok(())
    }

    /// Stops what is to be stopped and can be.
    async fn cancel(&mut self, queue: &Queue) -> Result<(), Trouble> {
        let wanted = |id: &str| self.followed.get(id).is_some_and(|followed| followed.cancel);
        let mut asked = false;
        for queued in queue.pending.iter().filter(|queued| wanted(&queued.id)) {
            self.comfy.delete(&queued.id).await?;
            asked = true;
        }
        for queued in queue.running.iter().filter(|queued| wanted(&queued.id)) {
            self.comfy.interrupt(&queued.id).await?;
            asked = true;
        }
        if asked {
            // It may just have begun, and then it takes the other way.
            self.look_in(RETRY_LOOK);
        }
        Ok(())
    }

    fn publish(&self, queue: &Queue) {
        let of_others =
            |id: &str| self.followed.get(id).is_some_and(|followed| followed.source == JobSource::Host);
        let all = queue.running.iter().chain(&queue.pending);
        self.jobs.budgets.set_host(all.filter(|queued| of_others(&queued.id)).count());
        let positions = queue.pending.iter().zip(0..).map(|(queued, position)| (queued.id.clone(), position));
        self.jobs.live.set_positions(positions.collect::<BTreeMap<_, _>>());
    }

    /// The prompt is not in the queue: finds out how it ended, and stores that.
    async fn settle(&mut self, id: &str, gap: bool) -> Result<(), Trouble> {
        let Some(followed) = self.followed.get(id) else { return Ok(()) };
        let now = self.jobs.now();
        let change = match self.comfy.history(id).await? {
            Some(ending) => ended_so(id, ending, now),
            None => match &followed.heard {
                // The entry was removed from the history right away; what was heard is as true.
                Some((outcome, at)) => {
                    let ending = Ending {
                        outcome: outcome.clone(),
                        outputs: followed.outputs.clone(),
                        started_at: None,
                        ended_at: *at,
                        cached: false,
                    };
                    ended_so(id, ending, now)
                }
                None => gone(id, followed, gap, now),
            },
        };
        self.jobs.change(vec![change]).await?;
        self.followed.remove(id);
        self.jobs.live.forget(id);
        Ok(())
    }
}

/// Comes at `at`, or never.
async fn at(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
