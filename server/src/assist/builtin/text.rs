//! Cleans what a person wrote and cuts it into clauses, so that later steps can lift whole words out of it
//! and leave the rest exactly as it was.

mod lexer;

use std::borrow::Cow;

pub use lexer::clauses;

use super::lexicon::is_function_word;

/// What a piece of text is, which decides who may touch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Word,
    /// One character of a script that writes no spaces between words.
    Han,
    Mark,
    /// Text in quotes: it should appear in the picture, so nothing in it is a wish.
    Quoted,
    /// `(phrase:1.2)`, `[a|b]`, `{a|b}`: prompt syntax around words that still count as wanted.
    Weighted,
    /// `<lora:name:0.8>`, `embedding:name`, `__wildcard__`: a name for another program.
    Tag,
    /// `BREAK`, which starts a new chunk of tokens.
    Break,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'a> {
    pub text: &'a str,
    /// Lower case, straight apostrophes; empty for pieces that no rule may match.
    pub key: Cow<'a, str>,
    pub kind: Kind,
    /// Whether it followed the piece before it without a space.
    pub glued: bool,
}

/// Pieces up to a comma, a full stop or the end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause<'a> {
    pub pieces: Vec<Piece<'a>>,
    /// The separator that ended it, so that prose can be put together again as it was.
    pub end: char,
    /// Some labels ("Negative prompt:") hold to the end of their line.
    pub line: usize,
}

impl Clause<'_> {
    pub fn render(&self) -> String {
        render(&self.pieces)
    }

    pub fn ends_sentence(&self) -> bool {
        matches!(self.end, '.' | '!' | '?' | '。' | '！' | '？' | '\n')
    }

    /// Whether anything is left of it but function words and marks.
    pub fn says_something(&self) -> bool {
        let says = |p: &Piece| match p.kind {
            Kind::Word => !is_function_word(&p.key),
            Kind::Mark => p.text.chars().any(|c| !c.is_ascii_punctuation()),
            _ => true,
        };
        self.pieces.iter().any(says)
    }

    pub fn is_break(&self) -> bool {
        self.pieces.iter().any(|piece| piece.kind == Kind::Break)
    }

    pub fn key(&self, at: usize) -> &str {
        self.pieces.get(at).map_or("", |piece| &piece.key)
    }
}

/// Drops control, bidi and other invisible characters and unifies spaces and line ends.
pub fn clean(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        let c = match c {
            '\r' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' => '\n',
            '：' => ':',
            '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            c if c == '\n' => c,
            c if c.is_whitespace() => ' ',
            c if is_invisible(c) => continue,
            c => c,
        };
        match (c, out.chars().next_back()) {
            (' ' | '\n', None) | (' ', Some(' ' | '\n')) | ('\n', Some('\n')) => {}
            ('\n', Some(' ')) => {
                out.pop();
                out.push('\n');
            }
            _ => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}' | '\u{e0000}'..='\u{e0fff}')
}

/// Chinese characters and kana.
pub fn is_han(c: char) -> bool {
    c >= '々'
        && matches!(c,
        '々' | '〇' | '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Puts pieces together with the spaces they had.
pub fn render(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        if !out.is_empty() && !piece.glued {
            out.push(' ');
        }
        // Only brackets may run over lines, and there a line end is a space.
        out.push_str(&piece.text.replace('\n', " "));
    }
    out
}

pub fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn invisible_characters_are_dropped_and_spaces_unified() {
        assert_eq!(clean(" a\u{202e}\u{0}\u{200b}b \t\u{a0} c\r\n\r\n d\u{e0041} "), "ab c\nd");
        assert_eq!(clean("１６：９"), "16:9");
    }
}
