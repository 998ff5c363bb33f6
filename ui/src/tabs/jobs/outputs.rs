//! What a job made: small in a grid, large in a dialog.

use leptos::prelude::*;
use openclaw_shared::job::{Job, Output, OutputKind};

use crate::components::{Button, Look, live, memo};
use crate::js;
use crate::store::Store;

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
            view! { <img src=format!("{}&preview=webp;60", url(store, output)) alt="" loading="lazy" /> }
                .into_any()
        } else {
            view! { <span class="oc-fine">{label.clone()}</span> }.into_any()
        };
        view! {
            <button
                type="button"
                class="oc-thumb"
                title=label.clone()
                aria-label=label
                data-testid="job-output"
                on:click=move |_| store.lightbox.set(Some(at))
            >
                {inner}
            </button>
        }
    };
    (!job.outputs.is_empty()).then(|| {
        view! { <div class="oc-thumbs">{job.outputs.iter().enumerate().map(item).collect_view()}</div> }
            .into_any()
    })
}

/// One output as large as the page, in a dialog of the browser: it keeps the focus and closes by Escape.
pub fn lightbox(store: Store, job: Memo<Option<Job>>) -> AnyView {
    let shown = memo(move || {
        let at = store.lightbox.get()?;
        let job = job.read();
        let outputs = &job.as_ref()?.outputs;
        outputs.get(at).map(|output| (at, outputs.len(), output.clone()))
    });
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            let _ = js::call(&dialog, "showModal", &[]);
        }
    });
    let step = move |by: usize| {
        if let Some((at, count, _)) = shown.get_untracked() {
            store.lightbox.set(Some((at + by) % count));
        }
    };
    let open = memo(move || shown.read().is_some());
    live(move || {
        open.get().then(|| {
            view! {
                <dialog
                    class="oc-lightbox"
                    node_ref=dialog
                    data-testid="lightbox"
                    aria-label=store.label(|t| t.output_title)
                    on:close=move |_| store.lightbox.set(None)
                >
                    {live(move || shown.get().map(|(at, count, output)| view! {
                        {large(store, &output)}
                        <div class="oc-row oc-between">
                            <span class="oc-clip">{format!("{} / {count} · {}", at + 1, name(store, &output))}</span>
                            <span class="oc-row">
                                {(count > 1).then(|| view! {
                                    <Button
                                        label=store.label(|t| t.output_before)
                                        on_press=move |()| step(count - 1)
                                    />
                                    <Button label=store.label(|t| t.output_next) on_press=move |()| step(1) />
                                })}
                                <Button
                                    label=store.label(|t| t.close)
                                    look=Look::Primary
                                    testid="lightbox-close"
                                    on_press=move |()| store.lightbox.set(None)
                                />
                            </span>
                        </div>
                    }))}
                </dialog>
            }
        })
    })
    .into_any()
}

fn large(store: Store, output: &Output) -> AnyView {
    let (url, name) = (url(store, output), name(store, output));
    match output.kind {
        OutputKind::Image => view! { <img src=url alt=name /> }.into_any(),
        OutputKind::Video => view! { <video src=url controls=true aria-label=name></video> }.into_any(),
        OutputKind::Audio => view! { <audio src=url controls=true aria-label=name></audio> }.into_any(),
        OutputKind::Text => {
            let text = output.text.clone().unwrap_or_default();
            view! { <pre class="oc-code" tabindex="0">{text}</pre> }.into_any()
        }
        OutputKind::Model3d | OutputKind::File => {
            let file = name.clone();
            view! { <a href=url target="_blank" rel="noopener" download=file>{name}</a> }.into_any()
        }
    }
}
