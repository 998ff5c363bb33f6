//! What the words of a request are about.

mod words;

use super::lexicon::Phrases;
use super::touches;

/// Something a phrase says about the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trait {
    // Subjects.
    People,
    Anatomy,
    Animal,
    Food,
    Thing,
    Vehicle,
    // Kinds of picture.
    Portrait,
    Product,
    Macro,
    Landscape,
    City,
    Architecture,
    Indoors,
    SciFi,
    Fantasy,
    // Mediums.
    Photo,
    Realistic,
    Anime,
    Cartoon,
    Watercolor,
    Oil,
    Drawing,
    Flat,
    Design,
    Render,
    Pixel,
    Concept,
    // Looks.
    Style,
    Mood,
    Gloom,
    Minimal,
    Mono,
    Light,
    LowSun,
    Day,
    Night,
    Weather,
    Camera,
    Close,
    DeepFocus,
    SoftFocus,
    Quality,
    // Facts that guard other rules.
    Lettering,
    Stairs,
}

/// A set of traits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traits(u64);

impl Traits {
    pub fn insert(&mut self, one: Trait) {
        self.0 |= 1 << one as u64;
    }

    pub fn has(self, one: Trait) -> bool {
        self.0 & (1 << one as u64) != 0
    }

    pub fn any(self, these: &[Trait]) -> bool {
        these.iter().any(|one| self.has(*one))
    }
}

/// Mediums, of which a picture has one.
pub const MEDIUMS: [Trait; 11] = [
    Trait::Photo,
    Trait::Anime,
    Trait::Cartoon,
    Trait::Watercolor,
    Trait::Oil,
    Trait::Drawing,
    Trait::Flat,
    Trait::Design,
    Trait::Render,
    Trait::Pixel,
    Trait::Concept,
];
/// What a picture can be of; a short phrase with one of these is never mere style.
pub const SUBJECTS: [Trait; 6] =
    [Trait::People, Trait::Anatomy, Trait::Animal, Trait::Food, Trait::Thing, Trait::Vehicle];

pub fn lexicon() -> Phrases<Trait> {
    Phrases::new(words::ROWS.iter().copied().chain(touches::phrases()))
}
