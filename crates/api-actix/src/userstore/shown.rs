//! How values look in JSON: what has a text form is written straight into the answer.

use std::fmt::Display;

use serde::Serializer;

/// The text form.
pub(super) fn text<T: Display, S: Serializer>(value: &T, writer: S) -> Result<S::Ok, S::Error> {
    writer.collect_str(value)
}

/// The text form, or null.
#[expect(clippy::ref_option, reason = "serde hands over the field")]
pub(super) fn optional<T: Display, S: Serializer>(
    value: &Option<T>,
    writer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => writer.collect_str(value),
        None => writer.serialize_none(),
    }
}
