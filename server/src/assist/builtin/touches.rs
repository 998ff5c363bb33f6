//! Small additions that suit a kind of picture: light, camera and finish, where the person left them open.

mod camera;
mod finish;
mod light;

use super::exclusions::Exclusion;
use super::facts::{Facts, Genre, Language};
use super::lexicon::is_function_word;
use super::mix::Mix;
use super::roles::Role;
use super::traits::Trait;

/// One addition, as phrases and as a sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct Touch(&'static str, &'static str);

impl Touch {
    pub fn phrases(&self) -> impl Iterator<Item = &'static str> {
        self.0.split(", ")
    }

    pub fn sentence(&self) -> &'static str {
        self.1
    }
}

/// The additions for a kind of picture in a table of them.
fn of<K: PartialEq>(table: &'static [(&[K], &[Touch])], kind: &K) -> &'static [Touch] {
    table.iter().find(|(kinds, _)| kinds.contains(kind)).map_or(&[], |(_, touches)| *touches)
}

/// Every phrase that may be added, with the trait it gives: so a plan that is planned again is recognised.
pub fn phrases() -> impl Iterator<Item = (&'static str, Trait)> {
    let light = light::all().map(|touch| (touch.0, Trait::Light));
    let camera = camera::all().map(|touch| (touch.0, Trait::Camera));
    light.chain(camera).chain(finish::all().map(|touch| (touch.0, Trait::Quality)))
}

/// Words the additions may not use beside a trait.
const CLASHES: &[(&[Trait], &[&str])] = &[
    (&[Trait::Mono], &["color", "golden", "warm", "cool"]),
    (&[Trait::SoftFocus], &["sharp", "crisp", "clear", "precis"]),
    (&[Trait::DeepFocus], &["shallow", "out of focus", "blur", "thin plane"]),
    (&[Trait::Minimal], &["intricate", "rich", "layer", "hatching", "texture"]),
    (&[Trait::Gloom, Trait::Night], &["bright", "vivid", "morning", "daylight", "golden", "fresh"]),
];

/// The additions for a request, by the part of the prompt they belong to.
///
/// A part the person wrote about gets none: what they said about the light is what the light should be.
pub fn choose(facts: &Facts, exclusions: &[Exclusion], mix: &mut Mix) -> Vec<(Role, &'static Touch)> {
    let fits = |touch: &Touch| {
        let text = touch.1.to_lowercase() + touch.0;
        let clashes = |(traits, words): &(&[Trait], &[&str])| {
            facts.traits.any(traits) && words.iter().any(|word| text.contains(word))
        };
        let mut excluded = exclusions.iter().flat_map(|exclusion| exclusion.phrase.split(' '));
        let names = |word: &str| {
            word.len() > 3 && !is_function_word(word) && text.contains(word.trim_end_matches('s'))
        };
        !CLASHES.iter().any(clashes) && !excluded.any(names)
    };
    [
        (Role::Light, light::options(facts)),
        (Role::Camera, camera::options(facts)),
        (Role::Quality, finish::options(facts)),
    ]
    .into_iter()
    .filter_map(|(role, options)| {
        let start = mix.below(options.len().max(1));
        let mut turns = options.iter().cycle().skip(start).take(options.len());
        turns.find(|touch| fits(touch)).map(|touch| (role, touch))
    })
    .collect()
}

/// Additions to a Chinese or Japanese text, in its own language.
pub fn in_han(facts: &Facts, mix: &mut Mix) -> Option<&'static str> {
    let lit = facts.traits.any(&[Trait::Light, Trait::LowSun, Trait::Weather, Trait::Day]);
    let framed =
        facts.traits.any(&[Trait::Camera, Trait::Close, Trait::DeepFocus, Trait::SoftFocus, Trait::Quality]);
    let dark = facts.traits.any(&[Trait::Night, Trait::Gloom]);
    let (chinese, japanese): (&[&str], &[&str]) = match facts.genre {
        _ if facts.is_illustrated() && framed => return None,
        _ if facts.is_illustrated() => (
            &["线条流畅，色彩和谐", "笔触细腻，构图均衡"],
            &["丁寧な線と調和のとれた色合い", "繊細なタッチとバランスのよい構図"],
        ),
        _ if lit && framed => return None,
        _ if dark => (
            &["暗部层次丰富，光影对比分明", "光线幽微，氛围沉静"],
            &["陰影の豊かな落ち着いた雰囲気", "闇に浮かぶ淡い光"],
        ),
        Genre::Portrait | Genre::People if lit => {
            (&["浅景深，主体突出"], &["浅い被写界深度で人物を際立たせる"])
        }
        Genre::Portrait | Genre::People => (
            &["柔和的侧光，肤色自然", "柔和的自然光，层次细腻"],
            &["やわらかな自然光、自然な肌の質感", "やわらかな横からの光"],
        ),
        Genre::Animal if lit => (&["浅景深，主体突出"], &["浅い被写界深度で主役を際立たせる"]),
        Genre::Animal => (
            &["柔和的自然光，细节清晰", "轮廓光柔和，主体突出"],
            &["やわらかな自然光、細部まで鮮明", "輪郭を縁取る淡い光"],
        ),
        Genre::Landscape | Genre::City => {
            (&["层次分明，纵深感强", "空间开阔，远近分明"], &["奥行きのある構図", "遠近感のある広がり"])
        }
        Genre::Architecture | Genre::Interior => (
            &["线条端正，材质清晰", "构图端正，空间层次分明"],
            &["端正な構図、素材感の伝わる描写", "整った線と豊かな素材感"],
        ),
        Genre::Product | Genre::Object | Genre::Food | Genre::Macro | Genre::Vehicle => (
            &["质感细腻，对焦清晰", "细节清晰，构图干净"],
            &["質感まで鮮明に写る", "すっきりとした構図、細部まで鮮明"],
        ),
        Genre::SciFi | Genre::Fantasy => (
            &["细节精致，气势恢宏", "光束穿透空气，层次丰富"],
            &["緻密な描写、壮大なスケール", "空気を貫く光、豊かな奥行き"],
        ),
        Genre::Any => (&["构图均衡，主体明确"], &["バランスのよい構図"]),
    };
    let options = if facts.language == Language::Japanese { japanese } else { chinese };
    options.get(mix.below(options.len())).copied()
}
