//! Writes prompts of comma-separated phrases, for families with CLIP text encoders.

use openclaw_shared::profile::Profile;

use super::brief::Brief;
use super::lexicon::{Phrases, is_function_word};
use super::roles::{self, Role};
use super::text::{Clause, Piece, lower_first, render};
use super::traits::Trait;

/// What SD 1.5's text encoder reads in one go; more is cut off or read apart.
const SD15_TOKENS: usize = 75;

pub fn write(brief: &Brief, profile: &Profile, lexicon: &Phrases<Trait>) -> String {
    let mut phrases = if brief.finished { as_written(brief) } else { by_role(brief, lexicon) };
    phrases.retain(|(_, text)| !text.is_empty());
    dedup(&mut phrases);
    if !brief.finished {
        let own: usize = phrases.iter().map(|(_, text)| tokens(text)).sum();
        let mut room = if profile.id == "SD15-v1" { SD15_TOKENS.saturating_sub(own) } else { usize::MAX };
        // Quality words first: when room is short they do more than a lens.
        let touches =
            brief.touches.iter().flat_map(|(role, touch)| touch.phrases().map(|phrase| (*role, phrase)));
        for (role, addition) in quality(brief, profile).chain(touches) {
            let cost = tokens(addition);
            if cost <= room && !says(&phrases, addition) {
                room = room.saturating_sub(cost);
                phrases.push((role, addition.to_owned()));
            }
        }
        phrases.sort_by_key(|(role, _)| *role);
    }
    join(phrases)
}

fn as_written(brief: &Brief) -> Vec<(Role, String)> {
    brief.wanted.iter().chain(&brief.style).map(|clause| (Role::Subject, clause.render())).collect()
}

/// Subject first, then setting, style, light, camera and quality, each in the person's own order.
fn by_role(brief: &Brief, lexicon: &Phrases<Trait>) -> Vec<(Role, String)> {
    let mut phrases: Vec<(Role, String)> = vec![];
    for (index, clause) in brief.wanted.iter().enumerate() {
        let before = phrases.last().map_or(Role::Subject, |(role, _)| *role);
        let role = match roles::role(&clause.pieces, lexicon) {
            Role::Setting if index == 0 => Role::Subject,
            // An unknown phrase stays beside what it was written beside.
            Role::Subject if before >= Role::Setting && lexicon.find_all(&clause.pieces).is_empty() => before,
            role => role,
        };
        phrases.push((role, phrase(clause)));
    }
    let style = brief
        .style
        .iter()
        .map(|clause| (roles::role(&clause.pieces, lexicon).max(Role::Style), phrase(clause)));
    phrases.extend(style);
    phrases.sort_by_key(|(role, _)| *role);
    phrases
}

/// Quality words that the family was trained to understand.
fn quality(brief: &Brief, profile: &Profile) -> impl Iterator<Item = (Role, &'static str)> {
    let facts = &brief.facts;
    let has = |one| facts.traits.has(one);
    let old = profile.id == "SD15-v1";
    let words: &[&str] = match facts.medium {
        _ if has(Trait::Quality) => &[],
        _ if facts.is_graphic() => &["professional design"],
        Some(Trait::Anime) => &["masterpiece", "best quality"],
        _ if has(Trait::Minimal) || has(Trait::SoftFocus) => &["high quality"],
        Some(medium) if medium != Trait::Photo && old => &["masterpiece", "best quality", "highly detailed"],
        Some(Trait::Watercolor | Trait::Drawing) => &["professional artwork"],
        Some(medium) if medium != Trait::Photo => &["highly detailed"],
        _ if old => &["best quality", "highly detailed", "sharp focus"],
        _ => &["highly detailed", "sharp focus"],
    };
    words.iter().map(|word| (Role::Quality, *word))
}

/// A clause as a phrase: "A fox is sitting in the snow" → "fox sitting in the snow".
fn phrase(clause: &Clause) -> String {
    let is_verb = |at: usize| matches!(clause.key(at), "is" | "are" | "was" | "were");
    let lead = match clause.key(0) {
        "there" | "it" | "she" | "he" | "they" if is_verb(1) => 2,
        "it's" | "she's" | "he's" | "they're" | "there's" | "and" | "also" | "with" => 1,
        _ => 0,
    };
    let lead = lead + usize::from(matches!(clause.key(lead), "a" | "an"));
    let mut pieces: Vec<Piece> = clause.pieces.get(lead..).unwrap_or_default().to_vec();
    let acts = |at: &usize| is_verb(*at) && clause.key(at + 1).ends_with("ing");
    if let Some(at) = (lead + 1..clause.pieces.len()).find(acts) {
        pieces.remove(at - lead);
    }
    let text = render(&pieces);
    // A capital that only marked the start of a sentence goes with it.
    if pieces.first().is_some_and(|p| is_function_word(&p.key)) { lower_first(&text) } else { text }
}

/// Tokens a phrase takes, with its comma: rather one too many than one too few.
fn tokens(text: &str) -> usize {
    let word = |word: &str| match word.chars().count() {
        _ if !word.is_ascii() => word.chars().count(),
        count => count.div_ceil(7) + word.bytes().filter(u8::is_ascii_punctuation).count(),
    };
    text.split_whitespace().map(word).sum::<usize>() + 1
}

/// A phrase for comparison: lower case, without small words.
fn essence(text: &str) -> String {
    let words = text.split([' ', '-']).map(str::to_lowercase);
    words.filter(|word| !is_function_word(word)).collect::<Vec<_>>().join(" ")
}

fn dedup(phrases: &mut Vec<(Role, String)>) {
    let mut seen = std::collections::HashSet::new();
    phrases.retain(|(_, text)| text == "BREAK" || seen.insert(essence(text)));
}

/// Whether the phrases say this already, as one of them or within one.
fn says(phrases: &[(Role, String)], addition: &str) -> bool {
    let addition = essence(addition);
    phrases.iter().any(|(_, text)| essence(text).contains(&addition))
}

fn join(phrases: Vec<(Role, String)>) -> String {
    let mut out = String::new();
    let mut after_break = true;
    for (_, text) in phrases {
        let is_break = text == "BREAK";
        match (out.is_empty(), is_break || after_break) {
            (true, _) => {}
            (_, true) => out.push(' '),
            _ => out.push_str(", "),
        }
        out.push_str(&text);
        after_break = is_break;
    }
    out
}
