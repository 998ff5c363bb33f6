use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// What is found, with `null` for an error.
fn found(text: &str) -> Value {
    extract_json(text).map_or(Value::Null, Value::Object)
}

fn check(cases: &[(&str, Value)]) {
    for (text, expected) in cases {
        assert_eq!(found(text), *expected, "{text}");
    }
}

#[test]
fn the_sample_vectors_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/vectors/llm_json.jsonl");
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let expected = &case["expected"];
        let found = found(case["input"]["text"].as_str().unwrap());
        let right = found == expected["object"]
            || expected["alternatives"].as_array().is_some_and(|others| others.contains(&found));
        assert!(right, "{}: {found}", case["id"]);
    }
}

#[test]
fn fences_beat_prose() {
    check(&[
        ("{\"a\":0}\n```json\n{\"a\":1}\n```", json!({"a":1})),
        ("{\"a\":0}\n```\n{\"a\":1}\n```", json!({"a":1})),
        ("```python\n{\"a\":0}\n```\n```JSON\n{\"a\":1}\n```", json!({"a":1})),
        ("~~~json\n{\"a\":1}\n~~~", json!({"a":1})),
        ("````json\n{\"a\":1}\n````", json!({"a":1})),
        ("{\"a\":0} ```json {\"a\":1}``` {\"a\":2}", json!({"a":1})),
        ("```json5\n{\"a\":1}", json!({"a":1})),
        ("``` json\n{\"a\":1}\n```", json!({"a":1})),
        ("> ```json\n> {\"a\":1}\n> ```", json!({"a":1})),
        ("1. ```json\n   {\"a\":1}\n   ```", json!({"a":1})),
        ("```json\r\n{\"a\":1}\r\n```\r\n", json!({"a":1})),
        ("```json\n{\"t\":\"```py\\nx\\n```\"}\n```", json!({"t":"```py\nx\n```"})),
        ("```json\n[1, 2]\n```\n{\"a\":1}", json!({"a":1})),
        ("```json\n{'a': oops}\n```\n```json\n{\"a\":1}\n```", json!({"a":1})),
        ("```json\n{\"a\": \"cut\n```\nAgain:\n```json\n{\"a\":1}\n```", json!({"a":1})),
        ("The code `{\"a\":1}` is it.", json!({"a":1})),
    ]);
}

#[test]
fn reasoning_is_no_answer() {
    check(&[
        ("<think>{\"a\":0}</think>\n{\"a\":1}", json!({"a":1})),
        ("<THINKING>\n```json\n{\"a\":0}\n```\n</THINKING>\n{\"a\":1}", json!({"a":1})),
        ("<think kind=\"deep\">{\"a\":0}</think >{\"a\":1}", json!({"a":1})),
        ("Hm, {\"a\":0} maybe.</think>{\"a\":1}", json!({"a":1})),
        ("Hm, {\"a\": \"no </think>\n{\"a\":1}", json!({"a":1})),
        ("<think>x</think><reasoning>{\"a\":0}</reasoning>{\"a\":1}", json!({"a":1})),
        ("<think>a <think>b</think> {\"a\":0}</think>{\"a\":1}", json!({"a":1})),
        ("<think/>{\"a\":1}", json!({"a":1})),
        ("<think></think>{\"v\":\"<think>x</think>\"}", json!({"v":"<think>x</think>"})),
        ("[THINK]{\"a\":0}[/THINK]{\"a\":1}", json!({"a":1})),
        ("◁think▷{\"a\":0}◁/think▷{\"a\":1}", json!({"a":1})),
        ("<|begin_of_thought|>{\"a\":0}<|end_of_thought|>{\"a\":1}", json!({"a":1})),
        (
            "<|channel|>analysis<|message|>{\"a\":0}<|end|><|start|>assistant<|channel|>final<|message|>{\"a\":1}",
            json!({"a":1}),
        ),
        ("<think>{\"a\":0}", Value::Null),
        ("<think>{\"a\":0}</think>", Value::Null),
        ("[thought] {\"a\":1}", json!({"a":1})),
        ("a <b>bold</b> word {\"a\":1}", json!({"a":1})),
    ]);
}

#[test]
fn the_outer_object_is_taken_and_never_an_inner_one() {
    check(&[
        ("{\"a\":{\"b\":1}}", json!({"a":{"b":1}})),
        ("{\"a\":{\"b\":1}", Value::Null),
        ("{\"a\":{\"b\":1}, oops}", Value::Null),
        ("{\"a\":\"}\", \"b\":{\"c\":1}, oops}", Value::Null),
        ("{\"a\": \"he said \"x\" \", \"b\":{\"c\":1}}", Value::Null),
        ("{{\"a\":1}}", Value::Null),
        ("[{\"a\":1}]", Value::Null),
        ("[{\"a\":1},{\"b\":", Value::Null),
        ("[{\"a\":oops},{\"b\":1}]", Value::Null),
        ("[\"x\", {\"a\":1}", Value::Null),
        ("[1] see [2] {\"a\":1}", json!({"a":1})),
        ("{\"a\": oops} {\"a\":1}", json!({"a":1})),
        ("Fill in {name} and {place}: {\"a\":1}", json!({"a":1})),
        ("Open with { and go on: {\"a\":1}", json!({"a":1})),
        ("{ see: below } {\"a\":1}", json!({"a":1})),
        ("{\"a\":1}} trailing", json!({"a":1})),
        ("{}", json!({})),
        ("\"{\\\"a\\\":1}\"", Value::Null),
        ("{\"type\":\"object\"}\n```json\n{\"a\": \"cut o", Value::Null),
    ]);
}

#[test]
fn slips_with_one_meaning_are_mended() {
    check(&[
        ("{\"a\":1,}", json!({"a":1})),
        ("{\"a\":[1,2,],}", json!({"a":[1,2]})),
        ("{a: 1, $b_2: 'x', c-d: true}", json!({"a":1,"$b_2":"x","c-d":true})),
        ("{'a': \"it's\", 'b': 'it\\'s', 'c': 'say \"x\"'}", json!({"a":"it's","b":"it's","c":"say \"x\""})),
        ("{“a”: “x”, ‘b’: ‘y’}", json!({"a":"x","b":"y"})),
        ("｛＂a＂：［1，2］｝", json!({"a":[1,2]})),
        ("{\"a\":1, // one\n # two\n \"b\":2 /* three */}", json!({"a":1,"b":2})),
        ("{// first\n\"a\":1}", json!({"a":1})),
        ("{\"a\": \"one\ntwo\"}", json!({"a":"one\ntwo"})),
        ("{\"a\":1\n \"b\":2}", json!({"a":1,"b":2})),
        ("{\"a\":+1,\"b\":.5,\"c\":5.,\"d\":-.5}", json!({"a":1,"b":0.5,"c":5.0,"d":-0.5})),
        ("{\u{a0}\"a\":\u{200b}1}", json!({"a":1})),
        ("{\"a\": False, \"b\": none_of, \"c\":1}", Value::Null),
        ("{'a':0} {\"a\":1}", json!({"a":1})),
        ("{'a': 'it's'}", Value::Null),
        ("{\"a\": \"C:\\path\"}", Value::Null),
        ("{\"a\":1, ...}", Value::Null),
        ("{\"a\":(1,2)}", Value::Null),
        ("{\"a\":1 \"b\":2}", Value::Null),
        ("{,}", Value::Null),
        ("{\"a\":1,,\"b\":2}", Value::Null),
        ("{\"a\":,}", Value::Null),
        ("{\"a\"}", Value::Null),
        ("{\"a\":\"\\ud83d\"}", Value::Null),
        ("{\"a\":\"\\ud83d\\ude00\"}", json!({"a":"\u{1f600}"})),
    ]);
}

#[test]
fn numbers_keep_their_digits_or_are_refused() {
    check(&[
        ("{\"a\":18446744073709551615}", json!({"a":u64::MAX})),
        ("{\"a\":-9223372036854775808}", json!({"a":i64::MIN})),
        ("{\"a\":1E5}", json!({"a":1e5})),
    ]);
    for number in
        ["18446744073709551616", "-123456789012345678901234567890", "0.1000000000000000055511", "1e-7"]
    {
        let text = format!("{{\"a\":{number}}}");
        assert_eq!(object_text(&text).unwrap(), text);
    }
    for number in [
        "NaN",
        "-Infinity",
        "Infinity",
        "inf",
        "1e999",
        "010",
        "0x10",
        "1_000",
        "1,000",
        "1e",
        "--1",
        "1.2.3",
    ] {
        assert_eq!(found(&format!("{{\"a\":{number}}}")), Value::Null, "{number}");
    }
}

#[test]
fn hostile_text_takes_linear_time() {
    let pieces = [
        "{",
        "{\"",
        "{\"a\":",
        "{\"a\":{",
        "{\"a\" ",
        "{//",
        "{/*",
        "{“}",
        "{'}",
        "[",
        "[{\"",
        "[\"",
        "```",
        "```json\n{",
        "\n```{",
        "<think>",
        "</think>",
        "<think ",
        "</",
        "{\"a\":\"\n",
        "{\n",
        "{a",
        "{a:",
        "}",
        "\\",
        "\"",
        "{\"\\",
        "{#",
        "</think>{\"",
        "{\"a\":1}",
        "[[",
        "◁",
        "<|channel|>",
        "~~~",
        "`",
        "{\"a\":[",
    ];
    let size = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    for one in pieces {
        for two in ["", "{\"a\":1", "\n"] {
            let text = format!("{one}{two}").repeat(size / (one.len() + two.len()));
            // Work that grows faster than the text would not end before the runner ends the test.
            let _ = object_text(&text);
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e12..1e12).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[{}\\[\\]\"'`<>/a\\\\\n]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,6}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-z{\"]{0,6}", any_json(), 0..5)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #[test]
    fn any_object_is_found_in_any_wrapping(object in any_object(), wrap in 0..7_usize) {
        let json = object.to_string();
        let pretty = serde_json::to_string_pretty(&object).unwrap();
        let text = match wrap {
            0 => json,
            1 => format!("\u{feff}Here you are: {pretty}\nAnything else?"),
            2 => format!("```json\n{pretty}\n```"),
            3 => format!("<think>{{\"a\":0}}</think>\n```\n{json}\n```\nDone."),
            4 => format!("{json}{json}"),
            5 => format!("[note] {{x}} {json}"),
            _ => format!("{{\"z\":0}}\n~~~json\n{json}\n~~~"),
        };
        prop_assert_eq!(found(&text), serde_json::from_str::<Value>(&object.to_string()).unwrap());
    }

    #[test]
    fn a_cut_object_is_never_completed(object in any_object(), at in any::<prop::sample::Index>(), fenced: bool) {
        let json = object.to_string();
        let cut = (0..json.len()).filter(|at| json.is_char_boundary(*at)).collect::<Vec<_>>();
        let part = &json[..cut[at.index(cut.len())]];
        let text = if fenced { format!("```json\n{part}") } else { part.to_owned() };
        prop_assert_eq!(found(&text), Value::Null);
    }

    #[test]
    fn any_text_is_answered(text in "\\PC*", messy in "[{}\\[\\]\"':,ab1`~\n<>/think#\\\\ -]{0,200}") {
        let _ = object_text(&text);
        if let Ok(json) = object_text(&messy) {
            prop_assert!(serde_json::from_str::<Map<String, Value>>(&json).is_ok(), "{}", json);
        }
    }
}
