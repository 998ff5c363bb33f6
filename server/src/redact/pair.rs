//! Names and their values: `password=…`, `"api_key": "…"`, `X-Api-Key: …`, `--token …`, `<secret>…</secret>`.

use std::ops::Range;

use super::credential;
use super::name::{Kind, NAMED, NAMING, is_secret_key, kind_of};
use super::quote::Quote;
use super::value::{Setting, bare_end, is_hidden, is_secret, is_word, looks_random};

/// A judgement needs no more of a value; one that is a secret is hidden to its end.
const JUDGED: usize = 512;
/// Bytes of an object behind a secret's name that are looked through, and the least length of a secret in it.
const LOOKED_THROUGH: usize = 1024;
const LEAST_MEMBER: usize = 16;
/// Words between a name and its value in sentences.
const CLAIMS: &[&str] =
    &["is ", "is: ", "was ", "was: ", "provided: ", "given: ", "used: ", "set to ", "equals "];
/// Words that follow an option in sentences about it.
const OPTION_PROSE: &[&str] = &[
    "a", "an", "and", "argument", "as", "can", "flag", "for", "from", "if", "in", "is", "must", "not", "on",
    "option", "or", "requires", "should", "the", "to", "was", "with",
];

pub(super) fn find(text: &str, spans: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_name_byte(bytes[at]) {
            at += 1;
            continue;
        }
        let end = at + bytes[at..].iter().take_while(|byte| is_name_byte(**byte)).count();
        at = credential::bare_scheme(text, &text[at..end], end, spans)
            .or_else(|| Pair { text, name: at..end }.hide(spans))
            .unwrap_or(end);
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// A value in quotes that begins at `start`, perhaps the first of a list.
#[derive(Clone, Copy)]
struct Quoted<'t> {
    quote: Quote<'t>,
    start: usize,
    listed: bool,
}

/// A name that may have a value.
struct Pair<'t> {
    text: &'t str,
    name: Range<usize>,
}

impl Pair<'_> {
    /// Hides the value if it is a secret; gives where to read on.
    fn hide(&self, spans: &mut Vec<Range<usize>>) -> Option<usize> {
        if let Some(end) = self.hide_user(spans).or_else(|| self.hide_named(spans)) {
            return Some(end);
        }
        let (setting, value) = self.sign()?;
        self.hide_value(self.kind()?, setting, value, spans)
    }

    fn hide_value(
        &self,
        kind: Kind,
        setting: Setting,
        value: usize,
        spans: &mut Vec<Range<usize>>,
    ) -> Option<usize> {
        let (value, listed) = self.unwrapped(value);
        if let Some(quote) = Quote::at(self.text, value) {
            let prose = matches!(setting, Setting::Claimed | Setting::Beside);
            let setting = if prose { setting } else { Setting::Quoted };
            let first = Quoted { quote, start: value + quote.text().len(), listed };
            return Some(self.hide_quoted(kind, setting, first, spans));
        }
        if kind.is_strong() && self.text[value..].starts_with('{') {
            self.hide_members(value, spans);
            return None;
        }
        match kind {
            Kind::Authorization => Some(credential::authorization(self.text, value..self.text.len(), spans)),
            Kind::Cookie if setting == Setting::Told => {
                let end = credential::line_end(self.text, value..self.text.len());
                credential::cookies(self.text, value..end, spans);
                Some(end)
            }
            Kind::Phrase => {
                let end = credential::line_end(self.text, value..self.text.len());
                spans.push(value..end);
                Some(end)
            }
            _ => self.hide_bare(kind, setting, value, spans),
        }
    }

    /// The sign between name and value, with where the value begins.
    fn sign(&self) -> Option<(Setting, usize)> {
        let text = self.text;
        let closing = Quote::at(text, self.name.end);
        let mut at = self.name.end + closing.map_or(0, |quote| quote.text().len());
        if text[at..].starts_with(']') {
            at += 1;
        }
        let skip = |from: usize| {
            let rest = &text[from..];
            let blank = |c: char| c == ' ' || c == '\t' || (closing.is_some() && c.is_ascii_whitespace());
            from + rest.len() - rest.trim_start_matches(blank).len()
        };
        let sign = skip(at);
        let rest = &text[sign..];
        let before = &text[..self.name.start];
        let starts = |sign: &&&str| rest.starts_with(**sign);
        if let Some(found) = ["=>", "==", ":=", "="].iter().find(starts) {
            let query = before.ends_with(['?', '&', '#']) || before.ends_with("&amp;");
            return Some((if query { Setting::Query } else { Setting::Assigned }, skip(sign + found.len())));
        }
        if let Some(found) = ["%3D", "%3d", "%3A", "%3a"].iter().find(starts) {
            return Some((Setting::Encoded, sign + found.len()));
        }
        if let Some(found) = [":", "："].iter().find(starts) {
            let after = sign + found.len();
            // A path in Rust, or the scheme of a URL, or who logs in there.
            let user = before.ends_with("://") || before.ends_with(":\\/\\/");
            let other = user || text[after..].starts_with(':') || text[after..].starts_with("//");
            return (!other).then(|| (Setting::Told, skip(after)));
        }
        if rest.starts_with('>') && before.ends_with('<') {
            return Some((Setting::Assigned, sign + 1));
        }
        // A tuple of a quoted name and a quoted value.
        if rest.starts_with(',') && closing.is_some_and(|quote| before.ends_with(quote.text())) {
            let value = skip(sign + 1);
            return Quote::at(text, self.unwrapped(value).0).map(|_| (Setting::Claimed, value));
        }
        if text[self.name.clone()].starts_with("--") && sign > at {
            let option = &text[sign..bare_end(text, sign, Setting::Assigned)];
            let prose = option.starts_with('-') || OPTION_PROSE.contains(&option);
            return (!prose).then_some((Setting::Assigned, sign));
        }
        let name = &text[self.name.clone()];
        // Whoever reads a language calls its words tokens.
        if sign > at && Quote::at(text, sign).is_some() && !name.eq_ignore_ascii_case("token") {
            return Some((Setting::Beside, sign));
        }
        let claim = CLAIMS.iter().find(|claim| sign > at && rest.starts_with(**claim))?;
        Some((Setting::Claimed, skip(sign + claim.len())))
    }

    /// What the name says. An escape before it, as in `\ntoken` and `%26token`, is no part of it.
    fn kind(&self) -> Option<Kind> {
        let (text, Range { start, end }) = (self.text, self.name.clone());
        let before = &text.as_bytes()[..start];
        let escape = match before.last() {
            Some(b'%') => 2,
            Some(b'\\') if text[start..].starts_with('u') => 5,
            Some(b'\\') => 1,
            _ => 0,
        };
        let kind = kind_of(&text[start..end])
            .or_else(|| if escape > 0 { kind_of(text.get(start + escape..end)?) } else { None });
        if text[start..end].eq_ignore_ascii_case("key")
            && let Some(words) = text[..start].strip_suffix([' ', '-'])
        {
            let word = &words[words.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len()..];
            return if is_secret_key(word) { Some(Kind::Token) } else { kind };
        }
        kind
    }

    /// The value without what some languages put around it: `b'…'`, `Some("…")`, `["…"]`.
    fn unwrapped(&self, value: usize) -> (usize, bool) {
        let rest = &self.text[value..];
        let word = rest.bytes().take(32).take_while(u8::is_ascii_alphabetic).count();
        let inner = match rest.as_bytes().get(word) {
            Some(b'(') if word > 0 => value + word + 1,
            Some(_) if word > 0 && word <= 2 => value + word,
            _ => value,
        };
        let list = rest.strip_prefix('[').map(|inner| self.text.len() - inner.trim_start().len());
        match list {
            Some(first) if Quote::at(self.text, first).is_some() => (first, true),
            _ if Quote::at(self.text, inner).is_some() => (inner, false),
            _ => (value, false),
        }
    }

    /// Hides the value in quotes, and in a list also the ones behind it.
    fn hide_quoted(
        &self,
        kind: Kind,
        setting: Setting,
        first: Quoted<'_>,
        spans: &mut Vec<Range<usize>>,
    ) -> usize {
        let text = self.text;
        let Quoted { mut quote, mut start, listed } = first;
        loop {
            let end = quote.end(text, start);
            let value = &text[start..end];
            match kind {
                Kind::Authorization => {
                    credential::authorization(text, start..end, spans);
                }
                Kind::Cookie if value.contains('=') => credential::cookies(text, start..end, spans),
                _ if is_secret(kind, value, setting) => spans.push(start..end),
                // What is no secret itself may have one in it.
                _ => return start,
            }
            let rest = text[end..].strip_prefix(quote.text()).unwrap_or_default().trim_start();
            let item = rest.strip_prefix(',').map(|item| text.len() - item.trim_start().len());
            let next = item.filter(|_| listed).and_then(|at| Some((at, Quote::at(text, at)?)));
            let Some((at, mark)) = next else {
                return end;
            };
            (quote, start) = (mark, at + mark.text().len());
        }
    }

    fn hide_bare(
        &self,
        kind: Kind,
        setting: Setting,
        start: usize,
        spans: &mut Vec<Range<usize>>,
    ) -> Option<usize> {
        let text = self.text;
        let mut judged = text.len().min(start + JUDGED);
        while !text.is_char_boundary(judged) {
            judged -= 1;
        }
        let end = bare_end(&text[..judged], start, setting);
        let value = &text[start..end];
        let rest = &text[end..];
        let goes_on =
            rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
        let prose = setting == Setting::Told && is_word(value) && goes_on;
        // The start of a nested value, in which names of its own stand.
        let structure = matches!(value, "{" | "[" | "(" | "{}" | "[]")
            || value.starts_with(['{', '[', '(']) && rest.starts_with(['"', '\'']);
        if prose || structure || !is_secret(kind, value, setting) {
            return None;
        }
        let end = if end == judged { bare_end(text, start, setting) } else { end };
        spans.push(start..end);
        Some(end)
    }

    /// `"name": "X-Api-Key", "value": "…"`: the name is a value itself.
    fn hide_named(&self, spans: &mut Vec<Range<usize>>) -> Option<usize> {
        let text = self.text;
        let name_at = |at: usize| at..at + text[at..].bytes().take_while(|byte| is_name_byte(*byte)).count();
        if !NAMING.iter().any(|naming| text[self.name.clone()].eq_ignore_ascii_case(naming)) {
            return None;
        }
        let (_, start) = self.sign()?;
        let name = name_at(start + Quote::at(text, start).map_or(0, |quote| quote.text().len()));
        let kind = kind_of(&text[name.clone()]).filter(|kind| kind.is_strong())?;
        let rest = text[name.end..].trim_start_matches(|c: char| c.is_whitespace() || "\"'`\\,;".contains(c));
        let pair = Pair { text, name: name_at(text.len() - rest.len()) };
        if !text[pair.name.clone()].eq_ignore_ascii_case(NAMED) {
            return None;
        }
        let (setting, value) = pair.sign()?;
        pair.hide_value(kind, setting, value, spans)
    }

    /// Hides what looks random in the object that begins at `start`, whatever the members are called.
    fn hide_members(&self, start: usize, spans: &mut Vec<Range<usize>>) {
        let mut end = self.text.len().min(start + LOOKED_THROUGH);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let (text, mut at, mut depth) = (&self.text[..end], start, 0_usize);
        while at < end {
            if let Some(quote) = Quote::at(text, at) {
                let value = at + quote.text().len()..quote.end(text, at + quote.text().len());
                let rest = text[value.end..].strip_prefix(quote.text());
                let is_name = rest.is_none_or(|rest| rest.trim_start().starts_with(':'));
                if !is_name
                    && looks_random(&text[value.clone()], LEAST_MEMBER)
                    && !is_hidden(&text[value.clone()])
                {
                    spans.push(value.clone());
                }
                at = value.end + rest.map_or(0, |_| quote.text().len());
                continue;
            }
            match text.as_bytes()[at] {
                b'{' => depth += 1,
                b'}' if depth <= 1 => return,
                b'}' => depth -= 1,
                _ => {}
            }
            at += 1;
            while !text.is_char_boundary(at) {
                at += 1;
            }
        }
    }

    /// `curl -u user:password`.
    fn hide_user(&self, spans: &mut Vec<Range<usize>>) -> Option<usize> {
        let text = self.text;
        if !["-u", "-U", "--user", "--proxy-user"].contains(&&text[self.name.clone()]) {
            return None;
        }
        let mut from = self.name.start.saturating_sub(JUDGED);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        if !text[from..self.name.start].contains("curl") {
            return None;
        }
        let value = text[self.name.end..].trim_start_matches([' ', '=', '"', '\'']);
        let start = text.len() - value.len();
        let end = bare_end(text, start, Setting::Assigned);
        let password = start + text[start..end].find(':')? + 1;
        spans.push(password..end);
        Some(end)
    }
}
