//! How often each caller may call: GCRA, one number a caller. The number of callers that are remembered is bounded,
//! so that a flood of addresses costs no memory; the arithmetic is one line, which is why no crate does it.

pub mod daily;

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::config::env::{self, Env};
use daily::Daily;

/// Callers remembered in a class. A caller that is not comes under one limit with the others that are not.
const MAX_CALLERS: usize = 10_000;

/// A sustained rate and how much of it may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub per_minute: u32,
    pub burst: u32,
}

/// Whom a limit is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A machine; of IPv6 the network, because a machine has all of it.
    Address(IpAddr),
    /// Somebody who has proved who they are.
    Named(String),
    /// Everybody who could not be told apart any more.
    Others,
}

impl Caller {
    pub fn at(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => v4.into(),
                None => std::net::Ipv6Addr::from(u128::from(v6) >> 64 << 64).into(),
            },
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// A call too many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    pub wait: Duration,
    /// Of which calls there were too many.
    pub class: &'static str,
    /// For a day; else at once.
    pub daily: bool,
}

/// The limiter of one class of calls.
#[derive(Debug)]
pub struct Limiter {
    class: &'static str,
    /// Milliseconds between two calls at the sustained rate; `None` is no limit.
    interval: Option<u64>,
    /// Milliseconds of calls that may come at once.
    burst: u64,
    /// When each caller's calls so far would have ended at the sustained rate.
    arrivals: Mutex<HashMap<Caller, u64>>,
}

impl Limiter {
    pub fn new(class: &'static str, rate: Option<Rate>) -> Self {
        let interval = rate.map(|rate| 60_000 / u64::from(rate.per_minute.clamp(1, 60_000)));
        let burst = rate.map_or(0, |rate| u64::from(rate.burst.max(1)));
        Self { class, interval, burst: burst * interval.unwrap_or_default(), arrivals: Mutex::default() }
    }

    /// Counts a call at `now` (milliseconds), or says how long to wait.
    pub fn check(&self, caller: Caller, now: u64) -> Result<(), Exceeded> {
        let Some(interval) = self.interval else { return Ok(()) };
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if !arrivals.contains_key(&caller) && arrivals.len() >= MAX_CALLERS {
            arrivals.retain(|_, arrival| *arrival > now);
        }
        let known = arrivals.contains_key(&caller) || arrivals.len() < MAX_CALLERS;
        let caller = if known { caller } else { Caller::Others };
        let arrival = arrivals.get(&caller).copied().unwrap_or_default().max(now) + interval;
        if arrival - now > self.burst {
            let wait = Duration::from_millis(arrival - now - self.burst);
            return Err(Exceeded { wait, class: self.class, daily: false });
        }
        arrivals.insert(caller, arrival);
        Ok(())
    }
}

/// One limiter for each class of calls. Who is on this machine is not limited, except as a webhook sender.
#[derive(Debug)]
pub struct Limits {
    /// A sender.
    pub webhook: Limiter,
    /// Another machine that calls what anybody may call.
    pub public: Limiter,
    /// Another machine that may call the rest.
    pub remote: Limiter,
    /// An address whose calls are refused: guessing tokens is hopeless, but should not be free.
    pub refused: Limiter,
    pub daily: Daily,
}

/// A person with a sidebar sends a few calls a second at most; a page that starts sends thirty at once.
const REMOTE: Rate = Rate { per_minute: 600, burst: 120 };
/// A misconfigured sender retries a few times a minute, and several can have one address.
const REFUSED: Rate = Rate { per_minute: 60, burst: 60 };

impl Limits {
    pub fn from_env(state_dir: &Path, env: &Env) -> Self {
        let webhook = match env.get(&env::RATE_LIMIT_WEBHOOK) {
            Some("off" | "0") => None,
            _ => Some(u32::try_from(env.number(&env::RATE_LIMIT_WEBHOOK)).unwrap_or(u32::MAX)),
        };
        // A tenth of a minute's calls may come at once: an export that fires its events together.
        let webhook = webhook.map(|per_minute| Rate { per_minute, burst: (per_minute / 10).max(10) });
        Self {
            webhook: Limiter::new("webhook", webhook),
            public: Limiter::new("public", Some(REMOTE)),
            remote: Limiter::new("remote", Some(REMOTE)),
            refused: Limiter::new("refused", Some(REFUSED)),
            daily: Daily::load(state_dir, env),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_minute: 60, burst: 3 };
    const T: u64 = 1_800_000_000_000;

    fn named(name: &str) -> Caller {
        Caller::Named(name.into())
    }

    #[test]
    fn a_burst_goes_through_and_then_the_sustained_rate() {
        let limiter = Limiter::new("test", Some(RATE));
        let wait = |now| limiter.check(named("a"), now).unwrap_err().wait;
        for _ in 0..3 {
            assert_eq!(limiter.check(named("a"), T), Ok(()));
        }
        assert_eq!(wait(T), Duration::from_secs(1));
        // Waiting as long as was said is enough, and a refused call costs nothing.
        assert_eq!(wait(T + 400), Duration::from_millis(600));
        assert_eq!(limiter.check(named("a"), T + 1000), Ok(()));
        assert!(limiter.check(named("a"), T + 1000).is_err());
        assert_eq!(limiter.check(named("b"), T), Ok(()), "another caller is not held back");
    }

    #[test]
    fn over_time_no_more_goes_through_than_the_rate() {
        let limiter = Limiter::new("test", Some(RATE));
        let passed = (0..100_000).filter(|tick| limiter.check(named("a"), T + tick * 10).is_ok()).count();
        assert_eq!(passed, 1000 + 2);
    }

    #[test]
    fn memory_is_bounded_and_a_flood_does_not_shut_out_who_was_there() {
        let limiter = Limiter::new("test", Some(RATE));
        limiter.check(named("early"), T).unwrap();
        for number in 0..u32::try_from(MAX_CALLERS).unwrap() * 2 {
            let _ = limiter.check(Caller::at(std::net::Ipv4Addr::from(number).into()), T);
        }
        assert!(limiter.arrivals.lock().unwrap().len() <= MAX_CALLERS + 1);
        assert_eq!(limiter.check(named("early"), T), Ok(()));
        // Once they have been quiet, there is room again.
        assert_eq!(limiter.check(named("late"), T + 10_000), Ok(()));
        assert!(limiter.arrivals.lock().unwrap().len() < 10);
    }

    #[test]
    fn a_network_is_one_caller() {
        let at = |text: &str| Caller::at(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:1.2.3.4"), at("1.2.3.4"));
    }

    #[test]
    fn without_a_rate_there_is_no_limit() {
        let limiter = Limiter::new("test", None);
        assert!((0..10_000).all(|_| limiter.check(named("a"), T).is_ok()));
    }
}
