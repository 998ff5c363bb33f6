//! Prompts in files, as the programs in use write them.

use super::super::*;
use super::samples::{Chunk, exif, noise, png_with_texts, with_exif};
use image::ImageFormat;
use serde_json::{Value, json};

const A1111: &str = "a castle on a hill, (golden hour:1.2), <lora:fantasy:0.8>\nwide view\n\
    Negative prompt: blurry, people\ntext\n\
    Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 1234567890123, Size: 832x1216, Model hash: abc, Model: dream, \
    Lora hashes: \"fantasy: 12, b: 3\", Version: v1.9";

fn found(chunk: Chunk, keyword: &str, text: &str) -> Option<EmbeddedPrompt> {
    from_bytes(&png_with_texts(&[(chunk, keyword, text)])).unwrap().prompt
}

fn check_a1111(prompt: Option<EmbeddedPrompt>) {
    let prompt = prompt.unwrap();
    assert_eq!(prompt.positive, "a castle on a hill, (golden hour:1.2), <lora:fantasy:0.8>\nwide view");
    assert_eq!(prompt.negative, "blurry, people\ntext");
    let params = json!({"steps": 28, "cfg": 6.5, "seed": 1_234_567_890_123_u64, "width": 832, "height": 1216,
        "sampler_name": "dpmpp_2m", "scheduler": "karras"});
    assert_eq!(Value::Object(prompt.params), params);
}

#[test]
fn parameters_are_read_from_every_kind_of_png_text() {
    for chunk in [Chunk::Text, Chunk::Compressed, Chunk::International] {
        check_a1111(found(chunk, "parameters", A1111));
    }
}

#[test]
fn parameters_are_read_from_exif_in_every_encoding() {
    let image = noise(32, 32);
    let utf16 = |big: bool| {
        let mut bytes = b"UNICODE\0".to_vec();
        bytes.extend(
            A1111.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }),
        );
        bytes
    };
    let plain = |set: &[u8]| [set, A1111.as_bytes()].concat();
    for comment in [utf16(true), utf16(false), plain(b"UNICODE\0"), plain(b"ASCII\0\0\0"), plain(&[0; 8])] {
        for format in [ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Png] {
            let file = with_exif(&image, format, exif(1, &[], Some(&comment)));
            check_a1111(from_bytes(&file).unwrap().prompt);
        }
    }
}

#[test]
fn a_cameras_comment_is_no_prompt() {
    for (root, comment) in [
        (vec![(0x010f, "Canon"), (0x0110, "EOS R5")], None),
        (vec![(0x010e, "Holiday in Rome")], Some(&b"ASCII\0\0\0shot at noon"[..])),
        (vec![], Some(&[0u8; 64][..])),
        (vec![], Some(&b"x"[..])),
    ] {
        let file = with_exif(&noise(16, 16), ImageFormat::Jpeg, exif(1, &root, comment));
        assert_eq!(from_bytes(&file).unwrap().prompt, None);
    }
}

#[test]
fn sampler_labels_become_comfy_names() {
    for (label, sampler, scheduler) in [
        ("Euler a", json!("euler_ancestral"), Value::Null),
        ("Euler", json!("euler"), Value::Null),
        ("DPM++ SDE Karras", json!("dpmpp_sde"), json!("karras")),
        ("DPM++ 2M SDE Exponential", json!("dpmpp_2m_sde"), json!("exponential")),
        ("DPM++ 2S a", json!("dpmpp_2s_ancestral"), Value::Null),
        ("DPM2 a", json!("dpm_2_ancestral"), Value::Null),
        ("UniPC", json!("uni_pc"), Value::Null),
        ("Made Up", Value::Null, Value::Null),
    ] {
        let text = format!("a cat\nSteps: 20, Sampler: {label}, Seed: 5");
        let params = Value::Object(found(Chunk::Text, "parameters", &text).unwrap().params);
        assert_eq!((&params["sampler_name"], &params["scheduler"]), (&sampler, &scheduler), "{label}");
    }
    let typed =
        found(Chunk::Text, "parameters", "a cat\nSteps: 4, Sampler: Euler, Schedule type: SGM Uniform")
            .unwrap();
    assert_eq!(typed.params["scheduler"], "sgm_uniform");
}

/// The default graph of ComfyUI, with the output of node 3 saved.
fn default_graph() -> Value {
    json!({
        "3": {"class_type": "KSampler", "inputs": {"seed": 156_680_208_700_286_u64, "steps": 20, "cfg": 8.0,
            "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0, "model": ["4", 0],
            "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 768, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a glass bottle\u{202e}, galaxy", "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "text, watermark", "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}, "is_changed": [null]},
    })
}

fn check_graph(graph: &Value, positive: &str, negative: &str, params: &Value) {
    let prompt = found(Chunk::International, "prompt", &graph.to_string()).unwrap();
    assert_eq!((prompt.positive.as_str(), prompt.negative.as_str()), (positive, negative));
    for (name, value) in params.as_object().unwrap() {
        assert_eq!(prompt.params.get(name), Some(value), "{name}");
    }
}

#[test]
fn the_default_graph_gives_its_prompts_and_numbers() {
    let params = json!({"seed": 156_680_208_700_286_u64, "steps": 20, "cfg": 8.0, "sampler_name": "euler",
        "scheduler": "normal", "width": 512, "height": 768});
    check_graph(&default_graph(), "a glass bottle, galaxy", "text, watermark", &params);
    let not_a_number = default_graph().to_string().replace("[null]", "[NaN]");
    assert!(found(Chunk::International, "prompt", &not_a_number).is_some());
    let webp = with_exif(
        &noise(8, 8),
        ImageFormat::WebP,
        exif(1, &[(0x0110, &format!("prompt:{}", default_graph()))], None),
    );
    assert_eq!(from_bytes(&webp).unwrap().prompt.unwrap().negative, "text, watermark");
}

#[test]
fn the_sampler_whose_picture_was_saved_counts_and_links_are_followed() {
    let mut graph = default_graph();
    graph["1"] =
        json!({"class_type": "KSampler", "inputs": {"positive": ["7", 0], "negative": ["6", 0], "seed": 1}});
    graph["3"]["inputs"]["positive"] = json!(["20", 0]);
    graph["3"]["inputs"]["negative"] = json!(["23", 0]);
    graph["3"]["inputs"]["seed"] = json!(["24", 0]);
    graph["20"] = json!({"class_type": "ControlNetApplyAdvanced", "inputs": {"positive": ["21", 0], "negative": ["7", 0], "strength": 1.0}});
    graph["21"] = json!({"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["6", 0], "conditioning_2": ["22", 0]}});
    graph["22"] = json!({"class_type": "CLIPTextEncode", "inputs": {"text": ["25", 0], "clip": ["4", 1]}});
    graph["23"] = json!({"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["6", 0]}});
    graph["24"] = json!({"class_type": "PrimitiveInt", "inputs": {"value": 77}});
    graph["25"] = json!({"class_type": "PrimitiveStringMultiline", "inputs": {"value": "by night"}});
    check_graph(&graph, "a glass bottle, galaxy, by night", "", &json!({"seed": 77}));
}

#[test]
fn flux_graphs_with_a_guider_are_read() {
    let graph = json!({
        "1": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["2", 0], "guider": ["3", 0], "sampler": ["4", 0], "sigmas": ["5", 0], "latent_image": ["6", 0]}},
        "2": {"class_type": "RandomNoise", "inputs": {"noise_seed": 9}},
        "3": {"class_type": "BasicGuider", "inputs": {"model": ["9", 0], "conditioning": ["7", 0]}},
        "4": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
        "5": {"class_type": "BasicScheduler", "inputs": {"scheduler": "beta", "steps": 25, "denoise": 1.0, "model": ["9", 0]}},
        "6": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1344, "height": 768}},
        "7": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["8", 0]}},
        "8": {"class_type": "CLIPTextEncodeFlux", "inputs": {"clip_l": "a fox", "t5xxl": "A fox in snow.", "guidance": 3.5}},
    });
    let params = json!({"seed": 9, "steps": 25, "sampler_name": "euler", "scheduler": "beta", "width": 1344, "height": 768});
    check_graph(&graph, "a fox, A fox in snow.", "", &params);
}

#[test]
fn a_workflow_is_read_when_there_is_no_prompt() {
    let workflow = json!({
        "nodes": [
            {"id": 3, "type": "KSampler", "widgets_values": [5, "randomize", 30, 6.0, "euler", "karras", 1],
             "inputs": [{"name": "model", "link": 1}, {"name": "positive", "link": 2}, {"name": "negative", "link": 3}, {"name": "latent_image", "link": 4}]},
            {"id": 6, "type": "CLIPTextEncode", "widgets_values": ["a lighthouse"], "inputs": [{"name": "clip", "link": null}]},
            {"id": 7, "type": "CLIPTextEncode", "widgets_values": ["fog"]},
            {"id": 5, "type": "EmptyLatentImage", "widgets_values": [640, 512, 1]},
        ],
        "links": [[2, 6, 0, 3, 1, "CONDITIONING"], [3, 7, 0, 3, 2, "CONDITIONING"], {"id": 4, "origin_id": 5, "origin_slot": 0}],
    });
    let prompt = found(Chunk::Compressed, "workflow", &workflow.to_string()).unwrap();
    assert_eq!((prompt.positive.as_str(), prompt.negative.as_str()), ("a lighthouse", "fog"));
    let params = json!({"seed": 5, "steps": 30, "cfg": 6.0, "sampler_name": "euler", "scheduler": "karras", "width": 640, "height": 512});
    assert_eq!(Value::Object(prompt.params), params);
}
