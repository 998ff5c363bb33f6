use super::{NodeInput, NodeOutput, NodeSchema};
use crate::profile::Profile;

pub fn schema() -> NodeSchema {
    NodeSchema {
        id: "MoltbotPromptPlanner".into(),
        display_name: "openclaw: Prompt Planner".into(),
        category: "openclaw".into(),
        description:
            "Writes a prompt, a negative prompt and generation parameters from what you want to see.".into(),
        function: "plan_generation".into(),
        inputs: vec![
            NodeInput::choice(
                "profile",
                Profile::ALL.iter().map(|profile| profile.id),
                Profile::DEFAULT_ID,
                "The model family the prompt is for.",
            ),
            NodeInput::text(
                "requirements",
                "",
                "What the picture should show",
                "What the picture should show, in any language.",
            ),
            NodeInput::text(
                "style_directives",
                "",
                "How it should look",
                "Medium, light, mood, palette, camera.",
            ),
            NodeInput::int(
                "seed",
                0,
                0,
                u64::MAX,
                "Goes into the parameters; the built-in planner also varies its wording with it.",
            ),
        ],
        outputs: vec![
            NodeOutput::text("positive", "positive", "The prompt."),
            NodeOutput::text(
                "negative",
                "negative",
                "The negative prompt; empty for families that ignore it.",
            ),
            NodeOutput::text(
                "params_json",
                "params",
                "Size, steps, cfg, sampler, scheduler and seed as JSON.",
            ),
        ],
        endpoint: "/assist/planner/stream?reuse=true".into(),
    }
}
