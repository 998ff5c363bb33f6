//! Writes prompts of sentences, for families whose text encoder reads language.

mod listing;
mod look;

use openclaw_shared::profile::Profile;

use super::brief::Brief;
use super::concepts;
use super::facts::Language;
use super::lexicon::{Phrases, Words};
use super::mix::Mix;
use super::roles::{self, Role};
use super::text::{Clause, Kind};
use super::touches;
use super::traits::Trait;
use look::Look;

/// A list entry is at most this long, words; more is a sentence of its own.
const LIST_ENTRY: usize = 5;
/// Words up to which a request is an idea that gains from three more sentences, and up to which from two.
const IDEA: usize = 20;
const SKETCH: usize = 40;
/// Sentences an idea grows to; a model of four steps follows fewer.
const SENTENCES: usize = 4;
const FEW_SENTENCES: usize = 3;
/// A first sentence longer than this is not lengthened by the style, words.
const LONG_SENTENCE: usize = 25;

const FINITE_VERBS: Words = Words::of(
    "is are was were has have looks sits stands walks wears holds runs flies shows there it she he they \
     ist sind est está",
);

pub fn write(brief: &Brief, profile: &Profile, lexicon: &Phrases<Trait>, mix: &mut Mix) -> String {
    let sentences = if profile.id == "Flux-Schnell" { FEW_SENTENCES } else { SENTENCES };
    let mut out = match brief.facts.language {
        Language::Chinese | Language::Japanese => in_han(brief, mix),
        Language::English | Language::Other => in_sentences(brief, sentences, lexicon),
    };
    if !profile.negative {
        let mut said: Vec<&str> = vec![];
        for concept in brief.exclusions.iter().filter_map(|exclusion| exclusion.concept) {
            if let Some(wish) = concepts::rewrite(concept, &brief.facts).filter(|wish| !said.contains(wish)) {
                said.push(wish);
            }
        }
        for wish in said {
            push(&mut out, wish);
        }
    }
    for tag in brief.wanted.iter().chain(&brief.style).filter(|clause| is_tag(clause)) {
        push(&mut out, &tag.render());
    }
    out
}

fn is_tag(clause: &Clause) -> bool {
    clause.pieces.iter().all(|p| p.kind == Kind::Tag)
}

fn push(out: &mut String, sentence: &str) {
    if !out.is_empty() && !out.ends_with('。') {
        out.push(' ');
    }
    out.push_str(sentence);
}

fn in_sentences(brief: &Brief, grown: usize, lexicon: &Phrases<Trait>) -> String {
    let mut look = Look::new(brief.facts.language, lexicon);
    let mut own: Vec<Clause> = brief.wanted.iter().filter(|clause| !is_tag(clause)).cloned().collect();
    let listed = !brief.finished && is_list(&own);
    if !brief.finished {
        set_apart(&mut own, &mut look, lexicon);
    }
    let mut sentences = if listed { vec![listing::sentence(&own, lexicon)] } else { body(&own, lexicon) };
    sentences.retain(|sentence| !sentence.is_empty());
    brief.style.iter().filter(|clause| !is_tag(clause)).for_each(|clause| look.add(clause));
    let manner = look.manner();
    match sentences.as_slice() {
        [only] if !manner.is_empty() && only.split(' ').count() <= LONG_SENTENCE => {
            sentences = vec![format!("{}, {manner}", only.trim_end_matches('.'))];
        }
        _ => sentences.extend(look.manner_sentence()),
    }
    sentences.extend(look.sentences());
    sentences.extend(additions(brief, grown.saturating_sub(sentences.len())).map(str::to_owned));
    let sentences: Vec<String> = sentences.iter().map(|sentence| close(sentence)).collect();
    sentences.join(" ")
}

/// Moves what is only light, lens, style or quality out of the sentences and into the look.
fn set_apart(own: &mut Vec<Clause>, look: &mut Look, lexicon: &Phrases<Trait>) {
    let role = |clause: &Clause| {
        let role = roles::role(&clause.pieces, lexicon);
        if has_verb(clause) { Role::Subject } else { role }
    };
    let first = own.iter().position(|clause| role(clause) <= Role::Setting).unwrap_or(0);
    let mut kept: Vec<Clause> = vec![];
    for (index, clause) in own.drain(..).enumerate() {
        if index == first || role(&clause) <= Role::Setting {
            kept.push(clause);
            continue;
        }
        look.add(&clause);
        if let Some(last) = kept.last_mut().filter(|last| !last.ends_sentence()) {
            last.end = clause.end;
        }
    }
    *own = kept;
}

/// The sentences added to an idea: the shorter the idea, the more.
fn additions<'b>(brief: &'b Brief, missing: usize) -> impl Iterator<Item = &'static str> + 'b {
    let room = match brief.facts.words {
        _ if brief.finished || brief.facts.language == Language::Other => 0,
        0..=IDEA => missing.clamp(1, 3),
        words if words <= SKETCH => missing.clamp(1, 2),
        _ => 1,
    };
    brief.touches.iter().take(room).map(|(_, touch)| touch.sentence())
}

fn has_verb(clause: &Clause) -> bool {
    clause.pieces.iter().any(|p| FINITE_VERBS.has(&p.key))
}

/// Whether these are entries of a list and not sentences.
fn is_list(clauses: &[Clause]) -> bool {
    let words = |clause: &Clause| clause.pieces.iter().filter(|p| p.kind == Kind::Word).count();
    let ends = |clause: &Clause| matches!(clause.end, '.' | '!' | '?' | ';');
    clauses.len() > 1
        && clauses.iter().all(|clause| words(clause) <= LIST_ENTRY && !has_verb(clause))
        && !clauses[..clauses.len() - 1].iter().any(ends)
}

/// A time of day joins a sentence of at most this many words without a comma.
const SHORT_SENTENCE: usize = 10;

/// The person's own sentences, as they were.
fn body(clauses: &[Clause], lexicon: &Phrases<Trait>) -> Vec<String> {
    let mut out: Vec<String> = vec![];
    let mut current = String::new();
    let mut separator = "";
    for clause in clauses {
        let text = clause.render();
        if current.is_empty() {
            let opens = out.is_empty() && clause.key(0) != "and";
            current = if opens { listing::with_article(&clause.pieces, lexicon) } else { text };
        } else {
            let time = listing::time(clause);
            let short = !current.contains(", ") && current.split(' ').count() <= SHORT_SENTENCE;
            let chunk = clause.is_break() || current.ends_with("BREAK");
            current.push_str(if chunk || (short && time.is_some()) { " " } else { separator });
            current.push_str(&time.unwrap_or(text));
        }
        separator = if clause.end == ';' { "; " } else { ", " };
        if clause.ends_sentence() {
            out.push(std::mem::take(&mut current));
        }
    }
    out.push(current);
    out
}

/// Starts a sentence with a capital and ends it with a stop.
fn close(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let mut out: String = match chars.next() {
        Some(first) if is_syntax(sentence) => std::iter::once(first).chain(chars).collect(),
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => return String::new(),
    };
    if !out.ends_with(['.', '!', '?', '。', '！', '？', '…', ':']) {
        out.push('.');
    }
    out
}

/// Names such as `embedding:x` and `iPhone` keep their case.
fn is_syntax(sentence: &str) -> bool {
    let first = sentence.split(' ').next().unwrap_or_default();
    first.contains([':', '_', '<']) || first.chars().skip(1).any(char::is_uppercase)
}

/// Chinese and Japanese stay as they were written; what is added is written in the same language.
fn in_han(brief: &Brief, mix: &mut Mix) -> String {
    let mut out = String::new();
    let clauses: Vec<&Clause> =
        brief.wanted.iter().chain(&brief.style).filter(|clause| !is_tag(clause)).collect();
    for (index, clause) in clauses.iter().enumerate() {
        out.push_str(&clause.render());
        let is_last = index + 1 == clauses.len();
        out.push(match clause.end {
            _ if is_last => '。',
            '\n' | '.' | '!' | '?' | '！' | '？' => '。',
            ',' | ';' if brief.facts.language == Language::Japanese => '、',
            ',' => '，',
            other => other,
        });
    }
    if let Some(addition) = (!brief.finished).then(|| touches::in_han(&brief.facts, mix)).flatten() {
        out.push_str(addition);
        out.push('。');
    }
    out
}
