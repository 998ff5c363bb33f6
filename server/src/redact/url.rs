//! Secrets in URLs: passwords before the host, and the paths of incoming webhooks.

use std::ops::Range;

use super::value::{is_hidden, looks_random};

/// As much of a URL as is read for its password.
const MAX_USERINFO: usize = 256;
/// As much of a URL as is read for a webhook's secret on any host.
const MAX_URL: usize = 1024;

/// Hosts of webhooks, or their ends, with the path before the secret. A `*` stands for one part of the path.
const WEBHOOKS: &[(&str, &str)] = &[
    ("hooks.slack.com", "/*/"),
    ("hooks.slack-gov.com", "/*/"),
    ("discord.com", "/api/webhooks/"),
    ("discord.com", "/api/*/webhooks/"),
    ("discordapp.com", "/api/webhooks/"),
    ("discordapp.com", "/api/*/webhooks/"),
    ("api.telegram.org", "/bot"),
    ("api.telegram.org", "/file/bot"),
    ("open.feishu.cn", "/open-apis/bot/hook/"),
    ("open.feishu.cn", "/open-apis/bot/*/hook/"),
    ("open.feishu.cn", "/flow/api/trigger-webhook/"),
    ("open.larksuite.com", "/open-apis/bot/hook/"),
    ("open.larksuite.com", "/open-apis/bot/*/hook/"),
    ("webhook.office.com", "/webhookb2/"),
    ("outlook.office.com", "/webhook/"),
    ("outlook.office365.com", "/webhook/"),
    ("hooks.zapier.com", "/hooks/*/"),
    ("maker.ifttt.com", "/trigger/*/with/key/"),
    ("maker.ifttt.com", "/trigger/*/json/with/key/"),
    ("make.com", "/"),
    ("integromat.com", "/"),
    ("webhook.site", "/"),
    ("hc-ping.com", "/"),
    ("hooks.airtable.com", "/workflows/"),
    ("hooks.chime.aws", "/incomingwebhooks/"),
    ("events.pagerduty.com", "/integration/"),
    ("api.day.app", "/"),
    ("sctapi.ftqq.com", "/"),
];
/// Parts of a path on any host behind which a webhook's secret follows.
const GENERIC: &[&str] = &["/hooks/", "/hook/", "/webhook/", "/webhooks/"];

pub(super) fn find(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(colon) = text[from..].find(':').map(|at| from + at) {
        from = colon + 1;
        if let Some(authority) = ["://", ":\\/\\/"].iter().find_map(|sign| text[colon..].strip_prefix(sign)) {
            let start = text.len() - authority.len();
            spans.extend(password(text, start));
            spans.extend(generic_webhook(text, start));
        }
    }
    for sign in ["%3A%2F%2F", "%3a%2f%2f"] {
        spans.extend(text.match_indices(sign).filter_map(|(at, _)| encoded_password(text, at + sign.len())));
    }
    for (host, path) in WEBHOOKS {
        // What is inside a URL that was read already is read no second time.
        let mut read = 0;
        for (at, _) in text.match_indices(host) {
            if at < read {
                continue;
            }
            let Some(secret) = webhook(text, at, host, path) else { continue };
            read = secret.end;
            // The page of a product has a short path.
            if (path.len() > 1 || secret.len() >= 16) && !is_hidden(&text[secret.clone()]) {
                spans.push(secret);
            }
        }
    }
}

/// At most so many bytes of the text from here, up to the end of a letter.
fn head(text: &str, start: usize, most: usize) -> &str {
    let mut end = text.len().min(start + most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[start..end]
}

/// The password in `user:password@host`, or a name alone that is a token.
fn password(text: &str, start: usize) -> Option<Range<usize>> {
    let url = head(text, start, MAX_USERINFO);
    let url = &url[..url.find(|c: char| c.is_whitespace() || "\"'`<>".contains(c)).unwrap_or(url.len())];
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    let Some(colon) = authority.find(':').filter(|colon| authority.find('@').is_none_or(|at| *colon < at))
    else {
        let user = &authority[..authority.rfind('@')?];
        return looks_random(user, 20).then(|| start..start + user.len());
    };
    let port = authority[colon + 1..].bytes().all(|byte| byte.is_ascii_digit());
    let end = match authority.rfind('@') {
        Some(at) => at,
        // A password with a slash that nobody escaped; a host with a port has none.
        None if !port && !authority.starts_with('[') => url.find('@')?,
        None => return None,
    };
    let password = &authority.get(colon + 1..end).unwrap_or(&url[colon + 1..end]);
    let placeholder =
        password.starts_with(['<', '{', '$', '%']) && !password.bytes().any(|byte| byte.is_ascii_digit());
    (!is_hidden(password) && !placeholder).then(|| start + colon + 1..start + end)
}

/// The password in `user%3Apassword%40host`, in a URL that is a part of another.
fn encoded_password(text: &str, start: usize) -> Option<Range<usize>> {
    let url = head(text, start, MAX_USERINFO);
    let url = &url[..url.find(|c: char| c.is_whitespace() || "\"'`<>&".contains(c)).unwrap_or(url.len())];
    let code = |code: &str, within: &str| {
        within.as_bytes().windows(3).position(|window| window.eq_ignore_ascii_case(code.as_bytes()))
    };
    let authority = ["%2F", "%3F", "%23"].iter().filter_map(|end| code(end, url)).min();
    let authority = &url[..authority.unwrap_or(url.len())];
    let user = &authority[..code("%40", authority)?];
    let password = code("%3A", user)? + 3;
    (!is_hidden(&user[password..])).then(|| start + password..start + user.len())
}

/// What follows the path of a known webhook, up to the end of the URL.
fn webhook(text: &str, at: usize, host: &str, path: &str) -> Option<Range<usize>> {
    let before = text[..at].chars().next_back();
    if before.is_some_and(|c| c.is_alphanumeric() || c == '-') {
        return None;
    }
    let start = skip_path(text, at + host.len(), path)?;
    // Telegram's method follows its token.
    let stops = if path.ends_with("bot") { "/?" } else { "?" };
    let end = path_end(text, start, stops);
    Some(start..end)
}

/// A part of the path that looks random behind one that says webhook.
fn generic_webhook(text: &str, start: usize) -> Option<Range<usize>> {
    let url = head(text, start, MAX_URL);
    let url = &url[..path_end(url, 0, "?")];
    let at = GENERIC.iter().filter_map(|part| Some(url.find(part)? + part.len())).min()?;
    let length = url[at..].find('/').unwrap_or(url.len() - at);
    looks_random(&url[at..at + length], 20).then(|| start + at..start + at + length)
}

/// Where the URL's path ends.
fn path_end(text: &str, start: usize, stops: &str) -> usize {
    let stop = |c: char| c.is_whitespace() || "\"'`<>#)]}|,;&".contains(c) || stops.contains(c);
    let end = text[start..].find(stop).map_or(text.len(), |length| start + length);
    start + text[start..end].trim_end_matches(['.', ':', '!', '\\']).len()
}

/// Behind the path, in which slashes may be escaped.
fn skip_path(text: &str, from: usize, path: &str) -> Option<usize> {
    let mut at = from;
    for c in path.chars() {
        let rest = &text[at..];
        at += match c {
            '*' => rest
                .bytes()
                .take(64)
                .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
                .count(),
            '/' if rest.starts_with("\\/") => 2,
            c if rest.starts_with(c) => 1,
            _ => return None,
        };
    }
    Some(at)
}
