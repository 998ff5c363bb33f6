//! When a delivery is tried again.

use std::time::Duration;

/// The pauses after each failed try, as Standard Webhooks recommends: three days in all, so that a receiver that is
/// down over a weekend misses nothing.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];
/// Jitter: up to this much of a pause is added, so that what failed together does not come back together.
const JITTER: f64 = 0.2;
/// A receiver cannot put a delivery off for longer.
const LONGEST_WISH: Duration = Duration::from_hours(24);

/// The pause after `attempts` failed tries, or `None` when it is time to give up. A receiver's wish counts when it is
/// longer; `chance` is from 0 to 1.
pub fn pause(attempts: u32, wish: Option<Duration>, chance: f64, most: Option<u32>) -> Option<Duration> {
    if most.is_some_and(|most| attempts > most) {
        return None;
    }
    let pause = *PAUSES.get(usize::try_from(attempts.checked_sub(1)?).ok()?)?;
    Some(pause.mul_f64(1.0 + JITTER * chance).max(wish.unwrap_or_default().min(LONGEST_WISH)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_over_three_days_and_then_no_more() {
        let pauses: Vec<_> = (1..20).map_while(|attempts| pause(attempts, None, 0.0, None)).collect();
        assert_eq!(pauses, PAUSES);
        assert!(pauses.iter().sum::<Duration>() > Duration::from_hours(72));
        assert_eq!(pause(0, None, 0.0, None), None);
    }

    #[test]
    fn jitter_and_a_receivers_wish_only_make_it_longer() {
        assert_eq!(pause(2, None, 1.0, None), Some(Duration::from_mins(6)));
        let wish = |wish| pause(1, Some(wish), 0.0, None);
        assert_eq!(wish(Duration::from_secs(1)), Some(Duration::from_secs(5)));
        assert_eq!(wish(Duration::from_mins(1)), Some(Duration::from_mins(1)));
        assert_eq!(wish(Duration::from_hours(1000)), Some(Duration::from_hours(24)));
    }

    #[test]
    fn an_operator_can_give_up_earlier() {
        let tries = (1..20).take_while(|attempts| pause(*attempts, None, 0.0, Some(3)).is_some()).count();
        assert_eq!(tries, 3);
    }
}
