//! How the candidates for the next call are doing.

use leptos::prelude::*;
use openclaw_shared::llm::CandidateHealth;

use crate::components::{Button, Look, Together, live};
use crate::failure::reason;
use crate::store::Store;
use openclaw_words::fill;

pub fn view(store: Store) -> AnyView {
    live(move || {
        let health = store.provider_health.get()?;
        // The built-in planner has no health to speak of.
        if health.candidates.is_empty() && health.problem.is_none() {
            return None;
        }
        let failed = health.candidates.iter().any(|candidate| candidate.failed_at > 0);
        let rows = health.candidates.into_iter().map(|candidate| row(store, candidate)).together();
        let reset = failed.then(|| {
            view! {
                <Button
                    label=store.label(|t| t.health_reset)
                    look=Look::Quiet
                    testid="health-reset"
                    on_press=move |()| store.reset_provider_health()
                />
            }
        });
        Some(view! {
            <section class="oc-stack oc-tight" data-testid="provider-health">
                <h3 class="oc-title">{store.label(|t| t.health_title)}</h3>
                {health.problem.map(|problem| view! { <p class="oc-fine oc-todo">{problem}</p> })}
                <ol class="oc-list">{rows}</ol>
                {reset}
            </section>
        })
    })
    .into_any()
}

fn row(store: Store, candidate: CandidateHealth) -> AnyView {
    let t = store.t();
    let CandidateHealth { provider, model, score, rests_sec, reason_code, .. } = candidate;
    let label = {
        let view = store.config.read();
        let known = view.as_ref().and_then(|view| view.providers.iter().find(|known| known.id == provider));
        known.map_or(provider.clone(), |known| known.label.clone())
    };
    let why = reason(&reason_code, t);
    let (class, state) = match (rests_sec, why) {
        (0, None) => ("oc-ok", t.health_good.to_owned()),
        (0, Some(why)) => ("", fill(t.health_failed, &[("reason", why)])),
        (seconds, why) => {
            let minutes = seconds.div_ceil(60).to_string();
            let reason = why.unwrap_or(t.reason_other);
            ("oc-todo", fill(t.health_rests, &[("minutes", &minutes), ("reason", reason)]))
        }
    };
    view! {
        <li>
            <span class="oc-row oc-between">
                <span>{label} " " <span class="oc-fine">{model}</span></span>
                <span class="oc-fine">{fill(t.health_score, &[("score", &score.to_string())])}</span>
            </span>
            <span class=format!("oc-fine {class}")>{state}</span>
        </li>
    }
    .into_any()
}
