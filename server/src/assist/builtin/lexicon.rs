//! Finds known phrases in pieces of text: the one matcher behind every word list of the planner.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::text::{Piece, is_han};

/// Phrases with what each means. Phrases are lower case; a hyphen counts as a space, and a plural of the last
/// word is understood.
pub struct Phrases<T> {
    by_first: HashMap<&'static str, Vec<Row<T>>, BuildHasherDefault<Fnv>>,
}

/// The words of a phrase and what they mean.
type Row<T> = (Vec<&'static str>, T);

impl<T: Copy> Phrases<T> {
    /// Reads rows of comma-separated phrases.
    pub fn new(rows: impl IntoIterator<Item = (&'static str, T)>) -> Self {
        let mut by_first: HashMap<_, Vec<Row<T>>, _> = HashMap::default();
        for (row, meaning) in rows {
            for phrase in row.split(',') {
                let words = words_of(phrase);
                if let Some(first) = words.first() {
                    by_first.entry(*first).or_default().push((words, meaning));
                }
            }
        }
        Self { by_first }
    }

    /// The longest phrase at the start of `pieces`: how many pieces it takes, and what it means.
    pub fn longest(&self, pieces: &[Piece]) -> Option<(usize, T)> {
        self.meanings(pieces).into_iter().next()
    }

    /// Every match from left to right, none inside another: where it is, how long, and what it means.
    /// A phrase with two meanings is there twice.
    pub fn find_all(&self, pieces: &[Piece]) -> Vec<(usize, usize, T)> {
        let (mut out, mut at) = (vec![], 0);
        while at < pieces.len() {
            let found = self.meanings(&pieces[at..]);
            let step = found.first().map_or(1, |(len, _)| *len);
            out.extend(found.into_iter().map(|(len, meaning)| (at, len, meaning)));
            at += step;
        }
        out
    }

    /// The meanings of the longest phrase at the start of `pieces`, each with how many pieces it takes.
    pub fn meanings(&self, pieces: &[Piece]) -> Vec<(usize, T)> {
        let mut out: Vec<(usize, T)> = vec![];
        let Some(key) = pieces.first().map(|piece| piece.key.as_ref()).filter(|key| !key.is_empty()) else {
            return out;
        };
        let first = parts(key).0;
        let rows =
            singulars(first).into_iter().flatten().filter_map(|first| self.by_first.get(first)).flatten();
        for (phrase, meaning) in rows {
            let Some(len) = match_len(phrase, pieces) else { continue };
            let best = out.first().map_or(0, |(best, _)| *best);
            if len > best {
                out.clear();
            }
            if len >= best {
                out.push((len, *meaning));
            }
        }
        out
    }

    /// What the whole of `pieces` means, if it is one known phrase.
    pub fn whole(&self, pieces: &[Piece]) -> Option<T> {
        self.longest(pieces).filter(|(len, _)| *len == pieces.len()).map(|(_, meaning)| meaning)
    }
}

/// FNV-1a: the tables hold only our own words, so nobody can make them collide, and words are short.
#[derive(Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Words of a phrase; a character of an unspaced script is a word.
fn words_of(phrase: &'static str) -> Vec<&'static str> {
    let mut out = vec![];
    for word in phrase.split_whitespace() {
        let hyphen: &[char] = if word.starts_with('-') { &[] } else { &['-'] };
        for mut rest in word.split(hyphen) {
            while let Some(c) = rest.chars().next() {
                let len = if is_han(c) { c.len_utf8() } else { rest.find(is_han).unwrap_or(rest.len()) };
                out.push(&rest[..len]);
                rest = &rest[len..];
            }
        }
    }
    out
}

/// How many whole pieces a phrase takes at the start of `pieces`.
fn match_len(phrase: &[&str], pieces: &[Piece]) -> Option<usize> {
    let (mut used, mut parts) = (0, "");
    for (index, word) in phrase.iter().enumerate() {
        if parts.is_empty() {
            parts = pieces.get(used)?.key.as_ref();
            used += 1;
        }
        let (part, rest) = self::parts(parts);
        let is_last = index + 1 == phrase.len();
        if part != *word
            && !(is_last && singulars(part).into_iter().flatten().any(|singular| singular == *word))
        {
            return None;
        }
        parts = rest;
    }
    parts.is_empty().then_some(used)
}

/// The first word of a hyphenated one, and the others; `--switches` are one word.
fn parts(key: &str) -> (&str, &str) {
    key.split_once('-').filter(|(first, _)| !first.is_empty()).unwrap_or((key, ""))
}

/// The word itself and what it may be the plural of.
fn singulars(word: &str) -> [Option<&str>; 3] {
    let long = word.len() > 2;
    [
        Some(word),
        word.strip_suffix('s').filter(|stem| long && !stem.ends_with('s')),
        word.strip_suffix("es").filter(|stem| long && stem.ends_with(['s', 'x', 'z', 'h', 'o'])),
    ]
}

/// A list of words, with a filter that rejects most others unread: every word of a request is looked for in
/// many lists.
#[derive(Clone, Copy)]
pub struct Words {
    text: &'static str,
    filter: [u64; 4],
}

/// Where the filter notes a word: by its length and its first and last byte.
const fn slot(bytes: &[u8], start: usize, end: usize) -> usize {
    let first = if start < end { bytes[start] as usize } else { 0 };
    let last = if start < end { bytes[end - 1] as usize } else { 0 };
    (first * 31 + last * 7 + (end - start)) % 256
}

impl Words {
    /// Makes a list of words that have a space between.
    pub const fn of(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let (mut filter, mut start, mut at) = ([0; 4], 0, 0);
        while at <= bytes.len() {
            if at == bytes.len() || bytes[at] == b' ' {
                let slot = slot(bytes, start, at);
                filter[slot / 64] |= 1 << (slot % 64);
                start = at + 1;
            }
            at += 1;
        }
        Self { text, filter }
    }

    pub fn has(&self, key: &str) -> bool {
        let slot = slot(key.as_bytes(), 0, key.len());
        self.filter[slot / 64] & (1 << (slot % 64)) != 0 && self.text.split(' ').any(|word| word == key)
    }
}

/// Words that carry no subject: dropped at the edges of a phrase and ignored when phrases are compared.
const FUNCTION_WORDS: Words = Words::of(
    "a an the this that these those it its it's i i'd i'm my me we our us you your he she they his her \
     their is are was were be been being am do does did to of in on at by for from with into onto over \
     under and or but as if so than then there here very really some any all just only also too please \
     can could would will should must might may make made want need like have has had get up out about \
     which who whose what while when where not no without",
);

pub fn is_function_word(key: &str) -> bool {
    key.is_empty() || FUNCTION_WORDS.has(key)
}

#[cfg(test)]
mod tests {
    use super::super::text::clauses;
    use super::*;

    #[test]
    fn the_longest_phrase_wins_with_hyphens_and_plurals() {
        let phrases = Phrases::new([("close up, bird's eye view", 1), ("close, glass", 2), ("猫, 猫耳", 3)]);
        let find = |text: &str| {
            let clauses = clauses(text);
            phrases.find_all(&clauses[0].pieces)
        };
        assert_eq!(find("a close-up view"), [(1, 1, 1)]);
        assert_eq!(find("two close ups"), [(1, 2, 1)]);
        assert_eq!(find("Bird’s-eye view"), [(0, 2, 1)]);
        assert_eq!(find("glasses close"), [(0, 1, 2), (1, 1, 2)]);
        assert_eq!(find("黑猫耳"), [(1, 2, 3)]);
        assert_eq!(find("closer"), []);
    }

    #[test]
    fn function_words_are_whole_words() {
        assert!(is_function_word("the") && is_function_word("it's"));
        assert!(!is_function_word("fox") && !is_function_word("th"));
    }
}
