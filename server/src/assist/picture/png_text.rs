//! The texts of a PNG. Only the ones asked for are unpacked, each up to a limit.

use std::io::Read as _;

use flate2::read::ZlibDecoder;

/// The chunks of a PNG, up to the first that is cut short.
pub fn chunks(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, after) = rest.split_first_chunk::<8>()?;
        let [a, b, c, d, kind @ ..] = *head;
        let size = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
        // Behind the data: a checksum, which decoders look at where it matters.
        let next = after.get(size.checked_add(4)?..)?;
        let data = &after[..size];
        rest = next;
        Some((kind, data))
    })
}

/// The first text with this keyword, unless it is longer than `max_bytes`.
pub fn find(bytes: &[u8], keyword: &str, max_bytes: usize) -> Option<String> {
    chunks(bytes)
        .filter(|(kind, _)| matches!(kind, b"tEXt" | b"zTXt" | b"iTXt"))
        .filter_map(|(kind, data)| {
            let (name, body) = split_at_nul(data)?;
            (name == keyword.as_bytes()).then_some((kind, body))
        })
        .find_map(|(kind, body)| text(kind, body, max_bytes))
}

fn text(kind: [u8; 4], body: &[u8], max_bytes: usize) -> Option<String> {
    let bytes = match &kind {
        b"tEXt" => bounded(body, max_bytes)?.to_vec(),
        // One byte names the method; there is only one.
        b"zTXt" => inflate(body.get(1..)?, max_bytes)?,
        _ => {
            let (compressed, rest) = (*body.first()? == 1, body.get(2..)?);
            let (_language, rest) = split_at_nul(rest)?;
            let (_translated_keyword, text) = split_at_nul(rest)?;
            if compressed { inflate(text, max_bytes)? } else { bounded(text, max_bytes)?.to_vec() }
        }
    };
    // Only iTXt may hold UTF-8, but programs write it everywhere.
    Some(
        String::from_utf8(bytes)
            .unwrap_or_else(|error| error.as_bytes().iter().map(|b| char::from(*b)).collect()),
    )
}

fn bounded(bytes: &[u8], max: usize) -> Option<&[u8]> {
    (bytes.len() <= max).then_some(bytes)
}

fn inflate(bytes: &[u8], max: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    ZlibDecoder::new(bytes).take(max as u64 + 1).read_to_end(&mut out).ok()?;
    (out.len() <= max).then_some(out)
}

fn split_at_nul(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let nul = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..nul], &bytes[nul + 1..]))
}
