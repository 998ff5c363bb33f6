use super::{NodeInput, NodeOutput, NodeSchema};
use crate::caption::{DetailLevel, ImageToPromptRequest};

pub fn schema() -> NodeSchema {
    let default = ImageToPromptRequest::default();
    NodeSchema {
        id: "MoltbotImageToPrompt".into(),
        display_name: "openclaw: Image to Prompt".into(),
        category: "openclaw".into(),
        description: "Describes a picture, and suggests a prompt for one like it.".into(),
        function: "generate_prompt".into(),
        inputs: vec![
            NodeInput::image("The picture; of a batch the first."),
            NodeInput::text("goal", &default.goal, "", "What the description is for."),
            NodeInput::choice(
                "detail_level",
                DetailLevel::ALL.iter().map(|level| level.as_str()),
                default.detail_level.as_str(),
                "How much is said.",
            ),
            NodeInput::max_side(),
        ],
        outputs: vec![
            NodeOutput::text("caption", "caption", "What the picture shows, in sentences."),
            NodeOutput::text("tags", "tags", "What the picture shows, in words separated by commas."),
            NodeOutput::text("prompt_suggestion", "prompt_suggestion", "A prompt for a picture like it."),
        ],
        endpoint: "/assist/image-to-prompt/stream?reuse=true".into(),
    }
}
