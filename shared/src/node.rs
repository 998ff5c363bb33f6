//! The nodes ComfyUI shows. The Python shim makes its classes from this data and adds no rule of its own.

use serde::{Deserialize, Serialize};

use crate::profile::Profile;

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
    /// In the order of a saved workflow's `widgets_values`.
    pub inputs: Vec<NodeInput>,
    pub outputs: Vec<NodeOutput>,
    /// Path of the streaming endpoint that does the work, below `/openclaw`.
    pub endpoint: String,
}

/// One input of a node, named as the endpoint's request names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeInput {
    pub name: String,
    #[serde(flatten)]
    pub kind: InputKind,
    pub tooltip: String,
}

/// The widget types used, as ComfyUI names them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum InputKind {
    #[serde(rename = "COMBO")]
    Combo { options: Vec<String>, default: String },
    #[serde(rename = "STRING")]
    Text { default: String, multiline: bool, placeholder: String },
    #[serde(rename = "INT")]
    Int { default: u64, min: u64, max: u64 },
}

/// One output of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeOutput {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// JSON pointer into the endpoint's result; text is passed on, anything else as indented JSON.
    pub pointer: String,
    pub tooltip: String,
}

/// Every node of this build.
pub fn nodes() -> Vec<NodeSchema> {
    vec![prompt_planner()]
}

fn prompt_planner() -> NodeSchema {
    let text = |name: &str, placeholder: &str, tooltip: &str| NodeInput {
        name: name.into(),
        kind: InputKind::Text { default: String::new(), multiline: true, placeholder: placeholder.into() },
        tooltip: tooltip.into(),
    };
    let output = |name: &str, pointer: &str, tooltip: &str| NodeOutput {
        name: name.into(),
        kind: "STRING".into(),
        pointer: pointer.into(),
        tooltip: tooltip.into(),
    };
    NodeSchema {
        id: "MoltbotPromptPlanner".into(),
        display_name: "openclaw: Prompt Planner".into(),
        category: "openclaw".into(),
        description:
            "Writes a prompt, a negative prompt and generation parameters from what you want to see.".into(),
        function: "plan_generation".into(),
        inputs: vec![
            NodeInput {
                name: "profile".into(),
                kind: InputKind::Combo {
                    options: Profile::ALL.iter().map(|profile| profile.id.to_owned()).collect(),
                    default: Profile::DEFAULT_ID.into(),
                },
                tooltip: "The model family the prompt is for.".into(),
            },
            text(
                "requirements",
                "What the picture should show",
                "What the picture should show, in any language.",
            ),
            text("style_directives", "How it should look", "Medium, light, mood, palette, camera."),
            NodeInput {
                name: "seed".into(),
                kind: InputKind::Int { default: 0, min: 0, max: u64::MAX },
                tooltip: "Goes into the parameters; the built-in planner also varies its wording with it."
                    .into(),
            },
        ],
        outputs: vec![
            output("positive", "/positive", "The prompt."),
            output("negative", "/negative", "The negative prompt; empty for families that ignore it."),
            output("params_json", "/params", "Size, steps, cfg, sampler, scheduler and seed as JSON."),
        ],
        endpoint: "/assist/planner/stream".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_workflows_find_their_node_and_widgets_in_the_same_order() {
        let node = prompt_planner();
        assert_eq!(node.id, "MoltbotPromptPlanner");
        let inputs: Vec<_> = node.inputs.iter().map(|input| input.name.as_str()).collect();
        assert_eq!(inputs, ["profile", "requirements", "style_directives", "seed"]);
        let outputs: Vec<_> = node.outputs.iter().map(|output| output.name.as_str()).collect();
        assert_eq!(outputs, ["positive", "negative", "params_json"]);
    }
}
