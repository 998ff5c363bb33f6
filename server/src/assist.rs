//! Writing for people: prompts and parameters out of what they want to see.

pub mod builtin;
mod fields;
pub mod planner;
pub mod writing;
