use serde_json::json;

use super::*;

const GRAPH: &str =
    r#"{"1": {"class_type": "CLIPTextEncode", "inputs": {"text": "{{prompt}}", "clip": ["2", 0]}}}"#;

/// A state directory with these files in its template folder.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Templates) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("templates")).unwrap();
    for (name, text) in files {
        fs::write(dir.path().join("templates").join(name), text).unwrap();
    }
    let templates = Templates::load(dir.path(), render::MAX_RENDERED_BYTES);
    (dir, templates)
}

/// The one template `t` with this entry and file.
fn one(entry: &Value, graph: &str) -> Arc<Loaded> {
    let manifest = json!({"version": 1, "templates": {"t": entry}}).to_string();
    let (_dir, templates) = folder(&[("manifest.json", &manifest), ("t.json", graph)]);
    templates.find("t").unwrap()
}

#[test]
fn the_packs_templates_render_with_their_defaults() {
    let (_dir, templates) = folder(&[]);
    for (id, inputs) in [
        ("blank_image", json!({})),
        ("sdxl_basic", json!({"positive_prompt": "a fox"})),
        ("flux_dev", json!({"positive_prompt": "a fox"})),
    ] {
        let template = templates.find(id).unwrap();
        assert_eq!(template.about.locked, None);
        let rendered = template.render(inputs.as_object().unwrap()).unwrap();
        assert!(!rendered.graph.to_string().contains("{{"), "{id}");
        for node in rendered.graph.as_object().unwrap().values() {
            for link in node["inputs"].as_object().unwrap().values().filter_map(Value::as_array) {
                assert!(rendered.graph.get(link[0].as_str().unwrap()).is_some(), "{id}: a link to nowhere");
            }
        }
    }
}

#[test]
fn an_absent_seed_is_random_and_a_given_one_is_kept() {
    let (_dir, templates) = folder(&[]);
    let template = templates.find("sdxl_basic").unwrap();
    let seed = |inputs: Value| {
        template.render(inputs.as_object().unwrap()).unwrap().graph["5"]["inputs"]["seed"].as_u64().unwrap()
    };
    let (first, second) =
        (seed(json!({"positive_prompt": "x"})), seed(json!({"positive_prompt": "x", "seed": null})));
    assert!(first != second && first <= MAX_SEED && second <= MAX_SEED);
    assert_eq!(seed(json!({"positive_prompt": "x", "seed": 7})), 7);
}

#[test]
fn inputs_are_held_to_the_manifest_and_every_problem_is_named() {
    let (_dir, templates) = folder(&[]);
    let inputs = json!({"steps": 1000, "prompt": "x", "cfg": [["1", 0]]});
    let error =
        templates.find("sdxl_basic").unwrap().render(inputs.as_object().unwrap()).unwrap_err().to_string();
    for part in
        ["`positive_prompt` is missing", "`steps` must be", "`cfg` must be", "`prompt` is not an input"]
    {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn the_python_editions_manifest_is_enough() {
    let template = one(
        &json!({"path": "t.json", "allowed_inputs": ["prompt"], "defaults": {"prompt": "a cat", "unused": 1}}),
        GRAPH,
    );
    assert_eq!(template.about.locked, None);
    assert_eq!(template.about.defaults, json!({"prompt": "a cat"}).as_object().unwrap().clone());
    let text = |inputs: Value| {
        template.render(inputs.as_object().unwrap()).unwrap().graph["1"]["inputs"]["text"].clone()
    };
    assert_eq!(text(json!({})), json!("a cat"));
    assert_eq!(text(json!({"prompt": "{{prompt}}"})), json!("{{prompt}}"));
    // A list would be a link to another node.
    assert!(template.render(json!({"prompt": ["2", 0]}).as_object().unwrap()).is_err());
}

#[test]
fn a_constant_of_the_manifest_cannot_be_set_from_outside() {
    let template = one(&json!({"defaults": {"prompt": "a cat"}}), GRAPH);
    assert_eq!(template.render(&Map::new()).unwrap().graph["1"]["inputs"]["text"], json!("a cat"));
    assert!(template.render(json!({"prompt": "a dog"}).as_object().unwrap()).is_err());
}

#[test]
fn what_cannot_be_run_is_listed_with_the_reason() {
    let text = json!([{"name": "x", "type": "text"}]);
    let node = |class: &str, inputs: Value| json!({"1": {"class_type": class, "inputs": inputs}}).to_string();
    for (entry, graph, part) in [
        (json!({}), r#"{"nodes": [], "links": []}"#.to_owned(), "Export (API)"),
        (json!({}), r#"{"key_idx": {"1": {}}}"#.to_owned(), "`key_idx` has no class_type"),
        (json!({}), "{".to_owned(), "not JSON"),
        (json!({}), "{}".to_owned(), "no nodes"),
        (json!({}), GRAPH.to_owned(), "missing inputs: prompt"),
        (json!({"allowed_inputs": ["prompt", "more"]}), GRAPH.to_owned(), "does not use: more"),
        (json!({"path": "../config.json"}), GRAPH.to_owned(), "not the name of a .json file"),
        (json!({"path": "manifest.json"}), GRAPH.to_owned(), "not the name of a .json file"),
        (json!({"path": "gone.json"}), GRAPH.to_owned(), "cannot be read"),
        (json!({"inputs": [{"name": "../x", "type": "text"}]}), GRAPH.to_owned(), "cannot be named"),
        (
            json!({"inputs": [{"name": "x", "type": "integer", "min": 1, "max": 2, "default": 3}]}),
            GRAPH.to_owned(),
            "the default of `x`",
        ),
        (json!({"inputs": text}), node("LoadImage", json!({"image": "{{x}}"})), "which is a file path"),
        (
            json!({"inputs": text}),
            node("SaveImage", json!({"filename_prefix": "{{x}}"})),
            "list \"1.filename_prefix\"",
        ),
        (json!({"inputs": text}), node("Fetch", json!({"url": "{{x}}"})), "which is an address"),
        (json!({"inputs": text}), node("RunPython", json!({"body": "{{x}}"})), "which is code"),
        (
            json!({"inputs": text, "allow_slots": ["1.model"]}),
            node("A", json!({"model": ["{{x}}", 0]})),
            "part of the graph: a placeholder can only be",
        ),
        (
            json!({"inputs": text, "allow_slots": ["1.class_type"]}),
            node("{{x}}", json!({})),
            "part of the graph",
        ),
    ] {
        let template = one(&entry, &graph);
        let reason = template.about.locked.as_deref().unwrap_or_default();
        assert!(reason.contains(part), "{entry} {graph}: {reason}");
        assert!(matches!(template.render(&Map::new()), Err(TemplateError::Locked { .. })));
    }
}

#[test]
fn a_dangerous_slot_takes_fixed_choices_or_what_the_manifest_allows_by_name() {
    let graph = r#"{"1": {"class_type": "LoadImage", "inputs": {"image": "{{x}}"}}}"#;
    let choice = json!({"inputs": [{"name": "x", "type": "choice", "options": ["a.png"]}]});
    let listed = json!({"inputs": [{"name": "x", "type": "text"}], "allow_slots": ["1.image"]});
    for entry in [choice, listed] {
        let template = one(&entry, graph);
        assert_eq!(template.about.locked, None, "{entry}");
        assert_eq!(template.about.slots[0].danger, Some(openclaw_shared::template::Danger::Path));
    }
}

#[test]
fn only_what_a_manifest_names_exists() {
    let (dir, templates) = folder(&[("t.json", GRAPH)]);
    assert!(matches!(templates.find("t"), Err(TemplateError::NotFound(_))));
    assert!(matches!(templates.find("../config"), Err(TemplateError::NotFound(_))));
    assert_eq!(templates.list().count, 3);
    // The folder is read again once it is no longer fresh.
    fs::write(dir.path().join("templates/manifest.json"), "{").unwrap();
    templates.own.lock().unwrap().checked = Some(Instant::now().checked_sub(FRESH * 2).unwrap());
    let list = templates.list();
    assert!(list.problems[0].contains("manifest.json"), "{list:?}");
    assert_eq!(list.count, 3);
}

#[cfg(unix)]
#[test]
fn a_link_is_not_a_template() {
    let manifest = json!({"version": 1, "templates": {"t": {}}}).to_string();
    let (dir, templates) = folder(&[("manifest.json", &manifest)]);
    fs::write(dir.path().join("elsewhere.json"), GRAPH).unwrap();
    std::os::unix::fs::symlink(dir.path().join("elsewhere.json"), dir.path().join("templates/t.json"))
        .unwrap();
    assert!(templates.find("t").unwrap().about.locked.as_deref().unwrap().contains("not a file"));
}
