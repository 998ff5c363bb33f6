//! What this server can do, so that a client of any age knows what to offer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Who is answering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pack {
    pub name: String,
    pub version: String,
}

impl Pack {
    /// As in the Python edition: clients look for this name.
    pub const NAME: &str = "ComfyUI-OpenClaw";

    /// This build.
    pub fn current() -> Self {
        Self { name: Self::NAME.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// Answer of `GET /capabilities`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Capabilities {
    /// Raised when an existing endpoint changes incompatibly.
    pub api_version: u32,
    pub pack: Pack,
    /// Feature name to whether it can be used now. The names are the Python edition's.
    pub features: BTreeMap<String, bool>,
}

impl Capabilities {
    pub const API_VERSION: u32 = 1;
}
