//! Values that must never be shown.

pub mod store;

use subtle::ConstantTimeEq as _;

/// What is shown in a secret's place.
pub const MASK: &str = "***REDACTED***";

/// A secret text: no `Display`, a `Debug` that hides it, compared in constant time.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// 244 random bits as hex, from two UUIDs of the operating system's generator.
    pub fn random() -> Self {
        Self(format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple()))
    }

    /// The value, for the one place that sends it where it belongs.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Constant time in the content; the length is not hidden.
    pub fn matches(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MASK)
    }
}
