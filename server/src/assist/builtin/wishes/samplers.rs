//! Sampler and scheduler names as people write them.

use openclaw_shared::params::{SAMPLERS, SCHEDULERS};

use super::super::text::Piece;
use super::Wishes;

/// Spellings that are no mere matter of spaces, in the folded form of [`fold`].
const ALIASES: [(&str, &str); 4] = [
    ("eulera", "euler_ancestral"),
    ("keuler", "euler"),
    ("dpm2a", "dpm_2_ancestral"),
    ("dpmpp2sa", "dpmpp_2s_ancestral"),
];

/// The most pieces a name takes: "DPM ++ 2M SDE Heun GPU" with its marks apart.
const MAX_PIECES: usize = 8;

/// Notes the sampler named at `at`, with a scheduler right after it; returns how many pieces they take.
pub fn sampler(pieces: &[Piece], at: usize, wishes: &mut Wishes) -> Option<usize> {
    let (len, name) = longest(&pieces[at..])?;
    let scheduler = SCHEDULERS.iter().find_map(|name| Some((same(name, &pieces[at + len..])?, *name)));
    let len = len + scheduler.map_or(0, |(len, _)| len);
    let before = at.checked_sub(1).map_or("", |before| pieces[before].key.as_ref());
    let after = pieces.get(at + len).map_or("", |p| p.key.as_ref());
    let labelled = before == ":" && pieces[..at].iter().any(|p| p.key == "sampler");
    let named =
        labelled || matches!(before, "sampler" | "sampling") || matches!(after, "sampler" | "sampling");
    let used = after.is_empty() && (at == 0 || matches!(before, "using" | "with" | "use" | "and"));
    let plain = is_everyday_word(name) && !pieces[at].key.contains('_');
    if plain && !named && !used && scheduler.is_none() {
        return None;
    }
    wishes.sampler.get_or_insert(name);
    if let Some((_, scheduler)) = scheduler {
        wishes.scheduler.get_or_insert(scheduler);
    }
    Some(len)
}

/// Notes the scheduler named at `at`; returns how many pieces it takes.
pub fn scheduler(pieces: &[Piece], at: usize, wishes: &mut Wishes) -> Option<usize> {
    let (len, name) = SCHEDULERS.iter().find_map(|name| Some((same(name, &pieces[at..])?, *name)))?;
    let before = pieces[..at].iter().rev().map(|p| p.key.as_ref()).find(|key| !matches!(*key, ":" | "type"));
    let after = pieces.get(at + len).map_or("", |p| p.key.as_ref());
    let named = matches!(after, "scheduler" | "schedule")
        || before.is_some_and(|key| matches!(key, "scheduler" | "schedule"));
    if matches!(name, "simple" | "exponential" | "beta" | "normal") && !named {
        return None;
    }
    wishes.scheduler.get_or_insert(name);
    Some(len)
}

/// The sampler named at the start of `rest`, and how many pieces its name takes.
fn longest(rest: &[Piece]) -> Option<(usize, &'static str)> {
    let names = SAMPLERS.iter().map(|name| (*name, *name)).chain(ALIASES);
    names.filter_map(|(spelling, name)| Some((same(spelling, rest)?, name))).max_by_key(|(len, _)| *len)
}

/// How many pieces a name takes at the start of `rest`, if it stands there.
fn same(name: &str, rest: &[Piece]) -> Option<usize> {
    // Most words start like no sampler at all, and every word comes by here.
    rest.first().filter(|piece| piece.key.as_bytes().first() == name.as_bytes().first())?;
    let mut name = name.chars().filter_map(fold).peekable();
    let named = rest.iter().take(MAX_PIECES).take_while(|piece| !piece.key.is_empty());
    for (index, piece) in named.enumerate() {
        for c in piece.key.chars().filter_map(fold) {
            if name.next()? != c {
                return None;
            }
        }
        if name.peek().is_none() {
            return Some(index + 1);
        }
    }
    None
}

/// Names that people also use for something else.
fn is_everyday_word(name: &str) -> bool {
    !["dpm", "ddim", "ddpm", "uni_pc", "ipndm", "lcm", "deis"].iter().any(|strong| name.starts_with(strong))
}

/// "DPM++ 2M", "dpm-pp 2m" and "dpmpp_2m" are one name.
fn fold(c: char) -> Option<char> {
    match c {
        '_' | '-' | ' ' => None,
        '+' => Some('p'),
        c => Some(c),
    }
}
