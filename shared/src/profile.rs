//! Model families the planner knows: how they like to be prompted, what they run well with, what they can run.

use serde::{Deserialize, Serialize};

use crate::params::ParamLimits;

/// How a family wants its prompt written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptStyle {
    /// Comma-separated phrases, most important first (CLIP text encoders).
    Tags,
    /// Full sentences (T5 and language-model text encoders).
    Prose,
}

/// One model family.
#[derive(Debug, PartialEq)]
pub struct Profile {
    /// Stable: saved workflows name it.
    pub id: &'static str,
    pub version: &'static str,
    pub label: &'static str,
    pub description: &'static str,
    pub style: PromptStyle,
    /// Whether a negative prompt has any effect at the default guidance.
    pub negative: bool,
    /// What a language model is told about prompting this family.
    pub guidance: &'static str,
    pub defaults: ParamDefaults,
    pub limits: ParamLimits,
    /// Lower-case parts of model file names that identify the family; the longest match wins.
    pub file_hints: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamDefaults {
    pub width: u32,
    pub height: u32,
    pub steps: u32,
    pub cfg: f64,
    pub sampler_name: &'static str,
    pub scheduler: &'static str,
}

const fn square(
    side: u32,
    steps: u32,
    cfg: f64,
    sampler: &'static str,
    scheduler: &'static str,
) -> ParamDefaults {
    ParamDefaults { width: side, height: side, steps, cfg, sampler_name: sampler, scheduler }
}

/// The limits of the Python edition: every size ComfyUI's `EmptyLatentImage` makes within 256 to 4096.
pub const WIDE: ParamLimits = ParamLimits {
    min_side: 256,
    max_side: 4096,
    side_step: 8,
    max_area: 4096 * 4096,
    min_steps: 1,
    max_steps: 100,
    min_cfg: 1.0,
    max_cfg: 30.0,
};

impl Profile {
    /// The profile of a request that names none, as in the Python edition.
    pub const DEFAULT_ID: &str = "SDXL-v1";

    /// Every profile, sorted by id: nodes list them in this order.
    pub const ALL: &[Self] = &[
        Self {
            id: "Chroma",
            version: "1.0",
            label: "Chroma",
            description: "Flux-derived, undistilled: real negative prompts and real guidance.",
            style: PromptStyle::Prose,
            negative: true,
            guidance: "Write two to four descriptive sentences. A negative prompt works; keep it a short phrase list.",
            defaults: square(1024, 26, 4.0, "euler", "beta"),
            limits: ParamLimits {
                side_step: 16,
                max_side: 2048,
                max_area: 2 * 1024 * 1024,
                max_cfg: 10.0,
                ..WIDE
            },
            file_hints: &["chroma"],
        },
        Self {
            id: "Flux-Dev",
            version: "1.0",
            label: "Flux.1 Dev",
            description: "Guidance-distilled Flux: natural language, no negative prompt.",
            style: PromptStyle::Prose,
            negative: false,
            guidance: "Write two to four natural sentences: subject, setting, light, camera or medium. No weights, no tag lists. The negative prompt has no effect: leave it empty.",
            defaults: square(1024, 28, 3.5, "euler", "normal"),
            limits: ParamLimits {
                side_step: 16,
                max_side: 2048,
                max_area: 2 * 1024 * 1024,
                max_cfg: 10.0,
                ..WIDE
            },
            file_hints: &["flux", "flux1-dev", "flux1_dev", "flux.1-dev", "kontext"],
        },
        Self {
            id: "Flux-Schnell",
            version: "1.0",
            label: "Flux.1 Schnell",
            description: "Timestep-distilled Flux: four steps, no negative prompt.",
            style: PromptStyle::Prose,
            negative: false,
            guidance: "Write one to three natural sentences. No weights, no tag lists. The negative prompt has no effect: leave it empty.",
            defaults: square(1024, 4, 1.0, "euler", "simple"),
            limits: ParamLimits {
                side_step: 16,
                max_side: 2048,
                max_area: 2 * 1024 * 1024,
                max_steps: 12,
                max_cfg: 2.0,
                ..WIDE
            },
            file_hints: &["schnell"],
        },
        Self {
            id: "HiDream-I1",
            version: "1.0",
            label: "HiDream I1",
            description: "Large flow model with a language-model text encoder.",
            style: PromptStyle::Prose,
            negative: true,
            guidance: "Write two to five precise sentences; it follows long instructions and spells quoted text. Keep the negative prompt short.",
            defaults: square(1024, 40, 5.0, "uni_pc", "simple"),
            limits: ParamLimits {
                side_step: 16,
                max_side: 2048,
                max_area: 2 * 1024 * 1024,
                max_cfg: 10.0,
                ..WIDE
            },
            file_hints: &["hidream"],
        },
        Self {
            id: "Qwen-Image",
            version: "1.0",
            label: "Qwen-Image",
            description: "Strong at text in images and at long instructions.",
            style: PromptStyle::Prose,
            negative: true,
            guidance: "Write two to five precise sentences; put text that should appear in the image in double quotes. Keep the negative prompt short or empty.",
            defaults: ParamDefaults {
                width: 1328,
                height: 1328,
                steps: 20,
                cfg: 2.5,
                sampler_name: "euler",
                scheduler: "simple",
            },
            limits: ParamLimits {
                side_step: 16,
                max_side: 3072,
                max_area: 1328 * 1328 * 2,
                max_cfg: 10.0,
                ..WIDE
            },
            file_hints: &["qwen_image", "qwen-image"],
        },
        Self {
            id: "SD15-v1",
            version: "1.0",
            label: "Stable Diffusion 1.5",
            description: "Small and fast; 512 pixels, tags, strong negative prompts.",
            style: PromptStyle::Tags,
            negative: true,
            guidance: "Write 10 to 25 comma-separated tags, most important first, within 75 tokens. Weights like (tag:1.2) work. Give a negative prompt.",
            defaults: square(512, 25, 7.0, "dpmpp_2m", "karras"),
            limits: ParamLimits { max_side: 1024, max_area: 768 * 768, max_cfg: 20.0, ..WIDE },
            file_hints: &["sd15", "sd_15", "v1-5", "sd1.5", "sd-v1", "dreamshaper_8", "realisticvision"],
        },
        Self {
            id: "SD35-Large",
            version: "1.0",
            label: "Stable Diffusion 3.5",
            description: "Flow model with CLIP and T5: sentences with a few tags.",
            style: PromptStyle::Prose,
            negative: true,
            guidance: "Write one to three sentences, then a few style tags. Keep the negative prompt short.",
            defaults: square(1024, 28, 4.5, "dpmpp_2m", "sgm_uniform"),
            limits: ParamLimits {
                side_step: 16,
                max_side: 2048,
                max_area: 1536 * 1024,
                max_cfg: 15.0,
                ..WIDE
            },
            file_hints: &["sd3.5", "sd35", "sd3_", "sd3-"],
        },
        Self {
            id: "SDXL-v1",
            version: "1.0",
            label: "Stable Diffusion XL",
            description: "1024 pixels, comma-separated phrases, negative prompts.",
            style: PromptStyle::Tags,
            negative: true,
            guidance: "Write 10 to 30 comma-separated phrases, most important first. Weights like (phrase:1.2) work. Give a negative prompt.",
            defaults: square(1024, 24, 7.0, "euler", "normal"),
            limits: WIDE,
            file_hints: &["sdxl", "sd_xl", "xl_base", "pony", "illustrious", "noobai", "juggernautxl"],
        },
        Self {
            id: "Z-Image-Turbo",
            version: "1.0",
            label: "Z-Image Turbo",
            description: "Distilled, few steps, bilingual text rendering.",
            style: PromptStyle::Prose,
            negative: false,
            guidance: "Write one to four natural sentences; put text that should appear in double quotes. The negative prompt has no effect: leave it empty.",
            defaults: square(1024, 9, 1.0, "euler", "simple"),
            limits: ParamLimits {
                side_step: 16,
                max_side: 2048,
                max_area: 2 * 1024 * 1024,
                max_steps: 20,
                max_cfg: 3.0,
                ..WIDE
            },
            file_hints: &["z_image", "z-image", "zimage"],
        },
    ];

    /// The profile with this id.
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|profile| profile.id == id)
    }

    /// The family a model file most likely belongs to, from its name.
    pub fn of_file(name: &str) -> Option<&'static Self> {
        let name = name.to_ascii_lowercase();
        Self::ALL
            .iter()
            .flat_map(|profile| profile.file_hints.iter().map(move |hint| (profile, *hint)))
            .filter(|(_, hint)| name.contains(hint))
            .max_by_key(|(_, hint)| hint.len())
            .map(|(profile, _)| profile)
    }
}

/// One entry of the profile list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileView {
    pub id: String,
    pub label: String,
    pub description: String,
    pub version: String,
}

impl From<&Profile> for ProfileView {
    fn from(profile: &Profile) -> Self {
        Self {
            id: profile.id.to_owned(),
            label: profile.label.to_owned(),
            description: profile.description.to_owned(),
            version: profile.version.to_owned(),
        }
    }
}

/// Answer of `GET /assist/planner/profiles`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileList {
    pub profiles: Vec<ProfileView>,
    /// Used when a request names no profile.
    pub default_profile: String,
}

impl ProfileList {
    /// Every profile of this build.
    pub fn current() -> Self {
        Self {
            profiles: Profile::ALL.iter().map(ProfileView::from).collect(),
            default_profile: Profile::DEFAULT_ID.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{SAMPLERS, SCHEDULERS};

    #[test]
    fn profiles_are_sorted_unique_and_runnable() {
        assert!(Profile::ALL.is_sorted_by(|a, b| a.id < b.id));
        assert!(Profile::find(Profile::DEFAULT_ID).is_some());
        for Profile { id, defaults, limits, .. } in Profile::ALL {
            let size = limits.clamp_size(defaults.width.into(), defaults.height.into());
            assert_eq!(size, (defaults.width, defaults.height), "{id}");
            assert_eq!(limits.clamp_steps(defaults.steps.into()), defaults.steps, "{id}");
            assert!((limits.clamp_cfg(defaults.cfg) - defaults.cfg).abs() < f64::EPSILON, "{id}");
            assert!(SAMPLERS.contains(&defaults.sampler_name), "{id}");
            assert!(SCHEDULERS.contains(&defaults.scheduler), "{id}");
        }
    }

    #[test]
    fn a_model_file_names_its_family() {
        let family = |name| Profile::of_file(name).map(|profile| profile.id);
        assert_eq!(family("sd_xl_base_1.0.safetensors"), Some("SDXL-v1"));
        assert_eq!(family("FLUX/flux1-schnell-fp8.safetensors"), Some("Flux-Schnell"));
        assert_eq!(family("flux1-dev.safetensors"), Some("Flux-Dev"));
        assert_eq!(family("v1-5-pruned-emaonly-fp16.safetensors"), Some("SD15-v1"));
        assert_eq!(family("mystery.safetensors"), None);
    }
}
