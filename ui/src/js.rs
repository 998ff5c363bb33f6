//! Reading JavaScript objects whose shape the host may change: nothing here throws.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A member, or `undefined` when there is none or its getter throws.
pub fn get(target: &JsValue, key: &str) -> JsValue {
    if target.is_null() || target.is_undefined() {
        return JsValue::UNDEFINED;
    }
    Reflect::get(target, &JsValue::from_str(key)).unwrap_or(JsValue::UNDEFINED)
}

/// A member of a member: `path(app, "extensionManager.toast")`.
pub fn path(target: &JsValue, keys: &str) -> JsValue {
    keys.split('.').fold(target.clone(), |value, key| get(&value, key))
}

pub fn text(target: &JsValue, key: &str) -> Option<String> {
    get(target, key).as_string()
}

/// A method of `target`, if it has one by this name.
pub fn method(target: &JsValue, name: &str) -> Option<Function> {
    get(target, name).dyn_into().ok()
}

/// Calls a method; `Err` when there is none or it throws.
pub fn call(target: &JsValue, name: &str, args: &[JsValue]) -> Result<JsValue, JsValue> {
    let function = method(target, name).ok_or(JsValue::UNDEFINED)?;
    Reflect::apply(&function, target, &args.iter().collect::<Array>())
}

pub fn set(target: &JsValue, key: &str, value: &JsValue) -> bool {
    target.is_object() && Reflect::set(target, &JsValue::from_str(key), value).unwrap_or(false)
}

/// The elements of an array; nothing when it is not one.
pub fn items(value: &JsValue) -> impl Iterator<Item = JsValue> + use<> {
    let array = if Array::is_array(value) { Array::from(value) } else { Array::new() };
    array.into_iter()
}

/// A plain object.
pub fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new();
    for (key, value) in members {
        set(&object, key, value);
    }
    object.into()
}
