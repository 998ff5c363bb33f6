//! Lens and viewpoint for pictures that are photographs.

use super::super::facts::{Facts, Genre};
use super::super::traits::Trait;
use super::{Touch, of};

const BY_GENRE: &[(&[Genre], &[Touch])] = &[
    (
        &[Genre::Portrait],
        &[
            Touch(
                "85mm lens, shallow depth of field",
                "Photographed with an 85mm lens at a wide aperture, the eyes in focus, the background soft.",
            ),
            Touch(
                "short telephoto lens, shallow depth of field",
                "Photographed with a short telephoto lens, the background falling softly out of focus.",
            ),
            Touch("85mm lens, focus on the eyes", "Photographed with an 85mm lens, the focus on the eyes."),
        ],
    ),
    (
        &[Genre::People],
        &[
            Touch("35mm lens, eye-level view", "Photographed at eye level with a 35mm lens."),
            Touch("50mm lens, natural perspective", "Photographed with a 50mm lens in natural perspective."),
        ],
    ),
    (
        &[Genre::Animal],
        &[
            Touch(
                "telephoto lens, shallow depth of field",
                "Photographed with a telephoto lens, the background softly out of focus.",
            ),
            Touch("telephoto lens, eye-level view", "Photographed at eye level with a telephoto lens."),
        ],
    ),
    (
        &[Genre::Landscape],
        &[
            Touch(
                "wide-angle lens, deep depth of field",
                "Photographed with a wide-angle lens, in focus from the foreground to the horizon.",
            ),
            Touch(
                "wide-angle lens, layered depth",
                "Photographed with a wide-angle lens, layer behind layer.",
            ),
        ],
    ),
    (
        &[Genre::City],
        &[
            Touch("35mm lens, street-level view", "Photographed from street level with a 35mm lens."),
            Touch(
                "28mm lens, leading lines",
                "Photographed with a 28mm lens, lines leading into the distance.",
            ),
        ],
    ),
    (
        &[Genre::Architecture, Genre::Interior],
        &[
            Touch(
                "wide-angle lens, straight verticals",
                "Photographed with a wide-angle lens, all verticals straight.",
            ),
            Touch("24mm lens, balanced framing", "Photographed with a 24mm lens in a balanced frame."),
        ],
    ),
    (
        &[Genre::Product],
        &[
            Touch("100mm lens, crisp edges", "Photographed with a 100mm lens, crisp from edge to edge."),
            Touch("100mm lens, three-quarter view", "Photographed with a 100mm lens in three-quarter view."),
        ],
    ),
    (
        &[Genre::Object, Genre::Vehicle],
        &[
            Touch(
                "50mm lens, shallow depth of field",
                "Photographed with a 50mm lens and shallow depth of field.",
            ),
            Touch("50mm lens, natural perspective", "Photographed with a 50mm lens in natural perspective."),
        ],
    ),
    (
        &[Genre::Food],
        &[
            Touch(
                "45-degree view, shallow depth of field",
                "Photographed from a 45-degree angle with shallow depth of field.",
            ),
            Touch(
                "50mm lens, shallow depth of field",
                "Photographed with a 50mm lens and shallow depth of field.",
            ),
            Touch("45-degree view, crisp focus", "Photographed from a 45-degree angle, crisp throughout."),
        ],
    ),
    (
        &[Genre::Macro],
        &[
            // The lens is named already: without "macro" this would be another genre.
            Touch("shallow depth of field", "A thin plane is in focus and everything else dissolves."),
            Touch("focus stacking", "Focus stacking keeps the whole subject sharp."),
        ],
    ),
    (
        &[Genre::SciFi, Genre::Fantasy, Genre::Any],
        &[Touch("35mm lens, balanced framing", "Photographed with a 35mm lens in a balanced frame.")],
    ),
];

pub fn options(facts: &Facts) -> &'static [Touch] {
    let framed = facts.traits.has(Trait::Close) && !matches!(facts.genre, Genre::Portrait | Genre::Macro);
    if !facts.is_photographic() || framed || facts.traits.any(&[Trait::Camera, Trait::SoftFocus]) {
        return &[];
    }
    of(BY_GENRE, &facts.genre)
}

pub fn all() -> impl Iterator<Item = &'static Touch> {
    BY_GENRE.iter().flat_map(|(_, touches)| *touches)
}
