//! What is stored when a prompt is over: by what ComfyUI says of its end, or by its silence.

use openclaw_shared::event::EventType;
use openclaw_shared::job::{JobError, JobErrorKind, JobState};
use serde_json::json;

use super::AT_COMFY;
use super::followed::Followed;
use crate::comfy::{Ending, Outcome};
use crate::store::{Change, Facts};

/// As ComfyUI's history, or its socket, says.
pub fn ended_so(id: &str, ending: Ending, now: i64) -> Change {
    let (to, event, error) = match ending.outcome {
        Outcome::Succeeded => (JobState::Succeeded, EventType::Completed, None),
        Outcome::Failed(error) => (JobState::Failed, EventType::Failed, Some(error)),
        Outcome::Interrupted { node_id, node_type } => {
            let error = JobError { node_id, node_type, ..stopped("Stopped while it ran.") };
            (JobState::Interrupted, EventType::Interrupted, Some(error))
        }
    };
    let said = json!({"outputs_count": ending.outputs.len(), "error": error});
    let facts = Facts {
        started_at: ending.started_at,
        ended_at: ending.ended_at,
        outputs: Some(ending.outputs),
        error,
        cached: Some(ending.cached),
        ..Facts::default()
    };
    Change::to(id, AT_COMFY, to, event, now).with(facts).saying(said)
}

/// In no queue, in no history, and nobody heard of an end.
pub fn gone(id: &str, followed: &Followed, gap: bool, now: i64) -> Change {
    let (to, event, error) = match (followed.cancel, followed.began, gap) {
        (true, true, _) => (JobState::Interrupted, EventType::Interrupted, stopped("Stopped while it ran.")),
        (true, false, _) => (JobState::Cancelled, EventType::Cancelled, stopped("Cancelled.")),
        (false, false, false) => {
            (JobState::Cancelled, EventType::Cancelled, stopped("Taken out of ComfyUI's queue."))
        }
        (false, ..) => {
            let message =
                "ComfyUI does not know this job any more: it was restarted, or its history was cleared.";
            let error = JobError { kind: JobErrorKind::Lost, ..stopped(message) };
            (JobState::Lost, EventType::Lost, error)
        }
    };
    let said = json!({"error": error});
    Change::to(id, AT_COMFY, to, event, now)
        .with(Facts { error: Some(error), ..Facts::default() })
        .saying(said)
}

fn stopped(message: &str) -> JobError {
    JobError {
        kind: JobErrorKind::Stopped,
        message: message.to_owned(),
        node_id: None,
        node_type: None,
        detail: None,
    }
}

#[cfg(test)]
mod tests {
    use openclaw_shared::job::{Job, JobSource};

    use super::*;
    use crate::store::Step;

    #[test]
    fn silence_means_what_was_asked_for_or_seen_before_it() {
        for (cancel, began, gap, state) in [
            (true, true, false, JobState::Interrupted),
            (true, true, true, JobState::Interrupted),
            (true, false, false, JobState::Cancelled),
            (true, false, true, JobState::Cancelled),
            (false, false, false, JobState::Cancelled),
            (false, false, true, JobState::Lost),
            (false, true, false, JobState::Lost),
            (false, true, true, JobState::Lost),
        ] {
            let job = Job::new("p".into(), JobState::Submitted, JobSource::Webhook, 0);
            let mut followed = Followed::new(&job);
            (followed.cancel, followed.began) = (cancel, began);
            let change = gone("p", &followed, gap, 7);
            assert!(
                matches!(change.step, Step::To(to, ..) if to == state),
                "cancel {cancel}, began {began}, gap {gap}: {:?}",
                change.step
            );
        }
    }
}
