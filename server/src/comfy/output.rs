//! What nodes show, as links and texts.

use openclaw_shared::job::{Job, Output, OutputKind};
use serde_json::Value;
use url::form_urlencoded::Serializer;

/// `{node_id: {"images": [{filename, subfolder, type}], "text": [..], ..}}`, node by node.
pub fn all(nodes: &Value) -> Vec<Output> {
    let Some(nodes) = nodes.as_object() else { return Vec::new() };
    let mut found: Vec<Output> = nodes.iter().flat_map(|(id, shown)| of_node(id, shown)).collect();
    found.truncate(Job::MAX_OUTPUTS);
    found
}

/// What one node shows.
pub fn of_node(node_id: &str, shown: &Value) -> Vec<Output> {
    let Some(groups) = shown.as_object() else { return Vec::new() };
    let mut found = Vec::new();
    for (group, items) in groups {
        // `animated` is a note about the images beside it.
        for item in items.as_array().into_iter().flatten().filter(|_| group != "animated") {
            found.extend(match item {
                Value::String(text) => Some(text_output(node_id, text)),
                Value::Object(_) => file_output(node_id, group, item),
                _ => None,
            });
        }
    }
    found
}

fn text_output(node_id: &str, text: &str) -> Output {
    let mut end = text.len().min(Output::MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Output {
        node_id: node_id.to_owned(),
        kind: OutputKind::Text,
        filename: String::new(),
        view: None,
        text: Some(text[..end].to_owned()),
    }
}

/// A file in one of ComfyUI's own folders; anything that points elsewhere is not shown.
fn file_output(node_id: &str, group: &str, item: &Value) -> Option<Output> {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    let (filename, subfolder, folder) = (text("filename"), text("subfolder"), text("type"));
    let escapes = |part: &str| part == "..";
    let safe = !filename.is_empty()
        && !filename.contains(['/', '\\', '\0'])
        && !escapes(filename)
        && !subfolder.contains(['\\', '\0', ':'])
        && !subfolder.starts_with('/')
        && !subfolder.split('/').any(escapes)
        && matches!(folder, "output" | "temp" | "input" | "");
    safe.then(|| {
        let folder = if folder.is_empty() { "output" } else { folder };
        let query = Serializer::new(String::new())
            .append_pair("filename", filename)
            .append_pair("subfolder", subfolder)
            .append_pair("type", folder)
            .finish();
        Output {
            node_id: node_id.to_owned(),
            kind: kind(group, filename, text("format")),
            filename: filename.to_owned(),
            view: Some(format!("/view?{query}")),
            text: None,
        }
    })
}

fn kind(group: &str, filename: &str, format: &str) -> OutputKind {
    let extension = filename.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        // Animated pictures are pictures to a browser, whatever group a node puts them in.
        "png" | "jpg" | "jpeg" | "webp" | "gif" | "avif" | "bmp" => OutputKind::Image,
        "mp4" | "webm" | "mkv" | "mov" | "m4v" => OutputKind::Video,
        "wav" | "mp3" | "flac" | "ogg" | "opus" | "m4a" | "aac" => OutputKind::Audio,
        "glb" | "gltf" | "obj" | "stl" | "fbx" | "ply" | "usdz" => OutputKind::Model3d,
        _ if format.starts_with("video/") => OutputKind::Video,
        _ if group == "audio" => OutputKind::Audio,
        _ => OutputKind::File,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use OutputKind::{Audio, File, Image, Model3d, Text, Video};

    #[test]
    fn files_become_links_and_texts_stay_texts() {
        let found = all(&json!({
            "4": {"images": [{"filename": "a b&c.png", "subfolder": "x/y", "type": "output"}], "animated": [false]},
            "5": {"text": ["hello"]},
            "6": {"gifs": [{"filename": "v.mp4", "subfolder": "", "type": "temp", "format": "video/h264-mp4"}]},
            "7": {"audio": [{"filename": "s.flac", "subfolder": "", "type": "output"}]},
            "8": {"3d": [{"filename": "m.glb", "subfolder": "", "type": "output"}]},
            "9": {"files": [{"filename": "d.safetensors", "subfolder": "", "type": "output"}]},
        }));
        let kinds: Vec<_> = found.iter().map(|output| output.kind).collect();
        assert_eq!(kinds, [Image, Text, Video, Audio, Model3d, File]);
        assert_eq!(found[0].view.as_deref(), Some("/view?filename=a+b%26c.png&subfolder=x%2Fy&type=output"));
        assert_eq!(found[1].text.as_deref(), Some("hello"));
    }

    #[test]
    fn a_file_outside_comfyuis_folders_is_not_shown() {
        for (filename, subfolder, folder) in [
            ("../secret", "", "output"),
            ("..", "", "output"),
            ("a.png", "../..", "output"),
            ("a.png", "/etc", "output"),
            ("a.png", "C:\\x", "output"),
            ("a.png", "", "models"),
            ("", "", "output"),
        ] {
            let item = json!({"images": [{"filename": filename, "subfolder": subfolder, "type": folder}]});
            assert_eq!(of_node("1", &item), Vec::new(), "{filename} {subfolder} {folder}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = "猫".repeat(Output::MAX_TEXT);
        let found = of_node("1", &json!({"text": [long]}));
        let text = found[0].text.as_ref().unwrap();
        assert!(text.len() <= Output::MAX_TEXT && text.chars().all(|c| c == '猫'));
    }
}
