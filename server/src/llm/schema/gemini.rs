//! Gemini's `Schema`: one type a node, `anyOf` for unions, enums of strings, and few keywords.

mod union;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::flat::{Flat, Type, Walk};
use super::{MAX_DEPTH, SchemaError};
use union::{fold, union_of};

/// What a schema came to.
enum Node {
    /// Nothing matches.
    Never,
    /// Only null matches.
    Null,
    Schema(Map<String, Value>),
}

pub(super) fn sanitize(schema: &Value) -> Result<Value, SchemaError> {
    if !schema.is_object() {
        return Err(SchemaError::NotASchema);
    }
    match describe(&mut Walk::new(schema), &[schema], Type::Object, 0)? {
        Node::Never => Err(SchemaError::NotASchema),
        node => Ok(Value::Object(node.into_schema())),
    }
}

impl Node {
    fn allows_null(&self) -> bool {
        match self {
            Self::Never => false,
            Self::Null => true,
            Self::Schema(schema) => schema.contains_key("nullable"),
        }
    }

    fn into_schema(self) -> Map<String, Value> {
        match self {
            Self::Schema(schema) => schema,
            // There is no null type: a text that may be absent is the nearest.
            Self::Null => schema_of(json!({"type": "string", "nullable": true})),
            Self::Never => schema_of(json!({"type": "string"})),
        }
    }
}

fn schema_of(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// Describes what matches all the schemas; `fallback` is the type when they name none.
fn describe<'s>(
    walk: &mut Walk<'s>,
    schemas: &[&'s Value],
    fallback: Type,
    depth: usize,
) -> Result<Node, SchemaError> {
    if depth > MAX_DEPTH {
        return Err(SchemaError::TooDeep);
    }
    walk.enter(schemas, |walk, mut flat| {
        if flat.never {
            return Ok(Node::Never);
        }
        let mut nullable = flat.nullable;
        let null_allowed = flat.types.as_ref().is_none_or(|types| types.contains(&Type::Null));
        if let Some(values) = &mut flat.values {
            let count = values.len();
            values.retain(|value| !value.is_null());
            nullable |= null_allowed && values.len() < count;
            if values.is_empty() {
                return Ok(Node::Null);
            }
        }
        if let Some(types) = &mut flat.types {
            nullable |= types.contains(&Type::Null);
            types.retain(|known| *known != Type::Null);
            if types.is_empty() {
                return Ok(Node::Null);
            }
        }
        let own = own_types(&flat);
        let unions = std::mem::take(&mut flat.unions);
        let mut branches = Vec::new();
        for union in unions {
            // A second union would have to hold as well, which cannot be said; without it more is accepted.
            if branches.is_empty() {
                for branch in union {
                    branches.push(describe(walk, &[branch], Type::String, depth + 1)?);
                }
            }
        }
        nullable |= null_allowed && flat.values.is_none() && branches.iter().any(Node::allows_null);
        let mut schema = match own[..] {
            [] => match union_of(branches) {
                Node::Schema(schema) => schema,
                Node::Null => return Ok(Node::Null),
                Node::Never => typed(walk, &flat, flat.implied.unwrap_or(fallback), depth)?,
            },
            [only] => {
                let mut schema = typed(walk, &flat, only, depth)?;
                fold(&mut schema, only, branches);
                schema
            }
            _ => {
                let mut types = Vec::new();
                for one in own {
                    types.push(Node::Schema(typed(walk, &flat, one, depth)?));
                }
                union_of(types).into_schema()
            }
        };
        for name in ["title", "description"] {
            if let Some(text) = flat.copied.get(name).filter(|text| text.is_string()) {
                schema.insert(name.into(), (*text).clone());
            }
        }
        if nullable {
            schema.insert("nullable".into(), true.into());
        }
        Ok(Node::Schema(schema))
    })
}

/// The types that the node names itself, by word or by its values, or that its properties and items imply.
fn own_types(flat: &Flat<'_>) -> Vec<Type> {
    let mut types = flat.types.clone().unwrap_or_default();
    if types.is_empty() {
        for of_value in flat.values.iter().flatten().map(|value| Type::of_value(value)) {
            if !types.contains(&of_value) {
                types.push(of_value);
            }
        }
    }
    let parts = !(flat.properties.is_empty() && flat.items.is_empty() && flat.tuple.is_empty());
    if types.is_empty() && (flat.unions.is_empty() || parts) {
        types.extend(flat.implied);
    }
    let all = types.clone();
    types.retain(|one| !all.iter().any(|other| other != one && other.includes(*one)));
    types
}

/// The schema's part for one type, without title, description and null.
fn typed<'s>(
    walk: &mut Walk<'s>,
    flat: &Flat<'s>,
    own: Type,
    depth: usize,
) -> Result<Map<String, Value>, SchemaError> {
    let mut schema = Map::new();
    schema.insert("type".into(), own.name().into());
    let (bounds, formats): (&[&str], &[&str]) = match own {
        Type::String => (&["minLength", "maxLength"], &["date-time", "enum"]),
        Type::Integer => (&["minimum", "maximum"], &["int32", "int64"]),
        Type::Number => (&["minimum", "maximum"], &["float", "double"]),
        Type::Array => (&["minItems", "maxItems"], &[]),
        Type::Object => (&["minProperties", "maxProperties"], &[]),
        Type::Boolean | Type::Null => (&[], &[]),
    };
    let copied = flat.copied.iter().filter(|(name, value)| match **name {
        "format" => value.as_str().is_some_and(|format| formats.contains(&format)),
        "minimum" | "maximum" => bounds.contains(name) && value.is_number(),
        "pattern" => own == Type::String && value.is_string(),
        name => bounds.contains(&name) && is_count(value),
    });
    schema.extend(copied.map(|(name, value)| ((*name).to_owned(), (*value).clone())));
    match own {
        Type::String => add_values(&mut schema, flat),
        Type::Array => {
            let items = items(walk, flat, depth)?;
            schema.insert("items".into(), items);
        }
        Type::Object => add_properties(&mut schema, walk, flat, depth)?,
        _ => {}
    }
    Ok(schema)
}

/// The API writes its 64-bit counts as numbers or as texts of digits.
fn is_count(value: &Value) -> bool {
    value.is_u64() || value.as_str().is_some_and(|text| text.parse::<u64>().is_ok())
}

/// Enums are lists of texts that are not empty.
fn add_values(schema: &mut Map<String, Value>, flat: &Flat<'_>) {
    let texts = flat.values.iter().flatten().filter_map(|value| value.as_str());
    let values = distinct(texts.filter(|text| !text.is_empty()));
    if !values.is_empty() {
        schema.insert("enum".into(), values.into());
    } else if schema.get("format").is_some_and(|format| format == "enum") {
        schema.remove("format");
    }
}

fn distinct<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut seen = BTreeSet::new();
    texts.filter(|text| seen.insert(*text)).collect()
}

/// One schema for all the items, whatever their position.
fn items<'s>(walk: &mut Walk<'s>, flat: &Flat<'s>, depth: usize) -> Result<Value, SchemaError> {
    let mut nodes = Vec::new();
    for item in &flat.tuple {
        nodes.push(describe(walk, &[item], Type::String, depth + 1)?);
    }
    if !flat.items.is_empty() {
        nodes.push(describe(walk, &flat.items, Type::String, depth + 1)?);
    }
    Ok(Value::Object(union_of(nodes).into_schema()))
}

fn add_properties<'s>(
    schema: &mut Map<String, Value>,
    walk: &mut Walk<'s>,
    flat: &Flat<'s>,
    depth: usize,
) -> Result<(), SchemaError> {
    let mut properties = Map::new();
    for (name, schemas) in &flat.properties {
        let node = describe(walk, schemas, Type::String, depth + 1)?;
        if !matches!(node, Node::Never) {
            properties.insert((*name).to_owned(), Value::Object(node.into_schema()));
        }
    }
    for (keyword, names) in [("required", &flat.required), ("propertyOrdering", &flat.ordering)] {
        let names = distinct(names.iter().copied().filter(|name| properties.contains_key(*name)));
        if !names.is_empty() {
            schema.insert(keyword.into(), names.into());
        }
    }
    if !properties.is_empty() {
        schema.insert("properties".into(), properties.into());
    }
    Ok(())
}
