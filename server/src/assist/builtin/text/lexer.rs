//! Cuts cleaned text into clauses of pieces.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::lexicon::Words;
use super::{Clause, Kind, Piece, is_han};

/// Longest quoted or bracketed run, bytes: a stray quote must not swallow the rest of the text.
const MAX_VERBATIM: usize = 400;
/// The same for single quotes, which are apostrophes more often.
const MAX_SINGLE_QUOTED: usize = 120;
/// From this length, bytes, a line that goes on in lower case was wrapped by an editor.
const WRAPPED_LINE: usize = 50;

const ABBREVIATIONS: Words = Words::of("mr mrs ms dr st no vs e.g i.e");
const BULLETS: [char; 7] = ['•', '●', '▪', '◦', '‣', '*', '-'];
/// What a plain bracket starts with when it holds a wish ("(no people)") and not an emphasised phrase.
const WISH_STARTS: [&str; 15] = [
    "no ", "not ", "without ", "avoid ", "don't ", "ohne ", "kein", "sans ", "sin ", "不要", "没有", "沒有",
    "避免", "无", "無",
];

/// Cuts cleaned text into clauses; empty ones are dropped.
pub fn clauses(text: &str) -> Vec<Clause<'_>> {
    let brackets = brackets(text);
    let mut lexer = Lexer { text, brackets, at: 0, line: 0, lines: 0, pieces: vec![], clauses: vec![] };
    lexer.run();
    lexer.clauses
}

struct Lexer<'a> {
    text: &'a str,
    /// Where the bracket that opens at a position closes.
    brackets: HashMap<usize, usize>,
    at: usize,
    /// Where the current line starts.
    line: usize,
    /// Lines before the current one.
    lines: usize,
    pieces: Vec<Piece<'a>>,
    clauses: Vec<Clause<'a>>,
}

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            let len = c.len_utf8();
            match c {
                ' ' => self.at += len,
                '\n' => self.end_line(),
                ',' | ';' | '|' | '，' | '、' | '；' | '!' | '?' | '。' | '！' | '？' | '•' | '…' | ')'
                | '）' => {
                    self.end_clause(c, len);
                }
                '.' if self.is_full_stop() => self.end_clause(c, len),
                '(' | '（' if self.is_wish(len) => self.end_clause(',', len),
                _ if self.is_bullet(c) => {
                    self.at = self.text[self.at..].find(' ').map_or(self.text.len(), |n| self.at + n);
                }
                _ => {
                    let (kind, len) = self.next_piece(c);
                    self.push(kind, len);
                }
            }
        }
        self.end_clause('\n', 0);
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, len: usize) {
        let text = &self.rest()[..len];
        let glued = !self.text[..self.at].ends_with([' ', '\n']);
        let key = match kind {
            Kind::Han | Kind::Mark => Cow::Borrowed(text),
            Kind::Word if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) => {
                Cow::Borrowed(text)
            }
            Kind::Word => Cow::Owned(text.to_lowercase().replace('’', "'")),
            _ => Cow::Borrowed(""),
        };
        self.pieces.push(Piece { text, key, kind, glued });
        self.at += len;
    }

    fn end_clause(&mut self, end: char, len: usize) {
        self.at += len;
        let mut pieces = std::mem::take(&mut self.pieces);
        if let Some(first) = pieces.first_mut() {
            first.glued = true;
            let end = if matches!(end, '|' | ')' | '）' | '•') { ',' } else { end };
            self.clauses.push(Clause { pieces, end, line: self.lines });
        } else if !matches!(end, ',' | '\n')
            && let Some(last) = self.clauses.last_mut()
        {
            // "fox (no text)." — the stop belongs to the clause before the bracket.
            last.end = end;
        }
    }

    fn end_line(&mut self) {
        let wrapped = self.at - self.line >= WRAPPED_LINE
            && self.text[self.at + 1..].starts_with(|c: char| c.is_lowercase() && !is_han(c));
        self.at += 1;
        self.line = self.at;
        if !wrapped {
            self.end_clause('\n', 0);
            self.lines += 1;
        }
    }

    fn is_full_stop(&self) -> bool {
        let ends =
            self.rest()[1..].chars().next().is_none_or(|c| c.is_whitespace() || "\"”'’».)".contains(c));
        let last = self.pieces.last().map_or("", |piece| &piece.key);
        let goes_on = self.rest().chars().nth(2).is_some_and(char::is_lowercase);
        ends && !(ABBREVIATIONS.has(last) && self.rest().len() > 1) && !(last.contains('.') && goes_on)
    }

    /// A list marker: `- `, `• `, `3. ` or `3) ` at the start of a line.
    fn is_bullet(&self, c: char) -> bool {
        if self.at != self.line {
            return false;
        }
        let rest = self.rest();
        if BULLETS.contains(&c) {
            return rest[c.len_utf8()..].starts_with(' ');
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        (1..=2).contains(&digits) && [". ", ") "].iter().any(|mark| rest[digits..].starts_with(mark))
    }

    fn is_wish(&self, open: usize) -> bool {
        let Some(close) = self.closing() else { return false };
        let lower = self.text[self.at + open..close].to_lowercase();
        let starts = WISH_STARTS.iter().any(|start| lower.starts_with(start));
        let first = lower.split(' ').next().unwrap_or_default();
        let is_number = first.len() > 2
            && first.starts_with(|c: char| c.is_ascii_digit())
            && first.contains(['x', '×', ':']);
        starts || is_number || lower.ends_with("なし")
    }

    /// Where the bracket at the current position closes, if that is near.
    fn closing(&self) -> Option<usize> {
        self.brackets.get(&self.at).copied().filter(|close| close - self.at < MAX_VERBATIM)
    }

    fn next_piece(&self, c: char) -> (Kind, usize) {
        let rest = self.rest();
        if let Some(found) = self.verbatim(c) {
            return found;
        }
        if is_han(c) {
            return (Kind::Han, c.len_utf8());
        }
        let dashes = if rest.starts_with("--") && rest[2..].starts_with(char::is_alphabetic) { 2 } else { 0 };
        let len = dashes + word_len(&rest[dashes..]);
        match len {
            0 => (Kind::Mark, c.len_utf8()),
            5 if rest.starts_with("BREAK") => (Kind::Break, 5),
            _ => (Kind::Word, len),
        }
    }

    /// A run that must come out as it went in.
    fn verbatim(&self, c: char) -> Option<(Kind, usize)> {
        let rest = self.rest();
        let before = self.text[..self.at].chars().next_back();
        let closed = |close: char| {
            let inner = head(&rest[c.len_utf8()..]);
            let end = inner.find(close).filter(|&end| end > 0)?;
            (!inner[..end].contains('\n')).then(|| c.len_utf8() + end + close.len_utf8())
        };
        match c {
            '"' if before.is_none_or(|b| !b.is_ascii_digit()) => closed('"').map(|len| (Kind::Quoted, len)),
            '“' => closed('”').map(|len| (Kind::Quoted, len)),
            '„' => closed('“').or_else(|| closed('”')).map(|len| (Kind::Quoted, len)),
            '«' => closed('»').map(|len| (Kind::Quoted, len)),
            '「' => closed('」').map(|len| (Kind::Quoted, len)),
            '『' => closed('』').map(|len| (Kind::Quoted, len)),
            '\'' | '‘' if before.is_none_or(|b| !b.is_alphanumeric()) => {
                single_quoted(rest, c).map(|len| (Kind::Quoted, len))
            }
            '<' => closed('>').filter(|&len| rest[..len].contains(':')).map(|len| (Kind::Tag, len)),
            '(' | '[' | '{' if before != Some('\\') => {
                let len = self.closing()? + 1 - self.at;
                (len > 2).then_some((Kind::Weighted, len))
            }
            '_' if rest.starts_with("__") => {
                head(&rest[2..]).find("__").filter(|&n| n > 0).map(|n| (Kind::Tag, n + 4))
            }
            'e' | 'E' if rest.get(..10).is_some_and(|s| s.eq_ignore_ascii_case("embedding:")) => {
                let len = rest.find(|c: char| c.is_whitespace() || ",;)|".contains(c)).unwrap_or(rest.len());
                (len > 10).then_some((Kind::Tag, len))
            }
            _ => None,
        }
    }
}

/// As much of `rest` as a verbatim run may take.
fn head(rest: &str) -> &str {
    &rest[..rest.floor_char_boundary(MAX_VERBATIM)]
}

/// Length of `'text'`; an apostrophe inside a word ("it's") does not close it.
fn single_quoted(rest: &str, open: char) -> Option<usize> {
    let close = if open == '‘' { '’' } else { '\'' };
    let inner = &rest[open.len_utf8()..rest.floor_char_boundary(MAX_SINGLE_QUOTED)];
    let inner = inner.split('\n').next()?;
    if !inner.starts_with(char::is_alphabetic) {
        return None;
    }
    inner
        .match_indices(close)
        .map(|(end, _)| end + close.len_utf8())
        .find(|end| inner[*end..].chars().next().is_none_or(|c| !c.is_alphanumeric()))
        .map(|end| open.len_utf8() + end)
}

/// Where every balanced bracket closes, by where it opens. A backslash makes a bracket plain text.
fn brackets(text: &str) -> HashMap<usize, usize> {
    let (mut open, mut pairs) = (vec![], HashMap::new());
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {}
            '(' | '[' | '{' | '（' => open.push(at),
            ')' | ']' | '}' | '）' => {
                if let Some(start) = open.pop() {
                    pairs.insert(start, at);
                }
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    pairs
}

/// Length of the word at the start of `rest`: letters and digits, and the marks that hold a word together.
fn word_len(rest: &str) -> usize {
    let is_letter = |c: char| (c.is_alphanumeric() || is_mark_above(c)) && !is_han(c);
    let mut chars = rest.char_indices().peekable();
    let mut before: Option<char> = None;
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c).filter(|c| is_letter(*c));
        let digits = before.is_some_and(|b| b.is_ascii_digit()) && next.is_some_and(|n| n.is_ascii_digit());
        let joins = before.is_some()
            && match c {
                '-' | '\'' | '’' | '_' | '/' | '&' | '@' => next.is_some(),
                '.' => next.is_some_and(|n| n.is_ascii_digit()) || (next.is_some() && at == 1),
                ':' => digits,
                ',' => digits && thousands(&rest[at + 1..]),
                '+' | '%' | '°' => true,
                _ => false,
            };
        if !is_letter(c) && !joins {
            return at;
        }
        before = Some(c);
    }
    rest.len()
}

/// Combining marks, which belong to the letter before them, and the joiners of Indic and Arabic scripts.
fn is_mark_above(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{e31}'..='\u{e4e}'
        | '\u{200c}' | '\u{200d}')
}

fn thousands(rest: &str) -> bool {
    rest.bytes().take_while(u8::is_ascii_digit).count() == 3
}

#[cfg(test)]
mod tests {
    use super::super::clean;
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let text = clean(text);
        let found: Vec<String> = clauses(&text).iter().map(Clause::render).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn clauses_end_where_a_reader_would_pause() {
        check("a fox, snow; dawn.  It sits", &["a fox", "snow", "dawn", "It sits"]);
        check("ratio 2.39:1, f/1.8, $1,000.50", &["ratio 2.39:1", "f/1.8", "$1,000.50"]);
        check("- red\n- blue\n2) green", &["red", "blue", "green"]);
        check("Dr. Who vs. St. Paul. End.", &["Dr. Who vs. St. Paul", "End"]);
        check("一只猫，坐着。夜晚", &["一只猫", "坐着", "夜晚"]);
        check("a fox (no people) at dawn", &["a fox", "no people", "at dawn"]);
        let wrapped = "a long line that somebody's editor wrapped at sixty columns\nand that goes on";
        check(wrapped, &[&wrapped.replace('\n', " ")]);
    }

    #[test]
    fn verbatim_runs_are_one_piece() {
        for (text, kind) in [
            ("\"no, never. stop\"", Kind::Quoted),
            ("'Don't, stop'", Kind::Quoted),
            ("「猫、犬」", Kind::Quoted),
            ("(red, (blue:1.1):1.2)", Kind::Weighted),
            ("{a|b, c}", Kind::Weighted),
            ("<lora:my style, v2:0.8>", Kind::Tag),
            ("embedding:bad_hands", Kind::Tag),
            ("__animal__", Kind::Tag),
            ("BREAK", Kind::Break),
        ] {
            let found = clauses(text);
            assert_eq!((found.len(), found[0].pieces.len()), (1, 1), "{text}: {found:?}");
            assert_eq!(found[0].pieces[0].kind, kind, "{text}");
        }
    }

    #[test]
    fn hostile_brackets_and_quotes_are_survived() {
        for text in
            ["((((", "))))", "\"\"\"", "'", "(\\", "<a:", "[]()", "__", "--", "a\\(b\\)", "embedding:"]
        {
            let _ = clauses(&clean(text));
        }
    }
}
