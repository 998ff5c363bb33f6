//! Makes a JSON Schema fit for a provider that understands only a part of the language.
//!
//! One pass over the tree: references are inlined, `allOf` merged, null taken out of types and unions, and what the
//! provider does not know left out. The result accepts whatever the input accepts, except where the provider has no
//! words for it. Sanitising twice changes nothing.

mod flat;
mod gemini;

use serde_json::Value;

/// Whose part of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaProfile {
    /// The `Schema` message of the Gemini API.
    Gemini,
}

/// Why a schema is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    #[error("a schema must be an object that something can match")]
    NotASchema,
    #[error("the schema is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    #[error("the schema has more than {MAX_NODES} parts")]
    TooLarge,
}

/// No provider accepts deeper schemas, and recursion needs a bound.
const MAX_DEPTH: usize = 64;
/// Parts of a schema, references inlined.
const MAX_NODES: usize = 5000;
/// From here on references are not followed: a few definitions that name each other twice would grow for ever.
const MAX_INLINED_NODES: usize = 2000;

/// The schema in the provider's words.
pub fn sanitize_schema(profile: SchemaProfile, schema: &Value) -> Result<Value, SchemaError> {
    match profile {
        SchemaProfile::Gemini => gemini::sanitize(schema),
    }
}

#[cfg(test)]
mod tests;
