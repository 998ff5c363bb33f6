//! The list of what may be run. A file that no manifest names is not a template.

use std::collections::BTreeMap;

use openclaw_shared::id::Surface;
use openclaw_shared::template::{InputKind, TemplateInput};
use serde::Deserialize;
use serde_json::{Map, Value};

/// More would be a list that nobody reads.
const MAX_TEMPLATES: usize = 500;
/// A form of that many fields is hard to fill in.
const MAX_INPUTS: usize = 64;
/// Characters of an input of which the manifest says only the name; the Python edition took 2048 bytes.
const MAX_ANY: usize = 8000;

/// `manifest.json`. The members that the Python edition wrote (`path`, `allowed_inputs`, `defaults`) are enough.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    pub version: u64,
    pub templates: BTreeMap<String, Entry>,
}

/// One template.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// The file beside the manifest; `<id>.json` when it is not given.
    pub path: Option<String>,
    pub title: String,
    pub description: String,
    pub inputs: Vec<TemplateInput>,
    pub allowed_inputs: Vec<String>,
    pub defaults: Map<String, Value>,
    /// Dangerous slots that outside data may fill all the same, as `<node id>.<input>`.
    pub allow_slots: Vec<String>,
}

impl Manifest {
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if manifest.version != 1 {
            return Err(format!("version {} is not known; this server reads version 1", manifest.version));
        }
        if manifest.templates.len() > MAX_TEMPLATES {
            return Err(format!("more than {MAX_TEMPLATES} templates"));
        }
        Ok(manifest)
    }
}

impl Entry {
    /// The name of the file: an id and `.json`, so that it stays in its folder.
    pub fn file(&self, id: &str) -> Result<String, String> {
        let file = self.path.clone().unwrap_or_else(|| format!("{id}.json"));
        match file.strip_suffix(".json").map(|stem| Surface::Template.check(stem)) {
            Some(Ok(())) => Ok(file),
            _ => Err(format!("`{file}` is not the name of a .json file beside the manifest")),
        }
    }

    /// What comes from outside, with the defaults that were written apart from it, each checked by its own rule.
    pub fn inputs(&self) -> Result<Vec<TemplateInput>, String> {
        let mut inputs = self.inputs.clone();
        for name in &self.allowed_inputs {
            if !inputs.iter().any(|input| input.name == *name) {
                let kind = InputKind::Any { max_length: MAX_ANY };
                let (label, help) = (String::new(), String::new());
                inputs.push(TemplateInput { name: name.clone(), label, help, kind, default: None });
            }
        }
        if inputs.len() > MAX_INPUTS {
            return Err(format!("more than {MAX_INPUTS} inputs"));
        }
        for index in 0..inputs.len() {
            let input = &mut inputs[index];
            Surface::Record
                .check(&input.name)
                .map_err(|error| format!("an input cannot be named `{}`: {error}", input.name))?;
            if input.default.is_none() {
                input.default = self.defaults.get(&input.name).cloned();
            }
            if let Some(default) = &input.default {
                input.default =
                    Some(input.check(default).map_err(|error| format!("the default of {error}"))?);
            }
            if input.label.is_empty() {
                input.label = input.name.clone();
            }
            let name = inputs[index].name.clone();
            if inputs[..index].iter().any(|other| other.name == name) {
                return Err(format!("`{name}` is there twice"));
            }
        }
        Ok(inputs)
    }
}
