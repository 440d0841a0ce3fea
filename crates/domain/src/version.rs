//! Versions of a resource, and what a caller may demand of them (RFC 9110 §8.8 and §13.1.1).

use crate::id::AuditId;

/// The version of a resource: the number of the audit entry of its last change.
///
/// Entries are never reused, so a resource that is deleted and made again under its old id never
/// shows a version that it had before. Both ends of a relation change take the entry's number;
/// attempt counters and changes of neighbours do not touch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(AuditId);

impl Version {
    /// Of a resource that no entry has recorded yet; the journal gives it its first one.
    pub const UNRECORDED: Self = Self(AuditId::NONE);

    /// The version that the change recorded under `entry` leads to.
    pub const fn of(entry: AuditId) -> Self {
        Self(entry)
    }

    /// The number of the audit entry.
    pub const fn get(self) -> AuditId {
        self.0
    }
}

/// What must be true of the present version for a write to happen: the header `If-Match`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing is demanded: the last write wins.
    #[default]
    None,
    /// The resource exists, in whatever version: `If-Match: *`.
    Exists,
    /// The present version is one of these; an empty list is never met.
    OneOf(Vec<Version>),
}

impl Precondition {
    /// Whether a write may happen to a resource that is in version `present`.
    pub fn is_met_by(&self, present: Version) -> bool {
        match self {
            Self::None | Self::Exists => true,
            Self::OneOf(versions) => versions.contains(&present),
        }
    }
}
