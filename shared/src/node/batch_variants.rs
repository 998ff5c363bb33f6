use super::{NodeInput, NodeOutput, NodeSchema};
use crate::variants::{SeedPolicy, VariantPolicy, VariantsRequest};

pub fn schema() -> NodeSchema {
    let default = VariantsRequest::default();
    let sweep = |name: &str, tooltip: &str| NodeInput::float(name, 0.0, 0.1, tooltip).optional();
    NodeSchema {
        id: "MoltbotBatchVariants".into(),
        display_name: "openclaw: Batch Variants".into(),
        category: "openclaw".into(),
        description:
            "Makes lists of one prompt with different seeds, parameters or wordings: what is connected \
                      to them runs once for each. No model is asked."
                .into(),
        function: "generate_variants".into(),
        inputs: vec![
            NodeInput::text("positive", "", "The prompt", "The prompt of every variant."),
            NodeInput::text("negative", "", "The negative prompt", "The negative prompt of every variant."),
            NodeInput::int(
                "count",
                default.count.into(),
                1,
                VariantsRequest::MAX_COUNT.into(),
                "How many variants.",
            ),
            NodeInput::int("seed_base", default.seed_base, 0, u64::MAX, "The first variant's seed."),
            NodeInput::choice(
                "seed_policy",
                SeedPolicy::ALL.iter().map(|policy| policy.as_str()),
                default.seed_policy.as_str(),
                "The same seed for all, one more for each, or one drawn from each of those.",
            ),
            NodeInput::choice(
                "variant_policy",
                VariantPolicy::ALL.iter().map(|policy| policy.as_str()),
                default.variant_policy.as_str(),
                "What changes besides the seed. prompt_slots takes its wordings from {red|blue} in the prompts.",
            ),
            NodeInput::line(
                "params_json",
                &default.params_json,
                "Parameters to start from, as a JSON object.",
            )
            .optional(),
            sweep("sweep_start", "The swept parameter's first value."),
            sweep("sweep_end", "The swept parameter's last value."),
        ],
        outputs: vec![
            NodeOutput::text("positive_list", "positive_list", "The prompt of each variant.").list(),
            NodeOutput::text("negative_list", "negative_list", "The negative prompt of each variant.").list(),
            NodeOutput::text(
                "params_json_list",
                "params_json_list",
                "The parameters of each variant, seed included, as JSON.",
            )
            .list(),
        ],
        endpoint: "/assist/variants".into(),
    }
}
