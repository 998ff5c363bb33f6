//! A picture as it arrives: judged by its header before it is decoded, shrunk right after, with the prompt it carries.

mod a1111;
pub mod clean;
pub mod colour;
mod embedded;
mod exif;
mod file;
mod graph;
pub mod measure;
mod palette;
mod png_text;
#[cfg(test)]
pub mod samples;
#[cfg(test)]
mod tests;
mod workflow;

use std::borrow::Cow;
use std::io::Cursor;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::STANDARD as STANDARD_ENGINE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use openclaw_shared::refiner::{MAX_IMAGE_SIDE, MIN_IMAGE_SIDE};

pub use embedded::EmbeddedPrompt;
pub use file::Format;
use measure::Measures;

/// Bytes of a file: a 40 megapixel JPEG, or a PNG as large as image models make them, fits.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// What current cameras take. Everything is shrunk anyway, so more only costs memory.
pub const MAX_PIXELS: u64 = 40_000_000;
/// Bytes of the decoded picture: 40 megapixels with 8 bits a channel fit, deeper ones have to be smaller.
const MAX_DECODED_BYTES: u64 = 192 * 1024 * 1024;
/// Pixels: statistics do not change beyond it.
const MEASURED_SIDE: u32 = 512;
/// The usual compromise: artefacts stay below what a model or a person notices.
const JPEG_QUALITY: u8 = 85;
/// Fewer than greyscale photographs have: drawings and screenshots, which JPEG smears.
const FEW_COLOURS: usize = 64;

/// Alpha from here on hides everything; shrinking rounds it down a little.
const OPAQUE: u8 = 250;

/// Padding is optional, as browsers and scripts differ about it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a picture was not taken, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("There is no picture. Send a PNG, JPEG or WebP file as base64.")]
    Empty,
    #[error("This is an address and not a picture. Send the file itself as base64, bare or as a data URL.")]
    Address,
    #[error(
        "The picture is not valid base64. Send a PNG, JPEG or WebP file as base64, bare or as a data URL."
    )]
    NotBase64,
    #[error("The picture has more than {} MiB. Scale it down or save it as JPEG.", MAX_BYTES / (1024 * 1024))]
    TooManyBytes,
    #[error("This is {0}. Save the picture as PNG, JPEG or WebP and send that.")]
    WrongType(&'static str),
    #[error(
        "The picture has {width} × {height} pixels, which is more than {} megapixels. Scale it down.",
        MAX_PIXELS / 1_000_000
    )]
    TooManyPixels { width: u32, height: u32 },
    #[error(
        "With {width} × {height} pixels the picture is too large for its depth. Save it with 8 bits a channel or scale it down."
    )]
    TooDeep { width: u32, height: u32 },
    #[error("The {} file ends before the picture does. Send the whole file.", .0.name())]
    Truncated(Format),
    #[error("The {} file is damaged and cannot be decoded. Save the picture again, for instance as PNG.", .0.name())]
    Damaged(Format),
}

/// A decoded picture, no larger in memory than it is ever needed.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Pixels of the file, upright.
    pub width: u32,
    /// Pixels of the file, upright.
    pub height: u32,
    pub format: Format,
    /// The prompt the picture was made with, when its file carries one.
    pub prompt: Option<EmbeddedPrompt>,
    /// Upright, 8 bits a channel, no side longer than [`MAX_IMAGE_SIDE`]; alpha only where something shows through.
    pixels: DynamicImage,
}

/// A file for a model or a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    pub mime: &'static str,
    pub base64: String,
}

/// Reads base64, bare or as a data URL.
pub fn from_base64(text: &str) -> Result<Picture, PictureError> {
    from_bytes(&bytes_of(text)?)
}

fn bytes_of(text: &str) -> Result<Vec<u8>, PictureError> {
    let text = text.trim_start();
    let starts = |prefix: &str| text.get(..prefix.len()).is_some_and(|t| t.eq_ignore_ascii_case(prefix));
    let body = if starts("data:") {
        let (head, body) = text.split_once(',').ok_or(PictureError::NotBase64)?;
        // The media type is not looked at: the content says what it is.
        head.to_ascii_lowercase().ends_with(";base64").then_some(body).ok_or(PictureError::NotBase64)?
    } else if ["http:", "https:", "blob:", "file:"].into_iter().any(starts) {
        return Err(PictureError::Address);
    } else {
        text
    };
    let max_chars = MAX_BYTES.div_ceil(3) * 4;
    let digits = body.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let digits: Vec<u8> = digits
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .take(max_chars + 1)
        .collect();
    if digits.is_empty() {
        return Err(PictureError::Empty);
    }
    if digits.len() > max_chars {
        return Err(PictureError::TooManyBytes);
    }
    LENIENT.decode(digits).map_err(|_| PictureError::NotBase64)
}

/// Reads a file.
pub fn from_bytes(bytes: &[u8]) -> Result<Picture, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(PictureError::TooManyBytes);
    }
    let format = Format::of(bytes).map_err(PictureError::WrongType)?;
    // Decoders read past a missing end, some of them painting what is not there grey.
    let whole = file::is_whole(bytes, format);
    let broken = if whole { PictureError::Damaged(format) } else { PictureError::Truncated(format) };

    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.codec());
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::TooManyPixels { width, height });
    }
    if decoder.total_bytes() > MAX_DECODED_BYTES {
        return Err(PictureError::TooDeep { width, height });
    }
    if !whole {
        return Err(broken);
    }
    let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    // The full size lives no longer than this line.
    let mut pixels =
        shrink(&DynamicImage::from_decoder(decoder).map_err(|_| broken)?, MAX_IMAGE_SIDE).into_owned();
    pixels = eight_bits(pixels);
    pixels.apply_orientation(orientation);
    let (width, height) = if turns(orientation) { (height, width) } else { (width, height) };
    Ok(Picture { width, height, format, prompt: embedded::find(bytes, format, &exif), pixels })
}

/// Whether an orientation swaps the sides.
fn turns(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

impl Picture {
    /// What can be said of it without recognising anything.
    pub fn measure(&self) -> Measures {
        Measures::of(&opaque(&shrink(&self.pixels, MEASURED_SIDE)))
    }

    /// A file of it, no side longer than `max_side` (clamped to what models look at); never enlarged.
    pub fn encode(&self, max_side: u32) -> Encoded {
        let pixels = shrink(&self.pixels, max_side.clamp(MIN_IMAGE_SIDE, MAX_IMAGE_SIDE));
        let mut file = Vec::new();
        let (mime, written) = if pixels.color().has_alpha() || has_few_colours(&pixels) {
            let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Fast, PngFilter::Adaptive);
            ("image/png", pixels.write_with_encoder(encoder))
        } else {
            let encoder = JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY);
            ("image/jpeg", pixels.write_with_encoder(encoder))
        };
        written.expect("both formats take 8 bits a channel, and memory takes every byte");
        Encoded { mime, base64: STANDARD_ENGINE.encode(file) }
    }
}

/// The picture with no side longer than `max_side`. Far reductions average blocks first, which costs no memory.
fn shrink(image: &DynamicImage, max_side: u32) -> Cow<'_, DynamicImage> {
    let (width, height) = (image.width(), image.height());
    let longest = width.max(height);
    if longest <= max_side {
        return Cow::Borrowed(image);
    }
    let fit = |side: u32, max: u32| {
        let scaled = (u64::from(side) * u64::from(max) + u64::from(longest) / 2) / u64::from(longest);
        u32::try_from(scaled).unwrap_or(max).max(1)
    };
    let near = max_side * 2;
    let image = if longest > near {
        Cow::Owned(image.thumbnail_exact(fit(width, near), fit(height, near)))
    } else {
        Cow::Borrowed(image)
    };
    Cow::Owned(image.resize_exact(fit(width, max_side), fit(height, max_side), FilterType::Triangle))
}

fn eight_bits(image: DynamicImage) -> DynamicImage {
    if image.color().has_alpha() {
        let rgba = image.into_rgba8();
        if rgba.pixels().any(|pixel| pixel.0[3] < OPAQUE) {
            return rgba.into();
        }
        return DynamicImage::from(rgba).into_rgb8().into();
    }
    image.into_rgb8().into()
}

/// What shows through is neutral grey, which adds neither light nor colour.
fn opaque(image: &DynamicImage) -> image::RgbImage {
    const GREY: u16 = 128;
    let DynamicImage::ImageRgba8(rgba) = image else { return image.to_rgb8() };
    image::RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, alpha] = rgba.get_pixel(x, y).0.map(u16::from);
        let over =
            |channel: u16| u8::try_from((channel * alpha + GREY * (255 - alpha)) / 255).unwrap_or(u8::MAX);
        image::Rgb([over(r), over(g), over(b)])
    })
}

fn has_few_colours(image: &DynamicImage) -> bool {
    let DynamicImage::ImageRgb8(rgb) = image else { return false };
    let mut seen = std::collections::HashSet::with_capacity(FEW_COLOURS + 1);
    rgb.pixels().all(|pixel| {
        seen.insert(pixel.0);
        seen.len() <= FEW_COLOURS
    })
}
