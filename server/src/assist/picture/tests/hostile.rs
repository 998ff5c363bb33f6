//! Files made to break what reads them.

use super::super::*;
use super::samples::{Chunk, encoded, exif, gradient, noise, png, png_with_texts, solid, with_exif};
use image::ImageFormat;
use proptest::prelude::*;

/// A PNG whose header declares this size; the data is that of another picture.
fn declaring(width: u32, height: u32) -> Vec<u8> {
    let mut file = png(solid(8, 8, [1, 2, 3]));
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&file[12..29]);
    file[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    file
}

#[test]
fn size_is_judged_before_anything_is_decoded() {
    let error = |file: &[u8]| from_bytes(file).err();
    assert_eq!(
        error(&declaring(10_000, 10_000)),
        Some(PictureError::TooManyPixels { width: 10_000, height: 10_000 })
    );
    for (width, height) in [(0x7fff_ffff, 1), (0x7fff_ffff, 0x7fff_ffff), (u32::MAX, 8)] {
        assert!(error(&declaring(width, height)).is_some());
    }
    assert_eq!(error(&declaring(0, 10)), Some(PictureError::Damaged(Format::Png)));
    assert_eq!(
        error(&declaring(6000, 6000)),
        Some(PictureError::Damaged(Format::Png)),
        "there is no such data"
    );

    let mut jpeg = encoded(solid(16, 16, [9, 9, 9]), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    assert_eq!(error(&jpeg), Some(PictureError::TooManyPixels { width: 10_000, height: 10_000 }));
}

#[test]
fn deep_pictures_have_to_be_smaller() {
    let mut file = declaring(6000, 6000);
    (file[24], file[25]) = (16, 6);
    let mut crc = flate2::Crc::new();
    crc.update(&file[12..29]);
    file[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    assert_eq!(from_bytes(&file).err(), Some(PictureError::TooDeep { width: 6000, height: 6000 }));
}

#[test]
fn too_many_bytes_are_refused_without_decoding_them() {
    assert_eq!(from_bytes(&vec![0; MAX_BYTES + 1]).err(), Some(PictureError::TooManyBytes));
    assert_eq!(from_base64(&"A".repeat(MAX_BYTES / 3 * 4 + 100)).err(), Some(PictureError::TooManyBytes));
}

#[test]
fn files_that_end_early_are_named_at_every_length() {
    let image = gradient(120, 90, [10, 20, 30], [200, 220, 240]);
    let noisy = noise(48, 48);
    for (format, known) in [
        (ImageFormat::Png, Format::Png),
        (ImageFormat::Jpeg, Format::Jpeg),
        (ImageFormat::WebP, Format::WebP),
    ] {
        for file in [encoded(image.clone(), format), encoded(noisy.clone(), format)] {
            assert!(from_bytes(&file).is_ok());
            for length in (1..file.len()).step_by(37) {
                let error = from_bytes(&file[..length]).unwrap_err();
                let expected = error == PictureError::Truncated(known)
                    || length < 12 && matches!(error, PictureError::WrongType(_));
                assert!(expected, "{format:?} at {length}: {error:?}");
            }
        }
    }
}

#[test]
fn the_end_of_a_preview_is_not_the_end_of_the_picture() {
    let preview = encoded(solid(8, 8, [1, 2, 3]), ImageFormat::Jpeg);
    let mut comment = b"UNICODE\0".to_vec();
    comment.extend(&preview);
    let file = with_exif(&noise(64, 64), ImageFormat::Jpeg, exif(1, &[], Some(&comment)));
    assert!(from_bytes(&file).is_ok());
    let mut garbage = file.clone();
    garbage.extend(b"a film behind the picture");
    assert!(from_bytes(&garbage).is_ok());
    assert_eq!(from_bytes(&file[..file.len() - 40]).err(), Some(PictureError::Truncated(Format::Jpeg)));
}

#[test]
fn metadata_cannot_take_the_server_down() {
    let nested = format!("{{\"1\":{}", "{\"inputs\":".repeat(200_000));
    let ring = r#"{"1":{"class_type":"KSampler","inputs":{"positive":["2",0],"negative":["2",0]}},
                   "2":{"class_type":"ConditioningCombine","inputs":{"conditioning_1":["3",0],"conditioning_2":["2",0]}},
                   "3":{"class_type":"Reroute","inputs":{"":["2",0]}}}"#;
    let lists = format!("[{}1]", "1,".repeat(400_000));
    let megabytes = "a, ".repeat(1_400_000);
    for (chunk, keyword, text) in [
        (Chunk::Text, "prompt", nested.as_str()),
        (Chunk::Compressed, "workflow", &nested),
        (Chunk::Text, "prompt", ring),
        (Chunk::International, "prompt", &lists),
        (Chunk::Text, "parameters", &megabytes),
        (Chunk::Compressed, "parameters", &megabytes),
        (Chunk::Text, "prompt", "null"),
        (Chunk::Text, "prompt", "{\"nodes\": 5, \"links\": {}}"),
        (Chunk::Text, "prompt", "{\"1\":{\"class_type\":\"KSampler\",\"inputs\":{\"positive\":[\"1\",0]}}}"),
    ] {
        let picture = from_bytes(&png_with_texts(&[(chunk, keyword, text)])).unwrap();
        assert_eq!(picture.prompt, None, "{keyword}: {text:.40}");
    }
    let long = format!("{}\nSteps: 20", "word ".repeat(50_000));
    let prompt = from_bytes(&png_with_texts(&[(Chunk::Text, "parameters", &long)])).unwrap().prompt.unwrap();
    assert!(prompt.positive.chars().count() <= 10_000);
}

#[test]
fn a_webp_chunk_that_claims_gigabytes_takes_none() {
    let mut file = with_exif(&noise(16, 16), ImageFormat::WebP, exif(1, &[], None));
    let at = file.windows(4).position(|name| name == b"EXIF").unwrap();
    file[at + 4..at + 8].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    // Whether the picture itself is read does not matter, as long as nothing else happens.
    assert!(from_bytes(&file).map_or(true, |picture| picture.prompt.is_none()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_files_never_panic(kind in 0..3usize, hits in prop::collection::vec((0.0..1.0f64, any::<u8>()), 1..12)) {
        let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP][kind];
        let comment = b"UNICODE\0S\0t\0e\0p\0s\0:\0 \x002\0";
        let mut file = with_exif(&noise(24, 20), format, exif(6, &[(0x010f, "prompt:{}")], Some(comment)));
        for (at, byte) in hits {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an index")]
            let at = (at * file.len() as f64) as usize;
            file[at] = byte;
        }
        if let Ok(picture) = from_bytes(&file) {
            prop_assert!(picture.measure().brightness.is_finite());
            picture.encode(256);
        }
    }

    #[test]
    fn any_text_is_an_error_or_a_picture(text in "\\PC{0,200}") {
        prop_assert!(from_base64(&text).is_err());
    }
}
