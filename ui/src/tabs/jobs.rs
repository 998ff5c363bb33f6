//! The Job Monitor tab: every job, ours and ComfyUI's own, as it happens.

pub mod comfy;
mod delivery;
mod detail;
mod list;
pub mod model;
mod outputs;
pub mod template;

use leptos::prelude::*;
use openclaw_shared::job::{Job, JobSource, JobState};
use openclaw_words::{Messages, fill};

use crate::components::{Button, Look, live, memo, signal};
use crate::store::{Feed, Store};

pub fn body(store: Store) -> AnyView {
    store.watch_jobs();
    let open = memo(move || store.job_open.get());
    let form = memo(move || store.template.open.get());
    let mut away = false;
    live(move || {
        let back = std::mem::replace(&mut away, open.read().is_some());
        match open.get() {
            _ if form.get() => template::view(store),
            Some(id) => detail::view(store, id),
            None => view! {
                <Button
                    label=store.label(|t| t.tpl_title)
                    testid="template-open"
                    on_press=move |()| store.open_template(None)
                />
                {list::view(store, back)}
            }
            .into_any(),
        }
    })
    .into_any()
}

pub fn state_name(state: JobState, t: &Messages) -> &'static str {
    match state {
        JobState::Queued | JobState::Submitting => t.job_queued,
        JobState::Submitted => t.job_submitted,
        JobState::Running => t.job_running,
        JobState::Succeeded => t.job_succeeded,
        JobState::Failed | JobState::Unknown => t.job_failed,
        JobState::Cancelled => t.job_cancelled,
        JobState::Interrupted => t.job_interrupted,
        JobState::Lost => t.job_lost,
    }
}

fn source_name(source: JobSource, t: &Messages) -> &'static str {
    match source {
        JobSource::Webhook => t.from_webhook,
        JobSource::Trigger => t.from_trigger,
        JobSource::Sidebar => t.from_sidebar,
        JobSource::Schedule => t.from_schedule,
        JobSource::Chat | JobSource::Bridge => t.from_chat,
        JobSource::Host | JobSource::Unknown => t.from_host,
    }
}

/// What people may know it by.
fn title(job: &Job) -> String {
    let name = job.title.as_ref().or(job.template_id.as_ref()).filter(|name| !name.is_empty());
    name.cloned().unwrap_or_else(|| job.id.chars().take(8).collect())
}

/// Where it is, in words: its place in the queue, its node, or its end.
fn standing(job: &Job, t: &Messages) -> String {
    let place = job.queue_position.filter(|_| job.state == JobState::Submitted);
    if let Some(place) = place {
        return fill(t.job_position, &[("position", &(place + 1).to_string())]);
    }
    let Some(progress) = &job.progress else { return state_name(job.state, t).to_owned() };
    let percent = crate::graph::number_text(progress.percent.floor());
    match progress.node_title.as_ref().or(progress.node_id.as_ref()) {
        Some(node) => fill(t.job_at_node, &[("percent", &percent), ("node", node)]),
        None => fill(t.job_percent, &[("percent", &percent)]),
    }
}

/// The class that colours a state; its words say the same.
fn look(state: JobState) -> &'static str {
    match state {
        JobState::Succeeded => "oc-state oc-ok",
        JobState::Failed | JobState::Lost | JobState::Unknown => "oc-state oc-todo",
        JobState::Running => "oc-state oc-run",
        _ => "oc-state",
    }
}

pub fn footer(store: Store) -> AnyView {
    let form = memo(move || store.template.open.get());
    live(move || if form.get() { template::footer(store) } else { status(store) }).into_any()
}

fn status(store: Store) -> AnyView {
    let line = signal(move || {
        let t = store.t();
        match store.feed.get() {
            Feed::Off => t.feed_off.to_owned(),
            Feed::Connecting => t.feed_connecting.to_owned(),
            Feed::HostOnly(_) => t.feed_host.to_owned(),
            Feed::Live => {
                let host = store.jobs.read().host.clone();
                let queue = fill(t.feed_live, &[("count", &host.queue_remaining.to_string())]);
                if host.connected { queue } else { host.problem.unwrap_or_else(|| t.feed_no_host.to_owned()) }
            }
        }
    });
    // Why there is no stream, for people who wonder.
    let why = signal(move || match store.feed.get() {
        Feed::HostOnly(failure) => Some(failure.explain(store.t()).message),
        _ => None,
    });
    let more = live(move || {
        store.jobs.read().more.is_some().then(|| {
            view! {
                <Button
                    label=store.label(|t| t.job_more)
                    look=Look::Quiet
                    testid="jobs-more"
                    on_press=move |()| store.show_jobs(model::Page::Next)
                />
            }
        })
    });
    view! {
        <footer class="oc-footer">
            <div class="oc-progress">
                <span role="status" data-testid="jobs-feed" title=why>{line}</span>
                {more}
            </div>
        </footer>
    }
    .into_any()
}
