//! Following jobs, while somebody looks: by our server's stream, by ComfyUI's own events, or by both.

use leptos::prelude::{SetValue, UpdateValue, on_cleanup};
use leptos::task::spawn_local;
use openclaw_shared::event::{EventType, JobEvent, StreamReady};
use openclaw_shared::job::{HostState, JobDetail, JobPreview, JobProgress, JobRetried};
use openclaw_shared::sse::SseEvent;
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::{AbortController, AbortSignal};

use super::{Server, Store};
use crate::api::{self, Failure};
use crate::host::{Severity, plain};
use crate::read::{self, Read};
use crate::tabs::jobs::comfy::{self, Told};
use crate::tabs::jobs::model::{Filter, Page};
use crate::{browser, crash, js};

/// Waits between two tries to reach a stream that broke; the last one repeats.
const PAUSES_MS: [u32; 4] = [1_000, 2_000, 5_000, 15_000];

/// Who tells about the jobs.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Feed {
    /// Nobody looks.
    #[default]
    Off,
    Connecting,
    Live,
    /// Our server does not tell; ComfyUI's own events go on.
    HostOnly(Failure),
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970")]
fn now() -> i64 {
    browser::now() as i64
}

impl Store {
    /// Listens for as long as the page lives; hears only while somebody looks.
    pub(super) fn listen_to_jobs(self) {
        for name in comfy::EVENTS {
            self.host.on_detail(name, move |detail| self.host_event(name, &detail));
        }
        for name in ["status", "promptQueued"] {
            self.host.on(name, move || self.queue_changed());
        }
        self.host.on_detail("b_preview", move |blob| self.host_preview(&blob));
        browser::on_visibility(move || self.tune_jobs());
    }

    /// Follows the jobs until the view that calls this goes.
    pub fn watch_jobs(self) {
        *self.watchers.write() += 1;
        self.tune_jobs();
        on_cleanup(move || {
            *self.watchers.write() -= 1;
            self.tune_jobs();
        });
    }

    fn watching(self) -> bool {
        !crash::happened() && *self.watchers.read_untracked() > 0 && !browser::hidden()
    }

    /// Opens the stream, or closes it when nobody looks.
    fn tune_jobs(self) {
        let open = *self.feed.read_untracked() != Feed::Off;
        if self.watching() == open {
            return;
        }
        if open {
            if let Some(abort) = self.jobs_abort.try_update_value(Option::take).flatten() {
                abort.abort();
            }
            self.feed.set(Feed::Off);
            return;
        }
        let Ok(abort) = AbortController::new() else { return };
        let signal = abort.signal();
        self.jobs_abort.set_value(Some(abort));
        self.feed.set(Feed::Connecting);
        spawn_local(async move {
            self.read_host().await;
            self.follow(&signal).await;
        });
    }

    async fn follow(self, signal: &AbortSignal) {
        let mut tries = 0;
        while !signal.aborted() {
            let failure = match self.follow_once(signal, &mut tries).await {
                Ok(()) => Failure::Cut,
                Err(failure) => failure,
            };
            if signal.aborted() {
                return;
            }
            self.note(&failure);
            // What refuses now will refuse in a second.
            let refused = matches!(failure, Failure::Problem(_)) && !failure.means_down();
            self.feed.set(Feed::HostOnly(failure));
            if refused {
                return;
            }
            browser::sleep(PAUSES_MS[tries.min(PAUSES_MS.len() - 1)]).await;
            tries += 1;
        }
    }

    async fn follow_once(self, signal: &AbortSignal, tries: &mut usize) -> Result<(), Failure> {
        self.load_jobs(Page::Again).await?;
        if signal.aborted() {
            return Ok(());
        }
        let since = self.jobs.read_untracked().cursor;
        let since = if since > 0 { format!("&since={since}") } else { String::new() };
        let path = format!("/events/stream?previews=true{since}");
        let mut on_event = |event: &SseEvent| {
            *tries = 0;
            self.job_event(event)
        };
        api::stream(self.host, &path, None, signal, &mut on_event).await
    }

    /// Takes in one message of the stream; false when it cannot be read.
    fn job_event(self, event: &SseEvent) -> bool {
        fn take<T: Read>(event: &SseEvent, then: impl FnOnce(T)) -> bool {
            read::from_text(&event.data).map(then).is_some()
        }
        match event.name.as_str() {
            "ready" => take(event, |ready: StreamReady| {
                self.feed.set(Feed::Live);
                if matches!(*self.server.read_untracked(), Server::Down(_)) {
                    self.check_server();
                }
                if self.jobs.write().ready(ready) {
                    self.show_jobs(Page::Again);
                }
            }),
            "progress" => take(event, |progress: JobProgress| self.jobs.write().progress(progress)),
            "preview" => take(event, |preview: JobPreview| self.jobs.write().preview(preview)),
            "positions" => take(event, |told| self.jobs.write().positions(&told)),
            "host" => take(event, |host: HostState| self.jobs.write().host = host),
            name if EventType::parse(name) == EventType::Unknown => true,
            _ => take(event, |event: JobEvent| {
                let about = event.prompt_id.clone();
                self.jobs.write().event(event);
                if self.job_open.read_untracked().as_deref() == Some(about.as_str()) {
                    self.load_job(about);
                }
            }),
        }
    }

    /// Takes in a page of the list, under the filter that is chosen when it arrives.
    async fn load_jobs(self, page: Page) -> Result<(), Failure> {
        loop {
            let (filter, asked, more) = {
                let jobs = self.jobs.read_untracked();
                (jobs.filter, jobs.cursor, jobs.more.clone())
            };
            let after = more.filter(|_| page == Page::Next);
            let list = api::jobs(self.host, filter, after.as_deref()).await?;
            let mut jobs = self.jobs.write();
            if jobs.filter == filter {
                jobs.page(list, page, asked);
                return Ok(());
            }
        }
    }

    pub fn show_jobs(self, page: Page) {
        spawn_local(async move {
            if let Err(failure) = self.load_jobs(page).await {
                self.say_failure(&failure);
            }
        });
    }

    /// Shows other jobs: those that are known at once, those that only the server knows when it has told.
    pub fn filter_jobs(self, choose: impl FnOnce(&mut Filter)) {
        choose(&mut self.jobs.write().filter);
        if *self.feed.read_untracked() == Feed::Live {
            self.show_jobs(Page::First);
        }
    }

    /// What ComfyUI lists itself: it knows the jobs of before our server was there.
    async fn read_host(self) {
        if !self.host.has_graph() {
            return;
        }
        let (history, queue) = self.host.history_and_queue().await;
        // No answer says nothing about any job.
        if history.is_null() || queue.is_null() {
            return;
        }
        let listed = comfy::jobs(&history, &queue, now());
        let ids: Vec<_> = listed.iter().map(|job| job.id.clone()).collect();
        let mut jobs = self.jobs.write();
        jobs.keep_waiting(&ids);
        for job in listed {
            jobs.told(job);
        }
    }

    /// Our server tells places in the queue; without it, ComfyUI is asked when its queue changes.
    fn queue_changed(self) {
        if self.watching() && *self.feed.read_untracked() != Feed::Live {
            spawn_local(self.read_host());
        }
    }

    fn host_event(self, name: &'static str, detail: &JsValue) {
        let (watching, batching) = (self.watching(), self.batching());
        if !watching && !batching {
            return;
        }
        let data: Value = plain(detail).unwrap_or_default();
        if batching {
            self.batch_event(name, &data);
        }
        if !watching {
            return;
        }
        let known = |id: &str| self.jobs.read_untracked().find(id).cloned();
        let told = comfy::event(name, &data, &known, now());
        match told {
            Some(Told::Job(job)) => self.jobs.write().told(*job),
            Some(Told::Progress(progress)) => self.jobs.write().progress(self.named(progress)),
            None => {}
        }
    }

    /// The node's title, which only the graph knows.
    fn named(self, mut progress: JobProgress) -> JobProgress {
        let graph = self.graph.read_untracked();
        let node = progress.node_id.as_ref().and_then(|id| graph.nodes.iter().find(|node| node.id == *id));
        if let Some(node) = node {
            progress.node_title = Some(node.name().to_owned());
        }
        progress
    }

    fn host_preview(self, blob: &JsValue) {
        if !self.watching() || *self.feed.read_untracked() == Feed::Live {
            return;
        }
        let Some(id) = self.jobs.read_untracked().running().map(|job| job.id.clone()) else { return };
        let url = js::get(&js_sys::global(), "URL");
        let made = js::call(&url, "createObjectURL", std::slice::from_ref(blob)).ok();
        let Some(made) = made.and_then(|made| made.as_string()) else { return };
        let before = self.jobs.write().preview.replace((id, made));
        if let Some((_, before)) = before.filter(|(_, url)| url.starts_with("blob:")) {
            let _ = js::call(&url, "revokeObjectURL", &[before.into()]);
        }
    }

    /// Whether the list is shown, and nothing instead of it.
    pub fn jobs_listed(self) -> bool {
        self.job_open.read_untracked().is_none() && !self.template.open.get_untracked()
    }

    /// Shows one job, or the list.
    pub fn open_job(self, id: Option<String>) {
        self.job_detail.set(None);
        self.job_log.set(None);
        self.lightbox.set(None);
        self.job_open.set(id.clone());
        if let Some(id) = id.filter(|id| self.jobs.read_untracked().of_server(id)) {
            self.load_job(id);
        }
    }

    pub(super) fn load_job(self, id: String) {
        spawn_local(async move {
            let Ok(detail) = api::job(self.host, &id).await else { return };
            let open = self.job_open.read_untracked().as_ref() == Some(&id);
            // An answer that was overtaken knows less.
            let told = |detail: &JobDetail| detail.trace.events.len();
            let more =
                self.job_detail.read_untracked().as_ref().is_none_or(|known| told(known) <= told(&detail));
            if open && more {
                self.job_detail.set(Some(detail));
            }
        });
    }

    pub fn cancel_job(self, id: String) {
        spawn_local(async move {
            let asked = api::cancel_job(self.host, &id).await;
            // A job our server has never heard of is ComfyUI's alone.
            if asked.is_err() && self.host.stop(&id).await.is_err() {
                self.say(Severity::Warn, self.words().job_cancel_failed, "");
            }
        });
    }

    pub fn retry_job(self, id: String) {
        if self.retrying.get_untracked() {
            return;
        }
        self.retrying.set(true);
        spawn_local(async move {
            let answer = api::retry_job(self.host, &id).await;
            self.retrying.set(false);
            match answer {
                Ok(JobRetried { job, .. }) => {
                    // Whoever looks at something else by now stays there.
                    if self.job_open.get_untracked() == Some(id) {
                        self.open_job(Some(job.id.clone()));
                    }
                    self.jobs.write().told(job);
                }
                Err(failure) => self.say_failure(&failure),
            }
        });
    }

    pub fn replay_delivery(self, id: String) {
        spawn_local(async move {
            match api::replay_delivery(self.host, &id).await {
                Ok(replayed) => self.load_job(replayed.delivery.prompt_id),
                Err(failure) => self.say_failure(&failure),
            }
        });
    }

    pub fn load_log(self, trace_id: String) {
        let of = self.job_open.get_untracked();
        spawn_local(async move {
            match api::logs(self.host, &trace_id).await {
                Ok(_) if self.job_open.get_untracked() != of => {}
                Ok(log) => self.job_log.set(Some(log.content)),
                Err(failure) => self.say_failure(&failure),
            }
        });
    }

    pub fn locate(self, node: &str) {
        if !self.host.locate(node) {
            self.say(Severity::Warn, self.words().job_node_gone, "");
        }
    }
}
