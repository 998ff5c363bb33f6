//! Variants without a browser: what is asked for, what it makes, and how that is written down. The making itself is
//! the node's own code.

use openclaw_shared::params::{GenerationParams, SAMPLERS, SCHEDULERS};
use openclaw_shared::profile::WIDE;
use openclaw_shared::variants::{SeedPolicy, Variant, VariantPolicy, VariantsRequest};
use serde_json::{Map, Value, json};

use crate::graph::number_text;
use crate::recipe::{Recipe, members, object};

/// The ends of a sweep, and what people usually want to compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sweep {
    pub min: f64,
    pub max: f64,
    pub step: &'static str,
    usual: (f64, f64),
}

/// `None` where there is nothing to sweep between.
pub fn sweep(policy: VariantPolicy) -> Option<Sweep> {
    let sweep = |min: f64, max: f64, step, usual| Some(Sweep { min, max, step, usual });
    match policy {
        VariantPolicy::CfgSweep => sweep(WIDE.min_cfg, WIDE.max_cfg, "0.1", (4.0, 10.0)),
        VariantPolicy::StepsSweep => sweep(WIDE.min_steps.into(), WIDE.max_steps.into(), "1", (10.0, 40.0)),
        VariantPolicy::SizeSweep => sweep(WIDE.min_side.into(), WIDE.max_side.into(), "8", (768.0, 1280.0)),
        VariantPolicy::DenoiseSweep => sweep(0.0, 1.0, "0.05", (0.3, 0.8)),
        _ => None,
    }
}

/// Chooses what varies; a sweep begins with ends that show something.
pub fn set_policy(request: &mut VariantsRequest, policy: VariantPolicy) {
    request.variant_policy = policy;
    if let Some(Sweep { usual, .. }) = sweep(policy) {
        (request.sweep_start, request.sweep_end) = usual;
    }
    if let Some(all) = all(request) {
        request.count = all;
    }
}

/// How many variants exhaust the choice; `None` where there is no end.
pub fn all(request: &VariantsRequest) -> Option<u32> {
    let all = match request.variant_policy {
        VariantPolicy::SamplerScan => SAMPLERS.len() as u64,
        VariantPolicy::SchedulerScan => SCHEDULERS.len() as u64,
        VariantPolicy::PromptSlots => request.slot_combinations(),
        _ => return None,
    };
    Some(u32::try_from(all).unwrap_or(u32::MAX).min(VariantsRequest::MAX_COUNT))
}

/// The parameters that differ between the variants.
pub fn varied(request: &VariantsRequest) -> Vec<&'static str> {
    let fields: &[&str] = match request.variant_policy {
        VariantPolicy::CfgSweep => &["cfg"],
        VariantPolicy::StepsSweep => &["steps"],
        VariantPolicy::SizeSweep => &["width", "height"],
        VariantPolicy::DenoiseSweep => &["denoise"],
        VariantPolicy::SamplerScan => &["sampler_name"],
        VariantPolicy::SchedulerScan => &["scheduler"],
        VariantPolicy::None | VariantPolicy::PromptSlots => &[],
    };
    let seed = (request.seed_policy != SeedPolicy::Fixed).then_some("seed");
    fields.iter().copied().chain(seed).collect()
}

/// What to apply of a variant: what varies and what was given. The rest of its parameters are defaults that nobody
/// asked for.
pub fn recipe(request: &VariantsRequest, variant: &Variant) -> Recipe {
    let given = object(serde_json::from_str(&request.params_json).unwrap_or_default());
    let varied = varied(request);
    let wanted =
        |name: &String| *name == "seed" || varied.contains(&name.as_str()) || given.contains_key(name);
    let all = variant.params.as_object().into_iter().flatten();
    let chosen = all.filter(|(name, _)| wanted(name)).map(|(name, value)| (name.clone(), value.clone()));
    Recipe { positive: variant.positive.clone(), negative: variant.negative.clone(), params: members(chosen) }
}

/// Takes over prompts and parameters from elsewhere.
pub fn take(request: &mut VariantsRequest, recipe: &Recipe) {
    request.positive.clone_from(&recipe.positive);
    request.negative.clone_from(&recipe.negative);
    request.params_json = recipe.params_json();
    if let Some(seed) = recipe.params.get("seed").and_then(Value::as_u64) {
        request.seed_base = seed;
    }
}

/// A parameter of a variant in few letters.
pub fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_u64() => number.to_string(),
        Value::Number(number) => number_text((number.as_f64().unwrap_or_default() * 100.0).round() / 100.0),
        _ => String::new(),
    }
}

/// What a list of variants says of each, besides itself.
pub struct More<'a> {
    pub names: &'a [&'static str],
    pub rows: &'a [[String; 3]],
}

impl More<'_> {
    pub const NOTHING: More<'static> = More { names: &[], rows: &[] };

    fn of(&self, at: usize) -> impl Iterator<Item = (&'static str, String)> {
        self.names.iter().copied().zip(self.rows.get(at).into_iter().flatten().cloned())
    }
}

/// All variants as a JSON array.
pub fn to_json(variants: &[Variant], more: &More) -> String {
    let entry = |(at, variant): (usize, &Variant)| {
        let mut entry =
            json!({"positive": variant.positive, "negative": variant.negative, "params": variant.params});
        more.of(at).for_each(|(name, value)| entry[name] = value.into());
        entry
    };
    let entries: Vec<_> = variants.iter().enumerate().map(entry).collect();
    serde_json::to_string_pretty(&entries).unwrap_or_default()
}

/// All variants as a table for spreadsheets, quoted by RFC 4180.
pub fn to_csv(variants: &[Variant], more: &More) -> String {
    let denoise = variants.iter().any(|variant| !variant.params["denoise"].is_null());
    let fields: Vec<&str> =
        GenerationParams::FIELDS.into_iter().chain(denoise.then_some("denoise")).collect();
    let mut csv = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = String>| {
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                csv.push(',');
            }
            csv.push_str(&quoted(&cell));
        }
        csv.push_str("\r\n");
    };
    let names = ["positive", "negative"].iter().chain(&fields).chain(more.names);
    line(&mut names.map(|name| (*name).to_owned()));
    let empty = Map::new();
    for (at, variant) in variants.iter().enumerate() {
        let params = variant.params.as_object().unwrap_or(&empty);
        let text = |value: Option<&Value>| match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let prompts = [variant.positive.clone(), variant.negative.clone()];
        let params = fields.iter().map(|field| text(params.get(*field)));
        line(&mut prompts.into_iter().chain(params).chain(more.of(at).map(|(_, value)| value)));
    }
    csv
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> VariantsRequest {
        VariantsRequest { positive: "a {red|blue} {cat|dog}, \"loud\"".into(), ..VariantsRequest::default() }
    }

    #[test]
    fn a_chosen_policy_shows_something_at_once() {
        let mut request = request();
        for policy in VariantPolicy::ALL {
            set_policy(&mut request, *policy);
            let made = request.expand().unwrap();
            let first = (&made[0].positive, &made[0].params);
            assert!(made[1..].iter().all(|v| (&v.positive, &v.params) != first), "{policy:?}");
        }
        set_policy(&mut request, VariantPolicy::PromptSlots);
        assert_eq!((request.count, all(&request)), (4, Some(4)));
        set_policy(&mut request, VariantPolicy::SchedulerScan);
        assert_eq!(request.count as usize, SCHEDULERS.len());
    }

    #[test]
    fn only_what_varies_or_was_given_goes_to_the_graph() {
        let mut request = request();
        set_policy(&mut request, VariantPolicy::CfgSweep);
        request.params_json = r#"{"steps": 12}"#.into();
        let made = request.expand().unwrap();
        let fields: Vec<_> = recipe(&request, &made[0]).params.keys().cloned().collect();
        assert_eq!(fields, ["cfg", "seed", "steps"]);
    }

    #[test]
    fn a_recipe_from_elsewhere_is_varied_from_its_own_seed() {
        let mut request = VariantsRequest::default();
        let params = object(json!({"seed": 7, "steps": 12}));
        take(&mut request, &Recipe { positive: "p".into(), negative: "n".into(), params });
        let made = request.expand().unwrap();
        assert_eq!((&made[1].params["seed"], &made[1].params["steps"]), (&json!(8), &json!(12)));
    }

    #[test]
    fn tables_keep_quotes_commas_and_exact_numbers() {
        let mut request = request();
        set_policy(&mut request, VariantPolicy::PromptSlots);
        request.seed_policy = SeedPolicy::Randomized;
        let made = request.expand().unwrap();
        let csv = to_csv(&made, &More::NOTHING);
        let lines: Vec<_> = csv.split("\r\n").collect();
        assert_eq!(lines[0], "positive,negative,width,height,steps,cfg,sampler_name,scheduler,seed");
        let seed = &made[1].params["seed"];
        assert_eq!(lines[2], format!("\"a red dog, \"\"loud\"\"\",,1024,1024,20,7.0,euler,normal,{seed}"));
        assert_eq!((lines.len(), lines[5]), (6, ""));
        let json: Value = serde_json::from_str(&to_json(&made, &More::NOTHING)).unwrap();
        assert_eq!(json[3]["positive"], "a blue dog, \"loud\"");
        assert_eq!(json[1]["params"]["seed"], *seed);
        let more = More { names: &["a", "b", "c"], rows: &[["1", "2, 3", ""].map(String::from)] };
        let csv = to_csv(&made[..1], &more);
        assert!(csv.starts_with("positive,negative") && csv.contains(",seed,a,b,c\r\n"), "{csv}");
        assert!(csv.ends_with(",1,\"2, 3\",\r\n"), "{csv}");
        let json: Value = serde_json::from_str(&to_json(&made[..1], &more)).unwrap();
        assert_eq!((&json[0]["b"], &json[0]["c"]), (&json!("2, 3"), &json!("")));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(&json!(5.333_333_333)), "5.33");
        assert_eq!(short(&json!(18_446_744_073_709_551_615_u64)), "18446744073709551615");
        assert_eq!(short(&json!("euler")), "euler");
    }
}
