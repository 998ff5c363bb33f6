mod bounds;

use serde_json::json;

use super::*;

fn sanitized(schema: &Value) -> Value {
    sanitize_schema(SchemaProfile::Gemini, schema).unwrap()
}

fn check(cases: &[(Value, Value)]) {
    for (schema, expected) in cases {
        assert_eq!(sanitized(schema), *expected, "{schema}");
    }
}

/// The same, for what stands under a property.
fn check_property(cases: &[(Value, Value)]) {
    for (schema, expected) in cases {
        let schema = json!({"type": "object", "properties": {"a": schema}});
        assert_eq!(sanitized(&schema)["properties"]["a"], *expected, "{schema}");
    }
}

#[test]
fn the_sample_vectors_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/vectors/schema_sanitize.jsonl");
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let result = sanitized(&case["input"]["schema"]);
        assert_valid(&result);
        assert_eq!(sanitized(&result), result, "{}", case["id"]);
        for expected in case["expected"]["checks"].as_array().unwrap() {
            let node = result.pointer(expected["ptr"].as_str().unwrap());
            assert!(holds(node, expected, &result), "{}: {expected} of {result}", case["id"]);
        }
    }
}

fn holds(node: Option<&Value>, expected: &Value, result: &Value) -> bool {
    let check = expected["check"].as_str().unwrap();
    let Some(node) = node else {
        return check == "absent";
    };
    let wanted = &expected["values"];
    let branches = node["anyOf"].as_array().cloned().unwrap_or_default();
    let is_wanted = |node: &Value| expected["any_of"].as_array().unwrap().contains(&node["type"]);
    let required = node["required"].as_array().cloned().unwrap_or_default();
    let names = || node["properties"].as_object().unwrap().keys().cloned().collect::<Value>();
    match check {
        "exists" => true,
        "type" => is_wanted(node),
        "accepts_type" => is_wanted(node) || branches.iter().any(is_wanted),
        "nullable" => node["nullable"] == true,
        "not_nullable" => node["nullable"] != true,
        "enum" => node["enum"] == *wanted,
        "enum_strings_only" => {
            node["enum"].as_array().is_none_or(|values| values.iter().all(Value::is_string))
        }
        "required_exact" => Value::from(required) == *wanted,
        "required_includes" => wanted.as_array().unwrap().iter().all(|name| required.contains(name)),
        "required_subset" => {
            required.iter().all(|name| node["properties"].get(name.as_str().unwrap()).is_some())
        }
        "property_names" => names() == *wanted,
        "description_contains" => {
            node["description"].as_str().unwrap().contains(expected["value"].as_str().unwrap())
        }
        "format_in" => wanted.as_array().unwrap().contains(&node["format"]),
        "is_object" => node.is_object(),
        "no_text" => !result.to_string().contains(expected["value"].as_str().unwrap()),
        other => panic!("unknown check {other}"),
    }
}

/// What every result must be, whatever went in.
fn assert_valid(schema: &Value) {
    let object = schema.as_object().expect("a schema is an object");
    let types = ["string", "number", "integer", "boolean", "array", "object"];
    assert!(object.contains_key("type") != object.contains_key("anyOf"), "{schema}");
    for (name, value) in object {
        match name.as_str() {
            "type" => assert!(types.contains(&value.as_str().unwrap()), "{schema}"),
            "anyOf" => {
                assert!(value.as_array().unwrap().len() > 1, "{schema}");
                value.as_array().unwrap().iter().for_each(assert_valid);
            }
            "properties" => value.as_object().unwrap().values().for_each(assert_valid),
            "items" => assert_valid(value),
            "required" | "propertyOrdering" => {
                let known = |name: &Value| object["properties"].get(name.as_str().unwrap()).is_some();
                assert!(value.as_array().unwrap().iter().all(known), "{schema}");
            }
            "enum" => {
                assert_eq!(object["type"], "string", "{schema}");
                assert!(
                    value
                        .as_array()
                        .unwrap()
                        .iter()
                        .all(|value| value.as_str().is_some_and(|text| !text.is_empty()))
                );
            }
            "nullable" => assert_eq!(*value, true),
            "title" | "description" | "pattern" | "format" => assert!(value.is_string(), "{schema}"),
            "minimum" | "maximum" => assert!(value.is_number(), "{schema}"),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {}
            other => panic!("{other} is no keyword: {schema}"),
        }
    }
    assert_eq!(
        object.get("type").is_some_and(|own| own == "array"),
        object.contains_key("items"),
        "{schema}"
    );
}

#[test]
fn only_known_keywords_stay_and_only_where_they_apply() {
    check_property(&[
        (
            json!({"type": "STRING", "minLength": 1, "maxLength": "9", "pattern": "a", "minimum": 3, "format": "email", "default": "x", "examples": [1], "x-y": 1}),
            json!({"type": "string", "minLength": 1, "maxLength": "9", "pattern": "a"}),
        ),
        (
            json!({"type": "integer", "minimum": -1, "maximum": 5, "exclusiveMaximum": 9, "multipleOf": 2, "format": "int64"}),
            json!({"type": "integer", "minimum": -1, "maximum": 5, "format": "int64"}),
        ),
        (json!({"type": "number", "format": "int32", "minimum": "1"}), json!({"type": "number"})),
        (json!({"type": "string", "format": "date-time"}), json!({"type": "string", "format": "date-time"})),
        (json!({"type": "string", "format": "enum"}), json!({"type": "string"})),
        (
            json!({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": -1, "uniqueItems": true}),
            json!({"type": "array", "items": {"type": "string"}, "minItems": 1}),
        ),
        (json!({"type": "object", "additionalProperties": {"type": "string"}}), json!({"type": "object"})),
        (
            json!({"type": "object", "properties": {"b": {"type": "string"}}, "propertyOrdering": ["b", "z"]}),
            json!({"type": "object", "properties": {"b": {"type": "string"}}, "propertyOrdering": ["b"]}),
        ),
        (
            json!({"type": "string", "title": "T", "description": "D", "deprecated": true}),
            json!({"type": "string", "title": "T", "description": "D"}),
        ),
        (json!({"type": "string", "description": 5}), json!({"type": "string"})),
        (json!({"type": "any"}), json!({"type": "string"})),
        (json!({"type": "string", "not": {"const": "x"}, "if": {}, "then": {}}), json!({"type": "string"})),
    ]);
}

#[test]
fn a_missing_type_is_inferred() {
    check_property(&[
        (json!({}), json!({"type": "string"})),
        (json!(true), json!({"type": "string"})),
        (json!("nonsense"), json!({"type": "string"})),
        (json!({"properties": {}}), json!({"type": "object"})),
        (json!({"items": {}}), json!({"type": "array", "items": {"type": "string"}})),
        (json!({"minimum": 1}), json!({"type": "number", "minimum": 1})),
        (json!({"format": "int32"}), json!({"type": "integer", "format": "int32"})),
        (json!({"pattern": "x"}), json!({"type": "string", "pattern": "x"})),
        (json!({"const": 5}), json!({"type": "integer"})),
        (json!({"const": "x"}), json!({"type": "string", "enum": ["x"]})),
        (json!({"const": true}), json!({"type": "boolean"})),
        (json!({"enum": [1, 2.5]}), json!({"type": "number"})),
        (
            json!({"enum": ["a", 1]}),
            json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer"}]}),
        ),
        (
            json!({"type": "string", "enum": ["a", "", "b", "a", 1]}),
            json!({"type": "string", "enum": ["a", "b"]}),
        ),
        (json!({"type": "string", "enum": [""]}), json!({"type": "string"})),
    ]);
    check(&[(json!({}), json!({"type": "object"}))]);
}

#[test]
fn null_becomes_nullable() {
    check_property(&[
        (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
        (json!({"type": ["null"]}), json!({"type": "string", "nullable": true})),
        (
            json!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}], "default": null, "title": "T"}),
            json!({"type": "integer", "minimum": 0, "nullable": true, "title": "T"}),
        ),
        (
            json!({"oneOf": [{"const": null}, {"type": "string"}]}),
            json!({"type": "string", "nullable": true}),
        ),
        (json!({"enum": ["a", null]}), json!({"type": "string", "enum": ["a"], "nullable": true})),
        (json!({"type": "string", "enum": ["a", null]}), json!({"type": "string", "enum": ["a"]})),
        (json!({"type": "string", "nullable": true}), json!({"type": "string", "nullable": true})),
        (json!({"type": "string", "nullable": false}), json!({"type": "string"})),
        (
            json!({"type": ["string", "integer", "null"], "minimum": 1, "description": "D"}),
            json!({"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 1}], "nullable": true, "description": "D"}),
        ),
        (
            json!({"anyOf": [{"type": ["string", "null"]}, {"type": "integer"}]}),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true}),
        ),
        (
            json!({"properties": {"x": {"type": "string"}}, "anyOf": [{"type": "object"}, {"type": "null"}]}),
            json!({"type": "object", "properties": {"x": {"type": "string"}}, "nullable": true}),
        ),
    ]);
}

#[test]
fn unions_become_any_of_or_are_folded_into_their_type() {
    check_property(&[
        (json!({"anyOf": [{"type": "string"}, {"type": "string"}]}), json!({"type": "string"})),
        (
            json!({"anyOf": [{"type": "string"}, {"oneOf": [{"type": "integer"}, {"type": "boolean"}]}]}),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}),
        ),
        (
            json!({"anyOf": [{"enum": ["a"]}, {"const": "b"}, {"enum": ["a", "c"]}]}),
            json!({"type": "string", "enum": ["a", "b", "c"]}),
        ),
        (
            json!({"type": "string", "anyOf": [{"enum": ["a"]}, {"const": "b"}]}),
            json!({"type": "string", "enum": ["a", "b"]}),
        ),
        (
            json!({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
            json!({"type": "string"}),
        ),
        (json!({"anyOf": [false, {"type": "string"}]}), json!({"type": "string"})),
        (json!({"type": ["number", "integer"]}), json!({"type": "number"})),
        (
            json!({"type": "object", "properties": {"x": {"type": "string"}}, "anyOf": [{"required": ["x"]}, {"required": ["y"]}]}),
            json!({"type": "object", "properties": {"x": {"type": "string"}}}),
        ),
        (
            json!({"type": "object", "required": ["k"], "oneOf": [
                {"properties": {"k": {"const": "a"}, "n": {"type": "string"}}, "required": ["k", "n"]},
                {"properties": {"k": {"const": "b"}, "n": {"type": "integer"}, "m": {"type": "string"}}, "required": ["n"]},
            ]}),
            json!({"type": "object", "required": ["n"], "properties": {
                "k": {"type": "string", "enum": ["a", "b"]},
                "n": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "m": {"type": "string"},
            }}),
        ),
    ]);
}

#[test]
fn all_of_is_merged_and_the_outer_part_wins() {
    check_property(&[
        (
            json!({"description": "own", "allOf": [
                {"description": "other", "type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
                {"properties": {"x": {"description": "more"}, "y": {"type": "integer"}}, "required": ["y"]},
            ]}),
            json!({"type": "object", "description": "own", "required": ["x", "y"], "properties": {
                "x": {"type": "string", "description": "more"}, "y": {"type": "integer"},
            }}),
        ),
        (json!({"allOf": [{"type": "number"}, {"type": "integer"}]}), json!({"type": "integer"})),
        (
            json!({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}),
            json!({"type": "string", "enum": ["b"]}),
        ),
        (json!({"allOf": [{"type": "string"}, {"type": "integer"}]}), json!({"type": "string"})),
        (
            json!({"nullable": true, "allOf": [{"type": "string"}]}),
            json!({"type": "string", "nullable": true}),
        ),
    ]);
    let schema = json!({"type": "object", "properties": {"a": {"allOf": [false]}, "b": false}, "required": ["a", "b"]});
    check(&[(schema, json!({"type": "object"}))]);
}

#[test]
fn references_into_the_document_are_inlined() {
    check(&[
        (
            json!({"$ref": "#/$defs/Root", "$defs": {"Root": {"type": "object", "properties": {"p": {"$ref": "#/definitions/a~1b%3Cc%3E"}}}}, "definitions": {"a/b<c>": {"type": "integer"}}}),
            json!({"type": "object", "properties": {"p": {"type": "integer"}}}),
        ),
        (
            json!({"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}, "$defs": {"N": {"type": "object", "description": "D", "properties": {"v": {"type": "string"}, "next": {"$ref": "#/$defs/N"}}}}}),
            json!({"type": "object", "properties": {"n": {"type": "object", "description": "D", "properties": {"v": {"type": "string"}, "next": {"type": "object", "description": "D"}}}}}),
        ),
        (
            json!({"type": "object", "properties": {"x": {"$ref": "#/properties/y"}, "y": {"type": "integer"}}}),
            json!({"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}}),
        ),
        (
            json!({"type": "object", "properties": {"$ref": {"type": "string"}, "const": {"const": "$ref"}}}),
            json!({"type": "object", "properties": {"$ref": {"type": "string"}, "const": {"type": "string", "enum": ["$ref"]}}}),
        ),
        (json!({"$ref": "#"}), json!({"type": "object"})),
        (
            json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}),
            json!({"type": "object"}),
        ),
    ]);
    check_property(&[
        (json!({"$ref": "https://example.com/s.json"}), json!({"type": "string"})),
        (json!({"$ref": "#/nowhere"}), json!({"type": "string"})),
        (json!({"$ref": 5, "type": "integer"}), json!({"type": "integer"})),
        (json!({"allOf": [{"$ref": "#/properties/a"}], "type": "object"}), json!({"type": "object"})),
    ]);
}

#[test]
fn arrays_have_one_schema_for_their_items() {
    check_property(&[
        (json!({"type": "array"}), json!({"type": "array", "items": {"type": "string"}})),
        (json!({"type": "array", "items": false}), json!({"type": "array", "items": {"type": "string"}})),
        (
            json!({"type": "array", "items": [{"type": "string"}, {"type": "integer"}]}),
            json!({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}),
        ),
        (
            json!({"prefixItems": [{"type": "string"}, {"type": "null"}], "items": false}),
            json!({"type": "array", "items": {"type": "string", "nullable": true}}),
        ),
        (json!({"type": "string", "items": {"type": "string"}}), json!({"type": "string"})),
    ]);
}
