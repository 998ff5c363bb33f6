//! What a person wants, read clause by clause: what to mend, what to keep, what to add and what to take away.

use openclaw_shared::params::GenerationParams;
use openclaw_shared::refiner::Issue;

use super::phrases::plain;
use super::wishes::{WISHES, Wish, issues_in};
use crate::assist::picture::clean::clean;

/// Characters and clauses that are read; a wish list is shorter.
const MAX_CHARS: usize = 2000;
const MAX_CLAUSES: usize = 32;
/// Longer clauses are explanations and no words for a prompt.
const MAX_WANTED_WORDS: usize = 8;

#[derive(Default)]
pub struct Asks {
    pub issues: Vec<Issue>,
    pub wishes: Vec<&'static Wish>,
    /// Words for the prompt.
    pub wanted: Vec<String>,
    /// Words for the negative prompt.
    pub unwanted: Vec<String>,
    /// Parameters to leave alone, and `prompt` or `negative`.
    pub kept: Vec<&'static str>,
    kept_issues: Vec<Issue>,
    /// Clauses that no rule knows.
    pub unknown: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Mend,
    Keep,
    Add,
    Remove,
}

/// Words that set the mode, longest first where one starts with another.
const VERBS: &[(&str, Mode)] = &[
    ("without changing", Mode::Keep),
    ("do not", Mode::Keep),
    ("don't", Mode::Keep),
    ("dont", Mode::Keep),
    ("keep", Mode::Keep),
    ("preserve", Mode::Keep),
    ("retain", Mode::Keep),
    ("leave", Mode::Keep),
    ("same", Mode::Keep),
    ("fix", Mode::Mend),
    ("repair", Mode::Mend),
    ("correct", Mode::Mend),
    ("improve", Mode::Mend),
    ("better", Mode::Mend),
    ("solve", Mode::Mend),
    ("clean up", Mode::Mend),
    ("get rid of", Mode::Remove),
    ("remove", Mode::Remove),
    ("delete", Mode::Remove),
    ("erase", Mode::Remove),
    ("without", Mode::Remove),
    ("less", Mode::Remove),
    ("fewer", Mode::Remove),
    ("no", Mode::Remove),
    ("make it look like", Mode::Add),
    ("turn it into", Mode::Add),
    ("make it", Mode::Add),
    ("make the", Mode::Add),
    ("should be", Mode::Add),
    ("i want", Mode::Add),
    ("add", Mode::Add),
    ("include", Mode::Add),
    ("more", Mode::Add),
    ("with", Mode::Add),
];

/// Words for parameters and prompts that a person may want left alone.
const KEEPABLE: &[(&str, &[&str])] = &[
    ("size", &["width", "height"]),
    ("resolution", &["width", "height"]),
    ("dimensions", &["width", "height"]),
    ("aspect", &["width", "height"]),
    ("width", &["width"]),
    ("height", &["height"]),
    ("steps", &["steps"]),
    ("cfg", &["cfg"]),
    ("guidance", &["cfg"]),
    ("sampler", &["sampler_name"]),
    ("scheduler", &["scheduler"]),
    ("seed", &["seed"]),
    ("parameters", &GenerationParams::FIELDS),
    ("settings", &GenerationParams::FIELDS),
    ("negative prompt", &["negative"]),
    ("prompt", &["prompt"]),
];

/// Says that something is wrong and not what.
const EMPTY_WORDS: &[&str] = &[
    "fix",
    "the",
    "issue",
    "issues",
    "problem",
    "problems",
    "it",
    "this",
    "picture",
    "image",
    "please",
    "other",
    "improve",
    "better",
    "make",
    "a",
    "prompt",
    "all",
    "everything",
    "quality",
    "repair",
    "correct",
    "solve",
];

impl Asks {
    pub fn of(issue: &str, goal: &str) -> Self {
        let mut asks = Self::default();
        asks.read(issue, Mode::Mend);
        asks.read(goal, Mode::Add);
        let kept = std::mem::take(&mut asks.kept_issues);
        asks.issues.retain(|issue| !kept.contains(issue));
        asks
    }

    /// Nothing in particular was asked for.
    pub fn is_open(&self) -> bool {
        self.wishes.is_empty() && self.wanted.is_empty() && self.unwanted.is_empty()
    }

    pub fn keeps(&self, what: &str) -> bool {
        self.kept.contains(&what)
    }

    fn read(&mut self, text: &str, mut mode: Mode) {
        let text = clean(text, MAX_CHARS).replace('’', "'");
        for clause in clauses(&text).take(MAX_CLAUSES) {
            self.clause(clause, &mut mode);
        }
    }

    fn clause(&mut self, clause: &str, mode: &mut Mode) {
        let named = Issue::of(&clause.to_lowercase());
        if named != Issue::Other {
            return self.mend(&[named]);
        }
        let words = format!(" {} ", plain(clause));
        let mut rest = clause;
        // Only a verb near the beginning says what the rest is about.
        let verb =
            VERBS.iter().filter_map(|(verb, mode)| Some((words.find(&format!(" {verb} "))?, *verb, *mode)));
        if let Some((at, verb, found)) = verb.min_by_key(|(at, ..)| *at).filter(|(at, ..)| *at < 24) {
            *mode = found;
            let start = clause.to_lowercase().find(verb).filter(|_| at == 0 || found != Mode::Add);
            rest = start.and_then(|start| clause.get(start + verb.len()..)).unwrap_or(clause).trim();
        }
        let issues = issues_in(&words);
        if *mode == Mode::Keep {
            self.kept_issues.extend(issues);
            return self.keep(&words);
        }
        let has = |word: &str| words.contains(&format!(" {word} "));
        let wishes: Vec<_> = WISHES.iter().filter(|wish| wish.words.iter().any(|word| has(word))).collect();
        let nothing_said = words.split_whitespace().all(|word| EMPTY_WORDS.contains(&word));
        match *mode {
            _ if !wishes.is_empty() && !has("no more") => self.wish(wishes),
            Mode::Mend | Mode::Remove if !issues.is_empty() => self.mend(&issues),
            _ if nothing_said => {}
            Mode::Remove if KEEPABLE.iter().any(|(word, _)| has(word)) => self.keep(&words),
            Mode::Add | Mode::Remove if is_phrase(rest) => {
                let list = if *mode == Mode::Add { &mut self.wanted } else { &mut self.unwanted };
                list.push(bare(rest, *mode == Mode::Remove));
            }
            _ => self.unknown.push(clause.to_owned()),
        }
    }

    fn wish(&mut self, wishes: Vec<&'static Wish>) {
        for wish in wishes {
            if !self.wishes.iter().any(|known| std::ptr::eq(*known, wish)) {
                self.wishes.push(wish);
            }
        }
    }

    fn mend(&mut self, issues: &[Issue]) {
        let new = issues.iter().filter(|issue| !self.issues.contains(issue)).copied().collect::<Vec<_>>();
        self.issues.extend(new);
    }

    fn keep(&mut self, words: &str) {
        let named = KEEPABLE.iter().find(|(word, _)| words.contains(&format!(" {word} ")));
        self.kept.extend(named.into_iter().flat_map(|(_, fields)| *fields));
    }
}

fn clauses(text: &str) -> impl Iterator<Item = &str> {
    let sentences = text.split([',', '.', ';', '!', '?', '\n']);
    sentences
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" but "))
        .map(str::trim)
        .filter(|c| !c.is_empty())
}

fn is_phrase(words: &str) -> bool {
    (1..=MAX_WANTED_WORDS).contains(&words.split_whitespace().count())
}

/// A negative prompt names things without articles.
fn bare(words: &str, negative: bool) -> String {
    let articles = ["the ", "a ", "an ", "any ", "all "];
    let article = articles.iter().find_map(|article| words.strip_prefix(article)).filter(|_| negative);
    article.unwrap_or(words).trim().to_owned()
}
