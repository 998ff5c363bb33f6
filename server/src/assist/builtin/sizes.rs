//! Turns a shape into a size the model was trained on.

use openclaw_shared::profile::Profile;

/// The SDXL training buckets, wide ones; each is trained on its side as well.
const SDXL: &[(u32, u32)] = &[
    (1024, 1024),
    (1024, 960),
    (1088, 960),
    (1088, 896),
    (1152, 896),
    (1152, 832),
    (1216, 832),
    (1280, 768),
    (1344, 768),
    (1344, 704),
    (1408, 704),
    (1472, 704),
    (1536, 640),
    (1600, 640),
    (1664, 576),
    (1728, 576),
    (1792, 576),
    (1856, 512),
    (1920, 512),
    (1984, 512),
    (2048, 512),
];
/// 512 pixels on the short side; SD 1.5 repeats its subject beyond 1024 on the long one.
const SD15: &[(u32, u32)] = &[
    (512, 512),
    (576, 512),
    (640, 512),
    (704, 512),
    (768, 512),
    (832, 512),
    (896, 512),
    (960, 512),
    (1024, 512),
    (1024, 448),
    (1024, 384),
    (1024, 320),
    (1024, 256),
];
/// The sizes Qwen-Image is published with.
const QWEN: &[(u32, u32)] = &[(1328, 1328), (1472, 1104), (1584, 1056), (1664, 928)];

/// Beyond four to one no family makes a coherent picture.
const MAX_RATIO: f64 = 4.0;
/// How far from a published size's shape a wish may be and still get that size.
const PUBLISHED_TOLERANCE: f64 = 0.04;

/// The size for a wished width over height, before the profile's clamps.
pub fn of_ratio(profile: &Profile, ratio: f64) -> (u32, u32) {
    let ratio = ratio.clamp(1.0 / MAX_RATIO, MAX_RATIO);
    let long = ratio.max(1.0 / ratio);
    let (longer, shorter) = match profile.id {
        "SDXL-v1" | "SD35-Large" => nearest(SDXL, long).0,
        "SD15-v1" => nearest(SD15, long).0,
        "Qwen-Image" => match nearest(QWEN, long) {
            (size, error) if error <= PUBLISHED_TOLERANCE => size,
            _ => by_area(profile, long),
        },
        _ => by_area(profile, long),
    };
    if ratio < 1.0 { (shorter, longer) } else { (longer, shorter) }
}

/// Scales a wished size into the sides the profile allows without changing its shape.
pub fn fit(profile: &Profile, width: f64, height: f64) -> (f64, f64) {
    let limits = &profile.limits;
    let shrink = (f64::from(limits.max_side) / width.max(height)).min(1.0);
    let grow = (f64::from(limits.min_side) / (width.min(height) * shrink)).max(1.0);
    (width * shrink * grow, height * shrink * grow)
}

/// How far two shapes are apart; nothing when they are the same.
fn error((width, height): (u32, u32), ratio: f64) -> f64 {
    let quotient = f64::from(width) / f64::from(height) / ratio;
    quotient.max(1.0 / quotient) - 1.0
}

fn nearest(sizes: &[(u32, u32)], ratio: f64) -> ((u32, u32), f64) {
    let first = (sizes[0], error(sizes[0], ratio));
    sizes
        .iter()
        .map(|size| (*size, error(*size, ratio)))
        .fold(first, |best, next| if next.1 < best.1 { next } else { best })
}

/// The most faithful shape that has about as many pixels as the profile's default.
fn by_area(profile: &Profile, ratio: f64) -> (u32, u32) {
    let (defaults, limits) = (&profile.defaults, &profile.limits);
    let area = f64::from(defaults.width) * f64::from(defaults.height);
    let sides = || (limits.min_side..=limits.max_side).step_by(limits.side_step as usize);
    let mut best = ((defaults.width, defaults.height), f64::INFINITY);
    for height in sides() {
        for width in sides() {
            let relative = f64::from(width) * f64::from(height) / area;
            // Of two equally faithful shapes, the one with more nearly the default's pixels.
            let cost = error((width, height), ratio) + (relative - 1.0).abs() / 50.0;
            if (0.95..=1.02).contains(&relative) && cost < best.1 {
                best = ((width, height), cost);
            }
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(profile: &str, ratio: f64, expected: (u32, u32)) {
        let profile = Profile::find(profile).unwrap();
        assert_eq!(of_ratio(profile, ratio), expected, "{} {ratio}", profile.id);
        assert_eq!(of_ratio(profile, 1.0 / ratio), (expected.1, expected.0), "{} 1/{ratio}", profile.id);
    }

    #[test]
    fn shapes_become_sizes_the_family_was_trained_on() {
        check("SDXL-v1", 1.0, (1024, 1024));
        check("SDXL-v1", 16.0 / 9.0, (1344, 768));
        check("SDXL-v1", 1.5, (1216, 832));
        check("SDXL-v1", 2.39, (1536, 640));
        check("SD15-v1", 1.5, (768, 512));
        check("SD15-v1", 16.0 / 9.0, (896, 512));
        check("Qwen-Image", 16.0 / 9.0, (1664, 928));
        check("Qwen-Image", 1.5, (1584, 1056));
        check("Flux-Dev", 16.0 / 9.0, (1360, 768));
        check("Flux-Dev", 1.5, (1248, 832));
        check("Z-Image-Turbo", 1.0, (1024, 1024));
    }

    #[test]
    fn every_shape_fits_every_profile_as_it_is() {
        for profile in Profile::ALL {
            for ratio in [0.01, 0.25, 0.5, 0.8, 1.0, 1.3, 1.91, 2.39, 3.5, 50.0] {
                let (width, height) = of_ratio(profile, ratio);
                let clamped = profile.limits.clamp_size(width.into(), height.into());
                assert_eq!(clamped, (width, height), "{} {ratio}", profile.id);
            }
        }
    }

    #[test]
    fn a_size_that_is_too_large_keeps_its_shape() {
        let profile = Profile::find("SD15-v1").unwrap();
        let (width, height) = fit(profile, 1920.0, 1080.0);
        assert!((width / height - 16.0 / 9.0).abs() < 1e-9 && width <= 1024.0);
    }
}
