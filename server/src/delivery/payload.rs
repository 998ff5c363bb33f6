//! What a receiver is told: the result by reference, within a bound.

use openclaw_shared::job::{Job, JobState, Output, OutputKind};
use openclaw_shared::webhook::{Callback, JobResult, ResultOutput};
use url::form_urlencoded;

use crate::job::hide_secrets;
use crate::redact::Redactor;

/// Bytes of the whole body. Receivers and the proxies before them take a megabyte; functions and chat services less.
const MAX_BYTES: usize = 256 << 10;
/// Bytes of one text output, as the Python edition.
const MAX_TEXT: usize = 4000;

/// The body, as JSON. What failed is told without secrets; texts are somebody's results, and lose only this server's.
pub fn payload(job: &Job, callback: &Callback, redactor: &Redactor) -> Vec<u8> {
    let mut payload = describe(job, callback, redactor);
    payload.error.iter_mut().for_each(|error| hide_secrets(redactor, error));
    loop {
        let body = serde_json::to_vec(&payload).unwrap_or_default();
        if body.len() <= MAX_BYTES || payload.outputs.is_empty() {
            return body;
        }
        // The count stays, so the receiver sees that there is more and can ask for the job.
        let half = payload.outputs.len() / 2;
        payload.outputs.truncate(half);
    }
}

fn describe(job: &Job, callback: &Callback, redactor: &Redactor) -> JobResult {
    JobResult {
        kind: format!("job.{}", job.state.as_str()),
        timestamp: job.execution_end_time.unwrap_or(job.create_time),
        prompt_id: job.id.clone(),
        trace_id: job.trace_id.clone(),
        template_id: job.template_id.clone(),
        status: status(job.state).into(),
        outputs: job.outputs.iter().map(|made| output(made, redactor)).collect(),
        outputs_count: job.outputs_count,
        error: job.error.clone(),
        mode: callback.mode.clone(),
    }
}

/// The Python edition's words, and one for what was stopped.
const fn status(state: JobState) -> &'static str {
    match state {
        JobState::Succeeded => "completed",
        JobState::Cancelled | JobState::Interrupted => "cancelled",
        JobState::Failed | JobState::Lost => "error",
        JobState::Queued | JobState::Submitting | JobState::Submitted | JobState::Running => "pending",
        JobState::Unknown => "unknown",
    }
}

fn output(output: &Output, redactor: &Redactor) -> ResultOutput {
    let query = output.view.as_deref().and_then(|view| view.split_once('?')).map_or("", |(_, query)| query);
    let part = |wanted: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let text = output.text.as_deref().map(|text| {
        let text = redactor.mask_known(text);
        let end = text.floor_char_boundary(MAX_TEXT);
        (text[..end].to_owned(), end < text.len())
    });
    ResultOutput {
        node_id: output.node_id.clone(),
        filename: output.filename.clone(),
        subfolder: part("subfolder").unwrap_or_default(),
        kind: part("type").unwrap_or_default(),
        media_type: match output.kind {
            OutputKind::Image => "image",
            OutputKind::Video => "video",
            OutputKind::Audio => "audio",
            OutputKind::Text => "text",
            OutputKind::Model3d => "3d",
            OutputKind::File => "file",
        }
        .into(),
        view_url: output.view.clone(),
        text_truncated: text.as_ref().is_some_and(|(_, cut)| *cut),
        content: text.map(|(text, _)| text),
    }
}
