//! Refining without a model: what is wrong is read from the person's words and from measurements, and rules
//! say which words and numbers help.

mod asks;
mod numbers;
mod phrases;
mod report;
mod rules;
mod style;
#[cfg(test)]
mod tests;
mod wishes;

use openclaw_shared::profile::{Profile, PromptStyle};
use openclaw_shared::refiner::{Issue, RefinerRequest, RefinerResult};

use super::picture::Picture;
use super::picture::measure::Measures;
use asks::Asks;
use numbers::Present;
use phrases::Prompt;
use report::Added;
use rules::Remedy;

/// Refines. The same request and picture always give the same answer.
pub fn refine(
    request: &RefinerRequest,
    picture: Option<&Picture>,
    profile: &'static Profile,
) -> RefinerResult {
    let measures = picture.map(Picture::measure);
    let present = Present::of(&request.params_json, picture, profile);
    let mut positive = Prompt::of(&request.orig_positive);
    let mut negative = Prompt::of(&request.orig_negative);
    let mut asks = Asks::of(&request.issue, &request.goal);
    if asks.issues.is_empty() && asks.is_open() {
        asks.issues =
            measures.as_ref().map(|measures| rules::noticed(measures, &positive)).unwrap_or_default();
    }
    let context =
        Context { measures: measures.as_ref(), positive: &positive, asks: &asks, present: &present };
    let mut remedies: Vec<Remedy> = asks.issues.iter().map(|issue| rules::remedy(*issue, &context)).collect();
    remedies.extend(asks.wishes.iter().map(|wish| wish.remedy.clone()));
    let findings: Vec<_> = remedies.iter().filter_map(|remedy| remedy.finding).collect();

    let mut changes = Vec::new();
    for change in remedies.iter().flat_map(|remedy| remedy.changes) {
        // Twice the reason is no reason to go twice as far.
        if !changes.contains(change) {
            changes.push(*change);
        }
    }
    let patch = present.patch(&changes, &asks.kept);

    let prose = profile.style == PromptStyle::Prose;
    let mut added = Added { unit: if prose { "sentence" } else { "phrase" }, ..Added::default() };
    if !asks.keeps("prompt") {
        for remedy in &remedies {
            added.positive += if prose {
                positive.add_sentence(remedy.prose)
            } else {
                positive.add_phrases(remedy.tags, &negative)
            };
        }
        added.positive += positive.add_words(&asks.wanted, prose);
    }
    if profile.negative && !asks.keeps("negative") {
        for remedy in &remedies {
            added.negative += negative.add_phrases(remedy.negative, &positive);
        }
        added.negative += negative.add_words(&asks.unwanted, false);
    }
    let rationale = report::rationale(&asks, &findings, &added, &patch, &present, measures.is_some());
    RefinerResult {
        refined_positive: positive.into_text(),
        refined_negative: negative.into_text(),
        param_patch: patch,
        rationale,
    }
}

/// What a rule may look at.
struct Context<'a> {
    measures: Option<&'a Measures>,
    positive: &'a Prompt,
    asks: &'a Asks,
    present: &'a Present,
}

impl Context<'_> {
    fn is_about(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.positive.mentions(word))
    }
}

/// The name of an issue in a sentence.
const fn label(issue: Issue) -> &'static str {
    match issue {
        Issue::HandsBad => "hands",
        Issue::FaceBad => "faces",
        Issue::AnatomyOff => "anatomy",
        Issue::LightingOff => "light",
        Issue::CompositionOff => "composition",
        Issue::StyleDrift => "style",
        Issue::TextArtifacts => "text",
        Issue::LowDetail => "detail",
        Issue::Other => "other issues",
    }
}
