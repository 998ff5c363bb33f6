//! Workflow templates: which graphs may be run from outside, and what may be put into them.
//!
//! Those of the pack are compiled in; the operator's own are in the state directory, where a change counts within a
//! second. Both folders have a manifest, and only what it names exists.

pub mod manifest;
pub mod reach;
pub mod render;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use openclaw_shared::template::{Danger, InputKind, MAX_SEED, Template, TemplateInput, TemplateList};
use serde_json::{Map, Value};

use manifest::{Entry, Manifest};
use render::{RenderError, Rendered, is_ui_format, render};

/// Bytes; as in the Python edition.
const MAX_FILE: u64 = 1 << 20;
/// How long the folder is believed unchanged: people expect a saved file to count, senders expect an answer.
const FRESH: Duration = Duration::from_secs(1);
const MANIFEST: &str = "manifest.json";

const PACK_MANIFEST: &str = include_str!("../../templates/manifest.json");
const PACK_FILES: [(&str, &str); 3] = [
    ("blank_image.json", include_str!("../../templates/blank_image.json")),
    ("sdxl_basic.json", include_str!("../../templates/sdxl_basic.json")),
    ("flux_dev.json", include_str!("../../templates/flux_dev.json")),
];

/// Why a template was not run.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("there is no template `{0}`")]
    NotFound(String),
    #[error("the template `{id}` is locked: {reason}")]
    Locked { id: String, reason: String },
    #[error("{}", .0.join("; "))]
    Inputs(Vec<String>),
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// A template that was read, good or not.
#[derive(Debug)]
pub struct Loaded {
    pub about: Template,
    graph: Value,
    /// Values of placeholders that nobody outside can set.
    constants: Map<String, Value>,
    max_bytes: usize,
}

impl Loaded {
    /// Every input's value as the graph gets it: checked, with defaults and random seeds filled in.
    pub fn values(&self, inputs: &Map<String, Value>) -> Result<Map<String, Value>, TemplateError> {
        if let Some(reason) = &self.about.locked {
            return Err(TemplateError::Locked { id: self.about.id.clone(), reason: reason.clone() });
        }
        let mut values = inputs.clone();
        let mut problems = Vec::new();
        for input in &self.about.inputs {
            let value = match (inputs.get(&input.name), &input.default) {
                // Forms send what was left empty as null.
                (None | Some(Value::Null), Some(default)) => Ok(default.clone()),
                (None | Some(Value::Null), None) if input.kind == InputKind::Seed => Ok(random_seed().into()),
                (None | Some(Value::Null), None) => Err(format!("`{}` is missing", input.name)),
                (Some(value), _) => input.check(value),
            };
            match value {
                Ok(value) => drop(values.insert(input.name.clone(), value)),
                Err(problem) => problems.push(problem),
            }
        }
        let unknown = values.keys().filter(|key| !self.about.allowed_inputs.contains(*key));
        problems.extend(unknown.map(|key| format!("`{}` is not an input of this template", cut(key))));
        if problems.is_empty() { Ok(values) } else { Err(TemplateError::Inputs(problems)) }
    }

    /// The graph with these inputs in it.
    pub fn render(&self, inputs: &Map<String, Value>) -> Result<Rendered, TemplateError> {
        let values = self.values(inputs)?;
        let allowed: BTreeSet<_> = self.about.allowed_inputs.iter().cloned().collect();
        Ok(render(&self.graph, &values, &allowed, &self.constants, self.max_bytes)?)
    }
}

fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

fn random_seed() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0 & MAX_SEED
}

/// All there is to run.
#[derive(Debug)]
pub struct Templates {
    folder: PathBuf,
    /// Of a filled-in template.
    max_bytes: usize,
    pack: BTreeMap<String, Arc<Loaded>>,
    own: Mutex<Own>,
}

/// The operator's folder as it was read last.
#[derive(Debug, Default)]
struct Own {
    checked: Option<Instant>,
    stamps: Stamps,
    templates: BTreeMap<String, Arc<Loaded>>,
    problems: Vec<String>,
}

/// When each file changed last, and its length.
type Stamps = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

impl Templates {
    pub fn load(state_dir: &Path, max_bytes: usize) -> Self {
        let files = BTreeMap::from(PACK_FILES);
        let (pack, problems) = read_all(PACK_MANIFEST, true, max_bytes, |name| {
            files.get(name).map(|text| (*text).to_owned()).ok_or_else(|| format!("`{name}` is missing"))
        });
        debug_assert!(problems.is_empty(), "{problems:?}");
        Self { folder: state_dir.join("templates"), max_bytes, pack, own: Mutex::default() }
    }

    /// An operator's template beats one of the pack with the same id.
    pub fn find(&self, id: &str) -> Result<Arc<Loaded>, TemplateError> {
        let own = self.own(|own| own.templates.get(id).cloned());
        own.or_else(|| self.pack.get(id).cloned()).ok_or_else(|| TemplateError::NotFound(cut(id)))
    }

    pub fn list(&self) -> TemplateList {
        let mut all = self.pack.clone();
        let problems = self.own(|own| {
            all.extend(own.templates.clone());
            own.problems.clone()
        });
        let templates: Vec<_> = all.values().map(|loaded| loaded.about.clone()).collect();
        TemplateList { ok: true, count: templates.len(), templates, problems }
    }

    fn own<T>(&self, look: impl FnOnce(&Own) -> T) -> T {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.checked.is_none_or(|checked| checked.elapsed() > FRESH) {
            let changed = own.checked.is_none() || own.stamps.iter().any(|(path, old)| stamp(path) != *old);
            if changed {
                *own = self.read_own();
            }
            own.checked = Some(Instant::now());
        }
        look(&own)
    }

    fn read_own(&self) -> Own {
        let manifest = self.folder.join(MANIFEST);
        let mut stamps = Stamps::from([(manifest.clone(), stamp(&manifest))]);
        if stamps[&manifest].is_none() {
            return Own { stamps, ..Own::default() };
        }
        let text = match read_file(&manifest) {
            Ok(text) => text,
            Err(problem) => return Own { stamps, problems: vec![problem], ..Own::default() },
        };
        let (templates, problems) = read_all(&text, false, self.max_bytes, |name| {
            let path = self.folder.join(name);
            stamps.insert(path.clone(), stamp(&path));
            read_file(&path)
        });
        Own { checked: None, stamps, templates, problems }
    }
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// A link could lead anywhere, so only files are read.
fn read_file(path: &Path) -> Result<String, String> {
    let name = path.display();
    let about = fs::symlink_metadata(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
    if !about.is_file() {
        return Err(format!("{name} is not a file"));
    }
    if about.len() > MAX_FILE {
        return Err(format!("{name} is larger than {MAX_FILE} bytes"));
    }
    fs::read_to_string(path).map_err(|error| format!("{name} cannot be read: {error}"))
}

/// Every template of a manifest. One that is wrong is there, locked, with the reason.
fn read_all(
    manifest: &str,
    bundled: bool,
    max_bytes: usize,
    mut read: impl FnMut(&str) -> Result<String, String>,
) -> (BTreeMap<String, Arc<Loaded>>, Vec<String>) {
    let manifest = match Manifest::parse(manifest) {
        Ok(manifest) => manifest,
        Err(problem) => return (BTreeMap::new(), vec![format!("{MANIFEST}: {problem}")]),
    };
    let mut problems = Vec::new();
    let mut templates = BTreeMap::new();
    for (id, entry) in manifest.templates {
        if let Err(error) = openclaw_shared::id::Surface::Template.check(&id) {
            problems.push(format!("{MANIFEST}: `{}` cannot be the id of a template: {error}", cut(&id)));
            continue;
        }
        let loaded = load(&id, &entry, bundled, max_bytes, &mut read);
        templates.insert(id, Arc::new(loaded));
    }
    (templates, problems)
}

fn load(
    id: &str,
    entry: &Entry,
    bundled: bool,
    max_bytes: usize,
    read: impl FnMut(&str) -> Result<String, String>,
) -> Loaded {
    let title = if entry.title.is_empty() { id } else { &entry.title };
    let mut about = Template {
        id: id.to_owned(),
        title: title.to_owned(),
        description: entry.description.clone(),
        bundled,
        inputs: Vec::new(),
        allowed_inputs: Vec::new(),
        defaults: Map::new(),
        nodes: 0,
        slots: Vec::new(),
        locked: None,
    };
    let graph = match examine(entry, &mut about, read) {
        Ok(graph) => graph,
        Err(reason) => {
            about.locked = Some(reason);
            Value::Null
        }
    };
    let outside = &about.allowed_inputs;
    let constants = entry
        .defaults
        .iter()
        .filter(|(key, _)| !outside.contains(key))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    Loaded { about, graph, constants, max_bytes }
}

/// Fills in what is known about the template; the graph when it may be run.
fn examine(
    entry: &Entry,
    about: &mut Template,
    mut read: impl FnMut(&str) -> Result<String, String>,
) -> Result<Value, String> {
    about.inputs = entry.inputs()?;
    about.allowed_inputs = about.inputs.iter().map(|input| input.name.clone()).collect();
    let default = |input: &TemplateInput| Some((input.name.clone(), input.default.clone()?));
    about.defaults = about.inputs.iter().filter_map(default).collect();
    let file = entry.file(&about.id)?;
    let graph: Value =
        serde_json::from_str(&read(&file)?).map_err(|error| format!("{file} is not JSON: {error}"))?;
    let nodes = check_graph(&graph).map_err(|reason| format!("{file}: {reason}"))?;
    about.nodes = nodes.len();
    about.slots = reach::slots(nodes, &about.inputs, &entry.allow_slots);
    if let Some(slot) = about.slots.iter().find(|slot| !slot.allowed) {
        let noun = slot.danger.map_or("", |danger| danger.noun());
        let place = format!("{}.{}", slot.node_id, slot.node_input);
        let remedy = match slot.danger {
            Some(Danger::Graph) => "a placeholder can only be the whole value of a node's input".to_owned(),
            _ => format!("give it fixed choices, or list \"{place}\" in allow_slots"),
        };
        return Err(format!(
            "`{}` reaches {place} of {}, which is {noun}: {remedy}",
            slot.input, slot.class_type
        ));
    }
    // A trial with every input given finds placeholders without a value and inputs without a place.
    let trial = about.inputs.iter().map(|input| (input.name.clone(), Value::Null)).collect();
    let allowed = about.allowed_inputs.iter().cloned().collect();
    render(&graph, &trial, &allowed, &entry.defaults, usize::MAX)
        .map_err(|error| format!("{file}: {error}"))?;
    Ok(graph)
}

/// Whether it is what ComfyUI's `/prompt` takes: nodes by id, each with a class and inputs.
fn check_graph(graph: &Value) -> Result<&Map<String, Value>, String> {
    if is_ui_format(graph) {
        return Err(RenderError::UiFormat.to_string());
    }
    let nodes = graph.as_object().filter(|nodes| !nodes.is_empty()).ok_or("it has no nodes")?;
    for (id, node) in nodes {
        if !node.get("class_type").is_some_and(Value::is_string) {
            return Err(format!(
                "node `{}` has no class_type: it is not a workflow in ComfyUI's API format",
                cut(id)
            ));
        }
        if !node.get("inputs").is_some_and(Value::is_object) {
            return Err(format!("node `{}` has no inputs", cut(id)));
        }
    }
    Ok(nodes)
}
