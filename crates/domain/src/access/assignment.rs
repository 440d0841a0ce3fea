use std::fmt;

use super::{Grant, Reach, RoleName};
use crate::id::{ClientId, GroupId, UserId};

/// Who can hold a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A user.
    User(UserId),
    /// A group, and so everybody in it and in the groups below it.
    Group(GroupId),
    /// An API client.
    Client(ClientId),
}

impl fmt::Display for Holder {
    /// The id alone: ids are unique over all kinds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Group(id) => id.fmt(f),
            Self::Client(id) => id.fmt(f),
        }
    }
}

/// A role that somebody of a store holds somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assignment {
    /// Who.
    pub holder: Holder,
    /// Which role, and where.
    pub grant: Grant,
}

/// Which assignments of a store are asked for: all of them where nothing is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignmentFilter {
    /// Those of one holder.
    pub holder: Option<Holder>,
    /// Those of one role.
    pub role: Option<RoleName>,
    /// Those held there: everywhere is not the same as in each store.
    pub reach: Option<Reach>,
}
