//! Ids that come from outside: one alphabet, so that no id can ever be a path, a header, a query or an option.

/// Bytes; as in the Python edition for templates, jobs and traces.
const MAX_LENGTH: usize = 64;
/// Bytes; senders build idempotency keys out of several ids.
const MAX_IDEMPOTENCY_KEY: usize = 255;
/// Bytes; ids of nodes within nested subgraphs are joined by colons.
const MAX_NODE: usize = 128;

/// Names that Windows takes for devices, with any extension.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// What an id names. Everything that may become a file name has the same rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// A template; its file is named by it, beside a manifest.
    Template,
    /// What a sender calls its event.
    Job,
    /// Runs, presets, packs, schedules, approvals, devices and whatever else is stored under an id.
    Record,
    /// An id of a trace, which goes into headers and logs.
    Trace,
    /// A sender's key for "this is the same event".
    IdempotencyKey,
    /// A node in a graph.
    Node,
    /// A tenant: lower case.
    Tenant,
}

/// Why an id is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdError {
    Empty,
    TooLong { max: usize },
    Character(char),
    Dots,
    Start,
    Reserved,
}

impl std::fmt::Display for IdError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong { max } => write!(f, "it is longer than {max} characters"),
            Self::Character(c) => write!(f, "it has {c:?} in it; letters, digits, _ and - are possible"),
            Self::Dots => f.write_str("a dot may only stand between two other characters"),
            Self::Start => f.write_str("it must start with a letter or a digit"),
            Self::Reserved => f.write_str("the name is reserved"),
        }
    }
}

impl std::error::Error for IdError {}

impl Surface {
    /// By the name of a surface, in either number, with or without `_id`. An unknown one gets the strictest rule.
    pub fn named(name: &str) -> Self {
        let name = name.to_ascii_lowercase().replace('-', "_");
        let name = name.strip_suffix("_id").unwrap_or(&name);
        match name.strip_suffix('s').unwrap_or(name) {
            "template" => Self::Template,
            "job" => Self::Job,
            "run" | "preset" | "prompt" | "pack" | "schedule" | "approval" | "device" | "provider"
            | "profile" | "checkpoint" | "recipe" | "experiment" | "exp" | "source" | "sender"
            | "delivery" | "deliverie" | "session" | "event" | "version" | "pack_version" | "pack_name"
            | "model" | "task" | "installation" | "file" | "filename" | "asset" | "image" | "user"
            | "block" | "recipe_name" => Self::Record,
            "idempotency" | "idempotency_key" | "key" | "nonce" => Self::IdempotencyKey,
            "node" => Self::Node,
            "tenant" => Self::Tenant,
            _ => Self::Trace,
        }
    }

    const fn max_length(self) -> usize {
        match self {
            Self::IdempotencyKey => MAX_IDEMPOTENCY_KEY,
            Self::Node => MAX_NODE,
            _ => MAX_LENGTH,
        }
    }

    /// Punctuation an id of this surface may hold besides `_` and `-`.
    const fn takes(self, c: char) -> bool {
        match self {
            Self::Template | Self::Record | Self::Tenant => c == '.',
            Self::Trace => false,
            Self::Job => matches!(c, '.' | ':'),
            Self::IdempotencyKey => matches!(c, '.' | ':' | '=' | '+' | '@'),
            Self::Node => matches!(c, ':' | '.'),
        }
    }

    /// Whether `id` can name one of these.
    pub fn check(self, id: &str) -> Result<(), IdError> {
        let max = self.max_length();
        if id.is_empty() {
            return Err(IdError::Empty);
        }
        if id.len() > max {
            return Err(IdError::TooLong { max });
        }
        let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || self.takes(c);
        if let Some(c) = id.chars().find(|c| !known(*c)) {
            return Err(IdError::Character(c));
        }
        if id.starts_with('.') || id.ends_with('.') || id.contains("..") {
            return Err(IdError::Dots);
        }
        // A leading hyphen reads as an option; a trace's alphabet is older than this rule.
        let starts = match self {
            Self::Trace => true,
            Self::Tenant => id.starts_with(|c: char| c.is_ascii_alphanumeric()),
            _ => id.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        };
        if !starts {
            return Err(IdError::Start);
        }
        if is_device(id) || (self == Self::Template && id.eq_ignore_ascii_case("manifest")) {
            return Err(IdError::Reserved);
        }
        Ok(())
    }
}

fn is_device(id: &str) -> bool {
    let stem = id.split(['.', ':']).next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |name: &str| {
        stem.strip_prefix(name).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SURFACES: [&str; 14] = [
        "template",
        "job",
        "prompt",
        "preset",
        "trace",
        "idempotency",
        "schedule",
        "run",
        "approval",
        "node",
        "tenant",
        "pack",
        "provider",
        "something_new",
    ];

    #[test]
    fn ordinary_ids_are_accepted_everywhere() {
        for surface in SURFACES {
            for id in [
                "a",
                "7",
                "sdxl_basic",
                "portrait-v1",
                "apr_0123456789ab",
                "018f2b9c-9d2e-7c3a-b1a2-0c5d4e3f2a1b",
                "Con1",
                "common",
            ] {
                assert_eq!(Surface::named(surface).check(id), Ok(()), "{surface} {id}");
            }
            assert_eq!(Surface::named(surface).check(&"x".repeat(64)), Ok(()), "{surface}");
        }
    }

    #[test]
    fn hostile_ids_are_refused_everywhere() {
        let long = "x".repeat(256);
        for surface in SURFACES {
            for id in [
                "",
                " ",
                ".",
                "..",
                "...",
                "../x",
                "..\\x",
                "a/b",
                "a\\b",
                "/etc/passwd",
                "C:\\x",
                "a..b",
                ".hidden",
                "trailing.",
                "%2e%2e%2f",
                "..%2f",
                "a%00b",
                "a\0b",
                "a\nb",
                "a\r\nSet-Cookie: x",
                "a b",
                " a",
                "a ",
                "a\tb",
                "\u{feff}a",
                "a\u{200b}b",
                "a\u{202e}b",
                "\u{ff0e}\u{ff0e}\u{ff0f}",
                "\u{430}dmin",
                "caf\u{e9}",
                "cafe\u{301}",
                "\u{1f600}",
                "\u{2024}\u{2024}",
                "a;b",
                "a|b",
                "a&b",
                "$(id)",
                "`id`",
                "${x}",
                "{{x}}",
                "a'b",
                "a\"b",
                "<b>",
                "a*",
                "a?b",
                "a#b",
                "a,b",
                "~root",
                "a~b",
                "a!b",
                "CON",
                "con",
                "Nul.txt",
                "aux",
                "PRN",
                "com1",
                "LPT9",
                "com0",
                "COM\u{b9}",
                &long,
            ] {
                assert!(Surface::named(surface).check(id).is_err(), "{surface} {id:?}");
            }
        }
    }

    #[test]
    fn a_surface_decides_about_the_rest() {
        for (surface, id, accepted) in [
            ("template", "sdxl.v2", true),
            ("templates", "manifest", false),
            ("template_id", "Manifest", false),
            ("job", "manifest", true),
            ("trace", "a.b", false),
            ("trace", "-a", true),
            ("job", "-rf", false),
            ("tenant", "_a", false),
            ("tenant", "acme.eu", true),
            ("filename", "portrait.png", true),
            ("filename", "portrait.png:stream", false),
            ("idempotency-key", "order:17:retry.2", true),
            ("idempotency_key", &"k".repeat(255), true),
            ("job_id", &"k".repeat(65), false),
            ("job", "2026-11-26T10:00:00Z", true),
            ("run", "order:17", false),
            ("node", "12:3", true),
            ("node", "con:3", false),
            ("Something else", "a.b", false),
        ] {
            assert_eq!(Surface::named(surface).check(id).is_ok(), accepted, "{surface} {id}");
        }
    }
}
