use proptest::prelude::*;
use serde_json::json;

use super::*;

fn check(template: &Value, inputs: &Value, allowed: &[&str], defaults: &Value) -> Result<Value, RenderError> {
    let allowed = allowed.iter().map(|key| (*key).to_owned()).collect();
    let (inputs, defaults) = (inputs.as_object().unwrap(), defaults.as_object().unwrap());
    render(template, inputs, &allowed, defaults, MAX_RENDERED_BYTES).map(|it| {
        assert_eq!(it.bytes, it.graph.to_string().len(), "the count is the length");
        it.graph
    })
}

#[test]
fn a_placeholder_keeps_the_type_of_its_value() {
    for value in [
        json!(7),
        json!(-0.5),
        json!(true),
        json!(null),
        json!("text"),
        json!(""),
        json!([1, [2]]),
        json!({"a": {"b": 1}}),
        json!(u64::MAX),
        json!(i64::MIN),
    ] {
        let rendered =
            check(&json!({"1": {"inputs": {"x": "{{key}}"}}}), &json!({"key": value}), &["key"], &json!({}));
        assert_eq!(rendered, Ok(json!({"1": {"inputs": {"x": value}}})));
    }
}

#[test]
fn only_a_whole_string_is_a_placeholder() {
    for text in [
        "a {{key}}",
        "{{key}} ",
        " {{key}}",
        "{{key}}{{key}}",
        "{{ key }}",
        "{{key}",
        "{key}",
        "{{}}",
        "{{{key}}}",
        "{{key}}\n",
        "{{a b}}",
        "{{k\u{e9}y}}",
        "{{key|upper}}",
        "${key}",
        "{% key %}",
    ] {
        assert_eq!(check(&json!([text]), &json!({}), &[], &json!({})), Ok(json!([text])), "{text:?}");
    }
    assert_eq!(
        check(&json!({"{{key}}": 1}), &json!({}), &[], &json!({})),
        Ok(json!({"{{key}}": 1})),
        "names stay"
    );
}

#[test]
fn what_was_put_in_is_not_looked_at_again() {
    let rendered =
        check(&json!(["{{a}}", "{{b}}"]), &json!({"a": "{{b}}", "b": ["{{a}}"]}), &["a", "b"], &json!({}));
    assert_eq!(rendered, Ok(json!(["{{b}}", ["{{a}}"]])));
}

#[test]
fn an_input_beats_a_default_and_null_is_a_value() {
    let template = json!(["{{a}}", "{{b}}"]);
    assert_eq!(check(&template, &json!({"a": null}), &["a"], &json!({"a": 1, "b": 2})), Ok(json!([null, 2])));
}

#[test]
fn unknown_missing_and_unused_keys_are_named() {
    let template = json!({"x": "{{a}}", "y": "{{b}}"});
    for (inputs, allowed, expected) in [
        (json!({"a": 1, "b": 2, "c": 3}), &["a", "b"][..], RenderError::Unknown(vec!["c".into()])),
        // Being in the template does not make a key an input.
        (json!({"a": 1, "b": 2}), &["a"], RenderError::Unknown(vec!["b".into()])),
        (json!({}), &["a", "b"], RenderError::Missing(vec!["a".into(), "b".into()])),
        (json!({"a": 1}), &["a", "b"], RenderError::Missing(vec!["b".into()])),
        (json!({"a": 1, "b": 2, "c": 3}), &["a", "b", "c"], RenderError::Unused(vec!["c".into()])),
    ] {
        assert_eq!(check(&template, &inputs, allowed, &json!({})), Err(expected), "{inputs}");
    }
    // A constant of the manifest cannot be given from outside.
    assert_eq!(
        check(&json!(["{{a}}"]), &json!({"a": 1}), &[], &json!({"a": 2})),
        Err(RenderError::Unknown(vec!["a".into()]))
    );
}

#[test]
fn a_workflow_of_the_canvas_is_explained() {
    let saved =
        json!({"last_node_id": 1, "nodes": [{"id": 1, "type": "KSampler"}], "links": [], "version": 0.4});
    let error = check(&saved, &json!({}), &[], &json!({})).unwrap_err();
    assert!(error.to_string().contains("Export (API)"), "{error}");
}

#[test]
fn size_nodes_and_depth_have_an_end() {
    let big = "x".repeat(MAX_RENDERED_BYTES / 4);
    let many: Vec<_> = (0..100_000).map(|_| json!("{{a}}")).collect();
    assert_eq!(
        check(&json!(many), &json!({"a": big}), &["a"], &json!({})),
        Err(RenderError::TooLarge(MAX_RENDERED_BYTES))
    );
    let nodes: Map<_, _> = (0..=MAX_NODES).map(|id| (id.to_string(), json!({"inputs": {}}))).collect();
    assert_eq!(check(&Value::Object(nodes), &json!({}), &[], &json!({})), Err(RenderError::TooManyNodes));
    let deep = (0..MAX_DEPTH).fold(json!(1), |inner, _| json!([inner]));
    assert!(check(&deep, &json!({}), &[], &json!({})).is_ok());
    assert_eq!(check(&json!([deep]), &json!({}), &[], &json!({})), Err(RenderError::TooDeep));
    assert_eq!(check(&json!(["{{a}}"]), &json!({"a": deep}), &["a"], &json!({})), Err(RenderError::TooDeep));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        "\\{\\{[ab]\\}\\}".prop_map(Value::from),
        "\\PC{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map("[a-z\"]{0,4}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn rendering_changes_placeholders_and_nothing_else(template in any_json(), a in any_json(), b in any_json()) {
        fn expected(value: &Value, a: &Value, b: &Value) -> Value {
            match value {
                Value::String(text) if text == "{{a}}" => a.clone(),
                Value::String(text) if text == "{{b}}" => b.clone(),
                Value::Array(items) => items.iter().map(|item| expected(item, a, b)).collect(),
                Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), expected(v, a, b))).collect(),
                other => other.clone(),
            }
        }
        let defaults = json!({"a": a, "b": b});
        prop_assert_eq!(check(&template, &json!({}), &[], &defaults), Ok(expected(&template, &a, &b)));
    }
}
