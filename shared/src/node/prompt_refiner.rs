use super::{NodeInput, NodeOutput, NodeSchema};
use crate::refiner::Issue;

pub fn schema() -> NodeSchema {
    NodeSchema {
        id: "MoltbotPromptRefiner".into(),
        display_name: "openclaw: Prompt Refiner".into(),
        category: "openclaw".into(),
        description:
            "Improves prompts by the picture they made. When it cannot, the prompts go through unchanged, \
                      the rationale says why, and the next run tries again."
                .into(),
        function: "refine_prompt".into(),
        inputs: vec![
            NodeInput::image("The picture the prompts made; of a batch the first."),
            NodeInput::text(
                "orig_positive",
                "",
                "The prompt it was made with",
                "The prompt the picture was made with.",
            ),
            NodeInput::text(
                "orig_negative",
                "",
                "The negative prompt it was made with",
                "The negative prompt the picture was made with.",
            ),
            NodeInput::choice(
                "issue",
                Issue::ALL.iter().map(|issue| issue.as_str()),
                Issue::Other.as_str(),
                "What is wrong with the picture.",
            ),
            NodeInput::line(
                "params_json",
                "{}",
                "The parameters the picture was made with, as a JSON object.",
            )
            .optional(),
            NodeInput::line("goal", "Fix the issues", "What should come out of it.").optional(),
            NodeInput::max_side().optional(),
        ],
        outputs: vec![
            NodeOutput::text("refined_positive", "refined_positive", "The better prompt.")
                .or("$orig_positive"),
            NodeOutput::text("refined_negative", "refined_negative", "The better negative prompt.")
                .or("$orig_negative"),
            NodeOutput::text(
                "param_patch_json",
                "param_patch",
                "Only the parameters to change, as a JSON object.",
            )
            .or("{}"),
            NodeOutput::text("rationale", "rationale", "Why, in one to three sentences.")
                .or("Error: $message"),
        ],
        endpoint: "/assist/refiner/stream?reuse=true".into(),
    }
}
