//! Groups: who is in them, and which lies in which.

mod draft;
mod graph;
pub(crate) mod links;
mod plan;
mod property;
mod relations;
mod repository;
mod service;
mod write;

pub use draft::{GroupDraft, SetChange};
pub use graph::Direction;
pub use property::GroupProperty;
pub use relations::{GroupInclude, GroupWithRelations};
pub use repository::{GroupRepository, MembershipRepository, NestingRepository};
#[cfg(any(test, feature = "mocks"))]
pub use repository::{MockGroupRepository, MockMembershipRepository, MockNestingRepository};
pub use service::{GroupPage, GroupService};
pub(crate) use write::remove_everything;

use crate::id::{GroupId, UserId};
use crate::page::{Place, Query, SortKey};
use crate::text::text_type;
use crate::version::Version;

text_type!(
    /// The name of a group: 1 to 256 characters, unique in its store ignoring case.
    GroupName, 1..=256
);

/// A group of users and of other groups.
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

/// A group that lies directly in another one: its members are members of the other too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nesting {
    /// The group above.
    pub parent: GroupId,
    /// The group in it.
    pub child: GroupId,
}

/// Which groups a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupScope {
    /// All of the store.
    All,
    /// Those that the user is in, directly and by nesting, each once.
    OfUser(UserId),
    /// Those above or below a group, transitively, each once, itself excluded.
    Around(GroupId, Direction),
}

/// In which order groups can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupOrder {
    /// By id.
    Id,
    /// By the folded name.
    Name,
}

impl SortKey for GroupOrder {
    const ALL: &'static [Self] = &[Self::Id, Self::Name];

    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
        }
    }
}

impl GroupOrder {
    /// Where a group stands in this order.
    pub fn place(self, group: &Group) -> Place<GroupId> {
        let sort = match self {
            Self::Id => String::new(),
            Self::Name => group.name.folded().as_str().to_owned(),
        };
        Place { sort, id: group.id }
    }
}

/// What of a list of groups is asked for.
pub type GroupQuery = Query<GroupProperty, GroupOrder, GroupId>;
