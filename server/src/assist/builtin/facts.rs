//! What is known about a request once its parameters and exclusions are out of the way.

use super::concepts::Concept;
use super::exclusions::Exclusion;
use super::lexicon::Phrases;
use super::roles;
use super::text::{Clause, Kind, clauses};
use super::traits::{MEDIUMS, Trait, Traits};

/// The kind of picture, which decides what light and camera suit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Genre {
    Portrait,
    People,
    Animal,
    Landscape,
    City,
    Architecture,
    Interior,
    Product,
    /// A thing anywhere, as opposed to a product in a studio.
    Object,
    Vehicle,
    Food,
    Macro,
    SciFi,
    Fantasy,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
    Japanese,
    Other,
}

#[derive(Debug)]
pub struct Facts {
    pub traits: Traits,
    pub genre: Genre,
    /// What it is made of; `None` when nothing says so.
    pub medium: Option<Trait>,
    pub language: Language,
    /// Whether it follows an artist, who may work in any medium.
    pub styled: bool,
    /// Words the person wrote, a character of an unspaced script counting as part of one.
    pub words: usize,
}

impl Facts {
    pub fn of(
        wanted: &[Clause],
        style: &[Clause],
        stated: &[Clause],
        exclusions: &[Exclusion],
        lexicon: &Phrases<Trait>,
    ) -> Self {
        let found = |clauses: &[Clause]| {
            let mut out = vec![];
            for clause in clauses {
                traits_of(clause, lexicon, &mut out);
            }
            out
        };
        let (shown, look, stated) = (found(wanted), found(style), found(stated));
        let mut traits = Traits::default();
        for one in shown.iter().chain(&look).chain(&stated) {
            traits.insert(*one);
        }
        // A medium named as style outranks one that a picture of, say, a painter mentions.
        let medium = look.iter().chain(&shown).find(|one| MEDIUMS.contains(one)).copied();
        let real = traits.has(Trait::Realistic)
            || exclusions.iter().any(|exclusion| exclusion.concept == Some(Concept::Illustrated));
        Self {
            genre: genre(shown.iter().chain(&look), traits),
            medium: medium.or(real.then_some(Trait::Photo)),
            language: language(wanted, style),
            styled: wanted.iter().chain(style).any(|clause| roles::names_artist(&clause.pieces)),
            words: wanted.iter().chain(style).map(words).sum(),
            traits,
        }
    }

    pub fn is_illustrated(&self) -> bool {
        self.medium.is_some_and(|medium| medium != Trait::Photo)
    }

    /// Whether it is made of shapes and type.
    pub fn is_graphic(&self) -> bool {
        matches!(self.medium, Some(Trait::Flat | Trait::Design | Trait::Pixel))
    }

    /// Whether it may be treated as a photograph: it is one, or it shows something real in no other medium.
    pub fn is_photographic(&self) -> bool {
        self.medium == Some(Trait::Photo)
            || (self.medium.is_none()
                && !self.styled
                && !matches!(self.genre, Genre::Any | Genre::SciFi | Genre::Fantasy))
    }

    /// Whether there is something in the picture that could carry lettering.
    pub fn has_surfaces(&self) -> bool {
        use Trait::{Architecture, City, Indoors, Product, Thing, Vehicle};
        self.traits.any(&[Architecture, City, Indoors, Product, Thing, Vehicle])
    }

    pub fn living(&self) -> bool {
        self.traits.any(&[Trait::People, Trait::Anatomy, Trait::Animal, Trait::Portrait])
    }

    pub fn people(&self) -> bool {
        self.traits.any(&[Trait::People, Trait::Anatomy, Trait::Portrait])
    }
}

fn traits_of(clause: &Clause, lexicon: &Phrases<Trait>, found: &mut Vec<Trait>) {
    found.extend(lexicon.find_all(&clause.pieces).into_iter().map(|(.., one)| one));
    for piece in &clause.pieces {
        match piece.kind {
            Kind::Quoted => found.push(Trait::Lettering),
            Kind::Weighted => {
                let inner = &piece.text[1..piece.text.len() - 1];
                for clause in clauses(inner) {
                    traits_of(&clause, lexicon, found);
                }
            }
            _ => {}
        }
    }
}

fn genre<'t>(mut found: impl Iterator<Item = &'t Trait>, traits: Traits) -> Genre {
    let explicit =
        [(Trait::Macro, Genre::Macro), (Trait::Product, Genre::Product), (Trait::Portrait, Genre::Portrait)];
    if let Some((_, genre)) = explicit.iter().find(|(one, _)| traits.has(*one)) {
        return *genre;
    }
    let first = found.find_map(|one| {
        Some(match one {
            Trait::People | Trait::Anatomy => Genre::People,
            Trait::Animal => Genre::Animal,
            Trait::Food => Genre::Food,
            Trait::Thing => Genre::Object,
            Trait::Vehicle => Genre::Vehicle,
            Trait::Landscape => Genre::Landscape,
            Trait::City => Genre::City,
            Trait::Architecture => Genre::Architecture,
            Trait::Indoors => Genre::Interior,
            Trait::SciFi => Genre::SciFi,
            Trait::Fantasy => Genre::Fantasy,
            _ => return None,
        })
    });
    match first {
        Some(Genre::Object) if traits.has(Trait::Food) => Genre::Food,
        Some(Genre::People) if traits.has(Trait::Close) => Genre::Portrait,
        // A world that does not exist colours everything in it.
        Some(_) if traits.has(Trait::Fantasy) => Genre::Fantasy,
        Some(_) if traits.has(Trait::SciFi) => Genre::SciFi,
        Some(genre) => genre,
        None => Genre::Any,
    }
}

/// Words of a clause; a character of an unspaced script counts as part of one.
pub fn words(clause: &Clause) -> usize {
    let count = |kind| clause.pieces.iter().filter(|p| p.kind == kind).count();
    let inner = clause.pieces.iter().filter(|p| matches!(p.kind, Kind::Weighted | Kind::Quoted));
    count(Kind::Word)
        + (count(Kind::Han) * 3).div_ceil(5)
        + inner.map(|p| p.text.split(' ').count()).sum::<usize>()
}

fn language(wanted: &[Clause], style: &[Clause]) -> Language {
    let (mut han, mut kana, mut latin, mut english, mut foreign) = (0, 0, 0, 0, 0);
    for piece in wanted.iter().chain(style).flat_map(|clause| &clause.pieces) {
        match (piece.kind, piece.key.chars().next()) {
            (Kind::Han, Some('\u{3041}'..='\u{30ff}')) => kana += 1,
            (Kind::Han, _) => han += 1,
            (Kind::Word, Some(c)) if c.is_ascii() => {
                latin += 1;
                match piece.key.as_ref() {
                    "the" | "and" | "of" | "with" | "is" | "her" | "his" | "by" | "at" | "a" => english += 1,
                    "der" | "die" | "das" | "ein" | "eine" | "einer" | "einem" | "einen" | "mit" | "und"
                    | "im" | "am" | "auf" | "le" | "les" | "un" | "une" | "avec" | "dans" | "sur" | "du"
                    | "et" | "au" | "el" | "los" | "una" | "con" | "y" | "il" | "di" | "nel" | "em"
                    | "um" | "uma" | "com" => foreign += 1,
                    _ => {}
                }
            }
            (Kind::Word, Some(c)) if c.is_alphabetic() => foreign += 2,
            _ => {}
        }
    }
    match () {
        () if kana > 0 && han + kana > latin => Language::Japanese,
        () if han > latin => Language::Chinese,
        () if foreign > english && foreign > 0 => Language::Other,
        () => Language::English,
    }
}
