//! The texts in Exif metadata that image generators write.

use super::clean::utf16;

const IMAGE_DESCRIPTION: u16 = 0x010e;
const MAKE: u16 = 0x010f;
const MODEL: u16 = 0x0110;
const EXIF_DIRECTORY: u16 = 0x8769;
const USER_COMMENT: u16 = 0x9286;

/// More entries than any camera writes.
const MAX_ENTRIES: usize = 512;

/// The user comment first, then ComfyUI's WebP fields; each no longer than `max_bytes`.
pub fn texts(exif: &[u8], max_bytes: usize) -> Vec<String> {
    let Some(tiff) = Tiff::open(exif) else { return Vec::new() };
    let root = tiff.directory(tiff.u32_at(4));
    let inner = find(&root, EXIF_DIRECTORY)
        .and_then(|entry| tiff.u32_at(entry.value_at))
        .map(|at| tiff.directory(Some(at)));
    let comment = inner.iter().chain([&root]).find_map(|directory| {
        let bytes = tiff.bytes(find(directory, USER_COMMENT)?, max_bytes)?;
        user_comment(bytes, tiff.little)
    });
    let plain = [IMAGE_DESCRIPTION, MODEL, MAKE].into_iter().filter_map(|tag| {
        let bytes = tiff.bytes(find(&root, tag)?, max_bytes)?;
        Some(String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned())
    });
    comment.into_iter().chain(plain).filter(|text| !text.trim().is_empty()).collect()
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    value_at: u32,
}

fn find(directory: &[Entry], tag: u16) -> Option<&Entry> {
    directory.iter().find(|entry| entry.tag == tag)
}

struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    fn open(exif: &'a [u8]) -> Option<Self> {
        let bytes = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        let little = match bytes.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        Some(Self { bytes, little })
    }

    fn directory(&self, at: Option<u32>) -> Vec<Entry> {
        let entry = |at: u32| {
            Some(Entry {
                tag: self.u16_at(at)?,
                kind: self.u16_at(at.checked_add(2)?)?,
                count: self.u32_at(at.checked_add(4)?)?,
                value_at: at.checked_add(8)?,
            })
        };
        let Some(at) = at else { return Vec::new() };
        let entries = (0..u32::from(self.u16_at(at).unwrap_or(0))).take(MAX_ENTRIES);
        entries.map_while(|index| entry(at.checked_add(2 + 12 * index)?)).collect()
    }

    /// The bytes of a value whose unit is a byte. Up to four stand in the entry itself.
    fn bytes(&self, entry: &Entry, max: usize) -> Option<&'a [u8]> {
        const BYTE: u16 = 1;
        const ASCII: u16 = 2;
        const UNDEFINED: u16 = 7;
        let count = usize::try_from(entry.count).ok().filter(|count| *count <= max)?;
        let at = if count <= 4 { entry.value_at } else { self.u32_at(entry.value_at)? };
        let at = usize::try_from(at).ok()?;
        matches!(entry.kind, BYTE | ASCII | UNDEFINED).then(|| self.bytes.get(at..at.checked_add(count)?))?
    }

    fn array<const N: usize>(&self, at: u32) -> Option<[u8; N]> {
        self.bytes.get(usize::try_from(at).ok()?..)?.first_chunk().copied()
    }

    fn u16_at(&self, at: u32) -> Option<u16> {
        let bytes = self.array(at)?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32_at(&self, at: u32) -> Option<u32> {
        let bytes = self.array(at)?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }
}

/// A user comment starts with eight bytes that name its character set.
fn user_comment(bytes: &[u8], little: bool) -> Option<String> {
    let (set, text) = bytes.split_first_chunk::<8>()?;
    let unicode = set == b"UNICODE\0";
    // Some programs write UTF-8 whatever they claim; UTF-16 of a prompt has zeros in it.
    let text = if unicode && text.contains(&0) {
        utf16(text, little)
    } else {
        String::from_utf8_lossy(text).into_owned()
    };
    let text = text.trim_end_matches('\0').trim();
    (!text.is_empty()).then(|| text.to_owned())
}
