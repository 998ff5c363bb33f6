//! Reads one JSON object or array, forgiving the slips that models make, and writes it back as strict JSON.
//!
//! Only slips with one possible meaning are forgiven; anything else is an error, because wrong data is worse than
//! none. Numbers are copied as text, so that they keep every digit.

use super::number::canonical;

/// Below the depth at which `serde_json` refuses what is written here.
const MAX_DEPTH: usize = 120;

/// A value that was read whole.
pub(super) struct Parsed {
    /// Strict JSON.
    pub json: String,
    /// Where the text goes on.
    pub end: usize,
    /// Whether it was strict JSON to begin with.
    pub strict: bool,
}

/// Why nothing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    /// How far the reader came.
    pub reached: usize,
    /// Whether the text ended before the value did.
    pub truncated: bool,
    /// Whether a key or the end followed the brace: `{name}` is prose, `{"name` is an object gone wrong.
    pub like_object: bool,
}

/// Reads the object or array that opens at `start`.
pub(super) fn parse(text: &str, start: usize) -> Result<Parsed, Fault> {
    let mut reader =
        Reader { text, pos: start, json: String::new(), strict: true, depth: 0, like_object: false };
    match reader.value() {
        Ok(()) => Ok(Parsed { json: reader.json, end: reader.pos, strict: reader.strict }),
        Err(stop) => Err(Fault {
            reached: reader.pos,
            truncated: matches!(stop, Stop::Truncated),
            like_object: reader.like_object,
        }),
    }
}

enum Stop {
    Truncated,
    Malformed,
}

struct Reader<'t> {
    text: &'t str,
    pos: usize,
    json: String,
    strict: bool,
    depth: usize,
    like_object: bool,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    /// The next character, which has to be there.
    fn expect_char(&self) -> Result<char, Stop> {
        self.peek().ok_or(Stop::Truncated)
    }

    /// Takes the punctuation mark or its full-width twin.
    fn take(&mut self, mark: char, wide: char) -> bool {
        let Some(c) = self.peek().filter(|c| *c == mark || *c == wide) else {
            return false;
        };
        self.strict &= c == mark;
        self.pos += c.len_utf8();
        true
    }

    /// Skips white space and comments; says whether a line ended.
    fn blank(&mut self) -> Result<bool, Stop> {
        let mut line_ended = false;
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else {
                return Ok(line_ended);
            };
            let skipped = match c {
                ' ' | '\t' | '\r' => 1,
                '\n' => {
                    line_ended = true;
                    1
                }
                _ if c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}') => {
                    self.strict = false;
                    c.len_utf8()
                }
                '#' => self.line_comment(),
                '/' if rest.starts_with("//") => self.line_comment(),
                '/' if rest.starts_with("/*") => {
                    self.strict = false;
                    let Some(end) = rest.find("*/") else {
                        self.pos = self.text.len();
                        return Err(Stop::Truncated);
                    };
                    end + 2
                }
                _ => return Ok(line_ended),
            };
            self.pos += skipped;
        }
    }

    /// Length of the comment up to the end of its line.
    fn line_comment(&mut self) -> usize {
        self.strict = false;
        self.rest().find('\n').unwrap_or(self.rest().len())
    }

    fn value(&mut self) -> Result<(), Stop> {
        match self.expect_char()? {
            '{' | '｛' => self.nested(Self::object),
            '[' | '［' => self.nested(Self::array),
            c if closing_quote(c).is_some() => self.string(),
            '0'..='9' | '-' | '+' | '.' => self.number(),
            c if is_word_start(c) => self.literal(),
            _ => Err(Stop::Malformed),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        if self.depth == MAX_DEPTH {
            return Err(Stop::Malformed);
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn object(&mut self) -> Result<(), Stop> {
        self.take('{', '｛');
        self.json.push('{');
        self.blank()?;
        let mut first = true;
        while !self.take('}', '｝') {
            if !first {
                self.json.push(',');
            }
            first = false;
            self.key()?;
            self.blank()?;
            self.value()?;
            let line_ended = self.blank()?;
            let c = self.expect_char()?;
            if self.take(',', '，') {
                self.blank()?;
                self.strict &= !matches!(self.peek(), Some('}' | '｝'));
            } else if line_ended && closing_quote(c).is_some() {
                // A comma was forgotten between two lines.
                self.strict = false;
            } else if !matches!(c, '}' | '｝') {
                return Err(Stop::Malformed);
            }
        }
        self.json.push('}');
        Ok(())
    }

    /// A key and its colon.
    fn key(&mut self) -> Result<(), Stop> {
        match self.expect_char()? {
            c if closing_quote(c).is_some() => {
                self.like_object = true;
                self.string()?;
            }
            c if is_word_start(c) => {
                self.strict = false;
                let word = self.word();
                self.push_string(word);
            }
            _ => return Err(Stop::Malformed),
        }
        self.blank()?;
        self.expect_char()?;
        if !self.take(':', '：') {
            return Err(Stop::Malformed);
        }
        self.like_object = true;
        self.json.push(':');
        Ok(())
    }

    fn array(&mut self) -> Result<(), Stop> {
        self.take('[', '［');
        self.json.push('[');
        self.blank()?;
        let mut first = true;
        while !self.take(']', '］') {
            if !first {
                self.json.push(',');
            }
            first = false;
            self.value()?;
            self.blank()?;
            let c = self.expect_char()?;
            if self.take(',', '，') {
                self.blank()?;
                self.strict &= !matches!(self.peek(), Some(']' | '］'));
            } else if !matches!(c, ']' | '］') {
                return Err(Stop::Malformed);
            }
        }
        self.json.push(']');
        Ok(())
    }

    /// A name without quotes.
    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !is_word_part(c)).unwrap_or(rest.len());
        self.pos += end;
        &rest[..end]
    }

    fn literal(&mut self) -> Result<(), Stop> {
        let word = self.word();
        let literal = match word {
            "None" => "null",
            _ => ["true", "false", "null"]
                .into_iter()
                .find(|literal| word.eq_ignore_ascii_case(literal))
                .ok_or(if self.rest().is_empty() { Stop::Truncated } else { Stop::Malformed })?,
        };
        self.strict &= word == literal;
        self.json.push_str(literal);
        Ok(())
    }

    fn number(&mut self) -> Result<(), Stop> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(is_word_part(c) || matches!(c, '+' | '.'))).unwrap_or(rest.len());
        let word = &rest[..end];
        self.pos += end;
        let (number, strict) = canonical(word).ok_or(Stop::Malformed)?;
        self.strict &= strict;
        self.json.push_str(&number);
        Ok(())
    }

    fn string(&mut self) -> Result<(), Stop> {
        let open = self.bump().ok_or(Stop::Truncated)?;
        let close = closing_quote(open).ok_or(Stop::Malformed)?;
        self.strict &= open == '"';
        let mut decoded = String::new();
        loop {
            let c = self.bump().ok_or(Stop::Truncated)?;
            match c {
                _ if c == close => break,
                '\\' => decoded.push(self.escape()?),
                // A string may run over lines, but not over the fence that ends its block.
                '\n' if self.rest().trim_start_matches([' ', '\t']).starts_with("```") => {
                    return Err(Stop::Malformed);
                }
                _ => {
                    self.strict &= c >= ' ';
                    decoded.push(c);
                }
            }
        }
        self.push_string(&decoded);
        Ok(())
    }

    fn escape(&mut self) -> Result<char, Stop> {
        Ok(match self.bump().ok_or(Stop::Truncated)? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '\'' => {
                self.strict = false;
                '\''
            }
            'u' => {
                let high = self.code_unit()?;
                let mut units = vec![high];
                if matches!(high, 0xd800..=0xdbff) && self.rest().starts_with("\\u") {
                    self.pos += 2;
                    units.push(self.code_unit()?);
                }
                // A lone surrogate is no character: to replace it would be to make data up.
                match char::decode_utf16(units).collect::<Vec<_>>()[..] {
                    [Ok(c)] => c,
                    _ => return Err(Stop::Malformed),
                }
            }
            _ => return Err(Stop::Malformed),
        })
    }

    /// Four hexadecimal digits.
    fn code_unit(&mut self) -> Result<u16, Stop> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.bump().ok_or(Stop::Truncated)?.to_digit(16).ok_or(Stop::Malformed)?;
            unit = unit * 16 + digit;
        }
        u16::try_from(unit).map_err(|_| Stop::Malformed)
    }

    fn push_string(&mut self, text: &str) {
        self.json.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// The quote that ends a string opened by this one.
fn closing_quote(open: char) -> Option<char> {
    Some(match open {
        '"' | '\'' | '＂' => open,
        '“' => '”',
        '‘' => '’',
        _ => return None,
    })
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '$')
}

fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '-')
}
