//! Makes a sentence of a list: "red fox, snowy forest, dawn" → "A red fox in a snowy forest at dawn".

use super::super::lexicon::{Phrases, Words, is_function_word};
use super::super::roles::{self, Role, head};
use super::super::text::{Clause, Kind, Piece, lower_first, render};
use super::super::traits::Trait;

/// Places by the word that puts something there; every other place is "in".
const ON: Words = Words::of(
    "beach coast coastline shore cliff hill island rooftop street bridge mars moon dune meadow crosswalk \
     balcony terrace",
);
const BY: Words = Words::of("lake river sea ocean waterfall harbor harbour lighthouse");
const UNDER: Words = Words::of("sky skies stars aurora");
const AT: Words = Words::of("sunset sunrise dusk dawn twilight night midnight noon midday");
const IN_THE: Words = Words::of("morning evening afternoon rain fog mist snowstorm blizzard storm");
/// What a setting may be called although nothing can be in it.
const NO_PLACE: Words = Words::of("indoors indoor outdoors clouds");
const PLACES: [Trait; 4] = [Trait::Landscape, Trait::City, Trait::Indoors, Trait::Architecture];

/// Traits of things one can count.
const COUNTED: [Trait; 9] = [
    Trait::People,
    Trait::Animal,
    Trait::Thing,
    Trait::Vehicle,
    Trait::Landscape,
    Trait::City,
    Trait::Architecture,
    Trait::Indoors,
    Trait::Fantasy,
];
/// Pictures are counted as well.
const PICTURES: Words = Words::of(
    "portrait photo photograph shot painting illustration drawing sketch render logo poster icon \
     close-up sticker view headshot selfie map sign",
);
/// Words that take no indefinite article.
const MASS: Words = Words::of(
    "jewelry skincare cosmetics headphones earbuds sunglasses people men women children mice fish sheep \
     deer soap packaging nature downtown countryside architecture tokyo shibuya manhattan york paris \
     london kong venice skies mars indoors indoor square",
);
const NUMBERS: Words = Words::of("one two three four five six several many few both each every lots another");
/// Names that stay capitalised wherever they stand.
const NAMES: Words = Words::of("pixar disney ghibli rembrandt monet vermeer");
/// A longer phrase before the first preposition is too uncertain to take an article, words.
const LONGEST_HEAD: usize = 5;

pub fn sentence(clauses: &[Clause], lexicon: &Phrases<Trait>) -> String {
    let mut out = String::new();
    let mut listed = false;
    // "landscape, mountains, river": one place is not in the other.
    let is_place = clauses.first().is_some_and(|first| roles::role(&first.pieces, lexicon) == Role::Setting);
    for (index, clause) in clauses.iter().enumerate() {
        if index == 0 {
            out = with_article(&clause.pieces, lexicon);
            continue;
        }
        let place = time(clause).or_else(|| place(&clause.pieces, lexicon).filter(|_| !is_place));
        // A comma after a list of details keeps "blue eyes in a forest" from being read as one.
        out.push_str(if place.is_some() && !listed { " " } else { ", " });
        listed |= place.is_none();
        out.push_str(&place.unwrap_or_else(|| clause.render()));
    }
    out
}

/// "dawn" → "at dawn", for a clause that is nothing but a time of day.
pub fn time(clause: &Clause) -> Option<String> {
    let text = clause.render().to_lowercase();
    match text.as_str() {
        "golden hour" | "blue hour" | "magic hour" => Some(format!("at {text}")),
        word if AT.has(word) => Some(format!("at {text}")),
        word if IN_THE.has(word) => Some(format!("in the {text}")),
        _ => None,
    }
}

/// A setting with its preposition; `None` for anything else.
fn place(pieces: &[Piece], lexicon: &Phrases<Trait>) -> Option<String> {
    if roles::role(pieces, lexicon) != Role::Setting || pieces.iter().any(|p| p.kind != Kind::Word) {
        return None;
    }
    let first = pieces.first()?.key.as_ref();
    if is_function_word(first) && !matches!(first, "a" | "an" | "the") {
        return Some(render(pieces));
    }
    let head = head(pieces);
    let last = head.last()?.key.as_ref();
    let is = |words: Words| words.has(last) || last.strip_suffix('s').is_some_and(|stem| words.has(stem));
    if is(AT) {
        return Some(format!("at {}", lower(pieces)));
    }
    let named = lexicon.find_all(head).iter().any(|(.., one)| PLACES.contains(one));
    if !named || NO_PLACE.has(last) {
        return None;
    }
    let preposition = match () {
        () if is(ON) => "on",
        () if is(BY) => "by",
        () if is(UNDER) => "under",
        () => "in",
    };
    Some(format!("{preposition} {}", article(head, pieces)))
}

/// "red fox in the snow" → "a red fox in the snow", where the head is surely something one can count.
pub fn with_article(pieces: &[Piece], lexicon: &Phrases<Trait>) -> String {
    let head = head(pieces);
    let last = head.last().map_or("", |p| &p.key);
    let ends_head = |at: &usize, len: &usize| at + len == head.len();
    let found = lexicon.find_all(head);
    let counted =
        PICTURES.has(last) || found.iter().any(|(at, len, one)| ends_head(at, len) && COUNTED.contains(one));
    let number =
        head.first().is_some_and(|p| p.key.starts_with(|c: char| c.is_ascii_digit()) && p.key != "3d");
    let name = head.iter().skip(1).any(|p| p.text.starts_with(char::is_uppercase));
    let plain = head.len() <= LONGEST_HEAD && head.iter().all(|p| p.kind == Kind::Word);
    if counted && plain && !number && !name { article(head, pieces) } else { render(pieces) }
}

/// A phrase with an article where it takes one.
pub fn counted(pieces: &[Piece]) -> String {
    article(head(pieces), pieces)
}

/// Puts an indefinite article before a phrase whose main noun is singular and that has no determiner.
fn article(head: &[Piece], pieces: &[Piece]) -> String {
    let first = head.first().map_or("", |p| p.key.as_ref());
    let last = head.last().map_or("", |p| p.key.as_ref());
    let determined =
        is_function_word(first) || (first.ends_with("'s") && first != "children's") || NUMBERS.has(first);
    let name = head.len() > 1 && head.last().is_some_and(|p| p.text.starts_with(char::is_uppercase));
    if determined || is_plural(last) || name || MASS.has(last) || !last.is_ascii() {
        return render(pieces);
    }
    let text = lower(pieces);
    let spoken = text.to_lowercase();
    let consonant = ["uni", "one", "eu", "use"].iter().any(|start| spoken.starts_with(start));
    let vowel = spoken.starts_with(['a', 'e', 'i', 'o', 'u', '8']) && !consonant;
    format!("{} {text}", if vowel { "an" } else { "a" })
}

pub fn is_plural(word: &str) -> bool {
    word.ends_with('s') && !["ss", "us", "is", "lens"].iter().any(|end| word.ends_with(end))
}

/// A phrase without the capital that only started a line; names keep theirs.
pub fn lower(pieces: &[Piece]) -> String {
    let text = render(pieces);
    let starts_line = pieces
        .first()
        .is_some_and(|p| p.text.chars().skip(1).all(|c| !c.is_uppercase()) && !NAMES.has(&p.key));
    let names = pieces.iter().skip(1).any(|p| p.text.starts_with(char::is_uppercase));
    if starts_line && !names { lower_first(&text) } else { text }
}
