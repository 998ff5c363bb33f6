//! Logs: text lines on stderr, redacted, the last of them kept for people to read.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::redact::Redactor;

/// Starts logging; `filter` is the value of `OPENCLAW_LOG`.
pub fn start(filter: Option<&str>, redactor: Arc<Redactor>, kept: Kept) {
    let filter =
        filter.and_then(|text| EnvFilter::try_new(text).ok()).unwrap_or_else(|| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(RedactedStderr { redactor, kept })
        .init();
}

#[derive(Clone)]
struct RedactedStderr {
    redactor: Arc<Redactor>,
    kept: Kept,
}

impl<'a> MakeWriter<'a> for RedactedStderr {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The subscriber hands over one whole line at a time, so a secret is never split between two writes.
impl Write for RedactedStderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let redacted = self.redactor.redact(&text);
        self.kept.push(redacted.trim_end());
        io::stderr().lock().write_all(redacted.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The last lines, redacted already.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Kept {
    /// Enough for the story of some hundred jobs.
    const MAX_BYTES: usize = 1 << 20;
    /// As in the Python edition.
    const MAX_ANSWER_BYTES: usize = 100_000;

    pub fn push(&self, line: &str) {
        let mut kept = self.lock();
        kept.bytes += line.len();
        kept.lines.push_back(line.to_owned());
        while kept.bytes > Self::MAX_BYTES {
            let Some(oldest) = kept.lines.pop_front() else { break };
            kept.bytes -= oldest.len();
        }
    }

    /// The newest lines that name any of these ids, oldest first; all lines without ids.
    pub fn tail(&self, count: usize, ids: &[String]) -> Vec<String> {
        let kept = self.lock();
        let mut room = Self::MAX_ANSWER_BYTES;
        let named = |line: &&String| ids.is_empty() || ids.iter().any(|id| line.contains(id.as_str()));
        let mut tail: Vec<String> = kept
            .lines
            .iter()
            .rev()
            .filter(named)
            .take(count)
            .take_while(|line| {
                let fits = line.len() <= room;
                room = room.saturating_sub(line.len());
                fits
            })
            .cloned()
            .collect();
        tail.reverse();
        tail
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_and_found_by_id() {
        let kept = Kept::default();
        for n in 0..10 {
            kept.push(&format!("line {n} trace_id=t{}", n % 2));
        }
        assert_eq!(kept.tail(2, &[]), ["line 8 trace_id=t0", "line 9 trace_id=t1"]);
        assert_eq!(kept.tail(2, &["t0".into(), "x".into()]), ["line 6 trace_id=t0", "line 8 trace_id=t0"]);
    }

    #[test]
    fn neither_what_is_kept_nor_what_is_answered_grows_without_end() {
        let kept = Kept::default();
        let line = "x".repeat(1000);
        for _ in 0..2000 {
            kept.push(&line);
        }
        assert!(kept.lock().bytes <= Kept::MAX_BYTES);
        assert_eq!(kept.tail(500, &[]).len(), 100);
    }
}
