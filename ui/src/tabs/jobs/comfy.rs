//! What ComfyUI itself tells about its queue, read into jobs: its history, its queue, and the events of its page.

use openclaw_shared::job::{Job, JobError, JobErrorKind, JobProgress, JobState, Output, OutputKind};
use openclaw_shared::params::between;
use serde_json::Value;

use super::model::blank;

/// The runs of `GET /history`, and the waiting ones of `GET /queue`.
pub fn jobs(history: &Value, queue: &Value, now: i64) -> Vec<Job> {
    let ended = history.as_object().into_iter().flatten().map(|(id, run)| of_history(id, run, now));
    let rows = |name: &str| queue.get(name).and_then(Value::as_array).into_iter().flatten();
    let waiting = |state| {
        move |(at, row): (usize, &Value)| {
            let id = row.get(1)?.as_str()?;
            let position = (state == JobState::Submitted).then(|| u32::try_from(at).unwrap_or(u32::MAX));
            // Never before what has ended: numbers of the queue are no times.
            Some(Job { queue_position: position, ..blank(id, state, now) })
        }
    };
    let running = rows("queue_running").enumerate().filter_map(waiting(JobState::Running));
    let pending = rows("queue_pending").enumerate().filter_map(waiting(JobState::Submitted));
    ended.chain(running).chain(pending).collect()
}

fn of_history(id: &str, run: &Value, now: i64) -> Job {
    let messages = run["status"]["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let time = |message: Option<&Value>| message.and_then(|message| message[1]["timestamp"].as_i64());
    let last = messages.last();
    let mut job = blank(id, JobState::Succeeded, time(messages.first()).unwrap_or(now));
    job.execution_start_time = time(messages.first());
    job.execution_end_time = time(last);
    if let Some(outputs) = run["outputs"].as_object() {
        job.outputs = outputs.iter().flat_map(|(node, shown)| outputs_of(node, shown)).collect();
    }
    job.outputs_count = count(&job.outputs);
    let end = last.and_then(|last| last[0].as_str()).unwrap_or_default();
    ended(job, end, last.map_or(&Value::Null, |last| &last[1]))
}

/// The job after the message that ended it.
fn ended(mut job: Job, message: &str, data: &Value) -> Job {
    let text = |name: &str| data[name].as_str().map(str::to_owned);
    let error = |kind, message| JobError {
        kind,
        message,
        node_id: text("node_id"),
        node_type: text("node_type"),
        detail: text("exception_type"),
    };
    job.state = match message {
        "execution_error" => {
            let said = text("exception_message").unwrap_or_default().trim().to_owned();
            job.error = Some(error(JobErrorKind::Execution, said));
            JobState::Failed
        }
        "execution_interrupted" => JobState::Interrupted,
        _ => JobState::Succeeded,
    };
    job.status = job.state.status();
    job
}

fn count(outputs: &[Output]) -> u32 {
    u32::try_from(outputs.len()).unwrap_or(u32::MAX)
}

/// The outputs of one node, by the names nodes use for them.
fn outputs_of(node: &str, shown: &Value) -> Vec<Output> {
    let output =
        |kind| Output { node_id: node.into(), kind, filename: String::new(), view: None, text: None };
    let mut found = Vec::new();
    for (name, items) in shown.as_object().into_iter().flatten() {
        for item in items.as_array().into_iter().flatten() {
            if let (Some(text), "text") = (item.as_str(), name.as_str()) {
                let text = text[..text.floor_char_boundary(Output::MAX_TEXT)].to_owned();
                found.push(Output { text: Some(text), ..output(OutputKind::Text) });
            } else if let Some(filename) = item["filename"].as_str() {
                let part = |name: &str, default: &str| escape(item[name].as_str().unwrap_or(default));
                let (subfolder, folder) = (part("subfolder", ""), part("type", "output"));
                let view = format!("/view?filename={}&subfolder={subfolder}&type={folder}", escape(filename));
                let filename = filename.to_owned();
                found.push(Output { view: Some(view), filename, ..output(kind(item["filename"].as_str())) });
            }
        }
    }
    found
}

/// By the end of the name: nodes call videos images and images gifs.
fn kind(filename: Option<&str>) -> OutputKind {
    let end = filename.and_then(|name| name.rsplit_once('.')).map(|(_, end)| end.to_ascii_lowercase());
    match end.as_deref().unwrap_or_default() {
        "png" | "jpg" | "jpeg" | "webp" | "gif" | "avif" | "bmp" => OutputKind::Image,
        "mp4" | "webm" | "mov" | "mkv" => OutputKind::Video,
        "mp3" | "wav" | "flac" | "ogg" | "opus" | "m4a" => OutputKind::Audio,
        "glb" | "gltf" | "obj" | "fbx" | "stl" | "ply" => OutputKind::Model3d,
        _ => OutputKind::File,
    }
}

/// Percent-encoded for a query, whatever the letters are.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            for digit in [byte >> 4, byte & 15] {
                escaped.push(char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    escaped
}

/// What an event of the page says about a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Job(Box<Job>),
    Progress(JobProgress),
}

/// The events that tell something.
pub const EVENTS: &[&str] = &[
    "execution_start",
    "progress_state",
    "progress",
    "executed",
    "execution_success",
    "execution_error",
    "execution_interrupted",
];

/// Reads one event; `known` is the job as it is shown now.
pub fn event(name: &str, data: &Value, known: &dyn Fn(&str) -> Option<Job>, now: i64) -> Option<Told> {
    let id = data["prompt_id"].as_str()?;
    let job = || known(id).unwrap_or_else(|| blank(id, JobState::Running, now));
    let running = |job: Job| Job {
        state: JobState::Running,
        status: JobState::Running.status(),
        queue_position: None,
        execution_start_time: job.execution_start_time.or(Some(now)),
        ..job
    };
    Some(match name {
        "execution_start" => Told::Job(Box::new(running(job()))),
        "progress_state" => Told::Progress(progress_state(id, &data["nodes"])?),
        "progress" => {
            let (value, max) = (data["value"].as_f64()?, data["max"].as_f64()?);
            let before = known(id).and_then(|job| job.progress).unwrap_or_default();
            let node_id = data["node"].as_str().map(str::to_owned);
            // Hosts that tell the state of every node tell more than this.
            let percent = if before.nodes_total > 0 { before.percent } else { percent(value, max) };
            Told::Progress(JobProgress { prompt_id: id.into(), node_id, value, max, percent, ..before })
        }
        "executed" => {
            let mut job = running(job());
            let more = outputs_of(data["node"].as_str().unwrap_or_default(), &data["output"]);
            job.outputs.extend(more);
            job.outputs_count = count(&job.outputs);
            Told::Job(Box::new(job))
        }
        _ => {
            let mut job = ended(job(), name, data);
            job.execution_end_time = Some(now);
            Told::Job(Box::new(job))
        }
    })
}

fn percent(value: f64, max: f64) -> f64 {
    if max > 0.0 { between(value / max * 100.0, 0.0, 100.0) } else { 0.0 }
}

/// The share of the nodes that are done, the running one by its steps. Nodes that nobody has begun are not told of.
fn progress_state(id: &str, nodes: &Value) -> Option<JobProgress> {
    let nodes = nodes.as_object()?;
    let mut progress = JobProgress { prompt_id: id.into(), ..JobProgress::default() };
    let mut done = 0.0;
    for (node, state) in nodes {
        let (value, max) = (state["value"].as_f64()?, state["max"].as_f64()?);
        progress.nodes_total += 1;
        if state["state"] == "finished" {
            progress.nodes_done += 1;
            done += 1.0;
        } else if state["state"] == "running" {
            (progress.node_id, progress.value, progress.max) = (Some(node.clone()), value, max);
            done += percent(value, max) / 100.0;
        }
    }
    progress.percent = percent(done, f64::from(progress.nodes_total));
    Some(progress)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn history_and_queue_become_jobs() {
        let image = json!({"filename": "a b&c.png", "subfolder": "x/y", "type": "output"});
        let history = json!({
            "done": {"outputs": {"4": {"images": [image]}, "5": {"text": ["words"]}},
                "status": {"messages": [["execution_start", {"timestamp": 1000}], ["execution_success", {"timestamp": 3000}]]}},
            "broken": {"outputs": {}, "status": {"messages": [["execution_start", {"timestamp": 1}],
                ["execution_error", {"timestamp": 2, "node_id": "7", "node_type": "KSampler",
                    "exception_message": " no memory\n", "exception_type": "OOM"}]]}},
            "stopped": {"outputs": {}, "status": {"messages": [["execution_interrupted", {"timestamp": 2}]]}},
        });
        let queue =
            json!({"queue_running": [[1, "now", {}, {}, []]], "queue_pending": [[2, "next", {}, {}, []]]});
        let jobs = jobs(&history, &queue, 9000);
        let find = |id: &str| jobs.iter().find(|job| job.id == id).unwrap();
        let done = find("done");
        assert_eq!(
            (done.state, done.execution_end_time, done.outputs_count),
            (JobState::Succeeded, Some(3000), 2)
        );
        assert_eq!(
            done.outputs[0].view.as_deref(),
            Some("/view?filename=a%20b%26c.png&subfolder=x%2Fy&type=output")
        );
        assert_eq!(done.outputs[1].text.as_deref(), Some("words"));
        let error = find("broken").error.as_ref().unwrap();
        assert_eq!((error.message.as_str(), error.node_id.as_deref()), ("no memory", Some("7")));
        assert_eq!(find("stopped").state, JobState::Interrupted);
        assert_eq!((find("now").state, find("next").queue_position), (JobState::Running, Some(0)));
    }

    #[test]
    fn events_of_the_page_follow_a_job_to_its_end() {
        let told =
            |name: &str, data: Value, known: Option<&Job>| event(name, &data, &|_| known.cloned(), 5000);
        let Some(Told::Job(started)) = told("execution_start", json!({"prompt_id": "a"}), None) else {
            panic!()
        };
        assert_eq!((started.state, started.execution_start_time), (JobState::Running, Some(5000)));
        let nodes = json!({"1": {"state": "finished", "value": 1, "max": 1}, "2": {"state": "running", "value": 5, "max": 10}});
        let state = told("progress_state", json!({"prompt_id": "a", "nodes": nodes}), Some(&started));
        let Some(Told::Progress(progress)) = state else { panic!() };
        assert_eq!((progress.node_id.as_deref(), progress.nodes_done), (Some("2"), 1));
        assert!((progress.percent - 75.0).abs() < 0.1);
        let output = json!({"images": [{"filename": "v.mp4", "type": "temp"}]});
        let shown =
            told("executed", json!({"prompt_id": "a", "node": "2", "output": output}), Some(&started));
        let Some(Told::Job(shown)) = shown else { panic!() };
        assert_eq!(shown.outputs[0].kind, OutputKind::Video);
        let end = told("execution_success", json!({"prompt_id": "a"}), Some(&shown));
        let Some(Told::Job(end)) = end else { panic!() };
        assert_eq!(
            (end.state, end.outputs_count, end.execution_end_time),
            (JobState::Succeeded, 1, Some(5000))
        );
        assert_eq!(told("progress", json!({"value": 1, "max": 2}), None), None, "nobody's");
    }
}
