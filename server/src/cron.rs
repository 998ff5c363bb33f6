//! When a cron expression is due.
//!
//! croner says which wall clock times match; this module says when those are on a clock that jumps, as Vixie's cron
//! does: a fixed time inside a gap runs right after it and inside a repeated hour once, a wildcard runs whenever the
//! clock shows a match.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp, Zoned};

/// Bytes. A list of all minutes has 170.
const MAX_EXPRESSION: usize = 512;
/// No clock has jumped further: Samoa left out a whole day.
const LONGEST_JUMP_HOURS: i64 = 25;
/// What crontabs may say instead of five fields.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Why an expression or a zone is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error("a cron expression has five fields: minute, hour, day of month, month, day of week")]
    Fields,
    #[error("the field `{0}` has something missing in it")]
    Empty(String),
    #[error("the cron expression is wrong: {0}")]
    Wrong(String),
    #[error("there is no time zone `{0}`")]
    Zone(String),
    #[error("the cron expression never comes true")]
    Never,
}

/// A cron expression in a time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
    /// Minute or hour is a wildcard.
    wild: bool,
}

impl Schedule {
    pub fn parse(expression: &str, zone: &str) -> Result<Self, CronError> {
        let expression = expression.trim();
        let nickname = NICKNAMES.iter().find(|(name, _)| expression.eq_ignore_ascii_case(name));
        let expression = nickname.map_or(expression, |(_, fields)| fields);
        let fields: Vec<&str> = expression.split_whitespace().collect();
        if fields.len() != 5 || expression.len() > MAX_EXPRESSION {
            return Err(CronError::Fields);
        }
        // croner reads past these.
        for field in &fields {
            if field.split([',', '-', '/']).any(str::is_empty) {
                return Err(CronError::Empty((*field).to_owned()));
            }
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(&fields.join(" ")).map_err(|error| CronError::Wrong(error.to_string()))?;
        let unknown = || CronError::Zone(zone.chars().take(64).collect());
        let zone = if zone.is_empty() { Err(unknown()) } else { TimeZone::get(zone).map_err(|_| unknown()) }?;
        let schedule = Self { cron, zone, wild: fields[..2].iter().any(|field| field.starts_with('*')) };
        match schedule.after(Timestamp::UNIX_EPOCH).next() {
            Some(_) => Ok(schedule),
            None => Err(CronError::Never),
        }
    }

    /// Every time it is due after `after`, in order.
    pub fn after(&self, after: Timestamp) -> Occurrences<'_> {
        let civil = self.zone.to_datetime(after);
        let start = civil.checked_sub(Span::new().hours(LONGEST_JUMP_HOURS)).unwrap_or(civil);
        let wall = start.to_zoned(TimeZone::UTC).ok();
        Occurrences { schedule: self, after, wall, found: BTreeSet::new() }
    }

    /// The instants that a matching wall clock time stands for, and the earliest that it or a later one could.
    fn instants(&self, wall: DateTime) -> Option<(Vec<Timestamp>, Timestamp)> {
        let ambiguous = self.zone.to_ambiguous_zoned(wall);
        let offset = ambiguous.offset();
        let earliest = ambiguous.clone().earlier().ok()?.timestamp();
        let instants = match offset {
            AmbiguousOffset::Fold { .. } if self.wild => vec![earliest, ambiguous.later().ok()?.timestamp()],
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => vec![earliest],
            AmbiguousOffset::Gap { .. } if self.wild => Vec::new(),
            AmbiguousOffset::Gap { .. } => {
                self.zone.following(earliest).next().map(|jump| jump.timestamp()).into_iter().collect()
            }
        };
        Some((instants, earliest))
    }
}

/// The times a schedule is due.
pub struct Occurrences<'a> {
    schedule: &'a Schedule,
    after: Timestamp,
    /// The wall clock time that was looked at last, as if it were UTC.
    wall: Option<Zoned>,
    /// Found, but something earlier may still come: a repeated hour is met twice.
    found: BTreeSet<Timestamp>,
}

impl Iterator for Occurrences<'_> {
    type Item = Zoned;

    fn next(&mut self) -> Option<Zoned> {
        while let Some(wall) = self.wall.take() {
            let Ok(next) = self.schedule.cron.find_next_occurrence(&wall, false) else { break };
            let Some((instants, earliest)) = self.schedule.instants(next.datetime()) else { break };
            let after = self.after;
            self.found.extend(instants.into_iter().filter(|instant| *instant > after));
            self.wall = Some(next);
            if self.found.first().is_some_and(|first| *first <= earliest) {
                break;
            }
        }
        let first = self.found.pop_first()?;
        self.after = first;
        Some(first.to_zoned(self.schedule.zone.clone()))
    }
}
