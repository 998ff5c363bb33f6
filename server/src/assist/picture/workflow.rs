//! A workflow as the editor saves it, read like the prompt it would be queued as.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::graph::{Graph, Node};

/// Widgets by position, for nodes of which older editors save no names. Empty names are the editor's own widgets.
const WIDGETS: &[(&str, &[&str])] = &[
    ("KSampler", &["seed", "", "steps", "cfg", "sampler_name", "scheduler"]),
    ("KSamplerAdvanced", &["", "noise_seed", "", "steps", "cfg", "sampler_name", "scheduler"]),
    ("SamplerCustom", &["", "noise_seed", "", "cfg"]),
    ("EmptyLatentImage", &["width", "height"]),
    ("EmptySD3LatentImage", &["width", "height"]),
    ("RandomNoise", &["noise_seed"]),
    ("KSamplerSelect", &["sampler_name"]),
    ("BasicScheduler", &["scheduler", "steps"]),
    ("CFGGuider", &["cfg"]),
    ("PrimitiveInt", &["value"]),
    ("PrimitiveFloat", &["value"]),
];

/// Links and the widgets that matter; everything else is left out.
pub fn graph(workflow: &Value) -> Graph {
    let links: HashMap<u64, Value> = list(workflow, "links").filter_map(link).collect();
    list(workflow, "nodes")
        .filter_map(|node| {
            let class = node.get("type")?.as_str()?.to_owned();
            let mut inputs = widgets(node, &class);
            for input in list(node, "inputs") {
                let name = input.get("name").and_then(Value::as_str).unwrap_or_default();
                if let Some(link) = input.get("link").and_then(Value::as_u64).and_then(|id| links.get(&id)) {
                    inputs.insert(name.to_owned(), link.clone());
                }
            }
            Some((node.get("id")?.as_u64()?.to_string(), Node { class, inputs }))
        })
        .collect()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// `[id, from node, from output, to node, to input, type]`, or the same with names.
fn link(link: &Value) -> Option<(u64, Value)> {
    let part = |index: usize, name: &str| link.get(index).or_else(|| link.get(name)).and_then(Value::as_u64);
    Some((part(0, "id")?, json!([part(1, "origin_id")?.to_string(), part(2, "origin_slot")?])))
}

fn widgets(node: &Value, class: &str) -> Map<String, Value> {
    if let Some(named) = node.get("widgets_values").and_then(Value::as_object) {
        return named
            .iter()
            .filter(|(_, value)| !value.is_array())
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
    }
    let values: Vec<&Value> = list(node, "widgets_values").collect();
    match WIDGETS.iter().find(|(known, _)| *known == class) {
        Some((_, names)) => names
            .iter()
            .zip(values)
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        // Text nodes by whatever name have their text first.
        None => values
            .into_iter()
            .find(|v| v.is_string())
            .map(|text| ("text".to_owned(), text.clone()))
            .into_iter()
            .collect(),
    }
}
