//! What a file is, by its content, and whether it is all there.

use image::ImageFormat;

use super::png_text;

/// Formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Png,
    Jpeg,
    WebP,
}

impl Format {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
        }
    }

    /// The format of a file; otherwise what it seems to be, for the person who sent it.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, &'static str> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Self::WebP),
            _ => Err(kind_of(bytes)),
        }
    }

    pub(super) const fn codec(self) -> ImageFormat {
        match self {
            Self::Png => ImageFormat::Png,
            Self::Jpeg => ImageFormat::Jpeg,
            Self::WebP => ImageFormat::WebP,
        }
    }
}

/// Starts of files that people send by mistake.
const KINDS: &[(&[u8], &str)] = &[
    (b"GIF8", "a GIF file"),
    (b"BM", "a BMP file"),
    (b"II*\0", "a TIFF or raw camera file"),
    (b"MM\0*", "a TIFF or raw camera file"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"RIFF", "a sound or video file"),
    (b"\x1aE\xdf\xa3", "a video file"),
];

fn kind_of(bytes: &[u8]) -> &'static str {
    if let Some((_, kind)) = KINDS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return kind;
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        let still =
            [&b"avif"[..], b"avis", b"heic", b"heix", b"mif1"].contains(&&bytes[8..bytes.len().min(12)]);
        return if still { "an AVIF or HEIC file" } else { "a video file" };
    }
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]);
    let start = start.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with("<svg") || start.starts_with("<?xml") {
        "an SVG or XML file"
    } else if start.starts_with('<') {
        "a web page"
    } else if start.chars().all(|c| !c.is_control() || c.is_whitespace()) && !start.contains('\u{fffd}') {
        "text"
    } else {
        "no picture that is known here"
    }
}

/// Whether the file reaches its own end.
pub fn is_whole(bytes: &[u8], format: Format) -> bool {
    match format {
        Format::Png => png_text::chunks(bytes).any(|(kind, _)| kind == *b"IEND"),
        Format::Jpeg => reaches_end_of_image(bytes),
        Format::WebP => {
            let size = bytes.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
            size.is_some_and(|size| u64::from(size) + 8 <= bytes.len() as u64)
        }
    }
}

/// Walks a JPEG's segments; previews inside of them have an end of their own, which does not count.
fn reaches_end_of_image(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(marker) = next_marker(bytes, &mut at) {
        match marker {
            0xd9 => return true,
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let Some(&[high, low]) = bytes.get(at..at + 2) else { return false };
                at += usize::from(u16::from_be_bytes([high, low]));
            }
        }
    }
    false
}

/// The next marker from `at` on, which then stands behind it. In image data, 0xFF is followed by 0.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let from = bytes.get(*at..)?;
        *at += from.iter().position(|byte| *byte == 0xff)?;
        while bytes.get(*at)? == &0xff {
            *at += 1;
        }
        let marker = bytes[*at];
        *at += 1;
        if marker != 0 {
            return Some(marker);
        }
    }
}
