//! The open graph as plain data, and what a plan would read from it and write to it.
//!
//! `host::graph` copies the page's graph into a [`GraphView`] and carries out [`Write`]s and [`Insert`]s;
//! every decision in between is made here, where it can be tested without a browser.

mod insert;

use std::collections::{HashSet, VecDeque};

use openclaw_shared::params::GenerationParams;
use openclaw_shared::profile::Profile;

use crate::recipe::{Recipe, json_value, members};

pub use insert::{Insert, NewNode, Origin, PlanTexts};

/// A widget's value as far as the panel needs it.
#[derive(Debug, Clone, PartialEq)]
pub enum WidgetValue {
    Text(String),
    Number(f64),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Widget {
    pub name: String,
    /// A text box of several lines.
    pub multiline: bool,
    /// Fed by a link: writing it would change nothing.
    pub linked: bool,
    pub value: WidgetValue,
}

/// An input that is fed by another node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    pub kind: String,
    pub origin: String,
    pub origin_slot: u32,
}

/// Node ids are numbers in some hosts and text in others; here they are always text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub selected: bool,
    /// Muted or bypassed: it does not run.
    pub off: bool,
    pub widgets: Vec<Widget>,
    pub inputs: Vec<Input>,
    /// Types of the outputs, in slot order.
    pub outputs: Vec<String>,
}

/// The nodes people see now: the root graph, or the subgraph that is open.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GraphView {
    pub nodes: Vec<Node>,
    /// Node types this host can create, of those the panel would use.
    pub creatable: Vec<String>,
}

/// A text box that a prompt can be applied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTarget {
    pub node: String,
    pub widget: String,
    pub label: String,
    pub text: String,
}

impl TextTarget {
    /// Identifies the target within its graph.
    pub fn key(&self) -> String {
        format!("{}/{}", self.node, self.widget)
    }
}

/// One widget to set.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    pub node: String,
    pub widget: String,
    pub value: WidgetValue,
}

/// Which prompt a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Positive,
    Negative,
}

/// Node types that hold text which is no prompt.
const NOT_A_PROMPT: &[&str] = &["Note", "MarkdownNote", "MoltbotPromptPlanner", "PreviewAny"];

impl Node {
    fn texts(&self) -> impl Iterator<Item = (&Widget, &str)> {
        let usable = !NOT_A_PROMPT.contains(&self.kind.as_str());
        self.widgets.iter().filter(move |widget| usable && widget.multiline && !widget.linked).filter_map(
            |widget| match &widget.value {
                WidgetValue::Text(text) => Some((widget, text.as_str())),
                WidgetValue::Number(_) => None,
            },
        )
    }

    fn widget(&self, name: &str) -> Option<&Widget> {
        self.widgets.iter().find(|widget| widget.name == name && !widget.linked)
    }

    fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// Whatever denoises a latent has this input, core samplers and those of custom packs alike.
    fn samples(&self) -> bool {
        !self.off && self.input("latent_image").is_some()
    }

    pub fn name(&self) -> &str {
        if self.title.is_empty() { &self.kind } else { &self.title }
    }
}

impl GraphView {
    fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// Every text box a prompt could go to.
    pub fn text_targets(&self) -> Vec<TextTarget> {
        let target = |node: &Node, (widget, text): (&Widget, &str), several: bool| TextTarget {
            node: node.id.clone(),
            widget: widget.name.clone(),
            label: if several {
                format!("{} #{} · {}", node.name(), node.id, widget.name)
            } else {
                format!("{} #{}", node.name(), node.id)
            },
            text: text.to_owned(),
        };
        self.nodes
            .iter()
            .flat_map(|node| {
                let several = node.texts().nth(1).is_some();
                node.texts().map(move |text| target(node, text, several))
            })
            .collect()
    }

    /// The text of the selected node, when exactly one text node is selected.
    pub fn selected_text(&self) -> Option<TextTarget> {
        let selected: HashSet<_> = self.nodes.iter().filter(|n| n.selected).map(|n| n.id.as_str()).collect();
        let mut targets = self.text_targets().into_iter().filter(|t| selected.contains(t.node.as_str()));
        targets.next().filter(|_| selected.len() == 1)
    }

    /// The text box this prompt most likely belongs to.
    pub fn likely_target(&self, role: Role) -> Option<TextTarget> {
        let targets = self.text_targets();
        let traced = |role| self.trace(role).and_then(|id| targets.iter().find(|t| t.node == id).cloned());
        let (positive, negative) = (traced(Role::Positive), traced(Role::Negative));
        let named =
            |word: &str| targets.iter().find(|t| t.label.to_ascii_lowercase().contains(word)).cloned();
        match role {
            Role::Positive => self
                .selected_text()
                .filter(|target| negative.as_ref().is_none_or(|other| other.node != target.node))
                .or(positive)
                .or_else(|| named("positive"))
                .or_else(|| targets.first().cloned()),
            // A graph that zeroes its negative reaches the positive text on both ways.
            Role::Negative => negative
                .filter(|target| positive.as_ref().is_none_or(|other| other.node != target.node))
                .or_else(|| if self.sampler().is_none() { named("negative") } else { None }),
        }
    }

    /// The sampler a plan is for: the selected one, else the first pass of the graph.
    pub fn sampler(&self) -> Option<&Node> {
        let samplers = || self.nodes.iter().filter(|node| node.samples());
        let first_pass = |node: &&Node| self.upstream(&node.id, |_, _| true).skip(1).all(|n| !n.samples());
        samplers().find(|node| node.selected).or_else(|| samplers().find(first_pass))
    }

    /// The node, then everything that feeds it through inputs that `follow` lets pass, nearest first.
    fn upstream<'a>(
        &'a self,
        id: &str,
        follow: impl Fn(&Node, &Input) -> bool + 'a,
    ) -> impl Iterator<Item = &'a Node> + 'a {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut next: VecDeque<&Node> = self.node(id).into_iter().collect();
        std::iter::from_fn(move || {
            loop {
                let node = next.pop_front()?;
                if !seen.insert(&node.id) {
                    continue;
                }
                let inputs = node.inputs.iter().filter(|input| follow(node, input));
                next.extend(inputs.filter_map(|input| self.node(&input.origin)));
                return Some(node);
            }
        })
    }

    /// Follows the links from the sampler to the text that conditions it.
    fn trace(&self, role: Role) -> Option<&str> {
        let conditioning = |node: &Node, input: &Input| match node.input("positive") {
            Some(_) => input.name == "positive",
            None => input.name != "negative",
        };
        let sampler = self.sampler()?;
        let start = match role {
            Role::Positive => sampler,
            Role::Negative => {
                let guider = self.upstream(&sampler.id, conditioning).find_map(|n| n.input("negative"))?;
                self.node(&guider.origin)?
            }
        };
        self.upstream(&start.id, conditioning).find(|n| n.texts().next().is_some()).map(|n| n.id.as_str())
    }

    /// The model file the graph loads and the family it belongs to.
    pub fn model_family(&self) -> Option<(&'static Profile, String)> {
        let loads_model = |widget: &&Widget| {
            ["ckpt", "unet", "model"].iter().any(|part| widget.name.to_ascii_lowercase().contains(part))
        };
        let family = |node: &Node| {
            node.widgets.iter().filter(loads_model).find_map(|widget| match &widget.value {
                WidgetValue::Text(file) => Profile::of_file(file).map(|profile| (profile, file.clone())),
                WidgetValue::Number(_) => None,
            })
        };
        let near_sampler =
            self.sampler().and_then(|sampler| self.upstream(&sampler.id, |_, _| true).find_map(family));
        near_sampler.or_else(|| self.nodes.iter().filter(|node| !node.off).find_map(family))
    }

    /// The widget that holds each generation parameter, with its current value: what a plan would change.
    pub fn param_widgets(&self, profile: Option<&Profile>) -> Vec<(&'static str, Write)> {
        let Some(sampler) = self.sampler() else { return Vec::new() };
        let holder = |through: Option<&str>, names: &[&str], beside: &str| {
            let start = through.map_or(Some(sampler), |name| self.node(&sampler.input(name)?.origin))?;
            self.upstream(&start.id, |node, _| node.id == sampler.id || !node.samples()).find_map(|node| {
                let widget = names.iter().find_map(|name| node.widget(name))?;
                node.widget(beside).or(Some(widget).filter(|_| beside.is_empty()))?;
                Some(Write {
                    node: node.id.clone(),
                    widget: widget.name.clone(),
                    value: widget.value.clone(),
                })
            })
        };
        // Distilled models take their guidance as a conditioning; their cfg stays at 1.
        let distilled = profile.is_some_and(|profile| !profile.negative);
        let guidance = if distilled { holder(None, &["guidance"], "") } else { None };
        let found = [
            ("width", holder(Some("latent_image"), &["width"], "height")),
            ("height", holder(Some("latent_image"), &["height"], "width")),
            ("steps", holder(None, &["steps"], "")),
            ("cfg", guidance.or_else(|| holder(None, &["cfg"], ""))),
            ("sampler_name", holder(None, &["sampler_name"], "")),
            ("scheduler", holder(None, &["scheduler"], "")),
            ("seed", holder(None, &["seed", "noise_seed"], "")),
            ("denoise", holder(None, &["denoise"], "")),
        ];
        found.into_iter().filter_map(|(field, write)| Some((field, write?))).collect()
    }

    /// The writes that bring the graph to a recipe's parameters; what is already so is left out.
    pub fn param_writes(&self, recipe: &Recipe, profile: Option<&Profile>) -> Vec<(&'static str, Write)> {
        self.param_widgets(profile)
            .into_iter()
            .filter_map(|(field, now)| {
                let value = recipe.param(field)?;
                (value != now.value).then_some((field, Write { value, ..now }))
            })
            .collect()
    }

    /// What the graph would generate with now.
    pub fn recipe(&self) -> Recipe {
        let text = |role| self.likely_target(role).map(|target| target.text).unwrap_or_default();
        let family = self.model_family().map(|(profile, _)| profile);
        let params = self.param_widgets(family).into_iter();
        Recipe {
            positive: text(Role::Positive),
            negative: text(Role::Negative),
            params: members(params.map(|(field, now)| (field.to_owned(), json_value(&now.value)))),
        }
    }
}

/// One parameter of a plan, as a widget takes it.
#[expect(clippy::cast_precision_loss, reason = "a widget's number is an f64 in any case")]
pub fn param(params: &GenerationParams, field: &str) -> Option<WidgetValue> {
    Some(match field {
        "width" => WidgetValue::Number(params.width.into()),
        "height" => WidgetValue::Number(params.height.into()),
        "steps" => WidgetValue::Number(params.steps.into()),
        "cfg" => WidgetValue::Number(params.cfg),
        "sampler_name" => WidgetValue::Text(params.sampler_name.clone()),
        "scheduler" => WidgetValue::Text(params.scheduler.clone()),
        "seed" => WidgetValue::Number(params.seed? as f64),
        _ => return None,
    })
}

/// As JavaScript writes it: `7`, `6.5`. The standard library's own float formatting is larger than this whole module.
#[expect(clippy::cast_possible_truncation, reason = "only numbers that a whole type holds exactly get there")]
pub fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        (number as i64).to_string()
    } else {
        serde_json::to_string(&number).unwrap_or_default()
    }
}

impl std::fmt::Display for WidgetValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => f.write_str(&number_text(*number)),
        }
    }
}

#[cfg(test)]
mod tests;
