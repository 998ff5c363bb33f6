//! What people ask not to see: its English name for the negative prompt, and how to say the wish without a
//! negative prompt.

use Concept::{
    Anatomy, Beard, Bokeh, Border, Bright, Buildings, Clouds, Clutter, Color, Cropped, Dark, Gaze, Grain,
    HarshLight, Illustrated, LowQuality, Makeup, Nudity, OtherPeople, People, Photo, Saturated, Shadow,
    Smile, Text, Vehicles, Watermark,
};

use super::facts::{Facts, Genre, Language};
use super::lexicon::Phrases;
use super::text::Piece;
use super::traits::Trait;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concept {
    People,
    OtherPeople,
    Text,
    Watermark,
    Blur,
    Bokeh,
    Dark,
    Bright,
    Shadow,
    HarshLight,
    Clouds,
    Vehicles,
    Buildings,
    Makeup,
    Smile,
    Beard,
    Clutter,
    Color,
    Saturated,
    Gaze,
    Grain,
    Border,
    Cropped,
    Illustrated,
    Photo,
    Nudity,
    Anatomy,
    LowQuality,
}

/// English words, words of other languages, the concept, and the English name the other languages get.
const ROWS: &[(&str, &str, Concept, &str)] = &[
    (
        "people, person, human, man, woman, crowd, figure, pedestrian, tourist, passers by, face",
        "anyone, anybody, 人, 人物, 人群, 行人, 游客, 人类, 人間, 通行人, 人影, touristen, touristes, \
         turistas, menschen, leute, personen, person, gens, personnes, gente, personas, persone, \
         pessoas, 사람, 사람들",
        People,
        "people",
    ),
    (
        "other people, extra people, more people, second person, anyone else, crowd in the background, \
         people in the background, bystander",
        "其他人, 他人, 路人, 他の人, 背景人物, andere menschen, autres personnes, otras personas",
        OtherPeople,
        "other people",
    ),
    (
        "text, letter, lettering, word, writing, typography, caption, subtitle, letters, numbers, label, \
         sign, signage",
        "文字, 文本, 字, 字幕, テキスト, 字母, 标题, schrift, beschriftung, buchstaben, texte, texto, \
         letras, testo, 글자, 텍스트, 글씨",
        Text,
        "text",
    ),
    (
        "watermark, logo, signature, brand, brand name, branding, copyright, stamp, username, url",
        "水印, 标志, 签名, 商标, 透かし, ウォーターマーク, 署名, ロゴ, wasserzeichen, signatur, \
         filigrane, logos, marca de agua, firma, 워터마크",
        Watermark,
        "watermark",
    ),
    (
        "blur, blurry, blurriness, out of focus, unsharp, motion blur, soft focus",
        "模糊, ぼけ, ピンぼけ, ぼやけ, ブレ, unscharf, unschärfe, verschwommen, flou, borroso, \
         desenfoque, sfocato, 흐림",
        Concept::Blur,
        "blurry",
    ),
    (
        "bokeh, blurred background, blurry background, shallow depth of field",
        "虚化, 背景虚化, ボケ, 背景ボケ",
        Bokeh,
        "bokeh",
    ),
    (
        "dark, too dark, darkness, underexposed, dim",
        "太暗, 黑暗, 暗, 暗い, 暗すぎ, zu dunkel, dunkel, trop sombre, demasiado oscuro",
        Dark,
        "dark, underexposed",
    ),
    (
        "too bright, overexposed, overexposure, blown out",
        "过曝, 太亮, 白飛び, überbelichtet, surexposé",
        Bright,
        "overexposed",
    ),
    (
        "shadow, hard shadow, harsh shadow, dark shadow",
        "阴影, 影子, 影, schatten, ombres, sombras",
        Shadow,
        "shadows",
    ),
    (
        "flash, harsh light, harsh lighting, hard light, lens flare, glare",
        "闪光灯, フラッシュ, blitz",
        HarshLight,
        "harsh light",
    ),
    ("cloud, clouds", "云, 雲, wolken, nuages, nubes", Clouds, "clouds"),
    (
        "car, traffic, vehicle, truck, cars",
        "车, 汽车, 车辆, 車, autos, verkehr, voitures, coches",
        Vehicles,
        "cars, traffic",
    ),
    (
        "building, house, buildings, city",
        "建筑, 建筑物, 房子, 建物, gebäude, häuser, bâtiments, edificios",
        Buildings,
        "buildings",
    ),
    (
        "makeup, make up, heavy makeup, lipstick",
        "化妆, 浓妆, 妆, メイク, 化粧, maquillage, maquillaje",
        Makeup,
        "makeup",
    ),
    (
        "smile, smiling, grin, teeth, laughing",
        "笑, 微笑, 笑容, 笑顔, lächeln, sourire, sonrisa",
        Smile,
        "smile",
    ),
    (
        "beard, facial hair, stubble, mustache, moustache",
        "胡子, 髭, ひげ, bart, barbe, barba",
        Beard,
        "beard",
    ),
    (
        "clutter, cluttered background, busy background, messy background, distracting background, \
         distractions, mess, other objects, background, background objects, props, background clutter",
        "else, 杂物, 杂乱背景, 背景, 其他物体, 雑多な背景, hintergrund, arrière plan, fondo",
        Clutter,
        "cluttered background",
    ),
    (
        "color, colour, colors, colours",
        "颜色, 彩色, 色彩, 色, farben, farbe, couleurs, colores",
        Color,
        "color",
    ),
    (
        "oversaturated, oversaturation, saturated colors, bright colors, garish colors, vivid colors, \
         neon colors",
        "过饱和, 鲜艳的颜色, 派手な色, grelle farben",
        Saturated,
        "oversaturated",
    ),
    (
        "grain, noise, film grain, noisy, grainy",
        "噪点, 颗粒, ノイズ, rauschen, bruit, ruido",
        Grain,
        "noise, grain",
    ),
    (
        "border, frame, borders, frames",
        "边框, 枠, 額縁, rahmen, rand, bordure, cadre, marco, borde",
        Border,
        "border, frame",
    ),
    (
        "looking at the camera, looking at camera, looking at viewer, eye contact, staring at the camera",
        "看镜头, カメラ目線, blick in die kamera",
        Gaze,
        "looking at viewer",
    ),
    (
        "cropped, crop, cut off, cropped head, cropping, out of frame, cut off head",
        "裁切, 截断, 見切れ, abgeschnitten, coupé, recortado",
        Cropped,
        "cropped",
    ),
    (
        "cartoon, anime, manga, illustration, drawing, painting, 3d, 3d render, render, cgi, comic, \
         sketch, cartoonish",
        "卡通, 动漫, 插画, 漫画, アニメ, イラスト, zeichnung, zeichentrick, dessin, dibujo, dibujos \
         animados",
        Illustrated,
        "cartoon, illustration",
    ),
    (
        "photo, photograph, photorealistic, photorealism, realistic, realism, photography",
        "照片, 写实, 写真, 実写, fotorealistisch, photoréaliste, fotorrealista",
        Photo,
        "photorealistic",
    ),
    (
        "nudity, nude, naked, nsfw, nakedness",
        "裸体, 裸露, 色情, ヌード, nackt, nu, nudité, desnudo",
        Nudity,
        "nsfw, nudity",
    ),
    (
        "extra finger, missing finger, bad hands, deformed hands, mutated hands, extra limb, extra arm, \
         extra leg, bad anatomy, deformed, deformity, disfigured, mutation, mutated, malformed hands, \
         fused fingers, extra digits, ugly",
        "多余的手指, 畸形, 变形, 奇形, 余分な指, 指の崩れ, deformiert, déformé, deforme",
        Anatomy,
        "deformed, extra fingers",
    ),
    (
        "low quality, worst quality, lowres, low resolution, jpeg artifacts, artifacts, artefacts, \
         pixelated, compression, distortion, distorted, bad quality, normal quality, duplicate",
        "低质量, 低画質, 低品質, schlechte qualität, mauvaise qualité, baja calidad",
        LowQuality,
        "low quality",
    ),
];

/// Knows the concepts in English, and in other languages with the English name.
pub struct Concepts {
    english: Phrases<Concept>,
    foreign: Phrases<(Concept, &'static str)>,
}

impl Concepts {
    pub fn new() -> Self {
        Self {
            english: Phrases::new(ROWS.iter().map(|(english, _, concept, _)| (*english, *concept))),
            foreign: Phrases::new(
                ROWS.iter().map(|(_, foreign, concept, name)| (*foreign, (*concept, *name))),
            ),
        }
    }

    /// The concept that a phrase is or is mostly about.
    pub fn find(&self, pieces: &[Piece]) -> Option<Concept> {
        if let Some(concept) = self.english.whole(pieces) {
            return Some(concept);
        }
        let foreign = self.foreign.find_all(pieces).into_iter().map(|(_, _, (concept, _))| concept);
        self.english.find_all(pieces).into_iter().map(|(_, _, concept)| concept).chain(foreign).next()
    }

    /// Whether the phrase is a known one in English.
    pub fn is_english(&self, pieces: &[Piece]) -> bool {
        self.english.whole(pieces).is_some()
    }

    /// The English name of a phrase in another language, if the phrase is a known one.
    pub fn translate(&self, pieces: &[Piece]) -> Option<&'static str> {
        self.foreign.whole(pieces).map(|(_, name)| name)
    }

    /// Whether `pieces` start with a known phrase of another language.
    pub fn starts_foreign(&self, pieces: &[Piece]) -> bool {
        self.foreign.longest(pieces).is_some()
    }

    /// Whether the whole clause names a flaw nobody asks for, so that it goes on a list of exclusions.
    pub fn is_flaw(&self, pieces: &[Piece]) -> bool {
        let concept =
            self.english.whole(pieces).or_else(|| self.foreign.whole(pieces).map(|(concept, _)| concept));
        matches!(
            concept,
            Some(Watermark | Concept::Blur | Anatomy | LowQuality | Cropped | Nudity | Grain | Bright)
        )
    }
}

/// The wish as a sentence about what is there, for families without a negative prompt.
///
/// `None` where no rewrite is safe: naming the thing would bring it into the picture.
pub fn rewrite(concept: Concept, facts: &Facts) -> Option<&'static str> {
    match facts.language {
        Language::Chinese => in_han(
            concept,
            facts,
            ["画面中只有主体。", "环境空旷静谧。", "画面干净纯粹。", "焦点清晰锐利。", "背景干净简洁。"],
        ),
        Language::Japanese => in_han(
            concept,
            facts,
            [
                "画面には主役だけが写る。",
                "静まり返った光景。",
                "絵だけで満たされた画面。",
                "隅々までくっきりと写る。",
                "背景はすっきりと整っている。",
            ],
        ),
        Language::English | Language::Other => in_english(concept, facts),
    }
}

/// The wishes that are said in Chinese and Japanese: alone, deserted, unmarked, sharp, plain.
fn in_han(concept: Concept, facts: &Facts, said: [&'static str; 5]) -> Option<&'static str> {
    let has = |one| facts.traits.has(one);
    let place = facts.traits.any(&[Trait::Landscape, Trait::City, Trait::Architecture, Trait::Indoors]);
    let [alone, deserted, unmarked, sharp, plain] = said;
    match concept {
        People if place && !has(Trait::People) => Some(deserted),
        People | OtherPeople => Some(alone),
        Text | Watermark if !has(Trait::Lettering) => Some(unmarked),
        Concept::Blur if !has(Trait::SoftFocus) => Some(sharp),
        Clutter => Some(plain),
        _ => None,
    }
}

fn in_english(concept: Concept, facts: &Facts) -> Option<&'static str> {
    let has = |one| facts.traits.has(one);
    let people = has(Trait::People) || has(Trait::Portrait);
    let place = facts.traits.any(&[Trait::Landscape, Trait::City, Trait::Architecture, Trait::Indoors]);
    let illustrated = facts.is_illustrated();
    Some(match concept {
        People | OtherPeople | Photo if facts.is_graphic() => "The design is purely graphic.",
        People | OtherPeople if people => "The subject is alone in the frame.",
        People if facts.genre == Genre::Landscape => "The landscape lies empty and undisturbed.",
        People if place => "The place is quiet and deserted.",
        People | OtherPeople => "Only the subject itself is in the frame.",
        Text | Watermark if has(Trait::Lettering) => return None,
        Text | Watermark if facts.has_surfaces() => "Every surface is clean and unmarked.",
        Text | Watermark => "The picture is pure imagery, unmarked throughout.",
        Concept::Blur | Bokeh if has(Trait::SoftFocus) => return None,
        Concept::Blur => "Everything is in crisp focus.",
        Bokeh => "Everything from front to back is in sharp focus.",
        Dark if has(Trait::Night) || has(Trait::Mood) => return None,
        Dark => "The picture is bright and evenly lit.",
        Bright => "The exposure is balanced, with detail in the highlights.",
        Shadow | HarshLight => "The light is soft and even.",
        Clouds => "The sky is clear.",
        Vehicles if has(Trait::City) => "The streets are quiet and empty.",
        Buildings if has(Trait::Landscape) => "The land is wild and untouched.",
        Makeup if people => "The face is bare and natural.",
        Smile if people => "The expression is serious and calm.",
        Beard if people => "The face is clean-shaven.",
        Clutter => "The background is plain and uncluttered.",
        Color => "The picture is in black and white.",
        Saturated => "The colors are muted and natural.",
        Gaze if facts.living() => "The gaze is turned away from the lens.",
        Grain => "The image is clean and smooth.",
        Border => "The picture runs right up to the edges.",
        Cropped => "The whole subject is inside the frame.",
        Illustrated if !illustrated => "It is a real photograph.",
        Photo if facts.medium.is_none() => "It is clearly an illustration.",
        Nudity if people => "The subject is fully clothed.",
        Anatomy if people => "Anatomy and proportions are natural.",
        LowQuality => "The image is clean and finely detailed.",
        _ => return None,
    })
}
