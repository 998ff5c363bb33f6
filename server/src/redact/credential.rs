//! Authentication schemes and cookies, with or without the header they came in.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::name::{Kind, kind_of};
use super::value::{Setting, bare_end, is_secret, looks_random};

/// Base64 that may have lost its end.
const BASIC: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// Schemes whose credentials are one word.
const SCHEMES: &[&str] = &[
    "apikey",
    "api-key",
    "basic",
    "bearer",
    "bot",
    "jwt",
    "key",
    "negotiate",
    "ntlm",
    "splunk",
    "sso-key",
    "token",
    "x-api-key",
];
/// Schemes whose credentials are a list of parameters.
const LIST_SCHEMES: &[&str] =
    &["aws4-hmac-sha256", "digest", "googlelogin", "hawk", "mac", "oauth", "sharedkey", "signature"];
/// What cookies have beside a name and a value.
const COOKIE_ATTRIBUTES: &[&str] = &[
    "path",
    "domain",
    "expires",
    "max-age",
    "samesite",
    "secure",
    "httponly",
    "priority",
    "partitioned",
    "version",
];

/// Hides the credentials of an `Authorization` value within the range; gives the end of what it has read.
pub(super) fn authorization(text: &str, within: Range<usize>, spans: &mut Vec<Range<usize>>) -> usize {
    let first = word(text, within.clone());
    let second = word(text, skip_blanks(text, first.end)..within.end);
    let scheme = text[first.clone()].trim_end_matches(':').to_ascii_lowercase();
    if second.is_empty() {
        if is_secret(Kind::Token, &text[first.clone()], Setting::Told) {
            spans.push(first.clone());
        }
        return first.end;
    }
    if LIST_SCHEMES.contains(&scheme.as_str()) {
        let end = list_end(text, second.start..within.end);
        spans.push(second.start..end);
        return end;
    }
    let value = &text[second.clone()];
    let known = SCHEMES.contains(&scheme.as_str()) && is_secret(Kind::Token, value, Setting::Told);
    if known || looks_random(value, 8) {
        spans.push(second.clone());
        second.end
    } else if looks_random(&text[first.clone()], 16) {
        spans.push(first.clone());
        first.end
    } else {
        first.end
    }
}

/// Hides what follows the word "Bearer" or "Basic" that ends at `end`; these stand in messages without their header.
pub(super) fn bare_scheme(
    text: &str,
    scheme: &str,
    end: usize,
    spans: &mut Vec<Range<usize>>,
) -> Option<usize> {
    let basic = scheme.eq_ignore_ascii_case("basic");
    if !basic && !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let start = skip_blanks(text, end);
    let value = word(text, start..text.len());
    let credentials = &text[value.clone()];
    // A name and a password in base64; "basic txt2img1" is none.
    let fits = !basic || BASIC.decode(credentials).is_ok_and(|decoded| decoded.contains(&b':'));
    if start == end || !fits || !looks_random(credentials, 8) {
        return None;
    }
    spans.push(value.clone());
    Some(value.end)
}

/// Hides the values of the cookies in the range.
pub(super) fn cookies(text: &str, within: Range<usize>, spans: &mut Vec<Range<usize>>) {
    let mut start = within.start;
    for pair in text[within].split(';') {
        if let Some((name, value)) = pair.split_once('=') {
            let trimmed = value.trim();
            let at = start + name.len() + 1 + (value.len() - value.trim_start().len());
            let name = name.trim();
            let setting = if kind_of(name).is_some() {
                (Kind::Password, Setting::Assigned)
            } else {
                (Kind::Token, Setting::Told)
            };
            let attribute = COOKIE_ATTRIBUTES.iter().any(|known| name.eq_ignore_ascii_case(known));
            if !attribute && is_secret(setting.0, trimmed, setting.1) {
                spans.push(at..at + trimmed.len());
            }
        }
        start += pair.len() + 1;
    }
}

/// Where a list of parameters ends, whose values may be in quotes.
fn list_end(text: &str, within: Range<usize>) -> usize {
    let mut end = line_end(text, within.clone());
    while text[..end].ends_with('=')
        && let Some(quoted) = text[end..within.end].strip_prefix('"')
        && let Some(close) = quoted.find(['"', '\n']).filter(|close| quoted[*close..].starts_with('"'))
    {
        end = line_end(text, end + close + 2..within.end);
    }
    end
}

/// Where a header's value ends that began at the start of the range: with its line or the quotes around it.
pub(super) fn line_end(text: &str, within: Range<usize>) -> usize {
    let rest = &text[within.clone()];
    let stops = rest.char_indices().find(|(at, c)| match c {
        '\n' | '\r' | '"' | '\'' | '`' => true,
        '\\' => rest[at + 1..].starts_with(['n', 'r', '"', '\'']),
        _ => false,
    });
    within.start + stops.map_or(rest.len(), |(at, _)| at)
}

fn word(text: &str, within: Range<usize>) -> Range<usize> {
    within.start..bare_end(&text[..within.end], within.start, Setting::Assigned)
}

/// Behind spaces, also those of a URL.
fn skip_blanks(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    let mut left = rest;
    while let Some(next) = [" ", "\t", "%20", "+"].iter().find_map(|blank| left.strip_prefix(blank)) {
        left = next;
    }
    from + rest.len() - left.len()
}
