//! The nodes ComfyUI shows. The Python shim makes its classes from this data and adds no rule of its own.

mod batch_variants;
mod image_to_prompt;
mod prompt_planner;
mod prompt_refiner;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::refiner::{DEFAULT_IMAGE_SIDE, MAX_IMAGE_SIDE, MIN_IMAGE_SIDE};

/// One node class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeSchema {
    /// The key in ComfyUI's `NODE_CLASS_MAPPINGS`: saved workflows name it, so it never changes.
    pub id: String,
    pub display_name: String,
    pub category: String,
    pub description: String,
    /// Name of the Python method ComfyUI calls; others subclass by it.
    pub function: String,
    /// In the order of a saved workflow's `widgets_values`; optional ones come last.
    pub inputs: Vec<NodeInput>,
    pub outputs: Vec<NodeOutput>,
    /// Path of the endpoint that does the work, below `/openclaw`: one that streams, or one that answers at once.
    pub endpoint: String,
}

/// One input of a node, named as the endpoint's request names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeInput {
    pub name: String,
    /// As ComfyUI names it: `STRING`, `INT`, `FLOAT`, `COMBO`, `IMAGE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What a `COMBO` offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
    pub widget: Widget,
    /// How an `IMAGE` is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
    /// Whether a graph may leave it out; the request's default counts then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// How ComfyUI's page draws an input, by the page's names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Widget {
    #[serde(skip_serializing_if = "Value::is_null")]
    pub default: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiline: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// False for every text: braces are the writer's, not wildcards of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_prompts: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    pub tooltip: String,
}

/// How a picture is sent: the first of a batch, as a PNG.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The request's member that takes it, as base64.
    pub member: String,
    /// Longest side in pixels, when `max_side_input` says nothing.
    pub max_side: u32,
    /// The input that says how long.
    pub max_side_input: String,
}

/// One output of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeOutput {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Member of the endpoint's result; text is passed on, anything else as indented JSON.
    pub member: String,
    /// Whether the result is a list, of which every item goes on by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
    /// What comes out when the server answers with a problem: this text, with `$message` as the problem's sentence and
    /// `$name` as what came in at that input. Without it the node fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_problem: Option<String>,
    pub tooltip: String,
}

/// Every node of this build.
pub fn nodes() -> Vec<NodeSchema> {
    vec![
        prompt_planner::schema(),
        batch_variants::schema(),
        image_to_prompt::schema(),
        prompt_refiner::schema(),
    ]
}

impl NodeInput {
    fn new(name: &str, kind: &str, default: impl Into<Value>, tooltip: &str) -> Self {
        let widget = Widget { default: default.into(), tooltip: tooltip.into(), ..Widget::default() };
        Self { name: name.into(), kind: kind.into(), options: None, widget, picture: None, optional: false }
    }

    /// One line of text.
    fn line(name: &str, default: &str, tooltip: &str) -> Self {
        let mut input = Self::new(name, "STRING", default, tooltip);
        input.widget.multiline = Some(false);
        input.widget.dynamic_prompts = Some(false);
        input
    }

    /// Several lines of text.
    fn text(name: &str, default: &str, placeholder: &str, tooltip: &str) -> Self {
        let mut input = Self::line(name, default, tooltip);
        input.widget.multiline = Some(true);
        input.widget.placeholder = Some(placeholder.into()).filter(|text: &String| !text.is_empty());
        input
    }

    fn choice<'a>(name: &str, options: impl Iterator<Item = &'a str>, default: &str, tooltip: &str) -> Self {
        let options = Some(options.map(str::to_owned).collect());
        Self { options, ..Self::new(name, "COMBO", default, tooltip) }
    }

    fn int(name: &str, default: u64, min: u64, max: u64, tooltip: &str) -> Self {
        let mut input = Self::new(name, "INT", default, tooltip);
        (input.widget.min, input.widget.max) = (Some(min), Some(max));
        input
    }

    fn float(name: &str, default: f64, step: f64, tooltip: &str) -> Self {
        let mut input = Self::new(name, "FLOAT", default, tooltip);
        input.widget.step = Some(step);
        input
    }

    fn image(tooltip: &str) -> Self {
        let picture = Picture {
            member: "image_b64".into(),
            max_side: DEFAULT_IMAGE_SIDE,
            max_side_input: MAX_SIDE.into(),
        };
        Self { picture: Some(picture), ..Self::new("image", "IMAGE", Value::Null, tooltip) }
    }

    fn max_side() -> Self {
        Self::int(
            MAX_SIDE,
            DEFAULT_IMAGE_SIDE.into(),
            MIN_IMAGE_SIDE.into(),
            MAX_IMAGE_SIDE.into(),
            "The picture's longest side as it is sent, in pixels.",
        )
    }

    fn optional(self) -> Self {
        Self { optional: true, ..self }
    }
}

const MAX_SIDE: &str = "max_image_side";

impl NodeOutput {
    fn text(name: &str, member: &str, tooltip: &str) -> Self {
        Self {
            name: name.into(),
            kind: "STRING".into(),
            member: member.into(),
            list: false,
            on_problem: None,
            tooltip: tooltip.into(),
        }
    }

    fn list(self) -> Self {
        Self { list: true, ..self }
    }

    fn or(self, instead: &str) -> Self {
        Self { on_problem: Some(instead.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What saved workflows rely on.
    fn check(id: &str, function: &str, required: &[&str], optional: &[&str], outputs: &[&str]) {
        let nodes = nodes();
        let node = nodes.iter().find(|node| node.id == id).expect(id);
        assert_eq!((node.function.as_str(), node.category.as_str()), (function, "openclaw"));
        let names = |wanted: bool| {
            node.inputs
                .iter()
                .filter(|input| input.optional == wanted)
                .map(|input| input.name.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!((names(false), names(true)), (required.to_vec(), optional.to_vec()), "{id}");
        assert!(node.inputs.is_sorted_by_key(|input| input.optional), "{id}: optional ones come last");
        let outs: Vec<_> = node.outputs.iter().map(|output| output.name.as_str()).collect();
        assert_eq!(outs, outputs, "{id}");
    }

    #[test]
    fn saved_workflows_find_their_nodes_and_widgets_in_the_same_order() {
        check(
            "MoltbotPromptPlanner",
            "plan_generation",
            &["profile", "requirements", "style_directives", "seed"],
            &[],
            &["positive", "negative", "params_json"],
        );
        check(
            "MoltbotBatchVariants",
            "generate_variants",
            &["positive", "negative", "count", "seed_base", "seed_policy", "variant_policy"],
            &["params_json", "sweep_start", "sweep_end"],
            &["positive_list", "negative_list", "params_json_list"],
        );
        check(
            "MoltbotImageToPrompt",
            "generate_prompt",
            &["image", "goal", "detail_level", "max_image_side"],
            &[],
            &["caption", "tags", "prompt_suggestion"],
        );
        check(
            "MoltbotPromptRefiner",
            "refine_prompt",
            &["image", "orig_positive", "orig_negative", "issue"],
            &["params_json", "goal", "max_image_side"],
            &["refined_positive", "refined_negative", "param_patch_json", "rationale"],
        );
    }

    #[test]
    fn either_every_output_survives_a_problem_or_none_does() {
        for node in nodes() {
            let survives = node.outputs.iter().filter(|output| output.on_problem.is_some()).count();
            assert!(survives == 0 || survives == node.outputs.len(), "{}", node.id);
        }
    }
}
