//! Placeholders become values. A string that is exactly `{{key}}` is replaced by the value with its JSON type; nothing
//! is spliced into other text, and what was put in is never looked at again, so that no input can add to the graph
//! around it.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Bytes as JSON, unless the operator says otherwise; as in the Python edition. A graph of hundreds of nodes has a
/// tenth of it.
pub const MAX_RENDERED_BYTES: usize = 512 << 10;
/// The largest graphs that people share have several hundred nodes.
pub const MAX_NODES: usize = 1000;
/// A graph needs five levels; ComfyUI's parser gives up at about a thousand.
const MAX_DEPTH: usize = 64;
/// Bytes of a key.
const MAX_KEY: usize = 64;

/// What was put together, and its measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    pub graph: Value,
    /// Bytes as JSON.
    pub bytes: usize,
    pub nodes: usize,
}

/// Why there is nothing to run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error(
        "this is a workflow as the canvas saves it: export it with \"Export (API)\" in ComfyUI's menu and use that file"
    )]
    UiFormat,
    #[error("unknown inputs: {}", .0.join(", "))]
    Unknown(Vec<String>),
    #[error("missing inputs: {}", .0.join(", "))]
    Missing(Vec<String>),
    #[error("inputs that the template does not use: {}", .0.join(", "))]
    Unused(Vec<String>),
    #[error("the rendered workflow is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the rendered workflow has more than {MAX_NODES} nodes")]
    TooManyNodes,
    #[error("the template is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

/// The key of a placeholder: the text is one and nothing else.
pub fn placeholder(text: &str) -> Option<&str> {
    let key = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    ((1..=MAX_KEY).contains(&key.len()) && key.bytes().all(known)).then_some(key)
}

/// Puts `inputs`, and `defaults` where there is none, into `template`. Only `allowed` keys may come from outside.
pub fn render(
    template: &Value,
    inputs: &Map<String, Value>,
    allowed: &BTreeSet<String>,
    defaults: &Map<String, Value>,
    max_bytes: usize,
) -> Result<Rendered, RenderError> {
    if is_ui_format(template) {
        return Err(RenderError::UiFormat);
    }
    let unknown: Vec<_> = inputs.keys().filter(|key| !allowed.contains(*key)).cloned().collect();
    if !unknown.is_empty() {
        return Err(RenderError::Unknown(unknown));
    }
    let mut filling = Filling { inputs, defaults, used: BTreeMap::new(), bytes: 0, max_bytes };
    let graph = filling.fill(template, 0)?;
    let missing: Vec<_> =
        filling.used.iter().filter(|(_, found)| !**found).map(|(key, _)| key.clone()).collect();
    if !missing.is_empty() {
        return Err(RenderError::Missing(missing));
    }
    let unused: Vec<_> = inputs.keys().filter(|key| !filling.used.contains_key(*key)).cloned().collect();
    if !unused.is_empty() {
        return Err(RenderError::Unused(unused));
    }
    let bytes = filling.bytes;
    let nodes = graph.as_object().map_or(0, Map::len);
    if nodes > MAX_NODES {
        return Err(RenderError::TooManyNodes);
    }
    Ok(Rendered { graph, bytes, nodes })
}

/// What the canvas saves instead of what the host runs: lists of nodes and links.
pub fn is_ui_format(template: &Value) -> bool {
    template.get("nodes").is_some_and(Value::is_array)
        && ["links", "last_node_id", "version", "groups"].iter().any(|key| template.get(key).is_some())
}

/// One pass over a template. Bytes are counted on the way, so that a budget stops the work and not its result.
struct Filling<'a> {
    inputs: &'a Map<String, Value>,
    defaults: &'a Map<String, Value>,
    /// Placeholders that were met, and whether there was a value.
    used: BTreeMap<String, bool>,
    bytes: usize,
    max_bytes: usize,
}

impl Filling<'_> {
    fn fill(&mut self, value: &Value, depth: usize) -> Result<Value, RenderError> {
        if depth > MAX_DEPTH {
            return Err(RenderError::TooDeep);
        }
        match value {
            Value::String(text) => match placeholder(text) {
                Some(key) => self.value_of(key, depth),
                None => self.counted(value.clone()),
            },
            Value::Array(items) => {
                self.count(2 + items.len().saturating_sub(1))?;
                items
                    .iter()
                    .map(|item| self.fill(item, depth + 1))
                    .collect::<Result<_, _>>()
                    .map(Value::Array)
            }
            Value::Object(members) => {
                self.count(2 + members.len().saturating_sub(1))?;
                let mut filled = Map::new();
                for (name, member) in members {
                    self.count(encoded_length(name) + 1)?;
                    filled.insert(name.clone(), self.fill(member, depth + 1)?);
                }
                Ok(Value::Object(filled))
            }
            scalar => self.counted(scalar.clone()),
        }
    }

    fn value_of(&mut self, key: &str, depth: usize) -> Result<Value, RenderError> {
        let found = self.inputs.get(key).or_else(|| self.defaults.get(key));
        self.used.insert(key.to_owned(), found.is_some());
        let Some(value) = found else { return Ok(Value::Null) };
        if depth + depth_of(value) > MAX_DEPTH {
            return Err(RenderError::TooDeep);
        }
        self.counted(value.clone())
    }

    fn counted(&mut self, value: Value) -> Result<Value, RenderError> {
        self.count(length_of(&value)).map(|()| value)
    }

    fn count(&mut self, bytes: usize) -> Result<(), RenderError> {
        self.bytes += bytes;
        if self.bytes > self.max_bytes { Err(RenderError::TooLarge(self.max_bytes)) } else { Ok(()) }
    }
}

fn depth_of(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth_of).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth_of).max().unwrap_or_default(),
        _ => 0,
    }
}

fn length_of(value: &Value) -> usize {
    match value {
        Value::String(text) => encoded_length(text),
        other => other.to_string().len(),
    }
}

fn encoded_length(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        ..0x20 => 6,
        _ => 1,
    };
    2 + text.bytes().map(escaped).sum::<usize>()
}
