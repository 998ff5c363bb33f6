//! Which names say that their value is a secret.
//!
//! A name is split into words (`X-OpenClaw-Admin-Token`, `refreshToken`, `DB_PASSWORD_2`), and its last words decide:
//! `token` is a secret, `token_type` and `max_tokens` are not.

/// How a value is judged that stands behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything may be a password.
    Password,
    /// A text that may run over several words.
    Phrase,
    /// A token or a key: short plain words are states, such as `missing`.
    Token,
    /// An authentication scheme and its credentials.
    Authorization,
    /// Pairs of names and values.
    Cookie,
    /// A secret only when it looks random.
    Random,
    /// A secret only when it looks random and stands in the query of a URL.
    Query,
}

impl Kind {
    /// Whether everything below the name is hidden, whatever it looks like.
    pub(super) fn is_strong(self) -> bool {
        !matches!(self, Self::Random | Self::Query)
    }
}

/// Members whose value is a name, and the one beside them that has its value.
pub(super) const NAMING: &[&str] = &["name", "key", "header", "variable", "field", "parameter"];
pub(super) const NAMED: &str = "value";
/// Names longer than this are no names.
const MAX_LENGTH: usize = 100;

/// Words behind which the words before still decide.
#[rustfmt::skip]
const SUFFIXES: &[&str] = &[
    "value", "base", "base64", "b64", "pem", "raw", "plain", "plaintext", "old", "new", "current", "previous", "prod",
    "dev", "test", "staging", "backup", "live", "primary", "secondary", "confirm", "confirmation", "encrypted", "hash",
];
/// What tokens are called that are parts of a text or places in a list.
#[rustfmt::skip]
const PUBLIC_TOKENS: &[&str] = &[
    "eos", "bos", "pad", "unk", "mask", "cls", "sep", "image", "special", "stop", "trigger", "class", "start", "end",
    "audio", "video", "vision", "next", "page", "continuation", "request", "idempotency", "cancellation", "first",
    "last", "per", "each", "max", "placeholder", "unexpected", "design",
];
/// What keys are called that open something.
#[rustfmt::skip]
const SECRET_KEYS: &[&str] = &[
    "api", "access", "secret", "private", "signing", "sign", "encryption", "encrypt", "decryption", "auth", "account",
    "master", "service", "shared", "ssh", "session", "subscription", "license", "webhook", "bot", "admin", "hmac",
    "launch", "app", "application", "consumer", "client", "deploy", "root", "cipher", "aes", "jwt", "rsa", "wallet",
    "function", "functions", "openai", "anthropic", "gemini", "groq", "xai", "mistral", "deepseek", "openrouter",
    "replicate", "fal", "huggingface", "civitai", "stripe",
];
/// What keys are called that only find something.
#[rustfmt::skip]
const PUBLIC_KEYS: &[&str] = &[
    "primary", "foreign", "sort", "cache", "partition", "public", "publishable", "site", "idempotency", "index",
    "group", "object", "hot", "registry", "dedupe", "dedup", "routing", "lookup", "message", "model", "node", "row",
    "map", "unique", "config", "translation", "locale", "state", "storage", "trace", "job", "prompt", "widget", "host",
];
/// Endings of secret names that are written in one word.
#[rustfmt::skip]
const ENDINGS: &[&str] = &[
    "secret", "token", "apikey", "secretkey", "privatekey", "accesskey", "authkey", "signingkey", "encryptionkey",
    "masterkey", "servicekey", "sharedkey", "accountkey", "licensekey", "appkey", "clientkey", "sessionkey",
    "sessionid", "sessid",
];

/// How the value behind this name is judged; `None` when the name says nothing.
pub(super) fn kind_of(name: &str) -> Option<Kind> {
    if name.len() > MAX_LENGTH {
        return None;
    }
    let words = words_of(name);
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_suffix = |word: &&str| SUFFIXES.contains(word) || word.bytes().all(|byte| byte.is_ascii_digit());
    while words.len() > 1 && words.last().is_some_and(is_suffix) {
        words.pop();
    }
    let last = words.pop()?.trim_end_matches(|c: char| c.is_ascii_digit());
    let before = words.last().copied().unwrap_or_default();
    Some(match last {
        "password" | "passwd" | "pwd" | "passcode" | "passwords" => Kind::Password,
        "passphrase" | "mnemonic" => Kind::Phrase,
        "phrase" if ["seed", "recovery", "secret", "pass"].contains(&before) => Kind::Phrase,
        "auth" if ["basic", "http"].contains(&before) => Kind::Token,
        "token" if PUBLIC_TOKENS.contains(&before) => return None,
        "secret" | "secrets" | "token" | "jwt" | "credential" | "credentials" | "bearer" | "assertion" => {
            Kind::Token
        }
        "verifier" if before == "code" => Kind::Token,
        "id" if before == "session" => Kind::Token,
        "key" | "keys" => key_kind(before, name)?,
        "authorization" => Kind::Authorization,
        "cookie" | "cookies" => Kind::Cookie,
        "auth" | "session" | "sess" | "sid" | "pass" | "otp" | "pat" | "creds" | "dsn" => Kind::Random,
        "sig" | "signature" | "code" | "ticket" => Kind::Query,
        word if ["password", "passwd", "pwd"].iter().any(|ending| word.ends_with(ending)) => Kind::Password,
        word if ENDINGS.iter().any(|ending| word.ends_with(ending)) => Kind::Token,
        _ => return None,
    })
}

/// Whether a `key` that this word stands before is a secret, in prose: "API key: …".
pub(super) fn is_secret_key(before: &str) -> bool {
    SECRET_KEYS.contains(&before.to_ascii_lowercase().as_str())
}

fn key_kind(before: &str, name: &str) -> Option<Kind> {
    if is_secret_key(before) {
        Some(Kind::Token)
    } else if before.is_empty() {
        Some(Kind::Query)
    } else if PUBLIC_KEYS.contains(&before) || name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        None
    } else {
        // A variable of the environment, such as `ACME_KEY`.
        Some(Kind::Random)
    }
}

/// The words of a name in lower case. Digits belong to the word before.
fn words_of(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let mut words = vec![String::new()];
    for (at, byte) in bytes.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| bytes[at]);
        let is_hump = byte.is_ascii_uppercase()
            && before.is_some_and(|before| {
                let ends_capitals = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
                !before.is_ascii_uppercase() || ends_capitals
            });
        if is_hump || !byte.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| byte.is_ascii_alphanumeric()) {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
