//! Variations of one prompt: seeds, swept parameters, wording. One implementation for the node, the server and the
//! browser.

mod random;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::number;
use crate::params::{SAMPLERS, SCHEDULERS, between};
use crate::profile::WIDE;

/// Body of `POST /assist/variants`, and the inputs of the Batch Variants node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VariantsRequest {
    pub positive: String,
    pub negative: String,
    /// 1 to 100.
    pub count: u32,
    pub seed_base: u64,
    pub seed_policy: SeedPolicy,
    pub variant_policy: VariantPolicy,
    /// Parameters to start from, as a JSON object.
    pub params_json: String,
    /// First value of a sweep.
    pub sweep_start: f64,
    /// Last value of a sweep.
    pub sweep_end: f64,
}

impl Default for VariantsRequest {
    fn default() -> Self {
        Self {
            positive: String::new(),
            negative: String::new(),
            count: 4,
            seed_base: 0,
            seed_policy: SeedPolicy::Increment,
            variant_policy: VariantPolicy::None,
            params_json: "{}".into(),
            sweep_start: 0.0,
            sweep_end: 0.0,
        }
    }
}

/// Where each variant's seed comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SeedPolicy {
    /// The base for all.
    Fixed,
    /// The base plus the variant's index.
    Increment,
    /// A number drawn from the base plus the variant's index.
    Randomized,
}

/// What varies besides the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum VariantPolicy {
    None,
    CfgSweep,
    StepsSweep,
    /// Both sides together.
    SizeSweep,
    DenoiseSweep,
    /// Every sampler in turn, beginning with the present one.
    SamplerScan,
    /// Every scheduler in turn, beginning with the present one.
    SchedulerScan,
    /// Every combination of the choices written as `{a|b}`, the last slot changing fastest.
    PromptSlots,
}

macro_rules! names {
    ($type:ident: $($variant:ident $name:literal),+) => {
        impl $type {
            /// Every one, in the order menus show them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name on the wire and in saved workflows.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

names!(SeedPolicy: Fixed "fixed", Increment "increment", Randomized "randomized");
names!(VariantPolicy: None "none", CfgSweep "cfg_sweep", StepsSweep "steps_sweep", SizeSweep "size_sweep",
    DenoiseSweep "denoise_sweep", SamplerScan "sampler_scan", SchedulerScan "scheduler_scan", PromptSlots "prompt_slots");

/// Answer of `POST /assist/variants`: three lists of one length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Variants {
    pub positive_list: Vec<String>,
    pub negative_list: Vec<String>,
    /// Each a JSON object, indented by two.
    pub params_json_list: Vec<String>,
}

/// One variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    pub positive: String,
    pub negative: String,
    /// The members of [`crate::params::GenerationParams`], and `denoise` when that is swept.
    pub params: Value,
}

/// The parameters are JSON, but not an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamsNotAnObject;

impl std::fmt::Display for ParamsNotAnObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("params_json must be a JSON object")
    }
}

impl std::error::Error for ParamsNotAnObject {}

impl VariantsRequest {
    /// As in the Python edition: a batch beyond it is a mistake more often than a wish.
    pub const MAX_COUNT: u32 = 100;

    /// All variants, in order.
    pub fn expand(&self) -> Result<Vec<Variant>, ParamsNotAnObject> {
        let base = base_params(&self.params_json)?;
        let count = self.count.clamp(1, Self::MAX_COUNT);
        (0..count).map(|index| Ok(self.variant(&base, index, count))).collect()
    }

    fn variant(&self, base: &Value, index: u32, count: u32) -> Variant {
        let mut params = base.clone();
        params["seed"] = json!(self.seed(index));
        let swept = (count > 1).then(|| {
            self.sweep_start + (self.sweep_end - self.sweep_start) * f64::from(index) / f64::from(count - 1)
        });
        match (self.variant_policy, swept) {
            (VariantPolicy::CfgSweep, Some(value)) => {
                params["cfg"] = json!(between(value, WIDE.min_cfg, WIDE.max_cfg));
            }
            // Python rounds halves to the even neighbour.
            (VariantPolicy::StepsSweep, Some(value)) => {
                params["steps"] = json!(WIDE.clamp_steps(value.round_ties_even()));
            }
            (VariantPolicy::SizeSweep, Some(value)) => {
                let (side, _) = WIDE.clamp_size(value.round_ties_even(), value.round_ties_even());
                params["width"] = json!(side);
                params["height"] = json!(side);
            }
            (VariantPolicy::DenoiseSweep, Some(value)) => params["denoise"] = json!(between(value, 0.0, 1.0)),
            (VariantPolicy::SamplerScan, _) => scan(&mut params, "sampler_name", SAMPLERS, index),
            (VariantPolicy::SchedulerScan, _) => scan(&mut params, "scheduler", SCHEDULERS, index),
            _ => {}
        }
        let slots = self.variant_policy == VariantPolicy::PromptSlots;
        let word = |text: &String| if slots { fill_slots(text, index) } else { text.clone() };
        Variant { positive: word(&self.positive), negative: word(&self.negative), params }
    }

    fn seed(&self, index: u32) -> u64 {
        match self.seed_policy {
            SeedPolicy::Fixed => self.seed_base,
            // Past the end there is no seed that a sampler takes.
            SeedPolicy::Increment => self.seed_base.saturating_add(u64::from(index)),
            SeedPolicy::Randomized => random::randint_u64(u128::from(self.seed_base) + u128::from(index)),
        }
    }

    /// The choices of each slot of a prompt, in order.
    pub fn slots(text: &str) -> Vec<Vec<&str>> {
        slots(text).into_iter().filter(|choices| choices.len() > 1).collect()
    }

    /// How many different wordings the slots of both prompts make.
    pub fn slot_combinations(&self) -> u64 {
        combinations(&self.positive).max(combinations(&self.negative))
    }
}

impl From<Vec<Variant>> for Variants {
    fn from(variants: Vec<Variant>) -> Self {
        let params = |variant: &Variant| serde_json::to_string_pretty(&variant.params).unwrap_or_default();
        Self {
            params_json_list: variants.iter().map(params).collect(),
            positive_list: variants.iter().map(|variant| variant.positive.clone()).collect(),
            negative_list: variants.into_iter().map(|variant| variant.negative).collect(),
        }
    }
}

/// The given parameters over the Python edition's defaults, clamped. Text that is not JSON counts as no parameters.
fn base_params(text: &str) -> Result<Value, ParamsNotAnObject> {
    let given = serde_json::from_str(text).unwrap_or_else(|_| json!({}));
    let Value::Object(given) = given else { return Err(ParamsNotAnObject) };
    let number = |name: &str, default: f64| given.get(name).and_then(number::from_value).unwrap_or(default);
    // Samplers of other packs are fine here: a person named them.
    let name =
        |name: &str, default: &str| given.get(name).and_then(Value::as_str).unwrap_or(default).to_owned();
    let (width, height) = WIDE.clamp_size(number("width", 1024.0), number("height", 1024.0));
    Ok(json!({
        "width": width,
        "height": height,
        "steps": WIDE.clamp_steps(number("steps", 20.0)),
        "cfg": between(number("cfg", 7.0), WIDE.min_cfg, WIDE.max_cfg),
        "sampler_name": name("sampler_name", "euler"),
        "scheduler": name("scheduler", "normal"),
        "seed": null,
        "extra": {},
    }))
}

fn scan(params: &mut Value, field: &str, all: &[&str], index: u32) {
    let present =
        params[field].as_str().and_then(|name| all.iter().position(|known| *known == name)).unwrap_or(0);
    params[field] = json!(all[(present + index as usize) % all.len()]);
}

/// A prompt cut into plain text and choices. Braces that hold no bar are text.
fn slots(text: &str) -> Vec<Vec<&str>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inside, behind)) =
            after.split_once('}').filter(|(inside, _)| inside.contains('|') && !inside.contains('{'))
        else {
            let end = before.len() + 1;
            parts.push(vec![&rest[..end]]);
            rest = &rest[end..];
            continue;
        };
        parts.push(vec![before]);
        parts.push(inside.split('|').collect());
        rest = behind;
    }
    parts.push(vec![rest]);
    parts
}

fn combinations(text: &str) -> u64 {
    slots(text).iter().fold(1, |product: u64, choices| product.saturating_mul(choices.len() as u64))
}

/// The wording with this number, counted like an odometer; it begins anew when all are used.
fn fill_slots(text: &str, index: u32) -> String {
    let parts = slots(text);
    let mut number = u64::from(index) % combinations(text);
    let mut chosen: Vec<&str> = Vec::with_capacity(parts.len());
    for choices in parts.iter().rev() {
        let base = choices.len() as u64;
        chosen.push(choices[usize::try_from(number % base).unwrap_or(0)]);
        number /= base;
    }
    chosen.reverse();
    chosen.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(request: Value) -> Vec<Variant> {
        serde_json::from_value::<VariantsRequest>(request).unwrap().expand().unwrap()
    }

    fn column(variants: &[Variant], name: &str) -> Vec<Value> {
        variants.iter().map(|variant| variant.params[name].clone()).collect()
    }

    #[test]
    fn seeds_follow_the_policy_as_in_the_python_edition() {
        let seeds = |policy: &str| {
            column(&expand(json!({"count": 3, "seed_base": 41, "seed_policy": policy})), "seed")
        };
        assert_eq!(seeds("fixed"), [41, 41, 41]);
        assert_eq!(seeds("increment"), [41, 42, 43]);
        assert_eq!(seeds("randomized")[1], json!(2_053_695_854_357_871_005_u64));
        let last = expand(json!({"count": 2, "seed_base": u64::MAX}));
        assert_eq!(column(&last, "seed"), [json!(u64::MAX), json!(u64::MAX)]);
    }

    #[test]
    fn sweeps_are_even_clamped_and_rounded_to_even_halves() {
        let sweep = |policy: &str, count: u32, start: f64, end: f64, name: &str| {
            let request =
                json!({"count": count, "variant_policy": policy, "sweep_start": start, "sweep_end": end});
            column(&expand(request), name)
        };
        assert_eq!(
            sweep("cfg_sweep", 4, 5.0, 6.0, "cfg"),
            [5.0, 5.0 + 1.0 / 3.0, 5.0 + 2.0 / 3.0, 6.0].map(|v| json!(v))
        );
        assert_eq!(sweep("steps_sweep", 3, 0.5, 20.5, "steps"), [1, 10, 20]);
        assert_eq!(sweep("size_sweep", 3, 500.0, 700.0, "height"), [496, 600, 696]);
        assert_eq!(sweep("cfg_sweep", 2, 0.0, 0.0, "cfg"), [1.0, 1.0].map(|v| json!(v)));
        assert_eq!(sweep("cfg_sweep", 1, 5.0, 9.0, "cfg"), [json!(7.0)]);
        assert_eq!(sweep("denoise_sweep", 3, 0.0, 2.0, "denoise"), [0.0, 1.0, 1.0].map(|v| json!(v)));
    }

    #[test]
    fn scans_begin_with_the_present_choice() {
        let request = json!({"count": 3, "variant_policy": "scheduler_scan", "params_json": "{\"scheduler\": \"beta\"}"});
        assert_eq!(column(&expand(request), "scheduler"), ["beta", "normal", "linear_quadratic"]);
    }

    #[test]
    fn slots_are_counted_like_an_odometer_and_other_braces_are_text() {
        let request = json!({"count": 5, "variant_policy": "prompt_slots", "positive": "{y} {red|blue} {cat|dog} {x} {", "negative": "{|blur}"});
        let variants = expand(request);
        let words: Vec<_> = variants.iter().map(|variant| variant.positive.as_str()).collect();
        assert_eq!(
            words,
            [
                "{y} red cat {x} {",
                "{y} red dog {x} {",
                "{y} blue cat {x} {",
                "{y} blue dog {x} {",
                "{y} red cat {x} {"
            ]
        );
        assert_eq!(variants[1].negative, "blur");
        assert_eq!(VariantsRequest::slots("{y} {red|blue} {cat|dog} {"), [["red", "blue"], ["cat", "dog"]]);
        assert_eq!(expand(json!({"positive": "{a|b}"}))[1].positive, "{a|b}", "only when asked for");
    }

    #[test]
    fn broken_parameters_count_as_none_and_lists_are_refused() {
        let base = |text: &str| expand(json!({"count": 1, "params_json": text}))[0].params.clone();
        assert_eq!(base("{nope")["steps"], json!(20));
        assert_eq!(base(r#"{"width": "801", "lora": 1, "sampler_name": "mine"}"#)["width"], json!(800));
        assert!(base(r#"{"lora": 1}"#).get("lora").is_none());
        let request = VariantsRequest { params_json: "[1]".into(), ..VariantsRequest::default() };
        assert_eq!(request.expand(), Err(ParamsNotAnObject));
    }

    #[test]
    fn names_on_the_wire_are_those_of_saved_workflows() {
        for policy in VariantPolicy::ALL {
            assert_eq!(serde_json::to_value(policy).unwrap(), json!(policy.as_str()));
        }
        for policy in SeedPolicy::ALL {
            assert_eq!(serde_json::to_value(policy).unwrap(), json!(policy.as_str()));
        }
    }
}
