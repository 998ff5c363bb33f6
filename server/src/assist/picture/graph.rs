//! ComfyUI's own metadata: from the sampler nearest to a saved picture back to the words and numbers that fed it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use openclaw_shared::params::{GenerationParams, SAMPLERS, SCHEDULERS};
use serde_json::{Map, Value};

use super::clean::clean;
use super::embedded::{EmbeddedPrompt, MAX_PROMPT_CHARS};
use super::workflow;

/// Nodes looked at on one walk; graphs may be circular.
const MAX_STEPS: usize = 512;

pub struct Node {
    pub class: String,
    /// Values, and links as `[node, output]`.
    pub inputs: Map<String, Value>,
}

pub type Graph = BTreeMap<String, Node>;

/// Reads a prompt or a workflow, whichever this is.
pub fn read(json: &str) -> Option<EmbeddedPrompt> {
    let value: Value =
        serde_json::from_str(json).or_else(|_| serde_json::from_str(&without_nan(json))).ok()?;
    let graph = if value.get("nodes").is_some() {
        workflow::graph(&value)
    } else {
        let prompt = value.get("prompt").filter(|inner| inner.is_object()).unwrap_or(&value);
        prompt.as_object()?.iter().filter_map(|(id, node)| Some((id.clone(), api_node(node)?))).collect()
    };
    let sampler = sampler(&graph)?;
    let positive = words(&graph, sampler, "positive");
    let negative = words(&graph, sampler, "negative");
    EmbeddedPrompt { positive, negative, params: params(&graph, sampler) }.some()
}

/// Python writes numbers that are none, and JSON has none.
fn without_nan(json: &str) -> String {
    json.replace("[NaN]", "[null]").replace(": NaN", ": null").replace(":NaN", ":null")
}

fn api_node(node: &Value) -> Option<Node> {
    Some(Node {
        class: node.get("class_type")?.as_str()?.to_owned(),
        inputs: node.get("inputs")?.as_object()?.clone(),
    })
}

/// The node that a link comes from.
fn source<'a>(graph: &'a Graph, link: &'a Value) -> Option<(&'a str, &'a Node)> {
    let [id, output] = link.as_array()?.as_slice() else { return None };
    output.as_u64()?;
    let (id, node) = match id {
        Value::String(id) => graph.get_key_value(id)?,
        id => graph.get_key_value(&id.as_u64()?.to_string())?,
    };
    Some((id, node))
}

/// Breadth first, each node once, as far as `next` hands out links.
fn walk<'a>(graph: &'a Graph, from: Vec<&'a Value>, mut next: impl FnMut(&'a Node) -> Vec<&'a Value>) {
    let mut seen = BTreeSet::new();
    let mut links = VecDeque::from(from);
    while let Some(link) = links.pop_front() {
        let Some((id, node)) = source(graph, link) else { continue };
        if seen.len() < MAX_STEPS && seen.insert(id) {
            links.extend(next(node));
        }
    }
}

fn is_sampler(node: &Node) -> bool {
    let has = |name| node.inputs.get(name).is_some_and(Value::is_array);
    has("guider") || (has("positive") && node.class.contains("ampler"))
}

/// The sampler whose picture was saved; in graphs without an output node, the first one.
fn sampler(graph: &Graph) -> Option<&Node> {
    let outputs =
        graph.values().filter(|node| ["Save", "Preview"].iter().any(|word| node.class.contains(word)));
    let mut found = None;
    walk(graph, outputs.flat_map(|node| node.inputs.values()).collect(), |node| {
        if found.is_none() && is_sampler(node) {
            found = Some(node);
        }
        if found.is_some() { Vec::new() } else { node.inputs.values().collect() }
    });
    found.or_else(|| graph.values().find(|node| is_sampler(node)))
}

/// Texts on the way to a sampler's input, in the order of their nodes.
fn words(graph: &Graph, sampler: &Node, role: &str) -> String {
    let mut texts: Vec<&str> = Vec::new();
    let entries = [role, "guider"].iter().filter_map(|name| sampler.inputs.get(*name)).collect();
    walk(graph, entries, |node| {
        // Guiders with one conditioning have no negative side.
        let one_sided =
            role == "negative" && node.class.contains("Guider") && !node.inputs.contains_key(role);
        if one_sided || node.class.contains("ZeroOut") {
            return Vec::new();
        }
        let named = |name: &str| {
            name == role
                || ["text", "string", "prompt", "value", "clip_l", "t5xxl"]
                    .iter()
                    .any(|start| name.starts_with(start))
        };
        let mut links = Vec::new();
        let before = texts.len();
        for (_, value) in node.inputs.iter().filter(|(name, _)| named(name)) {
            match value {
                Value::String(text) if !texts.contains(&text.trim()) => texts.push(text.trim()),
                Value::Array(_) => links.push(value),
                _ => {}
            }
        }
        if links.is_empty() && texts.len() == before {
            // Combining, guiding and rerouting nodes hand conditioning through.
            let through = |name: &str| {
                name.is_empty()
                    || name.starts_with("conditioning")
                    || (role == "positive" && name.starts_with("cond"))
            };
            links.extend(node.inputs.iter().filter(|(name, _)| through(name)).map(|(_, value)| value));
        }
        links
    });
    texts.retain(|text| !text.is_empty());
    clean(&texts.join(", "), MAX_PROMPT_CHARS)
}

/// The nearest number or name for each parameter, from the sampler on.
fn params(graph: &Graph, sampler: &Node) -> Map<String, Value> {
    let mut params = Map::new();
    let mut look = |node: &Node| {
        for (name, value) in &node.inputs {
            let name = if name == "noise_seed" { "seed" } else { name.as_str() };
            if !GenerationParams::FIELDS.contains(&name) || params.contains_key(name) {
                continue;
            }
            if let Some(value) = resolved(graph, value).filter(|value| fits(name, value)) {
                params.insert(name.to_owned(), value.clone());
            }
        }
    };
    look(sampler);
    walk(graph, links_of(sampler), |node| {
        look(node);
        let aside = ["positive", "negative", "conditioning", "model", "clip", "vae"];
        node.inputs
            .iter()
            .filter(|(name, _)| !aside.contains(&name.as_str()))
            .map(|(_, value)| value)
            .collect()
    });
    params
}

fn links_of(node: &Node) -> Vec<&Value> {
    ["guider", "sampler", "sigmas", "noise", "latent_image"]
        .iter()
        .filter_map(|name| node.inputs.get(*name))
        .collect()
}

/// The value itself, or the one that a primitive node hands over.
fn resolved<'a>(graph: &'a Graph, value: &'a Value) -> Option<&'a Value> {
    let Some((_, node)) = source(graph, value) else { return Some(value) };
    ["value", "seed", "number", "int", "float"]
        .iter()
        .find_map(|name| node.inputs.get(*name))
        .filter(|value| !value.is_array())
}

fn fits(name: &str, value: &Value) -> bool {
    match name {
        "sampler_name" => value.as_str().is_some_and(|name| SAMPLERS.contains(&name)),
        "scheduler" => value.as_str().is_some_and(|name| SCHEDULERS.contains(&name)),
        "cfg" => value.as_f64().is_some_and(f64::is_finite),
        _ => value.is_u64(),
    }
}
