//! Pictures for tests, drawn here so that every run sees the same ones.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage};

pub fn solid(width: u32, height: u32, rgb: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb(rgb))
}

/// From one colour on the left to another on the right.
pub fn gradient(width: u32, height: u32, from: [u8; 3], to: [u8; 3]) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| {
        let mix = |a: u8, b: u8| (u32::from(a) * (width - 1 - x) + u32::from(b) * x) / (width - 1);
        Rgb([0, 1, 2].map(|channel| u8::try_from(mix(from[channel], to[channel])).unwrap()))
    })
}

/// Every pixel unlike its neighbours.
pub fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    RgbImage::from_fn(width, height, |_, _| Rgb([next(), next(), next()]))
}

pub fn stripes(width: u32, height: u32, period: u32, a: [u8; 3], b: [u8; 3]) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| Rgb(if x % period < period / 2 { a } else { b }))
}

/// Thin black lines on white.
pub fn lines(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb(if x % 40 < 2 || y % 50 < 2 { [0; 3] } else { [255; 3] }))
}

/// A disc on a ground; the centre in hundredths of the sides.
pub fn disc(width: u32, height: u32, at: (u32, u32), ground: [u8; 3], ink: [u8; 3]) -> RgbImage {
    let (cx, cy) = (width * at.0 / 100, height * at.1 / 100);
    let radius = width.min(height) / 7;
    RgbImage::from_fn(width, height, |x, y| {
        let inside = x.abs_diff(cx).pow(2) + y.abs_diff(cy).pow(2) < radius.pow(2);
        Rgb(if inside { ink } else { ground })
    })
}

pub fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

pub fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

/// How a text is stored in a PNG.
#[derive(Debug, Clone, Copy)]
pub enum Chunk {
    Text,
    Compressed,
    International,
}

/// A small PNG with texts in it, written by the `png` crate.
pub fn png_with_texts(texts: &[(Chunk, &str, &str)]) -> Vec<u8> {
    let image = gradient(32, 24, [20, 40, 90], [240, 160, 60]);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, image.width(), image.height());
    encoder.set_color(png::ColorType::Rgb);
    for (chunk, keyword, text) in texts {
        let (keyword, text) = ((*keyword).to_owned(), (*text).to_owned());
        match chunk {
            Chunk::Text => encoder.add_text_chunk(keyword, text).unwrap(),
            Chunk::Compressed => encoder.add_ztxt_chunk(keyword, text).unwrap(),
            Chunk::International => encoder.add_itxt_chunk(keyword, text).unwrap(),
        }
    }
    encoder.write_header().unwrap().write_image_data(&image).unwrap();
    file
}

/// A file with Exif metadata.
pub fn with_exif(image: &RgbImage, format: ImageFormat, exif: Vec<u8>) -> Vec<u8> {
    fn write(mut encoder: impl ImageEncoder, image: &RgbImage, exif: Vec<u8>) {
        encoder.set_exif_metadata(exif).unwrap();
        encoder.write_image(image, image.width(), image.height(), image::ExtendedColorType::Rgb8).unwrap();
    }
    let mut file = Vec::new();
    match format {
        ImageFormat::Jpeg => write(JpegEncoder::new(&mut file), image, exif),
        ImageFormat::WebP => write(WebPEncoder::new_lossless(&mut file), image, exif),
        _ => write(PngEncoder::new(&mut file), image, exif),
    }
    file
}

/// Little-endian Exif: an orientation, texts in the root directory, a user comment in the inner one.
pub fn exif(orientation: u8, root: &[(u16, &str)], comment: Option<&[u8]>) -> Vec<u8> {
    let entries = u32::try_from(root.len() + 1 + usize::from(comment.is_some())).unwrap();
    let mut data_at = 8 + 2 + 12 * entries + 4;
    let (mut head, mut data) = (b"II*\0\x08\0\0\0".to_vec(), Vec::new());
    head.extend(u16::try_from(entries).unwrap().to_le_bytes());
    let mut entry = |tag: u16, kind: u16, count: u32, value: u32| {
        head.extend(tag.to_le_bytes());
        head.extend(kind.to_le_bytes());
        head.extend(count.to_le_bytes());
        head.extend(value.to_le_bytes());
    };
    for (tag, text) in root {
        let size = u32::try_from(text.len()).unwrap() + 1;
        entry(*tag, 2, size, data_at);
        data.extend(text.bytes().chain([0]));
        data_at += size;
    }
    entry(0x0112, 3, 1, orientation.into());
    if let Some(comment) = comment {
        entry(0x8769, 4, 1, data_at);
        let size = u32::try_from(comment.len()).unwrap();
        data.extend(1u16.to_le_bytes());
        data.extend(0x9286u16.to_le_bytes());
        data.extend(7u16.to_le_bytes());
        data.extend(size.to_le_bytes());
        data.extend((data_at + 18).to_le_bytes());
        data.extend([0; 4]);
        data.extend(comment);
    }
    head.extend([0; 4]);
    head.extend(data);
    head
}
