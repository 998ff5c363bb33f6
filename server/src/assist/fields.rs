//! Finds the plan's fields in a model's answer while it is still arriving.
//!
//! Only a preview: the result is parsed from the whole answer afterwards.

use openclaw_shared::assist::Field;

/// Deeper nesting than any plan has; more is garbage.
const MAX_DEPTH: usize = 32;

/// Members of an answer that are shown while they arrive, by the names models use for them.
pub type Names = &'static [(&'static str, Field)];

/// Walks the answer character by character and hands out the text of known members of the outermost object.
#[derive(Debug)]
pub struct FieldStream {
    names: Names,
    depth: usize,
    in_string: bool,
    escape: Option<String>,
    high_surrogate: Option<u16>,
    /// At depth 1: the last complete string, a key if a colon follows.
    key: String,
    after_colon: bool,
}

impl FieldStream {
    pub fn new(names: Names) -> Self {
        Self {
            names,
            depth: 0,
            in_string: false,
            escape: None,
            high_surrogate: None,
            key: String::new(),
            after_colon: false,
        }
    }

    /// Feeds a piece of the answer; returns the pieces of field text it holds.
    pub fn push(&mut self, text: &str) -> Vec<(Field, String)> {
        let mut out: Vec<(Field, String)> = Vec::new();
        for c in text.chars() {
            let Some((field, c)) = self.step(c) else { continue };
            match out.last_mut() {
                Some((last, text)) if *last == field => text.push(c),
                _ => out.push((field, c.to_string())),
            }
        }
        out
    }

    fn step(&mut self, c: char) -> Option<(Field, char)> {
        if self.in_string {
            return self.step_in_string(c);
        }
        match c {
            '"' if self.depth > 0 => {
                self.in_string = true;
                if self.depth == 1 && !self.after_colon {
                    self.key.clear();
                }
            }
            '{' | '[' if self.depth < MAX_DEPTH => self.depth += 1,
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                let closed = self.raw(c);
                if self.depth == 1 {
                    self.after_colon = false;
                }
                return closed;
            }
            ':' if self.depth == 1 => self.after_colon = true,
            ',' if self.depth == 1 => self.after_colon = false,
            _ => {}
        }
        self.raw(c)
    }

    fn step_in_string(&mut self, c: char) -> Option<(Field, char)> {
        let raw = self.raw(c);
        let decoded = if let Some(escape) = &mut self.escape {
            escape.push(c);
            let units = decode(escape)?;
            self.escape = None;
            self.pair(units)?
        } else {
            match c {
                '"' => {
                    self.in_string = false;
                    return raw;
                }
                '\\' => {
                    self.escape = Some(String::new());
                    return raw;
                }
                _ => c,
            }
        };
        if self.depth == 1 && !self.after_colon {
            self.key.push(decoded);
            return None;
        }
        match self.field() {
            Some(field) if self.depth == 1 && field != Field::Params => Some((field, decoded)),
            _ => raw,
        }
    }

    /// Parameters are an object: their text is passed on as it stands.
    fn raw(&self, c: char) -> Option<(Field, char)> {
        (self.after_colon
            && self.depth >= 1
            && self.field() == Some(Field::Params)
            && (self.depth > 1 || c == '}'))
            .then_some((Field::Params, c))
    }

    /// Characters beyond the basic plane come as two escapes.
    fn pair(&mut self, unit: u16) -> Option<char> {
        if (0xd800..0xdc00).contains(&unit) {
            self.high_surrogate = Some(unit);
            return None;
        }
        let units = self.high_surrogate.take().into_iter().chain([unit]);
        char::decode_utf16(units).next().and_then(Result::ok)
    }

    fn field(&self) -> Option<Field> {
        self.names.iter().find(|(name, _)| *name == self.key).map(|(_, field)| *field)
    }
}

/// The UTF-16 unit of a complete escape (without its backslash).
fn decode(escape: &str) -> Option<u16> {
    let mut chars = escape.chars();
    match chars.next()? {
        'n' => Some(u16::from(b'\n')),
        't' => Some(u16::from(b'\t')),
        'r' | 'b' | 'f' => Some(u16::from(b' ')),
        'u' if chars.as_str().len() < 4 => None,
        'u' => Some(u16::from_str_radix(chars.as_str(), 16).unwrap_or(0xfffd)),
        other => u16::try_from(u32::from(other)).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = &[
        ("positive_prompt", Field::Positive),
        ("positive", Field::Positive),
        ("negative_prompt", Field::Negative),
        ("params", Field::Params),
    ];

    fn fields(answer: &str, size: usize) -> [String; 3] {
        let mut stream = FieldStream::new(NAMES);
        let mut out = [String::new(), String::new(), String::new()];
        let chars: Vec<char> = answer.chars().collect();
        for piece in chars.chunks(size) {
            for (field, text) in stream.push(&piece.iter().collect::<String>()) {
                out[field as usize].push_str(&text);
            }
        }
        out
    }

    #[test]
    fn fields_are_found_in_pieces_of_any_size() {
        let answer = "Sure:\n```json\n{\"notes\": \"positive\", \"positive_prompt\": \"a \\\"cat\\\"\\n\\u732b \\ud83d\\ude00\",\n \
                      \"params\": {\"steps\": 30, \"x\": {\"a\": \"}\"}}, \"negative_prompt\": \"blur\"}\n```";
        for size in [1, 2, 7, 1000] {
            let [positive, negative, params] = fields(answer, size);
            assert_eq!(positive, "a \"cat\"\n猫 😀");
            assert_eq!(negative, "blur");
            assert_eq!(params, r#"{"steps": 30, "x": {"a": "}"}}"#);
        }
    }

    #[test]
    fn nested_members_of_the_same_name_are_not_fields() {
        let [positive, ..] = fields(r#"{"a": {"positive": "no"}, "b": ["positive"], "positive": "yes"}"#, 3);
        assert_eq!(positive, "yes");
    }

    #[test]
    fn prose_and_garbage_yield_nothing() {
        assert_eq!(fields("I cannot do that. \"positive\": \"x\"", 5), ["", "", ""].map(String::from));
        let deep = "[".repeat(100_000);
        assert_eq!(fields(&deep, 1000), ["", "", ""].map(String::from));
    }
}
