//! Quotation marks as logs have them: plain, or escaped once or several times.

/// A mark that opens or closes, such as `"`, `\"`, `\\\"`, `&quot;` or `%22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote<'t>(&'t str);

const NAMED: &[&str] = &["&quot;", "&#34;", "&#39;", "%22", "%27"];
/// Five levels of JSON within JSON.
const MAX_BACKSLASHES: usize = 31;

impl<'t> Quote<'t> {
    /// The mark at `at`, if there is one.
    pub(super) fn at(text: &'t str, at: usize) -> Option<Self> {
        let rest = &text[at..];
        let slashes = rest.bytes().take(MAX_BACKSLASHES + 1).take_while(|byte| *byte == b'\\').count();
        if slashes > MAX_BACKSLASHES {
            return None;
        }
        if matches!(rest.as_bytes().get(slashes), Some(b'"' | b'\'' | b'`')) {
            return Some(Self(&rest[..=slashes]));
        }
        if slashes > 0 && (rest[slashes..].starts_with("u0022") || rest[slashes..].starts_with("u0027")) {
            return Some(Self(&rest[..slashes + "u0022".len()]));
        }
        NAMED.iter().find(|named| rest.starts_with(**named)).map(|named| Self(&rest[..named.len()]))
    }

    pub(super) fn text(self) -> &'t str {
        self.0
    }

    /// Where the text quoted from `from` on ends: before its closing mark, or with the line when that is missing.
    pub(super) fn end(self, text: &str, from: usize) -> usize {
        let bytes = text.as_bytes();
        let escaped = self.0.starts_with('\\');
        let mut at = from;
        while at < bytes.len() && bytes[at] != b'\n' {
            let closes = bytes[at..].starts_with(self.0.as_bytes());
            if closes && !(escaped && at > from && bytes[at - 1] == b'\\') {
                return at;
            }
            // Within plain quotes, a backslash makes the next character one of the text.
            let taken =
                !escaped && bytes[at] == b'\\' && bytes.get(at + 1).is_some_and(|next| *next != b'\n');
            at += if taken { 2 } else { 1 };
        }
        let mut end = at.min(bytes.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        end - usize::from(text[from..end].ends_with('\r'))
    }
}
