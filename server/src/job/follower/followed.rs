//! One job while ComfyUI has it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use openclaw_shared::job::{Job, JobProgress, JobSource, JobState, Output};
use tokio::time::Instant;

use crate::comfy::Outcome;
use crate::comfy::socket::NodeProgress;

/// More news of one node in a second are not seen; a new node is always news.
pub const REPORT_EVERY: Duration = Duration::from_millis(100);

pub struct Followed {
    id: String,
    pub source: JobSource,
    /// ComfyUI has said that it has it.
    pub arrived: bool,
    pub began: bool,
    /// Somebody wants it to stop.
    pub cancel: bool,
    /// Title by node id, once somebody asked.
    pub nodes: Option<HashMap<String, String>>,
    /// What was heard of its end.
    pub heard: Option<(Outcome, Option<i64>)>,
    pub outputs: Vec<Output>,
    done: HashSet<String>,
    current: Option<String>,
    value: f64,
    max: f64,
    reported: Option<(Instant, Option<String>)>,
    /// There is news that was held back.
    pub held_back: bool,
}

impl Followed {
    pub fn new(job: &Job) -> Self {
        Self {
            id: job.id.clone(),
            source: job.source,
            arrived: job.state != JobState::Submitting,
            began: job.state == JobState::Running,
            cancel: job.cancel_requested,
            nodes: None,
            heard: None,
            outputs: Vec::new(),
            done: HashSet::new(),
            current: None,
            value: 0.0,
            max: 0.0,
            reported: None,
            held_back: false,
        }
    }

    pub fn show(&mut self, outputs: Vec<Output>) {
        let room = Job::MAX_OUTPUTS.saturating_sub(self.outputs.len());
        self.outputs.extend(outputs.into_iter().take(room));
    }

    /// Nodes whose result is known already.
    pub fn skip(&mut self, nodes: Vec<String>) {
        self.done.extend(nodes);
    }

    pub fn enter(&mut self, node: String) {
        if self.current.as_ref() != Some(&node) {
            self.done.extend(self.current.take());
            (self.value, self.max) = (0.0, 0.0);
            self.current = Some(node);
        }
    }

    pub fn advance(&mut self, nodes: &[NodeProgress]) {
        for progress in nodes {
            if !progress.running {
                self.done.insert(progress.node.clone());
                continue;
            }
            self.current = Some(progress.node.clone());
            (self.value, self.max) = (progress.value, progress.max);
        }
    }

    /// How far it is, if that is worth telling again.
    pub fn report(&mut self, now: Instant) -> Option<JobProgress> {
        if let Some((at, node)) = &self.reported
            && *node == self.current
            && now - *at < REPORT_EVERY
        {
            self.held_back = true;
            return None;
        }
        self.held_back = false;
        self.reported = Some((now, self.current.clone()));
        let titles = self.nodes.as_ref();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let done = count(self.done.iter().filter(|node| Some(*node) != self.current.as_ref()).count());
        // Nodes that expand into others can be more than the workflow has.
        let total = count(titles.map_or(0, HashMap::len)).max(done + u32::from(self.current.is_some()));
        let part = if self.max > 0.0 { (self.value / self.max).clamp(0.0, 1.0) } else { 0.0 };
        let percent = if total == 0 { 0.0 } else { 100.0 * (f64::from(done) + part) / f64::from(total) };
        Some(JobProgress {
            prompt_id: self.id.clone(),
            node_title: self.current.as_ref().and_then(|node| titles?.get(node).cloned()),
            node_id: self.current.clone(),
            value: self.value,
            max: self.max,
            nodes_done: done,
            nodes_total: total,
            percent: (percent * 10.0).round() / 10.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed() -> Followed {
        let job = Job::new("p".into(), JobState::Running, JobSource::Webhook, 0);
        let mut followed = Followed::new(&job);
        let titles = [("1", "Load"), ("2", "KSampler"), ("3", "Decode"), ("4", "Save")];
        followed.nodes = Some(titles.map(|(id, title)| (id.to_owned(), title.to_owned())).into());
        followed
    }

    fn step(node: &str, value: f64) -> Vec<NodeProgress> {
        vec![NodeProgress { node: node.into(), value, max: 20.0, running: true }]
    }

    #[test]
    fn the_percentage_counts_nodes_and_the_steps_of_the_one_that_runs() {
        let (mut followed, now) = (followed(), Instant::now());
        followed.skip(vec!["1".into()]);
        followed.enter("2".into());
        followed.advance(&step("2", 10.0));
        let progress = followed.report(now).unwrap();
        assert_eq!((progress.nodes_done, progress.nodes_total), (1, 4));
        assert_eq!((progress.percent, progress.node_title.as_deref()), (37.5, Some("KSampler")));
        followed.enter("3".into());
        assert!((followed.report(now).unwrap().percent - 50.0).abs() < f64::EPSILON);
    }

    #[test]
    fn steps_in_quick_succession_are_told_once_and_a_new_node_at_once() {
        let (mut followed, now) = (followed(), Instant::now());
        followed.advance(&step("2", 1.0));
        assert!(followed.report(now).is_some());
        followed.advance(&step("2", 2.0));
        assert!(followed.report(now).is_none());
        assert!(followed.report(now + REPORT_EVERY).is_some());
        followed.enter("3".into());
        assert!(followed.report(now + REPORT_EVERY).is_some());
    }

    #[test]
    fn more_nodes_than_the_workflow_has_do_not_make_more_than_everything() {
        let (mut followed, now) = (followed(), Instant::now());
        followed.skip((10..20).map(|n| n.to_string()).collect());
        followed.advance(&step("20", 20.0));
        assert!(followed.report(now).unwrap().percent <= 100.0);
    }
}
