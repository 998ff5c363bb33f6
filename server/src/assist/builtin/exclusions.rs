//! Finds what must not appear and takes it out of the words that become the prompt.

mod words;

use super::concepts::{Concept, Concepts};
use super::lexicon::{Phrases, is_function_word};
use super::roles::{self, Role};
use super::text::{Clause, Kind, Piece, render};
use super::traits::Trait;
use words::Reach;

/// A list of exclusions goes on over commas while its entries are this short, words.
const LIST_ENTRY: usize = 4;
/// How far ahead a list looks for the "or" before its last entry, clauses.
const LIST_AHEAD: usize = 6;
/// How much of what follows an "and" decides whether it is wanted, pieces.
const GLANCE: usize = 6;

/// One thing that must not appear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// As it goes into the negative prompt.
    pub phrase: String,
    pub concept: Option<Concept>,
}

pub struct Reader<'l> {
    triggers: Phrases<Reach>,
    concepts: Concepts,
    lexicon: &'l Phrases<Trait>,
}

impl<'l> Reader<'l> {
    pub fn new(lexicon: &'l Phrases<Trait>) -> Self {
        Self { triggers: Phrases::new(words::TRIGGERS.iter().copied()), concepts: Concepts::new(), lexicon }
    }

    /// Moves exclusions out of `clauses` into `found`; a clause that was nothing else disappears.
    pub fn extract<'a>(&self, clauses: &[Clause<'a>], found: &mut Vec<Exclusion>) -> Vec<Clause<'a>> {
        let mut out: Vec<Clause> = vec![];
        let mut list = None;
        for at in 0..clauses.len() {
            if list.is_some_and(|reach| self.goes_on(reach, clauses, at)) {
                self.note(&clauses[at].pieces, found);
                continue;
            }
            let mut clause = clauses[at].clone();
            let count = clause.pieces.len();
            list = self.take(&mut clause.pieces, found);
            let empty = |p: &Piece| {
                p.kind == Kind::Word && is_function_word(&p.key)
                    || matches!(&*p.key, "背" | "景" | "画" | "面")
            };
            if clause.pieces.len() == count || !clause.pieces.iter().all(empty) {
                out.push(clause);
            } else if let Some(last) = out.last_mut().filter(|last| !last.ends_sentence()) {
                // The stop of a clause that went away still ends the sentence.
                last.end = clause.end;
            }
        }
        out
    }

    /// Adds every phrase of `pieces` to the exclusions.
    pub fn note(&self, pieces: &[Piece], found: &mut Vec<Exclusion>) {
        // "black and white" is one phrase although it has an "and".
        let whole = self.lexicon.whole(tidy(pieces)).is_some();
        for part in pieces.split(|p| !whole && words::JOINERS.has(&p.key)).map(tidy) {
            if part.iter().all(|p| p.kind == Kind::Mark) {
                continue;
            }
            let known = self.concepts.is_english(part).then(|| render(part).to_lowercase());
            let translated = self.concepts.translate(part).map(str::to_owned);
            let phrase = known.or(translated).unwrap_or_else(|| as_flaw(part));
            push(Exclusion { phrase, concept: self.concepts.find(part) }, found);
        }
    }

    /// Whether the clause at `at` belongs to the list of exclusions that the clause before it left open.
    fn goes_on(&self, reach: Reach, clauses: &[Clause], at: usize) -> bool {
        let (clause, before) = (&clauses[at], &clauses[at - 1]);
        let pieces = &clause.pieces;
        if reach == Reach::Line {
            return clause.line == before.line && !clause.key(0).starts_with("--");
        }
        if before.ends_sentence() || self.is_negation(pieces, 0) || pieces.iter().any(|p| p.key.is_empty()) {
            return false;
        }
        let joins = |clause: &Clause| words::ORS.has(clause.key(0));
        let short = |clause: &Clause| count_words(&clause.pieces) <= LIST_ENTRY;
        if joins(clause) || self.concepts.is_flaw(pieces) {
            return true;
        }
        let mut ahead = clauses[at..].iter().take(LIST_AHEAD).take_while(|clause| short(clause));
        if ahead.find(|clause| joins(clause) || clause.ends_sentence()).is_some_and(joins) {
            return true;
        }
        reach == Reach::List
            && short(clause)
            && !words::DESCRIBES.has(clause.key(0))
            && (self.concepts.find(pieces).is_some() || roles::role(pieces, self.lexicon) == Role::Subject)
    }

    /// The negation at `at` and how it reaches; [`Reach::Nothing`] when it only looks like one.
    fn trigger(&self, pieces: &[Piece], at: usize) -> Option<(usize, Reach)> {
        let (len, reach) = self.triggers.longest(&pieces[at..])?;
        let next = pieces.get(at + len).map_or("", |p| p.key.as_ref());
        let spanish = || pieces.iter().any(|p| words::SPANISH.has(&p.key));
        let none = match pieces[at].key.as_ref() {
            "no" => next.is_empty() || next.starts_with(|c: char| c.is_ascii_digit() || c == '.'),
            "sem" => pieces[at].text == "SEM",
            "sin" => !spanish() && !self.concepts.starts_foreign(&pieces[at + len..]),
            "negative" | "negatives" if len == 1 => next != ":" || at > 0,
            "forbidden" | "nothing" | "never" | "remove" => next.is_empty(),
            _ => false,
        };
        Some((len, if none { Reach::Nothing } else { reach }))
    }

    fn is_negation(&self, pieces: &[Piece], at: usize) -> bool {
        self.trigger(pieces, at).is_some_and(|(_, reach)| reach != Reach::Nothing)
    }

    /// Takes the exclusions out of one clause. Returns how the last one reaches into the next clause.
    fn take(&self, pieces: &mut Vec<Piece>, found: &mut Vec<Exclusion>) -> Option<Reach> {
        let (mut at, mut open) = (0, None);
        while at < pieces.len() {
            let (len, reach) = self.trigger(pieces, at).unwrap_or((1, Reach::Nothing));
            if reach == Reach::Nothing {
                at += len;
                continue;
            }
            let from = at + len;
            let particles = pieces[from..].iter().take_while(|p| words::PARTICLES.has(&p.key)).count();
            // "文字不要" and "不要文字" are told apart by where the phrase stands.
            let follows = at > 0 && pieces[at].kind == Kind::Han && from + particles == pieces.len();
            let (start, end) = match reach {
                Reach::Nobody => {
                    push(Exclusion { phrase: "people".into(), concept: Some(Concept::People) }, found);
                    (carriers_before(pieces, at), from + particles)
                }
                _ if reach == Reach::Before || follows => {
                    let start = phrase_before(pieces, at);
                    self.note(&pieces[start..at], found);
                    (start, from + particles)
                }
                _ => {
                    let start = carriers_before(pieces, at);
                    let end = self.scope_end(pieces, start, from, reach);
                    self.note(&pieces[from..end], found);
                    let relative = reach == Reach::Relative && pieces.get(end).is_some_and(|p| p.key == "的");
                    (start, end + usize::from(relative))
                }
            };
            open = (end == pieces.len()).then_some(reach);
            let turns = pieces.get(end).is_some_and(|p| words::TURNS.has(&p.key));
            pieces.drain(start..end + usize::from(turns));
            trim(pieces, start);
            at = start;
        }
        open
    }

    /// Where the excluded phrase that starts at `from` ends; the negation's sentence starts at `start`.
    fn scope_end(&self, pieces: &[Piece], start: usize, from: usize, reach: Reach) -> usize {
        if reach == Reach::Line {
            return pieces.len();
        }
        let first = from + pieces[from..].iter().take_while(|p| words::LEADS.has(&p.key)).count();
        let ends = |at: &usize| {
            let rest = &pieces[at + 1..pieces.len().min(at + 1 + GLANCE)];
            let next = rest.first().map_or("", |p| p.key.as_ref());
            let article = matches!(next, "a" | "an");
            match pieces[*at].key.as_ref() {
                "的" if reach == Reach::Relative => !rest.is_empty(),
                "and" => {
                    let look = roles::role(rest, self.lexicon) != Role::Subject
                        && self.concepts.find(rest).is_none();
                    words::DESCRIBES.has(next) || look
                }
                "on" | "with" if article => true,
                "in" => start > 0 && !rest.iter().take(3).any(|p| words::PARTS_OF_PICTURE.has(&p.key)),
                "nor" => false,
                word if words::TURNS.has(word) => true,
                word if start > 0 && words::GOES_ON.has(word) => true,
                // "a man without a hat walking his dog"
                word if start > 0 && roles::is_action(word) => !rest.is_empty(),
                _ => self.is_negation(pieces, *at),
            }
        };
        (first + 1..pieces.len()).find(ends).unwrap_or(pieces.len())
    }
}

fn push(exclusion: Exclusion, found: &mut Vec<Exclusion>) {
    if !found.iter().any(|known| known.phrase.eq_ignore_ascii_case(&exclusion.phrase)) {
        found.push(exclusion);
    }
}

fn count_words(pieces: &[Piece]) -> usize {
    let han = pieces.iter().filter(|p| p.kind == Kind::Han).count();
    pieces.iter().filter(|p| p.kind == Kind::Word).count() + han.div_ceil(2)
}

/// Drops fillers around an excluded phrase.
fn tidy<'a, 'p>(pieces: &'p [Piece<'a>]) -> &'p [Piece<'a>] {
    let filler = |p: &Piece| words::LEADS.has(&p.key) || (p.kind == Kind::Word && is_function_word(&p.key));
    // "too dark" is not "dark", and "looking at the camera" is not "camera".
    let looking = |at: usize| {
        pieces[at].key == "looking" && pieces.get(at + 1).is_some_and(|p| is_function_word(&p.key))
    };
    let start =
        (0..pieces.len()).find(|at| !filler(&pieces[*at]) || pieces[*at].key == "too" || looking(*at));
    let rest = &pieces[start.unwrap_or(pieces.len())..];
    let tail = |p: &Piece| words::TAILS.has(&p.key) || (p.kind == Kind::Mark && p.key != "%");
    let end = rest.iter().rposition(|p| !tail(p)).map_or(0, |last| last + 1);
    let key = |back: usize| end.checked_sub(back).map_or("", |at| rest[at].key.as_ref());
    let canvas = match (key(3), key(2)) {
        _ if !words::CANVAS.has(key(1)) => 0,
        ("in" | "on", "the" | "my" | "this") if end > 3 => 3,
        (_, "in" | "on") if end > 2 => 2,
        _ => 0,
    };
    &rest[..end - canvas]
}

/// "blur the background" → "blurred background"; any other phrase as it is.
fn as_flaw(pieces: &[Piece]) -> String {
    let first = pieces.first().map_or("", |p| p.key.as_ref());
    match words::FLAWS_OF_VERBS.iter().find(|(verb, _)| *verb == first) {
        Some((_, flaw)) if pieces.len() > 1 => format!("{flaw} {}", render(tidy(&pieces[1..]))),
        _ => render(pieces),
    }
}

/// Where the words that only carry the negation at `at` begin.
fn carriers_before(pieces: &[Piece], at: usize) -> usize {
    let before = &pieces[..at];
    if before.iter().all(|p| p.kind == Kind::Mark || words::CARRIERS.has(&p.key)) {
        return 0;
    }
    at - before.iter().rev().take_while(|p| words::NEAR.has(&p.key)).count()
}

/// Where the phrase before a Japanese or Korean negation starts: after the last particle, or a word before.
fn phrase_before(pieces: &[Piece], at: usize) -> usize {
    if pieces[at].kind != Kind::Han {
        return at.saturating_sub(1);
    }
    pieces[..at].iter().rposition(|p| words::PHRASE_STARTS.has(&p.key)).map_or(0, |last| last + 1)
}

/// Drops what dangles where something was taken out at `start`.
fn trim(pieces: &mut Vec<Piece>, start: usize) {
    let is_mark = |p: &Piece| p.kind == Kind::Mark && p.key.chars().all(|c| c.is_ascii_punctuation());
    if start == pieces.len() {
        while pieces.last().is_some_and(|p| words::NEAR.has(&p.key) || is_mark(p)) {
            pieces.pop();
        }
    } else if start == 0 {
        let leads =
            pieces.iter().take_while(|p| matches!(&*p.key, "and" | "but" | "," | "に" | "的")).count();
        pieces.drain(..leads);
    }
    if let Some(first) = pieces.first_mut() {
        first.glued = true;
    }
}
