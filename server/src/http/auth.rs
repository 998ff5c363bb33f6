//! Who is calling, and whether they may.
//!
//! Browsers are held to the rules of Go's `net/http.CrossOriginProtection` (Sec-Fetch-Site first, then Origin against
//! Host), and without a token only a loopback `Host` is served, so that a page that rebinds its own name to
//! 127.0.0.1 gets nothing.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use url::Url;

use super::AppState;
use super::error::ApiError;
use super::rate::daily::Class;
use super::rate::{Caller, Limiter};
use crate::config::AccessConfig;
use crate::egress::address;
use crate::secret::Secret;

pub const LAUNCH_KEY: &str = "x-openclaw-launch-key";
pub const PEER: &str = "x-openclaw-peer";
pub const ADMIN_TOKEN: &str = "x-openclaw-admin-token";
pub const OBSERVABILITY_TOKEN: &str = "x-openclaw-obs-token";

const REMOTE_ADMIN: &str = "Remote admin access denied. Set OPENCLAW_ADMIN_TOKEN to allow it with a token.";
const REMOTE_OBSERVABILITY: &str = "Remote access denied. Set OPENCLAW_OBSERVABILITY_TOKEN or OPENCLAW_ADMIN_TOKEN to allow it with a token.";
const FOREIGN_HOST: &str = "This address is not the machine's own. Open ComfyUI as http://127.0.0.1 or http://localhost, or set OPENCLAW_ADMIN_TOKEN.";

/// What proxies add. Only the first is read; the others say that there is one.
const FORWARDED: [&str; 3] = ["x-forwarded-for", "forwarded", "x-real-ip"];
/// Stands for everybody behind a proxy that is not on the list.
const BEHIND_A_PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    /// A node in ComfyUI's process.
    Internal,
    Local,
    Remote,
}

/// Anybody, but not without end.
pub async fn limit_public(State(app): State<AppState>, request: Request, next: Next) -> Response {
    pass(&app, &app.limits.public, request, next, Ok(())).await
}

/// Settings, tests of providers.
pub async fn require_admin(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let allowed = check_admin(&app.config.access, &request).and_then(|()| count_today(&app, Class::Admin));
    pass(&app, &app.limits.remote, request, next, allowed).await
}

/// The same rule; a missing token is 401, as in the Python edition.
pub async fn require_assist(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let allowed = check_admin(&app.config.access, &request).map_err(|error| match error {
        ApiError::AdminToken => ApiError::AssistToken,
        other => other,
    });
    pass(&app, &app.limits.remote, request, next, allowed).await
}

/// Reading settings and state.
pub async fn require_observability(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let allowed = check_observability(&app.config.access, &request);
    pass(&app, &app.limits.remote, request, next, allowed).await
}

/// Other machines are counted: those that may call against one limit, those that may not against another, so that
/// the second kind cannot starve the first.
async fn pass(
    app: &AppState,
    limit: &Limiter,
    request: Request,
    next: Next,
    allowed: Result<(), ApiError>,
) -> Response {
    let remote = address(&app.config.access, &request).filter(|address| !address::is_loopback(*address));
    let counted = remote.map_or(Ok(()), |address| {
        let limiter = if allowed.is_ok() { limit } else { &app.limits.refused };
        count(app, limiter, Caller::at(address))
    });
    match counted.and(allowed) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

pub fn count(app: &AppState, limiter: &Limiter, caller: Caller) -> Result<(), ApiError> {
    let now = u64::try_from(app.clock.now_ms()).unwrap_or_default();
    limiter.check(caller, now).map_err(ApiError::RateLimited)
}

/// Counts a call that may be made against the cap of its class.
pub fn count_today(app: &AppState, class: Class) -> Result<(), ApiError> {
    app.limits.daily.check(class, app.clock.now_ms()).map_err(ApiError::RateLimited)
}

fn check_admin(access: &AccessConfig, request: &Request) -> Result<(), ApiError> {
    match (peer(access, request), &access.admin_token) {
        (Peer::Internal, _) => Ok(()),
        (_, Some(token)) if bears(request, ADMIN_TOKEN, token) => Ok(()),
        (_, Some(_)) => Err(ApiError::AdminToken),
        (Peer::Remote, None) => Err(ApiError::Forbidden(REMOTE_ADMIN)),
        (Peer::Local, None) => check_local_browser(request),
    }
}

fn check_observability(access: &AccessConfig, request: &Request) -> Result<(), ApiError> {
    let tokens = [(ADMIN_TOKEN, &access.admin_token), (OBSERVABILITY_TOKEN, &access.observability_token)];
    let bears_one = tokens
        .iter()
        .any(|(header, token)| token.as_ref().is_some_and(|token| bears(request, header, token)));
    match peer(access, request) {
        Peer::Internal => Ok(()),
        _ if bears_one => Ok(()),
        Peer::Remote => Err(ApiError::Forbidden(REMOTE_OBSERVABILITY)),
        Peer::Local => check_local_browser(request),
    }
}

/// Whether the caller could change settings: shown in the settings themselves.
pub fn may_administer(access: &AccessConfig, request: &Request) -> bool {
    check_admin(access, request).is_ok()
}

fn bears(request: &Request, header: &str, token: &Secret) -> bool {
    text(request.headers(), header).is_some_and(|given| token.matches(given))
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The shim's word counts only with the launch key; a claim without it makes the caller a stranger.
fn peer(access: &AccessConfig, request: &Request) -> Peer {
    match (is_keyed(access, request), request.headers().contains_key(PEER)) {
        (true, false) => Peer::Internal,
        (false, true) => Peer::Remote,
        _ if address(access, request).is_some_and(address::is_loopback) => Peer::Local,
        _ => Peer::Remote,
    }
}

/// Where the request came from, as far as that can be believed. A request that somebody passed on is this machine's
/// only when that somebody is a proxy of the operator's list and says so: a proxy on this machine would otherwise make
/// everybody local.
pub fn address(access: &AccessConfig, request: &Request) -> Option<IpAddr> {
    let direct = direct_address(access, request);
    let headers = request.headers();
    if !FORWARDED.iter().any(|name| headers.contains_key(*name)) {
        return direct;
    }
    if !direct.is_some_and(|address| access.is_proxy(address)) {
        return Some(BEHIND_A_PROXY);
    }
    let hops = headers.get_all(FORWARDED[0]).iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<Option<IpAddr>> =
        hops.flat_map(|hops| hops.split(',')).map(|hop| hop.trim().parse().ok()).collect();
    // From the right: each was added by the one before, and the first that is no proxy of ours is the client.
    let client = hops.into_iter().rev().find(|hop| !hop.is_some_and(|address| access.is_proxy(address)));
    Some(client.flatten().unwrap_or(BEHIND_A_PROXY))
}

fn direct_address(access: &AccessConfig, request: &Request) -> Option<IpAddr> {
    match request.headers().get(PEER).filter(|_| is_keyed(access, request)) {
        Some(peer) => peer.to_str().ok().and_then(|text| text.parse().ok()),
        None => request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(socket)| socket.ip()),
    }
}

fn is_keyed(access: &AccessConfig, request: &Request) -> bool {
    text(request.headers(), LAUNCH_KEY).is_some_and(|key| access.launch_key.matches(key))
}

fn check_local_browser(request: &Request) -> Result<(), ApiError> {
    let headers = request.headers();
    // More than one is no browser's doing, and then each has to be right.
    let hosts = headers.get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let hosts: Vec<_> =
        hosts.chain(request.uri().authority().map(axum::http::uri::Authority::as_str)).collect();
    let host = hosts.first().copied();
    if host.is_none() || !hosts.into_iter().all(is_loopback_host) {
        return Err(ApiError::Forbidden(FOREIGN_HOST));
    }
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let same = match (text(headers, "sec-fetch-site"), text(headers, ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            Url::parse(origin).is_ok_and(|origin| host == Some(authority(&origin).as_str()))
        }
        // Neither: not a browser.
        (None, None) => true,
    };
    if same { Ok(()) } else { Err(ApiError::CrossOrigin) }
}

/// Host and port as a `Host` header spells them.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// 0.0.0.0 is what ComfyUI prints when it listens everywhere, and people open it.
fn is_loopback_host(host: &str) -> bool {
    // What would be another part of a URL is no part of a host.
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:[]-".contains(&byte)) {
        return false;
    }
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(url::Host::Ipv6(ip)) => address::is_loopback(ip.into()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn access(admin: Option<&str>, observability: Option<&str>) -> AccessConfig {
        AccessConfig {
            launch_key: Secret::from("launch"),
            admin_token: admin.map(Secret::from),
            observability_token: observability.map(Secret::from),
            trusted_proxies: vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()],
        }
    }

    fn request(method: &str, peer: &str, headers: &[(&str, &str)]) -> Request {
        let mut builder = axum::http::Request::builder().method(method).uri("/openclaw/config");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let mut request = builder.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 9)));
        request
    }

    const LOCAL: (&str, &str) = ("host", "127.0.0.1:8188");

    #[test]
    fn without_a_token_only_this_machines_own_pages_and_programs_may_write() {
        let access = access(None, None);
        for (peer, headers, allowed) in [
            ("127.0.0.1", vec![LOCAL], true),
            ("::1", vec![("host", "[::1]:8188")], true),
            ("10.0.0.7", vec![LOCAL], false),
            ("127.0.0.1", vec![("host", "evil.example:8188")], false),
            ("127.0.0.1", vec![("host", "localhost.evil.example")], false),
            ("127.0.0.1", vec![], false),
            ("127.0.0.1", vec![LOCAL, ("host", "evil.example")], false),
            ("127.0.0.1", vec![LOCAL, ("origin", "http://127.0.0.1:8188")], true),
            ("127.0.0.1", vec![LOCAL, ("origin", "http://127.0.0.1:9999")], false),
            ("127.0.0.1", vec![LOCAL, ("origin", "http://localhost.evil.com")], false),
            ("127.0.0.1", vec![LOCAL, ("origin", "null")], false),
            ("127.0.0.1", vec![LOCAL, ("sec-fetch-site", "cross-site")], false),
            ("127.0.0.1", vec![LOCAL, ("sec-fetch-site", "same-site")], false),
            ("127.0.0.1", vec![LOCAL, ("sec-fetch-site", "same-origin")], true),
            // The shim vouches for a peer only with the launch key.
            ("127.0.0.1", vec![LOCAL, (PEER, "127.0.0.1")], false),
            ("127.0.0.1", vec![LOCAL, (PEER, "127.0.0.1"), (LAUNCH_KEY, "wrong")], false),
            ("127.0.0.1", vec![LOCAL, (PEER, "127.0.0.1"), (LAUNCH_KEY, "launch")], true),
            ("127.0.0.1", vec![LOCAL, (PEER, "10.0.0.7"), (LAUNCH_KEY, "launch")], false),
            ("127.0.0.1", vec![(LAUNCH_KEY, "launch")], true),
        ] {
            let result = check_admin(&access, &request("PUT", peer, &headers));
            assert_eq!(result.is_ok(), allowed, "{peer} {headers:?} {result:?}");
        }
    }

    #[test]
    fn a_host_is_this_machines_only_in_its_plain_spelling() {
        for host in ["localhost", "LocalHost:8188", "127.0.0.1", "127.9.9.9:1", "[::1]:8188", "0.0.0.0:8188"]
        {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in [
            "",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil.example@127.0.0.1",
            "evil.example:80@localhost",
            "127.0.0.1/evil.example",
            "127.0.0.1?evil.example",
            "127.0.0.1#evil.example",
            r"127.0.0.1\evil.example",
            "localhost%00.evil.example",
            "127.0.0.1, evil.example",
            "[::1].evil.example",
            "[::1",
            "[::ffff:10.0.0.1]",
            "10.0.0.7:8188",
            "127.0.0.1:99999",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }

    #[test]
    fn who_is_behind_a_proxy_is_only_local_when_a_proxy_of_the_list_says_so() {
        let trusting = access(None, None);
        let mut plain = access(None, None);
        plain.trusted_proxies.clear();
        for (access, peer, headers, allowed) in [
            (&plain, "127.0.0.1", vec![LOCAL, ("x-forwarded-for", "203.0.113.9")], false),
            (&plain, "127.0.0.1", vec![LOCAL, ("x-forwarded-for", "127.0.0.1")], false),
            (&plain, "127.0.0.1", vec![LOCAL, ("x-real-ip", "127.0.0.1")], false),
            (&plain, "127.0.0.1", vec![LOCAL, ("forwarded", "for=127.0.0.1")], false),
            (&trusting, "127.0.0.1", vec![LOCAL, ("x-forwarded-for", "203.0.113.9")], false),
            (&trusting, "127.0.0.1", vec![LOCAL, ("x-forwarded-for", "127.0.0.2")], true),
            // What the client itself wrote stands further left.
            (&trusting, "127.0.0.1", vec![LOCAL, ("x-forwarded-for", "127.0.0.2, 203.0.113.9")], false),
            (
                &trusting,
                "127.0.0.1",
                vec![LOCAL, ("x-forwarded-for", "127.0.0.2, 203.0.113.9, 10.1.1.1")],
                false,
            ),
            (
                &trusting,
                "127.0.0.1",
                vec![LOCAL, ("x-forwarded-for", "127.0.0.2"), ("x-forwarded-for", "203.0.113.9")],
                false,
            ),
            (&trusting, "127.0.0.1", vec![LOCAL, ("x-forwarded-for", "127.0.0.2, nonsense")], false),
            (&trusting, "127.0.0.1", vec![LOCAL, ("x-forwarded-for", "10.1.1.1")], false),
            (&trusting, "203.0.113.9", vec![LOCAL, ("x-forwarded-for", "127.0.0.2")], false),
            (
                &trusting,
                "127.0.0.1",
                vec![LOCAL, (PEER, "127.0.0.1"), (LAUNCH_KEY, "launch"), ("x-forwarded-for", "203.0.113.9")],
                false,
            ),
            // A node in ComfyUI's process is nobody's client.
            (&trusting, "127.0.0.1", vec![(LAUNCH_KEY, "launch")], true),
        ] {
            let result = check_admin(access, &request("PUT", peer, &headers));
            assert_eq!(result.is_ok(), allowed, "{peer} {headers:?} {result:?}");
        }
    }

    #[test]
    fn with_a_token_it_is_needed_from_everywhere_and_is_enough() {
        let access = access(Some("t"), None);
        for (peer, headers, allowed) in [
            ("127.0.0.1", vec![LOCAL], false),
            ("127.0.0.1", vec![LOCAL, (ADMIN_TOKEN, "wrong")], false),
            ("10.0.0.7", vec![("host", "comfy.example"), (ADMIN_TOKEN, "t")], true),
            ("127.0.0.1", vec![(LAUNCH_KEY, "launch")], true),
        ] {
            assert_eq!(
                check_admin(&access, &request("PUT", peer, &headers)).is_ok(),
                allowed,
                "{peer} {headers:?}"
            );
        }
    }

    #[test]
    fn reading_takes_loopback_or_either_token() {
        let access = access(Some("admin"), Some("obs"));
        for (peer, headers, allowed) in [
            ("127.0.0.1", vec![LOCAL], true),
            ("10.0.0.7", vec![LOCAL], false),
            ("10.0.0.7", vec![(OBSERVABILITY_TOKEN, "obs")], true),
            ("10.0.0.7", vec![(ADMIN_TOKEN, "admin")], true),
            ("10.0.0.7", vec![(OBSERVABILITY_TOKEN, "admin")], false),
        ] {
            let result = check_observability(&access, &request("GET", peer, &headers));
            assert_eq!(result.is_ok(), allowed, "{peer} {headers:?}");
        }
    }
}
