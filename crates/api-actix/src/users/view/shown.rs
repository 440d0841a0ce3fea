//! How single values look.

use domain::access::{PermissionSet, RoleName};
use domain::time::Instant;
use serde::{Serialize, Serializer};

/// ISO 8601 in UTC with seven fraction digits, as .NET writes it.
pub(crate) fn utc(at: Instant) -> String {
    let mut text = at.to_string();
    text.pop();
    text + "0Z"
}

/// The same as JSON.
pub(super) struct Utc(pub(super) Instant);

impl Serialize for Utc {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(&utc(self.0))
    }
}

/// The names of permissions.
pub(super) struct Permissions(pub(super) PermissionSet);

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_seq(self.0.iter().map(|permission| permission.to_string()))
    }
}

/// The names of roles.
pub(super) struct Roles<'a>(pub(super) &'a [RoleName]);

impl Serialize for Roles<'_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_seq(self.0.iter().map(RoleName::as_str))
    }
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
