//! Generation parameters and the clamps that keep them runnable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::number;
use crate::profile::Profile;

/// What a sampler node needs, always within the limits of the profile it was made for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GenerationParams {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Sampling steps.
    pub steps: u32,
    /// Classifier-free guidance scale (for distilled models: the guidance value).
    pub cfg: f64,
    /// One of [`SAMPLERS`].
    pub sampler_name: String,
    /// One of [`SCHEDULERS`].
    pub scheduler: String,
    /// 0 to 2^64 − 1.
    pub seed: Option<u64>,
    /// Always empty: kept because clients of the Python edition expect the member.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub extra: BTreeMap<String, Value>,
}

/// Samplers of ComfyUI's `KSampler`.
pub const SAMPLERS: &[&str] = &[
    "euler",
    "euler_cfg_pp",
    "euler_ancestral",
    "euler_ancestral_cfg_pp",
    "heun",
    "heunpp2",
    "dpm_2",
    "dpm_2_ancestral",
    "lms",
    "dpm_fast",
    "dpm_adaptive",
    "dpmpp_2s_ancestral",
    "dpmpp_2s_ancestral_cfg_pp",
    "dpmpp_sde",
    "dpmpp_sde_gpu",
    "dpmpp_2m",
    "dpmpp_2m_cfg_pp",
    "dpmpp_2m_sde",
    "dpmpp_2m_sde_gpu",
    "dpmpp_2m_sde_heun",
    "dpmpp_2m_sde_heun_gpu",
    "dpmpp_3m_sde",
    "dpmpp_3m_sde_gpu",
    "ddpm",
    "lcm",
    "ipndm",
    "ipndm_v",
    "deis",
    "res_multistep",
    "res_multistep_cfg_pp",
    "res_multistep_ancestral",
    "res_multistep_ancestral_cfg_pp",
    "gradient_estimation",
    "gradient_estimation_cfg_pp",
    "er_sde",
    "seeds_2",
    "seeds_3",
    "sa_solver",
    "sa_solver_pece",
    "ddim",
    "uni_pc",
    "uni_pc_bh2",
];

/// Schedulers of ComfyUI's `KSampler`.
pub const SCHEDULERS: &[&str] = &[
    "simple",
    "sgm_uniform",
    "karras",
    "exponential",
    "ddim_uniform",
    "beta",
    "normal",
    "linear_quadratic",
    "kl_optimal",
];

impl GenerationParams {
    /// The names of the members that a plan may set, in display order.
    pub const FIELDS: [&str; 7] = ["width", "height", "steps", "cfg", "sampler_name", "scheduler", "seed"];

    /// Reads parameters from untrusted JSON, for instance a model's answer.
    ///
    /// Numbers may come as text, `cfg_scale` is read as `cfg`, anything unknown is dropped, anything
    /// unusable falls back to the profile's default, and everything is clamped. The seed is the
    /// caller's and never the model's.
    pub fn from_untrusted(value: &Value, profile: &Profile, seed: u64) -> Self {
        let number =
            |names: &[&str]| names.iter().find_map(|name| value.get(name).and_then(number::from_value));
        let name = |field: &str, known: &[&str], default: &str| {
            let given = value.get(field).and_then(Value::as_str).map(str::trim).unwrap_or_default();
            known.iter().find(|k| k.eq_ignore_ascii_case(given)).map_or(default, |k| *k).to_owned()
        };
        let defaults = &profile.defaults;
        let (width, height) = profile.limits.clamp_size(
            number(&["width"]).unwrap_or(f64::from(defaults.width)),
            number(&["height"]).unwrap_or(f64::from(defaults.height)),
        );
        Self {
            width,
            height,
            steps: profile.limits.clamp_steps(number(&["steps"]).unwrap_or(f64::from(defaults.steps))),
            cfg: profile.limits.clamp_cfg(number(&["cfg", "cfg_scale"]).unwrap_or(defaults.cfg)),
            sampler_name: name("sampler_name", SAMPLERS, defaults.sampler_name),
            scheduler: name("scheduler", SCHEDULERS, defaults.scheduler),
            seed: Some(seed),
            extra: BTreeMap::new(),
        }
    }
}

/// The number, or the end of the range that it is beyond. `f64::clamp` can panic with its numbers in the message, and
/// the code that writes them would be a fiftieth of the panel.
pub fn between(number: f64, min: f64, max: f64) -> f64 {
    number.max(min).min(max)
}

/// What a model family can run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamLimits {
    /// Shortest side, pixels.
    pub min_side: u32,
    /// Longest side, pixels.
    pub max_side: u32,
    /// Sides are multiples of this: the latent's pixel size, or the model's patch size where that is larger.
    pub side_step: u32,
    /// Largest area, pixels: beyond it the family repeats subjects or runs out of memory.
    pub max_area: u32,
    pub min_steps: u32,
    pub max_steps: u32,
    pub min_cfg: f64,
    pub max_cfg: f64,
}

impl ParamLimits {
    /// Clamps both sides, keeps the aspect ratio when the area is too large, rounds down to the step.
    pub fn clamp_size(&self, width: f64, height: f64) -> (u32, u32) {
        let side = |pixels: f64| between(pixels, f64::from(self.min_side), f64::from(self.max_side));
        let (width, height) = (side(width), side(height));
        let scale = (f64::from(self.max_area) / (width * height)).sqrt().min(1.0);
        let floor = |pixels: f64| {
            let pixels = whole(side(pixels * scale));
            (pixels - pixels % self.side_step).max(self.min_side)
        };
        (floor(width), floor(height))
    }

    pub fn clamp_steps(&self, steps: f64) -> u32 {
        whole(between(steps.round(), f64::from(self.min_steps), f64::from(self.max_steps)))
    }

    /// Rounded to hundredths: a model's `6.999999` is noise.
    pub fn clamp_cfg(&self, cfg: f64) -> f64 {
        (between(cfg, self.min_cfg, self.max_cfg) * 100.0).round() / 100.0
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers clamp to a positive u32 range first"
)]
fn whole(value: f64) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(value: &Value, expected: &Value) {
        let profile = Profile::find("SDXL-v1").unwrap();
        let params = serde_json::to_value(GenerationParams::from_untrusted(value, profile, 7)).unwrap();
        for (field, want) in expected.as_object().unwrap() {
            assert_eq!(&params[field], want, "{field} of {value}");
        }
    }

    #[test]
    fn untrusted_params_are_coerced_clamped_and_completed() {
        check(&json!({}), &json!({"width":1024,"height":1024,"steps":24,"cfg":7.0,"seed":7,"extra":{}}));
        check(&json!({"width":"832","height":1216.4}), &json!({"width":832,"height":1216}));
        check(&json!({"width":1001,"height":-5}), &json!({"width":1000,"height":256}));
        check(&json!({"steps":1e9,"cfg_scale":"99"}), &json!({"steps":100,"cfg":30.0}));
        check(&json!({"steps":"many","cfg":null}), &json!({"steps":24,"cfg":7.0}));
        check(&json!({"sampler_name":"DPMPP_2M"}), &json!({"sampler_name":"dpmpp_2m"}));
        check(&json!({"sampler_name":"; rm -rf"}), &json!({"sampler_name":"euler"}));
        check(&json!([1, 2]), &json!({"width":1024}));
        check(&json!({"seed":99}), &json!({"seed":7}));
    }

    #[test]
    fn unknown_keys_never_pass() {
        let profile = Profile::find("SDXL-v1").unwrap();
        let params = GenerationParams::from_untrusted(&json!({"__proto__":1,"lora":"x"}), profile, 0);
        assert!(params.extra.is_empty());
    }

    #[test]
    fn clamping_twice_changes_nothing_and_stays_within_limits_for_every_profile() {
        for profile in Profile::ALL {
            let limits = &profile.limits;
            for (w, h) in [(1.0, 1.0), (4096.0, 4096.0), (333.3, 5000.0), (1e12, 8.0), (1920.0, 1080.0)] {
                let (width, height) = limits.clamp_size(w, h);
                assert_eq!((width % limits.side_step, height % limits.side_step), (0, 0), "{}", profile.id);
                assert!(width >= limits.min_side && width <= limits.max_side, "{}: {width}", profile.id);
                assert!(height >= limits.min_side && height <= limits.max_side, "{}: {height}", profile.id);
                assert_eq!(limits.clamp_size(width.into(), height.into()), (width, height), "{}", profile.id);
            }
        }
    }
}
