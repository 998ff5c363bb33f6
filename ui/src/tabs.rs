//! The shell: one tab bar, one scroll region, one footer.

mod first_run;
mod footer;
mod handover;
pub mod jobs;
mod lightbox;
pub mod parts;
pub mod planner;
pub mod refiner;
pub mod run;
pub mod settings;
mod token;
pub mod variants;
mod written;

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement};

use crate::components::{Button, Icon, Look, Together, error_card, icon, live, on, press, signal};
use crate::crash::Crash;
use crate::failure::Explained;
use crate::js;
use crate::store::{Kind, Server, Store};
use openclaw_words::{Messages, fill};

/// A place in the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    #[default]
    Planner,
    Variants,
    Refiner,
    Jobs,
    Settings,
}

impl Tab {
    pub const ALL: [Self; 5] = [Self::Planner, Self::Variants, Self::Refiner, Self::Jobs, Self::Settings];

    /// Stable: it is stored and part of test ids.
    pub fn id(self) -> &'static str {
        match self {
            Self::Planner => "planner",
            Self::Variants => "variants",
            Self::Refiner => "refiner",
            Self::Jobs => "jobs",
            Self::Settings => "settings",
        }
    }

    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.id() == id)
    }

    fn icon(self) -> Icon {
        match self {
            Self::Planner => Icon::Planner,
            Self::Variants => Icon::Variants,
            Self::Refiner => Icon::Refiner,
            Self::Jobs => Icon::Jobs,
            Self::Settings => Icon::Settings,
        }
    }

    fn label(self, t: &Messages) -> &'static str {
        match self {
            Self::Planner => t.tab_planner,
            Self::Variants => t.tab_variants,
            Self::Refiner => t.tab_refiner,
            Self::Jobs => t.tab_jobs,
            Self::Settings => t.tab_settings,
        }
    }

    /// The tab that an arrow key leads to.
    fn next(self, key: &str) -> Option<Self> {
        let at = Self::ALL.iter().position(|tab| *tab == self)?;
        let last = Self::ALL.len() - 1;
        let to = match key {
            "ArrowRight" | "ArrowDown" => (at + 1) % Self::ALL.len(),
            "ArrowLeft" | "ArrowUp" => at.checked_sub(1).unwrap_or(last),
            "Home" => 0,
            "End" => last,
            _ => return None,
        };
        Some(Self::ALL[to])
    }
}

/// Tells the ids of two open panels apart.
static MOUNTS: AtomicU32 = AtomicU32::new(0);

/// The whole panel.
pub fn shell(store: Store) -> impl IntoView {
    let mount = MOUNTS.fetch_add(1, Ordering::Relaxed);
    let tab_id = move |tab: Tab| format!("oc-{mount}-tab-{}", tab.id());
    let panel_id = format!("oc-{mount}-panel");
    let controls = panel_id.clone();
    let button = move |tab: Tab| {
        let label = signal(move || tab.label(store.t()).to_owned());
        view! {
            <button
                type="button"
                {..press(move || store.tab.set(tab))}
                {..on("pointerenter", move |_: Event| store.fetch(tab))}
                role="tab"
                class="oc-tab"
                id=tab_id(tab)
                data-testid=format!("tab-{}", tab.id())
                aria-controls=controls.clone()
                aria-selected=signal(move || (store.tab.get() == tab).to_string())
                tabindex=signal(move || if store.tab.get() == tab { "0" } else { "-1" }.to_owned())
                title=label
            >
                {icon(tab.icon())}
                <span class="oc-tab-label">{label}</span>
            </button>
        }
    };
    let content = move || {
        let tab = store.tab.get();
        match store.crash.get().filter(|crash| crash.tab == tab.id()) {
            Some(crash) => (crash_card(store, crash), ().into_any()),
            None => match store.view_of(tab) {
                Some(Ok(view)) => view(store),
                Some(Err(())) => (missing_card(store, tab), ().into_any()),
                None => {
                    store.fetch(tab);
                    let wait =
                        view! { <p class="oc-hint oc-late" data-testid="tab-wait">{store.t().part_wait}</p> };
                    (wait.into_any(), ().into_any())
                }
            },
        }
    };
    view! {
        <div
            class="openclaw"
            data-testid="openclaw-root"
            lang=signal(move || store.locale.get().tag().to_owned())
            {..on("keydown", move |event| on_key(store, &event))}
            {..on("pointerenter", move |_: Event| store.look_around())}
        >
            <header class="oc-bar">
                <div
                    role="tablist"
                    class="oc-tabs"
                    aria-label=store.label(|t| t.sections)
                    {..on("keydown", move |event| on_tab_key(store, &event))}
                >
                    {Tab::ALL.into_iter().map(button).together()}
                </div>
                {status(store)}
            </header>
            {live(move || {
                let (body, footer) = content();
                view! {
                    <div
                        class="oc-scroll"
                        role="tabpanel"
                        id=panel_id.clone()
                        aria-labelledby=tab_id(store.tab.get_untracked())
                        tabindex="-1"
                        {..on("scroll", move |event| scrolled(store, &event))}
                    >
                        {notice(store)}
                        {token::card(store)}
                        {first_run::card(store)}
                        {body}
                    </div>
                    {footer}
                }
            })}
        </div>
    }
}

/// The list of jobs draws what can be seen.
fn scrolled(store: Store, event: &Event) {
    let region = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    if let Some(region) = region.filter(|_| store.tab.get_untracked() == Tab::Jobs && store.jobs_listed()) {
        store.scrolled.set(region.scroll_top().into());
    }
}

/// Shows the panel from its top. The keyboard goes on in it when what had the focus is gone.
fn arrive(place: &Element) {
    let Ok(Some(region)) = place.closest(".oc-scroll") else { return };
    js::set(&region, "scrollTop", &0.into());
    let document = js::path(&js_sys::global(), "document");
    let focused = js::call(&document, "querySelector", &[":focus".into()]);
    if focused.is_ok_and(|focused| focused.is_null()) {
        focus(&region);
    }
}

/// Without a jump: what gets the focus is where it was.
fn focus(element: &Element) {
    let _ = js::call(element, "focus", &[js::object(&[("preventScroll", true.into())])]);
}

/// Keys stay in the panel: the host would toggle its own tabs on letters and queue the graph on Ctrl+Enter.
/// Its combinations with Ctrl, such as undo on a focused button, still reach it.
fn on_key(store: Store, event: &KeyboardEvent) {
    let combined = event.ctrl_key() || event.meta_key();
    if !combined || event.key() == "Enter" {
        event.stop_propagation();
    }
    // The host undoes its graph; the browser would undo the text that was typed last besides, wherever it is.
    let undoes = combined && matches!(event.key().as_str(), "z" | "Z" | "y");
    if undoes && !in_field(event) {
        event.prevent_default();
    }
    let tab = store.tab.get_untracked();
    match event.key().as_str() {
        "Enter" if combined => {
            event.prevent_default();
            // Some fields tell what was typed only when they are left.
            if let Some(field) = event.target().filter(|_| in_field(event)) {
                let _ = js::call(&field, "blur", &[]);
                let _ = js::call(&field, "focus", &[]);
            }
            match tab {
                Tab::Planner => store.run_plan(),
                Tab::Refiner => store.run_refiner(),
                Tab::Jobs if store.template.open.get_untracked() => store.run_template(),
                _ => {}
            }
        }
        // While words are being composed, Escape belongs to the input method.
        "Escape" if !event.is_composing() => match tab {
            Tab::Planner => store.cancel(Kind::Planner),
            Tab::Refiner => store.cancel(Kind::Refiner),
            _ => {}
        },
        _ => {}
    }
}

/// Whether the key goes to a field with text in it.
fn in_field(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA"))
}

fn on_tab_key(store: Store, event: &KeyboardEvent) {
    let Some(next) = store.tab.get_untracked().next(&event.key()) else { return };
    event.prevent_default();
    store.tab.set(next);
    let list = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let button =
        list.and_then(|list| list.query_selector(&format!("[data-testid=tab-{}]", next.id())).ok()?);
    if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        // A button that is about to leave the tab order must not keep the focus.
        let _ = button.focus();
    }
}

/// A dot that tells whether the server answers, and asks again when pressed.
fn status(store: Store) -> impl IntoView {
    let words = signal(move || match &*store.server.read() {
        Server::Asking => store.t().status_wait.to_owned(),
        Server::Up(health) => fill(store.t().status_up, &[("version", &health.pack.version)]),
        Server::Down(_) => store.t().status_down.to_owned(),
    });
    view! {
        <button
            type="button"
            {..press(move || store.check_server())}
            class="oc-status"
            class:oc-up=signal(move || matches!(*store.server.read(), Server::Up(_)))
            class:oc-down=signal(move || matches!(*store.server.read(), Server::Down(_)))
            title=words
            aria-label=words
        ></button>
    }
}

/// Stands in for toasts where the host has none.
fn notice(store: Store) -> impl IntoView {
    let line = live(move || {
        store.notice.get().map(|notice| {
            view! {
                <div class="oc-card oc-notice" data-severity=notice.severity.as_str()>
                    <span>{notice.text}</span>
                    <Button
                        label=store.label(|t| t.dismiss)
                        look=Look::Quiet
                        on_press=move |()| store.notice.set(None)
                    />
                </div>
            }
        })
    });
    view! { <div aria-live="polite">{line}</div> }
}

/// An error card whose id can be copied.
fn failure_card(store: Store, title: impl Into<String>, explained: Explained, actions: AnyView) -> AnyView {
    error_card(title.into(), explained, store.t(), UnsyncCallback::new(move |id| store.copy(id)), actions)
}

/// Stands in for a tab that could not be fetched.
fn missing_card(store: Store, tab: Tab) -> AnyView {
    let t = store.t();
    let explained = Explained { message: t.part_failed_detail.to_owned(), ..Explained::default() };
    let again = move |()| store.forget_view(tab);
    let actions = view! { <Button label=t.retry.to_owned() look=Look::Primary on_press=again /> };
    failure_card(store, t.part_failed, explained, actions.into_any())
}

fn crash_card(store: Store, crash: Crash) -> AnyView {
    let t = store.t();
    let report = format!("{} {}\n{}", crash.id, crash.tab, crash.message);
    let explained =
        Explained { message: t.crash_detail.to_owned(), id: Some(crash.id), ..Explained::default() };
    let actions = view! {
        <Button label=t.crash_retry.to_owned() look=Look::Primary on_press=move |()| store.crash.set(None) />
        <Button label=t.crash_copy.to_owned() on_press=move |()| store.copy(report.clone()) />
    };
    failure_card(store, t.crash_title, explained, actions.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrow_keys_go_round_the_tabs() {
        let go = |key| Tab::Planner.next(key);
        assert_eq!(go("ArrowRight"), Some(Tab::Variants));
        assert_eq!(go("ArrowLeft"), Some(Tab::Settings));
        assert_eq!(go("Home"), Some(Tab::Planner));
        assert_eq!(go("End"), Some(Tab::Settings));
        assert_eq!(go("x"), None);
    }

    #[test]
    fn a_stored_tab_is_found_again() {
        for tab in Tab::ALL {
            assert_eq!(Tab::of_id(tab.id()), Some(tab));
        }
        assert_eq!(Tab::of_id("from_the_future"), None);
    }
}
