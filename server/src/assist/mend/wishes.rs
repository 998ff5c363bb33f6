//! The words by which people ask for a change or say what is wrong.

use openclaw_shared::refiner::Issue;

use super::numbers::Change;
use super::rules::{DETAIL, Remedy, remedy_of};

/// A change of one quality, named in a few words.
pub struct Wish {
    pub words: &'static [&'static str],
    pub remedy: Remedy,
}

const fn wish(
    words: &'static [&'static str],
    tags: &'static [&'static str],
    prose: &'static str,
    negative: &'static [&'static str],
    changes: &'static [Change],
) -> Wish {
    Wish { words, remedy: remedy_of(tags, prose, negative, changes) }
}

pub static WISHES: &[Wish] = &[
    wish(
        &["brighter", "lighter", "too dark", "underexposed", "more light"],
        &["bright lighting", "well lit"],
        "The scene is brightly and evenly lit.",
        &["dark", "underexposed"],
        &[],
    ),
    wish(
        &["darker", "too bright", "overexposed", "less light"],
        &["low-key lighting", "deep shadows"],
        "The scene lies in dim, low-key light.",
        &["overexposed", "blown out highlights"],
        &[],
    ),
    wish(&["warmer", "too cold", "too cool"], &["warm light"], "The light is warm.", &["cold light"], &[]),
    wish(&["cooler", "colder", "too warm"], &["cool light"], "The light is cool.", &["warm light"], &[]),
    wish(
        &["softer", "less contrast", "too harsh", "harsh"],
        &["soft diffused light"],
        "Soft, diffused light falls on the scene.",
        &["harsh shadows"],
        &[],
    ),
    wish(
        &["more contrast", "washed out", "too flat", "punchier", "pop"],
        &["strong contrast", "directional light"],
        "Directional light gives the scene strong contrast.",
        &["flat lighting", "washed out"],
        &[],
    ),
    wish(
        &["more colourful", "more colorful", "more vivid", "more saturated", "more colour", "more color"],
        &["vivid colours"],
        "The colours are vivid.",
        &["desaturated"],
        &[],
    ),
    wish(
        &["oversaturated", "less saturated", "muted", "too colourful", "too colorful"],
        &["muted colours"],
        "The colours are muted.",
        &["oversaturated"],
        &[],
    ),
    wish(
        &["sharper", "crisper", "more detail", "more details", "more detailed"],
        DETAIL.tags,
        DETAIL.prose,
        DETAIL.negative,
        DETAIL.changes,
    ),
    wish(&["closer", "zoom in"], &["close-up"], "It is seen from close by.", &[], &[]),
    wish(
        &["zoom out", "further away", "farther away"],
        &["wide shot"],
        "It is a wide shot from further away.",
        &[],
        &[],
    ),
    wish(&["portrait format", "vertical", "taller"], &[], "", &[], &[Change::Tall]),
    wish(&["landscape format", "horizontal", "wider"], &[], "", &[], &[Change::Wide]),
    wish(&["square"], &[], "", &[], &[Change::Square]),
    wish(&["larger", "bigger picture", "bigger image", "higher resolution"], &[], "", &[], &[Change::Larger]),
    wish(&["faster", "fewer steps", "less steps"], &[], "", &[], &[Change::FewerSteps]),
    wish(&["more steps"], &[], "", &[], &[Change::MoreSteps]),
    wish(
        &["new seed", "another seed", "different seed", "try again", "variation", "something different"],
        &[],
        "",
        &[],
        &[Change::OtherSeed],
    ),
    wish(&["closer to the prompt", "follow the prompt"], &[], "", &[], &[Change::MoreGuidance]),
    wish(&["more freedom", "more creative", "looser"], &[], "", &[], &[Change::LessGuidance]),
];

/// How people name what is wrong.
const COMPLAINTS: &[(Issue, &[&str])] = &[
    (Issue::HandsBad, &["hand", "hands", "finger", "fingers", "thumb", "thumbs"]),
    (Issue::FaceBad, &["face", "faces", "facial", "eye", "eyes", "mouth", "teeth", "nose", "pupils"]),
    (
        Issue::AnatomyOff,
        &["anatomy", "limb", "limbs", "arm", "arms", "leg", "legs", "feet", "body", "proportions", "pose"],
    ),
    (
        Issue::LightingOff,
        &["light", "lighting", "lights", "exposure", "shadow", "shadows", "highlights", "glare"],
    ),
    (
        Issue::CompositionOff,
        &["composition", "framing", "crop", "cropped", "cut off", "off-centre", "off-center", "cluttered"],
    ),
    (Issue::StyleDrift, &["style", "off-style", "off-model", "inconsistent"]),
    (
        Issue::TextArtifacts,
        &[
            "text",
            "letter",
            "letters",
            "lettering",
            "watermark",
            "watermarks",
            "logo",
            "signature",
            "caption",
            "writing",
        ],
    ),
    (
        Issue::LowDetail,
        &[
            "detail",
            "details",
            "blurry",
            "blurred",
            "blur",
            "unsharp",
            "soft",
            "lowres",
            "low-res",
            "pixelated",
            "noisy",
            "mushy",
        ],
    ),
];

/// The issues that these words (lower case, between spaces) name.
pub fn issues_in(words: &str) -> Vec<Issue> {
    let named = |names: &[&str]| names.iter().any(|name| words.contains(&format!(" {name} ")));
    COMPLAINTS.iter().filter(|(_, names)| named(names)).map(|(issue, _)| *issue).collect()
}
