//! Colours as people see and name them: distances are taken in Oklab, where equal steps look equal.

use std::sync::LazyLock;

/// Oklab: lightness 0 to 1, green to red, blue to yellow.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Lab {
    pub l: f32,
    pub a: f32,
    pub b: f32,
}

/// sRGB as linear light, for every 8-bit value.
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|value| {
        let c = f32::from(u8::try_from(value).unwrap_or(u8::MAX)) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    })
});

impl Lab {
    pub fn of(rgb: [u8; 3]) -> Self {
        const CONES: [[f32; 3]; 3] = [
            [0.412_221_46, 0.536_332_55, 0.051_445_995],
            [0.211_903_5, 0.680_699_5, 0.107_396_96],
            [0.088_302_46, 0.281_718_85, 0.629_978_7],
        ];
        let [red, green, blue] = rgb.map(|channel| LINEAR[usize::from(channel)]);
        let [long, medium, short] =
            CONES.map(|cone| (cone[0] * red + cone[1] * green + cone[2] * blue).cbrt());
        Self {
            l: 0.210_454_26 * long + 0.793_617_8 * medium - 0.004_072_047 * short,
            a: 1.977_998_5 * long - 2.428_592_2 * medium + 0.450_593_7 * short,
            b: 0.025_904_037 * long + 0.782_771_77 * medium - 0.808_675_77 * short,
        }
    }

    /// Squared, as only comparisons are made.
    pub fn distance(self, other: Self) -> f32 {
        (self.l - other.l).powi(2) + (self.a - other.a).powi(2) + (self.b - other.b).powi(2)
    }

    /// How far from grey.
    pub fn chroma(self) -> f32 {
        self.a.hypot(self.b)
    }
}

/// Below this chroma, people call a colour grey.
pub const GREY_CHROMA: f32 = 0.025;

/// Below this lightness, people call every colour black.
const BLACK: f32 = 0.21;

const GREYS: &[(&str, f32)] = &[
    ("black", 0.0),
    ("charcoal", 0.42),
    ("dark grey", 0.5),
    ("grey", 0.65),
    ("light grey", 0.82),
    ("white", 1.0),
];

const NAMED: &[(&str, [u8; 3])] = &[
    ("maroon", [60, 18, 24]),
    ("dark red", [110, 20, 20]),
    ("red", [215, 35, 35]),
    ("coral", [250, 128, 110]),
    ("dark brown", [50, 32, 20]),
    ("brown", [105, 65, 35]),
    ("taupe", [125, 105, 95]),
    ("rust", [170, 75, 30]),
    ("orange", [245, 140, 30]),
    ("tan", [195, 155, 115]),
    ("beige", [225, 205, 175]),
    ("cream", [250, 240, 215]),
    ("gold", [215, 170, 50]),
    ("yellow", [250, 225, 60]),
    ("olive", [110, 110, 45]),
    ("lime green", [150, 215, 50]),
    ("green", [50, 160, 60]),
    ("dark green", [25, 70, 35]),
    ("sage green", [150, 170, 135]),
    ("mint green", [160, 230, 190]),
    ("dark teal", [8, 58, 58]),
    ("teal", [20, 125, 125]),
    ("turquoise", [60, 205, 200]),
    ("light blue", [190, 220, 240]),
    ("sky blue", [115, 190, 238]),
    ("slate blue", [95, 115, 140]),
    ("blue", [35, 85, 205]),
    ("navy blue", [20, 30, 85]),
    ("indigo", [70, 45, 150]),
    ("purple", [125, 50, 155]),
    ("lavender", [195, 175, 230]),
    ("plum", [90, 40, 80]),
    ("magenta", [215, 45, 175]),
    ("pink", [245, 165, 195]),
    ("rose", [215, 90, 125]),
];

static NAMED_LAB: LazyLock<Vec<(&str, Lab)>> =
    LazyLock::new(|| NAMED.iter().map(|(name, rgb)| (*name, Lab::of(*rgb))).collect());

/// What people would call a colour.
pub fn name(colour: Lab) -> &'static str {
    if colour.chroma() < GREY_CHROMA || colour.l < BLACK {
        return nearest(GREYS.iter().map(|(name, l)| (*name, (colour.l - l).abs())));
    }
    nearest(NAMED_LAB.iter().map(|(name, lab)| (*name, unlike(colour, *lab))))
}

/// Hue decides more than lightness and strength.
fn unlike(a: Lab, b: Lab) -> f32 {
    let (lightness, strength) = ((a.l - b.l).powi(2), (a.chroma() - b.chroma()).powi(2));
    let hue = a.distance(b) - lightness - strength;
    0.25 * lightness + 0.3 * strength + 1.5 * hue
}

fn nearest(names: impl Iterator<Item = (&'static str, f32)>) -> &'static str {
    names.min_by(|a, b| a.1.total_cmp(&b.1)).map_or("grey", |(name, _)| name)
}
