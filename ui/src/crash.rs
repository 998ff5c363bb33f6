//! A panic ends this WASM instance: its memory can no longer be trusted. The page is told which tab it was and
//! opens a fresh instance, where only that tab is replaced by a card until somebody opens it again.

use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;

use js_sys::Function;
use wasm_bindgen::JsValue;

use crate::{browser, js};

thread_local! {
    static HANDLER: RefCell<Option<Function>> = const { RefCell::new(None) };
    static OPEN_TAB: Cell<&'static str> = const { Cell::new("") };
    static CRASHED: Cell<bool> = const { Cell::new(false) };
}

/// What the instance before this one left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    pub tab: String,
    pub message: String,
    pub id: String,
}

impl Crash {
    /// Reads what [`install`]ed code of the former instance handed to the page.
    pub fn read(page: &JsValue) -> Option<Self> {
        let crash = js::get(page, "crash");
        let text = |key| js::text(&crash, key);
        Some(Self { tab: text("tab")?, message: text("message")?, id: text("id")? })
    }
}

/// From now on a panic calls `handler` with `{ tab, message, id }`.
pub fn install(handler: Option<Function>) {
    HANDLER.set(handler);
    std::panic::set_hook(Box::new(report));
}

/// Names the tab that a panic from now on belongs to.
pub fn set_open_tab(id: &'static str) {
    OPEN_TAB.set(id);
}

/// Timers of a dead instance still fire; they must do nothing.
pub fn happened() -> bool {
    CRASHED.get()
}

fn report(info: &PanicHookInfo<'_>) {
    if CRASHED.replace(true) {
        return;
    }
    let (message, id) = (info.to_string(), browser::random_id());
    web_sys::console::error_1(&format!("OpenClaw {id}: {message}").into());
    let crash = js::object(&[("tab", OPEN_TAB.get().into()), ("message", message.into()), ("id", id.into())]);
    if let Some(handler) = HANDLER.take() {
        let _ = handler.call1(&JsValue::NULL, &crash);
    }
}
