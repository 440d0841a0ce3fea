//! Strict readers of what a client sends: everything is checked, and every broken rule is told.

pub(crate) mod body;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod patch;
pub(crate) mod precondition;
pub(crate) mod query;
