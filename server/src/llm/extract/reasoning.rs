//! The tags between which models think aloud.

/// A tag at one place of the text.
pub(super) struct Tag {
    /// Where the text goes on.
    pub end: usize,
    pub opens: bool,
}

const NAMES: [&str; 12] = [
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reason",
    "reasoning",
    "reflection",
    "analysis",
    "scratchpad",
    "inner_monologue",
    "chain_of_thought",
    "cot",
];
/// Attributes longer than this are no attributes.
const MAX_ATTRIBUTES: usize = 200;

/// The reasoning tag at `at`: `<think>`, `</Think >`, `[THINK]`, `◁think▷`, `<|begin_of_thought|>`, or the channel
/// marks of the Harmony format.
pub(super) fn tag(text: &str, at: usize) -> Option<Tag> {
    let rest = &text[at..];
    let inner = rest.strip_prefix(['<', '[', '◁'])?;
    let start = text.len() - inner.len();
    let (slash, inner) = match inner.strip_prefix('/') {
        Some(inner) => (true, inner),
        None => (false, inner),
    };
    let named = inner.trim_start_matches(['|', ' ']);
    let length =
        named.find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '_' | ':'))).unwrap_or(named.len());
    let name = named[..length].to_ascii_lowercase();
    let after = &named[length..];
    if name == "channel" {
        let channel = after.strip_prefix("|>")?.trim_start();
        let opens = channel.starts_with("analysis");
        let end = text.len() - channel.len();
        return (opens || channel.starts_with("final")).then_some(Tag { end, opens });
    }
    let name = name.trim_start_matches("seed:").trim_start_matches("antml:").trim_start_matches("ant");
    let (ends, bare) = match name.strip_prefix("end_of_") {
        Some(bare) => (true, bare),
        None => (false, name.strip_prefix("begin_of_").unwrap_or(name)),
    };
    if !NAMES.contains(&bare) {
        return None;
    }
    let close = match text.as_bytes()[at] {
        b'<' => '>',
        // Other words in square brackets are prose.
        b'[' if text[start..].trim_start_matches('/').starts_with("THINK]") => ']',
        b'[' => return None,
        _ => '▷',
    };
    let attributes = after.find(['<', '>', ']', '▷', '\n']).filter(|end| *end <= MAX_ATTRIBUTES)?;
    let tail = after[attributes..].strip_prefix(close)?;
    let empty = after[..attributes].ends_with('/');
    (!empty).then_some(Tag { end: text.len() - tail.len(), opens: !(slash || ends) })
}

/// Where the reasoning that was opened before `from` ends.
pub(super) fn end_of_reasoning(text: &str, from: usize) -> Option<usize> {
    closing_tags(text, from).map(|(_, tag)| tag.end).next()
}

/// The next closing tag that an answer may follow; one before a quote or a comma stands in a string.
pub(super) fn next_answer(text: &str, from: usize) -> Option<usize> {
    closing_tags(text, from)
        .find(|(_, tag)| text[tag.end..].trim_start_matches([' ', '\t', '\r']).starts_with(['{', '`', '\n']))
        .map(|(at, _)| at)
}

fn closing_tags(text: &str, from: usize) -> impl Iterator<Item = (usize, Tag)> {
    text[from..]
        .match_indices(['<', '[', '◁'])
        .filter_map(move |(offset, _)| Some((from + offset, tag(text, from + offset)?)))
        .filter(|(_, tag)| !tag.opens)
}
