//! ComfyUI's own queue.

use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::RequestInit;

use super::Host;
use crate::js;

/// Runs of the history that are listed when only ComfyUI tells.
const RUNS: u32 = 64;

impl Host {
    /// The newest runs of the history, and the queue.
    pub async fn history_and_queue(self) -> (Value, Value) {
        let history = self.value(&format!("/history?max_items={RUNS}")).await;
        (history, self.value("/queue").await)
    }

    /// Null where there is no answer.
    pub async fn value(self, path: &str) -> Value {
        let answer = self.json(path).await.ok();
        answer.and_then(|answer| plain(&answer)).unwrap_or_default()
    }

    /// Takes a job out of the queue, or stops it where it runs.
    pub async fn stop(self, id: &str) -> Result<(), JsValue> {
        self.post("/queue", &serde_json::json!({ "delete": [id] })).await?;
        self.post("/interrupt", &serde_json::json!({ "prompt_id": id })).await
    }

    async fn post(self, path: &str, body: &Value) -> Result<(), JsValue> {
        let init = RequestInit::new();
        init.set_method("POST");
        let headers = web_sys::Headers::new()?;
        headers.set("Content-Type", "application/json")?;
        init.set_headers(&headers);
        init.set_body(&body.to_string().into());
        let response = self.fetch(path, &init).await?;
        if response.ok() { Ok(()) } else { Err(JsValue::UNDEFINED) }
    }

    /// Shows a node in the middle of the canvas and selects it; false when the open graph does not have it.
    pub fn locate(self, node: &str) -> bool {
        // Nodes in a subgraph are named by the way to them.
        let outer = node.split(':').next().unwrap_or(node);
        let Some(found) = self.find(outer) else { return false };
        let canvas = js::get(&self.app(), "canvas");
        let _ = js::call(&canvas, "centerOnNode", std::slice::from_ref(&found));
        let _ = js::call(&canvas, "selectNode", &[found]);
        true
    }

    /// The address of something below ComfyUI's own.
    pub fn url(self, path: &str) -> String {
        let url = js::call(&self.api(), "apiURL", &[path.into()]).ok();
        url.and_then(|url| url.as_string()).unwrap_or_else(|| path.to_owned())
    }
}

/// A plain object of the page as JSON.
pub fn plain(value: &JsValue) -> Option<Value> {
    let text = js_sys::JSON::stringify(value).ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}
