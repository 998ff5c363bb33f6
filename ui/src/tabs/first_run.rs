//! The way to the first plan: what works, what does not, and one click that mends it. Gone when all is well.

use leptos::prelude::*;
use openclaw_shared::config::ConfigView;

use crate::components::{Button, Choice, Icon, Live, Look, Select, icon, live, memo, signal};
use crate::store::{Server, Store, Test};
use crate::tabs::settings::{keys, model};
use openclaw_words::fill;

/// How one of the three steps stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Waiting,
    Ok,
    Todo,
}

/// Server, provider, connection test; each waits for the one before.
fn steps(server: &Server, config: Option<&ConfigView>, tested: &str) -> [Step; 3] {
    let backend = match server {
        Server::Asking => Step::Waiting,
        Server::Up(_) => Step::Ok,
        Server::Down(_) => Step::Todo,
    };
    let chosen = config.and_then(|view| view.providers.iter().find(|p| p.id == view.config.provider));
    let provider = match (backend, config, chosen) {
        (Step::Ok, Some(_), Some(p)) if !p.requires_key || p.key_configured => Step::Ok,
        (Step::Ok, Some(_), _) => Step::Todo,
        _ => Step::Waiting,
    };
    let proven = config
        .is_some_and(|view| view.config.provider == BUILTIN || tested == model::fingerprint(&view.config));
    let tested = match (provider, proven) {
        (Step::Ok, true) => Step::Ok,
        (Step::Ok, false) => Step::Todo,
        _ => Step::Waiting,
    };
    [backend, provider, tested]
}

/// Needs neither key nor network, so there is nothing to test.
const BUILTIN: &str = "builtin";

pub fn card(store: Store) -> Live {
    let steps = memo(move || steps(&store.server.read(), store.config.read().as_ref(), &store.tested.read()));
    // While the first answers are on their way there is nothing to tell yet.
    let shown = memo(move || steps.get().contains(&Step::Todo));
    live(move || {
        shown.get().then(|| {
            view! {
                <section class="oc-card oc-warn" data-testid="first-run">
                    <h3 class="oc-title">{store.label(|t| t.first_title)}</h3>
                    <ol class="oc-steps">
                        <li data-testid="first-run-backend">{live(move || backend(store, steps.get()[0]))}</li>
                        <li data-testid="first-run-provider">{live(move || provider(store, steps.get()[1]))}</li>
                        <li data-testid="first-run-test">{live(move || test(store, steps.get()[2]))}</li>
                    </ol>
                </section>
            }
        })
    })
}

/// The sign of a step beside its words; the words alone tell the state as well.
fn line(step: Step, words: String, more: Option<AnyView>) -> AnyView {
    let (class, sign) = match step {
        Step::Ok => ("oc-step oc-ok", Icon::Check),
        Step::Todo => ("oc-step oc-todo", Icon::Alert),
        Step::Waiting => ("oc-step", Icon::Circle),
    };
    view! {
        <div class=class>{icon(sign)} <span>{words}</span></div>
        {more}
    }
    .into_any()
}

fn backend(store: Store, step: Step) -> AnyView {
    let t = store.t();
    let words = match step {
        Step::Waiting => t.first_backend_wait,
        Step::Ok => t.first_backend_ok,
        Step::Todo => t.first_backend_down,
    };
    let why = match &*store.server.read() {
        Server::Down(failure) => Some(failure.explain(t).message),
        _ => None,
    };
    let more = why.map(|why| {
        view! {
            <p class="oc-fine">{why}</p>
            <Button label=t.retry.to_owned() on_press=move |()| store.check_server() />
        }
        .into_any()
    });
    line(step, words.to_owned(), more)
}

fn provider(store: Store, step: Step) -> AnyView {
    let t = store.t();
    let current =
        store.config.read().as_ref().and_then(|view| {
            view.providers.iter().find(|provider| provider.id == view.config.provider).cloned()
        });
    let label = current.as_ref().map(|provider| provider.label.clone()).unwrap_or_default();
    let words = match (step, &current) {
        (Step::Waiting, _) => t.first_provider_wait.to_owned(),
        (Step::Ok, _) => fill(t.first_provider_ok, &[("provider", &label)]),
        (Step::Todo, Some(provider)) => {
            let variable = provider.key_env.first().map(String::as_str).unwrap_or_default();
            fill(t.first_provider_key, &[("provider", &label), ("variable", variable)])
        }
        (Step::Todo, None) => t.first_provider_pick.to_owned(),
    };
    let key =
        current.as_ref().filter(|provider| !provider.key_env.is_empty()).map(|provider| provider.id.clone());
    let more = (step == Step::Todo).then(|| {
        view! {
            {key.map(|id| keys::field(store, Signal::stored(id)))}
            {picker(store, current.map(|provider| provider.id))}
        }
        .into_any()
    });
    line(step, words, more)
}

/// Providers that would work now; choosing one saves it.
fn picker(store: Store, current: Option<String>) -> AnyView {
    let view = store.config.read();
    let providers = view.iter().flat_map(|view| &view.providers);
    let usable = providers.filter(|provider| !provider.requires_key || provider.key_configured);
    let choices: Vec<_> = usable.map(|provider| Choice::new(&provider.id, &provider.label)).collect();
    let first = choices.first().map(|choice| choice.value.clone()).or(current).unwrap_or_default();
    let picked = RwSignal::new(first);
    view! {
        <div class="oc-row">
            <Select
                label=store.label(|t| t.set_provider)
                choices=Signal::stored(choices)
                value=picked
                hide_label=true
                testid="first-run-pick".to_owned()
                on_change=move |id| picked.set(id)
            />
            <Button
                label=store.label(|t| t.save)
                look=Look::Primary
                on_press=move |()| {
                    store.edit_setting("provider", picked.get_untracked());
                    store.save_settings();
                }
            />
        </div>
    }
    .into_any()
}

fn test(store: Store, step: Step) -> AnyView {
    let t = store.t();
    let words = match step {
        Step::Waiting => t.first_test_wait,
        Step::Ok => t.first_test_ok,
        Step::Todo => t.first_test_todo,
    };
    let why = match &*store.test.read() {
        Test::Failed(failure) => Some(failure.explain(t)),
        _ => None,
    };
    let running = signal(move || store.test.get() == Test::Running);
    let label = signal(move || {
        if running.get() { store.t().first_test_running } else { store.t().first_test_run }.to_owned()
    });
    let more = (step == Step::Todo).then(|| {
        view! {
            {why.map(|why| view! { <p class="oc-fine">{why.message} " " {why.hint}</p> })}
            <Button label=label disabled=running on_press=move |()| store.test_connection() />
        }
        .into_any()
    });
    line(step, words.to_owned(), more)
}

#[cfg(test)]
mod tests {
    use openclaw_shared::health::Health;
    use serde_json::json;

    use super::*;
    use crate::api::Failure;

    fn up() -> Server {
        let health: Health = serde_json::from_value(json!({
            "ok": true, "pack": {"name": "n", "version": "1"}, "uptime_sec": 1.0,
            "config": {"provider": "p", "model": "m", "base_url": "", "api_type": "builtin",
                "llm_key_configured": false, "llm_key_required": false},
            "stats": {"errors_captured": 0, "responses": {}},
            "access_policy": {"observability": "loopback_only", "token_configured": false},
        }))
        .unwrap();
        Server::Up(Box::new(health))
    }

    fn config(provider: &str, key_configured: bool) -> ConfigView {
        let entry = |id: &str, requires_key: bool| {
            json!({"id": id, "label": id, "requires_key": requires_key, "key_configured": key_configured,
                "key_env": [], "default_model": "", "models": [], "base_url": "", "local": false, "vision": false})
        };
        serde_json::from_value(json!({
            "ok": true, "tenant_id": "default", "write_enabled": true, "sources": {}, "schema": {},
            "providers": [entry("builtin", false), entry("openai", true)],
            "config": {"provider": provider, "model": "m", "base_url": "", "timeout_sec": 1, "max_retries": 0,
                "fallback_models": [], "fallback_providers": [], "max_failover_candidates": 1,
                "allow_private_network": false},
        }))
        .unwrap()
    }

    fn check(server: &Server, config: Option<&ConfigView>, tested: &str, expected: [Step; 3]) {
        assert_eq!(steps(server, config, tested), expected, "{server:?} {tested}");
    }

    #[test]
    fn each_step_waits_for_the_one_before() {
        use Step::{Ok, Todo, Waiting};
        check(&Server::Asking, None, "", [Waiting; 3]);
        check(&Server::Down(Failure::Offline), None, "", [Todo, Waiting, Waiting]);
        check(&up(), None, "", [Ok, Waiting, Waiting]);
        check(&up(), Some(&config("openai", false)), "", [Ok, Todo, Waiting]);
        check(&up(), Some(&config("gone", true)), "", [Ok, Todo, Waiting]);
        check(&up(), Some(&config("openai", true)), "", [Ok, Ok, Todo]);
        check(&up(), Some(&config("openai", true)), "openai m ", [Ok; 3]);
        check(&up(), Some(&config("openai", true)), "openai other ", [Ok, Ok, Todo]);
    }

    #[test]
    fn the_built_in_planner_is_ready_from_the_start() {
        check(&up(), Some(&config("builtin", false)), "", [Step::Ok; 3]);
    }
}
