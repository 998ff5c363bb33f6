//! What holds for every request, profile and seed.

use openclaw_shared::params::{GenerationParams, SAMPLERS, SCHEDULERS};
use openclaw_shared::planner::PlannerRequest;
use openclaw_shared::profile::{Profile, PromptStyle};

use super::super::lexicon::is_function_word;
use super::super::{MAX_NEGATIVE, MAX_POSITIVE};
use super::{phrases, planned};

/// Requests without parameters and negations: every word of them is wanted.
const WISHES: &[[&str; 3]] = &[
    ["portrait of an old fisherman, weathered face, harbor at dawn", "moody, 35mm film", ""],
    ["A fox is sitting in the snow. It looks at the moon.", "watercolor, loose brushwork", ""],
    ["product shot of a matte black water bottle", "clean, minimal", ""],
    ["anime girl with silver hair under cherry blossoms", "makoto shinkai style, vibrant colors", ""],
    ["logo for a coffee roastery, a north star above a coffee bean", "flat vector, two colors", ""],
    ["wide mountain landscape with a lake, autumn forest, low clouds", "photorealistic", ""],
    ["ein alter Leuchtturm an der Küste bei Sturm", "Ölgemälde", ""],
    ["un renard dans la neige", "aquarelle", ""],
    ["ramen", "", ""],
    ["sports car, desert, noon, low angle", "Kodachrome", ""],
    ["A knight kneels before a sword in a ruined chapel. Shafts of light fall through the roof.", "", ""],
    ["macro photo of a dew drop on a blade of grass, morning", "", ""],
    ["isometric 3d render of a tiny bakery, pastel colors", "blender, soft shadows", ""],
    ["pixel art of a wizard's shop, potions", "", ""],
    ["two friends laughing at a table in Paris; candid; natural light; 50mm", "", ""],
    ["a dragon over a castle", "epic fantasy, dramatic", ""],
    ["black and white street photo, umbrella, rain", "film noir", ""],
    ["concept art of a floating city, waterfalls, airships, golden light", "", ""],
    ["subject: a red bicycle, background: brick wall, lighting: soft", "", ""],
    ["woman, 25 years old, red hair, denim jacket, golden hour, shot on Kodak Portra 400", "", ""],
];

/// Requests that also ask for parameters and exclude things.
const MIXED: &[[&str; 3]] = &[
    [
        "a street in Tokyo with no cars in the rain, neon signs, dpm++ 2m karras, cfg 5.5, 40 steps",
        "cinematic",
        "text",
    ],
    ["A cozy reading nook at night, a cat sleeping on books, 3:2", "", "no people, must be realistic"],
    ["a woman without makeup, close-up, not smiling, 832x1216", "black and white photography", "hats"],
    ["ein Haus ohne Menschen, Hochformat, nicht unscharf", "", "Text"],
    ["一只猫，没有文字，不要人物，16:9，30步", "水彩风格", ""],
    ["夜の街、人なし、横長", "", "文字"],
    ["logo, no text, draft, 1:1", "flat", "no gradients; photo"],
    ["a fox, 9000x9000, 5000 steps, cfg 99", "", "blurry, blurry, Blurry"],
];

const HOSTILE: &[&str] = &[
    "",
    " ",
    ",",
    "no",
    "no no no",
    "((((",
    "))))",
    "\"",
    "'",
    "“",
    "<a:",
    "{",
    "[]",
    "__",
    "--",
    "--ar",
    "--no",
    "16:",
    ":9",
    "x",
    "×",
    "no,",
    "without",
    "没有",
    "なし",
    "的",
    "BREAK",
    "BREAK BREAK",
    "embedding:",
    "\u{202e}\u{200b}",
    "1e999 steps",
    "0x0",
    "steps:",
    "cfg -5",
    "NaN:NaN",
    "🦊",
    "a\u{301}",
    "(no)",
    "()",
    "(:1.2)",
    "no text no text",
    "negative prompt:",
    "must",
    "keep",
    "only",
];

fn everything() -> impl Iterator<Item = (&'static Profile, [&'static str; 3])> {
    let requests = WISHES.iter().chain(MIXED).copied();
    let hostile = HOSTILE.iter().flat_map(|text| [[*text, "", ""], ["a fox", *text, *text]]);
    let everywhere = requests.flat_map(|words| Profile::ALL.iter().map(move |profile| (profile, words)));
    let writers = ["SDXL-v1", "Flux-Dev"].map(|id| Profile::find(id).expect("a known profile"));
    everywhere.chain(hostile.flat_map(move |words| writers.map(|profile| (profile, words))))
}

#[test]
fn the_same_request_gives_the_same_plan() {
    for (profile, words) in everything() {
        assert_eq!(planned(profile.id, words, 5), planned(profile.id, words, 5));
    }
}

#[test]
fn params_are_within_the_limits_of_every_profile() {
    for (profile, words) in everything() {
        let params = planned(profile.id, words, u64::MAX).params;
        let again =
            GenerationParams::from_untrusted(&serde_json::to_value(&params).unwrap(), profile, u64::MAX);
        assert_eq!(params, again, "{} {words:?}", profile.id);
        assert!(SAMPLERS.contains(&&*params.sampler_name) && SCHEDULERS.contains(&&*params.scheduler));
    }
}

#[test]
fn prompts_are_clean_bounded_and_never_empty() {
    for (profile, words) in everything() {
        let plan = planned(profile.id, words, 1);
        for (text, limit) in [(&plan.positive, MAX_POSITIVE), (&plan.negative, MAX_NEGATIVE)] {
            assert!(text.chars().count() <= limit);
            assert!(!text.contains(char::is_control) && !text.contains(['\u{202e}', '\u{200b}']), "{text:?}");
            assert!(!text.contains("  ") && text.trim() == text, "{text:?}");
            assert!(
                ![", ,", ",,", " ,", " .", ".."].iter().any(|slip| text.contains(slip)),
                "{words:?}: {text:?}"
            );
        }
        assert!(!plan.positive.is_empty(), "{} {words:?}", profile.id);
        assert!(profile.negative || plan.negative.is_empty());
    }
}

#[test]
fn no_phrase_is_there_twice() {
    for (profile, words) in everything().filter(|(_, words)| words.iter().all(|text| !text.contains("BREAK")))
    {
        let plan = planned(profile.id, words, 2);
        let positive = if profile.style == PromptStyle::Tags { phrases(&plan.positive) } else { vec![] };
        for list in [positive, phrases(&plan.negative)] {
            let mut unique = list.clone();
            unique.sort();
            unique.dedup();
            assert_eq!(unique.len(), list.len(), "{} {words:?}: {list:?}", profile.id);
        }
    }
}

#[test]
fn every_wanted_word_is_in_the_prompt_whatever_the_seed() {
    for words in WISHES {
        for (profile, seed) in Profile::ALL.iter().flat_map(|profile| [0, 1, 2].map(|seed| (profile, seed))) {
            let positive = planned(profile.id, *words, seed).positive.to_lowercase();
            for word in
                words[..2].iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '\''))
            {
                let word = word.to_lowercase();
                let label = matches!(word.as_str(), "subject" | "looks");
                let kept = is_function_word(&word) || label || positive.contains(&word);
                assert!(kept, "{} lost {word:?} of {words:?}: {positive}", profile.id);
            }
        }
    }
}

#[test]
fn nothing_wanted_is_in_the_negative_prompt() {
    for (profile, words) in
        WISHES.iter().flat_map(|words| Profile::ALL.iter().map(move |profile| (profile, *words)))
    {
        let asked = words.concat().to_lowercase();
        for phrase in phrases(&planned(profile.id, words, 0).negative) {
            assert!(
                !asked.split(|c: char| !c.is_alphanumeric()).any(|word| word == phrase),
                "{phrase}: {words:?}"
            );
        }
    }
}

#[test]
fn a_negation_never_reaches_the_prompt() {
    const NEGATIONS: [&str; 12] = [
        "no", "not", "without", "don't", "never", "avoid", "ohne", "kein", "nicht", "exclude", "nobody",
        "none",
    ];
    for (profile, words) in
        MIXED.iter().flat_map(|words| Profile::ALL.iter().map(move |profile| (profile, *words)))
    {
        let positive = planned(profile.id, words, 3).positive.to_lowercase();
        let negation =
            positive.split(|c: char| !c.is_alphanumeric() && c != '\'').find(|word| NEGATIONS.contains(word));
        assert_eq!(negation, None, "{} {words:?}: {positive}", profile.id);
        assert!(!["没有", "不要", "なし"].iter().any(|han| positive.contains(han)), "{positive}");
    }
}

#[test]
fn another_seed_varies_the_additions_and_nothing_that_was_asked() {
    for profile in Profile::ALL {
        let plan = |seed| planned(profile.id, ["a lighthouse on a cliff, 3:2, 10 steps", "", ""], seed);
        let mut prompts: Vec<String> = (0..16).map(|seed| plan(seed).positive).collect();
        assert!(prompts.iter().all(|prompt| prompt.to_lowercase().contains("lighthouse on a cliff")));
        prompts.sort();
        prompts.dedup();
        assert!(prompts.len() > 1, "{}: {prompts:?}", profile.id);
        let fixed = |seed| GenerationParams { seed: None, ..plan(seed).params };
        assert!((0..16).all(|seed| fixed(seed) == fixed(0)));
    }
}

#[test]
fn a_plan_of_phrases_planned_again_stays_as_it_is() {
    for words in WISHES.iter().chain(MIXED) {
        for profile in ["SDXL-v1", "SD15-v1"] {
            let first = planned(profile, *words, 4).positive;
            let again = planned(profile, [&first, "", ""], 4).positive;
            assert_eq!(again, first, "{profile} {words:?}");
        }
    }
}

#[test]
fn a_finished_prompt_is_left_alone() {
    let prose = "An elderly watchmaker leans over a cluttered oak workbench in a narrow shop, a brass loupe \
        pressed to one eye. Dust drifts through the pale light of a single window behind him, and dozens \
        of clocks hang on the wall, each showing a different hour. His fingers hold a tiny gear with \
        silver tweezers. The mood is quiet and patient, the colors muted browns and greens, the picture \
        shot on medium format film.";
    let tags = prose.replace(". ", ", ").trim_end_matches('.').to_owned();
    for profile in Profile::ALL {
        let text = if profile.style == PromptStyle::Tags { &tags } else { prose };
        assert_eq!(planned(profile.id, [text, "", ""], 9).positive, text, "{}", profile.id);
    }
}

#[test]
fn the_longest_request_is_planned_whole() {
    let sentence = "A grey wolf number {} crosses the frozen river. ";
    let text: String = (0..)
        .map(|n| sentence.replace("{}", &n.to_string()))
        .take(PlannerRequest::MAX_REQUIREMENTS / 50)
        .collect();
    for profile in Profile::ALL {
        let positive = planned(profile.id, [&text, "", ""], 0).positive;
        assert!(positive.contains("wolf number 0") && positive.contains("wolf number 150"), "{}", profile.id);
    }
}
