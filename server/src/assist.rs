//! Writing for people: prompts and parameters out of what they want to see.

pub mod builtin;
pub mod caption;
pub mod describe;
mod fields;
pub mod mend;
pub mod picture;
pub mod planner;
pub mod refiner;
pub mod reuse;
mod syntax;
pub mod writing;
