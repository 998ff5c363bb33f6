//! Logs: text lines on stderr, with every known secret masked.

use std::io::{self, Write};
use std::sync::Arc;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::secret::{MASK, Secret};

/// Starts logging; `filter` is the value of `OPENCLAW_LOG`.
pub fn start(filter: Option<&str>, secrets: Vec<Secret>) {
    let filter =
        filter.and_then(|text| EnvFilter::try_new(text).ok()).unwrap_or_else(|| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(MaskedStderr(Arc::new(secrets)))
        .init();
}

#[derive(Clone)]
struct MaskedStderr(Arc<Vec<Secret>>);

impl<'a> MakeWriter<'a> for MaskedStderr {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The subscriber hands over one whole line at a time, so a secret is never split between two writes.
impl Write for MaskedStderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line).into_owned();
        let masked = self.0.iter().fold(text, |text, secret| text.replace(secret.expose(), MASK));
        io::stderr().lock().write_all(masked.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
