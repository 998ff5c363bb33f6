//! Constraints are exclusions unless they state a fact: "text" must not appear, "the cat must be black" must.

use super::lexicon::{Phrases, Words};
use super::roles::{self, Role};
use super::text::{Clause, Kind, Piece};
use super::traits::Trait;

/// What becomes of the words that introduce a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LeadIn {
    Dropped,
    /// "must have a blue collar" → "with a blue collar".
    Having,
    /// "keep the background white" → "white background".
    Keeping,
    /// "only two people": part of the wish.
    Kept,
}

const LEAD_INS: &[(&str, LeadIn)] = &[
    (
        "must, must be, should, should be, always, make sure, make sure that, ensure, ensure that, show, \
         use, has to be, needs, need, needs to be, make it, it must be, it should be, they must be, \
         there must be, there should be, muss, immer, doit, toujours, debe, siempre, 必须, 必须是, \
         一定要, 确保, 需要, 必ず",
        LeadIn::Dropped,
    ),
    (
        "must have, must include, must contain, must show, should show, should have, should include, \
         should contain, include, has to have, have, with, it must have, it should have, 必须有, \
         一定要有, 需要有, 要有, 包含",
        LeadIn::Having,
    ),
    ("keep, keep it, must keep, behalte, garder, mantener, 保持, 保留", LeadIn::Keeping),
    (
        "only, exactly, at least, at most, just, nur, genau, seulement, uniquement, solo, 只, 只有, 仅, \
         只能有",
        LeadIn::Kept,
    ),
];

/// Words that make a sentence of a clause, and a fact of a sentence.
const VERBS: Words = Words::of(
    "is are has must should only always needs wears holds looks faces stays ist sind muss est doit debe",
);
/// Ends of Japanese clauses that demand something.
const DEMANDS: &str = "こと のみ だけ 必須";
/// What people say about a background they want.
const PLAIN: Words = Words::of(
    "white black grey gray red green blue yellow pink orange purple beige brown plain transparent solid \
     neutral simple clean seamless studio gradient pastel light dark blurred",
);
const BACKGROUNDS: Words = Words::of("background backdrop 背景 hintergrund");
/// Looks that people do list to be rid of them.
const UNWANTED_LOOKS: Words =
    Words::of("monochrome grayscale greyscale shadow shadows flash glare blurry blurred blur grain bokeh");

pub struct Reader<'l> {
    lead_ins: Phrases<LeadIn>,
    lexicon: &'l Phrases<Trait>,
}

impl<'l> Reader<'l> {
    pub fn new(lexicon: &'l Phrases<Trait>) -> Self {
        Self { lead_ins: Phrases::new(LEAD_INS.iter().copied()), lexicon }
    }

    /// The fact that a constraint states, without its lead-in; `None` when it names something to exclude.
    pub fn fact<'a>(&self, clause: &Clause<'a>) -> Option<Clause<'a>> {
        let mut fact = clause.clone();
        let pieces = &mut fact.pieces;
        match self.lead_ins.longest(pieces).filter(|(len, _)| *len < pieces.len()) {
            Some((len, lead_in)) => introduce(pieces, len, lead_in),
            None if demands(pieces) || pieces.iter().any(|p| VERBS.has(&p.key)) => state(pieces),
            None if self.is_wanted_look(pieces) || is_plain_background(pieces) => {}
            None => return None,
        }
        Some(fact)
    }

    /// Whether a fact is about the look of the whole picture and not about what is in it.
    pub fn is_look(&self, fact: &Clause) -> bool {
        let background = fact.pieces.last().is_some_and(|p| BACKGROUNDS.has(&p.key));
        let role = roles::role(&fact.pieces, self.lexicon);
        let look = matches!(role, Role::Style | Role::Light | Role::Camera | Role::Quality);
        (background || look) && !matches!(fact.key(0), "the" | "with")
    }

    /// Light, framing and quality are things people ask for; nobody lists "soft light" to be rid of it.
    fn is_wanted_look(&self, pieces: &[Piece]) -> bool {
        let excluded = pieces.iter().any(|p| p.kind == Kind::Quoted || UNWANTED_LOOKS.has(&p.key));
        let mono = || self.lexicon.find_all(pieces).iter().any(|(.., one)| *one == Trait::Mono);
        let role = roles::role(pieces, self.lexicon);
        !excluded && (matches!(role, Role::Light | Role::Camera | Role::Quality | Role::Tag) || mono())
    }
}

fn introduce(pieces: &mut Vec<Piece>, len: usize, lead_in: LeadIn) {
    if lead_in != LeadIn::Kept {
        pieces.drain(..len);
    }
    // "must show the cat clearly": what remains is the cat.
    pieces.pop_if(|last| matches!(&*last.key, "clearly" | "visibly" | "visible"));
    match lead_in {
        LeadIn::Having if pieces.first().is_some_and(|p| p.kind == Kind::Word) => {
            let with = Piece { text: "with", key: "with".into(), kind: Kind::Word, glued: true };
            pieces[0].glued = false;
            pieces.insert(0, with);
        }
        LeadIn::Keeping => put_adjective_first(pieces),
        _ => {}
    }
    if let Some(first) = pieces.first_mut() {
        first.glued = true;
    }
}

fn demands(pieces: &[Piece]) -> bool {
    let tail: String = pieces.iter().map(|p| p.key.as_ref()).collect();
    DEMANDS.split(' ').any(|demand| tail.ends_with(demand))
}

fn is_plain_background(pieces: &[Piece]) -> bool {
    let has = |words: Words| pieces.iter().any(|p| words.has(&p.key));
    let text: String = pieces.iter().map(|p| p.key.as_ref()).collect();
    has(BACKGROUNDS) && has(PLAIN) || text.ends_with("色背景")
}

/// "the cat must be black" → "the cat is black", "he should have a hat" → "he has a hat".
pub fn state(pieces: &mut Vec<Piece>) {
    let demand =
        |pair: &[Piece]| matches!(&*pair[0].key, "must" | "should") && matches!(&*pair[1].key, "be" | "have");
    if let Some(at) = pieces.windows(2).position(demand).filter(|at| *at > 0) {
        let subject = &*pieces[at - 1].key;
        let plural = matches!(subject, "people" | "they" | "you" | "i")
            || (subject.ends_with('s') && !subject.ends_with("ss"));
        pieces[at].text = match (&*pieces[at + 1].key, plural) {
            ("be", true) => "are",
            ("be", false) => "is",
            (_, true) => "have",
            (_, false) => "has",
        };
        pieces[at].key = pieces[at].text.into();
        pieces.remove(at + 1);
    }
}

/// "the background white" → "white background".
fn put_adjective_first(pieces: &mut Vec<Piece>) {
    if pieces.len() == 3 && matches!(pieces[0].key.as_ref(), "the" | "its") && PLAIN.has(&pieces[2].key) {
        pieces.remove(0);
        pieces.swap(0, 1);
        pieces[1].glued = false;
    }
}
