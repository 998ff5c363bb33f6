//! Parameters that are numbers: sizes, ratios, steps and guidance.

use super::super::lexicon::{Phrases, Words};
use super::super::text::{Kind, Piece};
use super::{Context, Wishes};

/// A numeric wish, by the words before or after its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Width,
    Height,
    Steps,
    Cfg,
    /// Belongs to the request or to another node; understood so that it leaves the prompt.
    Ignored,
}

const LABELS: &[(&str, Field)] = &[
    ("width, breite, largeur, anchura, 宽度, 幅", Field::Width),
    ("height, höhe, hauteur, altura, 高度, 高さ", Field::Height),
    (
        "steps, sampling steps, step count, number of steps, schritte, pasos, 步数, 采样步数, \
         ステップ数, ステップ",
        Field::Steps,
    ),
    ("cfg, cfg scale, cfg_scale, guidance, guidance scale, distilled cfg scale, 引导, 引导系数", Field::Cfg),
    ("seed, clip skip, denoise, denoising strength, 种子, シード", Field::Ignored),
];

const UNITS: &[(&str, Field)] = &[
    (
        "step, sampling step, inference step, denoising step, schritte, schritten, pasos, étapes, 步, \
         ステップ",
        Field::Steps,
    ),
    ("cfg, guidance", Field::Cfg),
    ("px wide, pixels wide, px width", Field::Width),
    ("px tall, px high, pixels tall, pixels high, px height", Field::Height),
];

/// Between a label and its number.
const FILLERS: Words = Words::of(": = # of at to is around about 为 は");
/// "10 steps ahead" are part of the picture.
const WALKED: Words = Words::of("ahead away back forward leading up down to from");
/// Ratios that are meant as such wherever they stand; "10:30" is a time.
const RATIOS: Words = Words::of(
    "1:1 16:9 9:16 4:3 3:4 3:2 2:3 5:4 4:5 21:9 9:21 2:1 1:2 16:10 10:16 2.39:1 2.35:1 2.40:1 2.4:1 \
     1.85:1 1.91:1 1.66:1 7:5 5:7 3:1 1:3 32:9 9:32 19.5:9 9:19.5 20:9 9:20 18:9 9:18 8:10 10:8 7:4 4:7",
);
const RATIO_NAMES: Words = Words::of("aspect ratio format seitenverhältnis ar of");
/// "4:3 scale", "3/4 view", "9:16 pm".
const OTHER_PAIRS: Words = Words::of("scale am pm view o'clock");

/// Reads numbers with their labels and units.
pub struct Reader {
    labels: Phrases<Field>,
    units: Phrases<Field>,
}

impl Reader {
    pub fn new() -> Self {
        Self { labels: Phrases::new(LABELS.iter().copied()), units: Phrases::new(UNITS.iter().copied()) }
    }

    /// How many pieces the numeric wish at `at` takes.
    pub fn read(&self, pieces: &[Piece], at: usize, context: Context, wishes: &mut Wishes) -> Option<usize> {
        let rest = &pieces[at..];
        size(rest, wishes)
            .or_else(|| ratio(pieces, at, wishes))
            .or_else(|| self.labelled(rest, wishes))
            .or_else(|| self.counted(rest, context, wishes))
    }

    /// "steps: 30", "cfg of 5", "width 832px".
    fn labelled(&self, rest: &[Piece], wishes: &mut Wishes) -> Option<usize> {
        let (len, field) = self.labels.longest(rest)?;
        let at = len + rest[len..].iter().take_while(|p| FILLERS.has(&p.key)).count();
        let value = number(rest.get(at))?;
        set(wishes, field, value).then_some(at + 1)
    }

    /// "30 steps", "20-step", "30步", "7 cfg".
    fn counted(&self, rest: &[Piece], context: Context, wishes: &mut Wishes) -> Option<usize> {
        let (value, len, field) = if let Some((value, "step" | "steps")) = key(rest, 0).split_once('-') {
            (plain_number(value)?, 1, Field::Steps)
        } else {
            let value = number(rest.first())?;
            let (len, field) = self.units.longest(&rest[1..])?;
            (value, len + 1, field)
        };
        let climbed = WALKED.has(key(rest, len)) || (context.stairs && !context.constraints);
        if field == Field::Steps && climbed {
            return None;
        }
        set(wishes, field, value).then_some(len)
    }
}

/// "1216x832", "832 × 1216", "1024 by 768", "1024px square".
fn size(rest: &[Piece], wishes: &mut Wishes) -> Option<usize> {
    let (len, width, height) = if let Some((width, height)) = pair(key(rest, 0), ['x', '*']) {
        (1, width, height)
    } else {
        let width = number(rest.first())?;
        match (key(rest, 1), key(rest, 2)) {
            ("x" | "×" | "*" | "by" | "mal" | "par" | "por" | "乘", _) => (3, width, number(rest.get(2))?),
            ("square", _) => (2, width, width),
            ("px" | "pixel" | "pixels", "square") => (3, width, width),
            _ => return None,
        }
    };
    let is_side = |pixels: f64| (128.0..=16384.0).contains(&pixels);
    if is_side(width) && is_side(height) {
        wishes.width.get_or_insert(width);
        wishes.height.get_or_insert(height);
        return Some(len);
    }
    // "16x9" and "16 by 9" are shapes, "3x3" is a grid.
    let ratio = width / height;
    let screen = [16.0 / 9.0, 9.0 / 16.0, 21.0 / 9.0, 1.6].iter().any(|known| (known - ratio).abs() < 1e-6);
    ((screen || matches!(key(rest, len), "aspect" | "ratio")) && set_ratio(wishes, width, height))
        .then_some(len)
}

fn ratio(pieces: &[Piece], at: usize, wishes: &mut Wishes) -> Option<usize> {
    let text = key(pieces, at);
    let (width, height) = pair(text, [':', '/'])?;
    let before = at.checked_sub(1).map_or("", |before| key(pieces, before));
    let after = key(pieces, at + 1);
    let named = RATIO_NAMES.has(before) || RATIO_NAMES.has(after) || pieces.len() == 1;
    let known = RATIOS.has(text.split('-').next().unwrap_or(text));
    let other = OTHER_PAIRS.has(after) || before == "scale";
    ((named || known) && !other && set_ratio(wishes, width, height)).then_some(1)
}

/// Two numbers in one piece: "1216x832", "16:9", "16:9-Format".
pub fn pair(key: &str, separators: [char; 2]) -> Option<(f64, f64)> {
    let key = key.strip_suffix("px").unwrap_or(key);
    let (left, right) = key.split_once(separators)?;
    Some((plain_number(left)?, plain_number(right.split('-').next().unwrap_or(right))?))
}

pub fn set_ratio(wishes: &mut Wishes, width: f64, height: f64) -> bool {
    let ratio = width / height;
    let sane = (0.1..=10.0).contains(&ratio);
    if sane {
        wishes.ratio.get_or_insert(ratio);
    }
    sane
}

/// Notes a number if it is one that the field can have.
fn set(wishes: &mut Wishes, field: Field, value: f64) -> bool {
    let (slot, range) = match field {
        Field::Width => (&mut wishes.width, 64.0..=16384.0),
        Field::Height => (&mut wishes.height, 64.0..=16384.0),
        Field::Steps => (&mut wishes.steps, 1.0..=1000.0),
        Field::Cfg => (&mut wishes.cfg, 0.0..=100.0),
        Field::Ignored => return true,
    };
    let sane = range.contains(&value);
    if sane {
        slot.get_or_insert(value);
    }
    sane
}

fn number(piece: Option<&Piece>) -> Option<f64> {
    let key = piece.filter(|p| p.kind == Kind::Word)?.key.as_ref();
    plain_number(key.strip_suffix("px").unwrap_or(key))
}

/// Digits with at most a point: `f64` itself would also read "inf" and "1e9".
fn plain_number(text: &str) -> Option<f64> {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.').then(|| text.parse().ok())?
}

fn key<'p>(pieces: &'p [Piece<'_>], at: usize) -> &'p str {
    pieces.get(at).map_or("", |piece| &piece.key)
}
