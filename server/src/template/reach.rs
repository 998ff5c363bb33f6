//! Which node inputs outside data can reach, and what it could do there.

use openclaw_shared::template::{Danger, Slot, TemplateInput};
use serde_json::{Map, Value};

use super::render::placeholder;

/// Inputs that name a file or a folder, in ComfyUI's own nodes and by the habit of other packs. The last word of the
/// name decides, without its number.
const PATHS: &[&str] = &[
    "path",
    "paths",
    "file",
    "files",
    "filename",
    "filepath",
    "filename_prefix",
    "prefix",
    "dir",
    "directory",
    "folder",
    "subfolder",
    "ckpt_name",
    "lora_name",
    "vae_name",
    "unet_name",
    "clip_name",
    "model_name",
    "control_net_name",
    "style_model_name",
    "gligen_name",
    "hypernetwork_name",
    "config_name",
    "embedding_name",
    "workflow",
];
const URLS: &[&str] = &[
    "url", "urls", "uri", "link", "endpoint", "webhook", "host", "hostname", "address", "server", "domain",
    "ip",
];
const CODE: &[&str] = &[
    "code",
    "script",
    "expression",
    "expr",
    "command",
    "cmd",
    "python",
    "javascript",
    "js",
    "lua",
    "sql",
    "eval",
    "formula",
    "function",
    "regex",
    "format_string",
    "jinja",
];
/// Node classes whose every text is run, by a word of the name.
const CODE_CLASSES: &[&str] = &[
    "python",
    "pythonscript",
    "script",
    "exec",
    "execute",
    "eval",
    "evaluate",
    "shell",
    "bash",
    "lambda",
    "javascript",
    "js",
    "command",
    "cmd",
];
/// Node classes whose every text is a file, by the beginning of a word of the name: ComfyUI's loaders and savers.
const PATH_CLASSES: &[&str] = &["load", "save"];
/// Node classes whose every text is an address, by a word of the name.
const URL_CLASSES: &[&str] =
    &["url", "http", "https", "download", "downloader", "fetch", "webhook", "request"];
/// Loaders of some packs take the prompt, too.
const WORDS: &[&str] = &["text", "prompt", "positive", "negative"];

/// What free text in this input of this class could be.
pub fn danger(class_type: &str, input: &str) -> Option<Danger> {
    let class = words(class_type);
    let name = input.to_ascii_lowercase();
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    let is = |names: &[&str]| {
        names.iter().any(|known| {
            name.strip_suffix(known)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with(['_', '-', '.', ' ']))
        })
    };
    let of_class = |known: &[&str]| class.iter().any(|word| known.contains(&word.as_str()));
    let loads = || class.iter().any(|word| PATH_CLASSES.iter().any(|known| word.starts_with(known)));
    if is(CODE) || of_class(CODE_CLASSES) {
        Some(Danger::Code)
    } else if is(URLS) || of_class(URL_CLASSES) {
        Some(Danger::Url)
    } else if is(PATHS) || (loads() && !is(WORDS)) {
        Some(Danger::Path)
    } else {
        None
    }
}

/// The words of a class: `VHS_LoadVideoPath` has vhs, load, video and path; `UNETLoader` has unet and loader.
fn words(class_type: &str) -> Vec<String> {
    let letters: Vec<char> = class_type.chars().collect();
    let mut words = vec![String::new()];
    for (index, c) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let after_lower = before.is_some_and(|before| before.is_ascii_lowercase());
        let ends_acronym = before.is_some_and(|before| before.is_ascii_uppercase())
            && letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && (after_lower || ends_acronym)) {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric() {
            words.last_mut().expect("there is always one").push(c.to_ascii_lowercase());
        }
    }
    words
}

/// Every place that a placeholder of `inputs` stands in.
pub fn slots(graph: &Map<String, Value>, inputs: &[TemplateInput], allow_slots: &[String]) -> Vec<Slot> {
    let mut slots = Vec::new();
    for (node_id, node) in graph {
        let class_type = node.get("class_type").and_then(Value::as_str).unwrap_or_default();
        for (member, value) in node.as_object().into_iter().flatten() {
            // Titles are for people.
            if member == "_meta" {
                continue;
            }
            let named = value.as_object().filter(|_| member == "inputs");
            let places: Vec<(&str, &Value)> = match named {
                Some(named) => named.iter().map(|(name, value)| (name.as_str(), value)).collect(),
                None => vec![(member.as_str(), value)],
            };
            for (node_input, value) in places {
                let mut found = Vec::new();
                placeholders(value, &mut found);
                let whole = named.is_some() && value.is_string();
                for key in found {
                    let Some(input) = inputs.iter().find(|input| input.name == key) else { continue };
                    let danger = if whole { danger(class_type, node_input) } else { Some(Danger::Graph) };
                    let listed = allow_slots.iter().any(|slot| *slot == format!("{node_id}.{node_input}"));
                    slots.push(Slot {
                        input: key.to_owned(),
                        node_id: node_id.clone(),
                        class_type: class_type.to_owned(),
                        node_input: node_input.to_owned(),
                        danger,
                        allowed: match danger {
                            None => true,
                            Some(Danger::Graph) => false,
                            Some(_) => listed || !input.kind.is_free(),
                        },
                    });
                }
            }
        }
    }
    slots
}

fn placeholders<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.extend(placeholder(text)),
        Value::Array(items) => items.iter().for_each(|item| placeholders(item, found)),
        Value::Object(members) => members.values().for_each(|member| placeholders(member, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_classes_say_what_a_text_could_do() {
        for (class, input, expected) in [
            ("CLIPTextEncode", "text", None),
            ("KSampler", "sampler_name", None),
            ("KSampler", "seed", None),
            ("EmptyImage", "color", None),
            ("PrimitiveString", "value", None),
            ("SaveImage", "filename_prefix", Some(Danger::Path)),
            ("LoadImage", "image", Some(Danger::Path)),
            ("LoadImageMask", "image", Some(Danger::Path)),
            ("VHS_LoadVideoPath", "video", Some(Danger::Path)),
            ("CheckpointLoaderSimple", "ckpt_name", Some(Danger::Path)),
            ("DualCLIPLoader", "clip_name2", Some(Danger::Path)),
            ("SomeNode", "output_dir", Some(Danger::Path)),
            ("SomeNode", "lora_name_3", Some(Danger::Path)),
            ("Load Image From URL", "source", Some(Danger::Url)),
            ("SomeNode", "image_url", Some(Danger::Url)),
            ("SomeNode", "curl", None),
            ("ExecutePython", "anything", Some(Danger::Code)),
            ("SimpleMath+", "expression", Some(Danger::Code)),
            ("SomeNode", "code", Some(Danger::Code)),
            ("SomeNode", "barcode", None),
            ("ImageDescription", "words", None),
            ("MedievalRetrieval", "words", None),
            ("Text Save", "content", Some(Danger::Path)),
            ("HTTP Request", "body", Some(Danger::Url)),
            ("Efficient Loader", "positive", None),
            ("Efficient Loader", "ckpt_name", Some(Danger::Path)),
            ("UNETLoader", "weight", Some(Danger::Path)),
            ("easy pythonScript", "x", Some(Danger::Code)),
        ] {
            assert_eq!(danger(class, input), expected, "{class} {input}");
        }
    }
}
