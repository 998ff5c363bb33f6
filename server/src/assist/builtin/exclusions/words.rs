//! Words of negation, in the languages people write prompts in.

use super::super::lexicon::Words;

/// How a phrase of negation reaches for what it excludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// "no X": the phrase after it.
    Phrase,
    /// "avoid X, Y": the phrase after it and short ones after commas.
    List,
    /// "Negative prompt: …": the rest of the line.
    Line,
    /// "没有X的Y": what comes before 的; the noun after it is wanted.
    Relative,
    /// "Xなし", "X 없이": the phrase before it.
    Before,
    /// "nobody": people.
    Nobody,
    /// "not only", "no parking": no exclusion at all.
    Nothing,
}

pub const TRIGGERS: &[(&str, Reach)] = &[
    (
        "no, not, without, without any, w/o, never, neither, nor, isn't, aren't, doesn't, don't, won't, \
         shouldn't, mustn't, wasn't, isnt, arent, doesnt, dont, shouldnt, instead of, rather than, \
         nothing, ohne, kein, keine, keinen, keinem, keiner, keinerlei, nicht, sans, pas, aucun, aucune, \
         sin, ningún, ninguna, ningun, nada de, senza, nessun, nessuna, sem, nenhum, nenhuma, 不要, \
         不要有, 不要任何, 不要出现, 不能有, 不能出现, 不想要, 不需要, 不许有, 不出现, 不带, 不含, 不是, \
         别出现, 别有, 别加, 别画, 勿",
        Reach::Phrase,
    ),
    (
        "avoid, exclude, excluding, don't include, do not include, dont include, don't show, do not \
         show, don't add, do not add, don't use, do not use, leave out, omit, remove, get rid of, free \
         of, refrain from, stay away from, must not contain, must not include, must not show, should not \
         contain, should not include, should not show, may not contain, forbidden, vermeide, vermeiden, \
         évite, éviter, évitez, evita, evitar, 避免, 避免出现, 不包含, 不包括, 排除, 去掉, 去除, 请勿, \
         禁止, 禁止出现",
        Reach::List,
    ),
    (
        "negative prompt, negative prompts, negative, negatives, --no, 负面提示词, 反向提示词, \
         ネガティブプロンプト, ネガティブ",
        Reach::Line,
    ),
    ("没有, 沒有, 没有任何", Reach::Relative),
    (
        "なし, 無し, はなし, は無し, 抜き, 不要, は不要, はいらない, はいりません, を入れない, \
         を入れないで, は入れない, は入れないで, 入れないで, を描かない, は描かない, 描かないで, \
         を描かないで, を含まない, を含めない, は含めない, 含めないで, を避ける, を避けて, は避ける, \
         は避けて, を出さない, を使わない, は使わない, は禁止, のない, の無い, がない, が無い, のいない, \
         がいない, ではない, じゃない, 없이, 없는, 없음, 제외, 금지, 빼고",
        Reach::Before,
    ),
    (
        "nobody, no one, no body, niemand, 空无一人, 无人的, 無人の, 誰もいない, だれもいない, \
         人がいない, 人のいない",
        Reach::Nobody,
    ),
    (
        "not only, never sleeps, no wait, not just, no longer, no matter, no doubt, nothing but, don't \
         forget, do not forget, dont forget, never ending, not to mention, not far, not yet, sans serif, \
         faux pas, no man's land, no wonder, no entry, no parking, no smoking, no trespassing, do not \
         disturb, do not enter, do not cross, don't walk, don't panic, nicht nur, non seulement, pas \
         encore, 没有尽头, 没有边际, trying to avoid, tries to avoid, false negative, negative space",
        Reach::Nothing,
    ),
];

/// Verbs and fillers between a negation and what it excludes.
pub const LEADS: Words = Words::of(
    "any show showing include including add adding use using have having put putting draw drawing make \
     making want be being contain containing depict display it them look looking to de du des der die \
     das den la le les el los las too so wearing holding : = ,",
);
/// Fillers after it.
pub const TAILS: Words = Words::of("please whatsoever anywhere visible shown allowed sein etc bitte");
/// "in the picture" adds nothing to an exclusion.
pub const CANVAS: Words = Words::of("image picture photo frame scene shot");
/// Words of a sentence whose only point is the negation ("there should be no…").
pub const CARRIERS: Words = Words::of(
    "there should be is are was with has have having and but or please it must make sure that contains \
     containing do does did can could would will i want to show showing we you so also absolutely \
     strictly ensure may some he she they he's she's it's the image picture photo die das der es soll",
);
/// The carriers that a negation also takes from a sentence that says something else.
pub const NEAR: Words = Words::of(
    "with and but or is are was be has have having there should must do does absolutely strictly also \
     that und mit",
);
/// After these the sentence is about what is wanted again.
pub const TURNS: Words = Words::of("but just instead because while only aber mais pero sondern");
/// Prepositions that go on describing the picture when the negation stood in mid-sentence.
pub const GOES_ON: Words = Words::of(
    "at during under with as by near beside through wearing holding standing sitting against behind \
     above across along surrounded en dans sur auf im bei am an",
);
/// "no people in the background" is one exclusion, "no people in the rain" is not.
pub const PARTS_OF_PICTURE: Words =
    Words::of("background foreground frame image picture scene shot corner photo middle sky face hair hands");
/// Words between two things that are both excluded.
pub const JOINERS: Words = Words::of("and or nor / & und oder noch ou et ni y o 和 或 与 及 や と");
/// Words that go on with a list of exclusions.
pub const ORS: Words = Words::of("or nor oder ni ou");
/// Words that show the next clause to be a wish again.
pub const DESCRIBES: Words = Words::of("a an the with in at use make just keep");
/// Japanese and Chinese particles that hang on a negation.
pub const PARTICLES: Words = Words::of("で の に は 的 地 だ く");
/// Particles after which a Japanese negation's phrase starts.
pub const PHRASE_STARTS: Words = Words::of("が は で に を て");

/// With one of these, "sin" means "without".
pub const SPANISH: Words = Words::of("el la los las una con en un de");

/// What a verb does to a thing, as the flaw it leaves: "don't blur the background" → "blurred background".
pub const FLAWS_OF_VERBS: [(&str, &str); 6] = [
    ("blur", "blurred"),
    ("crop", "cropped"),
    ("cut", "cut"),
    ("distort", "distorted"),
    ("deform", "deformed"),
    ("overexpose", "overexposed"),
];
