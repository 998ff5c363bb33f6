//! Light that suits a kind of picture.

use super::super::facts::{Facts, Genre};
use super::super::traits::Trait;
use super::{Touch, of};

/// Where the hour, the mood or the weather decides.
const BY_CONDITION: &[(&[Trait], &[Touch])] = &[
    (
        &[Trait::Night],
        &[
            Touch("dim ambient light, deep shadows", "Dim ambient light leaves deep shadows."),
            Touch("low-key lighting, pools of light", "Small pools of light stand out against the dark."),
        ],
    ),
    (
        &[Trait::Gloom],
        &[
            Touch("low-key lighting, deep shadows", "Low-key lighting leaves much of it in shadow."),
            Touch("chiaroscuro lighting", "Strong chiaroscuro light carves it out of the dark."),
        ],
    ),
    (
        &[Trait::Weather],
        &[
            Touch("soft diffused light", "The light is soft and diffused."),
            Touch("muted light, atmospheric depth", "Muted light gives the scene atmosphere and depth."),
        ],
    ),
    (
        &[Trait::Day],
        &[
            Touch("clear natural light", "Clear natural light fills the scene."),
            Touch("bright natural light", "Bright natural light fills the scene."),
        ],
    ),
];

/// Otherwise what suits the kind of picture.
const BY_GENRE: &[(&[Genre], &[Touch])] = &[
    (
        &[Genre::Portrait],
        &[
            Touch("soft window light", "Soft window light shapes the face."),
            Touch("soft diffused key light", "A soft, diffused key light falls across the face."),
            Touch("gentle side light", "Gentle light from one side gives the face depth."),
        ],
    ),
    (
        &[Genre::People],
        &[
            Touch("soft natural light", "Soft natural light falls across the scene."),
            Touch("gentle side light", "Gentle light comes in from one side."),
            Touch("soft directional light", "The light is soft and directional."),
        ],
    ),
    (
        &[Genre::Animal],
        &[
            Touch("soft natural light", "The light is soft and natural."),
            Touch("gentle rim light", "A gentle rim light traces the outline."),
        ],
    ),
    (
        &[Genre::Landscape],
        &[
            Touch("soft morning light", "Soft morning light spreads across the scene."),
            Touch("low golden light", "Low golden light rakes across the scene."),
            Touch("soft side light", "Soft light from the side gives the scene depth."),
        ],
    ),
    (
        &[Genre::City],
        &[
            Touch("soft ambient light", "Soft ambient light fills the scene."),
            Touch("low golden light", "Low golden light reaches into the scene."),
        ],
    ),
    (
        &[Genre::Architecture],
        &[
            Touch("soft raking light", "Soft raking light brings out form and materials."),
            Touch("even diffused light", "Even, diffused light shows the materials clearly."),
        ],
    ),
    (
        &[Genre::Interior],
        &[
            Touch("soft ambient light", "Soft ambient light fills the space."),
            Touch("gentle natural light", "Gentle natural light reaches into the space."),
        ],
    ),
    (
        &[Genre::Product],
        &[
            Touch("softbox lighting, gentle reflections", "A large softbox lights it from the side."),
            Touch("soft studio lighting", "Soft studio light wraps around the form."),
            Touch("controlled rim light", "A controlled rim light defines the edges."),
        ],
    ),
    (
        &[Genre::Object],
        &[
            Touch("soft directional light", "Soft directional light brings out shape and texture."),
            Touch("gentle side light", "Gentle light from one side models the form."),
        ],
    ),
    (
        &[Genre::Vehicle],
        &[
            Touch(
                "gentle side light, soft reflections",
                "Gentle light from the side draws soft reflections.",
            ),
            Touch("soft natural light", "Soft natural light follows its lines."),
        ],
    ),
    (
        &[Genre::Food],
        &[
            Touch("soft side light", "Soft light from the side brings out every texture."),
            Touch("warm diffused light", "Warm, diffused light makes it look fresh."),
        ],
    ),
    (
        &[Genre::Macro],
        &[
            Touch("soft diffused light", "Soft, diffused light reveals the finest structures."),
            Touch("gentle side light", "Gentle light from one side reveals every structure."),
        ],
    ),
    (
        &[Genre::SciFi],
        &[
            Touch("volumetric light", "Shafts of light cut through the air."),
            Touch("cool rim lighting", "Cool rim light picks out the silhouettes."),
        ],
    ),
    (
        &[Genre::Fantasy],
        &[
            Touch("soft ethereal light", "A soft, ethereal light fills the scene."),
            Touch("volumetric light", "Shafts of light filter through the scene."),
        ],
    ),
];

pub fn options(facts: &Facts) -> &'static [Touch] {
    let unlit = facts.is_graphic() || facts.medium == Some(Trait::Drawing);
    if unlit || facts.traits.any(&[Trait::Light, Trait::LowSun]) {
        return &[];
    }
    let condition = BY_CONDITION.iter().find(|(conditions, _)| facts.traits.any(conditions));
    condition.map_or_else(|| of(BY_GENRE, &facts.genre), |(_, touches)| *touches)
}

pub fn all() -> impl Iterator<Item = &'static Touch> {
    BY_CONDITION
        .iter()
        .flat_map(|(_, touches)| *touches)
        .chain(BY_GENRE.iter().flat_map(|(_, touches)| *touches))
}
