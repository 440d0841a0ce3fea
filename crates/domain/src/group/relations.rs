//! Groups with their relations, of which the members may be more than fit in memory.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::graph::ShortestPaths;
use super::{Direction, Group, GroupScope};
use crate::access::{Permission, Room};
use crate::attribute::Metadata;
use crate::error::UseCaseError;
use crate::id::{GroupId, StoreId};
use crate::user::User;

/// How many members of groups are in memory at once.
pub(super) const MOST_MEMBERS: u32 = 5_000;

/// Which relations of a group to load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each relation")]
pub struct GroupInclude {
    /// The users that are directly in it.
    pub member_users: bool,
    /// The groups in which it lies directly.
    pub parent_groups: bool,
    /// The groups that lie directly in it.
    pub member_groups: bool,
    /// Its metadata.
    pub metadata: bool,
    /// The way from where the list begins to it.
    pub path: bool,
}

impl GroupInclude {
    /// Every relation, and no path.
    pub const ALL: Self = Self {
        member_users: true,
        parent_groups: true,
        member_groups: true,
        metadata: true,
        path: false,
    };
    /// No relation.
    pub const NONE: Self = Self {
        member_users: false,
        parent_groups: false,
        member_groups: false,
        metadata: false,
        path: false,
    };

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            member_users: self.member_users || other.member_users,
            parent_groups: self.parent_groups || other.parent_groups,
            member_groups: self.member_groups || other.member_groups,
            metadata: self.metadata || other.metadata,
            path: self.path || other.path,
        }
    }

    /// Whether it names who is in the group, or in what it lies.
    pub(super) const fn names_links(self) -> bool {
        self.member_users || self.parent_groups || self.member_groups
    }

    /// Without the users, where the caller may not read users.
    pub(super) fn allowed_in(self, room: &Room<'_>) -> Self {
        Self { member_users: self.member_users && room.allows(Permission::UserRead), ..self }
    }
}

/// A group with those relations that were asked for and that the caller may read; `None` elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupWithRelations {
    /// The store that the group belongs to.
    pub store: StoreId,
    /// The group.
    pub group: Group,
    /// Direct members, in order of id. In the answer to a write also `None` where there are more
    /// than fit in memory.
    pub member_users: Option<Vec<User>>,
    /// Whether more members follow behind the last of `member_users`.
    pub more_members: bool,
    /// The groups directly above, in order of id.
    pub parent_groups: Option<Vec<Group>>,
    /// The groups directly below, in order of id.
    pub member_groups: Option<Vec<Group>>,
    /// Metadata, in order of the folded key.
    pub metadata: Option<Vec<Metadata>>,
    /// A shortest way from where the list begins, this group last.
    pub path: Option<Vec<Group>>,
}

impl GroupWithRelations {
    /// The group alone.
    pub(super) fn bare(store: StoreId, group: Group) -> Self {
        Self {
            store,
            group,
            member_users: None,
            more_members: false,
            parent_groups: None,
            member_groups: None,
            metadata: None,
            path: None,
        }
    }
}

/// What is to be done with members that do not fit in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overflow {
    /// Of a single group the first are given; of several groups fewer are.
    Cut,
    /// Those of groups that are not whole are left out.
    LeaveOut,
}

/// Adds relations to a prefix of `groups`, one statement each; the rest is given back.
pub(super) fn load_all(
    room: &mut Room<'_>,
    mut groups: Vec<Group>,
    include: GroupInclude,
    overflow: Overflow,
) -> Result<(Vec<GroupWithRelations>, Vec<Group>), UseCaseError> {
    if groups.is_empty() {
        return Ok((Vec::new(), groups));
    }
    let include = include.allowed_in(room);
    let mut members = HashMap::new();
    let mut partly = None;
    let mut rest = Vec::new();
    if include.member_users {
        let found = find_members(room, &mut groups, &mut rest, overflow)?;
        partly = found.partly;
        members = found.by_group;
    }
    let store = room.store.id;
    let ids: Vec<_> = groups.iter().map(|group| group.id).collect();
    let mut here = room.here();
    let mut parents = HashMap::new();
    if include.parent_groups {
        parents = by_key(here.nestings().parents_of_all(&ids)?);
    }
    let mut children = HashMap::new();
    if include.member_groups {
        children = by_key(here.nestings().children_of_all(&ids)?);
    }
    let mut metadata = HashMap::new();
    if include.metadata {
        let found = here.metadata().of_all(&ids)?;
        metadata = by_key(found.into_iter().map(|attribute| (attribute.owner, attribute)));
    }
    let fill = |group: Group| {
        let id = group.id;
        let whole = partly.is_none_or(|first| id < first);
        let shows_members = include.member_users && (whole || overflow == Overflow::Cut);
        GroupWithRelations {
            member_users: shows_members.then(|| members.remove(&id).unwrap_or_default()),
            more_members: shows_members && !whole,
            parent_groups: include.parent_groups.then(|| parents.remove(&id).unwrap_or_default()),
            member_groups: include.member_groups.then(|| children.remove(&id).unwrap_or_default()),
            metadata: include.metadata.then(|| metadata.remove(&id).unwrap_or_default()),
            ..GroupWithRelations::bare(store, group)
        }
    };
    Ok((groups.into_iter().map(fill).collect(), rest))
}

struct FoundMembers {
    by_group: HashMap<GroupId, Vec<User>>,
    /// The first group, by id, of which not all members are there.
    partly: Option<GroupId>,
}

/// The members of `groups`. Where they are too many, the latter groups go to `rest`, until those
/// that stay fit, or one group is left.
fn find_members(
    room: &mut Room<'_>,
    groups: &mut Vec<Group>,
    rest: &mut Vec<Group>,
    overflow: Overflow,
) -> Result<FoundMembers, UseCaseError> {
    loop {
        let ids: Vec<_> = groups.iter().map(|group| group.id).collect();
        let mut found = room.here().memberships().members_of_all(&ids, None, MOST_MEMBERS + 1)?;
        if found.len() <= MOST_MEMBERS as usize {
            return Ok(FoundMembers { by_group: by_key(found), partly: None });
        }
        let partly = found.pop().map(|(group, _)| group);
        if groups.len() == 1 || overflow == Overflow::LeaveOut {
            return Ok(FoundMembers { by_group: by_key(found), partly });
        }
        // The members come in order of the group's id: those of the groups before are whole.
        let whole = groups.iter().take_while(|group| Some(group.id) < partly).count();
        let kept = if whole > 0 { whole } else { groups.len().div_ceil(2) };
        let mut cut = groups.split_off(kept);
        cut.append(rest);
        *rest = cut;
        if whole > 0 {
            let kept: HashSet<_> = groups.iter().map(|group| group.id).collect();
            found.retain(|(group, _)| kept.contains(group));
            return Ok(FoundMembers { by_group: by_key(found), partly: None });
        }
    }
}

fn by_key<K: Eq + Hash, T>(rows: impl IntoIterator<Item = (K, T)>) -> HashMap<K, Vec<T>> {
    let mut map: HashMap<_, Vec<_>> = HashMap::new();
    for (key, row) in rows {
        map.entry(key).or_default().push(row);
    }
    map
}

/// How many steps of paths are in memory at once.
const MOST_STEPS: usize = 20_000;

/// Adds to each group the way to it from where `scope` begins. Groups whose ways are too long to be
/// in memory beside those of the groups before go to the front of `rest`.
pub(super) fn add_paths(
    room: &mut Room<'_>,
    scope: GroupScope,
    groups: &mut Vec<GroupWithRelations>,
    rest: &mut Vec<Group>,
) -> Result<(), UseCaseError> {
    let mut here = room.here();
    let (from, edges, direction) = match scope {
        GroupScope::All => return Ok(()),
        GroupScope::OfUser(user) => {
            let direct = here.memberships().groups_of(user)?;
            let direct: Vec<_> = direct.into_iter().map(|group| group.id).collect();
            let edges = here.nestings().above(&direct)?;
            (direct, edges, Direction::Up)
        }
        GroupScope::Around(group, Direction::Up) => {
            (vec![group], here.nestings().above(&[group])?, Direction::Up)
        }
        GroupScope::Around(group, Direction::Down) => {
            (vec![group], here.nestings().below(&[group])?, Direction::Down)
        }
    };
    let paths = ShortestPaths::of(&from, &edges, direction);
    // The group that the list is about is no part of the way that is shown.
    let skipped = usize::from(matches!(scope, GroupScope::Around(..)));
    let mut ways: Vec<Vec<GroupId>> = Vec::with_capacity(groups.len());
    let mut steps = 0;
    for group in groups.iter() {
        let path = paths.to(group.group.id);
        steps += path.len();
        if steps > MOST_STEPS && !ways.is_empty() {
            break;
        }
        ways.push(path.into_iter().skip(skipped).collect());
    }
    let later = groups.split_off(ways.len());
    rest.splice(..0, later.into_iter().map(|group| group.group));
    let mut ids: Vec<_> = ways.iter().flatten().copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let named: HashMap<_, _> =
        here.groups().find_all(&ids)?.into_iter().map(|group| (group.id, group)).collect();
    for (group, way) in groups.iter_mut().zip(ways) {
        group.path = Some(way.iter().filter_map(|id| named.get(id).cloned()).collect());
    }
    Ok(())
}
