//! What a chunk of changes of groups comes to, before anything is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::graph::Graph;
use super::links::{Links, LockedGroups, lock_groups, require_all};
use super::relations::{MOST_MEMBERS, Overflow, load_all};
use super::{
    Group, GroupDraft, GroupInclude, GroupName, GroupWithRelations, Membership, Nesting, SetChange,
};
use crate::access::{Held, Permission, Room};
use crate::attribute::{Metadata, set};
use crate::error::{Invalid, Missing, UseCaseError};
use crate::id::{GroupId, UserId};
use crate::resource::{Change, Planned, Step, step};
use crate::unit_of_work::Unique;
use crate::user::lock_users;
use crate::version::Version;

/// What is to be done with one group.
pub(super) enum Task {
    /// It is made.
    Make(Wanted),
    /// It is changed.
    Edit(Wanted),
    /// It goes.
    Remove,
}

/// What a group is to be.
pub(super) struct Wanted {
    pub(super) group: Group,
    pub(super) draft: GroupDraft,
    /// `None` stays.
    pub(super) metadata: Option<Vec<Metadata>>,
}

/// One change of the chunk.
pub(super) struct Item {
    pub(super) id: GroupId,
    pub(super) before: Option<Group>,
    pub(super) task: Task,
    pub(super) members: Links<Membership>,
    pub(super) nestings: Links<Nesting>,
    /// Why nothing is done.
    pub(super) refusal: Option<UseCaseError>,
}

/// The changes of a chunk.
pub(super) struct Plan {
    pub(super) items: Vec<Item>,
}

impl Item {
    /// The draft of a group that is made or changed.
    fn wanted(&self) -> Option<&Wanted> {
        match &self.task {
            Task::Make(wanted) | Task::Edit(wanted) => Some(wanted),
            Task::Remove => None,
        }
    }

    /// The groups whose members gain or lose what the group gives: its own where users come and go,
    /// the upper one where groups do.
    fn givers(&self, losses_alone: bool) -> BTreeSet<GroupId> {
        let mut givers = BTreeSet::new();
        if matches!(self.task, Task::Remove) {
            givers.insert(self.id);
        }
        givers.extend(self.members.removed.iter().map(|link| link.group));
        givers.extend(self.nestings.removed.iter().map(|link| link.parent));
        if !losses_alone {
            givers.extend(self.members.added.iter().map(|link| link.group));
            givers.extend(self.nestings.added.iter().map(|link| link.parent));
        }
        givers
    }

    fn refuse(&mut self, refusal: UseCaseError) {
        self.refusal.get_or_insert(refusal);
        self.members = Links::default();
        self.nestings = Links::default();
    }
}

impl Plan {
    /// Locks the groups that are there and decides what becomes of each.
    pub(super) fn of(
        room: &mut Room<'_>,
        changes: &[Planned<Group>],
    ) -> Result<Self, UseCaseError> {
        let mut present = find(room, changes)?;
        let mut items = Vec::with_capacity(changes.len());
        for planned in changes {
            let before = present.remove(&planned.id);
            let (task, refusal) = match task(room, planned, before.as_ref()) {
                Ok(task) => (task, None),
                Err(refusal) => (Task::Remove, Some(refusal)),
            };
            items.push(Item {
                id: planned.id,
                before: before.map(|before| before.group),
                task,
                members: Links::default(),
                nestings: Links::default(),
                refusal,
            });
        }
        Ok(Self { items })
    }

    /// What is not refused.
    pub(super) fn sound(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.refusal.is_none())
    }

    /// The same, to be changed.
    pub(super) fn sound_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.items.iter_mut().filter(|item| item.refusal.is_none())
    }

    /// Finds which memberships and nestings begin and end.
    pub(super) fn link(&mut self, room: &mut Room<'_>) -> Result<(), UseCaseError> {
        let present = Present::of(room, self)?;
        for item in self.items.iter_mut().filter(|item| item.refusal.is_none()) {
            let id = item.id;
            let (members, parents, children) = match &item.task {
                Task::Remove => (
                    present.members(id, None, true),
                    present.parents(id, None, true),
                    present.children(id, None, true),
                ),
                Task::Make(wanted) | Task::Edit(wanted) => {
                    let draft = &wanted.draft;
                    (
                        present.members(id, Some(&draft.member_users), false),
                        present.parents(id, Some(&draft.parent_groups), false),
                        present.children(id, Some(&draft.member_groups), false),
                    )
                }
            };
            let member = |user| Membership { group: id, user };
            item.members.added = members.0.into_iter().map(member).collect();
            item.members.removed = members.1.into_iter().map(member).collect();
            let above = |parent| Nesting { parent, child: id };
            let below = |child| Nesting { parent: id, child };
            item.nestings.added = parents.0.into_iter().map(above).collect();
            item.nestings.added.extend(children.0.into_iter().map(below));
            item.nestings.removed = parents.1.into_iter().map(above).collect();
            item.nestings.removed.extend(children.1.into_iter().map(below));
            item.nestings.tidy();
        }
        Ok(())
    }

    /// How many audit entries it leaves at least: one for each link that changes and for each group
    /// that is made or goes.
    pub(super) fn entries(&self) -> usize {
        let of = |item: &Item| {
            let whole = usize::from(!matches!(item.task, Task::Edit(_)));
            item.members.all().count() + item.nestings.all().count() + whole
        };
        self.sound().map(of).sum()
    }

    /// Locks the other ends, users before groups, and refuses who names one that is not there. A
    /// group may name one that is made before it in the same batch.
    pub(super) fn lock_ends(&mut self, room: &mut Room<'_>) -> Result<(), UseCaseError> {
        let users: BTreeSet<_> =
            self.sound().flat_map(|item| item.members.all().map(|link| link.user)).collect();
        let users = lock_users(room, users)?;
        let groups: BTreeSet<_> = self
            .sound()
            .flat_map(|item| item.nestings.all().flat_map(|link| [link.parent, link.child]))
            .collect();
        let mut groups = lock_groups(room, groups)?;
        for item in self.items.iter_mut().filter(|item| item.refusal.is_none()) {
            match require_ends(item, &users, &groups) {
                Err(invalid) => item.refuse(invalid.into()),
                Ok(()) => {
                    if let Task::Make(wanted) = &item.task {
                        groups.insert(item.id, wanted.group.clone());
                    }
                }
            }
        }
        Ok(())
    }

    /// Refuses what the caller may not do. Whether somebody may lose `SystemAdmin` by the rest.
    pub(super) fn check_rights(&mut self, room: &mut Room<'_>) -> Result<bool, UseCaseError> {
        // Who holds everything lacks nothing: only who may lose the role matters then.
        let losses_alone = room.caller().authority().is_everything();
        let givers: BTreeSet<_> = self.sound().flat_map(|item| item.givers(losses_alone)).collect();
        let givers: Vec<_> = givers.into_iter().collect();
        let held = Held::of_groups(room, &givers)?;
        let above = held.above(room);
        if !above.is_empty() {
            for item in self.sound_mut() {
                if !item.givers(false).is_disjoint(&above) {
                    item.refuse(UseCaseError::Upward);
                }
            }
        }
        Ok(held.includes_system_admin())
    }

    /// Refuses those whose nestings would close a circle, as if they were made one after the other.
    pub(super) fn refuse_cycles(&mut self, room: &mut Room<'_>) -> Result<(), UseCaseError> {
        let below: BTreeSet<_> = self
            .sound()
            .flat_map(|item| item.nestings.added.iter().map(|link| link.child))
            .collect();
        if below.is_empty() {
            return Ok(());
        }
        let below: Vec<_> = below.into_iter().collect();
        let mut graph = Graph::of(&room.here().nestings().below(&below)?);
        for item in self.items.iter_mut().filter(|item| item.refusal.is_none()) {
            graph.remove(&item.nestings.removed);
            if !graph.add(&item.nestings.added) {
                graph.restore(&item.nestings.removed);
                item.refuse(UseCaseError::Cycle);
            }
        }
        Ok(())
    }

    /// Refuses those of several changed groups that would take a name that another one holds, as if
    /// they were changed one after the other. Of one group alone the index tells.
    pub(super) fn refuse_taken(&mut self, room: &mut Room<'_>) -> Result<(), UseCaseError> {
        let edited = self.sound().filter_map(|item| match &item.task {
            Task::Edit(wanted) => Some(wanted.group.name.folded()),
            Task::Make(_) | Task::Remove => None,
        });
        let names: Vec<_> = edited.collect();
        if names.len() < 2 {
            return Ok(());
        }
        let found = room.here().groups().find_by_names(&names)?;
        let mut holders: HashMap<_, _> =
            found.into_iter().map(|group| (group.name.folded(), group.id)).collect();
        // Those who go have given up their names before anybody else is changed.
        let gone = self.sound().filter(|item| matches!(item.task, Task::Remove));
        let gone: BTreeSet<_> = gone.map(|item| item.id).collect();
        holders.retain(|_, holder| !gone.contains(holder));
        for item in self.items.iter_mut().filter(|item| item.refusal.is_none()) {
            let (Some(before), Task::Edit(wanted)) = (&item.before, &item.task) else { continue };
            let name = wanted.group.name.folded();
            if holders.get(&name).is_some_and(|holder| *holder != item.id) {
                item.refuse(UseCaseError::Duplicate(Unique::GroupName));
                continue;
            }
            holders.remove(&before.name.folded());
            holders.insert(name, item.id);
        }
        Ok(())
    }

    /// Whether no sound item names a group that was to be made and could not be.
    pub(super) fn require_made(&self) -> Result<(), UseCaseError> {
        let refused = self.items.iter().filter(|item| item.refusal.is_some());
        let missing: BTreeSet<_> = refused
            .filter(|item| item.before.is_none() && !matches!(item.task, Task::Remove))
            .map(|item| item.id)
            .collect();
        let mut links = self.sound().flat_map(|item| &item.nestings.added);
        if links.any(|link| missing.contains(&link.parent) || missing.contains(&link.child)) {
            let rule = "must name groups of this store";
            return Err(Invalid::one("memberGroups", rule).into());
        }
        Ok(())
    }
}

fn require_ends(
    item: &Item,
    users: &BTreeSet<UserId>,
    groups: &LockedGroups,
) -> Result<(), Invalid> {
    if let Some(link) = item.members.added.iter().find(|link| !users.contains(&link.user)) {
        let rule = format!("must name users of this store, and {} is none", link.user);
        return Err(Invalid::one("memberUsers", rule));
    }
    let parents = item.nestings.added.iter().filter(|link| link.child == item.id);
    let itself = Some(item.id);
    require_all(
        groups,
        parents.map(|link| &link.parent).filter(|id| Some(**id) != itself),
        "parentGroups",
    )?;
    let children = item.nestings.added.iter().filter(|link| link.parent == item.id);
    require_all(
        groups,
        children.map(|link| &link.child).filter(|id| Some(**id) != itself),
        "memberGroups",
    )
}

/// What a change does to its group.
fn task(
    room: &Room<'_>,
    planned: &Planned<Group>,
    before: Option<&GroupWithRelations>,
) -> Result<Task, UseCaseError> {
    if let Change::Update { needs: GroupInclude { member_users: true, .. }, .. } = *planned.change {
        room.require(Permission::UserRead)?;
        if before.is_some_and(|before| before.member_users.is_none()) {
            return Err(too_many_members().into());
        }
    }
    let step = step::<Group>(
        planned,
        before,
        UseCaseError::NotFound(Missing::Group),
        |shown| shown.group.version,
        |shown, name| shown.group.name.folded() == *name,
    )?;
    let wanted = |draft: GroupDraft, version: Version| {
        let metadata = draft.metadata.as_deref();
        let metadata = metadata.map(|drafts| set::distinct(planned.id, drafts)).transpose()?;
        let name: GroupName = draft.name.clone();
        Ok::<_, Invalid>(Wanted { group: Group { id: planned.id, name, version }, draft, metadata })
    };
    match (step, before) {
        (Step::Remove, _) => Ok(Task::Remove),
        (Step::Make(draft), _) => Ok(Task::Make(wanted(draft, Version::UNRECORDED)?)),
        (Step::Edit(draft), Some(before)) => Ok(Task::Edit(wanted(draft, before.group.version)?)),
        (Step::Edit(_), None) => Err(UseCaseError::NotFound(Missing::Group)),
    }
}

/// The groups that are there, locked, with the relations that their edits look at.
fn find(
    room: &mut Room<'_>,
    changes: &[Planned<Group>],
) -> Result<BTreeMap<GroupId, GroupWithRelations>, UseCaseError> {
    let mut needs = GroupInclude::NONE;
    let mut ids = Vec::new();
    for planned in changes {
        match &*planned.change {
            Change::Create { .. } => continue,
            Change::Update { needs: own, .. } => needs = needs.or(*own),
            Change::Upsert { .. } | Change::Remove { .. } => {}
        }
        ids.push(planned.id);
    }
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let groups = room.here().groups().find_all_for_update(&ids)?;
    let (loaded, _) = load_all(room, groups, needs, Overflow::LeaveOut)?;
    // What is too much for all of them may fit for each: the chunk is halved.
    let cut = loaded.iter().any(|group| group.member_users.is_none());
    if needs.allowed_in(room).member_users && cut && changes.len() > 1 {
        return Err(too_many_members().into());
    }
    Ok(loaded.into_iter().map(|group| (group.group.id, group)).collect())
}

fn too_many_members() -> Invalid {
    let rule = format!(
        "must not be looked at where there are more than {MOST_MEMBERS}: add to it, replace it, \
         or change it from the users"
    );
    Invalid::one("memberUsers", rule)
}

/// Who is in the groups of a chunk now, as far as their changes concern it.
#[derive(Default)]
struct Present {
    members: HashMap<GroupId, BTreeSet<UserId>>,
    parents: HashMap<GroupId, BTreeSet<GroupId>>,
    children: HashMap<GroupId, BTreeSet<GroupId>>,
}

/// What is added and what is removed.
type Difference<T> = (Vec<T>, Vec<T>);

impl Present {
    fn of(room: &mut Room<'_>, plan: &Plan) -> Result<Self, UseCaseError> {
        let there = |item: &&Item| item.before.is_some();
        let concerned = |of: fn(&Wanted) -> bool| -> Vec<GroupId> {
            let items = plan.sound().filter(there);
            items.filter(|item| item.wanted().is_none_or(of)).map(|item| item.id).collect()
        };
        let whole = concerned(|wanted| matches!(wanted.draft.member_users, SetChange::Replace(_)));
        let with_parents = concerned(|wanted| !wanted.draft.parent_groups.is_keep());
        let with_children = concerned(|wanted| !wanted.draft.member_groups.is_keep());
        let joining = plan.sound().filter(there).filter_map(|item| match item.wanted() {
            Some(Wanted {
                draft: GroupDraft { member_users: SetChange::Add(users), .. }, ..
            }) => Some(users),
            _ => None,
        });
        let joining: BTreeSet<UserId> = joining.flatten().copied().collect();
        let joining: Vec<_> = joining.into_iter().collect();

        let mut present = Self::default();
        let mut here = room.here();
        if !whole.is_empty() {
            for link in here.memberships().in_all(&whole)? {
                present.members.entry(link.group).or_default().insert(link.user);
            }
        }
        if !joining.is_empty() {
            for (user, group) in here.memberships().groups_of_all(&joining)? {
                present.members.entry(group.id).or_default().insert(user);
            }
        }
        if !with_parents.is_empty() {
            for (child, parent) in here.nestings().parents_of_all(&with_parents)? {
                present.parents.entry(child).or_default().insert(parent.id);
            }
        }
        if !with_children.is_empty() {
            for (parent, child) in here.nestings().children_of_all(&with_children)? {
                present.children.entry(parent).or_default().insert(child.id);
            }
        }
        Ok(present)
    }

    fn members(
        &self,
        id: GroupId,
        change: Option<&SetChange<UserId>>,
        all: bool,
    ) -> Difference<UserId> {
        difference(self.members.get(&id), change, all)
    }

    fn parents(
        &self,
        id: GroupId,
        change: Option<&SetChange<GroupId>>,
        all: bool,
    ) -> Difference<GroupId> {
        difference(self.parents.get(&id), change, all)
    }

    fn children(
        &self,
        id: GroupId,
        change: Option<&SetChange<GroupId>>,
        all: bool,
    ) -> Difference<GroupId> {
        difference(self.children.get(&id), change, all)
    }
}

/// What has to change where `present` is to become what `change` says, or nothing at all where
/// `all` of it goes.
fn difference<T: Copy + Ord>(
    present: Option<&BTreeSet<T>>,
    change: Option<&SetChange<T>>,
    all: bool,
) -> Difference<T> {
    let none = BTreeSet::new();
    let present = present.unwrap_or(&none);
    if all {
        return (Vec::new(), present.iter().copied().collect());
    }
    let Some(change) = change else { return (Vec::new(), Vec::new()) };
    let named: BTreeSet<T> = change.named().iter().copied().collect();
    let added = named.difference(present).copied().collect();
    let removed = match change {
        SetChange::Replace(_) => present.difference(&named).copied().collect(),
        SetChange::Keep | SetChange::Add(_) => Vec::new(),
    };
    (added, removed)
}
