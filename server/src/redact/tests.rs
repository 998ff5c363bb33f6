use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn redactor() -> Redactor {
    Redactor::new([])
}

#[test]
fn the_sample_vectors_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/vectors/redaction.jsonl");
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let (input, expected) = (&case["input"], &case["expected"]);
        let mut text = input["text"].as_str().unwrap().to_owned();
        let mut secrets = Vec::new();
        for (index, parts) in input["parts"].as_array().unwrap().iter().enumerate() {
            let secret =
                parts.as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect::<String>();
            text = text.replace(&format!("⟦{index}⟧"), &secret);
            secrets.push(secret);
        }
        let output = redactor().redact(&text).into_owned();
        assert_eq!(redactor().redact(&output), output, "{}", case["id"]);
        if expected["unchanged"] == true {
            assert_eq!(output, text, "{}", case["id"]);
        }
        for index in expected["gone"].as_array().into_iter().flatten() {
            let index = usize::try_from(index.as_u64().unwrap()).unwrap();
            let leak = usize::try_from(expected["max_leak"][index].as_u64().unwrap()).unwrap();
            let secret = &secrets[index];
            let leaks = (0..secret.len() - leak).any(|at| output.contains(&secret[at..=at + leak]));
            assert!(!leaks, "{}: {output}", case["id"]);
        }
        for kept in expected["keep"].as_array().into_iter().flatten() {
            assert!(output.contains(kept.as_str().unwrap()), "{}: {kept} in {output}", case["id"]);
        }
    }
}

#[test]
fn a_secret_is_found_where_its_name_is_a_value_and_where_a_url_or_a_key_is_escaped() {
    const KEY: &str = "Zq8wRt5uYp2sDf7gHj4k";
    for text in [
        r#"{"name": "X-Api-Key", "value": "§"}"#,
        r#"{"key":"OPENAI_API_KEY","value":"§"},{"key":"seed","value":"7"}"#,
        r#"{\"name\":\"password\",\"value\":\"§\"}"#,
        "- name: DB_PASSWORD\n  value: \"§\"\n- name: SEED\n  value: 7",
        r#"<input type="password" name="password" value="§">"#,
        r#"{"api_keys": {"openai": "§", "xai": "§"}, "seed": "Ab3dEf6hIj9lMn2p"}"#,
        r#"{"credentials":{"user":"bob","more":{"blob":"§"}},"hash":"Ab3dEf6hIj9lMn2p"}"#,
        r#"Invalid API key "§" for bob"#,
        "Password is: §",
        "url=https%3A%2F%2Fbob%3A§%40host.example%2Fp&x=1",
        "https%3a%2f%2fbob%3a§%40host.example",
        "https://x-access-token:§@github.com/a/b.git failed",
    ] {
        let (given, expected) = (text.replace('§', KEY), text.replace('§', MARKER));
        assert_eq!(redactor().redact(&given), expected);
        assert_eq!(redactor().redact(&expected), expected);
    }
    let body = KEY.repeat(3);
    for text in [
        format!("-----BEGIN%20PRIVATE%20KEY-----%0A{body}%0A-----END%20PRIVATE%20KEY-----"),
        format!("-----BEGIN+RSA+PRIVATE+KEY-----%0D%0A{body}%0D%0A-----END+RSA+PRIVATE+KEY-----"),
    ] {
        assert_eq!(redactor().redact(&format!("k={text}&x=1")), format!("k={MARKER}&x=1"));
    }
    let digest = format!(r#"Authorization: Digest username="bob", response="{KEY}""#);
    assert!(!redactor().redact(&digest).contains(KEY));
}

#[test]
fn a_key_of_small_letters_alone_is_one_when_it_is_too_long_for_a_word() {
    let key = format!("sk-{}", "abcdefghijklmnop".repeat(3));
    assert_eq!(
        redactor().redact(&format!("the server rejected {key} twice")),
        "the server rejected ***REDACTED*** twice"
    );
    for text in ["sk-portrait-photography-style-lora-v2", "sk-antidisestablishmentarianism"] {
        assert_eq!(redactor().redact(text), text);
    }
}

#[test]
fn what_stands_like_a_secret_and_is_none_stays() {
    for text in [
        r#"{"name": "seed", "value": "Ab3dEf6hIj9lMn2p"}"#,
        r#"{"name": "token_count", "value": "77"}"#,
        r#"{"name": "password", "type": "text", "value": null}"#,
        r#"{"api_key": {"type": "string", "description": "Your key", "maxLength": 64}}"#,
        r#"{"api_key": {"env": "OPENAI_API_KEY"}}"#,
        "unknown token 'CLIPTextEncodeSDXL2' at 5",
        "the API key \"masterpiece\" is not one",
        "basic txt2img1 workflow",
        "redirect=https%3A%2F%2Fh.example%3A8443%2Fp%40x",
        "a%20fox%3A%20red%40home",
        "-----BEGIN%20PUBLIC%20KEY-----%0AMIIBAb3dEf6hIj9lMn2p",
    ] {
        assert_eq!(redactor().redact(text), text);
    }
}

#[test]
fn names_may_stand_behind_letters_of_any_language() {
    for text in
        ["secret: {\\\"一\n二", "我的 key: 光", "キー key = 1", "ключ-key: да", "é key=x", "🦊 key: fox"]
    {
        assert_eq!(redactor().redact(text), text);
    }
}

#[test]
fn a_pair_of_members_hides_its_value_in_json_too() {
    let given = serde_json::json!([
        {"name": "X-Api-Key", "value": "Zq8wRt5uYp2sDf7gHj4k"}, {"key": "password", "value": "hunter2"},
        {"name": "seed", "value": "Zq8wRt5uYp2sDf7gHj4k"}
    ]);
    let expected = serde_json::json!([
        {"name": "X-Api-Key", "value": MARKER}, {"key": "password", "value": MARKER},
        {"name": "seed", "value": "Zq8wRt5uYp2sDf7gHj4k"}
    ]);
    assert_eq!(redactor().redact_json(&given), expected);
}

#[test]
fn a_key_that_is_entered_while_the_server_runs_is_hidden_from_then_on() {
    let redactor = Redactor::new([]);
    let text = "the fox-and-grapes key";
    assert_eq!(redactor.redact(text), text);
    redactor.learn(["fox-and-grapes"]);
    assert_eq!(redactor.redact(text), format!("the {MARKER} key"));
    assert_eq!(redactor.mask_known("password=hunter2 fox-and-grapes"), format!("password=hunter2 {MARKER}"));
}

/// What the finders look for, and what stands between.
#[rustfmt::skip]
const PARTS: &[&str] = &[
    "password", "api_key", "key", "token ", "secret", "\"name\": ", "\"value\": ", "Authorization: Digest ", "Cookie: ",
    "Bearer ", "Basic ", "curl -u ", "--token ", "sk-", "ghp_", "eyJhbGciOiJI.", "1234567:AA", "https://", "%3A%2F%2F", "%40",
    "user:", "@host", "/hooks/", "-----BEGIN ", "-----BEGIN%20", "PRIVATE KEY", "-----END ", "-----", "Zq8wRt5uYp2sDf7gHj4k",
    "{", "}", "[", "]", "\"", "'", "\\\"", "\\", "\\n", "\\u0022", "%22", "&quot;", ": ", "=", "=>", ", ", ";", " ", "\n", "\r\n",
    "我", "キ", "🦊", "é", "\u{200b}", "：", "…", "***",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn every_text_can_be_redacted_and_twice_is_once(parts in prop::collection::vec(prop::sample::select(PARTS), 0..24)) {
        let once = redactor().redact(&parts.concat()).into_owned();
        prop_assert_eq!(redactor().redact(&once), once.as_str());
    }
}
