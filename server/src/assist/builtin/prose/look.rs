//! Says how a picture looks: medium, mood, light and lens, each in words that fit a sentence.

use super::super::facts::Language;
use super::super::lexicon::{Phrases, Words};
use super::super::roles::{self, FILMS, Role, head};
use super::super::text::{Clause, Kind, Piece, render};
use super::super::traits::Trait;
use super::listing::{counted, is_plural, lower};

/// Pictures one can count: "as an oil painting".
const COUNTED: Words = Words::of(
    "painting illustration photo photograph drawing sketch render rendering logo poster print portrait \
     engraving etching woodcut linocut comic cartoon still icon sticker emblem snapshot polaroid collage \
     cover diorama mosaic infographic",
);
/// Mediums one cannot count: "in watercolor".
const MASS: Words = Words::of(
    "watercolor watercolour gouache anime manga art lineart oil oils ink charcoal pencil acrylic \
     acrylics canvas 3d cgi claymation impasto monochrome white sepia shading poly pastels crayon deco \
     nouveau",
);
/// Programs a picture is rendered in.
const ENGINES: [&str; 6] = ["blender", "octane", "octane render", "unreal engine", "cinema 4d", "c4d"];
/// Openings of a phrase that says how the picture is made.
const MANNERS: Words =
    Words::of("in by as inspired like done rendered painted drawn illustrated printed shot");
/// Nouns of a look that have no plural, and ones that take an article.
const LOOK_MASS: Words = Words::of(
    "brushwork contrast grain detail texture linework saturation depth scale space grading symmetry \
     smoke fog haze lighting shadow blur bokeh focus field framing",
);
const LOOK_COUNTED: Words = Words::of(
    "palette composition background backdrop atmosphere mood feel look vibe tone finish aesthetic \
     gradient",
);
/// Endings of adjectives that describe a look in one word.
const ADJECTIVE_ENDINGS: &str = "ic ful ous al ish y ant ive ent ed ary less ern";
const ADJECTIVES: Words = Words::of(
    "minimalist minimal vintage retro surreal elegant modern kawaii abstract clean brutalist serene calm \
     quiet noir rich soft bold bright dark warm cool flat grunge intimate candid",
);
/// How a light is described by an adjective: "the scene is backlit".
const LIT: Words = Words::of("lit illuminated key high-key low-key");
/// Longer phrases are sentences of their own, words.
const PHRASE: usize = 10;
/// Up to this many words an unknown phrase is taken for the name of a style.
const STYLE_NAME: usize = 3;

/// What is said about the look, sorted by how it is said.
pub struct Look<'l> {
    language: Language,
    lexicon: &'l Phrases<Trait>,
    /// "in watercolor", "as an oil painting".
    manners: Vec<String>,
    /// "soft pastel colors".
    features: Vec<String>,
    adjectives: Vec<String>,
    lights: Vec<String>,
    lit: Vec<String>,
    cameras: Vec<String>,
    qualities: Vec<String>,
    /// Sentences of the person's own, and what fits no other.
    own: Vec<String>,
}

impl<'l> Look<'l> {
    pub fn new(language: Language, lexicon: &'l Phrases<Trait>) -> Self {
        Self {
            language,
            lexicon,
            manners: vec![],
            features: vec![],
            adjectives: vec![],
            lights: vec![],
            lit: vec![],
            cameras: vec![],
            qualities: vec![],
            own: vec![],
        }
    }

    pub fn add(&mut self, clause: &Clause) {
        let skipped = usize::from(clause.key(0) == "and" && clause.pieces.len() > 1);
        let pieces = &clause.pieces[skipped..];
        let (text, lowered) = (render(pieces), lower(pieces));
        let words = pieces.iter().filter(|p| p.kind == Kind::Word).count();
        let role = roles::role(pieces, self.lexicon);
        if self.language == Language::Other || words > PHRASE || (words > 3 && super::has_verb(clause)) {
            self.own.push(text);
        } else if role == Role::Quality {
            self.qualities.push(lowered);
        } else if role == Role::Light && !last(pieces).starts_with("shadow") {
            let list = if LIT.has(last(pieces)) || last(pieces).ends_with("lit") {
                &mut self.lit
            } else {
                &mut self.lights
            };
            list.push(lowered);
        } else if let Some(camera) = camera(pieces, &lowered).filter(|_| role == Role::Camera) {
            self.cameras.push(camera);
        } else if let Some(manner) = self.manner_of(pieces) {
            self.manners.push(manner);
        } else if is_adjective(pieces) {
            self.adjectives.push(lowered);
        } else if let Some(feature) = feature(pieces, &lowered) {
            self.features.push(feature);
        } else if words == pieces.len() && words <= STYLE_NAME && role != Role::Camera {
            self.manners.push(format!("in {} style", self.name(pieces)));
        } else {
            self.own.push(text);
        }
    }

    /// The medium and features as the end of another sentence.
    pub fn manner(&self) -> String {
        let with = (!self.features.is_empty()).then(|| format!("with {}", and(&self.features)));
        self.manners.iter().cloned().chain(with).collect::<Vec<_>>().join(", ")
    }

    /// The same as a sentence of its own.
    pub fn manner_sentence(&self) -> Option<String> {
        let manner = self.manner();
        if manner.is_empty() {
            return None;
        }
        Some(match manner.strip_prefix("as ") {
            Some(medium) => format!("The picture is {medium}"),
            None if self.manners.is_empty() => format!("The picture has {}", and(&self.features)),
            None => format!("The picture is {manner}"),
        })
    }

    /// Everything else, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        // Without grammar to go by, phrases of another language are only listed.
        let joined = self.language == Language::Other && !self.own.is_empty();
        let mut out = if joined { vec![self.own.join(", ")] } else { self.own.clone() };
        let mut say = |parts: &[String], opening: &str| {
            if !parts.is_empty() {
                out.push(format!("{opening}{}", and(parts)));
            }
        };
        say(&self.adjectives, "The look is ");
        say(&self.lit, "The scene is ");
        say(&self.lights, "It is lit by ");
        if !self.cameras.is_empty() {
            out.push(in_one_shot(&self.cameras));
        }
        if !self.qualities.is_empty() {
            out.push(self.qualities.join(", "));
        }
        out
    }

    fn manner_of(&self, pieces: &[Piece]) -> Option<String> {
        let first = pieces.first()?.key.as_ref();
        let noun = last(head(pieces));
        let text = self.name(pieces);
        Some(match (first, last(pieces)) {
            _ if ENGINES.contains(&text.to_lowercase().as_str()) => format!("rendered in {text}"),
            _ if MANNERS.has(first) && pieces.len() > 1 => lower(pieces),
            ("style", _) => format!("in the {}", lower(pieces)),
            (_, "style" | "styled" | "manner") => format!("in {text}"),
            _ if noun == "photography" || last(pieces) == "photography" => format!("as {text}"),
            _ if COUNTED.has(noun) && first != "the" => format!("as {}", counted(pieces)),
            ("a" | "an" | "the", _) if MASS.has(noun) => format!("as {text}"),
            _ if MASS.has(noun) || MASS.has(last(pieces)) => format!("in {text}"),
            _ => return None,
        })
    }

    /// A style as it is named: a capital stays unless it begins a word that is no name.
    fn name(&self, pieces: &[Piece]) -> String {
        let known = pieces.first().is_some_and(|first| {
            ADJECTIVES.has(&first.key) || (first.key != "pixar" && self.lexicon.longest(pieces).is_some())
        });
        if known { lower(pieces) } else { render(pieces) }
    }
}

/// "a, b and c".
fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// "shot as a long exposure", "shot at 85mm", "shot at f/1.8" → "shot as a long exposure, at 85mm and f/1.8".
fn in_one_shot(parts: &[String]) -> String {
    let mut out = String::new();
    let mut before = "";
    for part in parts {
        let rest = part.strip_prefix("shot ").filter(|_| !before.is_empty()).unwrap_or(part);
        let preposition = rest.split(' ').next().unwrap_or_default();
        out.push_str(if out.is_empty() {
            ""
        } else if preposition == before {
            " and"
        } else {
            ", "
        });
        out.push_str(if preposition == before { &rest[preposition.len()..] } else { rest });
        before = if part.starts_with("shot ") { part.split(' ').nth(1).unwrap_or_default() } else { before };
    }
    out
}

fn last<'p>(pieces: &'p [Piece<'_>]) -> &'p str {
    pieces.last().map_or("", |p| &p.key)
}

fn is_adjective(pieces: &[Piece]) -> bool {
    let word = |piece: &Piece| {
        let key = piece.key.as_ref();
        let ending = key.len() > 4 && ADJECTIVE_ENDINGS.split(' ').any(|ending| key.ends_with(ending));
        // A capitalised word that is no known adjective may be a name.
        piece.kind == Kind::Word
            && (ADJECTIVES.has(key) || (ending && !piece.text.starts_with(char::is_uppercase)))
    };
    match pieces {
        [one] => word(one),
        [very, one] => matches!(&*very.key, "very" | "slightly" | "softly" | "ultra") && word(one),
        [one, and, two] => and.key == "and" && word(one) && word(two),
        _ => false,
    }
}

fn feature(pieces: &[Piece], text: &str) -> Option<String> {
    let (first, noun) = (pieces.first()?.key.as_ref(), last(pieces));
    let names = pieces.iter().skip(1).any(|p| p.text.starts_with(char::is_uppercase));
    if names || pieces.iter().any(|p| p.kind != Kind::Word) {
        return None;
    }
    let number = noun.starts_with(|c: char| c.is_ascii_digit());
    let plural = noun.len() > 4 && is_plural(noun) && !number;
    if LOOK_MASS.has(noun) || (pieces.len() > 1 && (plural || matches!(first, "a" | "an" | "the"))) {
        return Some(text.to_owned());
    }
    LOOK_COUNTED.has(noun).then(|| counted(pieces))
}

/// How a lens, a film or a viewpoint is said of a photograph; `None` for what is a feature of the picture.
fn camera(pieces: &[Piece], text: &str) -> Option<String> {
    let a = || counted(pieces);
    Some(match (pieces.first()?.key.as_ref(), last(pieces)) {
        (
            "shot" | "from" | "taken" | "seen" | "photographed" | "in" | "on" | "at" | "everything" | "all",
            _,
        ) => text.to_owned(),
        (film, _) if FILMS.has(film) => format!("shot on {}", render(pieces)),
        ("macro", "macro") => "shot in macro".to_owned(),
        (_, "lens" | "macro") => format!("shot with {}", a()),
        (_, "film") => format!("shot on {text}"),
        (_, word) if word.ends_with("mm") || word.starts_with("f/") => format!("shot at {text}"),
        (_, "view" | "pov") => format!("seen in {}", a()),
        ("wide", "angle") => "seen in a wide angle".to_owned(),
        (_, "angle") => format!("seen from {}", a()),
        (_, "shot" | "up" | "close-up" | "closeup") => format!("framed as {}", a()),
        (_, "exposure") => format!("shot as {}", a()),
        (_, "top-down" | "overhead" | "aerial") => format!("seen in {} view", a()),
        _ if feature(pieces, text).is_some() || is_adjective(pieces) => return None,
        _ => text.to_owned(),
    })
}
