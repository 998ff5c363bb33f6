//! Which parameters change, and how far.

use openclaw_shared::params::GenerationParams;
use openclaw_shared::profile::Profile;
use serde_json::{Map, Value, json};

use crate::assist::picture::Picture;

/// Bytes of given parameters; seven numbers fit many times.
const MAX_GIVEN_BYTES: usize = 64 * 1024;
/// Sides grow by this factor: enough for more detail, and the picture stays the same.
const LARGER: f64 = 1.15;
/// The same for pictures that are too small for their family.
const MOST_LARGER: f64 = 2.0;
/// Times the area a family was trained for; beyond it, subjects repeat.
const MOST_AREA: f64 = 1.5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    MoreSteps,
    FewerSteps,
    Larger,
    Tall,
    Wide,
    Square,
    MoreGuidance,
    LessGuidance,
    OtherSeed,
}

/// The parameters the picture was made with, as far as anything tells.
pub struct Present {
    pub params: GenerationParams,
    /// As given, not clamped.
    given: Map<String, Value>,
    profile: &'static Profile,
}

impl Present {
    /// What the person gives, then what the file says, then the family's defaults.
    pub fn of(json: &str, picture: Option<&Picture>, profile: &'static Profile) -> Self {
        let mut given = Map::new();
        if let Some(picture) = picture {
            given.insert("width".into(), picture.width.into());
            given.insert("height".into(), picture.height.into());
            given.extend(picture.prompt.iter().flat_map(|prompt| prompt.params.clone()));
        }
        let parsed = (json.len() <= MAX_GIVEN_BYTES).then(|| serde_json::from_str(json).ok()).flatten();
        if let Some(Value::Object(mut params)) = parsed {
            if let Some(cfg) = params.remove("cfg_scale") {
                params.entry("cfg").or_insert(cfg);
            }
            given.extend(
                params.into_iter().filter(|(name, _)| GenerationParams::FIELDS.contains(&name.as_str())),
            );
        }
        let seed = given.get("seed").and_then(seed);
        let mut params =
            GenerationParams::from_untrusted(&Value::Object(given.clone()), profile, seed.unwrap_or(0));
        params.seed = seed;
        Self { params, given, profile }
    }

    /// Width over height.
    pub fn aspect(&self) -> f64 {
        f64::from(self.params.width) / f64::from(self.params.height)
    }

    /// Only what differs from the present, without what the person wants kept.
    pub fn patch(&self, changes: &[Change], kept: &[&str]) -> Map<String, Value> {
        let mut patch = Map::new();
        for change in changes {
            patch.extend(self.apply(*change));
        }
        let GenerationParams { width, height, steps, cfg, seed, .. } = &self.params;
        let present = json!({"width": width, "height": height, "steps": steps, "cfg": cfg, "seed": seed});
        patch.retain(|name, value| {
            let there =
                [present.get(name), self.given.get(name)].into_iter().flatten().any(|now| same(now, value));
            !there && !kept.contains(&name.as_str())
        });
        patch
    }

    fn apply(&self, change: Change) -> Vec<(String, Value)> {
        let one = |name: &str, value: Option<Value>| {
            value.map(|value| (name.to_owned(), value)).into_iter().collect()
        };
        match change {
            Change::MoreSteps => one("steps", self.steps(1.25)),
            Change::FewerSteps => one("steps", self.steps(0.7)),
            Change::MoreGuidance => one("cfg", self.guidance(1.0)),
            Change::LessGuidance => one("cfg", self.guidance(-1.0)),
            Change::OtherSeed => one("seed", self.params.seed.map(|seed| seed.wrapping_add(1).into())),
            Change::Larger => self.larger(),
            Change::Tall => self.shaped(2.0 / 3.0),
            Change::Wide => self.shaped(1.5),
            Change::Square => self.shaped(1.0),
        }
    }

    /// Between half and one and a half times what the family runs well with.
    fn steps(&self, factor: f64) -> Option<Value> {
        let (now, usual) = (f64::from(self.params.steps), f64::from(self.profile.defaults.steps));
        let (low, high) = ((usual * 0.5).ceil(), (usual * 1.5).floor());
        let steps =
            if factor > 1.0 { (now * factor).ceil().min(high) } else { (now * factor).round().max(low) };
        let better = if factor > 1.0 { steps > now } else { steps < now };
        better.then(|| self.profile.limits.clamp_steps(steps).into())
    }

    /// Families that were distilled to a guidance of one do not react to it.
    fn guidance(&self, direction: f64) -> Option<Value> {
        let usual = self.profile.defaults.cfg;
        let step = if usual < 5.0 { 0.5 } else { 1.0 };
        let cfg = (self.params.cfg + direction * step).clamp(usual * 0.6, usual * 1.4);
        let better = (cfg - self.params.cfg) * direction > 0.0;
        (usual > 1.0 && better).then(|| self.profile.limits.clamp_cfg(cfg).into())
    }

    /// Smaller pictures grow to the area the family was trained for, others a little beyond it.
    fn larger(&self) -> Vec<(String, Value)> {
        let (width, height) = (f64::from(self.params.width), f64::from(self.params.height));
        let defaults = &self.profile.defaults;
        let trained = f64::from(defaults.width) * f64::from(defaults.height);
        let safe = (MOST_AREA * trained).min(f64::from(self.profile.limits.max_area));
        let to = |area: f64| (area / (width * height)).sqrt();
        let factor = LARGER.max(to(trained)).min(to(safe)).min(MOST_LARGER);
        if factor < 1.05 { Vec::new() } else { self.size(width * factor, height * factor) }
    }

    /// The same area in another shape, unless it has about that shape already.
    fn shaped(&self, aspect: f64) -> Vec<(String, Value)> {
        let now = self.aspect();
        let there = if aspect > 1.0 {
            now >= 1.2
        } else if aspect < 1.0 {
            now <= 0.84
        } else {
            (now - 1.0).abs() < 0.03
        };
        let area = f64::from(self.params.width) * f64::from(self.params.height);
        if there { Vec::new() } else { self.size((area * aspect).sqrt(), (area / aspect).sqrt()) }
    }

    fn size(&self, width: f64, height: f64) -> Vec<(String, Value)> {
        let (width, height) = self.profile.limits.clamp_size(width, height);
        vec![("width".to_owned(), width.into()), ("height".to_owned(), height.into())]
    }
}

fn seed(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Whole numbers are compared as such: seeds are larger than a float can tell apart.
fn same(now: &Value, new: &Value) -> bool {
    now == new
        || (!(now.is_u64() && new.is_u64()) && now.as_f64().is_some_and(|now| Some(now) == new.as_f64()))
}
