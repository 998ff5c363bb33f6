//! How many jobs may be open at a time, and when there will be room again.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openclaw_shared::job::{Job, JobSource};

use crate::store::Room;

/// Most jobs that have not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub total: usize,
    pub per_source: usize,
    pub per_template: usize,
    pub per_tenant: usize,
}

/// Which limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    Total,
    Source,
    Template,
    Tenant,
}

impl Budget {
    const fn place(self) -> &'static str {
        match self {
            Self::Total => "at a time",
            Self::Source => "for one source",
            Self::Template => "for one template",
            Self::Tenant => "for one tenant",
        }
    }
}

/// There is no room; `retry_after` is when there should be, by how fast jobs have been ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{limit} jobs are open, which is the most {}: try again in {} seconds", budget.place(), retry_after.as_secs())]
pub struct Busy {
    pub budget: Budget,
    pub limit: usize,
    pub retry_after: Duration,
}

/// Ends that the speed is measured by: enough to even out one quick job, few enough to notice a change.
const MEASURED_ENDS: usize = 32;
/// Before anything has ended nobody knows: about a picture's time.
const UNKNOWN_WAIT: Duration = Duration::from_secs(10);
/// Longer would be a guess.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// What one open job takes room in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    source: JobSource,
    template_id: Option<String>,
    tenant: String,
}

#[derive(Debug, Default)]
struct Open {
    jobs: HashMap<String, Place>,
    sources: HashMap<JobSource, usize>,
    templates: HashMap<String, usize>,
    tenants: HashMap<String, usize>,
    /// Prompts that others have queued in ComfyUI.
    host: usize,
    /// When the last jobs ended, oldest first.
    ends: VecDeque<i64>,
}

#[derive(Debug)]
pub struct Budgets {
    limits: Limits,
    open: Arc<Mutex<Open>>,
}

/// The places of a new job, which are given back unless it is stored.
#[derive(Debug)]
pub struct Entered {
    id: String,
    kept: AtomicBool,
    open: Arc<Mutex<Open>>,
}

impl Room for Entered {
    fn keep(&self) {
        self.kept.store(true, Ordering::Release);
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Acquire) {
            lock(&self.open).leave(&self.id);
        }
    }
}

impl Budgets {
    pub fn new(limits: Limits) -> Self {
        Self { limits, open: Arc::default() }
    }

    /// Takes the places of a job that is open already, whatever the limits.
    pub fn count(&self, job: &Job) {
        self.open().enter(&job.id, place(job.source, job.template_id.as_deref(), &job.tenant_id));
    }

    /// Takes the places of a new job, if there are any.
    pub fn enter(
        &self,
        id: &str,
        source: JobSource,
        template_id: Option<&str>,
        tenant: &str,
        now: i64,
    ) -> Result<Entered, Busy> {
        let mut open = self.open();
        let of = |count: Option<&usize>| count.copied().unwrap_or_default();
        let template = template_id.map(|template| of(open.templates.get(template)));
        let counts = [
            (Budget::Total, self.limits.total, open.jobs.len() + open.host),
            (Budget::Source, self.limits.per_source, of(open.sources.get(&source))),
            (Budget::Template, self.limits.per_template, template.unwrap_or_default()),
            (Budget::Tenant, self.limits.per_tenant, of(open.tenants.get(tenant))),
        ];
        for (budget, limit, count) in counts {
            if count >= limit {
                return Err(Busy { budget, limit, retry_after: open.wait(count, now) });
            }
        }
        open.enter(id, place(source, template_id, tenant));
        Ok(Entered { id: id.to_owned(), kept: AtomicBool::new(false), open: self.open.clone() })
    }

    /// Gives the places of a job back that ended, when that is known; whether it had any.
    pub fn leave(&self, id: &str, ended_at: Option<i64>) -> bool {
        let mut open = self.open();
        let left = open.leave(id);
        if let (true, Some(at)) = (left, ended_at) {
            open.ends.push_back(at);
            if open.ends.len() > MEASURED_ENDS {
                open.ends.pop_front();
            }
        }
        left
    }

    /// How many prompts of others ComfyUI has.
    pub fn set_host(&self, prompts: usize) {
        self.open().host = prompts;
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        lock(&self.open)
    }
}

/// Counters stay usable whatever happened to a thread that held them.
fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Open {
    fn enter(&mut self, id: &str, place: Place) {
        *self.sources.entry(place.source).or_default() += 1;
        *self.tenants.entry(place.tenant.clone()).or_default() += 1;
        if let Some(template) = &place.template_id {
            *self.templates.entry(template.clone()).or_default() += 1;
        }
        self.jobs.insert(id.to_owned(), place);
    }

    /// Whether it was there.
    fn leave(&mut self, id: &str) -> bool {
        let Some(place) = self.jobs.remove(id) else { return false };
        decrease(&mut self.sources, &place.source);
        decrease(&mut self.tenants, &place.tenant);
        if let Some(template) = &place.template_id {
            decrease(&mut self.templates, template);
        }
        true
    }

    /// The mean time between two ends, as much longer as only some of the open jobs make room where it is wanted.
    fn wait(&self, open_there: usize, now: i64) -> Duration {
        let Some(first) = self.ends.front() else { return UNKNOWN_WAIT };
        let between = u64::try_from(now - first).unwrap_or_default() / self.ends.len() as u64;
        let all = self.jobs.len() + self.host;
        let share = all as u64 * 1000 / open_there.max(1) as u64;
        let wait = Duration::from_millis(between.saturating_mul(share.max(1000)) / 1000);
        Duration::from_secs(wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX))
            .clamp(Duration::from_secs(1), LONGEST_WAIT)
    }
}

fn place(source: JobSource, template_id: Option<&str>, tenant: &str) -> Place {
    Place { source, template_id: template_id.map(str::to_owned), tenant: tenant.to_owned() }
}

fn decrease<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            // Template and tenant names come from outside: what is not open must not stay in memory.
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { total: 4, per_source: 3, per_template: 2, per_tenant: 4 };

    fn enter(budgets: &Budgets, id: &str, source: JobSource, template: &str) -> Result<(), Busy> {
        budgets.enter(id, source, Some(template), "default", 100_000).map(|entered| entered.keep())
    }

    #[test]
    fn each_limit_holds_and_an_end_makes_room() {
        let budgets = Budgets::new(LIMITS);
        enter(&budgets, "1", JobSource::Webhook, "a").unwrap();
        enter(&budgets, "2", JobSource::Webhook, "a").unwrap();
        assert_eq!(enter(&budgets, "3", JobSource::Webhook, "a").unwrap_err().budget, Budget::Template);
        enter(&budgets, "3", JobSource::Webhook, "b").unwrap();
        assert_eq!(enter(&budgets, "4", JobSource::Webhook, "c").unwrap_err().budget, Budget::Source);
        enter(&budgets, "4", JobSource::Trigger, "c").unwrap();
        assert_eq!(enter(&budgets, "5", JobSource::Chat, "d").unwrap_err().budget, Budget::Total);
        budgets.leave("1", Some(100_000));
        budgets.leave("1", Some(100_000));
        enter(&budgets, "5", JobSource::Chat, "a").unwrap();
        assert!(enter(&budgets, "6", JobSource::Chat, "a").is_err(), "leaving twice makes room once");
    }

    #[test]
    fn the_places_of_a_job_that_is_not_stored_are_given_back() {
        let budgets = Budgets::new(Limits { total: 1, ..LIMITS });
        let entered = budgets.enter("1", JobSource::Chat, Some("a"), "default", 0).unwrap();
        assert!(enter(&budgets, "2", JobSource::Chat, "a").is_err());
        drop(entered);
        enter(&budgets, "2", JobSource::Chat, "a").unwrap();
    }

    #[test]
    fn prompts_of_others_take_room() {
        let budgets = Budgets::new(LIMITS);
        budgets.set_host(4);
        assert_eq!(enter(&budgets, "1", JobSource::Chat, "a").unwrap_err().budget, Budget::Total);
    }

    #[test]
    fn the_wait_follows_how_fast_jobs_end() {
        let budgets = Budgets::new(LIMITS);
        budgets.set_host(4);
        let wait =
            |now| budgets.enter("x", JobSource::Chat, None, "t", now).unwrap_err().retry_after.as_secs();
        assert_eq!(wait(0), UNKNOWN_WAIT.as_secs());
        for at in [0, 8_000, 16_000, 24_000] {
            budgets.count(&job(&at.to_string()));
            budgets.leave(&at.to_string(), Some(at));
        }
        assert_eq!(wait(24_000), 6, "four ends in 24 seconds");
        assert_eq!(wait(86_400_000), LONGEST_WAIT.as_secs());
    }

    fn job(id: &str) -> Job {
        serde_json::from_value(serde_json::json!({
            "id": id, "state": "running", "status": "in_progress", "source": "webhook", "tenant_id": "t",
            "trace_id": "t", "outputs_count": 0, "create_time": 0
        }))
        .unwrap()
    }
}
