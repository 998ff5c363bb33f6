//! What can be measured of a picture without recognising anything in it.

use image::RgbImage;

use super::colour::{GREY_CHROMA, Lab};
use super::palette::{self, Bin, Swatch, float};

/// What the surface is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texture {
    /// One colour and nothing else.
    Plain,
    /// Thin marks on an even ground.
    LineArt,
    /// Even areas with clear borders.
    FlatColour,
    /// Nothing but slow transitions.
    Smooth,
    /// Grain or noise everywhere.
    Grainy,
    /// Transitions, edges and fine structure together.
    Photographic,
}

/// A part of the frame, on a grid of three by three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// 0 left, 1 middle, 2 right; nothing: no column stands out.
    pub column: Option<usize>,
    /// 0 top, 1 middle, 2 bottom; nothing: no row stands out.
    pub row: Option<usize>,
}

/// Where the picture is brightest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    Even,
    Left,
    Right,
    Top,
    Bottom,
    Centre,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// Largest share first.
    pub palette: Vec<Swatch>,
    /// Mean, 0 black to 1 white.
    pub brightness: f32,
    /// From the darkest to the brightest twentieth, 0 to 1.
    pub contrast: f32,
    /// Mean distance from grey in Oklab; vivid pictures reach 0.15.
    pub chroma: f32,
    /// Mean position between blue (negative) and yellow.
    pub warmth: f32,
    /// Variance of the Laplacian at 512 pixels; higher is crisper.
    pub sharpness: f32,
    pub texture: Texture,
    pub weight: Place,
    pub light: Light,
    /// Shades of one hue, or of grey.
    pub one_hue: bool,
}

/// Neighbours that differ more are an edge.
const EDGE_STEP: u8 = 40;

impl Measures {
    pub fn of(image: &RgbImage) -> Self {
        let bins = palette::bins(image);
        let total: f32 = bins.iter().map(|bin| bin.count).sum();
        let mean =
            |value: fn(&Bin) -> f32| bins.iter().map(|bin| value(bin) * bin.count).sum::<f32>() / total;
        let (chroma, green_red, blue_yellow) =
            (mean(|b| b.lab.chroma()), mean(|b| b.lab.a), mean(|b| b.lab.b));
        let luma = Luma::of(image);
        let histogram = luma.histogram();
        let grid = Grid::of(image, &luma);
        let steps = luma.steps();
        let sharpness = luma.laplacian_variance();
        let contrast = spread(&histogram, total);
        let palette = palette::palette(&bins);
        // Hues that differ cancel each other out in the mean. Small areas do not, but stand out in the palette.
        let mean_chroma = green_red.hypot(blue_yellow);
        let along = |lab: Lab| (lab.a * green_red + lab.b * blue_yellow) / (lab.chroma() * mean_chroma);
        let mut hued =
            palette.iter().map(|swatch| Lab::of(swatch.rgb)).filter(|lab| lab.chroma() > GREY_CHROMA);
        let one_hue = chroma < GREY_CHROMA || mean_chroma > 0.9 * chroma && hued.all(|lab| along(lab) > 0.8);
        Self {
            palette,
            brightness: luma.mean() / 255.0,
            contrast,
            chroma,
            warmth: blue_yellow,
            sharpness,
            texture: texture(&steps, &histogram, total, sharpness, chroma),
            weight: grid.weight(),
            light: grid.light(),
            one_hue,
        }
    }
}

fn texture(steps: &Steps, histogram: &[u32; 256], total: f32, sharpness: f32, chroma: f32) -> Texture {
    let ground = (0..256).map(|at| near(histogram, at, 10)).max().unwrap_or(0);
    let ground = float(ground) / total;
    let middle = float(near(histogram, 128, 64)) / total;
    // Every pixel of a line is next to its border.
    let thin = steps.edges > 0.15 * (1.0 - ground);
    if steps.edges == 0.0 && steps.flat > 0.98 && ground > 0.999 {
        Texture::Plain
    } else if thin && chroma < 0.03 && steps.flat > 0.5 && ground > 0.6 && middle < 0.25 {
        Texture::LineArt
    } else if steps.flat > 0.55 && steps.edges > 0.001 {
        Texture::FlatColour
    } else if sharpness < 25.0 {
        Texture::Smooth
    } else if steps.flat < 0.15 && sharpness > 4000.0 {
        Texture::Grainy
    } else {
        Texture::Photographic
    }
}

fn near(histogram: &[u32; 256], at: usize, reach: usize) -> u32 {
    histogram[at.saturating_sub(reach)..(at + reach + 1).min(256)].iter().sum()
}

/// The distance between the 5th and the 95th percentile.
fn spread(histogram: &[u32; 256], total: f32) -> f32 {
    let percentile = |share: f32| {
        let mut below = 0;
        let at = histogram.iter().position(|count| {
            below += count;
            float(below) >= share * total
        });
        f32::from(u8::try_from(at.unwrap_or(255)).unwrap_or(u8::MAX))
    };
    (percentile(0.95) - percentile(0.05)) / 255.0
}

/// How pixels differ from their neighbours, as shares of all such pairs.
struct Steps {
    /// Not at all: photographs stay below a half, drawings above it.
    flat: f32,
    edges: f32,
}

/// Perceived lightness of each pixel, 0 to 255.
struct Luma {
    width: usize,
    values: Vec<u8>,
}

impl Luma {
    fn of(image: &RgbImage) -> Self {
        // Squares, so that pure red or blue are not taken for darkness.
        let luma = |rgb: [u8; 3]| {
            let [red, green, blue] = rgb.map(|channel| u32::from(channel).pow(2));
            ((299 * red + 587 * green + 114 * blue) / 1000).isqrt()
        };
        let values = image.pixels().map(|pixel| u8::try_from(luma(pixel.0)).unwrap_or(u8::MAX)).collect();
        Self { width: image.width() as usize, values }
    }

    fn mean(&self) -> f32 {
        let sum: u32 = self.values.iter().map(|value| u32::from(*value)).sum();
        float(sum) / float(u32::try_from(self.values.len()).unwrap_or(u32::MAX))
    }

    fn histogram(&self) -> [u32; 256] {
        let mut histogram = [0; 256];
        for value in &self.values {
            histogram[usize::from(*value)] += 1;
        }
        histogram
    }

    /// To the right and to the bottom.
    fn steps(&self) -> Steps {
        let (mut flat, mut edges, mut all) = (0u32, 0u32, 0u32);
        let mut step = |a: u8, b: u8| {
            flat += u32::from(a == b);
            edges += u32::from(a.abs_diff(b) > EDGE_STEP);
            all += 1;
        };
        for row in self.values.chunks_exact(self.width) {
            row.windows(2).for_each(|pair| step(pair[0], pair[1]));
        }
        let below = self.values.get(self.width..).unwrap_or_default();
        self.values.iter().zip(below).for_each(|(a, b)| step(*a, *b));
        let all = float(all.max(1));
        Steps { flat: float(flat) / all, edges: float(edges) / all }
    }

    fn laplacian_variance(&self) -> f32 {
        let w = self.width;
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        for rows in self.values.windows(2 * w + 1).enumerate().filter(|(at, _)| at % w > 0 && at % w < w - 1)
        {
            // The window starts above the pixel and ends below it.
            let around = rows.1;
            let neighbours = [around[0], around[w - 1], around[w + 1], around[2 * w]].map(f64::from);
            let laplacian = neighbours.iter().sum::<f64>() - 4.0 * f64::from(around[w]);
            sum += laplacian;
            squares += laplacian * laplacian;
            count += 1.0;
        }
        if count == 0.0 {
            return 0.0;
        }
        let mean = sum / count;
        #[expect(clippy::cast_possible_truncation, reason = "a measure, not an account")]
        let variance = (squares / count - mean * mean) as f32;
        variance
    }
}

/// Sums over a grid of three by three.
#[derive(Default)]
struct Grid {
    weight: [[f32; 3]; 3],
    luma: [[f32; 3]; 3],
    pixels: [[f32; 3]; 3],
}

impl Grid {
    /// Weight is what the eye is drawn by: edges, and colours unlike the rest.
    fn of(image: &RgbImage, luma: &Luma) -> Self {
        let mut grid = Self::default();
        let count = float(u32::try_from(luma.values.len()).unwrap_or(u32::MAX));
        let mean = [0, 1, 2]
            .map(|channel| float(image.pixels().map(|pixel| u32::from(pixel.0[channel])).sum()) / count);
        let (width, height) = (luma.width, luma.values.len() / luma.width);
        for (at, (pixel, value)) in image.pixels().zip(&luma.values).enumerate() {
            let (x, y) = (at % width, at / width);
            let step = |to: usize| luma.values.get(to).map_or(0.0, |next| f32::from(next.abs_diff(*value)));
            let edge = if x + 1 < width { step(at + 1) } else { 0.0 } + step(at + width);
            let odd: f32 = pixel.0.iter().zip(mean).map(|(c, mean)| (f32::from(*c) - mean).abs()).sum();
            let (row, column) = (y * 3 / height, x * 3 / width);
            grid.weight[row][column] += edge + odd / 3.0;
            grid.luma[row][column] += f32::from(*value);
            grid.pixels[row][column] += 1.0;
        }
        grid
    }

    fn weight(&self) -> Place {
        const STANDS_OUT: f32 = 0.42;
        const STANDS_BACK: f32 = 0.36;
        let all: f32 = self.weight.iter().flatten().sum();
        let outstanding = |share: &dyn Fn(usize) -> f32| {
            let heavy = |index: &usize| all > 0.0 && share(*index) / all > STANDS_OUT;
            let light = |index: usize| share(index) / all < STANDS_BACK;
            (0..3).find(heavy).filter(|heavy| (0..3).all(|other| other == *heavy || light(other)))
        };
        Place {
            column: outstanding(&|column| self.weight.iter().map(|row| row[column]).sum()),
            row: outstanding(&|row| self.weight[row].iter().sum()),
        }
    }

    fn light(&self) -> Light {
        const STANDS_OUT: f32 = 0.12 * 255.0;
        let mean = |inside: &dyn Fn(usize, usize) -> bool| {
            let cells = (0..9).map(|at| (at / 3, at % 3)).filter(|(row, column)| inside(*row, *column));
            let (luma, pixels) = cells.fold((0.0, 0.0), |(luma, pixels), (row, column)| {
                (luma + self.luma[row][column], pixels + self.pixels[row][column])
            });
            if pixels > 0.0 { luma / pixels } else { 0.0 }
        };
        let across = mean(&|_, column| column == 0) - mean(&|_, column| column == 2);
        let down = mean(&|row, _| row == 0) - mean(&|row, _| row == 2);
        let centre =
            mean(&|row, column| (row, column) == (1, 1)) - mean(&|row, column| (row, column) != (1, 1));
        let sides = [
            (across, Light::Left),
            (-across, Light::Right),
            (down, Light::Top),
            (-down, Light::Bottom),
            (centre, Light::Centre),
        ];
        let strongest = sides.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
        strongest.filter(|(difference, _)| *difference > STANDS_OUT).map_or(Light::Even, |(_, light)| light)
    }
}
