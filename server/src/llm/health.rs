//! How each candidate has been doing: who rests, until when, and why. Survives a restart.
//!
//! A candidate is a provider, a credential and a model: a new key is a new start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openclaw_shared::llm::CandidateHealth;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::FailureClass;
use super::target::Target;
use super::{LlmError, MAX_RETRY_PAUSE};

/// Where everybody begins, of 100: known to nobody, trusted a little.
const FIRST_SCORE: i32 = 70;
/// Below this a candidate is tried after the others: three hard failures in a row.
const POOR_SCORE: i32 = 45;
/// Failures of one class within this time are one event: callers that fail together must not add up.
const DEDUPE_MS: i64 = 2_000;
/// After a rate limit ends, callers are let through this far apart, so that those who waited do not arrive at once.
const SLOW_START_SPACING_MS: i64 = 500;
/// How long the spacing lasts after the limit ended.
const SLOW_START_MS: i64 = 30_000;
/// Longest rest a provider can ask for: one that asks for days is tried again by hand.
const MAX_REST: Duration = Duration::from_hours(1);
/// Most candidates remembered: far more than anybody configures.
const MAX_ENTRIES: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    provider: String,
    model: String,
    score: i32,
    /// Milliseconds since the epoch; 0 when it does not rest.
    until: i64,
    reason_code: String,
    failed_at: i64,
    class: Option<FailureClass>,
    /// When the next caller may go, while starting slowly.
    #[serde(skip)]
    next_slot: i64,
}

impl Entry {
    /// Of somebody nothing is known about.
    fn first(target: &Target) -> Self {
        Self {
            provider: target.provider.clone(),
            model: target.model.clone(),
            score: FIRST_SCORE,
            until: 0,
            reason_code: String::new(),
            failed_at: 0,
            class: None,
            next_slot: 0,
        }
    }
}

/// All candidates.
#[derive(Debug)]
pub struct Health {
    path: PathBuf,
    entries: Mutex<BTreeMap<String, Entry>>,
}

/// What to do with a candidate now.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    Go,
    /// Go after this pause.
    Wait(Duration),
    /// Rest for longer than anybody should wait.
    Rest(Duration),
}

impl Health {
    /// What is remembered; a file that cannot be read is a start from nothing, for it holds no one's work.
    pub fn load(state_dir: &Path) -> Self {
        let path = state_dir.join("failover.json");
        let entries = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { path, entries: Mutex::new(entries.unwrap_or_default()) }
    }

    /// Puts those that rest or do poorly last; the order is otherwise the configured one.
    pub fn order(&self, candidates: &mut [Target], now: i64) {
        let entries = self.lock();
        candidates.sort_by_key(|target| {
            entries.get(&key(target)).is_some_and(|entry| entry.until > now || entry.score < POOR_SCORE)
        });
    }

    /// Whether a call may go now. `last`: nobody comes after it, so only a limit the provider set itself holds it back.
    pub fn admit(&self, target: &Target, last: bool, now: i64) -> Admission {
        let mut entries = self.lock();
        let Some(entry) = entries.get_mut(&key(target)) else { return Admission::Go };
        let limited = entry.class == Some(FailureClass::RateLimit);
        if entry.until > now && (limited || !last) {
            let rest = millis(entry.until - now);
            return if limited && rest <= MAX_RETRY_PAUSE { slot(entry, now) } else { Admission::Rest(rest) };
        }
        if limited && now < entry.until + SLOW_START_MS { slot(entry, now) } else { Admission::Go }
    }

    pub fn succeeded(&self, target: &Target, now: i64) {
        let mut entries = self.lock();
        let Some(entry) = entries.get_mut(&key(target)) else {
            return;
        };
        entry.score = (entry.score + 1).min(100);
        let before = entry.class;
        // A slow start goes on: one success says nothing about the crowd behind it.
        if entry.class != Some(FailureClass::RateLimit) || now >= entry.until + SLOW_START_MS {
            entry.class = None;
            entry.until = 0;
        }
        let (changed, whole) = (entry.class != before, entry.score == 100 && entry.class.is_none());
        if whole {
            entries.remove(&key(target));
        }
        // A point more is not worth a write to the disk after every call.
        if changed || whole {
            self.save(&entries);
        }
    }

    /// When a further try of this target may go: no two at once, so that callers who failed together come back one
    /// after the other. `None` when the queue is longer than anybody should wait.
    pub fn retry_slot(&self, target: &Target, pause: Duration, now: i64) -> Option<Duration> {
        let mut entries = self.lock();
        let entry = entries.entry(key(target)).or_insert_with(|| Entry::first(target));
        let at =
            entry.next_slot.max(now.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)));
        if millis(at.saturating_sub(now)) > MAX_RETRY_PAUSE {
            return None;
        }
        entry.next_slot = at + SLOW_START_SPACING_MS;
        Some(millis(at - now))
    }

    /// `pause` is when the same caller tries again: meanwhile others wait as long, and no longer.
    pub fn failed(&self, target: &Target, error: &LlmError, pause: Option<Duration>, now: i64) {
        let class = error.class();
        let Some((rest, points)) = class.penalty() else { return };
        let mut entries = self.lock();
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, entry| entry.until > now);
        }
        let entry = entries.entry(key(target)).or_insert_with(|| Entry::first(target));
        if entry.class != Some(class) || now - entry.failed_at > DEDUPE_MS {
            entry.score = (entry.score - points).max(0);
            entry.failed_at = now;
        }
        entry.class = Some(class);
        class.reason_code().clone_into(&mut entry.reason_code);
        let rest = pause.or(error.retry_after()).unwrap_or(rest).min(MAX_REST);
        entry.until = entry.until.max(now + i64::try_from(rest.as_millis()).unwrap_or(i64::MAX / 2));
        self.save(&entries);
    }

    /// For people: the configured ones as they are, then everybody else that has failed lately.
    pub fn views(&self, configured: &[Target], now: i64) -> Vec<CandidateHealth> {
        let entries = self.lock();
        let view = |entry: &Entry, configured| CandidateHealth {
            provider: entry.provider.clone(),
            model: entry.model.clone(),
            configured,
            score: u32::try_from(entry.score).unwrap_or(0),
            rests_sec: u64::try_from((entry.until - now).max(0)).unwrap_or(0).div_ceil(1000),
            reason_code: entry.reason_code.clone(),
            failed_at: entry.failed_at,
        };
        let keys: Vec<_> = configured.iter().map(key).collect();
        let first = configured.iter().zip(&keys).map(|(target, key)| match entries.get(key) {
            Some(entry) => view(entry, true),
            None => view(&Entry::first(target), true),
        });
        let others =
            entries.iter().filter(|(key, _)| !keys.contains(key)).map(|(_, entry)| view(entry, false));
        first.chain(others).collect()
    }

    /// Forgets what is known about one provider, or about all: a person has mended what was wrong.
    pub fn reset(&self, provider: Option<&str>) {
        let mut entries = self.lock();
        entries.retain(|_, entry| provider.is_some_and(|provider| entry.provider != provider));
        self.save(&entries);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Best effort: losing it costs one failed call, failing the call for it would cost more.
    fn save(&self, entries: &BTreeMap<String, Entry>) {
        let write = || -> std::io::Result<()> {
            let directory = self.path.parent().unwrap_or(Path::new("."));
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            serde_json::to_writer(&mut file, entries)?;
            file.persist(&self.path)?;
            Ok(())
        };
        if let Err(error) = write() {
            tracing::warn!(%error, "the health of providers could not be stored");
        }
    }
}

/// The next free moment of a slow start.
fn slot(entry: &mut Entry, now: i64) -> Admission {
    let at = entry.next_slot.max(entry.until).max(now);
    if at - now > i64::try_from(MAX_RETRY_PAUSE.as_millis()).unwrap_or(i64::MAX) {
        return Admission::Rest(millis(at - now));
    }
    entry.next_slot = at + SLOW_START_SPACING_MS;
    if at == now { Admission::Go } else { Admission::Wait(millis(at - now)) }
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

/// The credential goes in as a fingerprint: the file holds no key.
pub fn key(target: &Target) -> String {
    let secret = target.key.as_ref().map(crate::secret::Secret::expose).unwrap_or_default();
    let fingerprint = &Sha256::digest(secret.as_bytes())[..4];
    let fingerprint = u32::from_be_bytes(fingerprint.try_into().expect("four bytes"));
    format!("{}:{fingerprint:08x}:{}", target.provider, target.model)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(model: &str) -> Target {
        crate::llm::target::tests::target("openai", model)
    }

    fn limited(seconds: u64) -> LlmError {
        let retry_after = Some(Duration::from_secs(seconds));
        LlmError::RateLimited { label: String::new(), detail: String::new(), retry_after }
    }

    fn denied() -> LlmError {
        LlmError::Auth { label: String::new(), variable: String::new(), detail: String::new() }
    }

    #[test]
    fn who_rests_goes_last_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let health = Health::load(dir.path());
        let order = |now| {
            let mut candidates = [target("a"), target("b")];
            health.order(&mut candidates, now);
            candidates.map(|target| target.model)
        };
        health.failed(&target("a"), &denied(), None, 0);
        assert_eq!(order(1000), ["b", "a"]);
        assert_eq!(order(3_600_001), ["a", "b"]);
    }

    #[test]
    fn the_last_candidate_is_tried_unless_the_provider_itself_named_the_wait() {
        let dir = tempfile::tempdir().unwrap();
        let health = Health::load(dir.path());
        health.failed(&target("a"), &denied(), None, 0);
        assert!(matches!(health.admit(&target("a"), false, 1), Admission::Rest(_)));
        assert_eq!(health.admit(&target("a"), true, 1), Admission::Go);
        health.failed(&target("b"), &limited(60), None, 0);
        assert_eq!(health.admit(&target("b"), true, 0), Admission::Rest(Duration::from_mins(1)));
    }

    #[test]
    fn those_who_waited_for_a_limit_do_not_arrive_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let health = Health::load(dir.path());
        health.failed(&target("a"), &limited(2), None, 0);
        let waits: Vec<_> = (0..4).map(|_| health.admit(&target("a"), true, 0)).collect();
        assert_eq!(waits, [2000, 2500, 3000, 3500].map(|ms| Admission::Wait(millis(ms))));
        assert_eq!(health.admit(&target("a"), true, 40_000), Admission::Go);
    }

    #[test]
    fn callers_who_failed_together_come_back_one_after_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let health = Health::load(dir.path());
        let pause = Duration::from_secs(1);
        let slots: Vec<_> = (0..16).map(|_| health.retry_slot(&target("a"), pause, 0)).collect();
        assert_eq!(slots[..3], [1000, 1500, 2000].map(|ms| Some(millis(ms))));
        assert_eq!((slots[14], slots[15]), (Some(MAX_RETRY_PAUSE), None), "the queue has an end");
        health.failed(&target("a"), &limited(1), Some(pause), 0);
        assert_eq!(
            health.admit(&target("a"), true, 0),
            Admission::Rest(millis(8500)),
            "newcomers queue up too"
        );
        assert_eq!(health.retry_slot(&target("b"), pause, 0), Some(pause), "another model");
    }

    #[test]
    fn failures_of_one_moment_count_once_and_survive_a_restart_without_the_key() {
        let dir = tempfile::tempdir().unwrap();
        let health = Health::load(dir.path());
        for now in 0..50 {
            health.failed(&target("a"), &denied(), None, now);
        }
        let again = Health::load(dir.path());
        assert_eq!(again.views(&[], 1000), health.views(&[], 1000));
        assert_eq!(again.views(&[], 1000)[0].score, 60);
        let file = std::fs::read_to_string(dir.path().join("failover.json")).unwrap();
        assert!(!file.contains("sk-1"), "{file}");
    }

    #[test]
    fn people_see_who_is_configured_first_and_can_forget_what_failed() {
        let dir = tempfile::tempdir().unwrap();
        let health = Health::load(dir.path());
        health.failed(&target("b"), &limited(60), None, 7);
        health.failed(&target("z"), &denied(), None, 7);
        let seen: Vec<_> = health
            .views(&[target("a"), target("b")], 1007)
            .into_iter()
            .map(|view| (view.model, view.configured, view.rests_sec, view.failed_at))
            .collect();
        let expected = [("a", true, 0, 0), ("b", true, 59, 7), ("z", false, 3599, 7)];
        assert_eq!(
            seen,
            expected.map(|(model, configured, rests, at)| (model.to_owned(), configured, rests, at))
        );
        health.reset(Some("groq"));
        assert_eq!(health.views(&[], 0).len(), 2, "another provider's");
        health.reset(Some("openai"));
        assert!(Health::load(dir.path()).views(&[], 0).is_empty());
    }
}
