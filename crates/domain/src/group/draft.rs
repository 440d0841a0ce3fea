use super::{Group, GroupName};
use crate::attribute::AttributeDraft;
use crate::id::{GroupId, UserId};

/// What a request says of a relation that may be too large to send as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetChange<T> {
    /// Nothing: it stays.
    Keep,
    /// The whole set.
    Replace(Vec<T>),
    /// These too.
    Add(Vec<T>),
}

impl<T> SetChange<T> {
    /// Whether it stays.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Those that are named.
    pub fn named(&self) -> &[T] {
        match self {
            Self::Keep => &[],
            Self::Replace(set) | Self::Add(set) => set,
        }
    }
}

/// A group as a request wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDraft {
    /// See [`Group::name`].
    pub name: GroupName,
    /// The users that are directly in it.
    pub member_users: SetChange<UserId>,
    /// The groups in which it lies directly.
    pub parent_groups: SetChange<GroupId>,
    /// The groups that lie directly in it.
    pub member_groups: SetChange<GroupId>,
    /// The whole set of metadata; `None` leaves the set.
    pub metadata: Option<Vec<AttributeDraft>>,
}

impl GroupDraft {
    /// A new group of that name, alone.
    pub fn new(name: GroupName) -> Self {
        Self {
            name,
            member_users: SetChange::Keep,
            parent_groups: SetChange::Keep,
            member_groups: SetChange::Keep,
            metadata: None,
        }
    }

    /// The draft that changes nothing of `group`.
    pub fn of(group: &Group) -> Self {
        Self::new(group.name.clone())
    }
}
