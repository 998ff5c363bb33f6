//! What a job made: small in a grid, large in a dialog.

use leptos::prelude::*;
use openclaw_shared::job::{Job, Output, OutputKind};

use web_sys::Event;

use crate::components::{Together, live, memo, on, press, signal};
use crate::store::Store;
use crate::tabs::lightbox::{lightbox, steps};

fn url(store: Store, output: &Output) -> String {
    output.view.as_ref().map(|path| store.host.url(path)).unwrap_or_default()
}

fn name(store: Store, output: &Output) -> String {
    if output.filename.is_empty() { store.t().output_text.to_owned() } else { output.filename.clone() }
}

pub fn grid(store: Store, job: &Job) -> Option<AnyView> {
    let item = |(at, output): (usize, &Output)| {
        let label = name(store, output);
        let inner = if output.kind == OutputKind::Image {
            view! { <img src=format!("{}&preview=webp;60", url(store, output)) alt=label.clone() loading="lazy" /> }
                .into_any()
        } else {
            view! { <span class="oc-shot-words">{label.clone()}</span> }.into_any()
        };
        view! {
            <button
                type="button"
                class="oc-thumb"
                title=label.clone()
                aria-label=label
                data-testid="job-output"
                {..press(move || store.lightbox.set(Some(at)))}
            >
                {inner}
            </button>
        }
    };
    (!job.outputs.is_empty()).then(|| {
        view! { <div class="oc-thumbs">{job.outputs.iter().enumerate().map(item).together()}</div> }
            .into_any()
    })
}

/// One output as large as the page.
pub fn shown_large(store: Store, job: Memo<Option<Job>>) -> AnyView {
    let shown = memo(move || {
        let at = store.lightbox.get()?;
        let job = job.read();
        let outputs = &job.as_ref()?.outputs;
        outputs.get(at).map(|output| (at, outputs.len(), output.clone()))
    });
    let open = memo(move || shown.read().is_some());
    let content = live(move || live(move || shown.get().map(|(_, _, output)| large(store, &output))));
    let count = memo(move || shown.read().as_ref().map_or(0, |(_, count, _)| *count));
    let step = move |forward: bool| {
        if let Some((at, count, _)) = shown.get_untracked() {
            store.lightbox.set(Some(if forward { at + 1 } else { at + count - 1 } % count));
        }
    };
    let actions = live(move || {
        let name = signal(move || {
            shown.get().map(|(at, count, output)| {
                [&(at + 1).to_string(), " / ", &count.to_string(), " · ", &name(store, &output)].concat()
            })
        });
        view! {
            <span class="oc-clip oc-grow">{name}</span>
            {live(move || (count.get() > 1).then(|| steps(store, step)))}
        }
    });
    lightbox(store, open, |store| store.lightbox.set(None), content, actions)
}

fn large(store: Store, output: &Output) -> AnyView {
    let (url, name) = (url(store, output), name(store, output));
    let gone = RwSignal::new(false);
    let lacks = on("error", move |_: Event| gone.set(true));
    let shown = match output.kind {
        OutputKind::Image => view! { <img {..lacks} src=url alt=name /> }.into_any(),
        OutputKind::Video => {
            view! { <video {..lacks} src=url controls=true aria-label=name></video> }.into_any()
        }
        OutputKind::Audio => {
            view! { <audio {..lacks} src=url controls=true aria-label=name></audio> }.into_any()
        }
        OutputKind::Text => {
            let mut text = output.text.clone().unwrap_or_default();
            // What is as long as may be was longer.
            if text.len() + '…'.len_utf8() > Output::MAX_TEXT {
                text.push('…');
            }
            view! { <pre class="oc-code" tabindex="0">{text}</pre> }.into_any()
        }
        OutputKind::Model3d | OutputKind::File => {
            let file = name.clone();
            view! { <a href=url target="_blank" rel="noopener" download=file>{name}</a> }.into_any()
        }
    };
    view! {
        {shown}
        {live(move || {
            gone.get().then(|| view! { <p class="oc-invalid" role="alert">{store.label(|t| t.output_gone)}</p> })
        })}
    }
    .into_any()
}
