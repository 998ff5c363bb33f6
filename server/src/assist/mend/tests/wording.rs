use super::*;

fn words(case: &Case, profile: &str) -> (String, String) {
    let result = refined(case, profile);
    (result.refined_positive, result.refined_negative)
}

#[test]
fn every_issue_adds_words_of_its_own() {
    for (issue, positive, negative) in [
        ("hands_bad", "five fingers on each hand", "extra fingers"),
        ("face_bad", "symmetrical eyes", "deformed face"),
        ("anatomy_off", "correct anatomy", "extra limbs"),
        ("lighting_off", "soft natural light", "harsh lighting"),
        ("composition_off", "balanced composition", "cropped"),
        ("style_drift", "consistent style", "mixed styles"),
        ("text_artifacts", "plain unmarked surfaces", "watermark"),
        ("low_detail", "fine texture", "blurry"),
        (" Hands_Bad ", "detailed hands", "bad hands"),
        ("the left hand has six fingers", "detailed hands", "bad hands"),
        ("weird eyes; blurry", "sharp focus", "cross-eyed"),
        ("too dark", "bright lighting", "underexposed"),
        ("washed out", "strong contrast", "flat lighting"),
    ] {
        let (plus, minus) = words(&Case { issue, positive: "a person", ..Case::default() }, "SDXL-v1");
        assert!(plus.starts_with("a person, ") && plus.contains(positive), "{issue}: {plus}");
        assert!(minus.contains(negative), "{issue}: {minus}");
    }
}

#[test]
fn families_get_their_own_kind_of_words() {
    let case = Case { issue: "hands_bad", positive: "A woman waves", negative: "grain", ..Case::default() };
    let check = |profile: &str, plus: &str, minus: &str| {
        assert_eq!(words(&case, profile), (plus.to_owned(), minus.to_owned()), "{profile}");
    };
    let tags = "A woman waves, detailed hands, five fingers on each hand, natural hand pose";
    let prose = "A woman waves. The hands are natural and carefully drawn, with five fingers on each.";
    let minus = "grain, bad hands, extra fingers, missing fingers, fused fingers";
    check("SD15-v1", tags, minus);
    check("SD35-Large", prose, minus);
    // A person's negative prompt stays theirs, even where it has no effect.
    check("Flux-Dev", prose, "grain");
    check("Z-Image-Turbo", prose, "grain");
}

#[test]
fn the_original_wording_stays_with_its_weights_and_files() {
    let positive = "masterpiece, (red dress:1.2),\n[fog], <lora:film:0.7>, embedding:good_v2 BREAK {a|b}, ";
    let case = Case { issue: "hands_bad", positive, negative: "(bad hands:1.4)", ..Case::default() };
    let (plus, minus) = words(&case, "SDXL-v1");
    assert!(plus.starts_with(positive.trim_end_matches([',', ' '])), "{plus}");
    assert_eq!(minus, "(bad hands:1.4), extra fingers, missing fingers, fused fingers");
    let (empty, _) = words(&Case { issue: "hands_bad", ..Case::default() }, "SDXL-v1");
    assert!(empty.starts_with("detailed hands, "), "{empty}");
    for (before, after) in [
        ("A sign reads \"OPEN\"", "\"OPEN\". The"),
        ("It rains.", "rains. The"),
        ("", "The"),
        ("A fox <lora:a:1>", "1> The"),
    ] {
        let (plus, _) = words(&Case { issue: "hands_bad", positive: before, ..Case::default() }, "Flux-Dev");
        assert!(plus.contains(after), "{plus}");
    }
}

#[test]
fn nothing_is_said_twice_or_against_itself() {
    let again = |profile: &str, issue: &'static str| {
        let first = words(&Case { issue, positive: "A cat", ..Case::default() }, profile);
        let request = RefinerRequest {
            issue: issue.into(),
            orig_positive: first.0.clone(),
            orig_negative: first.1.clone(),
            ..RefinerRequest::default()
        };
        let second = refine(&request, None, Profile::find(profile).unwrap());
        assert_eq!((second.refined_positive, second.refined_negative), first, "{profile} {issue}");
    };
    for issue in Issue::ALL {
        again("SDXL-v1", issue.as_str());
        again("Qwen-Image", issue.as_str());
    }
    let sign = Case { issue: "text_artifacts", positive: "a neon sign with text", ..Case::default() };
    let (plus, minus) = words(&sign, "SDXL-v1");
    assert!(
        plus.contains("legible lettering") && !minus.split(", ").any(|word| word == "text"),
        "{plus} / {minus}"
    );
    let bokeh = Case { issue: "low_detail", positive: "portrait, blurry background", ..Case::default() };
    assert!(!words(&bokeh, "SDXL-v1").1.split(", ").any(|word| word == "blurry"), "the person wants blur");
    let unwanted =
        Case { issue: "low_detail", positive: "a cat", negative: "sharp focus", ..Case::default() };
    assert!(!words(&unwanted, "SDXL-v1").0.contains("sharp focus"), "the person does not want it");
}

#[test]
fn the_goal_is_respected() {
    for (issue, goal, positive, negative) in [
        ("other", "warmer", "a cat, warm light", "cold light"),
        ("other", "add a red hat and a scarf", "a cat, a red hat, a scarf", ""),
        ("other", "cinematic evening mood", "a cat, cinematic evening mood", ""),
        ("other", "make it look like a postcard", "a cat, a postcard", ""),
        ("other", "remove the people and any cars", "a cat", "people, cars"),
        ("other", "Please fix the issues.", "a cat", ""),
        ("face_bad", "don't touch the face", "a cat", ""),
        ("hands_bad", "keep the prompt", "a cat", "bad hands, extra fingers, missing fingers, fused fingers"),
        (
            "hands_bad",
            "leave the negative prompt alone",
            "a cat, detailed hands, five fingers on each hand, natural hand pose",
            "",
        ),
        (
            "lighting_off",
            "darker",
            "a cat, low-key lighting, deep shadows",
            "overexposed, blown out highlights",
        ),
        (
            "other",
            "better eyes",
            "a cat, detailed face, symmetrical eyes, clear gaze",
            "deformed face, asymmetrical eyes, cross-eyed, distorted features",
        ),
    ] {
        let case = Case { issue, goal, positive: "a cat", ..Case::default() };
        assert_eq!(words(&case, "SDXL-v1"), (positive.to_owned(), negative.to_owned()), "{issue} / {goal}");
    }
    let prose = Case { goal: "add a red hat", issue: "other", positive: "A cat sleeps.", ..Case::default() };
    assert_eq!(words(&prose, "Flux-Dev").0, "A cat sleeps. A red hat.");
    let vague = Case {
        goal: "I think that the client would rather like something with more of a feeling of old money",
        ..Case::default()
    };
    assert!(refined(&vague, "SDXL-v1").rationale.contains("no rule knows"));
}

#[test]
fn media_are_named_again_against_drift() {
    for (positive, plus, minus) in [
        ("an oil painting of a harbour", "consistent oil painting style", "photo"),
        ("anime girl", "consistent anime style", "3d render"),
        ("photo of a dog", "consistent photographic look", "illustration"),
        ("a dog", "consistent style", "mixed styles"),
    ] {
        let result = words(&Case { issue: "style_drift", positive, ..Case::default() }, "SDXL-v1");
        assert!(result.0.contains(plus) && result.1.contains(minus), "{result:?}");
    }
}

#[test]
fn hostile_words_are_tamed_and_bounded() {
    let long = "x, ".repeat(20_000);
    let goal = "add y, ".repeat(5000);
    let request = RefinerRequest {
        issue: "hands_bad,".repeat(10_000),
        goal,
        orig_positive: format!("a\u{0}b\u{1b}[31m\u{202e}c\td\n{long}"),
        orig_negative: long,
        params_json: "[".repeat(100_000),
        ..RefinerRequest::default()
    };
    for profile in Profile::ALL {
        let result = refine(&request, None, profile);
        for text in [&result.refined_positive, &result.refined_negative, &result.rationale] {
            assert!(text.chars().count() <= 10_000);
            assert!(!text.chars().any(|c| c != '\n' && c.is_control() || c == '\u{202e}'));
        }
        assert!(result.refined_positive.starts_with("ab[31mc d\nx"));
    }
}
