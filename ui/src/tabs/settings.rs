//! The Settings tab, drawn from the schema the server sends.

pub mod keys;
pub mod model;
mod providers;
mod row;

use leptos::prelude::*;
use model::Row;

use super::{failure_card, token};
use crate::browser;
use crate::components::{Button, Icon, Live, Look, Together, icon, live, memo, signal};
use crate::store::{Server, Store, Test};
use openclaw_words::fill;

pub fn body(store: Store) -> AnyView {
    store.look_at_providers();
    view! {
        {server(store)}
        {form(store)}
        {live(move || store.save_failure.get().map(|failure| {
            let t = store.t();
            failure_card(store, t.unsaved, failure.explain(t), ().into_any())
        }))}
        {test_result(store)}
        {providers::view(store)}
        {keys::view(store)}
        {token(store)}
    }
    .into_any()
}

fn server(store: Store) -> impl IntoView {
    let rows = live(move || {
        let t = store.t();
        match store.server.get() {
            Server::Asking => view! { <p class="oc-fine">{t.status_wait}</p> }.into_any(),
            Server::Down(failure) => {
                let retry = view! {
                    <Button label=t.retry.to_owned() on_press=move |()| store.check_server() />
                };
                failure_card(store, t.first_backend_down, failure.explain(t), retry.into_any())
            }
            Server::Up(health) => {
                let key = match (health.config.llm_key_required, health.config.llm_key_configured) {
                    (false, _) => t.key_not_needed,
                    (true, true) => t.key_found,
                    (true, false) => t.key_none,
                };
                let provider = store.provider_label().unwrap_or(health.config.provider);
                let answered: u64 = health.stats.responses.values().sum();
                let access =
                    if health.access_policy.token_configured { t.access_token } else { t.access_open };
                view! {
                    <dl class="oc-facts">
                        <dt>{t.version}</dt><dd>{health.pack.version}</dd>
                        <dt>{t.uptime}</dt><dd>{uptime(health.uptime_sec, t)}</dd>
                        <dt>{t.provider_now}</dt><dd>{provider}</dd>
                        <dt>{t.key_state}</dt><dd>{key}</dd>
                        <dt>{t.answered}</dt><dd>{answered.to_string()}</dd>
                        <dt>{t.faults}</dt><dd>{health.stats.errors_captured.to_string()}</dd>
                        <dt>{t.access}</dt><dd>{access}</dd>
                    </dl>
                }
                .into_any()
            }
        }
    });
    view! {
        <section class="oc-stack oc-tight">
            <h3 class="oc-title">{store.label(|t| t.server_title)}</h3>
            {rows}
        </section>
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an uptime is small and positive"
)]
fn uptime(seconds: f64, t: &openclaw_words::Messages) -> String {
    let minutes = (seconds / 60.0) as u64;
    let (hours, rest) = ((minutes / 60).to_string(), (minutes % 60).to_string());
    let message = if minutes < 60 { t.uptime_minutes } else { t.uptime_hours };
    fill(message, &[("hours", &hours), ("minutes", &rest)])
}

fn form(store: Store) -> impl IntoView {
    let rows = memo(move || {
        let view = store.config.read();
        view.as_ref().map(|view| model::rows(view, &store.edits.read())).unwrap_or_default()
    });
    // Rows are made once for each name, so that a row being typed in keeps its focus.
    let names = move |advanced: bool| {
        memo(move || {
            let rows = rows.read();
            let wanted = rows.iter().filter(|row| row.advanced() == advanced);
            wanted.map(|row| row.name.clone()).collect::<Vec<_>>()
        })
    };
    let row = move |name: String| {
        let row = Memo::new({
            let name = name.clone();
            move |before: Option<&Option<Row>>| {
                let found = rows.read().iter().find(|row| row.name == name).cloned();
                found.or_else(|| before.cloned().flatten())
            }
        });
        row::view(store, name, row)
    };
    let (main, advanced) = (names(false), names(true));
    view! {
        {live(move || (!main.read().is_empty()).then(|| view! {
            <section class="oc-stack">
                <h3 class="oc-title">{store.label(|t| t.llm_title)}</h3>
                {live(move || main.get().into_iter().map(row).together())}
                {live(move || (!advanced.read().is_empty()).then(|| view! {
                    <details class="oc-fold">
                        <summary>{store.label(|t| t.more)}</summary>
                        <div class="oc-stack">{advanced.get().into_iter().map(row).together()}</div>
                    </details>
                }))}
                {live(move || {
                    let notes = store.save_notes.get().into_iter();
                    notes.map(|note| view! { <p class="oc-fine" role="status">{note}</p> }).together()
                })}
            </section>
        }))}
    }
}

fn test_result(store: Store) -> impl IntoView {
    let card = live(move || {
        let t = store.t();
        match store.test.get() {
            Test::Idle => ().into_any(),
            Test::Running => view! { <p class="oc-fine">{t.testing}</p> }.into_any(),
            Test::Passed(result) => {
                let ms = result.latency_ms.to_string();
                let reply = fill(t.test_reply, &[("reply", &result.response)]);
                view! {
                    <div class="oc-card oc-good">
                        <h3 class="oc-title">
                            {icon(Icon::Check)}
                            {fill(t.test_ok, &[("provider", &result.provider), ("ms", &ms)])}
                        </h3>
                        <p class="oc-fine">{result.model}</p>
                        {(!result.response.is_empty()).then(|| view! { <p>{reply}</p> })}
                    </div>
                }
                .into_any()
            }
            Test::Failed(failure) => {
                let title = failure.reason(t).map_or_else(
                    || t.test_failed.to_owned(),
                    |reason| fill(t.test_failed_at, &[("reason", reason)]),
                );
                failure_card(store, title, failure.explain(t), ().into_any())
            }
        }
    });
    view! { <div aria-live="polite" data-testid="settings-test-result">{card}</div> }
}

/// The token of this browser tab, for servers that have one.
fn token(store: Store) -> Live {
    live(move || {
        let protected =
            matches!(&*store.server.read(), Server::Up(health) if health.access_policy.token_configured);
        (protected && !store.needs_token.get()).then(|| {
            let kept = browser::admin_token().is_some().then(|| {
                view! {
                    <div class="oc-row oc-between">
                        <span class="oc-fine">{store.label(|t| t.token_set)}</span>
                        <Button
                            label=store.label(|t| t.token_forget)
                            look=Look::Quiet
                            on_press=move |()| store.use_token("")
                        />
                    </div>
                }
            });
            view! {
                <section class="oc-stack oc-tight">
                    <h3 class="oc-title">{store.label(|t| t.token_label)}</h3>
                    {kept}
                    {token::form(store)}
                </section>
            }
        })
    })
}

pub fn footer(store: Store) -> AnyView {
    let state = memo(move || {
        let view = store.config.read();
        let view = view.as_ref()?;
        let changes = model::changes(view, &store.edits.read());
        let any = changes.as_ref().is_some_and(|changes| !changes.is_empty());
        Some((any, changes.is_some(), view.write_enabled))
    });
    let can_save = signal(move || state.get() == Some((true, true, true)) && !store.saving.get());
    let can_test =
        signal(move || matches!(state.get(), Some((_, true, _))) && *store.test.read() != Test::Running);
    let edited = move || !store.edits.read().is_empty();
    let line = live(move || {
        let t = store.t();
        match state.get() {
            Some((_, _, false)) => view! { <span>{t.read_only}</span> }.into_any(),
            Some(_) if edited() => view! {
                <span>{t.unsaved}</span>
                <Button
                    label=t.discard.to_owned()
                    look=Look::Quiet
                    on_press=move |()| store.discard_settings()
                />
            }
            .into_any(),
            _ => ().into_any(),
        }
    });
    view! {
        <footer class="oc-footer">
            <div class="oc-progress">{line}</div>
            <div class="oc-actions">
                <Button
                    label=store.label(|t| t.test)
                    testid="settings-test"
                    disabled=signal(move || !can_test.get())
                    on_press=move |()| store.test_connection()
                />
                <Button
                    label=store.label(|t| t.save)
                    look=Look::Primary
                    testid="settings-save"
                    disabled=signal(move || !can_save.get())
                    on_press=move |()| store.save_settings()
                />
            </div>
        </footer>
    }
    .into_any()
}
