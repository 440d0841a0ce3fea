//! How single values look.

use domain::access::{PermissionSet, RoleName};
use domain::time::Instant;
use serde::Serializer;

/// ISO 8601 in UTC with seven fraction digits, as .NET writes it.
pub(crate) fn utc(at: Instant) -> String {
    let mut text = at.to_string();
    text.pop();
    text + "0Z"
}

/// The same as JSON. Where there is none, the field is to be skipped.
#[expect(clippy::ref_option, reason = "serde hands over the field")]
pub(super) fn date<S: Serializer>(at: &Option<Instant>, writer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => writer.serialize_str(&utc(*at)),
        None => writer.serialize_none(),
    }
}

/// The names of permissions.
pub(super) fn permissions<S: Serializer>(
    set: &PermissionSet,
    writer: S,
) -> Result<S::Ok, S::Error> {
    writer.collect_seq(set.iter().map(|permission| permission.to_string()))
}

/// The names of roles.
pub(super) fn roles<S: Serializer>(roles: &[RoleName], writer: S) -> Result<S::Ok, S::Error> {
    writer.collect_seq(roles.iter().map(RoleName::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_seven_fraction_digits() {
        let at: Instant = "2026-01-31T12:00:00.123456Z".parse().expect("valid");
        assert_eq!(utc(at), "2026-01-31T12:00:00.1234560Z");
    }
}
