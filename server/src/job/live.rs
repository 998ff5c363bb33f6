//! What only a running server knows of a job, and is not worth a write: progress, previews, the place in the queue.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use openclaw_shared::event::{QueuePositions, StreamEvent};
use openclaw_shared::job::{HostState, Job, JobProgress};
use tokio::sync::broadcast;

/// Messages a slow reader may fall behind; it loses the rest, and the next ones make up for it.
const BACKLOG: usize = 256;

pub struct Live {
    state: Mutex<State>,
    feed: broadcast::Sender<StreamEvent>,
}

#[derive(Default)]
struct State {
    progress: HashMap<String, JobProgress>,
    positions: BTreeMap<String, u32>,
    host: HostState,
}

impl Default for Live {
    fn default() -> Self {
        Self { state: Mutex::default(), feed: broadcast::channel(BACKLOG).0 }
    }
}

impl Live {
    /// Hears everything but the events that are stored.
    pub fn subscribe(&self) -> broadcast::Receiver<StreamEvent> {
        self.feed.subscribe()
    }

    /// Whether anybody would see a preview.
    pub fn is_watched(&self) -> bool {
        self.feed.receiver_count() > 0
    }

    /// Adds what is known to what was stored.
    pub fn complete(&self, job: &mut Job) {
        if job.state.is_end() {
            return;
        }
        let state = self.state();
        job.progress = state.progress.get(&job.id).cloned();
        job.queue_position = state.positions.get(&job.id).copied();
    }

    pub fn host(&self) -> HostState {
        self.state().host.clone()
    }

    pub fn set_host(&self, change: impl FnOnce(&mut HostState)) {
        let mut state = self.state();
        let before = state.host.clone();
        change(&mut state.host);
        if state.host != before {
            let host = state.host.clone();
            drop(state);
            self.send(StreamEvent::Host(host));
        }
    }

    pub fn set_positions(&self, positions: BTreeMap<String, u32>) {
        let mut state = self.state();
        if state.positions != positions {
            state.positions.clone_from(&positions);
            drop(state);
            self.send(StreamEvent::Positions(QueuePositions { positions }));
        }
    }

    pub fn set_progress(&self, progress: JobProgress) {
        self.state().progress.insert(progress.prompt_id.clone(), progress.clone());
        self.send(StreamEvent::Progress(progress));
    }

    pub fn forget(&self, id: &str) {
        let mut state = self.state();
        state.progress.remove(id);
        state.positions.remove(id);
    }

    pub fn send(&self, event: StreamEvent) {
        // Nobody may be listening.
        let _ = self.feed.send(event);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
