//! Tokens that have no prefix but parts of a known length: JWTs and the bot tokens of Discord and Telegram.

use super::super::value::looks_random;
use super::Body;

/// Where the token ends that begins at `at`, where a word begins.
pub(super) fn end(text: &str, at: usize) -> Option<usize> {
    // In the middle of a chain of parts nothing begins, and looking there again and again would take long.
    if matches!(text.as_bytes()[..at].last(), Some(b'-' | b'_' | b'.')) {
        return None;
    }
    jwt(text, at).or_else(|| discord(text, at)).or_else(|| telegram(text, at))
}

/// Base64 of `{"`, then two to five parts; the last may have been cut off.
fn jwt(text: &str, at: usize) -> Option<usize> {
    text[at..].strip_prefix("eyJ")?;
    let header = part(text, at, usize::MAX);
    let payload = part(text, text[header..].starts_with('.').then_some(header + 1)?, usize::MAX);
    if header - at < 12 || payload - header < 5 {
        return None;
    }
    let mut end = payload;
    while text[end..].starts_with('.') && part(text, end + 1, usize::MAX) > end + 1 {
        end = part(text, end + 1, usize::MAX);
    }
    Some(end)
}

/// An id in base64, a time and a signature.
fn discord(text: &str, at: usize) -> Option<usize> {
    let id = part(text, at, 32);
    let time = part(text, text[id..].starts_with('.').then_some(id + 1)?, 16);
    let signature = part(text, text[time..].starts_with('.').then_some(time + 1)?, 64);
    let fits = (23..=30).contains(&(id - at))
        && (7..=8).contains(&(time - id))
        && (28..=46).contains(&(signature - time));
    (fits && looks_random(&text[at..id], 23) && looks_random(&text[time + 1..signature], 27))
        .then_some(signature)
}

/// The bot's number and 35 characters, which begin with `AA`.
fn telegram(text: &str, at: usize) -> Option<usize> {
    let digits = text[at..].bytes().take(16).take_while(u8::is_ascii_digit).count();
    let colon = at + digits;
    let start = [":", "%3A", "%3a"]
        .iter()
        .find_map(|sign| text[colon..].starts_with(sign).then_some(colon + sign.len()))?;
    let end = part(text, start, 64);
    let secret = &text[start..end];
    let ours = secret.starts_with("AA")
        || secret.len() == 35 && !secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    ((6..=12).contains(&digits) && ours && looks_random(secret, 30)).then_some(end)
}

/// The end of the part of a token that begins here, at most `most` long.
fn part(text: &str, from: usize, most: usize) -> usize {
    from + text[from..].bytes().take(most).take_while(|byte| Body::Url.has(*byte)).count()
}
