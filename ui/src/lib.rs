//! The sidebar panel. The loader makes one [`OpenClaw`] for a page and mounts it wherever the host asks for it;
//! state lives in the store, so that a panel can close and open again without losing anything.

mod api;
mod browser;
mod components;
mod crash;
mod diff;
mod failure;
mod graph;
mod host;
mod js;
mod read;
mod recipe;
mod store;
mod tabs;

use std::any::Any;

use leptos::prelude::Owner;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use crate::host::Host;
use crate::store::Store;

/// The panel's state for as long as the page lives.
#[wasm_bindgen]
pub struct OpenClaw {
    store: Store,
    /// Keeps the signals of the store alive.
    _owner: Owner,
}

#[wasm_bindgen]
impl OpenClaw {
    /// `page` is `{ app, api, badge(text), crashed(crash), crash?, file(path), words }`; without `app` there is no
    /// graph, and without `words` no language other than English.
    #[wasm_bindgen(constructor)]
    pub fn new(page: JsValue) -> Self {
        // Set when another instance on this thread did it already; there is none.
        let _ = any_spawner::Executor::init_wasm_bindgen();
        let owner = Owner::new();
        let store = owner.with(|| {
            let crash = crash::Crash::read(&page);
            let host = Host::new(page);
            crash::install(host.crash_handler());
            Store::new(host, crash)
        });
        Self { store, _owner: owner }
    }

    /// The same, in ComfyUI's language from the start.
    pub async fn open(page: JsValue) -> Self {
        let panel = Self::new(page);
        panel.store.follow_language().await;
        panel
    }

    /// Shows the panel in an element until the returned handle is freed.
    pub fn mount(&self, container: HtmlElement) -> Panel {
        let store = self.store;
        store.look_around();
        store.check_server();
        Panel { _handle: Box::new(leptos::mount::mount_to(container, move || tabs::shell(store))) }
    }

    /// Opens the planner with this text as what the picture should show.
    #[wasm_bindgen(js_name = planFrom)]
    pub fn plan_from(&self, text: String) {
        self.store.plan_from(text);
    }
}

/// One place where the panel is shown. Freeing it takes it away.
#[wasm_bindgen]
pub struct Panel {
    _handle: Box<dyn Any>,
}
