//! Text of unknown origin, made harmless to show and to send on.

/// Bounded, without control characters (except line breaks) and without characters that reorder or hide others.
pub fn clean(text: &str, max_chars: usize) -> String {
    let hidden = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}');
    let tame = text.chars().map(|c| if c == '\t' { ' ' } else { c });
    let tame = tame.filter(|c| (!c.is_control() || *c == '\n') && !hidden(*c));
    tame.take(max_chars).collect::<String>().trim().to_owned()
}

/// UTF-16 in whichever byte order makes sense: programs write the one they like, whatever the file declares.
pub fn utf16(bytes: &[u8], declared_little: bool) -> String {
    let pairs = bytes.as_chunks::<2>().0;
    let little = match pairs.first() {
        Some([0xff, 0xfe]) => true,
        Some([0xfe, 0xff]) => false,
        _ => {
            // The high byte of most letters is zero.
            let zeros = |index: usize| pairs.iter().filter(|pair| pair[index] == 0).count();
            match zeros(1).cmp(&zeros(0)) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal => declared_little,
            }
        }
    };
    let units =
        pairs.iter().map(|pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) });
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
