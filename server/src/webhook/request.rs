//! From the bytes of a sender to one normal form.

use openclaw_shared::id::Surface;
use openclaw_shared::webhook::{Callback, WebhookRequest};
use serde_json::{Map, Value};

/// The Python edition read these, too.
const ALIASES: [(&str, &str); 4] = [
    ("templateId", "template_id"),
    ("profileId", "profile_id"),
    ("jobId", "job_id"),
    ("traceId", "trace_id"),
];
/// What other programs wrap their events in; the first that is there counts.
const WRAPPERS: [&str; 2] = ["payload", "data"];
/// Bytes; as in the Python edition.
const MAX_ID: usize = 64;
/// Of a callback. Receivers need one or two.
const MAX_HEADERS: usize = 16;
/// Bytes of a header's value: a long token.
const MAX_HEADER: usize = 4096;
/// Characters of `mode`.
const MAX_MODE: usize = 32;

/// Why a body says nothing that could be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("The body is not JSON: {0}")]
    NotJson(String),
    #[error("{0}")]
    Invalid(String),
}

/// Reads a body.
pub fn object(body: &[u8]) -> Result<Map<String, Value>, RequestError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(RequestError::Invalid("JSON object required".into())),
        Err(error) => Err(RequestError::NotJson(error.to_string())),
    }
}

/// The members of the normal form, whatever else is there; the version and the profile need not be.
pub fn generic(members: Map<String, Value>) -> Result<WebhookRequest, String> {
    let mut members = renamed(members);
    members.retain(|name, _| WebhookRequest::FIELDS.contains(&name.as_str()));
    members.entry("version").or_insert(WebhookRequest::VERSION.into());
    members.entry("profile_id").or_insert("generic".into());
    normalise(members)
}

fn renamed(members: Map<String, Value>) -> Map<String, Value> {
    let mut members = unwrap(members);
    for (alias, name) in ALIASES {
        if let Some(value) = members.remove(alias) {
            members.entry(name).or_insert(value);
        }
    }
    members
}

/// The normal form: unwrapped, old names made new, every field checked.
pub fn normalise(members: Map<String, Value>) -> Result<WebhookRequest, String> {
    let members = renamed(members);
    let unknown: Vec<_> = members
        .keys()
        .filter(|name| !WebhookRequest::FIELDS.contains(&name.as_str()))
        .map(|name| cut(name))
        .collect();
    if !unknown.is_empty() {
        return Err(format!("Unknown fields: {}", unknown.join(", ")));
    }
    let request: WebhookRequest = serde_path_to_error::deserialize(Value::Object(members))
        .map_err(|error| format!("{}: {}", error.path(), error.inner()))?;
    if request.version != WebhookRequest::VERSION {
        return Err(format!("version must be {}", WebhookRequest::VERSION));
    }
    Surface::Template
        .check(&request.template_id)
        .map_err(|error| format!("template_id is wrong: {error}"))?;
    if request.profile_id.is_empty() || request.profile_id.len() > MAX_ID {
        return Err(format!("profile_id must have 1 to {MAX_ID} characters"));
    }
    if let Some(id) = &request.job_id {
        Surface::Job.check(id).map_err(|error| format!("job_id is wrong: {error}"))?;
    }
    if let Some(callback) = &request.callback {
        check_callback(callback)?;
    }
    Ok(request)
}

/// A body that has a template of its own is not a wrapper, whatever else is in it.
fn unwrap(mut members: Map<String, Value>) -> Map<String, Value> {
    if !members.contains_key("template_id") && !members.contains_key("templateId") {
        for wrapper in WRAPPERS {
            if let Some(Value::Object(inner)) = members.get_mut(wrapper) {
                return std::mem::take(inner);
            }
        }
    }
    members
}

/// All that can be said without knowing which hosts are allowed.
pub fn check_callback(callback: &Callback) -> Result<(), String> {
    if !["POST", "PUT", "PATCH"].iter().any(|known| callback.method.eq_ignore_ascii_case(known)) {
        return Err("callback.method must be POST, PUT or PATCH".into());
    }
    if callback.headers.len() > MAX_HEADERS {
        return Err(format!("callback.headers has more than {MAX_HEADERS} entries"));
    }
    for (name, value) in &callback.headers {
        let name = name.to_ascii_lowercase();
        let token = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        let forwarded = name.starts_with("x-") && !name.starts_with("x-forwarded-")
            || ["authorization", "accept", "content-type"].contains(&&*name);
        if !token || !forwarded {
            return Err(format!(
                "callback.headers: `{}` cannot be set; x-…, authorization and accept can",
                cut(&name)
            ));
        }
        if value.len() > MAX_HEADER || !value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(format!(
                "callback.headers: the value of `{}` is too long or not plain text",
                cut(&name)
            ));
        }
    }
    match &callback.mode {
        Some(mode) if mode.chars().count() > MAX_MODE => {
            Err(format!("callback.mode is longer than {MAX_MODE}"))
        }
        _ => Ok(()),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_ID).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &Value) -> Result<WebhookRequest, String> {
        normalise(object(body.to_string().as_bytes()).map_err(|error| error.to_string())?)
    }

    #[test]
    fn wrapped_and_renamed_events_are_the_same_event() {
        let plain =
            json!({"version": 1, "template_id": "t", "profile_id": "p", "job_id": "j", "inputs": {"a": 1}});
        let renamed =
            json!({"version": 1, "templateId": "t", "profileId": "p", "jobId": "j", "inputs": {"a": 1}});
        let expected = check(&plain).unwrap();
        for body in [
            renamed.clone(),
            json!({"payload": plain}),
            json!({"data": renamed, "event": "push"}),
            json!({"payload": renamed, "data": {"template_id": "other"}}),
        ] {
            assert_eq!(check(&body).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn a_callback_may_have_the_headers_that_the_python_edition_forwarded() {
        let headers = json!({"X-Own": "1", "Authorization": "Bearer x", "Accept": "*/*", "Content-Type": "application/json"});
        let callback = json!({"url": "https://x", "headers": headers});
        let body = json!({"version": 1, "template_id": "t", "profile_id": "p", "callback": callback});
        assert_eq!(check(&body).unwrap().callback.unwrap().headers.len(), 4);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let with = |name: &str, value: Value| {
            let mut body = json!({"version": 1, "template_id": "t", "profile_id": "p"});
            body[name] = value;
            body
        };
        for (body, part) in [
            (json!([]), "JSON object required"),
            (json!({}), "version"),
            (with("version", json!(2)), "version must be 1"),
            (with("version", json!("1")), "version"),
            (with("template_id", json!("../x")), "template_id is wrong"),
            (with("template_id", json!(null)), "template_id"),
            (with("profile_id", json!("")), "profile_id must have"),
            (with("job_id", json!("x".repeat(65))), "job_id is wrong"),
            (with("job_id", json!("a/b")), "job_id is wrong"),
            (with("inputs", json!([])), "inputs"),
            (with("trace_id", json!(7)), "trace_id"),
            (with("extra", json!(1)), "Unknown fields: extra"),
            (with("callback", json!({"url": "https://x", "method": "GET"})), "callback.method"),
            (with("callback", json!({"url": "https://x", "nope": 1})), "callback"),
            (with("callback", json!({"url": "https://x", "headers": {"Host": "y"}})), "`host` cannot be set"),
            (with("callback", json!({"url": "https://x", "headers": {"X-A": "a\r\nb"}})), "not plain text"),
            (
                with("callback", json!({"url": "https://x", "headers": {"X-Forwarded-For": "1.1.1.1"}})),
                "cannot be set",
            ),
            (with("callback", json!({"url": "https://x", "headers": {"x-a b": "1"}})), "cannot be set"),
        ] {
            let error = check(&body).unwrap_err();
            assert!(error.contains(part), "{body}: {error}");
        }
        assert!(matches!(object(b"{"), Err(RequestError::NotJson(_))));
        assert!(matches!(object(b"\xff"), Err(RequestError::NotJson(_))));
    }
}
