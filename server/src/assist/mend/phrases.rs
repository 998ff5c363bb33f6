//! A prompt that grows without losing a word of what it was.

use crate::assist::picture::clean::clean;

/// Characters of a refined prompt; a text encoder reads a fraction of it.
const MAX_CHARS: usize = 10_000;

/// A person's prompt and what was added to it.
pub struct Prompt {
    text: String,
    /// Lower case, single spaces, without the marks of weights.
    plain: String,
}

impl Prompt {
    pub fn of(text: &str) -> Self {
        let text = clean(text, MAX_CHARS);
        let plain = plain(&text);
        Self { text, plain }
    }

    /// Whether these words stand in it, as whole words.
    pub fn mentions(&self, words: &str) -> bool {
        contains_words(&self.plain, words)
    }

    /// Whether this is one of its phrases, or several words of one.
    fn has(&self, phrase: &str) -> bool {
        let phrase = plain(phrase);
        self.plain.split([',', '\n']).any(|own| own.trim() == phrase)
            || (phrase.contains(' ') && contains_words(&self.plain, &phrase))
    }

    /// Adds phrases that neither this prompt nor the opposite one has; returns how many.
    pub fn add_phrases(&mut self, phrases: &[&str], opposite: &Self) -> usize {
        let new =
            |own: &Self, phrase: &str| !own.has(phrase) && !contains_words(&opposite.plain, &plain(phrase));
        phrases.iter().filter(|phrase| new(self, phrase) && self.append(", ", phrase)).count()
    }

    /// Adds sentences, each once.
    pub fn add_sentence(&mut self, sentence: &str) -> usize {
        if sentence.is_empty() || self.mentions(&plain(sentence)) {
            return 0;
        }
        let last = self.text.trim_end_matches(['"', '”', ')', ' ']);
        let ended = self.text.is_empty() || last.ends_with(['.', '!', '?', '>']);
        usize::from(self.append(if ended { " " } else { ". " }, sentence))
    }

    /// Adds a person's own words.
    pub fn add_words(&mut self, words: &[String], prose: bool) -> usize {
        let mut added = 0;
        for words in words {
            added += if prose {
                let mut letters = words.chars();
                let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
                self.add_sentence(&format!("{first}{}.", letters.as_str()))
            } else {
                usize::from(!self.has(words) && self.append(", ", words))
            };
        }
        added
    }

    fn append(&mut self, between: &str, words: &str) -> bool {
        let end = self.text.trim_end_matches([' ', ',', '\n']).len();
        let between = if end == 0 { "" } else { between };
        if self.text.chars().count() + between.len() + words.chars().count() > MAX_CHARS {
            return false;
        }
        self.text.truncate(end);
        self.text += between;
        self.text += words;
        self.plain = plain(&self.text);
        true
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

/// For comparing: without weights, as `(red dress:1.2)` is a red dress.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '(' | ')' | '[' | ']' | '{' | '}' => {}
            ' ' if out.ends_with(' ') => {}
            ':' | '.' | ';' | '!' | '?' | '"' => out.push_str(" , "),
            c => out.push(c),
        }
    }
    out.split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .trim_matches([' ', ','])
        .to_owned()
}

fn contains_words(text: &str, words: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    !words.is_empty()
        && text.match_indices(words).any(|(at, _)| {
            ends(text[..at].chars().next_back()) && ends(text[at + words.len()..].chars().next())
        })
}
