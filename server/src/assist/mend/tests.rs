mod wording;

use image::RgbImage;
use openclaw_shared::params::GenerationParams;
use serde_json::{Value, json};

use super::*;
use crate::assist::picture::from_bytes;
use crate::assist::picture::samples::{Chunk, disc, gradient, noise, png, png_with_texts, solid};

/// The parts of a request that differ between tests.
#[derive(Default, Clone)]
struct Case {
    issue: &'static str,
    goal: &'static str,
    positive: &'static str,
    negative: &'static str,
    params: &'static str,
    image: Option<RgbImage>,
}

fn refined(case: &Case, profile: &str) -> RefinerResult {
    let request = RefinerRequest {
        issue: case.issue.into(),
        goal: case.goal.into(),
        orig_positive: case.positive.into(),
        orig_negative: case.negative.into(),
        params_json: case.params.into(),
        ..RefinerRequest::default()
    };
    let picture = case.image.clone().map(|image| from_bytes(&png(image)).unwrap());
    refine(&request, picture.as_ref(), Profile::find(profile).unwrap())
}

fn patch(issue: &'static str, goal: &'static str, params: &'static str, profile: &str) -> Value {
    refined(&Case { issue, goal, params, positive: "a cat", ..Case::default() }, profile).param_patch.into()
}

#[test]
fn only_what_should_change_is_patched_relative_to_the_present() {
    let at = r#"{"width":1024,"height":1024,"steps":24,"cfg":7,"sampler_name":"euler","seed":5}"#;
    for (issue, goal, params, profile, expected) in [
        ("hands_bad", "", at, "SDXL-v1", json!({"steps": 30, "width": 1176, "height": 1176})),
        ("anatomy_off", "", at, "SDXL-v1", json!({"steps": 30})),
        (
            "hands_bad, face_bad, low_detail",
            "",
            at,
            "SDXL-v1",
            json!({"steps": 30, "width": 1176, "height": 1176}),
        ),
        ("hands_bad", "", r#"{"steps":"36","width":1248,"height":1248}"#, "SDXL-v1", json!({})),
        ("hands_bad", "", r#"{"steps":500,"width":9000,"height":9000}"#, "SDXL-v1", json!({})),
        ("hands_bad", "", "", "SD15-v1", json!({"steps": 32, "width": 584, "height": 584})),
        (
            "low_detail",
            "",
            r#"{"width":512,"height":512}"#,
            "Flux-Dev",
            json!({"steps": 35, "width": 1024, "height": 1024}),
        ),
        ("low_detail", "", "[1]", "Flux-Schnell", json!({"steps": 5, "width": 1168, "height": 1168})),
        ("style_drift", "", at, "SDXL-v1", json!({"cfg": 8.0})),
        ("style_drift", "", r#"{"cfg_scale":"9.5"}"#, "SDXL-v1", json!({"cfg": 9.8})),
        ("style_drift", "", r#"{"cfg":12}"#, "SDXL-v1", json!({})),
        ("style_drift", "", "", "Flux-Schnell", json!({})),
        ("style_drift", "", "", "Qwen-Image", json!({"cfg": 3.0})),
        ("text_artifacts", "", at, "SDXL-v1", json!({})),
        ("lighting_off", "", at, "SDXL-v1", json!({})),
        ("other", "portrait format", at, "SDXL-v1", json!({"width": 832, "height": 1248})),
        ("other", "landscape format", r#"{"width":1216,"height":832}"#, "SDXL-v1", json!({})),
        (
            "other",
            "square",
            r#"{"width":1216,"height":832}"#,
            "SDXL-v1",
            json!({"width": 1000, "height": 1000}),
        ),
        ("other", "faster", at, "SDXL-v1", json!({"steps": 17})),
        ("other", "another seed", at, "SDXL-v1", json!({"seed": 6})),
        ("other", "another seed", r#"{"seed":18446744073709551614}"#, "SDXL-v1", json!({"seed": u64::MAX})),
        ("other", "another seed", "{}", "SDXL-v1", json!({})),
        ("hands_bad", "keep the size, and no more steps", at, "SDXL-v1", json!({})),
        ("hands_bad", "keep all parameters", at, "SDXL-v1", json!({})),
        ("hands_bad", "same resolution", at, "SDXL-v1", json!({"steps": 30})),
    ] {
        assert_eq!(patch(issue, goal, params, profile), expected, "{issue} / {goal} / {params} / {profile}");
    }
}

#[test]
fn patches_stay_within_every_familys_limits_and_never_repeat_the_present() {
    let goals = ["", "portrait format", "larger, more steps", "another seed, looser", "wider, sharper"];
    for profile in Profile::ALL {
        for issue in Issue::ALL {
            for (goal, params) in goals.iter().flat_map(|goal| {
                [(*goal, "{}"), (*goal, r#"{"width":64,"height":9999,"steps":0,"cfg":-3,"seed":1}"#)]
            }) {
                let case = Case { issue: issue.as_str(), goal, params, positive: "a dog", ..Case::default() };
                let patch = refined(&case, profile.id).param_patch;
                assert!(patch.keys().all(|name| GenerationParams::FIELDS.contains(&name.as_str())));
                let whole = GenerationParams::from_untrusted(&Value::Object(patch.clone()), profile, 0);
                let whole = serde_json::to_value(whole).unwrap();
                let given: Value = serde_json::from_str(params).unwrap();
                for (name, value) in patch.iter().filter(|(name, _)| *name != "seed") {
                    let both = patch.contains_key("width") == patch.contains_key("height");
                    assert!(!both || &whole[name] == value, "{} {name} {value}", profile.id);
                    assert_ne!(&given[name], value, "{} {name}", profile.id);
                }
            }
        }
    }
}

#[test]
fn the_file_says_what_the_person_does_not() {
    let text = "a cat\nSteps: 20, Sampler: Euler, CFG scale: 5, Seed: 41, Size: 640x640";
    let picture = from_bytes(&png_with_texts(&[(Chunk::Text, "parameters", text)])).unwrap();
    let mut request = RefinerRequest {
        issue: "style_drift, hands_bad".into(),
        goal: "another seed".into(),
        ..RefinerRequest::default()
    };
    let profile = Profile::find("SDXL-v1").unwrap();
    let patch =
        |request: &RefinerRequest| Value::Object(refine(request, Some(&picture), profile).param_patch);
    let grown = json!({"cfg": 6.0, "steps": 25, "width": 1024, "height": 1024, "seed": 42});
    assert_eq!(patch(&request), grown);
    request.params_json = r#"{"seed": 7, "cfg": 7}"#.into();
    assert_eq!(patch(&request)["seed"], 8);
    assert_eq!(patch(&request)["cfg"], 8.0);
}

#[test]
fn measurements_decide_where_words_alone_cannot() {
    for (issue, positive, image, expected, said) in [
        ("lighting_off", "a cat", solid(64, 64, [25; 3]), "bright lighting", "is dark"),
        ("lighting_off", "a cat at night", solid(64, 64, [25; 3]), "soft fill light", "is dark"),
        ("lighting_off", "a cat", solid(64, 64, [240; 3]), "balanced exposure", "is very bright"),
        ("lighting_off", "a cat", solid(64, 64, [120; 3]), "directional light", "little contrast"),
        (
            "lighting_off",
            "a cat",
            gradient(600, 64, [0; 3], [255; 3]),
            "gentle shadows",
            "very strong contrast",
        ),
        (
            "composition_off",
            "a cat",
            disc(400, 400, (15, 15), [200; 3], [9, 9, 99]),
            "centred subject",
            "off centre",
        ),
        (
            "composition_off",
            "a cat",
            disc(400, 400, (50, 50), [200; 3], [9, 9, 99]),
            "rule of thirds",
            "in the centre",
        ),
        ("composition_off", "a cat", noise(300, 300), "clear focal point", "whole frame"),
        ("low_detail", "a cat", gradient(600, 600, [90; 3], [160; 3]), "sharp focus", "is soft"),
        ("low_detail", "a cat", noise(512, 512), "clean rendering", "is grainy"),
        ("other", "a cat", solid(64, 64, [20; 3]), "bright lighting", "is dark"),
        ("Fix issues", "a cat", solid(64, 64, [20; 3]), "bright lighting", "is dark"),
    ] {
        let result = refined(&Case { issue, positive, image: Some(image), ..Case::default() }, "SDXL-v1");
        assert!(result.refined_positive.contains(expected), "{expected}: {}", result.refined_positive);
        assert!(result.rationale.contains(said), "{said}: {}", result.rationale);
    }
    let night = Case {
        issue: "other",
        positive: "a street at night",
        image: Some(solid(64, 64, [20; 3])),
        ..Case::default()
    };
    assert!(
        !refined(&night, "SDXL-v1").refined_positive.contains("bright lighting"),
        "night is meant to be dark"
    );
}

#[test]
fn pictures_burnt_by_guidance_get_less_of_it() {
    let image =
        RgbImage::from_fn(256, 256, |x, _| image::Rgb(if x < 128 { [255, 250, 0] } else { [15, 0, 40] }));
    let case = Case {
        issue: "style_drift",
        positive: "a cat",
        params: r#"{"cfg":9}"#,
        image: Some(image),
        ..Case::default()
    };
    let result = refined(&case, "SDXL-v1");
    assert_eq!(Value::Object(result.param_patch), json!({"cfg": 8.0}));
    assert!(result.rationale.contains("garish"), "{}", result.rationale);
}

#[test]
fn a_full_figure_wants_a_tall_frame() {
    let case = Case {
        issue: "composition_off",
        positive: "full body shot of a knight",
        params: r#"{"width":1216,"height":832}"#,
        ..Case::default()
    };
    assert_eq!(Value::Object(refined(&case, "SDXL-v1").param_patch), json!({"width": 816, "height": 1224}));
}

#[test]
fn the_rationale_is_short_and_says_that_no_model_looked() {
    for issue in Issue::ALL {
        for image in [None, Some(solid(32, 32, [10; 3])), Some(noise(64, 64))] {
            let case = Case {
                issue: issue.as_str(),
                goal: "warmer, and something about the general feel of it all that nobody knows",
                positive: "a cat",
                image,
                ..Case::default()
            };
            for profile in ["SDXL-v1", "Flux-Dev"] {
                let result = refined(&case, profile);
                let sentences = result.rationale.split(". ").count();
                assert!((1..=3).contains(&sentences), "{}", result.rationale);
                assert!(
                    result.rationale.contains("no model looked")
                        || result.rationale.contains("No model looked")
                );
                assert_eq!(result, refined(&case, profile), "the same again");
            }
        }
    }
}
