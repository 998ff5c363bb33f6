use std::path::Path;

use openclaw_server::config::reference;
use openclaw_server::http;
use openclaw_shared::node::nodes;

/// A generated file equals what the code says now; `cargo xtask docs` writes it.
fn check(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path);
    let actual = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(actual.trim_end() == expected.trim_end(), "{path} is out of date: run `cargo xtask docs`");
}

#[test]
fn the_openapi_document_is_current() {
    check("docs/openapi.json", &http::document().to_pretty_json().unwrap());
}

#[test]
fn the_configuration_reference_is_current() {
    check("docs/configuration.md", &reference::markdown());
}

#[test]
fn the_node_schemas_are_current_and_every_node_has_a_help_page() {
    check("python_shim/nodes.json", &serde_json::to_string_pretty(&nodes()).unwrap());
    for node in nodes() {
        let page = format!("web/docs/{}.md", node.id);
        assert!(
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(&page).exists(),
            "{page} is missing"
        );
    }
}
