//! The list: as many rows as can be seen, whatever there are.

use leptos::prelude::*;
use openclaw_shared::job::{DeliveryState, Job, JobSource, JobState, JobStatus, OutputKind};
use web_sys::Event;

use super::{look, model, source_name, standing, state_name, title};
use crate::browser;
use crate::components::{Choice, Select, Together, live, memo, on, press, signal};
use crate::js;
use crate::store::Store;
use crate::tabs::focus;

/// Pixels of a row, as in the style sheet.
const ROW: u32 = 56;

const STATUSES: [JobStatus; 5] = [
    JobStatus::Pending,
    JobStatus::InProgress,
    JobStatus::Completed,
    JobStatus::Failed,
    JobStatus::Cancelled,
];

/// `back` from the job whose row had the focus.
pub fn view(store: Store, back: bool) -> AnyView {
    let place = NodeRef::<leptos::html::Ul>::new();
    let count = memo(move || store.jobs.read().shown().count());
    let window = memo(move || {
        let above = place.get().map_or(0.0, |list| f64::from(list.offset_top()));
        model::window(store.scrolled.get() - above, browser::screen_height(), ROW.into(), count.get())
    });
    let visible = memo(move || {
        let (first, rows) = window.get();
        store.jobs.read().shown().skip(first).take(rows).cloned().collect::<Vec<_>>()
    });
    let slots = memo(move || visible.read().len());
    let rows = live(move || (0..slots.get()).map(|slot| row(store, slot, visible)).together());
    // Rows get other jobs when the list moves: the focus goes with its job, and comes back to it from elsewhere.
    Effect::new(move |shown| {
        let first = shown != Some(true);
        let at = visible.read().iter().position(|job| *store.job_row.read_untracked() == job.id);
        let Some(list) = place.get() else { return false };
        let found = |selector: &str| list.query_selector(selector).ok().flatten();
        if first && let Ok(Some(region)) = list.closest(".oc-scroll") {
            js::set(&region, "scrollTop", &store.scrolled.get_untracked().into());
        }
        let row = at.filter(|_| first && back || found(":focus").is_some());
        if let Some(row) = row.and_then(|at| found(&format!("li:nth-child({}) > button", at + 1))) {
            focus(&row);
        }
        true
    });
    let nothing = live(move || {
        (count.get() == 0).then(|| {
            let all = store.jobs.read().filter == model::Filter::default();
            let words = if all { store.t().jobs_empty } else { store.t().jobs_none };
            view! { <p class="oc-empty">{words}</p> }
        })
    });
    // All rows move at once, by the space above the first.
    let place_style = signal(move || {
        let pixels = |rows: usize| rows * ROW as usize;
        format!("height:{}px;padding-top:{}px", pixels(count.get()), pixels(window.get().0))
    });
    view! {
        {filters(store)}
        {nothing}
        <ul class="oc-jobs" style=place_style node_ref=place data-testid="jobs-list">{rows}</ul>
    }
    .into_any()
}

fn filters(store: Store) -> AnyView {
    let statuses = signal(move || {
        let t = store.t();
        let name = |status| match status {
            JobStatus::Pending => t.job_submitted,
            JobStatus::InProgress => t.job_running,
            JobStatus::Completed => t.job_succeeded,
            JobStatus::Failed | JobStatus::Unknown => t.job_failed,
            JobStatus::Cancelled => t.job_cancelled,
        };
        let all = [Choice::new("", t.jobs_all)].into_iter();
        all.chain(STATUSES.map(|status| Choice::new(status.as_str(), name(status)))).collect::<Vec<_>>()
    });
    let sources = signal(move || {
        let t = store.t();
        let all = [Choice::new("", t.from_all)].into_iter();
        let known = JobSource::ALL.into_iter().filter(|source| *source != JobSource::Bridge);
        all.chain(known.map(|source| Choice::new(source.as_str(), source_name(source, t))))
            .collect::<Vec<_>>()
    });
    view! {
        <div class="oc-pair">
            <Select
                label=store.label(|t| t.job_state)
                hide_label=true
                choices=statuses
                value=signal(move || {
                    store.jobs.read().filter.status.map_or("", JobStatus::as_str).to_owned()
                })
                testid="jobs-status".to_owned()
                on_change=move |name: String| {
                    let status = STATUSES.into_iter().find(|status| status.as_str() == name);
                    store.filter_jobs(|filter| filter.status = status);
                }
            />
            <Select
                label=store.label(|t| t.job_source)
                hide_label=true
                choices=sources
                value=signal(move || {
                    store.jobs.read().filter.source.map_or("", JobSource::as_str).to_owned()
                })
                testid="jobs-source".to_owned()
                on_change=move |name: String| {
                    let source = JobSource::parse(&name);
                    store.filter_jobs(|filter| filter.source = source);
                }
            />
        </div>
    }
    .into_any()
}

/// One row of the screen. Scrolling gives it another job; it stays, and with it the focus. Only what differs between
/// the two jobs touches the page: making the content anew cost most of a frame.
fn row(store: Store, slot: usize, visible: Memo<Vec<Job>>) -> AnyView {
    let job = memo(move || visible.read().get(slot).cloned());
    let text = move |write: fn(&Job, Store) -> String| {
        signal(move || job.read().as_ref().map_or_else(String::new, |job| write(job, store)))
    };
    let open = move || {
        if let Some(job) = job.get_untracked() {
            store.open_job(Some(job.id));
        }
    };
    let percent = memo(move || job.read().as_ref().and_then(percent));
    let bar = live(move || {
        percent.get().map(|width| {
            view! { <span class="oc-bar-track"><span class="oc-bar-done" style=width></span></span> }
        })
    });
    let picture = memo(move || job.read().as_ref().and_then(|job| picture(job, store)));
    let picture = live(move || picture.get().map(|url| view! { <img src=url alt="" loading="lazy" /> }));
    view! {
        <li>
            <button
                type="button"
                class="oc-item oc-job"
                data-testid="job"
                {..press(open)}
                {..on("focus", move |_: Event| {
                    store.job_row.set(job.get_untracked().map(|job| job.id).unwrap_or_default());
                })}
            >
                <span class="oc-job-words">
                    <span class="oc-row oc-between">
                        <span class="oc-clip">{text(|job, _| title(job))}</span>
                        <span
                            class=text(|job, _| look(job.state).to_owned())
                            title=text(|job, store| state_name(job.state, store.t()).to_owned())
                        >
                            {text(|job, store| standing(job, store.t()))}
                        </span>
                    </span>
                    <span class="oc-fine oc-clip">{text(about)}</span>
                    {bar}
                </span>
                {picture}
            </button>
        </li>
    }
    .into_any()
}

/// Where it came from, when, and whether its result arrived nowhere.
fn about(job: &Job, store: Store) -> String {
    let t = store.t();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970")]
    let when = browser::time_text(job.create_time as f64, store.locale.get().tag());
    let about = format!("{} · {when}", source_name(job.source, t));
    if job.delivery == Some(DeliveryState::Dead) { format!("{about} · {}", t.event_unsent) } else { about }
}

/// How far it is, as the width of its bar; nothing for what does not run.
fn percent(job: &Job) -> Option<String> {
    let percent = job.progress.as_ref().map_or(0.0, |progress| progress.percent);
    (job.state == JobState::Running).then(|| format!("width:{}%", crate::graph::number_text(percent.floor())))
}

/// A small copy of its first picture, where the host makes one.
fn picture(job: &Job, store: Store) -> Option<String> {
    let picture = job.outputs.iter().find(|output| output.kind == OutputKind::Image)?;
    Some(store.host.url(&format!("{}&preview=webp;60", picture.view.as_ref()?)))
}
