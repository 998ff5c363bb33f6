//! Finds known phrases in pieces of text: the one matcher behind every word list of the planner.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::text::{Piece, is_han};

/// Phrases with what each means. Phrases are lower case; a hyphen counts as a space, and a plural of the last
/// word is understood.
pub struct Phrases<T> {
    rows: Vec<Row<T>>,
    /// The last row of all that start with a word.
    by_first: HashMap<&'static str, usize, BuildHasherDefault<Fnv>>,
}

struct Row<T> {
    phrase: &'static str,
    meaning: T,
    /// The row before it that starts with the same word: tables are made for every request, and a chain costs less
    /// than a list for every word.
    before: Option<usize>,
}

impl<T: Copy> Phrases<T> {
    /// Reads rows of comma-separated phrases.
    pub fn new(rows: impl IntoIterator<Item = (&'static str, T)>) -> Self {
        let mut table = Self { rows: vec![], by_first: HashMap::default() };
        for (row, meaning) in rows {
            for phrase in row.split(',').filter(|phrase| !phrase.trim().is_empty()) {
                let before = table.by_first.insert(next_word(phrase).0, table.rows.len());
                table.rows.push(Row { phrase, meaning, before });
            }
        }
        table
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
        for first in singulars(next_part(key).0).into_iter().flatten() {
            let mut at = self.by_first.get(first);
            while let Some(row) = at.and_then(|at| self.rows.get(*at)) {
                at = row.before.as_ref();
                let Some(len) = match_len(row.phrase, pieces) else { continue };
                let best = out.first().map_or(0, |(best, _)| *best);
                if len > best {
                    out.clear();
                }
                if len >= best {
                    out.push((len, row.meaning));
                }
            }
        }
        out.reverse();
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

/// The first word of a phrase, and the rest. A character of an unspaced script is a word, a `--switch` is one.
fn next_word(phrase: &str) -> (&str, &str) {
    let phrase = phrase.trim_start_matches(' ');
    if phrase.starts_with("--") {
        return (phrase, "");
    }
    let phrase = phrase.strip_prefix('-').unwrap_or(phrase);
    let len = match phrase.chars().next() {
        Some(c) if is_han(c) => c.len_utf8(),
        _ => phrase.find(|c| c == ' ' || c == '-' || is_han(c)).unwrap_or(phrase.len()),
    };
    phrase.split_at(len)
}

/// The first part of a hyphenated piece, and the rest.
fn next_part(piece: &str) -> (&str, &str) {
    piece.split_once('-').filter(|(first, _)| !first.is_empty()).unwrap_or((piece, ""))
}

/// How many whole pieces a phrase takes at the start of `pieces`.
fn match_len(phrase: &str, pieces: &[Piece]) -> Option<usize> {
    let (mut phrase, mut used, mut piece) = (phrase, 0, "");
    while !phrase.is_empty() {
        if piece.is_empty() {
            piece = pieces.get(used)?.key.as_ref();
            used += 1;
        }
        let ((word, phrase_rest), (part, piece_rest)) = (next_word(phrase), next_part(piece));
        let plural = || phrase_rest.is_empty() && singulars(part).contains(&Some(word));
        if part != word && !plural() {
            return None;
        }
        (phrase, piece) = (phrase_rest, piece_rest);
    }
    piece.is_empty().then_some(used)
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
