//! Groups and who is in them.

mod repository;

pub use repository::{GroupRepository, MembershipRepository};
#[cfg(any(test, feature = "mocks"))]
pub use repository::{MockGroupRepository, MockMembershipRepository};

use crate::id::{GroupId, UserId};
use crate::text::text_type;
use crate::version::Version;

text_type!(
    /// The name of a group: 1 to 256 characters, unique in its store ignoring case.
    GroupName, 1..=256
);

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Immutable.
    pub id: GroupId,
    /// Unique in the store ignoring case.
    pub name: GroupName,
    /// Changes with the group's own properties and relation sets.
    pub version: Version,
}

/// A user's direct membership in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Membership {
    /// The group.
    pub group: GroupId,
    /// The member.
    pub user: UserId,
}
