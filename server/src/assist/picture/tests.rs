//! Files of every kind, and what is not one.

mod hostile;
mod prompts;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use image::ImageFormat;

use super::measure::{Light, Texture};
use super::*;
use samples::{disc, encoded, gradient, lines, noise, png, solid, stripes};

fn size(picture: &Picture) -> (u32, u32) {
    (picture.width, picture.height)
}

#[test]
fn base64_comes_bare_wrapped_padded_or_not_and_as_a_data_url() {
    let file = png(solid(3, 2, [200, 10, 10]));
    let bare = STANDARD.encode(&file);
    let wrapped: Vec<String> =
        bare.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into()).collect();
    for text in [
        bare.clone(),
        format!("  {}\r\n", wrapped.join("\r\n")),
        bare.trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(&file),
        format!("data:image/png;base64,{bare}"),
        format!("DATA:image/jpeg;name=a.jpg;BASE64,\n{bare}"),
    ] {
        assert_eq!(from_base64(&text).map(|picture| size(&picture)), Ok((3, 2)), "{text:.40}");
    }
}

#[test]
fn what_is_no_picture_is_named() {
    let check = |text: &str, expected: PictureError| {
        assert_eq!(from_base64(text).err(), Some(expected), "{text:.40}");
    };
    check("", PictureError::Empty);
    check(" \n", PictureError::Empty);
    check("data:image/png;base64,", PictureError::Empty);
    check("data:image/png,abc", PictureError::NotBase64);
    check("data:image/png;base64", PictureError::NotBase64);
    check("not base64 at all!", PictureError::NotBase64);
    check("https://example.com/cat.png", PictureError::Address);
    for (file, kind) in [
        (&b"GIF89a\x01\0\x01\0"[..], "a GIF file"),
        (b"BM6\0\0\0", "a BMP file"),
        (b"%PDF-1.7", "a PDF file"),
        (b"PK\x03\x04rest", "a ZIP archive"),
        (b"\0\0\0\x1cftypavif", "an AVIF or HEIC file"),
        (b"\0\0\0\x1cftypisom", "a video file"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "a sound or video file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG or XML file"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"Dear picture,\nhello.\n", "text"),
        (b"\x89PN", "no picture that is known here"),
        (b"\0\x01\x02\x03", "no picture that is known here"),
    ] {
        check(&STANDARD.encode(file), PictureError::WrongType(kind));
    }
}

#[test]
fn every_error_says_what_to_do() {
    for error in [
        PictureError::Empty,
        PictureError::Address,
        PictureError::NotBase64,
        PictureError::TooManyBytes,
        PictureError::WrongType("a GIF file"),
        PictureError::TooManyPixels { width: 10_000, height: 10_000 },
        PictureError::TooDeep { width: 6000, height: 6000 },
        PictureError::Truncated(Format::Png),
        PictureError::Damaged(Format::WebP),
    ] {
        let said = error.to_string();
        assert!(["Send", "Save", "Scale"].iter().any(|verb| said.contains(verb)), "{said}");
        assert!(said.ends_with('.') && said.chars().count() < 140, "{said}");
    }
}

#[test]
fn all_three_formats_and_all_depths_decode() {
    let image = gradient(40, 30, [10, 60, 200], [250, 200, 20]);
    for (format, known) in [
        (ImageFormat::Png, Format::Png),
        (ImageFormat::Jpeg, Format::Jpeg),
        (ImageFormat::WebP, Format::WebP),
    ] {
        let picture = from_bytes(&encoded(image.clone(), format)).unwrap();
        assert_eq!((size(&picture), picture.format), ((40, 30), known));
    }
    let dynamic = DynamicImage::from(image);
    for deep in [
        dynamic.to_luma8().into(),
        dynamic.to_luma_alpha8().into(),
        dynamic.to_luma16().into(),
        dynamic.to_rgb16().into(),
        DynamicImage::from(dynamic.to_rgba16()),
    ] {
        assert_eq!(from_bytes(&png(deep)).map(|picture| size(&picture)), Ok((40, 30)));
    }
}

#[test]
fn orientation_turns_the_picture_upright() {
    let image = disc(60, 30, (20, 50), [255; 3], [200, 0, 0]);
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let upright = from_bytes(&samples::with_exif(&image, format, samples::exif(1, &[], None))).unwrap();
        let turned = from_bytes(&samples::with_exif(&image, format, samples::exif(6, &[], None))).unwrap();
        assert_eq!((size(&upright), size(&turned)), ((60, 30), (30, 60)), "{format:?}");
        // The disc on the left moves to the top.
        assert_eq!(turned.measure().weight.row, Some(0), "{format:?}");
    }
}

#[test]
fn encoding_shrinks_never_enlarges_and_picks_the_format() {
    let decoded = |encoded: &Encoded| {
        let picture = from_base64(&encoded.base64).unwrap();
        assert_eq!(encoded.mime, format!("image/{}", picture.format.name().to_lowercase()));
        size(&picture)
    };
    let photo = from_bytes(&png(noise(1600, 800))).unwrap();
    assert_eq!(size(&photo), (1600, 800), "the size of the file is what is told");
    for (asked, expected) in [(1024, (1024, 512)), (1, (256, 128)), (9999, (1536, 768))] {
        let file = photo.encode(asked);
        assert_eq!((file.mime, decoded(&file)), ("image/jpeg", expected));
    }
    let small = from_bytes(&png(noise(300, 200))).unwrap();
    assert_eq!(decoded(&small.encode(1536)), (300, 200));
    let sliver = from_bytes(&png(noise(4000, 1))).unwrap();
    assert_eq!(decoded(&sliver.encode(256)), (256, 1));

    let drawing = from_bytes(&png(lines(300, 300))).unwrap();
    assert_eq!(drawing.encode(1024).mime, "image/png", "few colours");
    let mut glass = DynamicImage::from(noise(64, 64)).into_rgba8();
    assert_eq!(
        from_bytes(&png(glass.clone())).unwrap().encode(1024).mime,
        "image/jpeg",
        "opaque alpha is none"
    );
    let large = image::imageops::resize(&glass, 1700, 1600, FilterType::Nearest);
    assert_eq!(
        from_bytes(&png(large)).unwrap().encode(1024).mime,
        "image/jpeg",
        "opaque stays opaque when shrunk"
    );
    glass.get_pixel_mut(0, 0).0[3] = 0;
    assert_eq!(from_bytes(&png(glass)).unwrap().encode(1024).mime, "image/png", "alpha");
}

#[test]
fn measurements_tell_the_obvious() {
    let measured = |image: image::RgbImage| from_bytes(&png(image)).unwrap().measure();
    let red = measured(solid(600, 400, [215, 35, 35]));
    assert_eq!((red.palette[0].name, red.palette.len(), red.texture), ("red", 1, Texture::Plain));
    assert!((red.palette[0].share - 1.0).abs() < 1e-6 && red.palette[0].hex() == "#d72323");
    assert!(red.warmth > 0.05 && red.contrast == 0.0 && red.sharpness == 0.0 && red.one_hue);

    let ramp = measured(gradient(512, 512, [250; 3], [5; 3]));
    assert_eq!((ramp.texture, ramp.light), (Texture::Smooth, Light::Left));
    assert!((ramp.brightness - 0.5).abs() < 0.01 && ramp.contrast > 0.8 && ramp.chroma < 0.001);

    let grain = measured(noise(512, 512));
    assert_eq!(
        (grain.texture, grain.light, grain.weight.row, grain.weight.column),
        (Texture::Grainy, Light::Even, None, None)
    );
    assert!(grain.sharpness > 4000.0);

    assert_eq!(measured(lines(512, 512)).texture, Texture::LineArt);
    let bars = measured(stripes(512, 256, 64, [30, 80, 200], [250, 225, 60]));
    assert_eq!((bars.texture, bars.one_hue), (Texture::FlatColour, false));
    let names: Vec<_> = bars.palette.iter().map(|swatch| swatch.name).collect();
    assert!(names.contains(&"blue") && names.contains(&"yellow") && names.len() == 2, "{names:?}");

    for (at, place) in
        [((50, 50), (Some(1), Some(1))), ((15, 15), (Some(0), Some(0))), ((85, 50), (Some(2), Some(1)))]
    {
        let weight = measured(disc(500, 400, at, [240; 3], [20, 20, 120])).weight;
        assert_eq!((weight.column, weight.row), place);
    }
}

#[test]
fn colours_have_the_names_people_give_them() {
    for (rgb, name) in [
        ([0, 0, 0], "black"),
        ([255, 255, 255], "white"),
        ([128, 128, 128], "grey"),
        ([255, 0, 0], "red"),
        ([0, 128, 0], "green"),
        ([0, 0, 255], "blue"),
        ([255, 255, 0], "yellow"),
        ([255, 165, 0], "orange"),
        ([128, 0, 128], "purple"),
        ([255, 192, 203], "pink"),
        ([34, 44, 67], "navy blue"),
        ([0, 128, 128], "teal"),
        ([135, 206, 235], "sky blue"),
        ([101, 67, 33], "brown"),
        ([245, 245, 220], "cream"),
    ] {
        assert_eq!(colour::name(colour::Lab::of(rgb)), name, "{rgb:?}");
    }
}

#[test]
fn what_shows_through_is_grey_for_measuring() {
    let clear = image::RgbaImage::from_pixel(64, 64, image::Rgba([255, 0, 0, 0]));
    let measures = from_bytes(&png(clear)).unwrap().measure();
    assert!((measures.brightness - 0.5).abs() < 0.01 && measures.chroma < 0.001);
}

#[test]
fn the_smallest_pictures_can_be_measured() {
    for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (3, 3)] {
        let measures = from_bytes(&png(noise(width, height))).unwrap().measure();
        assert!(
            measures.sharpness.is_finite() && measures.contrast.is_finite() && !measures.palette.is_empty()
        );
    }
}
