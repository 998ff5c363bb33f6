//! How many calls of a class there may be on one day (UTC), over restarts. A hundredth of a cap is put on disk before
//! it is used, so that a crash gives nothing back and calls hardly ever wait for the disk.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Exceeded;
use crate::config::env::{self, Env, Var};

const FILE: &str = "daily-calls.json";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Parts of a cap that are put on disk at a time.
const PARTS: u64 = 100;

/// Calls that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Webhook,
    Admin,
    Trigger,
    Events,
}

impl Class {
    const ALL: [(Self, &Var); 4] = [
        (Self::Webhook, &env::DAILY_CAP_WEBHOOK),
        (Self::Admin, &env::DAILY_CAP_ADMIN),
        (Self::Trigger, &env::DAILY_CAP_TRIGGER),
        (Self::Events, &env::DAILY_CAP_EVENTS),
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Admin => "admin",
            Self::Trigger => "trigger",
            Self::Events => "events",
        }
    }
}

/// The caps that are set.
#[derive(Debug)]
pub struct Daily {
    path: PathBuf,
    caps: BTreeMap<Class, u64>,
    today: Mutex<Day>,
}

/// What was called on a day: days since 1970.
#[derive(Debug, Default)]
struct Day {
    number: i64,
    used: BTreeMap<Class, u64>,
    stored: BTreeMap<Class, u64>,
}

#[derive(Serialize, Deserialize)]
struct File {
    day: i64,
    calls: BTreeMap<Class, u64>,
}

impl Daily {
    pub fn load(state_dir: &Path, env: &Env) -> Self {
        let caps = Class::ALL.into_iter().filter_map(|(class, var)| Some((class, cap(env, var)?)));
        let path = state_dir.join(FILE);
        // A file that cannot be read is as good as none: the day begins anew.
        let file: Option<File> =
            std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let today = file.map(|file| Day { number: file.day, used: file.calls.clone(), stored: file.calls });
        Self { path, caps: caps.collect(), today: Mutex::new(today.unwrap_or_default()) }
    }

    /// Counts a call at `now` (milliseconds since 1970), or says how long the day still is.
    pub fn check(&self, class: Class, now: i64) -> Result<(), Exceeded> {
        let Some(cap) = self.caps.get(&class).copied() else { return Ok(()) };
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        let day = now.div_euclid(DAY_MS);
        // A clock that was put back does not begin a new day.
        if day > today.number {
            *today = Day { number: day, ..Day::default() };
        }
        let used = today.used.entry(class).or_default();
        if *used >= cap {
            let left = (today.number + 1).saturating_mul(DAY_MS) - now;
            let wait = Duration::from_millis(left.unsigned_abs());
            return Err(Exceeded { wait, class: class.as_str(), daily: true });
        }
        *used += 1;
        let used = *used;
        if used > today.stored.get(&class).copied().unwrap_or_default() {
            today.stored.insert(class, (used - 1 + (cap / PARTS).max(1)).min(cap));
            self.store(&today);
        }
        Ok(())
    }

    fn store(&self, today: &Day) {
        let file = File { day: today.number, calls: today.stored.clone() };
        if let Err(error) = write(&self.path, &file) {
            tracing::warn!(%error, path = %self.path.display(), "the day's calls are not remembered over a restart");
        }
    }
}

fn cap(env: &Env, var: &Var) -> Option<u64> {
    let cap = env.get(var)?.parse().ok().filter(|cap| *cap > 0);
    if cap.is_none() {
        tracing::warn!(variable = var.name, "not a whole number above zero: there is no cap");
    }
    cap
}

fn write(path: &Path, file: &File) -> std::io::Result<()> {
    let folder = path.parent().expect("the file lies in the state directory");
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(&serde_json::to_vec(file)?)?;
    draft.as_file().sync_data()?;
    draft.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon of a day.
    const NOON: i64 = 20_000 * DAY_MS + DAY_MS / 2;

    fn daily(folder: &Path, cap: &str) -> Daily {
        Daily::load(folder, &Env::of([("OPENCLAW_RATE_LIMIT_WEBHOOK_DAILY_CAP", cap)]))
    }

    #[test]
    fn a_cap_holds_until_midnight_and_for_its_class_alone() {
        let folder = tempfile::tempdir().unwrap();
        let daily = daily(folder.path(), "2");
        for _ in 0..2 {
            assert_eq!(daily.check(Class::Webhook, NOON), Ok(()));
        }
        assert_eq!(daily.check(Class::Webhook, NOON).unwrap_err().wait, Duration::from_hours(12));
        assert_eq!(daily.check(Class::Admin, NOON), Ok(()));
        assert!(daily.check(Class::Webhook, NOON - DAY_MS).is_err(), "the clock was put back");
        assert_eq!(daily.check(Class::Webhook, NOON + DAY_MS / 2), Ok(()));
    }

    #[test]
    fn a_crash_gives_nothing_back_and_costs_at_most_a_hundredth() {
        let folder = tempfile::tempdir().unwrap();
        let passed = |daily: &Daily, calls: u32| {
            (0..calls).filter(|_| daily.check(Class::Webhook, NOON).is_ok()).count()
        };
        let first = passed(&daily(folder.path(), "1000"), 123);
        let second = passed(&daily(folder.path(), "1000"), 2000);
        assert_eq!((first, first + second), (123, 993));
        assert_eq!(passed(&daily(folder.path(), "1000"), 1), 0);
    }

    #[test]
    fn what_is_no_number_is_no_cap() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "0", "-1", "many"] {
            let daily = daily(folder.path(), text);
            assert!((0..100).all(|_| daily.check(Class::Webhook, NOON).is_ok()), "{text}");
        }
    }
}
