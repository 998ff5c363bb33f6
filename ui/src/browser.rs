//! What every browser page has, with or without ComfyUI around it.

use std::cell::RefCell;

use js_sys::Intl::DateTimeFormat;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlElement, Storage, Url};

use crate::js;

const TOKEN_KEY: &str = "openclaw_admin_token";

/// Of the JPEGs sent: at this, what a model could judge is still there.
const QUALITY: f64 = 0.9;

/// Milliseconds since 1970.
pub fn now() -> f64 {
    js_sys::Date::now()
}

/// Nobody looks at this page now.
pub fn hidden() -> bool {
    js::path(&js_sys::global(), "document.hidden").is_truthy()
}

/// Pixels from the top of the screen to its bottom: no panel is higher.
pub fn screen_height() -> f64 {
    js::path(&js_sys::global(), "screen.height").as_f64().unwrap_or_default()
}

/// Calls back whenever the page is hidden or shown, for as long as it lives.
pub fn on_visibility(run: impl FnMut() + 'static) {
    let listener = Closure::<dyn FnMut()>::new(run).into_js_value();
    let document = js::get(&js_sys::global(), "document");
    let _ = js::call(&document, "addEventListener", &["visibilitychange".into(), listener]);
}

/// Waits.
pub async fn sleep(milliseconds: u32) {
    let wait = js_sys::Promise::new(&mut |resolve, _| {
        let _ = js::call(&js_sys::global(), "setTimeout", &[resolve.into(), milliseconds.into()]);
    });
    let _ = JsFuture::from(wait).await;
}

thread_local! {
    /// The language and its formatter: making one takes longer than drawing a row of a list.
    static TIMES: RefCell<Option<(String, DateTimeFormat)>> = const { RefCell::new(None) };
}

/// A date and time as people write it in this language.
pub fn time_text(ms: f64, language: &str) -> String {
    TIMES.with_borrow_mut(|known| {
        if known.as_ref().is_none_or(|(of, _)| of != language) {
            let options = js::object(&[("dateStyle", "short".into()), ("timeStyle", "short".into())]);
            let format = DateTimeFormat::new(&js_sys::Array::of1(&language.into()), &options.into());
            *known = Some((language.to_owned(), format));
        }
        let format = known.as_ref().map_or(JsValue::UNDEFINED, |(_, format)| format.clone().into());
        let text = js::call(&format, "format", &[ms.into()]).ok();
        text.and_then(|text| text.as_string()).unwrap_or_default()
    })
}

/// The time of day to the second.
pub fn clock_text(ms: f64, language: &str) -> String {
    let options = js::object(&[("timeStyle", "medium".into())]);
    js_sys::Date::new(&ms.into()).to_locale_string(language, &options).into()
}

/// A seed of the size ComfyUI's own randomiser draws: JavaScript numbers hold it exactly.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 to 2^50")]
pub fn random_seed() -> u64 {
    (js_sys::Math::random() * 1_125_899_906_842_624.0) as u64
}

/// Eight hexadecimal digits that name one occurrence.
pub fn random_id() -> String {
    format!("{:08x}", random_seed() & 0xffff_ffff)
}

pub fn load(key: &str) -> Option<String> {
    local()?.get_item(key).ok()?
}

/// Best effort: a full or forbidden storage must not stop the panel. Tells whether the value is kept.
pub fn save(key: &str, value: &str) -> bool {
    local().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// What this browser tab noted; it outlives a reload, and other tabs do not see it.
pub fn noted(key: &str) -> Option<String> {
    session()?.get_item(key).ok()?
}

pub fn note(key: &str, value: &str) {
    if let Some(storage) = session() {
        let _ = storage.set_item(key, value);
    }
}

/// The admin token that was typed in this browser tab.
pub fn admin_token() -> Option<String> {
    noted(TOKEN_KEY).filter(|token| !token.is_empty())
}

/// Kept for this browser tab only, so that no token is ever written to disk.
pub fn set_admin_token(token: &str) {
    if let Some(storage) = session() {
        let _ = if token.is_empty() {
            storage.remove_item(TOKEN_KEY)
        } else {
            storage.set_item(TOKEN_KEY, token)
        };
    }
}

/// Whether the text reached the clipboard.
pub async fn copy(text: &str) -> bool {
    // Pages that are not served securely have no clipboard object at all.
    let clipboard = js::path(&js_sys::global(), "navigator.clipboard");
    match js::call(&clipboard, "writeText", &[text.into()]) {
        Ok(promise) => JsFuture::from(js_sys::Promise::resolve(&promise)).await.is_ok(),
        Err(_) => copy_by_selection(text).unwrap_or(false),
    }
}

fn copy_by_selection(text: &str) -> Option<bool> {
    let document = web_sys::window()?.document()?;
    let area: web_sys::HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(text);
    document.body()?.append_child(&area).ok()?;
    area.select();
    let copied = js::call(&document, "execCommand", &["copy".into()]);
    area.remove();
    Some(copied.is_ok_and(|done| done.is_truthy()))
}

/// A picture small enough to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub data_url: String,
    pub name: String,
    /// Of the file, in pixels.
    pub width: u32,
    pub height: u32,
}

impl Picture {
    /// As it is kept: one line about it, then the picture.
    pub fn to_text(&self) -> String {
        let Self { data_url, name, width, height } = self;
        format!("{width} {height} {}\n{data_url}", name.replace('\n', " "))
    }

    pub fn from_text(text: &str) -> Option<Self> {
        let (about, data_url) = text.split_once('\n')?;
        let mut about = about.splitn(3, ' ');
        let (width, height) = (about.next()?.parse().ok()?, about.next()?.parse().ok()?);
        let name = about.next()?.to_owned();
        data_url.starts_with("data:image/").then(|| Self {
            data_url: data_url.to_owned(),
            name,
            width,
            height,
        })
    }
}

/// A picture of at most `side` pixels each way; `None` when the browser cannot read the file as one.
pub async fn shrink(file: JsValue, name: String, side: u32) -> Option<Picture> {
    let promise = js::call(&js_sys::global(), "createImageBitmap", &[file]).ok()?;
    let bitmap = JsFuture::from(js_sys::Promise::resolve(&promise)).await.ok()?;
    let pixels = |key| js::get(&bitmap, key).as_f64().filter(|pixels| *pixels >= 1.0);
    let (width, height) = (pixels("width")?, pixels("height")?);
    let scale = (f64::from(side) / width.max(height)).min(1.0);
    let (small_width, small_height) = ((width * scale).round().max(1.0), (height * scale).round().max(1.0));
    let canvas: JsValue = web_sys::window()?.document()?.create_element("canvas").ok()?.into();
    js::set(&canvas, "width", &small_width.into());
    js::set(&canvas, "height", &small_height.into());
    let context = js::call(&canvas, "getContext", &["2d".into()]).ok()?;
    // JPEG has no transparency: without this, clear parts would turn black.
    js::set(&context, "fillStyle", &"#fff".into());
    let area = [0.into(), 0.into(), small_width.into(), small_height.into()];
    js::call(&context, "fillRect", &area).ok()?;
    js::set(&context, "imageSmoothingQuality", &"high".into());
    let [x, y, w, h] = area;
    js::call(&context, "drawImage", &[bitmap.clone(), x, y, w, h]).ok()?;
    let _ = js::call(&bitmap, "close", &[]);
    let data_url =
        js::call(&canvas, "toDataURL", &["image/jpeg".into(), QUALITY.into()]).ok()?.as_string()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size in pixels")]
    let (width, height) = (width as u32, height as u32);
    data_url.starts_with("data:image/").then_some(Picture { data_url, name, width, height })
}

/// Hands a text file to the browser's download list.
pub fn download(name: &str, text: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let url = Url::create_object_url_with_blob(&Blob::new_with_str_sequence(&parts).ok()?).ok()?;
    let link: HtmlElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_attribute("href", &url).ok()?;
    link.set_attribute("download", name).ok()?;
    link.click();
    Url::revoke_object_url(&url).ok()
}

fn local() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn session() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_picture_comes_back_whole() {
        for name in ["a b.png", "", "two\nlines"] {
            let data_url = "data:image/jpeg;base64,AA".to_owned();
            let picture = Picture { data_url, name: name.into(), width: 64, height: 48 };
            let name = name.replace('\n', " ");
            assert_eq!(Picture::from_text(&picture.to_text()), Some(Picture { name, ..picture }));
        }
        for text in
            ["", "1 2 name", "1 2 name\nhttps://elsewhere/x.png", "1 two name\ndata:image/png;base64,AA"]
        {
            assert_eq!(Picture::from_text(text), None, "{text}");
        }
    }
}
