//! Prompts that are queued without touching the open graph.

use js_sys::{JSON, Promise};
use serde_json::Value;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::{Host, plain};
use crate::js;
use crate::tabs::variants::batch::model::refusal;

impl Host {
    /// What the open graph would run, with the graph: `{output, workflow}`. `None` where there is nothing to run.
    pub async fn runnable(self) -> Option<Value> {
        let promise = js::call(&self.app(), "graphToPrompt", &[]).ok()?;
        let made = plain(&JsFuture::from(Promise::resolve(&promise)).await.ok()?)?;
        let nodes = made["output"].as_object()?;
        (!nodes.is_empty()).then_some(made)
    }

    /// Queues a prompt as the Run button does, with what the host adds for its own nodes. `Err(None)` means that
    /// ComfyUI did not answer.
    pub async fn submit(self, runnable: &Value) -> Result<String, Option<String>> {
        let parsed = JSON::parse(&runnable.to_string()).map_err(|_| None)?;
        let queued = js::call(&self.api(), "queuePrompt", &[0.into(), parsed]).map_err(|_| None)?;
        match JsFuture::from(Promise::resolve(&queued)).await {
            Ok(answer) => js::text(&answer, "prompt_id").ok_or(None),
            Err(error) => Err(plain(&js::get(&error, "response")).and_then(|answer| refusal(&answer))),
        }
    }

    /// Which of its node's widgets this is, as saved graphs count them.
    pub fn widget_at(self, node: &str, widget: &str) -> Option<usize> {
        let widgets = js::get(&self.find(node)?, "widgets");
        js::items(&widgets).position(|known| js::text(&known, "name").as_deref() == Some(widget))
    }

    /// How many prompts ComfyUI still has, from its `status` event.
    pub fn left(detail: &JsValue) -> Option<f64> {
        js::path(detail, "exec_info.queue_remaining").as_f64()
    }
}
