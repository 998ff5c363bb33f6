//! Finds the JSON object in a model's answer, which may be wrapped in reasoning, fences and prose.
//!
//! An object in a `json` fence beats one in another fence, which beats one in loose text; within these, what is
//! strict JSON beats what had to be mended, and the first beats the rest. The outermost object is taken or none:
//! a part of a broken or cut-off object looks whole and is wrong.

mod lenient;
mod number;
mod reasoning;

use serde_json::{Map, Value};

use lenient::{Fault, Parsed, parse};

/// Why there is no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    #[error("there is no JSON object in it")]
    NoObject,
    #[error("its JSON stops before the end")]
    Truncated,
}

/// Bytes that may be read again after a failed attempt, as a multiple of the text: keeps hostile text linear.
const REREAD_FACTOR: usize = 8;

/// The object in the answer. Integers beyond 64 bits become floats here; [`object_text`] keeps their digits.
pub fn extract_json(text: &str) -> Result<Map<String, Value>, ExtractError> {
    serde_json::from_str(&object_text(text)?).map_err(|_| ExtractError::NoObject)
}

/// The object in the answer as strict JSON text, every number digit for digit.
pub fn object_text(text: &str) -> Result<String, ExtractError> {
    let mut scan = Scan::new(text);
    while scan.pos < text.len() && scan.rereads <= REREAD_FACTOR * text.len() {
        scan.step();
    }
    scan.finish()
}

/// How much the place of an object says that it is the answer; the first is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    JsonFence,
    Fence,
    Loose,
}

struct Fence {
    mark: u8,
    length: usize,
    place: Place,
}

struct Scan<'t> {
    text: &'t str,
    pos: usize,
    fence: Option<Fence>,
    /// The best object so far, with its place and whether it had to be mended.
    best: Option<(Place, bool, String)>,
    /// The best place at which an object was cut off by the end of the text.
    cut: Option<Place>,
    rereads: usize,
    braces: Option<Braces>,
    next_fence: Option<usize>,
    next_answer: Option<usize>,
}

impl<'t> Scan<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            pos: 0,
            fence: None,
            best: None,
            cut: None,
            rereads: 0,
            braces: None,
            next_fence: None,
            next_answer: None,
        }
    }

    fn finish(self) -> Result<String, ExtractError> {
        match (self.best, self.cut) {
            (Some((place, ..)), Some(cut)) if cut < place => Err(ExtractError::Truncated),
            (Some((.., json)), _) => Ok(json),
            (None, Some(_)) => Err(ExtractError::Truncated),
            (None, None) => Err(ExtractError::NoObject),
        }
    }

    /// Looks at the next place that may matter and moves behind it.
    fn step(&mut self) {
        let rest = &self.text[self.pos..];
        let Some(offset) = rest.find(['{', '｛', '[', '<', '◁', '`', '~']) else {
            self.pos = self.text.len();
            return;
        };
        self.pos += offset;
        match self.text.as_bytes()[self.pos] {
            b'`' | b'~' => self.fence_mark(),
            b'{' => self.brace(),
            _ if self.text[self.pos..].starts_with('｛') => self.brace(),
            mark => {
                if let Some(tag) = reasoning::tag(self.text, self.pos) {
                    self.reasoning(&tag);
                } else if mark == b'[' {
                    self.bracket();
                } else {
                    self.skip_char();
                }
            }
        }
    }

    fn skip_char(&mut self) {
        self.pos += self.text[self.pos..].chars().next().map_or(1, char::len_utf8);
    }

    fn place(&self) -> Place {
        self.fence.as_ref().map_or(Place::Loose, |fence| fence.place)
    }

    fn fence_mark(&mut self) {
        let rest = &self.text[self.pos..];
        let mark = rest.as_bytes()[0];
        let length = rest.bytes().take_while(|byte| *byte == mark).count();
        self.pos += length;
        if length < 3 {
            return;
        }
        let info = self.text[self.pos..].trim_start_matches([' ', '\t']);
        let word = info.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let ours = self.fence.as_ref().is_some_and(|fence| fence.mark == mark && fence.length <= length);
        if ours && word.is_empty() {
            self.fence = None;
        } else if ours || self.fence.is_none() {
            let json = word.len() >= 4 && word[..4].eq_ignore_ascii_case("json");
            let place = if json { Place::JsonFence } else { Place::Fence };
            self.fence = Some(Fence { mark, length, place });
            self.pos = self.text.len() - info.len() + word.len();
        }
    }

    fn reasoning(&mut self, tag: &reasoning::Tag) {
        if tag.opens {
            // Reasoning that never ends was cut off before the answer.
            self.pos = reasoning::end_of_reasoning(self.text, tag.end).unwrap_or(self.text.len());
        } else {
            // The opening tag is missing, as in templates that end with it: all before was reasoning.
            self.pos = tag.end;
            (self.best, self.cut, self.fence) = (None, None, None);
        }
    }

    fn brace(&mut self) {
        match self.attempt() {
            Ok(parsed) => {
                let rank = (self.place(), !parsed.strict);
                if self.best.as_ref().is_none_or(|(place, mended, _)| rank < (*place, *mended)) {
                    self.best = Some((rank.0, rank.1, parsed.json));
                }
                self.pos = parsed.end;
            }
            Err(fault) if fault.like_object => self.skip_broken(),
            Err(_) => match self.brace_end() {
                Some(end) if end <= self.block_end() => self.pos = end,
                _ => self.skip_char(),
            },
        }
    }

    /// Skips an array whole: the objects in it are not the answer. Other brackets are prose.
    fn bracket(&mut self) {
        let inner = self.text[self.pos + 1..].trim_start();
        if !inner.starts_with(|c: char| "{｛[\"'“-".contains(c) || c.is_ascii_digit()) {
            self.skip_char();
            return;
        }
        match self.attempt() {
            Ok(parsed) => self.pos = parsed.end,
            Err(fault) if fault.truncated || fault.like_object => self.skip_broken(),
            Err(_) => self.skip_char(),
        }
    }

    fn attempt(&mut self) -> Result<Parsed, Fault> {
        parse(self.text, self.pos).inspect_err(|fault| self.rereads += fault.reached - self.pos)
    }

    /// Skips what began like an object and is none, with everything in it. Where it ends is judged with and without
    /// regard to strings, since a broken string may hide the end; when in doubt, it ends with its block.
    fn skip_broken(&mut self) {
        let limit = self.block_end();
        let end = end_of_value(&self.text[..limit], self.pos);
        let bare_end = if self.text[self.pos..].starts_with('[') { end } else { self.brace_end() };
        if let (Some(end), Some(bare_end)) = (end, bare_end)
            && end.max(bare_end) <= limit
        {
            self.pos = end.max(bare_end);
            return;
        }
        if limit == self.text.len() {
            let place = self.place();
            self.cut = Some(self.cut.map_or(place, |cut| cut.min(place)));
        }
        self.pos = limit;
    }

    /// Where a broken object ends at the latest: at the next fence or the end of reasoning.
    fn block_end(&mut self) -> usize {
        self.next_fence().min(self.next_answer())
    }

    /// The next fence that stands at the start of a line, or the end of the text.
    fn next_fence(&mut self) -> usize {
        if let Some(known) = self.next_fence.filter(|known| *known > self.pos) {
            return known;
        }
        let found = self.text[self.pos..].match_indices('\n').find_map(|(offset, _)| {
            let line = &self.text[self.pos + offset + 1..];
            let marks = line.trim_start_matches([' ', '\t', '>']);
            (marks.starts_with("```") || marks.starts_with("~~~")).then_some(self.text.len() - marks.len())
        });
        *self.next_fence.insert(found.unwrap_or(self.text.len()))
    }

    /// The next end of reasoning that an answer may follow, or the end of the text.
    fn next_answer(&mut self) -> usize {
        if let Some(known) = self.next_answer.filter(|known| *known > self.pos) {
            return known;
        }
        let found = reasoning::next_answer(self.text, self.pos).unwrap_or(self.text.len());
        *self.next_answer.insert(found)
    }

    /// The end of what opens here when strings are disregarded.
    fn brace_end(&mut self) -> Option<usize> {
        self.braces.get_or_insert_with(|| Braces::new(self.text)).close_of(self.pos)
    }
}

/// The matching brace of every opening brace, strings disregarded.
struct Braces(Vec<(usize, usize)>);

impl Braces {
    fn new(text: &str) -> Self {
        let mut open = Vec::new();
        let mut pairs = Vec::new();
        for (at, c) in text.char_indices() {
            match c {
                '{' | '｛' => open.push(at),
                '}' | '｝' => pairs.extend(open.pop().map(|start| (start, at + c.len_utf8()))),
                _ => {}
            }
        }
        pairs.sort_unstable();
        Self(pairs)
    }

    /// The end of what opens at `start`.
    fn close_of(&self, start: usize) -> Option<usize> {
        let index = self.0.binary_search_by_key(&start, |pair| pair.0).ok()?;
        Some(self.0[index].1)
    }
}

/// The end of the object or array that opens at `start`, its double-quoted strings respected.
fn end_of_value(text: &str, start: usize) -> Option<usize> {
    let (open, close) = if text[start..].starts_with('[') {
        (['[', '［'], [']', '］'])
    } else {
        (['{', '｛'], ['}', '｝'])
    };
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (offset, c) in text[start..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            _ if open.contains(&c) => depth += 1,
            _ if close.contains(&c) => {
                depth -= 1;
                if depth == 0 {
                    return Some(start + offset + c.len_utf8());
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
