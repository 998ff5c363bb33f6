//! Which values are secrets, and which are states, placeholders or hidden already; and where bare values end.

use super::MARKER;
use super::name::Kind;

/// How a value stands behind its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    /// In quotes, where it may be any text.
    Quoted,
    /// Bare behind an equals sign.
    Assigned,
    /// Bare behind a colon, where prose may go on.
    Told,
    /// Bare behind an equals sign in the query of a URL.
    Query,
    /// Bare behind `%3D`, in a URL within a URL.
    Encoded,
    /// Behind a verb: "the password is …".
    Claimed,
    /// In quotes directly behind its name: `invalid API key "…"`.
    Beside,
}

/// Masks and placeholders are short.
const MAX_STAND_IN: usize = 100;

/// Values that are states or types. A password that is one of these is no secret any more.
#[rustfmt::skip]
const STATES: &[&str] = &[
    "absent", "accepted", "active", "any", "authentication", "bad", "basic", "bearer", "boolean", "bytes", "changed",
    "configured", "created", "default", "deleted", "denied", "digest", "disabled", "empty", "enabled", "env",
    "environment", "error", "expired", "fail", "failed", "false", "field", "file", "forbidden", "found", "granted",
    "header", "hidden", "ignored", "inactive", "incorrect", "inherit", "int", "invalid", "jwt", "keyring", "loaded",
    "masked", "mismatch", "missing", "must", "n/a", "na", "nil", "no", "none", "not", "null", "number", "oauth",
    "object", "off", "ok", "omit", "on", "optional", "password", "pending", "present", "prompt", "provided",
    "redacted", "refreshed", "rejected", "required", "reset", "revoked", "rotated", "same-origin", "saved", "secret",
    "set", "short", "shown", "started", "stored", "str", "string", "text", "token", "true", "unauthorized",
    "undefined", "unknown", "unset", "updated", "used", "valid", "vault", "verified", "weak", "wrong", "yes",
];
/// How values begin that are read from elsewhere.
const REFERENCES: &[&str] = &[
    "os.environ",
    "os.getenv",
    "process.env",
    "env.",
    "env(",
    "getenv(",
    "%s",
    "$env:",
    "secrets.",
    "self.",
    "config.",
];
/// Marks around the name of a value that is filled in later.
const HOLDERS: &[(&str, &str)] =
    &[("<", ">"), ("${", "}"), ("$(", ")"), ("{", "}"), ("%(", ")s"), ("[", "]"), ("%", "%")];

/// Whether what stands behind a name of this kind has to be hidden.
pub(super) fn is_secret(kind: Kind, value: &str, setting: Setting) -> bool {
    let value = value.trim();
    if is_hidden(value) || is_placeholder(value) || is_state(value) {
        return false;
    }
    match kind {
        Kind::Query => matches!(setting, Setting::Query | Setting::Encoded) && looks_random(value, 12),
        Kind::Random => looks_random(value, 8),
        _ if setting == Setting::Claimed => looks_random(value, 6),
        _ if setting == Setting::Beside => looks_random(value, 16),
        // The shell's working directory.
        Kind::Password if setting != Setting::Quoted && value.starts_with(['/', '~']) => false,
        Kind::Password | Kind::Phrase => true,
        Kind::Token | Kind::Authorization | Kind::Cookie => {
            let counts = value.len() < 8 && !value.bytes().any(|byte| byte.is_ascii_alphabetic());
            let states = setting == Setting::Told && is_word(value);
            let prose = setting == Setting::Quoted && value.contains(' ') && value.split(' ').all(is_word);
            !(counts || states || prose)
        }
    }
}

fn is_state(value: &str) -> bool {
    value.len() <= MAX_STAND_IN && STATES.contains(&value.to_ascii_lowercase().as_str())
}

/// A word of prose: letters, at most the first of them a capital.
pub(super) fn is_word(value: &str) -> bool {
    let word = value.trim_end_matches(['.', ',', ':', '!', '?']);
    !word.is_empty()
        && word.len() < 16
        && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        && word.bytes().skip(1).all(|byte| byte.is_ascii_lowercase())
}

/// Letters and digits, or capitals and small letters, without what paths, calls and sentences are made of.
pub(super) fn looks_random(value: &str, length: usize) -> bool {
    let has = |class: fn(&u8) -> bool| value.bytes().any(|byte| class(&byte));
    let mixed = has(u8::is_ascii_digit) || (has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase));
    let text = value.contains([' ', '(']) || value.contains("://") || value.starts_with('/');
    value.len() >= length && has(u8::is_ascii_alphabetic) && mixed && !text
}

/// Nothing of it is left to hide: empty, the marker, or another program's mask such as `****` and `sk-…abcd`.
pub(super) fn is_hidden(value: &str) -> bool {
    if value.is_empty() || value == MARKER {
        return true;
    }
    let is_mask = |c: char| matches!(c, '*' | '.' | '…' | '•');
    let masked = value.contains("***") || value.contains("...") || value.contains(['…', '•']);
    (masked && value.len() <= MAX_STAND_IN && value.split(is_mask).all(|part| part.len() <= 8))
        || value.chars().all(|c| is_mask(c) || matches!(c, 'x' | 'X' | '-' | '_' | '#' | '?'))
}

/// Stands for a value: `<your key>`, `${TOKEN}`, `{{ token }}`, `%s`, `os.environ["TOKEN"]`, `YOUR_API_KEY`.
fn is_placeholder(value: &str) -> bool {
    if value.len() > MAX_STAND_IN {
        return false;
    }
    let variable = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    HOLDERS.iter().any(|(open, close)| value.len() > 1 && value.starts_with(open) && value.ends_with(close))
        || value.strip_prefix('$').is_some_and(|name| name.bytes().all(variable))
        || REFERENCES.iter().any(|start| value.starts_with(start))
        || value.get(..5).is_some_and(|start| {
            ["your-", "your_", "your "].iter().any(|your| start.eq_ignore_ascii_case(your))
        })
}

/// Where a value without quotes ends that begins at `from`.
pub(super) fn bare_end(text: &str, from: usize, setting: Setting) -> usize {
    let value = &text[from..];
    let stop = value.char_indices().find(|(at, c)| {
        let rest = &value[at + c.len_utf8()..];
        let breaks = |more: &[char]| {
            rest.is_empty() || rest.starts_with(char::is_whitespace) || rest.starts_with(more)
        };
        match c {
            '"' | '\'' | '`' | '<' | '>' | '|' | '，' | '。' | '；' | '）' | '】' | '」' => true,
            '\\' => rest.starts_with(['n', 'r', 't', 'u', '"', '\'', '\\']),
            '&' => setting == Setting::Query || rest.starts_with("quot;") || starts_pair(rest, &["="]),
            '#' => setting == Setting::Query,
            ';' => breaks(&['"', '\'']) || starts_pair(rest, &["="]),
            ',' => breaks(&['"', '\'', '\\', '{', '[']) || starts_pair(rest, &["=", ":"]),
            ')' | ']' | '}' => breaks(&[',', ';', '.', ':', ')', ']', '}', '"', '\'', '\\']),
            '%' => setting == Setting::Encoded && starts_code(rest),
            c => c.is_whitespace() || c.is_control(),
        }
    });
    let end = stop.map_or(text.len(), |(at, _)| from + at);
    from + text[from..end].trim_end_matches(['.', ',', ':', ';', '!', '?']).len()
}

/// The code of `&`, a quote, a blank or the end of a line, in a URL.
fn starts_code(text: &str) -> bool {
    let code = text.get(..2).unwrap_or_default().to_ascii_uppercase();
    ["26", "22", "20", "0A", "0D"].contains(&code.as_str())
}

/// Whether the next name and its sign stand here, so that what came before was a value of its own.
fn starts_pair(text: &str, signs: &[&str]) -> bool {
    let text = text.strip_prefix("amp;").unwrap_or(text);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = text.bytes().take(64).take_while(is_name).count();
    name > 0 && signs.iter().any(|sign| text[name..].starts_with(sign))
}
