//! Realistic requests, one rule or more each.

use serde_json::{Value, json};

use super::{phrases, planned};

/// Checks the members that `expected` names: `says` and `never` are about the positive prompt, `excludes` and
/// `keeps` about phrases of the negative one, everything else about the parameters.
fn check(profile: &str, words: [&str; 3], expected: &Value) {
    let plan = planned(profile, words, 7);
    let context = format!("{profile} {words:?}\n+ {}\n- {}\n{:?}", plan.positive, plan.negative, plan.params);
    let list = |name: &str| -> Vec<String> {
        let entries = expected.get(name).and_then(Value::as_array).into_iter().flatten();
        entries.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (positive, negative) = (plan.positive.to_lowercase(), phrases(&plan.negative));
    for text in list("says") {
        assert!(positive.contains(&text.to_lowercase()), "should say {text:?}: {context}");
    }
    for text in list("never") {
        assert!(!positive.contains(&text.to_lowercase()), "should not say {text:?}: {context}");
    }
    for phrase in list("excludes") {
        assert!(negative.contains(&phrase), "should exclude {phrase:?}: {context}");
    }
    for phrase in list("keeps") {
        assert!(!negative.contains(&phrase), "should not exclude {phrase:?}: {context}");
    }
    let params = serde_json::to_value(&plan.params).unwrap();
    let asked = ["says", "never", "excludes", "keeps"];
    for (name, want) in
        expected.as_object().unwrap().iter().filter(|(name, _)| !asked.contains(&name.as_str()))
    {
        assert_eq!(&params[name], want, "{name}: {context}");
    }
}

#[test]
fn a_list_of_words_becomes_phrases_or_a_sentence() {
    let words = ["red fox, snowy forest, dawn, soft light, 35mm film", "", ""];
    check("SDXL-v1", words, &json!({"says": ["red fox, snowy forest, dawn", "soft light, 35mm film"]}));
    check(
        "Flux-Dev",
        words,
        &json!({"says": ["A red fox in a snowy forest at dawn. It is lit by soft light. Shot on 35mm"]}),
    );
}

#[test]
fn a_polite_sentence_becomes_its_wish() {
    let words = [
        "Could you draw me a picture of a fox in the snow? It should look like a watercolor. Make it 16:9.",
        "",
        "",
    ];
    check(
        "SDXL-v1",
        words,
        &json!({"says": ["fox in the snow, watercolor"], "never": ["draw", "picture"], "width": 1344}),
    );
    check("Qwen-Image", words, &json!({"says": ["A fox in the snow", "watercolor"], "width": 1664}));
}

#[test]
fn sizes_and_shapes_become_trained_resolutions() {
    for (words, size) in [
        ("a fox, 1216x832", [1216, 832]),
        ("a fox at 832 × 1216", [832, 1216]),
        ("a fox, 1024 by 768 pixels", [1024, 768]),
        ("a fox, 768px square", [768, 768]),
        ("a fox, 16:9", [1344, 768]),
        ("a fox, aspect ratio 9:16", [768, 1344]),
        ("a fox in 3:2", [1216, 832]),
        ("a fox, 2.39:1", [1536, 640]),
        ("a fox --ar 2:3", [832, 1216]),
        ("a fox, portrait orientation", [832, 1216]),
        ("phone wallpaper of a fox", [768, 1344]),
        ("a fox, widescreen", [1344, 768]),
        ("a fox, square", [1024, 1024]),
        ("ein Fuchs im Hochformat", [832, 1216]),
        ("狐狸，竖版", [832, 1216]),
        ("狐、横長", [1216, 832]),
        ("poster of a fox", [832, 1216]),
        ("portrait of a fox", [896, 1152]),
        ("logo of a fox", [1024, 1024]),
    ] {
        check(
            "SDXL-v1",
            [words, "", ""],
            &json!({"width": size[0], "height": size[1], "never": ["16:9", "wallpaper", "--ar", "832"]}),
        );
    }
    check("SD15-v1", ["a fox, 16:9", "", ""], &json!({"width": 896, "height": 512}));
    check("SD15-v1", ["a fox, 1920x1080", "", ""], &json!({"width": 1024, "height": 576}));
    check("Flux-Dev", ["a fox, 16:9", "", ""], &json!({"width": 1360, "height": 768}));
}

#[test]
fn numbers_that_are_part_of_the_picture_stay() {
    check("SDXL-v1", ["a staircase with 20 steps", "", ""], &json!({"says": ["20 steps"], "steps": 24}));
    check(
        "SDXL-v1",
        ["a clock that shows 10:30, a 3x3 grid", "", ""],
        &json!({"says": ["10:30", "3x3"], "width": 1024}),
    );
    check(
        "SDXL-v1",
        ["portrait of Leonhard Euler", "", ""],
        &json!({"says": ["Leonhard Euler"], "sampler_name": "euler"}),
    );
    check(
        "SDXL-v1",
        ["a fast car, Chanel No. 5", "", ""],
        &json!({"says": ["fast car", "No. 5"], "steps": 24}),
    );
}

#[test]
fn sampler_steps_and_guidance_are_read() {
    check(
        "SDXL-v1",
        ["a fox, dpm++ 2m karras, cfg 5.5, 40 steps", "", ""],
        &json!({
            "sampler_name": "dpmpp_2m", "scheduler": "karras", "cfg": 5.5, "steps": 40,
            "never": ["dpm", "karras", "cfg", "steps"],
        }),
    );
    check("SDXL-v1", ["a fox, euler a", "", ""], &json!({"sampler_name": "euler_ancestral"}));
    check(
        "SDXL-v1",
        ["a fox", "", "steps: 30\nguidance scale: 4\nsampler: uni_pc\nscheduler: beta"],
        &json!({
            "steps": 30, "cfg": 4.0, "sampler_name": "uni_pc", "scheduler": "beta", "keeps": ["steps: 30"],
        }),
    );
    check("SDXL-v1", ["a fox, quick draft", "", ""], &json!({"steps": 14, "never": ["draft"]}));
    check("SDXL-v1", ["a fox, final render", "", ""], &json!({"steps": 34}));
    check("Flux-Schnell", ["a fox, 50 steps, cfg 9", "", ""], &json!({"steps": 12, "cfg": 2.0}));
    check(
        "SDXL-v1",
        ["一只狐狸，30步", "", ""],
        &json!({"steps": 30, "says": ["一只狐狸"], "never": ["步"]}),
    );
}

#[test]
fn settings_pasted_from_an_image_are_taken_apart() {
    let pasted = "1girl, (blue eyes:1.2), <lora:detail:0.8>, castle\nNegative prompt: lowres, bad hands,\n\
        Steps: 28, Sampler: DPM++ 2M SDE Karras, CFG scale: 6.5, Seed: 12, Size: 832x1216, Model hash: a1";
    check(
        "SDXL-v1",
        [pasted, "", ""],
        &json!({
            "says": ["1girl, (blue eyes:1.2)", "<lora:detail:0.8>"], "never": ["hash", "lowres", "seed"],
            "excludes": ["lowres", "bad hands"], "steps": 28, "cfg": 6.5,
            "sampler_name": "dpmpp_2m_sde", "scheduler": "karras",
            "width": 832, "height": 1216, "seed": 7,
        }),
    );
}

#[test]
fn exclusions_leave_the_prompt_and_enter_the_negative() {
    for (words, phrase, left) in [
        ("a street, no people", "people", "street"),
        ("a street without any cars at night", "cars", "street at night"),
        ("a fox, not blurry", "blurry", "fox"),
        ("a fox. Don't show hands.", "hands", "fox"),
        ("a fox, avoid blur, text and watermarks", "watermarks", "fox"),
        ("a fox. There should be no text in the picture.", "text", "fox"),
        ("a fox (no text)", "text", "fox"),
        ("a fox --no text, hats", "hats", "fox"),
        ("a landscape with nobody in it", "people", "landscape"),
        ("a cat instead of a dog", "dog", "cat"),
        ("ein Haus ohne Menschen", "people", "haus"),
        ("un chat sans texte", "text", "chat"),
        ("un gato sin personas en la calle", "people", "gato"),
        ("一只猫，没有文字", "text", "一只猫"),
        ("没有人的街道", "people", "街道"),
        ("猫の絵、文字なし", "text", "猫の絵"),
        ("人のいない街", "people", "街"),
        ("고양이, 텍스트 없음", "text", "고양이"),
    ] {
        check(
            "SDXL-v1",
            [words, "", ""],
            &json!({
                "says": [left], "excludes": [phrase],
                "never": [
                    "without", "don't", "nobody", "avoid", "ohne", "sans", "没有", "なし", "いない", "없음", "--no",
                    "instead",
                ],
            }),
        );
    }
}

#[test]
fn words_that_only_look_like_negations_stay() {
    check(
        "SDXL-v1",
        ["not only cats but also dogs", "", ""],
        &json!({"says": ["cats", "dogs"], "keeps": ["only cats"]}),
    );
    check(
        "SDXL-v1",
        ["a sign reading \"NO PARKING\"", "", ""],
        &json!({"says": ["\"NO PARKING\""], "keeps": ["text", "parking"]}),
    );
    check(
        "SDXL-v1",
        ["no smoking sign on a wall", "", ""],
        &json!({"says": ["no smoking sign"], "keeps": ["smoking sign"]}),
    );
    check("SDXL-v1", ["sin city skyline", "", ""], &json!({"says": ["sin city skyline"]}));
    check("SDXL-v1", ["无人机航拍城市", "", ""], &json!({"says": ["无人机航拍城市"]}));
}

#[test]
fn constraints_are_exclusions_unless_they_state_a_fact() {
    let words = [
        "a cat",
        "",
        "text, hats\nmust have a blue collar\nkeep the background white\nthe cat must be black; 3:2; dogs",
    ];
    check(
        "SDXL-v1",
        words,
        &json!({
            "says": ["blue collar", "white background", "the cat is black"],
            "never": ["must", "text", "hats"],
            "excludes": ["text", "hats", "dogs"], "width": 1216,
        }),
    );
    check(
        "Flux-Dev",
        words,
        &json!({"says": ["A cat, with a blue collar", "white background"], "never": ["hats", "dogs"]}),
    );
    check(
        "SDXL-v1",
        ["a cat", "", "soft light; only one cat; cartoon"],
        &json!({"says": ["soft light", "only one cat"], "excludes": ["cartoon"]}),
    );
}

#[test]
fn families_without_a_negative_prompt_get_the_wish_rephrased() {
    check(
        "Flux-Dev",
        ["a street in Tokyo, no people, no cars", "", ""],
        &json!({"says": ["deserted", "The streets are quiet and empty"], "never": ["people", "cars"]}),
    );
    check(
        "Flux-Dev",
        ["portrait of a woman", "", "smile, makeup"],
        &json!({"says": ["serious and calm", "bare and natural"], "never": ["smile", "makeup"]}),
    );
    check("Z-Image-Turbo", ["a shop window", "", "text"], &json!({"never": ["text"]}));
    check("Flux-Dev", ["a woman", "", "elephants"], &json!({"never": ["elephants"]}));
    check(
        "Z-Image-Turbo",
        ["夜晚的街道，没有人", "", ""],
        &json!({"says": ["夜晚的街道", "环境空旷静谧"], "never": ["没有"]}),
    );
}

#[test]
fn a_negative_prompt_never_names_what_is_wanted() {
    check("SDXL-v1", ["poster with the text \"SALE\"", "", ""], &json!({"keeps": ["text", "signature"]}));
    check("SDXL-v1", ["cartoon of a cat", "", ""], &json!({"keeps": ["cartoon", "illustration"]}));
    check("SDXL-v1", ["a blurry photo of a ghost", "", ""], &json!({"keeps": ["blurry"]}));
    check(
        "SDXL-v1",
        ["a man at a crossroads, no people", "", ""],
        &json!({"excludes": ["other people"], "keeps": ["people"]}),
    );
    check("SDXL-v1", ["a teapot", "", ""], &json!({"keeps": ["bad anatomy", "extra fingers"]}));
    check("SDXL-v1", ["a dancer", "", ""], &json!({"excludes": ["bad anatomy"]}));
}

#[test]
fn additions_never_contradict_the_request() {
    for seed_words in ["", ", red", ", blue", ", old", ", tall"] {
        let with = |text: &str| text.replace("{}", seed_words);
        check(
            "SDXL-v1",
            [&with("anime girl{} in a garden"), "", ""],
            &json!({"never": ["lens", "photo", "bokeh", "realistic"]}),
        );
        check(
            "SDXL-v1",
            [&with("watercolor of a house{}"), "", ""],
            &json!({"never": ["lens", "photo", "sharp"]}),
        );
        check(
            "SDXL-v1",
            [&with("a house{} at night"), "", ""],
            &json!({"never": ["morning", "golden", "daylight", "sun"]}),
        );
        check(
            "SDXL-v1",
            [&with("mountains{}, everything in focus"), "", ""],
            &json!({"never": ["shallow", "bokeh"]}),
        );
        check(
            "Flux-Dev",
            [&with("a forest{} in fog, black and white"), "", ""],
            &json!({"never": ["golden", "warm", "color"]}),
        );
        check(
            "Flux-Dev",
            [&with("a minimalist logo{} of a fox"), "", ""],
            &json!({"never": ["lens", "photographed", "light", "intricate"]}),
        );
    }
}

#[test]
fn other_programs_syntax_and_quotes_are_kept_verbatim() {
    let words = [
        "<lora:style_v2:0.8>, (red hair:1.3), embedding:easynegative, sign \"Café No. 7, open\", {day|night}",
        "",
        "",
    ];
    let kept = [
        "<lora:style_v2:0.8>",
        "(red hair:1.3)",
        "embedding:easynegative",
        "\"Café No. 7, open\"",
        "{day|night}",
    ];
    for profile in ["SDXL-v1", "SD15-v1", "Flux-Dev", "Qwen-Image"] {
        check(profile, words, &json!({"says": kept}));
    }
    check(
        "SDXL-v1",
        ["a fox, red BREAK a wolf, grey", "", ""],
        &json!({"says": ["fox, red BREAK a wolf, grey"]}),
    );
}

#[test]
fn chinese_and_japanese_pass_whole_and_are_answered_in_kind() {
    check(
        "Qwen-Image",
        ["一只橘猫坐在窗台上，窗外下着雨，16:9", "水彩风格", "文字"],
        &json!({
            "says": ["一只橘猫坐在窗台上，窗外下着雨。水彩风格。"], "never": ["light", "16:9"],
            "excludes": ["text"], "width": 1664,
        }),
    );
    check(
        "Flux-Dev",
        ["夕焼けの海辺に立つ少女、長い髪、縦長", "アニメ風", ""],
        &json!({
            "says": ["夕焼けの海辺に立つ少女、長い髪。アニメ風。"], "never": ["the ", "縦長"], "width": 832,
        }),
    );
}

#[test]
fn a_brief_prompt_for_sd15_fits_its_text_encoder() {
    let plan = planned(
        "SD15-v1",
        ["portrait of an old fisherman mending a net, harbor at dawn", "moody, 35mm film", ""],
        3,
    );
    let words = plan.positive.split([' ', ',']).filter(|word| !word.is_empty()).count();
    assert!(words <= 60, "{words} words: {}", plan.positive);
}

#[test]
fn a_request_of_parameters_alone_still_makes_a_prompt() {
    for profile in ["SDXL-v1", "Flux-Dev"] {
        let plan = planned(profile, ["16:9, 30 steps, no text", "", ""], 0);
        assert!(!plan.positive.is_empty() && plan.params.steps >= 12, "{plan:?}");
    }
}
