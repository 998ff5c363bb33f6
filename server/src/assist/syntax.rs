//! Words in a prompt that load files: `<lora:name:weight>`, `embedding:name`. They stay when the person wrote them; what
//! a model makes up, or reads in a picture, loads nothing.

use serde_json::{Map, Value};

/// What loads a file, up to the file's name.
const TAGS: &[&str] = &["<lora:", "<lyco:", "<hypernet:"];
const EMBEDDING: &str = "embedding:";

/// The members without file names that nobody asked for.
pub fn only_asked(mut answer: Map<String, Value>, asked: &str) -> Map<String, Value> {
    let asked = asked.to_ascii_lowercase();
    for value in answer.values_mut() {
        match value {
            Value::String(text) => *text = kept(text, &asked),
            Value::Array(items) => {
                for item in items {
                    if let Value::String(text) = item {
                        *text = kept(text, &asked);
                    }
                }
            }
            _ => {}
        }
    }
    answer
}

fn kept(text: &str, asked: &str) -> String {
    // Only ASCII changes, so places stay the same.
    let lower = text.to_ascii_lowercase();
    let (mut kept, mut at, mut dropped) = (String::with_capacity(text.len()), 0, false);
    while let Some((start, end)) = next(&lower, at) {
        kept.push_str(&text[at..start]);
        if is_asked(&lower[start..end], asked) {
            kept.push_str(&text[start..end]);
        } else {
            dropped = true;
        }
        at = end;
    }
    kept.push_str(&text[at..]);
    if !dropped {
        return kept;
    }
    // A gap between two commas is what is left of a dropped word.
    kept.split(',').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Where the next one begins and ends.
fn next(lower: &str, from: usize) -> Option<(usize, usize)> {
    let rest = &lower[from..];
    let tag = TAGS.iter().filter_map(|tag| rest.find(tag)).min();
    let embedding = rest.find(EMBEDDING);
    let start = tag.into_iter().chain(embedding).min()?;
    let behind = &rest[start..];
    let length = if behind.starts_with('<') {
        // One that is never closed reaches to the end of the line.
        behind.find('>').map(|close| close + 1).or_else(|| behind.find('\n')).unwrap_or(behind.len())
    } else {
        let name = |c: char| !(c.is_alphanumeric() || "._-/\\".contains(c));
        EMBEDDING.len() + behind[EMBEDDING.len()..].find(name).unwrap_or(behind.len() - EMBEDDING.len())
    };
    Some((from + start, from + start + length))
}

/// Whether the person named the same file; the weight may differ.
fn is_asked(token: &str, asked: &str) -> bool {
    if token.starts_with(EMBEDDING) {
        return asked.contains(token);
    }
    let name = token.trim_end_matches('>').splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
    [":", ">"].iter().any(|end| asked.contains(&format!("{name}{end}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(answer: &str, asked: &str, expected: &str) {
        let object = json!({"text": answer, "list": [answer], "number": 1}).as_object().unwrap().clone();
        let kept = only_asked(object, asked);
        assert_eq!(
            Value::Object(kept),
            json!({"text": expected, "list": [expected], "number": 1}),
            "{answer}"
        );
    }

    #[test]
    fn file_names_stay_when_the_person_wrote_them_and_go_when_a_model_did() {
        check("a fox, <lora:fur:0.6>", "a fox <lora:Fur:0.8>", "a fox, <lora:fur:0.6>");
        check("a fox, <lora:other:1>, snow", "a fox <lora:fur:0.8>", "a fox, snow");
        check("a fox, <LoRA:fu:1>", "a <lora:fur:1>", "a fox");
        check("embedding:good, a fox, embedding:bad-1.0", "embedding:good", "embedding:good, a fox");
        check("(embedding:x:1.2), a fox", "", "(:1.2), a fox");
        check("a <lora:x", "", "a");
        check("héé <3 a fox, a < b, embeddings: none", "", "héé <3 a fox, a < b, embeddings: none");
        check("<hypernet:x>", "", "");
    }
}
