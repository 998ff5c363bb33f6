//! Parameters as the A1111 web UI, Forge and their relatives write them: the prompt, the negative prompt, a last line of settings.

use openclaw_shared::params::{SAMPLERS, SCHEDULERS};
use serde_json::{Map, Value};

use super::clean::clean;
use super::embedded::{EmbeddedPrompt, MAX_PROMPT_CHARS};

const NEGATIVE: &str = "Negative prompt:";
const SETTINGS: &str = "Steps: ";

/// Whether the text has the marks of such parameters.
pub fn is_likely(text: &str) -> bool {
    text.contains(NEGATIVE) || text.lines().any(|line| line.trim_start().starts_with(SETTINGS))
}

pub fn parse(text: &str) -> EmbeddedPrompt {
    let settings_at = line_starting(text, SETTINGS);
    let (prompts, settings) = text.split_at(settings_at.unwrap_or(text.len()));
    let (positive, negative) = match line_starting(prompts, NEGATIVE) {
        Some(at) => (&prompts[..at], prompts[at..].trim_start().strip_prefix(NEGATIVE).unwrap_or_default()),
        None => (prompts, ""),
    };
    EmbeddedPrompt {
        positive: clean(positive, MAX_PROMPT_CHARS),
        negative: clean(negative, MAX_PROMPT_CHARS),
        params: params(settings),
    }
}

/// Where the last line that starts with these words begins.
fn line_starting(text: &str, words: &str) -> Option<usize> {
    let mut at = text.len();
    for line in text.split_inclusive('\n').rev() {
        at -= line.len();
        if line.trim_start().starts_with(words) {
            return Some(at);
        }
    }
    None
}

fn params(settings: &str) -> Map<String, Value> {
    let mut params = Map::new();
    // Values in quotes may hold commas; none of the ones read here does.
    for (name, value) in settings.split([',', '\n']).filter_map(|pair| pair.split_once(": ")) {
        let (name, value) = (name.trim(), value.trim());
        match name {
            "Steps" => insert(&mut params, "steps", value.parse::<u32>().ok()),
            "CFG scale" => {
                insert(&mut params, "cfg", value.parse::<f64>().ok().filter(|cfg| cfg.is_finite()));
            }
            "Seed" => insert(&mut params, "seed", value.parse::<u64>().ok()),
            "Size" => {
                if let Some((width, height)) = value.split_once('x') {
                    insert(&mut params, "width", width.parse::<u32>().ok());
                    insert(&mut params, "height", height.parse::<u32>().ok());
                }
            }
            "Sampler" => {
                let (sampler, scheduler) = sampler(value);
                insert(&mut params, "sampler_name", sampler);
                insert(&mut params, "scheduler", scheduler);
            }
            "Schedule type" => {
                insert(&mut params, "scheduler", known(SCHEDULERS, &value.to_lowercase().replace(' ', "_")));
            }
            _ => {}
        }
    }
    params
}

fn insert(params: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        params.insert(name.to_owned(), value.into());
    }
}

fn known(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().find(|known| **known == name).copied()
}

/// "DPM++ 2M Karras" is `dpmpp_2m` on the `karras` schedule.
fn sampler(label: &str) -> (Option<&'static str>, Option<&'static str>) {
    let label = label.to_lowercase().replace("dpm++", "dpmpp").replace("dpm2", "dpm_2");
    let mut words: Vec<&str> = label.split_whitespace().collect();
    let scheduler = words.last().and_then(|word| known(SCHEDULERS, word));
    if scheduler.is_some() {
        words.pop();
    }
    if let Some(last @ &mut "a") = words.last_mut() {
        *last = "ancestral";
    }
    let name = match words.join("_").as_str() {
        "unipc" => "uni_pc".to_owned(),
        "dpmpp_2s_ancestral" | "dpmpp_2s" => "dpmpp_2s_ancestral".to_owned(),
        other => other.to_owned(),
    };
    (known(SAMPLERS, &name), scheduler)
}
