//! The colours that make up a picture: k-means over a histogram, the same for the same pixels.

use image::RgbImage;

use super::colour::{self, Lab};

/// More are not told apart in words.
const CLUSTERS: usize = 6;
const ROUNDS: usize = 8;
/// Nearer clusters are one colour (squared distance).
const SAME: f32 = 0.055 * 0.055;
/// Smaller shares are specks.
const MIN_SHARE: f32 = 0.02;

/// A colour and how much of the picture has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Swatch {
    pub name: &'static str,
    pub rgb: [u8; 3],
    /// 0 to 1.
    pub share: f32,
}

impl Swatch {
    pub fn hex(&self) -> String {
        let [r, g, b] = self.rgb;
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

/// Pixels of nearly the same colour: the unit that is clustered.
#[derive(Clone, Copy)]
pub struct Bin {
    pub rgb: [u8; 3],
    pub lab: Lab,
    pub count: f32,
}

/// Five bits of each channel.
pub fn bins(image: &RgbImage) -> Vec<Bin> {
    let mut sums = vec![[0u32; 4]; 1 << 15];
    for pixel in image.pixels() {
        let [r, g, b] = pixel.0.map(usize::from);
        let sum = &mut sums[(r >> 3) << 10 | (g >> 3) << 5 | b >> 3];
        for (total, channel) in sum.iter_mut().zip(pixel.0) {
            *total += u32::from(channel);
        }
        sum[3] += 1;
    }
    let used = sums.into_iter().filter(|[.., count]| *count > 0);
    used.map(|[r, g, b, count]| {
        let mean = |sum: u32| u8::try_from(sum / count).unwrap_or(u8::MAX);
        let rgb = [mean(r), mean(g), mean(b)];
        Bin { rgb, lab: Lab::of(rgb), count: float(count) }
    })
    .collect()
}

/// Largest share first; shares of the colours that count, so that they need not add up to 1.
pub fn palette(bins: &[Bin]) -> Vec<Swatch> {
    let total: f32 = bins.iter().map(|bin| bin.count).sum();
    let mut centres = seeds(bins);
    for _ in 0..ROUNDS {
        centres = cluster(bins, &centres).iter().filter(|sum| sum.count > 0.0).map(Sum::lab).collect();
    }
    let mut clusters = cluster(bins, &centres);
    clusters.sort_by(|a, b| b.count.total_cmp(&a.count));
    let mut merged: Vec<Sum> = Vec::new();
    for next in clusters.into_iter().filter(|sum| sum.count > 0.0) {
        match merged.iter_mut().find(|sum| sum.name() == next.name() || sum.lab().distance(next.lab()) < SAME)
        {
            Some(same) => same.add(&next),
            None => merged.push(next),
        }
    }
    merged.sort_by(|a, b| b.count.total_cmp(&a.count));
    let swatches =
        merged.iter().map(|sum| Swatch { name: sum.name(), rgb: sum.rgb(), share: sum.count / total });
    swatches
        .enumerate()
        .filter(|(index, swatch)| *index == 0 || swatch.share >= MIN_SHARE)
        .map(|(_, s)| s)
        .collect()
}

/// The most frequent colour, then always the one that the chosen ones represent worst.
fn seeds(bins: &[Bin]) -> Vec<Lab> {
    let heaviest = bins.iter().max_by(|a, b| a.count.total_cmp(&b.count));
    let Some(first) = heaviest.map(|bin| bin.lab) else { return Vec::new() };
    let mut centres = vec![first];
    let mut errors: Vec<f32> = bins.iter().map(|bin| bin.lab.distance(first)).collect();
    while centres.len() < CLUSTERS {
        let weighted = bins.iter().zip(&errors).map(|(bin, error)| (bin.lab, error * bin.count.sqrt()));
        let Some((worst, error)) = weighted.max_by(|a, b| a.1.total_cmp(&b.1)) else { break };
        if error <= 0.0 {
            break;
        }
        centres.push(worst);
        for (bin, error) in bins.iter().zip(&mut errors) {
            *error = error.min(bin.lab.distance(worst));
        }
    }
    centres
}

/// Colours added up, each as often as it occurs.
#[derive(Clone, Copy, Default)]
struct Sum {
    rgb: [f32; 3],
    lab: Lab,
    count: f32,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        for (total, channel) in self.rgb.iter_mut().zip(other.rgb) {
            *total += channel;
        }
        self.lab.l += other.lab.l;
        self.lab.a += other.lab.a;
        self.lab.b += other.lab.b;
        self.count += other.count;
    }

    fn lab(&self) -> Lab {
        Lab { l: self.lab.l / self.count, a: self.lab.a / self.count, b: self.lab.b / self.count }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes is one")]
    fn rgb(&self) -> [u8; 3] {
        self.rgb.map(|total| (total / self.count).round() as u8)
    }

    fn name(&self) -> &'static str {
        colour::name(self.lab())
    }
}

fn cluster(bins: &[Bin], centres: &[Lab]) -> Vec<Sum> {
    let mut sums = vec![Sum::default(); centres.len()];
    for bin in bins {
        let distances = centres.iter().map(|centre| centre.distance(bin.lab)).enumerate();
        let Some((nearest, _)) = distances.min_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
        sums[nearest].add(&Sum {
            rgb: bin.rgb.map(|channel| f32::from(channel) * bin.count),
            lab: Lab { l: bin.lab.l * bin.count, a: bin.lab.a * bin.count, b: bin.lab.b * bin.count },
            count: bin.count,
        });
    }
    sums
}

/// Counts of pixels stay far below where this loses anything.
#[expect(clippy::cast_precision_loss, reason = "at most 512 × 512")]
pub fn float(count: u32) -> f32 {
    count as f32
}
