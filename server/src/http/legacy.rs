//! The Python edition's other spellings, in one place: prefixes in, header names in, deprecation headers out.

use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::Response;

use super::{PREFIX, auth};

const LEGACY_PREFIX: &str = "/moltbot";
/// ComfyUI's frontend puts this before every path.
const API_PREFIX: &str = "/api";
const LEGACY_HEADER: &str = "x-moltbot-";
const HEADER: &str = "x-openclaw-";

/// Rewrites `/api/openclaw`, `/moltbot` and `/api/moltbot` to `/openclaw`, and `X-Moltbot-*` to `X-OpenClaw-*`.
pub async fn rewrite(mut request: Request, next: Next) -> Response {
    let given = request.uri().path().to_owned();
    let (path, legacy) = canonical(&given);
    if path != given {
        *request.uri_mut() = with_path(request.uri(), &path);
    }
    rename_headers(&mut request);
    let mut response = next.run(request).await;
    if legacy {
        tracing::debug!(path = given, "a client uses the deprecated /moltbot prefix");
        mark_deprecated(&mut response, &given.replacen(LEGACY_PREFIX, PREFIX, 1));
    }
    response
}

fn canonical(path: &str) -> (String, bool) {
    let below = path.strip_prefix(API_PREFIX).filter(|rest| rest.starts_with('/')).unwrap_or(path);
    match below.strip_prefix(LEGACY_PREFIX).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        Some(rest) => (format!("{PREFIX}{rest}"), true),
        None => (below.to_owned(), false),
    }
}

fn with_path(uri: &Uri, path: &str) -> Uri {
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query =
        Some(PathAndQuery::try_from(path_and_query).expect("a part of a valid path is a valid path"));
    Uri::from_parts(parts).expect("only the path changed")
}

/// Between this version's shim and its server only, so it never had an old name.
const WITHOUT_AN_OLD_NAME: [&str; 2] = [auth::LAUNCH_KEY, auth::PEER];

/// The old name counts only where the new one is absent or says nothing.
fn rename_headers(request: &mut Request) {
    let headers = request.headers_mut();
    let renamed: Vec<_> = headers
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().strip_prefix(LEGACY_HEADER)?.to_owned(), value.clone()))
        })
        .collect();
    for (rest, value) in renamed {
        let name = HeaderName::try_from(format!("{HEADER}{rest}")).expect("a suffix of a header name is one");
        if !WITHOUT_AN_OLD_NAME.contains(&name.as_str())
            && headers.get(&name).is_none_or(HeaderValue::is_empty)
        {
            headers.insert(name, value);
        }
    }
}

fn mark_deprecated(response: &mut Response, canonical_path: &str) {
    let headers = response.headers_mut();
    headers.insert("deprecation", HeaderValue::from_static("true"));
    headers.insert("x-openclaw-compatibility-key", HeaderValue::from_static("api-path-moltbot-prefix"));
    headers.insert("x-openclaw-compatibility-status", HeaderValue::from_static("deprecated-observed"));
    headers.insert("x-openclaw-compatibility-telemetry", HeaderValue::from_static("legacy_api_hits"));
    if let Ok(path) = HeaderValue::try_from(canonical_path) {
        headers.insert("x-openclaw-canonical-path", path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_leads_to_the_one_real_one() {
        for (given, path, legacy) in [
            ("/openclaw/health", "/openclaw/health", false),
            ("/api/openclaw/health", "/openclaw/health", false),
            ("/moltbot/health", "/openclaw/health", true),
            ("/api/moltbot/a/b", "/openclaw/a/b", true),
            ("/moltbotnik", "/moltbotnik", false),
            ("/apiopenclaw/health", "/apiopenclaw/health", false),
            ("/openclaw/moltbot/x", "/openclaw/moltbot/x", false),
        ] {
            assert_eq!(canonical(given), (path.to_owned(), legacy), "{given}");
        }
    }
}
