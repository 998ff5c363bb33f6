//! Pictures that this ComfyUI has made.

use js_sys::{Object, Promise, encode_uri_component};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::Host;
use crate::js;

/// Runs of the history that are looked through.
const RUNS: u32 = 24;
/// Pictures shown to choose from.
const SHOWN: usize = 12;

/// A file that a run has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub filename: String,
    pub subfolder: String,
    pub kind: String,
}

impl Output {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            filename: js::text(value, "filename")?,
            subfolder: js::text(value, "subfolder").unwrap_or_default(),
            kind: js::text(value, "type")?,
        })
    }

    fn path(&self) -> String {
        let Self { filename, subfolder, kind } = self;
        let safe = |text: &str| String::from(encode_uri_component(text));
        format!("/view?filename={}&subfolder={}&type={}", safe(filename), safe(subfolder), safe(kind))
    }
}

impl Host {
    /// The newest pictures first.
    pub async fn recent_outputs(self) -> Vec<Output> {
        let history = self.json(&format!("/history?max_items={RUNS}")).await.unwrap_or(JsValue::UNDEFINED);
        if !history.is_object() {
            return Vec::new();
        }
        let mut found = Vec::new();
        // The host lists the oldest first.
        for run in Object::values(&Object::from(history)).reverse() {
            let outputs = js::get(&run, "outputs");
            if !outputs.is_object() {
                continue;
            }
            for node in Object::values(&Object::from(outputs)) {
                let images = js::items(&js::get(&node, "images")).filter_map(|image| Output::read(&image));
                found.extend(images.filter(|image| !found.contains(image)).collect::<Vec<_>>());
            }
        }
        found.truncate(SHOWN);
        found
    }

    /// The address of a picture for an `img`.
    pub fn picture_url(self, output: &Output) -> String {
        self.url(&output.path())
    }

    pub async fn picture(self, output: &Output) -> Result<JsValue, JsValue> {
        let response = self.fetch(&output.path(), &web_sys::RequestInit::new()).await?;
        if !response.ok() {
            return Err(JsValue::UNDEFINED);
        }
        JsFuture::from(response.blob()?).await
    }

    /// An answer of the host itself.
    pub async fn json(self, path: &str) -> Result<JsValue, JsValue> {
        let response = self.fetch(path, &web_sys::RequestInit::new()).await?;
        JsFuture::from(Promise::resolve(&response.json()?)).await
    }
}
