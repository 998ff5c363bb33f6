//! One job: where it is, what it made, why it failed, what happened to it.

use leptos::prelude::*;
use openclaw_shared::event::EventType;
use openclaw_shared::job::{Job, JobError, JobSource, JobState, TraceEvent};

use super::{delivery, look, outputs, source_name, standing, title};
use crate::browser;
use crate::components::{Button, Icon, Look, Together, icon, live, memo, signal};
use crate::store::Store;
use crate::tabs::arrive;
use openclaw_words::Messages;

pub fn view(store: Store, id: String) -> AnyView {
    let place = NodeRef::<leptos::html::Section>::new();
    Effect::new(move |_| place.get().map(|place| arrive(&place)));
    let job = memo(move || {
        let detail = store.job_detail.read().as_ref().map(|detail| detail.job.clone());
        let listed = store.jobs.read().find(&id).cloned();
        // The detail has every output; the list has the newest of everything else.
        match (detail, listed) {
            (Some(Job { outputs, .. }), Some(listed)) if outputs.len() > listed.outputs.len() => {
                Some(Job { outputs, ..listed })
            }
            (detail, listed) => listed.or(detail),
        }
    });
    let content = live(move || match job.get() {
        Some(job) => shown(store, &job),
        None => view! { <p class="oc-empty">{store.t().job_gone}</p> }.into_any(),
    });
    view! {
        <Button
            label=store.label(|t| t.jobs_back)
            look=Look::Quiet
            testid="jobs-back"
            on_press=move |()| store.open_job(None)
        />
        <section class="oc-stack" node_ref=place data-testid="job-detail">{content}</section>
        {outputs::shown_large(store, job)}
    }
    .into_any()
}

fn shown(store: Store, job: &Job) -> AnyView {
    let t = store.t();
    view! {
        <h3 class="oc-title oc-between">
            <span>{title(job)}</span>
            <span class=look(job.state)>{standing(job, t)}</span>
        </h3>
        <span class="oc-fine">{source_name(job.source, t)}</span>
        {progress(store, job)}
        {job.error.as_ref().map(|error| error_card(store, error))}
        {job.node_errors.iter().map(|error| error_card(store, error)).together()}
        {outputs::grid(store, job)}
        {actions(store, job)}
        {delivery::view(store, job)}
        {timeline(store, job)}
        {trace(store, job)}
    }
    .into_any()
}

fn progress(store: Store, job: &Job) -> Option<AnyView> {
    (job.state == JobState::Running).then(|| {
        let percent = job.progress.as_ref().map_or(0.0, |progress| progress.percent).floor();
        let percent = crate::graph::number_text(percent);
        let id = job.id.clone();
        let preview = live(move || {
            let preview = store.jobs.read().preview.clone().filter(|(of, _)| *of == id);
            preview.map(|(_, url)| view! { <img class="oc-picture" src=url alt=store.t().job_preview /> })
        });
        view! {
            <span
                class="oc-bar-track"
                role="progressbar"
                aria-label=store.t().job_running
                aria-valuenow=percent.clone()
            >
                <span class="oc-bar-done" style=format!("width:{percent}%")></span>
            </span>
            {preview}
        }
        .into_any()
    })
}

fn error_card(store: Store, error: &JobError) -> AnyView {
    let t = store.t();
    let node = error.node_id.clone();
    let about = error.node_type.clone().or_else(|| error.detail.clone());
    let locate = node.filter(|_| store.host.has_graph()).map(|node| {
        view! {
            <Button
                label=t.job_locate.to_owned()
                testid="job-locate"
                on_press=move |()| store.locate(&node)
            />
        }
    });
    view! {
        <div class="oc-card oc-bad" data-testid="job-error">
            <h3 class="oc-title">{icon(Icon::Alert)} {about.unwrap_or_else(|| t.job_failed.to_owned())}</h3>
            <p>{error.message.clone()}</p>
            <div class="oc-row">{locate}</div>
        </div>
    }
    .into_any()
}

fn actions(store: Store, job: &Job) -> AnyView {
    let t = store.t();
    let (cancelled, again) = (job.id.clone(), job.id.clone());
    let cancel = (!job.state.is_end()).then(|| {
        view! {
            <Button
                label=t.cancel.to_owned()
                testid="job-cancel"
                disabled=job.cancel_requested
                on_press=move |()| store.cancel_job(cancelled.clone())
            />
        }
    });
    // Our server keeps what it takes to run its own jobs again.
    let kept = job.source != JobSource::Host && store.jobs.read().of_server(&job.id);
    let retry = (job.state.is_end() && kept).then(|| {
        view! {
            <Button
                label=t.job_retry.to_owned()
                testid="job-retry"
                disabled=signal(move || store.retrying.get())
                on_press=move |()| store.retry_job(again.clone())
            />
        }
    });
    let form = job.template_id.clone().filter(|_| job.state.is_end() && job.source == JobSource::Sidebar);
    let change = form.map(|id| {
        view! {
            <Button
                label=t.tpl_change.to_owned()
                testid="job-change"
                on_press=move |()| store.open_template(Some(id.clone()))
            />
        }
    });
    view! { <div class="oc-row oc-wrap">{cancel} {retry} {change}</div> }.into_any()
}

/// What happened, in words; as the server calls it where it is newer than the panel.
fn event_name(event: &str, t: &Messages) -> String {
    match EventType::parse(event) {
        EventType::Queued => t.job_queued,
        EventType::Requeued => t.event_requeued,
        EventType::Submitted => t.event_submitted,
        EventType::Running => t.job_running,
        EventType::Completed => t.job_succeeded,
        EventType::Failed => t.job_failed,
        EventType::CancelRequested => t.event_cancel,
        EventType::Cancelled => t.job_cancelled,
        EventType::Interrupted => t.job_interrupted,
        EventType::Lost => t.job_lost,
        EventType::Retried => t.event_retried,
        EventType::CallbackSent => t.event_sent,
        EventType::CallbackFailed => t.event_unsent,
        EventType::CallbackReplayed => t.event_replayed,
        EventType::Unknown => return event.replace('_', " "),
    }
    .to_owned()
}

/// What happened when: the server's trace, else the times that are known.
fn timeline(store: Store, job: &Job) -> AnyView {
    let t = store.t();
    let line = move |ms: f64, words: String| {
        let when = browser::clock_text(ms, store.locale.get().tag());
        view! { <li><span class="oc-fine oc-when">{when}</span> <span>{words}</span></li> }
    };
    let traced: Vec<TraceEvent> = store
        .job_detail
        .read()
        .as_ref()
        .filter(|detail| detail.job.id == job.id)
        .map(|detail| detail.trace.events.clone())
        .unwrap_or_default();
    let lines = if traced.is_empty() {
        let known = [
            (Some(job.create_time), t.job_queued),
            (job.execution_start_time, t.job_running),
            (job.execution_end_time, super::state_name(job.state, t)),
        ];
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970")]
        let line = |(at, words): (Option<i64>, &str)| at.map(|at| line(at as f64, words.to_owned()));
        known.into_iter().filter_map(line).together()
    } else {
        traced.into_iter().map(|event| line(event.ts * 1000.0, event_name(&event.event, t))).together()
    };
    view! {
        <details class="oc-fold">
            <summary>{t.job_timeline}</summary>
            <ol class="oc-list" data-testid="job-timeline">{lines}</ol>
        </details>
    }
    .into_any()
}

/// The id that finds the job in every log, and what our own log says.
fn trace(store: Store, job: &Job) -> Option<AnyView> {
    let id = Some(job.trace_id.clone()).filter(|id| !id.is_empty())?;
    let (copied, wanted) = (id.clone(), id.clone());
    let log = live(move || {
        store.job_log.get().map(|lines| {
            let text = if lines.is_empty() { store.t().job_log_empty.to_owned() } else { lines.join("\n") };
            view! { <pre class="oc-code oc-log" tabindex="0" data-testid="job-log">{text}</pre> }
        })
    });
    Some(
        view! {
            <div class="oc-row oc-between">
                <span class="oc-fine oc-grow">{store.t().job_trace} " " <code>{id}</code></span>
                <Button
                    label=store.label(|t| t.job_trace_copy)
                    look=Look::Quiet
                    symbol=Icon::Copy
                    icon_only=true
                    testid="job-trace"
                    on_press=move |()| store.copy(copied.clone())
                />
            </div>
            <Button
                label=store.label(|t| t.job_log)
                look=Look::Quiet
                testid="job-log-show"
                on_press=move |()| store.load_log(wanted.clone())
            />
            {log}
        }
        .into_any(),
    )
}
