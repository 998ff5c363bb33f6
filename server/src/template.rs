//! Workflow templates: which graphs may be run from outside, and what may be put into them.

pub mod render;
