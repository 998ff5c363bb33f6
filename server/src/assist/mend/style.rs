//! Against style drift: name the medium again, and exclude the ones it drifts to.

use super::Context;
use super::numbers::Change;
use super::rules::{Finding, Remedy};

struct Medium {
    words: &'static [&'static str],
    tags: &'static [&'static str],
    prose: &'static str,
    negative: &'static [&'static str],
}

const MEDIA: &[Medium] = &[
    Medium {
        words: &["anime", "manga"],
        tags: &["consistent anime style"],
        prose: "The anime style is consistent throughout.",
        negative: &["photo", "3d render"],
    },
    Medium {
        words: &["oil painting", "oil on canvas", "acrylic"],
        tags: &["consistent oil painting style", "visible brushwork"],
        prose: "Visible brushwork makes it an oil painting throughout.",
        negative: &["photo", "3d render"],
    },
    Medium {
        words: &["watercolor", "watercolour", "gouache"],
        tags: &["consistent watercolor style", "paper texture"],
        prose: "It is a watercolor on textured paper throughout.",
        negative: &["photo", "3d render"],
    },
    Medium {
        words: &["pixel art"],
        tags: &["consistent pixel art style", "crisp pixels"],
        prose: "It is pixel art with crisp, even pixels throughout.",
        negative: &["photo", "smooth gradients"],
    },
    Medium {
        words: &["line art", "lineart", "sketch", "ink", "pencil", "charcoal drawing"],
        tags: &["consistent drawing style", "clean lines"],
        prose: "It is a drawing with clean lines throughout.",
        negative: &["photo", "3d render"],
    },
    Medium {
        words: &["3d render", "octane", "blender", "cgi"],
        tags: &["consistent 3d render style"],
        prose: "It is a 3D rendering throughout.",
        negative: &["photo", "painting"],
    },
    Medium {
        words: &["comic", "cartoon", "illustration", "concept art", "digital painting", "vector"],
        tags: &["consistent illustration style"],
        prose: "The illustration style is consistent throughout.",
        negative: &["photo", "3d render"],
    },
    Medium {
        words: &[
            "photo",
            "photograph",
            "photography",
            "photographic",
            "photorealistic",
            "dslr",
            "35mm",
            "film still",
        ],
        tags: &["consistent photographic look", "realistic texture"],
        prose: "It looks like one real photograph throughout.",
        negative: &["painting", "illustration", "3d render"],
    },
];

pub fn remedy(context: &Context) -> Remedy {
    // Too much guidance shows as strong contrast with garish colours.
    let garish = context.measures.is_some_and(|measures| measures.contrast > 0.85 && measures.chroma > 0.13);
    let changes: &[Change] = if garish { &[Change::LessGuidance] } else { &[Change::MoreGuidance] };
    let finding = garish.then_some(Finding::Garish);
    match MEDIA.iter().find(|medium| context.is_about(medium.words)) {
        Some(medium) => {
            Remedy { tags: medium.tags, prose: medium.prose, negative: medium.negative, changes, finding }
        }
        None => Remedy {
            tags: &["consistent style", "cohesive rendering"],
            prose: "The style is consistent throughout.",
            negative: &["mixed styles"],
            changes,
            finding,
        },
    }
}
