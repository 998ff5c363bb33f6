//! From numbers to words. The thresholds were set by looking at photographs, drawings and blurred copies of them.

use crate::assist::picture::Picture;
use crate::assist::picture::colour::GREY_CHROMA;
use crate::assist::picture::measure::{Light, Measures, Texture};

/// Everything measured, in words that both a caption and a prompt use.
pub struct Words {
    pub measures: Measures,
    pub width: u32,
    pub height: u32,
    /// Such as `3:2`.
    pub ratio: String,
    /// Such as `landscape picture`.
    pub format: &'static str,
    /// Such as `wide landscape framing`.
    pub framing: &'static str,
    pub brightness: &'static str,
    /// For a prompt.
    pub light: &'static str,
    pub contrast: Option<&'static str>,
    pub colourfulness: Option<&'static str>,
    pub temperature: Option<&'static str>,
    /// After "the surface".
    pub texture: &'static str,
    pub texture_phrase: Option<&'static str>,
    pub focus: Option<&'static str>,
    /// Drawn pictures have no focus.
    pub drawn: bool,
}

/// Ratios that people have names for.
const RATIOS: &[(u16, u16)] =
    &[(1, 1), (7, 6), (5, 4), (4, 3), (7, 5), (3, 2), (16, 10), (5, 3), (16, 9), (2, 1), (21, 9), (3, 1)];

impl Words {
    pub fn of(picture: &Picture) -> Self {
        let measures = picture.measure();
        let (format, framing) = framing(picture.width, picture.height);
        let (brightness, light) = match measures.brightness {
            ..0.15 => ("very dark", "low-key lighting, deep shadows"),
            ..0.35 => ("dark", "dim lighting"),
            ..0.65 => ("of medium brightness", "even exposure"),
            ..0.82 => ("bright", "bright lighting"),
            _ => ("very bright", "high-key lighting"),
        };
        let plain = measures.texture == Texture::Plain;
        let drawn = plain || matches!(measures.texture, Texture::LineArt | Texture::FlatColour);
        let (texture, texture_phrase) = match measures.texture {
            Texture::Plain => ("is one even colour", Some("plain background")),
            Texture::LineArt => ("has thin marks on an even ground, like line art", Some("line art")),
            Texture::FlatColour => {
                ("has even areas with clear borders, like a flat graphic", Some("flat colour graphic"))
            }
            Texture::Smooth => ("has slow transitions only", Some("smooth gradients")),
            Texture::Grainy => ("is covered in grain or dense fine structure", Some("dense fine texture")),
            Texture::Photographic => {
                ("has the fine transitions of a photograph or a painting", Some("fine detailed texture"))
            }
        };
        Self {
            drawn,
            width: picture.width,
            height: picture.height,
            ratio: ratio(picture.width, picture.height),
            format,
            framing,
            brightness,
            light,
            contrast: match measures.contrast {
                ..0.25 => Some("low contrast"),
                ..0.7 => None,
                _ => Some("strong contrast"),
            },
            colourfulness: match measures.chroma {
                ..0.012 => Some("monochrome shades of grey"),
                chroma if chroma < GREY_CHROMA => Some("nearly monochrome colours"),
                _ if measures.one_hue && measures.palette.len() > 1 => Some("shades of one hue"),
                ..0.05 => Some("muted colours"),
                ..0.11 => None,
                _ => Some("vivid colours"),
            },
            temperature: match measures.warmth {
                ..-0.018 => Some("cool"),
                ..0.022 => None,
                _ => Some("warm"),
            },
            texture,
            texture_phrase,
            focus: match measures.sharpness {
                _ if drawn => None,
                ..60.0 => Some("soft focus"),
                ..800.0 => None,
                _ => Some("sharp focus"),
            },
            measures,
        }
    }

    /// The names of the largest shares.
    pub fn colours(&self, most: usize) -> Vec<&'static str> {
        self.measures.palette.iter().take(most).map(|swatch| swatch.name).collect()
    }

    pub fn palette_phrase(&self, most: usize) -> String {
        format!("{} palette", listed(&self.colours(most)))
    }

    /// After "the light has …".
    pub fn direction(&self) -> &'static str {
        match self.measures.light {
            Light::Even => ", spread evenly",
            Light::Left => ", brighter on the left",
            Light::Right => ", brighter on the right",
            Light::Top => ", brighter at the top",
            Light::Bottom => ", brighter at the bottom",
            Light::Centre => ", brightest in the centre",
        }
    }

    pub fn direction_phrase(&self) -> Option<&'static str> {
        match self.measures.light {
            Light::Even => None,
            Light::Left => Some("light from the left"),
            Light::Right => Some("light from the right"),
            Light::Top => Some("bright upper part, darker lower part"),
            Light::Bottom => Some("dark upper part, brighter lower part"),
            Light::Centre => Some("bright centre, darker edges"),
        }
    }

    fn part(&self) -> Option<&'static str> {
        let place = self.measures.weight;
        let names = [
            ["upper left", "upper middle", "upper right"],
            ["left", "centre", "right"],
            ["lower left", "lower middle", "lower right"],
        ];
        match (place.row, place.column) {
            (None, None) => None,
            (Some(row), column) => Some(names[row][column.unwrap_or(1)]),
            (None, Some(column)) => Some(names[1][column]),
        }
    }

    /// After "the visual weight".
    pub fn place(&self) -> String {
        match self.part() {
            _ if self.measures.texture == Texture::Plain => "is the same everywhere".to_owned(),
            Some(part) => format!("lies in the {part}"),
            None => "is spread over the whole frame".to_owned(),
        }
    }

    pub fn place_phrase(&self) -> Option<String> {
        match self.part() {
            _ if self.measures.texture == Texture::Plain => None,
            Some("centre") => Some("centred composition".to_owned()),
            Some(part) => Some(format!("subject in the {part} of the frame")),
            None => Some("composition that fills the frame".to_owned()),
        }
    }
}

fn framing(width: u32, height: u32) -> (&'static str, &'static str) {
    let aspect = f64::from(width) / f64::from(height);
    match aspect {
        ..0.5 => ("very tall picture", "very tall vertical framing"),
        ..0.95 => ("portrait-format picture", "vertical framing"),
        ..1.05 => ("square picture", "square framing"),
        ..2.0 => ("landscape-format picture", "horizontal framing"),
        _ => ("panoramic picture", "wide panoramic framing"),
    }
}

/// The nearest ratio with a name, if it is near.
fn ratio(width: u32, height: u32) -> String {
    let (long, short) = (width.max(height), width.min(height));
    let aspect = f64::from(long) / f64::from(short);
    let off = |(a, b): (u16, u16)| (f64::from(a) / f64::from(b) / aspect - 1.0).abs();
    let nearest = RATIOS.iter().copied().min_by(|a, b| off(*a).total_cmp(&off(*b)));
    let named = nearest.filter(|ratio| off(*ratio) < 0.015);
    let (long, short) = named
        .map_or_else(|| (format!("{aspect:.2}"), "1".to_owned()), |(a, b)| (a.to_string(), b.to_string()));
    if width >= height { format!("{long}:{short}") } else { format!("{short}:{long}") }
}

/// "a, b and c".
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Tags, each once, whatever its case.
pub fn joined(tags: Vec<String>) -> String {
    let mut seen = std::collections::HashSet::new();
    let unique = tags.into_iter().filter(|tag| !tag.is_empty() && seen.insert(tag.to_lowercase()));
    unique.collect::<Vec<_>>().join(", ")
}
