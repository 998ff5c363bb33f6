//! Where a job's result went, and a way to send it again.

use leptos::prelude::*;
use openclaw_shared::job::{DeliveryState, Job};
use openclaw_shared::webhook::Delivery;
use openclaw_words::fill;

use crate::browser;
use crate::components::{Button, Look, Together};
use crate::store::Store;

pub fn view(store: Store, job: &Job) -> AnyView {
    let detail = store.job_detail.read();
    let detail = detail.as_ref().filter(|detail| detail.job.id == job.id);
    let deliveries = detail.map_or(&[][..], |detail| &detail.deliveries);
    deliveries.iter().map(|delivery| one(store, delivery)).together().into_any()
}

fn one(store: Store, delivery: &Delivery) -> AnyView {
    let over = matches!(delivery.state, DeliveryState::Delivered | DeliveryState::Dead);
    let id = delivery.id.clone();
    let again = over.then(|| {
        view! {
            <Button
                label=store.label(|t| t.delivery_again)
                look=Look::Quiet
                testid="delivery-again"
                on_press=move |()| store.replay_delivery(id.clone())
            />
        }
    });
    view! {
        <div class="oc-row oc-between" data-testid="job-delivery">
            <span class="oc-fine oc-grow">{words(store, delivery)}</span>
            {again}
        </div>
    }
    .into_any()
}

fn words(store: Store, delivery: &Delivery) -> String {
    let t = store.t();
    let reason = delivery.last_error.as_deref();
    let words = match (delivery.state, reason) {
        (DeliveryState::Delivered, _) => t.delivery_done,
        (DeliveryState::Dead, _) => t.delivery_dead,
        (_, Some(_)) => t.delivery_later,
        (_, None) => t.delivery_on_way,
    };
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970")]
    let when = delivery.due_at.map(|at| browser::time_text(at as f64, store.locale.get().tag()));
    let facts = [
        ("target", delivery.target.as_str()),
        ("reason", reason.unwrap_or_default()),
        ("when", when.as_deref().unwrap_or_default()),
    ];
    fill(words, &facts)
}
