//! A word diff: the longest common subsequence of words, small enough for the browser.

/// A stretch of text and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Same(String),
    Removed(String),
    Added(String),
}

/// Beyond this the quadratic table costs more than a word diff is worth: the whole middle is shown as replaced.
const MAX_CELLS: usize = 1 << 22;

/// The changes that turn `old` into `new`. Joined, `Same` and `Added` are `new` to the letter.
pub fn words(old: &str, new: &str) -> Vec<Change> {
    let (a, b) = (split(old), split(new));
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(x, y)| x == y).count();
    let mut changes = Changes::default();
    a[..head].iter().for_each(|word| changes.push(Change::Same, word));
    middle(&a[head..a.len() - tail], &b[head..b.len() - tail], &mut changes);
    a[a.len() - tail..].iter().for_each(|word| changes.push(Change::Same, word));
    changes.finish()
}

fn middle(a: &[&str], b: &[&str], changes: &mut Changes) {
    let (mut i, mut j) = (0, 0);
    if a.len().saturating_mul(b.len()) <= MAX_CELLS {
        let width = b.len() + 1;
        let mut common = vec![0_u32; (a.len() + 1) * width];
        for i in (0..a.len()).rev() {
            for j in (0..b.len()).rev() {
                let (right, down) = (common[i * width + j + 1], common[(i + 1) * width + j]);
                common[i * width + j] =
                    if a[i] == b[j] { common[(i + 1) * width + j + 1] + 1 } else { right.max(down) };
            }
        }
        while i < a.len() && j < b.len() {
            if a[i] == b[j] {
                changes.push(Change::Same, a[i]);
                (i, j) = (i + 1, j + 1);
            } else if common[(i + 1) * width + j] >= common[i * width + j + 1] {
                changes.push(Change::Removed, a[i]);
                i += 1;
            } else {
                changes.push(Change::Added, b[j]);
                j += 1;
            }
        }
    }
    a[i..].iter().for_each(|word| changes.push(Change::Removed, word));
    b[j..].iter().for_each(|word| changes.push(Change::Added, word));
}

/// Joins neighbours of one kind, removals before additions.
#[derive(Default)]
struct Changes {
    done: Vec<Change>,
    removed: String,
    added: String,
    /// Blanks after a change: part of it if another change follows, so that phrases are not cut up at every blank.
    gap: String,
}

impl Changes {
    fn push(&mut self, kind: fn(String) -> Change, word: &str) {
        match kind(String::new()) {
            Change::Removed(_) => {
                self.bridge();
                self.removed.push_str(word);
            }
            Change::Added(_) => {
                self.bridge();
                self.added.push_str(word);
            }
            Change::Same(_) if self.in_change() && word.chars().all(char::is_whitespace) => {
                self.gap.push_str(word);
            }
            Change::Same(_) => {
                self.flush();
                match self.done.last_mut() {
                    Some(Change::Same(text)) => text.push_str(word),
                    _ => self.done.push(Change::Same(word.to_owned())),
                }
            }
        }
    }

    fn in_change(&self) -> bool {
        !self.removed.is_empty() || !self.added.is_empty()
    }

    fn bridge(&mut self) {
        let gap = std::mem::take(&mut self.gap);
        self.removed.push_str(&gap);
        self.added.push_str(&gap);
    }

    fn flush(&mut self) {
        if !self.removed.is_empty() {
            self.done.push(Change::Removed(std::mem::take(&mut self.removed)));
        }
        if !self.added.is_empty() {
            self.done.push(Change::Added(std::mem::take(&mut self.added)));
        }
        if !self.gap.is_empty() {
            self.done.push(Change::Same(std::mem::take(&mut self.gap)));
        }
    }

    fn finish(mut self) -> Vec<Change> {
        self.flush();
        self.done
    }
}

/// Words, runs of blanks, and single signs; each letter of a script that is written without blanks is a word.
fn split(text: &str) -> Vec<&str> {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Word,
        Blank,
        Single,
    }
    let kind = |c: char| match c {
        c if c.is_whitespace() => Kind::Blank,
        c if ('\u{2e80}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c) => Kind::Single,
        c if c.is_alphanumeric() || "'_-.".contains(c) => Kind::Word,
        _ => Kind::Single,
    };
    let mut words = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let now = kind(c);
        if last.is_some_and(|last| last != now || now == Kind::Single) {
            words.push(&text[start..at]);
            start = at;
        }
        last = Some(now);
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::Change::{Added, Removed, Same};
    use super::*;

    fn check(old: &str, new: &str, expected: &[Change]) {
        assert_eq!(words(old, new), expected, "{old:?} to {new:?}");
    }

    #[test]
    fn a_phrase_that_is_replaced_is_not_cut_up_at_its_blanks() {
        check(
            "old positive",
            "a lighthouse at dusk",
            &[Removed("old positive".into()), Added("a lighthouse at dusk".into())],
        );
    }

    #[test]
    fn words_are_the_unit() {
        check("a red cat", "a red cat", &[Same("a red cat".into())]);
        check(
            "a red cat",
            "a blue cat",
            &[Same("a ".into()), Removed("red".into()), Added("blue".into()), Same(" cat".into())],
        );
        check("", "new", &[Added("new".into())]);
        check("old", "", &[Removed("old".into())]);
        check("", "", &[]);
        check(
            "(cat:1.2)",
            "(cat:1.3)",
            &[Same("(cat:".into()), Removed("1.2".into()), Added("1.3".into()), Same(")".into())],
        );
        check("红色的猫", "蓝色的猫", &[Removed("红".into()), Added("蓝".into()), Same("色的猫".into())]);
    }

    #[test]
    fn both_texts_can_be_read_back() {
        let old = "masterpiece, 1girl, (red hair:1.2), forest, mist";
        let new = "1girl, red hair, in a forest at dawn, mist, masterpiece";
        let changes = words(old, new);
        let side = |keep_added: bool| {
            let keep = |change: &Change| match change {
                Same(text) => Some(text.clone()),
                Added(text) => keep_added.then(|| text.clone()),
                Removed(text) => (!keep_added).then(|| text.clone()),
            };
            changes.iter().filter_map(keep).collect::<String>()
        };
        assert_eq!(side(true), new);
        assert_eq!(side(false), old);
    }

    #[test]
    fn a_book_is_replaced_as_a_whole_instead_of_filling_memory() {
        let (old, new) = ("a b ".repeat(4000), "c d ".repeat(4000));
        assert_eq!(words(&old, &new).len(), 3, "removed, added and the common last blank");
    }
}
