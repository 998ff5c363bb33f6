//! What part of a prompt a clause is, which decides where it is written.

use super::lexicon::{Phrases, Words};
use super::text::{Kind, Piece};
use super::traits::{MEDIUMS, SUBJECTS, Trait};

/// In the order in which a prompt of phrases is best written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Subject,
    Setting,
    Style,
    Light,
    Camera,
    Quality,
    /// A name for another program, which may stand anywhere.
    Tag,
}

/// Longer clauses describe the subject whatever their last word is; in words, and in characters.
const MAX_WORDS: usize = 6;
const MAX_HAN: usize = 8;

const SETTINGS: [Trait; 8] = [
    Trait::Landscape,
    Trait::City,
    Trait::Architecture,
    Trait::Indoors,
    Trait::LowSun,
    Trait::Day,
    Trait::Night,
    Trait::Weather,
];
/// What pictures are shot on.
pub const FILMS: Words = Words::of(
    "kodak kodachrome portra ilford cinestill fujifilm fuji ektachrome velvia agfa polaroid leica hasselblad",
);
/// Where a phrase's main noun ends.
const AFTER_HEAD: Words =
    Words::of("in on at with by under of from near and over behind for beside through that who");
/// Words that end like a verb and name a thing.
const NOUNS_IN_ING: Words = Words::of(
    "painting drawing lighting building ring king wing clothing morning evening rendering engraving \
    etching setting wedding string spring ceiling lettering shading living flying coloring",
);
const CAMERAS: [Trait; 4] = [Trait::Camera, Trait::Close, Trait::DeepFocus, Trait::SoftFocus];

pub fn role(pieces: &[Piece], lexicon: &Phrases<Trait>) -> Role {
    if pieces.iter().all(|p| p.kind == Kind::Tag && p.text.starts_with('<')) {
        return Role::Tag;
    }
    let count = |kind| pieces.iter().filter(|p| p.kind == kind).count();
    let opaque =
        pieces.iter().any(|p| matches!(p.kind, Kind::Quoted | Kind::Weighted | Kind::Tag | Kind::Break));
    if opaque || count(Kind::Word) > MAX_WORDS || count(Kind::Han) > MAX_HAN {
        return Role::Subject;
    }
    let found = lexicon.find_all(pieces);
    if found.iter().any(|(.., one)| SUBJECTS.contains(one)) {
        return Role::Subject;
    }
    if is_shot(pieces) {
        return Role::Camera;
    }
    if is_manner(pieces) || pieces.last().is_some_and(|p| is_decade(&p.key)) {
        return Role::Style;
    }
    let ending_at =
        |end: usize| found.iter().filter(move |(at, len, _)| at + len == end).map(|(.., one)| role_of(*one));
    let last = ending_at(pieces.len()).max();
    // "street in Lisbon" is a street.
    let main = ending_at(head(pieces).len()).find(|role| *role == Role::Setting);
    last.or(main).unwrap_or(Role::Subject)
}

/// The part of a phrase up to and with its main noun.
pub fn head<'p, 'a>(pieces: &'p [Piece<'a>]) -> &'p [Piece<'a>] {
    let end = pieces.iter().skip(1).position(|p| AFTER_HEAD.has(&p.key) || is_action(&p.key));
    &pieces[..end.map_or(pieces.len(), |end| end + 1)]
}

fn role_of(one: Trait) -> Role {
    match one {
        Trait::Quality => Role::Quality,
        Trait::Light => Role::Light,
        Trait::Style | Trait::Mood | Trait::Gloom | Trait::Minimal | Trait::Mono | Trait::Realistic => {
            Role::Style
        }
        Trait::Macro => Role::Camera,
        one if CAMERAS.contains(&one) => Role::Camera,
        one if MEDIUMS.contains(&one) => Role::Style,
        one if SETTINGS.contains(&one) => Role::Setting,
        _ => Role::Subject,
    }
}

/// "walking", but not "painting".
pub fn is_action(key: &str) -> bool {
    key.ends_with("ing") && !NOUNS_IN_ING.has(key)
}

/// "shot on Kodak Portra", "photographed with a Leica".
fn is_shot(pieces: &[Piece]) -> bool {
    let key = |at: usize| pieces.get(at).map_or("", |p| &*p.key);
    let shot = matches!(key(0), "shot" | "taken" | "photographed" | "filmed" | "captured");
    (shot && matches!(key(1), "on" | "with" | "in" | "at" | "through")) || FILMS.has(key(0))
}

/// "1940s", "70s".
fn is_decade(key: &str) -> bool {
    let years = key.strip_suffix('s').unwrap_or_default();
    matches!(years.len(), 2 | 4) && years.ends_with('0') && years.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a phrase names an artist, "in the style of Andy Warhol": such a picture is no plain photograph.
pub fn names_artist(pieces: &[Piece]) -> bool {
    let style_of = |pair: &[Piece]| matches!(&*pair[0].key, "style" | "manner") && pair[1].key == "of";
    let by = |pair: &[Piece]| pair[0].key == "by" && pair[1].text.starts_with(char::is_uppercase);
    pieces.windows(2).any(|pair| style_of(pair) || by(pair))
}

/// "in the style of …", "by …", "inspired by …".
fn is_manner(pieces: &[Piece]) -> bool {
    let key = |at: usize| pieces.get(at).map_or("", |p| p.key.as_ref());
    let starts = match key(0) {
        "in" => (1..=3).any(|at| matches!(key(at), "style" | "manner" | "aesthetic")),
        "by" | "inspired" | "painted" | "drawn" | "illustrated" => pieces.len() > 1,
        "style" => key(1) == "of",
        _ => false,
    };
    let last = pieces.len().saturating_sub(1);
    let tail = (key(last.saturating_sub(1)), key(last));
    starts
        || matches!(tail, (_, "style" | "styled" | "stil" | "aesthetic" | "风" | "風"))
        || tail == ("风", "格")
}
