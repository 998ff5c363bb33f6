//! What all the parts of one schema say together: the node itself, what it refers to and its `allOf`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{MAX_DEPTH, MAX_INLINED_NODES, MAX_NODES, SchemaError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
    Null,
}

impl Type {
    /// In either case, as JSON Schema and Gemini write them.
    fn of_name(name: &str) -> Option<Self> {
        let types =
            [Self::String, Self::Number, Self::Integer, Self::Boolean, Self::Array, Self::Object, Self::Null];
        types.into_iter().find(|known| name.eq_ignore_ascii_case(known.name()))
    }

    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_f64() => Self::Number,
            Value::Number(_) => Self::Integer,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
            Self::Null => "null",
        }
    }

    pub(super) fn includes(self, other: Self) -> bool {
        self == other || (self, other) == (Self::Number, Self::Integer)
    }
}

/// Keywords that are copied or left out, but never changed.
const COPIED: [&str; 12] = [
    "title",
    "description",
    "format",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
];

/// The parts of a schema, merged. What was said first stands; properties and requirements add up.
#[derive(Default)]
pub(super) struct Flat<'s> {
    /// Whether nothing can match.
    pub never: bool,
    /// `None` allows any type.
    pub types: Option<Vec<Type>>,
    /// The type that keywords point to when none is named.
    pub implied: Option<Type>,
    pub nullable: bool,
    /// The only values allowed.
    pub values: Option<Vec<&'s Value>>,
    /// Each with all the schemas it must match.
    pub properties: BTreeMap<&'s str, Vec<&'s Value>>,
    pub required: Vec<&'s str>,
    pub ordering: Vec<&'s str>,
    pub items: Vec<&'s Value>,
    pub tuple: Vec<&'s Value>,
    /// `anyOf` and `oneOf`.
    pub unions: Vec<&'s [Value]>,
    pub copied: BTreeMap<&'s str, &'s Value>,
}

/// Where the walk is.
pub(super) struct Walk<'s> {
    root: &'s Value,
    /// The schemas that are being described, outermost first: one that contains itself is not entered again.
    active: Vec<&'s Value>,
    nodes: usize,
}

impl<'s> Walk<'s> {
    pub(super) fn new(root: &'s Value) -> Self {
        Self { root, active: Vec::new(), nodes: 0 }
    }

    /// Merges the schemas and hands the result to `describe`, while they count as entered.
    pub(super) fn enter<T>(
        &mut self,
        schemas: &[&'s Value],
        describe: impl FnOnce(&mut Self, Flat<'s>) -> Result<T, SchemaError>,
    ) -> Result<T, SchemaError> {
        let outer = self.active.len();
        let mut flat = Flat::default();
        for schema in schemas {
            self.absorb(schema, outer, 0, &mut flat)?;
        }
        let described = describe(self, flat);
        self.active.truncate(outer);
        described
    }

    /// Adds what one schema says; `outer` is where the node's own part of `active` begins.
    fn absorb(
        &mut self,
        schema: &'s Value,
        outer: usize,
        depth: usize,
        flat: &mut Flat<'s>,
    ) -> Result<(), SchemaError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(SchemaError::TooLarge);
        }
        if depth > MAX_DEPTH {
            return Err(SchemaError::TooDeep);
        }
        match schema {
            Value::Bool(false) => flat.never = true,
            Value::Object(object) => {
                if let Some(entered) = self.active.iter().position(|active| std::ptr::eq(*active, schema)) {
                    // Said already, or a schema within itself, of which only the kind is told.
                    if entered < outer {
                        flat.add_kind(object);
                    }
                    return Ok(());
                }
                self.active.push(schema);
                flat.add(object);
                if let Some(target) =
                    object.get("$ref").and_then(Value::as_str).and_then(|to| self.resolve(to))
                {
                    match target {
                        Value::Object(object) if self.nodes > MAX_INLINED_NODES => flat.add_kind(object),
                        _ => self.absorb(target, outer, depth + 1, flat)?,
                    }
                }
                for part in list(object, "allOf") {
                    self.absorb(part, outer, depth + 1, flat)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The target of a reference into this document; others are never loaded.
    fn resolve(&self, reference: &str) -> Option<&'s Value> {
        self.root.pointer(&percent_decode(reference.strip_prefix('#')?)?)
    }
}

impl<'s> Flat<'s> {
    fn add(&mut self, object: &'s Map<String, Value>) {
        if let Some(types) = object.get("type").map(types_of).filter(|types| !types.is_empty()) {
            self.types = Some(match self.types.take() {
                Some(before) => narrowed(before, &types),
                None => types,
            });
        }
        if let Some(values) = values_of(object) {
            self.values = Some(match self.values.take() {
                Some(before) => common(before, &values),
                None => values,
            });
        }
        self.nullable |= object.get("nullable") == Some(&Value::Bool(true));
        for (name, schema) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.properties.entry(name).or_default().push(schema);
        }
        self.required.extend(list(object, "required").iter().filter_map(Value::as_str));
        self.ordering.extend(list(object, "propertyOrdering").iter().filter_map(Value::as_str));
        match object.get("items") {
            Some(Value::Array(tuple)) => self.tuple.extend(tuple),
            Some(items) => self.items.push(items),
            None => {}
        }
        self.tuple.extend(list(object, "prefixItems"));
        self.unions.extend(
            ["anyOf", "oneOf"].map(|name| list(object, name)).into_iter().filter(|list| !list.is_empty()),
        );
        for (name, value) in object {
            self.implied = self.implied.or_else(|| implied_type(name, value));
            if COPIED.contains(&name.as_str()) {
                self.copied.entry(name).or_insert(value);
            }
        }
    }

    /// Adds only what kind of thing the schema is about.
    fn add_kind(&mut self, object: &'s Map<String, Value>) {
        let known = object.get("type").map(types_of).unwrap_or_default().first().copied();
        let implied = || object.iter().find_map(|(name, value)| implied_type(name, value));
        self.implied = self.implied.or(known).or_else(implied).or(Some(Type::Object));
        for (name, value) in
            object.iter().filter(|(name, _)| ["title", "description"].contains(&name.as_str()))
        {
            self.copied.entry(name).or_insert(value);
        }
    }
}

/// The list under this name, empty when there is none.
fn list<'s>(object: &'s Map<String, Value>, name: &str) -> &'s [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn types_of(value: &Value) -> Vec<Type> {
    let names = match value {
        Value::Array(names) => names.as_slice(),
        name => std::slice::from_ref(name),
    };
    let mut types = Vec::new();
    for known in names.iter().filter_map(|name| Type::of_name(name.as_str()?)) {
        if !types.contains(&known) {
            types.push(known);
        }
    }
    types
}

/// The types that both lists allow; contradictions are settled for the first.
fn narrowed(first: Vec<Type>, second: &[Type]) -> Vec<Type> {
    let mut both = Vec::new();
    for (one, other) in first.iter().flat_map(|one| second.iter().map(move |other| (*one, *other))) {
        let narrower = if one.includes(other) { other } else { one };
        if (one.includes(other) || other.includes(one)) && !both.contains(&narrower) {
            both.push(narrower);
        }
    }
    if both.is_empty() { first } else { both }
}

/// The values in both lists; contradictions are settled for the first.
fn common<'s>(first: Vec<&'s Value>, second: &[&'s Value]) -> Vec<&'s Value> {
    let second: BTreeSet<_> = second.iter().map(ToString::to_string).collect();
    let both: Vec<_> = first.iter().copied().filter(|value| second.contains(&value.to_string())).collect();
    if both.is_empty() { first } else { both }
}

fn values_of(object: &Map<String, Value>) -> Option<Vec<&Value>> {
    match (object.get("const"), object.get("enum")) {
        (Some(value), _) => Some(vec![value]),
        (None, Some(Value::Array(values))) if !values.is_empty() => Some(values.iter().collect()),
        _ => None,
    }
}

/// The type that a schema with this keyword must be about.
fn implied_type(name: &str, value: &Value) -> Option<Type> {
    Some(match name {
        "properties"
        | "required"
        | "additionalProperties"
        | "patternProperties"
        | "propertyNames"
        | "minProperties"
        | "maxProperties"
        | "dependentRequired"
        | "dependentSchemas"
        | "unevaluatedProperties" => Type::Object,
        "items" | "prefixItems" | "minItems" | "maxItems" | "uniqueItems" | "contains" => Type::Array,
        "pattern" | "minLength" | "maxLength" | "contentEncoding" | "contentMediaType" => Type::String,
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => Type::Number,
        "format" => match value.as_str()? {
            "int32" | "int64" => Type::Integer,
            "float" | "double" => Type::Number,
            _ => Type::String,
        },
        _ => return None,
    })
}

/// A reference's fragment is part of a URL.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digit = |digit: Option<u8>| char::from(digit?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}
