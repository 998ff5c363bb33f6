//! Takes away how a wish is put ("please draw me a picture of …", "lighting: …") and leaves the wish.

use super::lexicon::{Phrases, Words};
use super::text::{Clause, Kind, Piece};

const POLITE: Words = Words::of(
    "please can could would you i i'd i'll like want need we me us to see have hi hello hey let's kindly \
     help get",
);
const VERBS: Words =
    Words::of("generate create make draw design render produce imagine show give want need like illustrate");
const PLEASANTRIES: Words = Words::of(
    "thanks thank you thx please cheers ok okay hi hello hey no wait actually hmm danke merci gracias",
);
const DETERMINERS: Words = Words::of("a an the me us my some one two three this another");
/// "a picture of": says nothing about the picture, unlike "a photo of".
const PICTURES: Words = Words::of("image picture pic scene images pictures");
const LEADS_ON: Words = Words::of("of showing with depicting that which featuring for where");

/// Openings of a sentence, and whether what follows is about the look.
const OPENINGS: &[(&str, bool)] = &[
    (
        "it should look like, it should look, it should be, it should have, it should feel, it should \
         show, make it look like, make it look, make it feel, make it, the style should be, the style \
         is, style should be, the mood should be, the mood is, the image should be, the image should \
         show, the image should have, the image should look, the image should look like, the picture \
         should be, the picture should show, the picture should have, the picture should look, the \
         picture should look like, i want it to look like, i want it to look, i want it to be, i want it \
         to have, i want it, i'd like it to look, i'd like it to be, done in, rendered in, shot in",
        true,
    ),
    (
        "请画一张, 请画一幅, 请画一个, 请画, 画一张, 画一幅, 画一个, 帮我画一张, 帮我画一幅, 帮我画一个, \
         帮我画, 帮我生成一张, 帮我生成, 请生成一张, 请生成一幅, 请生成, 生成一张, 生成一幅, 生成一个, \
         请帮我画一张, 请帮我画, 请帮我生成一张, 我想要一张, 我想要一幅, 我要一张, 创作一幅, 创作一张, \
         制作一张, 请绘制, 绘制一张, 绘制一幅, 请设计一个, 设计一个",
        false,
    ),
];
const HAN_ENDINGS: &str = "を描いてください を描いて下さい を描いて の画像を作ってください \
    の画像を作って を生成してください を生成して をお願いします の絵を描いて の图片 的图片 的图像";

/// Labels of a structured description, and whether the label belongs to the wish.
const LABELS: &[(&str, bool)] = &[
    (
        "subject, scene, style, medium, camera, lens, quality, description, prompt, positive, positive \
         prompt, image, details, setting, location, action, environment, view, angle, shot, technique, \
         art style, genre, theme, idea, note, format, style directives, constraints, 主体, 风格, 场景, \
         描述, 正向提示词, 提示词, 画风, 主題, スタイル, 構図, stil, motiv, sujet, estilo",
        false,
    ),
    (
        "background, lighting, light, mood, color palette, palette, colors, colours, atmosphere, \
         composition, weather, hair, eyes, clothing, outfit",
        true,
    ),
];
/// A label is put behind a wish of at most this many words.
const LABELLED: usize = 3;

pub struct Reader {
    openings: Phrases<bool>,
    labels: Phrases<bool>,
}

impl Reader {
    pub fn new() -> Self {
        Self {
            openings: Phrases::new(OPENINGS.iter().copied()),
            labels: Phrases::new(LABELS.iter().copied()),
        }
    }

    /// Strips the clause down to the wish, or to nothing. Returns whether it opened as being about the look.
    pub fn strip(&self, clause: &mut Clause) -> bool {
        let pieces = &mut clause.pieces;
        if pieces.iter().all(|p| PLEASANTRIES.has(&p.key)) {
            pieces.clear();
        }
        self.strip_label(pieces);
        strip_request(pieces);
        strip_ending(pieces);
        let opening = self.openings.longest(pieces).filter(|(len, _)| *len < pieces.len());
        if let Some((len, _)) = opening {
            pieces.drain(..len);
        }
        if let Some(first) = pieces.first_mut() {
            first.glued = true;
        }
        opening.is_some_and(|(_, is_look)| is_look)
    }

    /// "lighting: soft" → "soft lighting", "subject: a fox" → "a fox".
    fn strip_label(&self, pieces: &mut Vec<Piece>) {
        let Some((len, belongs)) = self.labels.longest(pieces) else { return };
        if pieces.get(len).is_none_or(|p| p.key != ":") || pieces.len() == len + 1 {
            return;
        }
        let label: Vec<Piece> = pieces.drain(..=len).take(len).collect();
        let short = pieces.iter().filter(|p| p.kind == Kind::Word).count() <= LABELLED;
        let stem = label.last().map_or("", |p| p.key.trim_end_matches("ing"));
        let named = pieces.iter().any(|p| p.key.contains(stem));
        let article = pieces.first().is_some_and(|p| matches!(p.key.as_ref(), "a" | "an" | "the"));
        if belongs && short && !named && !article {
            pieces.extend(label.into_iter().map(|piece| Piece { glued: false, ..piece }));
        }
    }
}

/// "Could you draw me a picture of a fox" → "a fox".
fn strip_request(pieces: &mut Vec<Piece>) {
    let key = |at: usize| pieces.get(at).map_or("", |p| &*p.key);
    let asking = pieces.iter().take_while(|p| POLITE.has(&p.key) || VERBS.has(&p.key)).count();
    let has_verb = pieces[..asking].iter().any(|p| VERBS.has(&p.key));
    let counted = DETERMINERS.has(key(asking)) || key(asking).starts_with(|c: char| c.is_ascii_digit());
    let start = if has_verb && counted { asking } else { 0 };
    let noun = start + usize::from(matches!(key(start), "a" | "an" | "the" | "one" | "some"));
    let names_picture = PICTURES.has(key(noun)) && LEADS_ON.has(key(noun + 1));
    let verb = names_picture && matches!(key(noun + 2), "shows" | "depicts");
    let end = if names_picture { noun + 2 + usize::from(verb) } else { start };
    if end < pieces.len() {
        pieces.drain(..end);
    }
}

fn strip_ending(pieces: &mut Vec<Piece>) {
    if pieces.last().is_some_and(|p| p.kind == Kind::Han) {
        let text: String = pieces.iter().map(|p| p.text).collect();
        let ending = HAN_ENDINGS.split_whitespace().find(|ending| text.ends_with(ending));
        let len = ending.map_or(0, |ending| ending.chars().count());
        if len < pieces.len() {
            pieces.truncate(pieces.len() - len);
        }
    }
}
