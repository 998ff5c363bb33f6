//! Secrets that are known by their value.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::MARKER;

/// Shorter values would take ordinary words out of the text.
const MIN_LENGTH: usize = 6;

/// Looks for all values at once.
pub(super) struct Literals(Option<AhoCorasick>);

impl Literals {
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let secrets = secrets.into_iter().filter(|secret| secret.len() >= MIN_LENGTH);
        let mut forms: Vec<String> =
            secrets.flat_map(forms_of).filter(|form| !MARKER.contains(form)).collect();
        forms.sort_unstable();
        forms.dedup();
        let searcher = (!forms.is_empty()).then(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(forms)
                .expect("a few short patterns are far below the limits")
        });
        Self(searcher)
    }

    pub(super) fn find(&self, text: &str, spans: &mut Vec<Range<usize>>) {
        if let Some(searcher) = &self.0 {
            spans.extend(searcher.find_iter(text).map(|found| found.range()));
        }
    }
}

/// The value as it is, inside JSON, inside a URL, and in base64.
fn forms_of(secret: &str) -> [String; 5] {
    let json = serde_json::Value::from(secret).to_string();
    let url = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
    [
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        url.replace('+', "%20"),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ]
}
