//! The only bindings to ComfyUI's JavaScript. Everything is feature-detected: hosts differ between versions,
//! and the stand-alone page has no graph at all.

mod batch;
mod graph;
mod outputs;
mod queue;

use js_sys::{Function, Promise};
use leptos::prelude::{LocalStorage, StoredValue, WithValue};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::js;

pub use outputs::Output;
pub use queue::plain;

/// How serious a toast is, as the host names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Success,
    Warn,
    Error,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// The page around the panel: `{ app, api, badge, crashed, file, words }` as the loader made it.
#[derive(Clone, Copy)]
pub struct Host(StoredValue<JsValue, LocalStorage>);

impl Host {
    pub fn new(page: JsValue) -> Self {
        Self(StoredValue::new_local(page))
    }

    fn app(self) -> JsValue {
        self.0.with_value(|page| js::get(page, "app"))
    }

    fn manager(self, part: &str) -> JsValue {
        js::path(&self.app(), &format!("extensionManager.{part}"))
    }

    fn api(self) -> JsValue {
        self.0.with_value(|page| js::get(page, "api"))
    }

    /// Whether there is a graph to read and write.
    pub fn has_graph(self) -> bool {
        self.app().is_object()
    }

    /// A request through the host's own client, so that its base path and its login hold.
    pub async fn fetch(self, path: &str, init: &web_sys::RequestInit) -> Result<Response, JsValue> {
        let promise = js::call(&self.api(), "fetchApi", &[path.into(), init.into()])?;
        JsFuture::from(Promise::resolve(&promise)).await?.dyn_into()
    }

    /// The interface language people chose in ComfyUI, for instance `zh-TW`.
    pub fn language(self) -> String {
        let setting = js::call(&self.manager("setting"), "get", &["Comfy.Locale".into()]).ok();
        let browser = || js::path(&js_sys::global(), "navigator.language").as_string();
        setting.and_then(|value| value.as_string()).or_else(browser).unwrap_or_default()
    }

    /// The words of another language; `None` where they are not beside the panel.
    pub async fn load_words(self, tag: &str) -> Option<String> {
        let url = self.0.with_value(|page| {
            let name = js::text(&js::get(page, "words"), tag)?;
            js::call(page, "file", &[format!("pkg/{name}").into()]).ok()?.as_string()
        })?;
        let answer = JsFuture::from(web_sys::window()?.fetch_with_str(&url)).await.ok()?;
        let answer: Response = answer.dyn_into().ok()?;
        JsFuture::from(answer.text().ok()?).await.ok().filter(|_| answer.ok())?.as_string()
    }

    /// False when the host shows no toasts, so that the caller says it another way.
    pub fn toast(self, severity: Severity, summary: &str, detail: &str) -> bool {
        let life = if severity == Severity::Error { 8000 } else { 4000 };
        let message = js::object(&[
            ("severity", severity.as_str().into()),
            ("summary", summary.into()),
            ("detail", detail.into()),
            ("life", life.into()),
        ]);
        js::call(&self.manager("toast"), "add", &[message]).is_ok()
    }

    /// Asks in the host's own dialog, or in the browser's where there is none.
    pub async fn confirm(self, title: &str, message: &str) -> bool {
        let options = js::object(&[("title", title.into()), ("message", message.into())]);
        match js::call(&self.manager("dialog"), "confirm", &[options]) {
            Ok(promise) => {
                JsFuture::from(Promise::resolve(&promise)).await.is_ok_and(|answer| answer.is_truthy())
            }
            Err(_) => web_sys::window()
                .and_then(|window| window.confirm_with_message(message).ok())
                .unwrap_or(false),
        }
    }

    /// Puts the graph in the queue, as the host's Run button does; false when the host refused it and said so.
    pub async fn queue(self) -> Result<bool, JsValue> {
        let promise = js::call(&self.app(), "queuePrompt", &[0.into(), 1.into()])?;
        let answer = JsFuture::from(Promise::resolve(&promise)).await?;
        // Older hosts answer false in any case; only a refusal leaves errors behind.
        Ok(answer.is_truthy() || !js::get(&self.app(), "lastNodeErrors").is_truthy())
    }

    /// Text on the sidebar icon; empty removes it.
    pub fn badge(self, text: &str) {
        let _ = self.0.with_value(|page| js::call(page, "badge", &[text.into()]));
    }

    /// What the loader wants called when this instance has panicked.
    pub fn crash_handler(self) -> Option<Function> {
        self.0.with_value(|page| js::method(page, "crashed"))
    }

    /// The same, with what the event tells.
    pub fn on_detail(self, event: &str, mut run: impl FnMut(JsValue) + 'static) {
        let told = move |event: JsValue| run(js::get(&event, "detail"));
        let listener = Closure::<dyn FnMut(JsValue)>::new(told).into_js_value();
        let _ = js::call(&self.api(), "addEventListener", &[event.into(), listener]);
    }

    /// Calls back at each of these host events, for as long as the page lives.
    pub fn on(self, event: &str, run: impl FnMut() + 'static) {
        let listener = Closure::<dyn FnMut()>::new(run).into_js_value();
        let _ = js::call(&self.api(), "addEventListener", &[event.into(), listener]);
    }
}
