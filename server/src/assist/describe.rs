//! Image to prompt without a model: the colours, the light and the arrangement of a picture in words.

#[cfg(test)]
mod tests;
mod words;

use openclaw_shared::caption::{DetailLevel, ImageToPromptResult};

use super::picture::{EmbeddedPrompt, Picture};
pub use words::listed;
use words::{Words, joined};

/// Said first, so that nobody takes a measurement for recognition.
const HONESTLY: &str = "Measured without a vision model:";
/// Phrases of a found prompt that become tags, by detail.
const PROMPT_TAGS: [usize; 3] = [8, 20, 40];
/// Longer ones are sentences.
const MAX_TAG_CHARS: usize = 60;

/// What a goal may ask about first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aspect {
    Colour,
    Light,
    Composition,
    Texture,
}

const ASPECTS: &[(Aspect, &[&str])] = &[
    (Aspect::Colour, &["colour", "color", "palette", "tone", "hue"]),
    (Aspect::Light, &["light", "bright", "dark", "contrast", "mood", "exposure"]),
    (Aspect::Composition, &["composition", "framing", "layout", "aspect", "format", "placement"]),
    (Aspect::Texture, &["texture", "sharp", "focus", "detail", "medium", "style", "surface"]),
];

/// Describes. The same picture, goal and detail always give the same words.
pub fn describe(picture: &Picture, goal: &str, detail: DetailLevel) -> ImageToPromptResult {
    let words = Words::of(picture);
    let aspects = ordered(goal);
    let mut measured: Vec<String> = Vec::new();
    for aspect in &aspects {
        measured.extend(tags(&words, *aspect, detail));
    }
    let found = picture.prompt.as_ref();
    let mut all = found.map(|prompt| prompt_tags(prompt, detail)).unwrap_or_default();
    all.extend(measured.iter().cloned());
    ImageToPromptResult {
        caption: caption(&words, found, &aspects, detail),
        tags: joined(all),
        prompt_suggestion: found.map_or_else(|| joined(measured), |prompt| prompt.positive.clone()),
    }
}

/// What the goal names comes first, the rest as it is.
fn ordered(goal: &str) -> Vec<Aspect> {
    let goal = goal.to_lowercase();
    let (mut first, rest): (Vec<_>, Vec<_>) =
        ASPECTS.iter().partition(|(_, names)| names.iter().any(|name| goal.contains(name)));
    first.extend(rest);
    first.into_iter().map(|(aspect, _)| aspect).collect()
}

/// Phrases that a prompt can use as they are.
fn tags(words: &Words, aspect: Aspect, detail: DetailLevel) -> Vec<String> {
    let rich = detail != DetailLevel::Low;
    let mut tags = Vec::new();
    match aspect {
        Aspect::Colour => {
            tags.push(words.palette_phrase(if rich { 4 } else { 2 }));
            tags.extend(words.colourfulness.map(str::to_owned));
            tags.extend(words.temperature.filter(|_| rich).map(|name| format!("{name} tones")));
        }
        Aspect::Light => {
            tags.push(words.light.to_owned());
            tags.extend(words.contrast.filter(|_| rich).map(str::to_owned));
            tags.extend(words.direction_phrase().filter(|_| rich).map(str::to_owned));
        }
        Aspect::Composition => {
            tags.push(words.framing.to_owned());
            tags.extend(words.place_phrase().filter(|_| rich));
            if detail == DetailLevel::High {
                tags.push(format!("{} aspect ratio", words.ratio));
            }
        }
        Aspect::Texture => {
            tags.extend(words.texture_phrase.map(str::to_owned));
            tags.extend(words.focus.filter(|_| rich).map(str::to_owned));
        }
    }
    tags
}

/// The phrases of a prompt, without weights and without the files it loads.
fn prompt_tags(prompt: &EmbeddedPrompt, detail: DetailLevel) -> Vec<String> {
    let phrases = prompt
        .positive
        .split([',', '\n'])
        .flat_map(|part| part.split(". "))
        .map(bare)
        .filter(|phrase| !phrase.is_empty());
    let short = phrases.filter(|phrase| phrase.chars().count() <= MAX_TAG_CHARS);
    short.take(PROMPT_TAGS[detail as usize]).collect()
}

fn bare(phrase: &str) -> String {
    let phrase = phrase.trim();
    if phrase.starts_with('<') || phrase.starts_with("embedding:") || phrase == "BREAK" {
        return String::new();
    }
    let phrase = phrase.trim_matches(['(', ')', '[', ']', '.', ' ']);
    let weight = |text: &str| text.parse::<f32>().is_ok();
    phrase.split_once(':').filter(|(_, end)| weight(end)).map_or(phrase, |(text, _)| text).trim().to_owned()
}

fn caption(words: &Words, found: Option<&EmbeddedPrompt>, aspects: &[Aspect], detail: DetailLevel) -> String {
    let high = detail == DetailLevel::High;
    let colours = listed(&words.colours(if detail == DetailLevel::Low { 2 } else { 4 }));
    let mut sentences = vec![format!("{HONESTLY} a {} in {colours}, {}.", words.format, words.brightness)];
    if detail != DetailLevel::Low {
        sentences.extend(aspects.iter().map(|aspect| sentence(words, *aspect, high)));
    }
    sentences.push(match found {
        Some(prompt) if high && !prompt.params.is_empty() => {
            format!(
                "The file carries the prompt it was made with, which is the suggestion ({}).",
                params(prompt)
            )
        }
        Some(_) => "The file carries the prompt it was made with, which is the suggestion.".to_owned(),
        None => "What it shows was not recognised: put the subject in front of the suggestion.".to_owned(),
    });
    sentences.join(" ")
}

fn sentence(words: &Words, aspect: Aspect, numbers: bool) -> String {
    let with = |number: String| if numbers { format!(" ({number})") } else { String::new() };
    let measures = &words.measures;
    match aspect {
        Aspect::Colour => {
            let cast = words.temperature.map_or("without a colour cast", |name| match name {
                "warm" => "with a warm cast",
                _ => "with a cool cast",
            });
            let colourful = words.colourfulness.unwrap_or("naturally saturated colours");
            let swatches =
                measures.palette.iter().map(|s| format!("{} {} {:.0} %", s.name, s.hex(), s.share * 100.0));
            format!("It has {colourful} {cast}{}.", with(swatches.collect::<Vec<_>>().join(", ")))
        }
        Aspect::Light => {
            let contrast = words.contrast.unwrap_or("moderate contrast");
            let (bright, spread) = (measures.brightness * 100.0, measures.contrast * 100.0);
            let numbers = with(format!("mean brightness {bright:.0} %, tonal range {spread:.0} %"));
            format!("The light has {contrast}{}{numbers}.", words.direction())
        }
        Aspect::Composition => {
            let size = with(format!("{} × {} pixels, {}", words.width, words.height, words.ratio));
            format!("The visual weight {}{size}.", words.place())
        }
        Aspect::Texture => {
            let sharpness = with(format!("Laplacian variance {:.0}", measures.sharpness));
            let focus = words.focus.unwrap_or(if words.drawn { "" } else { "moderate sharpness" });
            let comma = if focus.is_empty() { "" } else { ", " };
            format!("The surface {}{comma}{focus}{sharpness}.", words.texture)
        }
    }
}

fn params(prompt: &EmbeddedPrompt) -> String {
    let value = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = prompt.params.iter().map(|(name, v)| format!("{name} {}", value(v)));
    pairs.collect::<Vec<_>>().join(", ")
}
