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
fn a_key_that_is_entered_while_the_server_runs_is_hidden_from_then_on() {
    let redactor = Redactor::new([]);
    let text = "the fox-and-grapes key";
    assert_eq!(redactor.redact(text), text);
    redactor.learn(["fox-and-grapes"]);
    assert_eq!(redactor.redact(text), format!("the {MARKER} key"));
    assert_eq!(redactor.mask_known("password=hunter2 fox-and-grapes"), format!("password=hunter2 {MARKER}"));
}
