//! What makes a medium or a kind of picture look finished.

use super::super::facts::{Facts, Genre};
use super::super::traits::Trait;
use super::{Touch, of};

const BY_MEDIUM: &[(&[Trait], &[Touch])] = &[
    (
        &[Trait::Anime],
        &[
            Touch(
                "clean line art, soft cel shading",
                "Clean line art and soft cel shading give it a finished look.",
            ),
            Touch(
                "delicate line art, harmonious colors",
                "Delicate line art and harmonious colors hold it together.",
            ),
            Touch("expressive line art", "Expressive line art carries the picture."),
        ],
    ),
    (
        &[Trait::Cartoon],
        &[
            Touch("bold outlines, expressive shapes", "Bold outlines and expressive shapes keep it lively."),
            Touch(
                "clean outlines, simple shading",
                "Clean outlines and simple shading keep it easy to read.",
            ),
        ],
    ),
    (
        &[Trait::Watercolor],
        &[
            Touch(
                "soft washes, visible paper grain",
                "Soft washes of pigment flow into each other on grained paper.",
            ),
            Touch(
                "transparent washes, loose brushwork",
                "Transparent washes and loose brushwork keep it light.",
            ),
        ],
    ),
    (
        &[Trait::Oil],
        &[
            Touch(
                "visible brushstrokes, deep pigment",
                "Visible brushstrokes and deep pigment give the surface life.",
            ),
            Touch(
                "confident brushwork, canvas weave",
                "Confident brushwork lets the weave of the canvas show.",
            ),
        ],
    ),
    (
        &[Trait::Drawing],
        &[
            Touch(
                "confident linework, fine hatching",
                "Confident lines and fine hatching build up the form.",
            ),
            Touch("clean linework, varied line weight", "Clean lines of varied weight build up the form."),
        ],
    ),
    (
        &[Trait::Flat],
        &[
            Touch(
                "clean geometric shapes, balanced negative space",
                "Clean geometric shapes and balanced negative space keep it readable at any size.",
            ),
            Touch("simple shapes, crisp edges", "Simple shapes with crisp edges make it easy to recognize."),
        ],
    ),
    (
        &[Trait::Design],
        &[
            Touch(
                "bold graphic layout, clear hierarchy",
                "A bold graphic layout with a clear hierarchy holds it together.",
            ),
            Touch(
                "balanced layout, strong focal point",
                "A balanced layout with a strong focal point holds it together.",
            ),
        ],
    ),
    (
        &[Trait::Render],
        &[
            Touch(
                "physically based materials, global illumination",
                "Physically based materials and global illumination give it a finished look.",
            ),
            Touch(
                "smooth surfaces, ambient occlusion",
                "Smooth surfaces and ambient occlusion give it weight.",
            ),
        ],
    ),
    (
        &[Trait::Pixel],
        &[
            Touch("crisp pixels, limited palette", "Crisp pixels and a limited palette keep it readable."),
            Touch(
                "clean pixel clusters, selective outlines",
                "Clean pixel clusters and selective outlines shape it.",
            ),
        ],
    ),
    (
        &[Trait::Concept],
        &[
            Touch(
                "painterly detail, balanced composition",
                "Painterly detail and a balanced composition lead the eye.",
            ),
            Touch(
                "considered composition, clear silhouettes",
                "Clear silhouettes and a considered composition lead the eye.",
            ),
        ],
    ),
];

const MONOCHROME: &[Touch] = &[
    Touch("full tonal range, deep blacks", "The tones run from deep black to clean white."),
    Touch("fine tonal gradation", "Fine gradations of gray carry the picture."),
];

const BY_GENRE: &[(&[Genre], &[Touch])] = &[
    (
        &[Genre::Portrait],
        &[
            Touch("natural skin texture", "The skin keeps its natural texture."),
            Touch("lifelike detail", "Every detail looks lifelike."),
        ],
    ),
    (
        &[Genre::People, Genre::Animal],
        &[
            Touch("lifelike detail", "Every detail looks lifelike."),
            Touch("natural textures", "The textures look natural."),
            Touch("true-to-life tones", "The tones are true to life."),
        ],
    ),
    (
        &[Genre::Landscape],
        &[
            Touch("atmospheric perspective", "The distance fades gently into the air."),
            Touch("sense of scale", "The composition gives a sense of scale."),
        ],
    ),
    (&[Genre::City], &[Touch("strong sense of place", "The picture has a strong sense of place.")]),
    (&[Genre::Vehicle], &[Touch("crisp surface detail", "Its surfaces are crisp and true to life.")]),
    (
        &[Genre::Architecture, Genre::Interior],
        &[Touch("refined material detail", "Materials and edges are shown with precision.")],
    ),
    (
        &[Genre::Product, Genre::Object],
        &[
            Touch("refined material detail", "The materials look refined and tangible."),
            Touch("clean composition", "The composition is clean and centered on it."),
        ],
    ),
    (
        &[Genre::Food],
        &[
            Touch("appetizing texture", "It looks fresh and appetizing."),
            Touch("appetizing look", "It looks appetizing."),
        ],
    ),
    (&[Genre::Macro], &[Touch("intricate natural texture", "Tiny structures stand out clearly.")]),
    (
        &[Genre::SciFi],
        &[
            Touch(
                "intricate detail, cinematic composition",
                "Intricate detail and a cinematic composition give it scale.",
            ),
            Touch("cinematic composition", "A cinematic composition gives it scale."),
        ],
    ),
    (
        &[Genre::Fantasy],
        &[
            Touch("intricate detail, epic scale", "Intricate detail gives the world depth."),
            Touch("epic scale", "The composition gives it epic scale."),
        ],
    ),
    (
        &[Genre::Any],
        &[Touch(
            "balanced composition, clear focal point",
            "The composition is balanced, with a clear focal point.",
        )],
    ),
];

pub fn options(facts: &Facts) -> &'static [Touch] {
    match facts.medium {
        Some(medium) if medium != Trait::Photo => of(BY_MEDIUM, &medium),
        _ if facts.traits.has(Trait::Mono) => MONOCHROME,
        // An artist's style decides what is characteristic; only the composition is free.
        _ if facts.styled => of(BY_GENRE, &Genre::Any),
        _ => of(BY_GENRE, &facts.genre),
    }
}

pub fn all() -> impl Iterator<Item = &'static Touch> {
    let by_medium = BY_MEDIUM.iter().flat_map(|(_, touches)| *touches);
    by_medium.chain(MONOCHROME).chain(BY_GENRE.iter().flat_map(|(_, touches)| *touches))
}
