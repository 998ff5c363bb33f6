//! Writes the negative prompt: what the person excluded, then the usual flaws of the family and medium.

use std::collections::HashSet;

use openclaw_shared::profile::{Profile, PromptStyle};

use super::brief::Brief;
use super::concepts::Concept;
use super::exclusions::Exclusion;
use super::lexicon::is_function_word;
use super::text::{Clause, Kind, clauses};
use super::traits::Trait;

/// Marks around the words of a weighted or quoted piece.
const BRACKETS: [char; 17] =
    ['(', ')', '[', ']', '{', '}', '"', '\'', '“', '”', '«', '»', '「', '」', '『', '』', ':'];

pub fn write(brief: &Brief, profile: &Profile, positive: &str) -> String {
    if !profile.negative {
        return String::new();
    }
    let own: String = brief.wanted.iter().chain(&brief.style).map(|clause| clause.render() + ", ").collect();
    let (own, wanted, positive) = (words(&own), words(positive), positive.to_lowercase());
    let mut out: Vec<String> = vec![];
    for exclusion in &brief.exclusions {
        let phrase = beside_people(exclusion, brief);
        // Whoever asks for a thing and forbids it as well gets it.
        if !words(&phrase).is_subset(&own) && !out.contains(&phrase) {
            out.push(phrase);
        }
    }
    let excluded: HashSet<String> = out.iter().flat_map(|phrase| words(phrase)).collect();
    for flaw in flaws(brief, profile) {
        let is_wanted = if flaw.contains(' ') { positive.contains(flaw) } else { wanted.contains(flaw) };
        if !is_wanted && !words(flaw).is_subset(&excluded) {
            out.push(flaw.to_owned());
        }
    }
    out.join(", ")
}

/// "people" in the negative prompt would take the person away whom the picture is of.
fn beside_people(exclusion: &Exclusion, brief: &Brief) -> String {
    let plain = matches!(exclusion.phrase.as_str(), "people" | "person" | "human" | "humans" | "crowd");
    if exclusion.concept == Some(Concept::People) && plain && brief.facts.people() {
        return "other people".to_owned();
    }
    exclusion.phrase.clone()
}

fn flaws(brief: &Brief, profile: &Profile) -> Vec<&'static str> {
    let facts = &brief.facts;
    let has = |one| facts.traits.has(one);
    let mut out = vec![];
    if profile.style == PromptStyle::Tags {
        if profile.id == "SD15-v1" || facts.medium == Some(Trait::Anime) {
            out.extend(["lowres", "worst quality"]);
        }
        out.extend(["low quality", "blurry", "jpeg artifacts", "watermark", "signature", "text"]);
        match facts.medium {
            _ if facts.people() => out.extend(["bad anatomy", "deformed hands", "extra fingers"]),
            _ if facts.living() => out.extend(["bad anatomy", "extra limbs", "deformed"]),
            _ => {}
        }
        match facts.medium {
            _ if facts.is_graphic() => out.extend(["photorealistic", "noisy background"]),
            Some(Trait::Photo) => out.extend(["cartoon", "illustration", "3d render"]),
            Some(medium) if medium != Trait::Render && !has(Trait::Realistic) => out.push("photograph"),
            _ => {}
        }
    } else {
        out.extend(["low quality", "blurry", "watermark"]);
        let named = brief.exclusions.iter().any(|exclusion| exclusion.concept == Some(Concept::Anatomy));
        out.extend((facts.people() && !named).then_some("deformed hands"));
    }
    out.retain(|flaw| match *flaw {
        "text" | "signature" => !has(Trait::Lettering),
        "blurry" => !has(Trait::SoftFocus),
        _ => true,
    });
    out
}

/// The words of a text that mean something, in the singular.
fn words(text: &str) -> HashSet<String> {
    let mut out = HashSet::new();
    for piece in clauses(text).into_iter().flat_map(|Clause { pieces, .. }| pieces) {
        match piece.kind {
            Kind::Weighted | Kind::Quoted => {
                out.extend(piece.text.to_lowercase().replace(BRACKETS, " ").split_whitespace().map(singular));
            }
            Kind::Mark | Kind::Break => {}
            _ if is_function_word(&piece.key) => {}
            _ => out.extend(piece.key.split('-').map(singular)),
        }
    }
    out
}

fn singular(word: &str) -> String {
    let stem = word.strip_suffix('s').filter(|stem| stem.len() > 2 && !stem.ends_with('s'));
    stem.unwrap_or(word).to_owned()
}
