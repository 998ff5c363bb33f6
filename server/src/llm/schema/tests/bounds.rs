//! Schemas without end, and any schema at all.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{MAX_NODES, SchemaError, SchemaProfile, sanitize_schema};
use super::assert_valid;

type Map = serde_json::Map<String, Value>;

#[test]
fn what_has_no_bound_is_refused_or_cut() {
    for schema in [json!(true), json!([]), json!(null), json!({"allOf": [false]})] {
        assert_eq!(sanitize_schema(SchemaProfile::Gemini, &schema), Err(SchemaError::NotASchema), "{schema}");
    }
    let mut deep = json!({"type": "string"});
    for _ in 0..200 {
        deep = json!({"type": "object", "properties": {"a": deep}});
    }
    assert_eq!(sanitize_schema(SchemaProfile::Gemini, &deep), Err(SchemaError::TooDeep));
    let mut parts = json!({});
    for _ in 0..200 {
        parts = json!({"allOf": [parts]});
    }
    assert_eq!(sanitize_schema(SchemaProfile::Gemini, &parts), Err(SchemaError::TooDeep));
    let wide: Map = (0..6000).map(|index| (index.to_string(), json!({"type": "string"}))).collect();
    assert_eq!(
        sanitize_schema(SchemaProfile::Gemini, &json!({"properties": wide})),
        Err(SchemaError::TooLarge)
    );
}

/// Work that grows faster than these would not end before the runner ends the test.
#[test]
fn hostile_schemas_stay_within_bounds() {
    let laughs = |part: &dyn Fn(usize) -> Value| {
        let defs: Map = (0..30).map(|level| (level.to_string(), part(level + 1))).collect();
        json!({"$ref": "#/$defs/0", "$defs": defs})
    };
    let refer = |level: usize| json!({"$ref": format!("#/$defs/{level}")});
    let texts = |count: usize| (0..count).map(|index| Value::from(index.to_string())).collect::<Value>();
    for schema in [
        laughs(&|next| json!({"properties": {"a": refer(next), "b": refer(next), "c": refer(next)}})),
        laughs(&|next| json!({"anyOf": [refer(next), refer(next), {"type": "array", "items": refer(next)}]})),
        laughs(
            &|next| json!({"allOf": [refer(next), refer(next)], "properties": {"a": refer(next), "b": refer(next)}}),
        ),
        json!({"properties": {"a": {"enum": texts(100_000)}}}),
        json!({"properties": {"a": {"allOf": [{"enum": texts(50_000)}, {"enum": texts(50_000)}]}}}),
        json!({"properties": {"a": {"type": "string"}}, "required": texts(100_000)}),
        json!({"anyOf": (0..4000).map(|index| json!({"enum": [index.to_string()]})).collect::<Value>()}),
        Value::Object((0..100_000).map(|index| (index.to_string(), json!(1))).collect()),
        json!({"properties": (0..100_000).map(|index| (index.to_string(), json!({}))).collect::<Map>()}),
    ] {
        if let Ok(result) = sanitize_schema(SchemaProfile::Gemini, &schema) {
            assert_valid(&result);
            assert!(result.to_string().matches("type").count() < MAX_NODES);
        }
    }
}

fn any_schema() -> impl Strategy<Value = Value> {
    let name = || prop::sample::select(vec!["a", "b", "$ref", "type"]);
    let type_name = prop::sample::select(vec![
        "string", "INTEGER", "number", "boolean", "array", "object", "null", "any",
    ]);
    let value = prop_oneof![
        Just(json!(null)),
        Just(json!("")),
        Just(json!("x")),
        Just(json!("y")),
        Just(json!(1)),
        Just(json!(1.5)),
        Just(json!(true)),
        Just(json!({"$ref": "#"})),
    ];
    let leaf = prop_oneof![
        Just(json!({})),
        any::<bool>().prop_map(Value::from),
        type_name.clone().prop_map(|name| json!({"type": name})),
        prop::collection::vec(type_name, 0..4)
            .prop_map(|names| json!({"type": names, "minimum": 1, "description": "D"})),
        prop::collection::vec(value.clone(), 0..4).prop_map(|values| json!({"enum": values})),
        value.prop_map(|value| json!({"const": value, "nullable": true})),
        prop::sample::select(vec![
            "#",
            "#/properties/a",
            "#/anyOf/0",
            "#/$defs/a",
            "#/allOf/1/properties/b",
            "x:y"
        ])
        .prop_map(|target| json!({"$ref": target})),
    ];
    leaf.prop_recursive(5, 60, 4, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        let map = prop::collection::btree_map(name(), inner.clone(), 0..4);
        prop_oneof![
            (map.clone(), prop::collection::vec(name(), 0..3), prop::option::of(inner.clone()))
                .prop_map(|(properties, required, extra)| json!({"properties": properties, "required": required, "allOf": extra.into_iter().collect::<Value>()})),
            (map.clone(), list.clone()).prop_map(|(properties, list)| json!({"type": "object", "properties": properties, "oneOf": list})),
            (list.clone(), list.clone()).prop_map(|(any, all)| json!({"anyOf": any, "allOf": all})),
            list.clone().prop_map(|list| json!({"type": ["string", "null"], "anyOf": list})),
            list.prop_map(|list| json!({"prefixItems": list})),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            (inner, map).prop_map(|(any, defs)| json!({"anyOf": [any, {"$ref": "#/$defs/a"}], "$defs": defs})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn results_are_valid_and_sanitising_twice_is_sanitising_once(schema in any_schema()) {
        if let Ok(result) = sanitize_schema(SchemaProfile::Gemini, &schema) {
            assert_valid(&result);
            prop_assert_eq!(sanitize_schema(SchemaProfile::Gemini, &result), Ok(result));
        }
    }
}
