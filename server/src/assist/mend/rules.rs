//! Which words and numbers help against what.

use openclaw_shared::refiner::Issue;

use super::Context;
use super::numbers::Change;
use super::phrases::Prompt;
use crate::assist::picture::measure::{Measures, Texture};

/// A measurement that led to a change; what the report says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Dark,
    Bright,
    Flat,
    Harsh,
    Soft,
    Grainy,
    OffCentre,
    Centred,
    Scattered,
    Garish,
}

/// What helps: phrases for families that read tags, a sentence for those that read prose.
#[derive(Debug, Clone, Default)]
pub struct Remedy {
    pub tags: &'static [&'static str],
    pub prose: &'static str,
    pub negative: &'static [&'static str],
    pub changes: &'static [Change],
    pub finding: Option<Finding>,
}

pub const fn remedy_of(
    tags: &'static [&'static str],
    prose: &'static str,
    negative: &'static [&'static str],
    changes: &'static [Change],
) -> Remedy {
    Remedy { tags, prose, negative, changes, finding: None }
}

const HANDS: Remedy = remedy_of(
    &["detailed hands", "five fingers on each hand", "natural hand pose"],
    "The hands are natural and carefully drawn, with five fingers on each.",
    &["bad hands", "extra fingers", "missing fingers", "fused fingers"],
    &[Change::MoreSteps, Change::Larger],
);
const FACE: Remedy = remedy_of(
    &["detailed face", "symmetrical eyes", "clear gaze"],
    "The face is detailed and natural, with clear, symmetrical eyes.",
    &["deformed face", "asymmetrical eyes", "cross-eyed", "distorted features"],
    &[Change::MoreSteps, Change::Larger],
);
const ANATOMY: Remedy = remedy_of(
    &["correct anatomy", "natural proportions", "natural pose"],
    "The body has correct anatomy and natural proportions in a relaxed pose.",
    &["bad anatomy", "extra limbs", "missing limbs", "deformed"],
    &[Change::MoreSteps],
);
pub const DETAIL: Remedy = remedy_of(
    &["highly detailed", "sharp focus", "fine texture"],
    "Every surface shows fine, crisp detail.",
    &["blurry", "low detail", "jpeg artifacts"],
    &[Change::MoreSteps, Change::Larger],
);
const CLEAN_LINES: Remedy = remedy_of(
    &["intricate details", "clean lines"],
    "The drawing has clean lines and intricate details.",
    &["jpeg artifacts", "smudged lines"],
    &[Change::MoreSteps, Change::Larger],
);
const NO_GRAIN: Remedy = remedy_of(
    &["clean rendering", "fine detail"],
    "The surfaces are rendered cleanly, with fine detail.",
    &["noise", "grain", "jpeg artifacts"],
    &[Change::MoreSteps],
);
const NO_TEXT: Remedy = remedy_of(
    &["plain unmarked surfaces"],
    "All surfaces are plain and unmarked.",
    &["text", "watermark", "signature", "logo"],
    &[],
);
const SPELLED_TEXT: Remedy = remedy_of(
    &["crisp legible lettering"],
    "The lettering is crisp, legible and spelled exactly as given.",
    &["garbled letters", "misspelled words", "watermark", "signature"],
    &[],
);

pub fn remedy(issue: Issue, context: &Context) -> Remedy {
    match issue {
        Issue::HandsBad => HANDS,
        Issue::FaceBad => FACE,
        Issue::AnatomyOff => ANATOMY,
        Issue::LightingOff => lighting(context),
        Issue::CompositionOff => composition(context),
        Issue::StyleDrift => super::style::remedy(context),
        Issue::TextArtifacts
            if context.is_about(&[
                "text",
                "sign",
                "lettering",
                "logo",
                "title",
                "typography",
                "words",
                "reads",
            ]) =>
        {
            SPELLED_TEXT
        }
        Issue::TextArtifacts => NO_TEXT,
        Issue::LowDetail => detail(context),
        Issue::Other => Remedy::default(),
    }
}

fn detail(context: &Context) -> Remedy {
    match context.measures {
        Some(m) if m.texture == Texture::Grainy => Remedy { finding: Some(Finding::Grainy), ..NO_GRAIN },
        _ if context.is_about(&[
            "line art",
            "lineart",
            "minimalist",
            "flat colour",
            "flat color",
            "pixel art",
            "ink",
            "logo",
        ]) =>
        {
            CLEAN_LINES
        }
        Some(m) if matches!(m.texture, Texture::LineArt | Texture::FlatColour) => CLEAN_LINES,
        Some(m) if is_soft(m) => Remedy { finding: Some(Finding::Soft), ..DETAIL },
        _ => DETAIL,
    }
}

fn is_soft(measures: &Measures) -> bool {
    measures.sharpness < 60.0 && measures.texture != Texture::Plain
}

fn lighting(context: &Context) -> Remedy {
    let dark_on_purpose =
        context.is_about(&["night", "dark", "low-key", "noir", "moonlight", "moonlit", "candlelight", "dim"]);
    let found = |finding, tags, prose, negative| Remedy {
        finding: Some(finding),
        ..remedy_of(tags, prose, negative, &[])
    };
    match context.measures {
        // What the person said about light goes before what was measured.
        _ if context.asks.wishes.iter().any(|wish| !wish.remedy.tags.is_empty()) => Remedy::default(),
        Some(m) if m.brightness < 0.3 && dark_on_purpose => found(
            Finding::Dark,
            &["soft fill light", "visible detail in the shadows"],
            "A soft fill light keeps detail visible in the shadows.",
            &["underexposed", "crushed blacks"],
        ),
        Some(m) if m.brightness < 0.3 => found(
            Finding::Dark,
            &["bright lighting", "well lit", "soft fill light"],
            "The scene is brightly lit, with soft fill light in the shadows.",
            &["dark", "underexposed"],
        ),
        Some(m) if m.brightness > 0.75 => found(
            Finding::Bright,
            &["balanced exposure", "soft shadows"],
            "The exposure is balanced, with soft shadows that give it depth.",
            &["overexposed", "blown out highlights"],
        ),
        Some(m) if m.contrast < 0.3 => found(
            Finding::Flat,
            &["directional light", "strong contrast"],
            "Directional light gives the scene depth and contrast.",
            &["flat lighting", "washed out"],
        ),
        Some(m) if m.contrast > 0.85 => found(
            Finding::Harsh,
            &["soft diffused light", "gentle shadows"],
            "Soft, diffused light falls with gentle shadows.",
            &["harsh lighting", "harsh shadows"],
        ),
        _ => remedy_of(
            &["soft natural light", "consistent shadows"],
            "Soft natural light falls from one direction, with consistent shadows.",
            &["harsh lighting", "inconsistent shadows"],
            &[],
        ),
    }
}

fn composition(context: &Context) -> Remedy {
    const NEGATIVE: &[&str] = &["cropped", "out of frame", "cluttered background"];
    let shape: &'static [Change] = if context.present.aspect() > 0.95
        && context.is_about(&["full body", "standing", "tower", "skyscraper"])
    {
        &[Change::Tall]
    } else if context.present.aspect() < 1.05
        && context.is_about(&["panorama", "panoramic", "vista", "skyline", "landscape"])
    {
        &[Change::Wide]
    } else {
        &[]
    };
    let found = |finding, tags, prose| Remedy { finding, ..remedy_of(tags, prose, NEGATIVE, shape) };
    let weight = context.measures.map(|measures| measures.weight);
    match weight.map(|weight| (weight.column, weight.row)) {
        Some((Some(1), Some(1))) => found(
            Some(Finding::Centred),
            &["rule of thirds", "balanced composition"],
            "The composition follows the rule of thirds and is balanced.",
        ),
        Some((None, None)) => found(
            Some(Finding::Scattered),
            &["clear focal point", "uncluttered background"],
            "One clear focal point stands before an uncluttered background.",
        ),
        Some(_) => found(
            Some(Finding::OffCentre),
            &["centred subject", "balanced composition"],
            "The subject is centred in a balanced composition.",
        ),
        None => found(
            None,
            &["balanced composition", "clear focal point"],
            "The composition is balanced, with one clear focal point.",
        ),
    }
}

/// What measurements alone call for, when nobody said what is wrong.
pub fn noticed(measures: &Measures, positive: &Prompt) -> Vec<Issue> {
    let intended = |words: &[&str]| words.iter().any(|word| positive.mentions(word));
    let mut issues = Vec::new();
    let dark = measures.brightness < 0.15 && !intended(&["night", "dark", "low-key", "noir", "space"]);
    let bright = measures.brightness > 0.9 && !intended(&["white", "high-key", "snow", "fog"]);
    if dark || bright || measures.contrast < 0.12 && !intended(&["fog", "mist", "minimalist"]) {
        issues.push(Issue::LightingOff);
    }
    if is_soft(measures)
        && !intended(&["blur", "blurry", "soft focus", "bokeh", "fog", "mist", "minimalist", "gradient"])
    {
        issues.push(Issue::LowDetail);
    }
    issues
}
