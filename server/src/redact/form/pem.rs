//! Private keys between their BEGIN and END lines.

use std::ops::Range;

const BEGIN: &str = "-----BEGIN";
const END: &str = "-----END";
const DASHES: &str = "-----";
const LABEL: &str = "PRIVATE KEY";
/// The longest label of a key.
const MAX_LABEL: usize = 64;

pub(super) fn find(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut from = 0;
    let mut more_ends = true;
    while let Some(start) = text[from..].find(BEGIN).map(|at| from + at) {
        from = start + BEGIN.len();
        let Some(body) = label_end(text, from) else {
            continue;
        };
        // In a URL, a blank has another spelling.
        if !text[from..body].replace("%20", " ").replace('+', " ").contains(LABEL) {
            continue;
        }
        let end = if more_ends { text[body..].find(END).map(|at| body + at + END.len()) } else { None };
        more_ends = end.is_some();
        from = end.and_then(|end| label_end(text, end)).unwrap_or_else(|| body + cut_body(&text[body..]));
        // In prose about keys nothing follows the label.
        if from > body {
            spans.push(start..from);
        }
    }
}

/// Where the dashes behind a label end.
fn label_end(text: &str, label: usize) -> Option<usize> {
    let window = &text.as_bytes()[label..text.len().min(label + MAX_LABEL)];
    let dashes = window.windows(DASHES.len()).position(|window| window == DASHES.as_bytes())?;
    Some(label + dashes + DASHES.len())
}

/// Length of a key whose end is missing: lines of base64 and headers, escaped line ends among them.
fn cut_body(text: &str) -> usize {
    let mut length = 0;
    for word in text.split_inclusive(|c: char| c.is_whitespace()) {
        let bare = word.trim_end();
        let key = bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=\\:,-.>%".contains(&byte));
        let header =
            ["Proc-Type:", "DEK-Info:", "Version:", "Comment:"].iter().any(|name| bare.starts_with(name));
        if !(key && (bare.is_empty() || bare.len() >= 16 || header || bare.contains(['\\', '=', ',']))
            || bare == ">")
        {
            break;
        }
        length += word.len();
    }
    text[..length].trim_end().len()
}
