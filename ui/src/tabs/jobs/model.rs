//! The jobs as they are known, without a browser: from our server, from ComfyUI itself, or from both at once.

use openclaw_shared::event::{JobEvent, QueuePositions, StreamReady};
use openclaw_shared::job::{
    HostState, Job, JobList, JobPreview, JobProgress, JobSource, JobState, JobStatus,
};

/// Jobs kept in the panel; older ones are fetched again when somebody asks for them.
pub const MAX_JOBS: usize = 20_000;

/// What is known of one job.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub job: Job,
    /// The newest event that told; 0 for what ComfyUI itself told.
    seq: u64,
}

/// Which jobs are shown; `None` shows all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    pub status: Option<JobStatus>,
    pub source: Option<JobSource>,
}

impl Filter {
    fn passes(self, job: &Job) -> bool {
        self.status.is_none_or(|status| job.status == status)
            && self.source.is_none_or(|source| job.source == source)
    }
}

/// Which page of the server's list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The newest, for a filter that was not asked for before.
    First,
    /// The newest once more, after a break.
    Again,
    /// What is older than all pages before.
    Next,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Jobs {
    /// Newest first.
    entries: Vec<Entry>,
    pub filter: Filter,
    /// Where the next page begins, when there is one.
    pub more: Option<String>,
    pub host: HostState,
    /// The last event of the stream.
    pub cursor: u64,
    /// Of the job that runs now, as a data URL.
    pub preview: Option<(String, String)>,
}

impl Jobs {
    pub fn find(&self, id: &str) -> Option<&Job> {
        self.entries.iter().map(|entry| &entry.job).find(|job| job.id == id)
    }

    /// Whether our server has told of it: only then does it know more.
    pub fn of_server(&self, id: &str) -> bool {
        self.entries.iter().any(|entry| entry.seq > 0 && entry.job.id == id)
    }

    /// The jobs that pass the filter, newest first.
    pub fn shown(&self) -> impl Iterator<Item = &Job> {
        let filter = self.filter;
        self.entries.iter().map(|entry| &entry.job).filter(move |job| filter.passes(job))
    }

    /// A page of the server's list, asked for after event `asked`. The newest page stands for everything that is as
    /// new; what is older, what the filter leaves out and what only ComfyUI told stays.
    pub fn page(&mut self, list: JobList, page: Page, asked: u64) {
        let (next, filter) = (list.pagination.next_cursor, self.filter);
        let oldest = list.jobs.last().filter(|_| next.is_some()).map_or(i64::MIN, |job| job.create_time);
        let is_older = |entry: &Entry| entry.seq > 0 && entry.job.create_time < oldest;
        let older = self.entries.iter().any(|entry| is_older(entry) && filter.passes(&entry.job));
        if page != Page::Next {
            let stays = |Entry { job, seq }: &Entry| {
                let elsewhere = *seq == 0 || *seq > asked || !filter.passes(job) || job.create_time < oldest;
                elsewhere || list.jobs.iter().any(|listed| listed.id == job.id)
            };
            self.entries.retain(stays);
        }
        if page != Page::Again || !older {
            self.more = next;
        }
        self.host = list.host;
        list.jobs.into_iter().for_each(|job| self.put(job, asked.max(1)));
    }

    /// The stream begins; whether the list has to be asked for anew, because events are missing.
    pub fn ready(&mut self, ready: StreamReady) -> bool {
        self.host = ready.host;
        let begins = self.cursor == 0;
        let misses = ready.cursor_status != "ok";
        if misses {
            self.entries.retain(|entry| entry.seq == 0);
        }
        if misses || begins {
            self.cursor = ready.latest_seq;
        }
        misses || begins
    }

    /// How many run before each of those that wait in ComfyUI.
    pub fn positions(&mut self, told: &QueuePositions) {
        for Entry { job, .. } in &mut self.entries {
            if job.state == JobState::Submitted {
                job.queue_position = told.positions.get(&job.id).copied();
            }
        }
    }

    pub fn event(&mut self, event: JobEvent) {
        self.cursor = self.cursor.max(event.seq);
        match event.job {
            Some(job) => self.put(job, event.seq),
            // Cleared away.
            None => self.entries.retain(|entry| entry.job.id != event.prompt_id || entry.seq > event.seq),
        }
    }

    /// What ComfyUI itself told. It never takes back what the server knows to have ended.
    pub fn told(&mut self, job: Job) {
        let ended = self.find(&job.id).is_some_and(|known| known.state.is_end());
        if !ended {
            self.put(job, 0);
        }
    }

    fn put(&mut self, mut job: Job, seq: u64) {
        if job.state.is_end() {
            job.progress = None;
            if self.preview.as_ref().is_some_and(|(id, _)| *id == job.id) {
                self.preview = None;
            }
        }
        match self.entries.iter_mut().find(|entry| entry.job.id == job.id) {
            Some(entry) if seq >= entry.seq || (seq == 0 && !entry.job.state.is_end()) => {
                // An event of the server has no progress; what is shown goes on until the next step.
                if job.state == JobState::Running && job.progress.is_none() {
                    job.progress = entry.job.progress.take();
                }
                entry.job = merged(job, &entry.job, seq);
                entry.seq = entry.seq.max(seq);
            }
            Some(_) => {}
            None => {
                let at = self.entries.partition_point(|entry| entry.job.create_time > job.create_time);
                self.entries.insert(at, Entry { job, seq });
                self.entries.truncate(MAX_JOBS);
            }
        }
    }

    pub fn progress(&mut self, progress: JobProgress) {
        let entry = self.entries.iter_mut().find(|entry| entry.job.id == progress.prompt_id);
        if let Some(Entry { job, .. }) = entry.filter(|entry| !entry.job.state.is_end()) {
            (job.state, job.status) = (JobState::Running, JobStatus::InProgress);
            job.queue_position = None;
            job.progress = Some(progress);
        }
    }

    pub fn preview(&mut self, preview: JobPreview) {
        let url = format!("data:{};base64,{}", preview.media_type, preview.base64);
        self.preview = Some((preview.prompt_id, url));
    }

    /// The one that ComfyUI works on now.
    pub fn running(&self) -> Option<&Job> {
        self.entries.iter().map(|entry| &entry.job).find(|job| job.state == JobState::Running)
    }

    /// Jobs of this page's own queue that ComfyUI lists no more, and that nobody saw end, are gone.
    pub fn keep_waiting(&mut self, ids: &[String]) {
        self.entries.retain(|entry| entry.seq > 0 || entry.job.state.is_end() || ids.contains(&entry.job.id));
    }
}

/// ComfyUI's own word keeps what only the server knows of a job.
fn merged(job: Job, known: &Job, seq: u64) -> Job {
    if seq > 0 {
        return job;
    }
    Job {
        state: job.state,
        status: job.status,
        queue_position: job.queue_position,
        progress: job.progress,
        outputs: if job.outputs.is_empty() { known.outputs.clone() } else { job.outputs },
        outputs_count: job.outputs_count.max(known.outputs_count),
        error: job.error,
        execution_start_time: job.execution_start_time.or(known.execution_start_time),
        execution_end_time: job.execution_end_time.or(known.execution_end_time),
        ..known.clone()
    }
}

/// A prompt that ComfyUI told of, and nothing else is known of.
pub fn blank(id: &str, state: JobState, now: i64) -> Job {
    Job::new(id.to_owned(), state, JobSource::Host, now)
}

/// The rows to draw: the first one, and how many. Rows are of one height, so that ten thousand cost what ten cost.
pub fn window(scrolled: f64, height: f64, row: f64, count: usize) -> (usize, usize) {
    /// Rows above and below what is seen, so that scrolling shows no gaps.
    const SPARE: usize = 6;
    /// The window moves by so many rows at once: most steps of a wheel then draw nothing anew.
    const STEP: usize = 6;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows on a screen")]
    let rows = |pixels: f64| (pixels.max(0.0) / row) as usize;
    let first = (rows(scrolled) / STEP * STEP).saturating_sub(SPARE).min(count);
    (first, (rows(height) + 2 * SPARE + STEP).min(count - first))
}

#[cfg(test)]
mod tests {
    use openclaw_shared::event::EventType;
    use openclaw_shared::job::Pagination;
    use serde_json::Value;

    use super::*;

    fn job(id: &str, state: JobState, at: i64) -> Job {
        Job { trace_id: "t".into(), source: JobSource::Webhook, ..blank(id, state, at) }
    }

    fn event(seq: u64, job: Option<Job>) -> JobEvent {
        let prompt_id = job.as_ref().map_or("a", |job| job.id.as_str()).to_owned();
        let data = Value::Null;
        JobEvent {
            seq,
            event_type: EventType::Queued,
            prompt_id,
            trace_id: "t".into(),
            timestamp: 0.0,
            data,
            job,
        }
    }

    fn list(jobs: Vec<Job>) -> JobList {
        let pagination = Pagination {
            limit: 50,
            offset: 0,
            total: 0,
            total_is_more: false,
            has_more: false,
            next_cursor: None,
        };
        JobList { ok: true, contract_version: 1, jobs, pagination, host: HostState::default() }
    }

    fn ids(jobs: &Jobs) -> Vec<&str> {
        jobs.shown().map(|job| job.id.as_str()).collect()
    }

    #[test]
    fn events_keep_the_newest_first_and_older_ones_change_nothing() {
        let mut jobs = Jobs::default();
        jobs.page(list(vec![job("b", JobState::Queued, 2), job("a", JobState::Queued, 1)]), Page::First, 0);
        jobs.event(event(5, Some(job("c", JobState::Queued, 3))));
        jobs.event(event(7, Some(job("a", JobState::Running, 1))));
        jobs.event(event(6, Some(job("a", JobState::Submitted, 1))));
        assert_eq!(ids(&jobs), ["c", "b", "a"]);
        assert_eq!((jobs.find("a").unwrap().state, jobs.cursor), (JobState::Running, 7));
        jobs.event(event(8, None));
        assert_eq!(ids(&jobs), ["c", "b"], "cleared away");
    }

    #[test]
    fn progress_is_kept_between_events_and_ends_with_the_job() {
        let mut jobs = Jobs::default();
        jobs.event(event(1, Some(job("a", JobState::Submitted, 1))));
        jobs.progress(JobProgress { prompt_id: "a".into(), percent: 40.0, ..JobProgress::default() });
        assert_eq!(jobs.find("a").unwrap().state, JobState::Running);
        jobs.event(event(2, Some(job("a", JobState::Running, 1))));
        jobs.page(list(vec![job("a", JobState::Running, 1)]), Page::Again, 2);
        assert!(jobs.find("a").unwrap().progress.as_ref().is_some_and(|p| (p.percent - 40.0).abs() < 0.1));
        let picture = JobPreview {
            prompt_id: "a".into(),
            node_id: None,
            media_type: "image/jpeg".into(),
            base64: "AA".into(),
        };
        jobs.preview(picture);
        jobs.event(event(3, Some(job("a", JobState::Succeeded, 1))));
        assert_eq!((&jobs.find("a").unwrap().progress, &jobs.preview), (&None, &None));
        jobs.progress(JobProgress { prompt_id: "a".into(), ..JobProgress::default() });
        assert_eq!(jobs.find("a").unwrap().state, JobState::Succeeded);
    }

    #[test]
    fn what_comfyui_tells_adds_to_what_the_server_knows_and_takes_nothing_back() {
        let mut jobs = Jobs::default();
        jobs.event(event(4, Some(job("a", JobState::Submitted, 1))));
        jobs.told(blank("a", JobState::Running, 99));
        let known = jobs.find("a").unwrap();
        assert_eq!(
            (known.state, known.source, known.create_time),
            (JobState::Running, JobSource::Webhook, 1)
        );
        jobs.event(event(5, Some(job("a", JobState::Succeeded, 1))));
        jobs.told(blank("a", JobState::Running, 99));
        assert_eq!(jobs.find("a").unwrap().state, JobState::Succeeded);
        jobs.told(blank("mine", JobState::Submitted, 50));
        jobs.keep_waiting(&[]);
        assert_eq!(ids(&jobs), ["a"], "taken out of the queue somewhere else");
    }

    #[test]
    fn filters_and_the_first_page_leave_what_they_should() {
        let mut jobs = Jobs::default();
        jobs.told(blank("mine", JobState::Running, 5));
        jobs.page(list(vec![job("a", JobState::Failed, 1)]), Page::First, 0);
        jobs.page(list(vec![job("b", JobState::Failed, 2)]), Page::Again, 1);
        assert_eq!(ids(&jobs), ["mine", "b"]);
        jobs.filter.source = Some(JobSource::Host);
        assert_eq!(ids(&jobs), ["mine"]);
        jobs.filter = Filter { status: Some(JobStatus::Failed), source: None };
        assert_eq!(ids(&jobs), ["b"]);
    }

    /// Jobs of these ages, and whether there are older ones.
    fn page(newest: i64, oldest: i64, more: bool) -> JobList {
        let name = |at: i64| at.to_string();
        let mut list =
            list((oldest..=newest).rev().map(|at| job(&name(at), JobState::Succeeded, at)).collect());
        list.pagination.next_cursor = more.then(|| name(oldest));
        list
    }

    #[test]
    fn after_a_break_older_pages_stay_and_what_was_cleared_away_goes() {
        let mut jobs = Jobs::default();
        jobs.page(page(60, 41, true), Page::First, 5);
        jobs.page(page(40, 21, true), Page::Next, 5);
        jobs.event(event(6, Some(job("61", JobState::Running, 61))));
        let mut newest = page(62, 43, true);
        newest.jobs.retain(|job| job.id != "50" && job.id != "61");
        jobs.page(newest, Page::Again, 5);
        assert_eq!(jobs.shown().count(), 41, "two more, one less");
        assert!(jobs.find("50").is_none(), "cleared away");
        assert!(jobs.find("61").is_some(), "told after the question");
        assert_eq!(jobs.more.as_deref(), Some("21"), "the next page is the one after the oldest");
    }

    #[test]
    fn a_filter_has_pages_of_its_own_and_takes_nothing_away() {
        let mut jobs = Jobs::default();
        jobs.page(page(60, 41, true), Page::First, 5);
        jobs.filter.status = Some(JobStatus::Failed);
        jobs.page(list(vec![job("old", JobState::Failed, 3)]), Page::First, 5);
        assert_eq!((ids(&jobs), &jobs.more), (vec!["old"], &None));
        jobs.filter.status = None;
        assert_eq!(jobs.shown().count(), 21);
    }

    #[test]
    fn an_answer_from_before_an_event_does_not_take_it_back() {
        let mut jobs = Jobs::default();
        jobs.event(event(4, Some(job("a", JobState::Running, 1))));
        jobs.event(event(5, Some(job("a", JobState::Succeeded, 1))));
        jobs.page(list(vec![job("a", JobState::Running, 1)]), Page::Again, 4);
        assert_eq!(jobs.find("a").unwrap().state, JobState::Succeeded);
    }

    #[test]
    fn a_server_that_began_anew_is_believed() {
        let ready = |latest_seq, cursor_status: &str| {
            let cursor_status = cursor_status.to_owned();
            StreamReady { latest_seq, cursor_status, host: HostState::default() }
        };
        let mut jobs = Jobs::default();
        assert!(jobs.ready(ready(900, "ok")), "what happened between the list and the stream");
        jobs.page(page(60, 41, true), Page::Again, 900);
        assert!(!jobs.ready(ready(901, "ok")));
        assert!(jobs.ready(ready(2, "future_cursor_reset")));
        assert_eq!(jobs.shown().count(), 0, "another database");
        jobs.page(list(vec![job("60", JobState::Queued, 60)]), Page::Again, jobs.cursor);
        jobs.event(event(3, Some(job("60", JobState::Running, 60))));
        assert_eq!(jobs.find("60").unwrap().state, JobState::Running);
    }

    #[test]
    fn places_in_the_queue_move_until_the_job_runs() {
        let mut jobs = Jobs::default();
        jobs.event(event(1, Some(job("a", JobState::Submitted, 1))));
        jobs.event(event(2, Some(job("b", JobState::Running, 2))));
        jobs.positions(&QueuePositions { positions: [("a".to_owned(), 3), ("b".to_owned(), 0)].into() });
        let place = |id: &str| jobs.find(id).unwrap().queue_position;
        assert_eq!((place("a"), place("b")), (Some(3), None));
        jobs.positions(&QueuePositions::default());
        assert_eq!(jobs.find("a").unwrap().queue_position, None);
    }

    #[test]
    fn only_rows_that_can_be_seen_are_drawn() {
        assert_eq!(window(0.0, 600.0, 60.0, 10_000), (0, 28));
        assert_eq!(window(60_000.0, 600.0, 60.0, 10_000), (990, 28));
        assert_eq!(
            window(60_000.0 + 119.0, 600.0, 60.0, 10_000),
            (990, 28),
            "the next step draws nothing anew"
        );
        assert_eq!(window(600_000.0, 600.0, 60.0, 10_000), (9990, 10));
        for pixels in (0_u16..20_000).step_by(7) {
            let (first, rows) = window(pixels.into(), 600.0, 60.0, 10_000);
            let pixels = usize::from(pixels);
            assert!(first * 60 <= pixels && (first + rows) * 60 >= pixels + 600, "{pixels}");
        }
        assert_eq!(window(-5.0, 600.0, 60.0, 3), (0, 3));
        assert_eq!(window(0.0, 600.0, 60.0, 0), (0, 0));
    }
}
