//! Words for the shape of a picture and for how much work to put in.

use Firmness::{Alone, Fact, Firm, Hint};

/// How surely a word asks for a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firmness {
    /// It means the shape and nothing else, and leaves the prompt.
    Firm,
    /// It means the shape when it is a clause of its own.
    Alone,
    /// The same, but only among the constraints.
    Fact,
    /// It describes the picture, which usually has this shape. The lowest rank wins.
    Hint(u8),
}

const TALL: f64 = 2.0 / 3.0;
const WIDE: f64 = 3.0 / 2.0;
const SCREEN: f64 = 16.0 / 9.0;

pub const FORMATS: &[(&str, Firmness, f64)] = &[
    (
        "portrait orientation, portrait format, portrait mode, portrait aspect, portrait aspect ratio, \
         vertical format, vertical orientation, vertical image, vertical aspect ratio, vertical shot, \
         hochformat, hochkant, format portrait, format vertical, formato vertical, formato retrato, \
         竖版, 竖屏, 竖图, 竖构图, 竖幅, 直式, 縦長, 縦向き, 縦構図",
        Firm,
        TALL,
    ),
    (
        "landscape orientation, landscape format, landscape mode, landscape aspect, landscape aspect \
         ratio, horizontal format, horizontal orientation, horizontal image, querformat, format paysage, \
         format horizontal, formato horizontal, formato apaisado, 横版, 横屏, 横图, 横构图, 橫式, 横長, \
         横向き, 横構図",
        Firm,
        WIDE,
    ),
    (
        "square format, square image, square picture, square aspect, square aspect ratio, square crop, \
         square composition, square orientation, square canvas, quadratisch, quadratisches format, \
         format carré, formato cuadrado, 方形构图, 方图, 正方形构图, 正方形画幅, 正方形で",
        Firm,
        1.0,
    ),
    ("widescreen, wide screen, breitbild, 宽屏, ワイド画面, pantalla ancha", Firm, SCREEN),
    (
        "ultrawide format, ultrawide screen, ultrawide aspect, ultrawide wallpaper, cinemascope, scope \
         format, cinematic aspect, cinematic aspect ratio, cinematic format, cinematic ratio, cinematic \
         widescreen, anamorphic format, anamorphic widescreen, 电影画幅, 宽银幕",
        Firm,
        2.39,
    ),
    (
        "phone wallpaper, mobile wallpaper, smartphone wallpaper, iphone wallpaper, android wallpaper, \
         lock screen, lockscreen, phone background, instagram story, story format, tiktok format, \
         手机壁纸, 手機桌布, スマホ壁紙, スマホの壁紙, handy hintergrund, handyhintergrund, fondo de \
         móvil",
        Firm,
        9.0 / 16.0,
    ),
    (
        "desktop wallpaper, desktop background, computer wallpaper, pc wallpaper, youtube thumbnail, \
         桌面壁纸, 电脑壁纸, デスクトップ壁紙, desktop hintergrund, fond d'écran, fondo de pantalla",
        Firm,
        SCREEN,
    ),
    ("square, 方形, 正方形, quadrat, carré, cuadrado", Alone, 1.0),
    ("vertical, tall, vertikal, 竖", Alone, TALL),
    ("horizontal, wide, 横", Alone, WIDE),
    ("portrait", Fact, TALL),
    ("landscape", Fact, WIDE),
    (
        "logo, logotype, icon, app icon, avatar, profile picture, album cover, sticker, emoji, badge, \
         emblem, seamless pattern, seamless texture, pattern, 图标, 标志, 头像, ロゴ, アイコン",
        Hint(0),
        1.0,
    ),
    ("web banner, banner design, website header, header image, facebook cover, 横幅, バナー", Hint(1), 2.4),
    (
        "poster, movie poster, flyer, book cover, magazine cover, tarot card, playing card, full body, \
         full length, 海报, 全身, ポスター, plakat, affiche, cartel",
        Hint(1),
        TALL,
    ),
    ("panorama, panoramic, 全景, パノラマ", Hint(2), 2.0),
    (
        "portrait, headshot, head shot, selfie, half body, upper body, 肖像, 肖像画, 人像, ポートレート, \
         porträt, retrato",
        Hint(3),
        3.0 / 4.0,
    ),
    ("cinematic, film still, movie still, movie scene, wallpaper, 电影感, 壁纸, 壁紙", Hint(4), SCREEN),
    (
        "landscape, seascape, cityscape, skyline, mountainscape, vista, 风景, 山水, 風景, landschaft, \
         paysage, paisaje",
        Hint(5),
        WIDE,
    ),
];

/// How much work to put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    Draft,
    Final,
    /// Like a final picture, but the words stay in the prompt.
    Detailed,
}

/// Words that set the effort when they are a clause of their own.
pub const EFFORTS: &[(&str, Effort)] = &[
    (
        "draft, quick draft, rough draft, quick, fast, quickly, preview, quick preview, fast preview, \
         quick test, test render, quick and dirty, draft quality, low steps, entwurf, schnell, \
         brouillon, rapide, borrador, rápido, 草稿, 快速, 快速预览, 预览, 下書き, ラフ, 高速",
        Effort::Draft,
    ),
    (
        "final, final render, final quality, final version, final image, max quality, maximum quality, \
         production quality, highest quality, high quality render, endfassung, 最终, 最终版, 成品, 本番, \
         仕上げ",
        Effort::Final,
    ),
    ("high detail, maximum detail, max detail, 极致细节", Effort::Detailed),
];
