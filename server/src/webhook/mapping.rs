//! Events of programs that cannot say what we want to hear: a profile names the template and says which of the event's
//! values go into which input. What is run is the operator's choice; the event fills it in.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;

use openclaw_shared::id::Surface;
use openclaw_shared::webhook::{Callback, WebhookRequest};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::request;

const FILE: &str = "mappings.json";
/// Bytes. Fifty profiles of fifty rules have a quarter of it.
const MAX_FILE: u64 = 1 << 20;
const MAX_PROFILES: usize = 50;
/// As in the Python edition.
const MAX_RULES: usize = 50;
/// Bytes of a path into an event.
const MAX_PATH: usize = 256;
/// The profile that takes an event in its normal form and leaves out what does not belong to it.
pub const GENERIC: &str = "generic";

/// Everything there is to map by, or why the operator's file cannot be used.
#[derive(Debug)]
pub struct Mappings(Result<BTreeMap<String, Profile>, String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u64,
    profiles: BTreeMap<String, Profile>,
}

/// How events of one kind are read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    template_id: String,
    /// An `X-Webhook-Source` that contains this chooses the profile.
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    callback: Option<Callback>,
    /// Without any, those of the kind of event that the profile is named after.
    #[serde(default)]
    rules: Option<Vec<Rule>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    source_path: Path,
    target_path: Target,
    #[serde(default)]
    coercion: Coercion,
    /// For an event that has nothing there.
    #[serde(default)]
    default: Option<Value>,
    #[serde(default)]
    required: bool,
}

/// Where a value is: `commits[0].author.name`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Path {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

/// Where it goes. Nothing else of a request can come out of an event: what is run, and where the result goes, is the
/// operator's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
enum Target {
    Input(String),
    JobId,
    TraceId,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Coercion {
    String,
    Int,
    Float,
    Bool,
    Json,
    #[default]
    Passthrough,
}

/// A kind of event that is known: from where, and what is where in it.
struct Kind {
    name: &'static str,
    source: &'static str,
    rules: &'static [(&'static str, &'static str)],
}

/// Those that the Python edition knew.
const KNOWN: [Kind; 2] = [
    Kind {
        name: "github_push",
        source: "github",
        rules: &[
            ("ref", "inputs.ref"),
            ("repository.full_name", "inputs.repository"),
            ("head_commit.message", "inputs.message"),
            ("pusher.name", "inputs.author"),
            ("after", "job_id"),
        ],
    },
    Kind {
        name: "discord_message",
        source: "discord",
        rules: &[("content", "inputs.message"), ("author.username", "inputs.author"), ("id", "job_id")],
    },
];

impl Mappings {
    /// A file that cannot be understood maps nothing; events in the normal form do not need it.
    pub fn load(state_dir: &std::path::Path) -> Self {
        let profiles = read(state_dir);
        if let Err(reason) = &profiles {
            tracing::error!(reason, "events cannot be mapped");
        }
        Self(profiles)
    }

    /// The profile that is asked for, or the one for this source; `None` when an event is to be taken as it is.
    pub fn choose<'a>(
        &'a self,
        profile: Option<&'a str>,
        source: Option<&str>,
    ) -> Result<Option<Chosen<'a>>, String> {
        let profiles = match (&self.0, profile) {
            (_, Some(GENERIC)) => return Ok(Some(Chosen::Generic)),
            (Ok(profiles), _) => profiles,
            (Err(reason), Some(_)) => return Err(reason.clone()),
            (Err(_), None) => return Ok(None),
        };
        if let Some(name) = profile {
            return profiles
                .get(name)
                .map(|profile| Some(Chosen::Profile(name, profile)))
                .ok_or_else(|| missing(name));
        }
        let Some(source) = source.map(str::to_lowercase) else { return Ok(None) };
        let of_source = |profile: &Profile| {
            profile.source.as_ref().is_some_and(|part| source.contains(&part.to_lowercase()))
        };
        let found = profiles.iter().find(|(_, profile)| of_source(profile));
        Ok(found.map(|(name, profile)| Chosen::Profile(name, profile)))
    }
}

/// How one event is read.
#[derive(Debug)]
pub enum Chosen<'a> {
    Generic,
    Profile(&'a str, &'a Profile),
}

impl Chosen<'_> {
    pub fn map(self, event: Map<String, Value>) -> Result<WebhookRequest, String> {
        match self {
            Self::Generic => request::generic(event),
            Self::Profile(name, profile) => profile.map(name, &event.into()),
        }
    }
}

fn missing(name: &str) -> String {
    let shown: String = name.chars().take(64).collect();
    if KNOWN.iter().any(|known| known.name == name) {
        format!("the profile `{name}` needs a template: give it one in {FILE}")
    } else {
        format!("there is no mapping profile `{shown}` in {FILE}")
    }
}

impl Profile {
    fn map(&self, name: &str, event: &Value) -> Result<WebhookRequest, String> {
        let mut members = Map::from_iter([
            ("version".to_owned(), WebhookRequest::VERSION.into()),
            ("template_id".to_owned(), self.template_id.clone().into()),
            ("profile_id".to_owned(), name.into()),
        ]);
        let mut inputs = Map::new();
        for rule in self.rules.iter().flatten() {
            let Some(value) = rule.value(event)? else { continue };
            let place = match &rule.target_path {
                Target::Input(input) => inputs.entry(input),
                Target::JobId => members.entry("job_id"),
                Target::TraceId => members.entry("trace_id"),
            };
            place.or_insert(value);
        }
        members.insert("inputs".into(), inputs.into());
        let request = request::normalise(members)?;
        Ok(WebhookRequest { callback: self.callback.clone(), ..request })
    }

    /// Completes what the file says by what is known of the kind of event that it is named after.
    fn checked(mut self, name: &str) -> Result<Self, String> {
        Surface::Record.check(name).map_err(|error| format!("a profile's name is wrong: {error}"))?;
        Surface::Template
            .check(&self.template_id)
            .map_err(|error| format!("{name}: template_id is wrong: {error}"))?;
        self.callback
            .iter()
            .try_for_each(request::check_callback)
            .map_err(|error| format!("{name}: {error}"))?;
        let known = KNOWN.iter().find(|known| known.name == name);
        self.source = self.source.or_else(|| Some(known?.source.to_owned()));
        if self.source.as_deref() == Some("") {
            return Err(format!("{name}: an empty source would be every source"));
        }
        let rules = match (self.rules.take(), known) {
            (Some(rules), _) => rules,
            (None, Some(kind)) => kind.rules.iter().map(|(from, to)| Rule::of(from, to)).collect(),
            (None, None) => return Err(format!("{name} has no rules")),
        };
        if rules.len() > MAX_RULES {
            return Err(format!("{name} has more than {MAX_RULES} rules"));
        }
        Ok(Self { rules: Some(rules), ..self })
    }
}

impl Rule {
    fn of(source: &str, target: &str) -> Self {
        Self {
            source_path: source.to_owned().try_into().expect("a path of ours"),
            target_path: target.to_owned().try_into().expect("a target of ours"),
            coercion: Coercion::String,
            default: None,
            required: false,
        }
    }

    fn value(&self, event: &Value) -> Result<Option<Value>, String> {
        let path = &self.source_path.text;
        match self.source_path.find(event).filter(|value| !value.is_null()) {
            Some(value) => match self.coercion.apply(value) {
                Some(value) => Ok(Some(value)),
                None => Err(format!("{path} is not what the profile expects")),
            },
            None if self.default.is_some() => Ok(self.default.clone()),
            None if self.required => Err(format!("{path} is missing")),
            None => Ok(None),
        }
    }
}

impl Path {
    fn find<'a>(&self, event: &'a Value) -> Option<&'a Value> {
        self.steps.iter().try_fold(event, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Item(index) => value.get(index),
        })
    }
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            || format!("`{}` is not a path such as commits[0].id", text.chars().take(64).collect::<String>());
        if text.len() > MAX_PATH {
            return Err(wrong());
        }
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (name, items) =
                part.split_once('[').map_or((part, None), |(name, items)| (name, Some(items)));
            if !name.is_empty() {
                steps.push(Step::Member(name.to_owned()));
            } else if items.is_none() || !steps.is_empty() {
                return Err(wrong());
            }
            if let Some(items) = items {
                let items = items.strip_suffix(']').ok_or_else(wrong)?;
                for item in items.split("][") {
                    steps.push(Step::Item(item.parse().map_err(|_| wrong())?));
                }
            }
        }
        Ok(Self { text, steps })
    }
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match (text.as_str(), text.strip_prefix("inputs.")) {
            ("job_id", _) => Ok(Self::JobId),
            ("trace_id", _) => Ok(Self::TraceId),
            (_, Some(input)) if !input.is_empty() => Ok(Self::Input(input.to_owned())),
            _ => Err("a target_path is job_id, trace_id or inputs. and the name of an input".into()),
        }
    }
}

impl Coercion {
    /// The value in this form, if it has one.
    fn apply(self, value: &Value) -> Option<Value> {
        let text = match value {
            Value::String(text) => Some(text.trim()),
            _ => None,
        };
        match self {
            Self::Passthrough => Some(value.clone()),
            Self::String => match value {
                Value::String(_) => Some(value.clone()),
                other => Some(other.to_string().into()),
            },
            Self::Int => {
                let whole =
                    |number: f64| (number.fract() == 0.0).then(|| format!("{number}").parse::<i64>().ok())?;
                let number = value.as_i64().or_else(|| value.as_f64().and_then(whole));
                number.or_else(|| text?.parse().ok()).map(Value::from)
            }
            Self::Float => value.as_f64().or_else(|| text?.parse().ok()).and_then(finite),
            Self::Bool => match (value, text.map(str::to_ascii_lowercase).as_deref()) {
                (Value::Bool(_), _) => Some(value.clone()),
                (_, Some("true" | "yes" | "on" | "1")) => Some(true.into()),
                (_, Some("false" | "no" | "off" | "0" | "")) => Some(false.into()),
                (Value::Number(number), _) => Some((number.as_f64() != Some(0.0)).into()),
                _ => None,
            },
            Self::Json => match text {
                Some(text) => serde_json::from_str(text).ok(),
                None => Some(value.clone()),
            },
        }
    }
}

fn finite(number: f64) -> Option<Value> {
    serde_json::Number::from_f64(number).map(Value::Number)
}

fn read(state_dir: &std::path::Path) -> Result<BTreeMap<String, Profile>, String> {
    let path = state_dir.join(FILE);
    let text = match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Ok(about) if about.len() > MAX_FILE => return Err(format!("{FILE} is larger than {MAX_FILE} bytes")),
        Ok(_) | Err(_) => {
            fs::read_to_string(&path).map_err(|error| format!("{FILE} cannot be read: {error}"))?
        }
    };
    parse(&text).map_err(|error| format!("{FILE}: {error}"))
}

fn parse(text: &str) -> Result<BTreeMap<String, Profile>, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if file.version != 1 {
        return Err(format!("version {} is not known; this server reads version 1", file.version));
    }
    if file.profiles.len() > MAX_PROFILES {
        return Err(format!("more than {MAX_PROFILES} profiles"));
    }
    if file.profiles.contains_key(GENERIC) {
        return Err(format!("{GENERIC} is the name of the normal form"));
    }
    file.profiles.into_iter().map(|(name, profile)| Ok((name.clone(), profile.checked(&name)?))).collect()
}
