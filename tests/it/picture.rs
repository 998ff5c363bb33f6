use openclaw_tests::{FakeLlm, Reply, TestApp};
use reqwest::StatusCode;
use serde_json::json;

/// 64 × 64 pixels, orange fading to brown.
const PICTURE: &str = include_str!("../fixtures/gradient.png.b64");
/// A PNG of a few bytes whose header promises 10,000 × 10,000 pixels.
const HUNDRED_MEGAPIXELS: &str =
    "iVBORw0KGgoAAAANSUhEUgAAJxAAACcQCAIAAAA1LPVwAAAACElEQVR4nAMAAAAAAUgGidIAAAAASUVORK5CYII=";

#[tokio::test]
async fn without_a_model_a_picture_is_measured_and_says_so() {
    let app = TestApp::start(&[]).await;
    let request = json!({"image_b64": PICTURE, "detail_level": "high"});
    let (status, body) = app.post("/openclaw/assist/image-to-prompt", &request).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body["caption"].as_str().unwrap().contains("without a vision model"), "{body}");
    assert!(!body["prompt_suggestion"].as_str().unwrap().is_empty(), "{body}");
}

#[tokio::test]
async fn without_a_model_prompts_are_refined_by_rules() {
    let app = TestApp::start(&[]).await;
    let request = json!({
        "image_b64": format!("data:image/png;base64,{PICTURE}"),
        "orig_positive": "portrait of a <lora:x:0.8> pianist", "orig_negative": "blur", "issue": "hands_bad",
        "params_json": "{\"steps\": 20}",
    });
    let (status, body) = app.post("/openclaw/assist/refiner", &request).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body["refined_positive"].as_str().unwrap().contains("<lora:x:0.8>"), "{body}");
    assert!(body["refined_negative"].as_str().unwrap().contains("hand"), "{body}");
    assert!(body["rationale"].as_str().unwrap().len() > 20, "{body}");
}

#[tokio::test]
async fn a_model_sees_the_picture_once_and_its_answer_is_clamped() {
    let answer = json!({"refined_positive": "p", "refined_negative": "n", "param_patch": {"steps": 999, "x": 1}, "rationale": "r"});
    let llm = FakeLlm::start([Reply::openai(&[&answer.to_string()])]).await;
    let app = TestApp::with_openai(&llm.url).await;
    let request = json!({"image_b64": PICTURE, "orig_positive": "a cat"});
    let (status, body) = app.post("/openclaw/assist/refiner", &request).await;
    assert_eq!((status, &body["param_patch"]), (StatusCode::OK, &json!({"steps": 100})), "{body}");
    let asked = llm.asked();
    assert_eq!(asked.len(), 1);
    let url = asked[0].body["messages"][1]["content"][1]["image_url"]["url"].as_str().unwrap();
    assert!(url.starts_with("data:image/"), "{url}");
}

#[tokio::test]
async fn anthropic_gets_the_picture_in_its_own_form() {
    let answer = json!({"caption": "c", "tags": ["a", "b"], "prompt_suggestion": "p"}).to_string();
    let llm = FakeLlm::start([Reply::anthropic(&[&answer])]).await;
    let app = TestApp::with_anthropic(&llm.url).await;
    let (_, body) = app.post("/openclaw/assist/image-to-prompt", &json!({"image_b64": PICTURE})).await;
    assert_eq!(body["tags"], json!("a, b"), "{body}");
    assert_eq!(llm.asked()[0].body["messages"][0]["content"][0]["type"], json!("image"));
}

#[tokio::test]
async fn what_is_no_picture_is_refused_before_anybody_is_asked() {
    let llm = FakeLlm::start([]).await;
    let app = TestApp::with_openai(&llm.url).await;
    for (image, part) in [
        (String::new(), "no picture"),
        ("aGVsbG8gd29ybGQ=".into(), "PNG"),
        ("%%%".into(), "base64"),
        (PICTURE[..PICTURE.len() / 2].to_owned(), ""),
        ("http://127.0.0.1/x.png".into(), "address"),
        (HUNDRED_MEGAPIXELS.into(), "megapixels"),
    ] {
        for path in ["/openclaw/assist/refiner", "/openclaw/assist/image-to-prompt/stream"] {
            let (status, body) = app.post(path, &json!({"image_b64": image})).await;
            assert_eq!(
                (status, body["error"].as_str()),
                (StatusCode::BAD_REQUEST, Some("validation_error")),
                "{body}"
            );
            assert!(body["message"].as_str().unwrap().contains(part), "{body}");
        }
    }
    assert!(llm.asked().is_empty());
}

#[tokio::test]
async fn variants_come_as_three_lists_with_the_python_editions_seeds() {
    let app = TestApp::start(&[]).await;
    let request = json!({"positive": "a cat", "count": 2, "seed_base": 41, "seed_policy": "randomized"});
    let (status, body) = app.post("/openclaw/assist/variants", &request).await;
    assert_eq!((status, &body["positive_list"]), (StatusCode::OK, &json!(["a cat", "a cat"])), "{body}");
    assert!(body["params_json_list"][1].as_str().unwrap().contains("2053695854357871005"), "{body}");
    let (status, body) = app.post("/openclaw/assist/variants", &json!({"params_json": "[1]"})).await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::BAD_REQUEST, Some("validation_error")),
        "{body}"
    );
}
