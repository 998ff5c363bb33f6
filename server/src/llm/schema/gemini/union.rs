//! Unions of schemas, in as few words as they need.

use serde_json::{Map, Value, json};

use super::super::flat::Type;
use super::{Node, distinct, schema_of};

/// What matches one of the nodes: the only one, one enum of all, or `anyOf`.
pub(super) fn union_of(nodes: Vec<Node>) -> Node {
    let mut nullable = false;
    let mut branches: Vec<Value> = Vec::new();
    for node in nodes {
        let mut schema = match node {
            Node::Never => continue,
            Node::Null => {
                nullable = true;
                continue;
            }
            Node::Schema(schema) => schema,
        };
        nullable |= schema.remove("nullable").is_some();
        let inner = match schema.remove("anyOf") {
            Some(Value::Array(inner)) => inner,
            _ => vec![Value::Object(schema)],
        };
        for branch in inner {
            if !branches.contains(&branch) {
                branches.push(branch);
            }
        }
    }
    let mut schema = match branches.len() {
        0 if nullable => return Node::Null,
        0 => return Node::Never,
        1 => schema_of(branches.remove(0)),
        _ => match merged_enum(&branches) {
            Some(values) => schema_of(json!({"type": "string", "enum": values})),
            None => schema_of(json!({"anyOf": branches})),
        },
    };
    if nullable {
        schema.insert("nullable".into(), true.into());
    }
    Node::Schema(schema)
}

/// All the values when every branch is an enum.
fn merged_enum(branches: &[Value]) -> Option<Vec<&str>> {
    let lists: Option<Vec<_>> = branches.iter().map(|branch| branch.get("enum")?.as_array()).collect();
    Some(distinct(lists?.into_iter().flatten().filter_map(Value::as_str))).filter(|values| !values.is_empty())
}

/// Adds to a typed node what its union says, as far as that can be said beside a type: the values when every branch
/// lists some, the properties of all branches, and the requirements that they share.
pub(super) fn fold(schema: &mut Map<String, Value>, own: Type, branches: Vec<Node>) {
    let mut same = Vec::new();
    for branch in branches {
        if let Node::Schema(branch) = branch
            && branch.get("type").is_some_and(|other| other == own.name())
        {
            same.push(Value::Object(branch));
        }
    }
    match own {
        Type::String if !schema.contains_key("enum") => {
            if let Some(values) = merged_enum(&same) {
                schema.insert("enum".into(), values.into());
            }
        }
        Type::Object => fold_properties(schema, &same),
        _ => {}
    }
}

fn fold_properties(schema: &mut Map<String, Value>, branches: &[Value]) {
    let mut properties = schema.remove("properties").map(schema_of).unwrap_or_default();
    let mut required =
        schema.remove("required").and_then(|names| names.as_array().cloned()).unwrap_or_default();
    let of_branch = |branch: &Value| branch.get("properties").cloned().map(schema_of).unwrap_or_default();
    let mut added: Map<String, Value> = Map::new();
    for (name, property) in branches.iter().flat_map(of_branch) {
        if properties.contains_key(&name) {
            continue;
        }
        let property = match added.remove(&name) {
            Some(other) => union_of(vec![Node::Schema(schema_of(other)), Node::Schema(schema_of(property))]),
            None => Node::Schema(schema_of(property)),
        };
        added.insert(name, Value::Object(property.into_schema()));
    }
    properties.extend(added);
    let is_required = |branch: &Value, name: &Value| {
        branch.get("required").and_then(Value::as_array).is_some_and(|names| names.contains(name))
    };
    let first = branches.first().and_then(|branch| branch.get("required")?.as_array());
    for name in first.into_iter().flatten() {
        if branches.iter().all(|branch| is_required(branch, name)) && !required.contains(name) {
            required.push(name.clone());
        }
    }
    for (keyword, part) in [("properties", Value::Object(properties)), ("required", Value::Array(required))] {
        if part != json!({}) && part != json!([]) {
            schema.insert(keyword.into(), part);
        }
    }
}
