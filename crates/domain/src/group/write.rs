//! How groups are stored: one or many, with their members, nestings and metadata.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::links::{Links, lock_groups};
use super::plan::{Item, Plan, Task};
use super::relations::{Overflow, load_all};
use super::{
    Group, GroupDraft, GroupInclude, GroupOrder, GroupScope, GroupWithRelations, Membership,
    Nesting,
};
use crate::access::{Holder, Permission, Room, keep_an_administrator, remove_roles};
use crate::attribute::{Metadata, set};
use crate::audit::{Recorded, Stamp};
use crate::error::UseCaseError;
use crate::id::{GroupId, UserId};
use crate::page::Query;
use crate::random::Random;
use crate::resource::{Change, Outcome, Planned, Resource};
use crate::text::Folded;
use crate::unit_of_work::Unique;

impl Resource for Group {
    type Scope = ();
    type Id = GroupId;
    type Name = Folded;
    type Draft = GroupDraft;
    type Include = GroupInclude;
    type Shown = GroupWithRelations;

    const MANAGE: Permission = Permission::GroupManage;
    const ID: &'static str = "id";
    const NAME: &'static str = "name";
    const FOUND_BY: [Unique; 2] = [Unique::GroupId, Unique::GroupName];

    fn new_id(_: Option<&GroupDraft>, random: &dyn Random) -> GroupId {
        GroupId::new(random.new_uuid())
    }

    fn entries(draft: &GroupDraft) -> u32 {
        let metadata = draft.metadata.as_ref().map_or(0, Vec::len);
        u32::try_from(metadata).unwrap_or(u32::MAX).saturating_add(1)
    }

    fn concern_graph(changes: &[Arc<Change<Self>>]) -> bool {
        let nests = |draft: &GroupDraft| {
            !draft.parent_groups.named().is_empty() || !draft.member_groups.named().is_empty()
        };
        changes.iter().any(|change| match &**change {
            Change::Create { draft, .. } => nests(draft),
            Change::Update { writes, .. } | Change::Upsert { writes, .. } => writes.names_links(),
            Change::Remove { .. } => true,
        })
    }

    /// All groups that are there are locked in one order, so that no two batches wait for each other.
    fn prepare(
        room: &mut Room<'_>,
        (): &(),
        changes: &[Arc<Change<Self>>],
    ) -> Result<(), UseCaseError> {
        lock_groups(room, changes.iter().filter_map(|change| change.target()).collect())?;
        Ok(())
    }

    fn find_ids(
        room: &mut Room<'_>,
        (): &(),
        names: &[Folded],
    ) -> Result<BTreeMap<Folded, GroupId>, UseCaseError> {
        let found = room.here().groups().find_by_names(names)?;
        Ok(found.into_iter().map(|group| (group.name.folded(), group.id)).collect())
    }

    fn write(
        room: &mut Room<'_>,
        (): &(),
        changes: &[Planned<Self>],
    ) -> Result<Vec<Outcome<Self>>, UseCaseError> {
        let mut plan = Plan::of(room, changes)?;
        plan.link(room)?;
        room.journal.expect(plan.entries())?;
        plan.lock_ends(room)?;
        let concerned = plan.check_rights(room)?;
        plan.refuse_taken(room)?;
        plan.refuse_cycles(room)?;
        keep_an_administrator(room, concerned, |room| store(room, &mut plan))?;
        show(room, plan)
    }
}

/// Stores what is sound of the plan, and refuses what turns out to be taken.
fn store(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    remove_groups(room, plan)?;
    update_groups(room, plan)?;
    insert_groups(room, plan)?;
    let mut ends = Ends::default();
    let kept = |task: &Task| !matches!(task, Task::Remove);
    ends.change(room, plan, kept)?;
    write_metadata(room, plan, &mut ends)?;
    ends.touch(room)
}

/// Removes groups with their metadata, roles, memberships and nestings, each with its own entry.
/// Members stay.
fn remove_groups(room: &mut Room<'_>, plan: &Plan) -> Result<(), UseCaseError> {
    let removed = plan.sound().filter(|item| matches!(item.task, Task::Remove));
    let removed: Vec<_> = removed.filter_map(|item| item.before.clone()).collect();
    if removed.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = removed.iter().map(|group| group.id).collect();
    let mut ends = Ends::default();
    ends.change(room, plan, |task| matches!(task, Task::Remove))?;
    ends.touch(room)?;
    let mut metadata = Vec::new();
    let present = room.here().metadata().of_all(&ids)?;
    for attribute in present {
        metadata.push(room.journal.deleted(attribute)?);
    }
    set::apply(room, &metadata)?;
    let holders: Vec<_> = ids.iter().copied().map(Holder::Group).collect();
    remove_roles(room, &holders)?;
    let mut groups = Vec::with_capacity(removed.len());
    for group in removed {
        groups.push(room.journal.deleted(group)?);
    }
    Ok(room.here().groups().remove_all(&groups)?)
}

fn update_groups(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    let mut changes = Vec::new();
    for item in plan.sound_mut() {
        if let (Some(before), Task::Edit(wanted)) = (&item.before, &item.task) {
            changes.extend(room.journal.modified(before, wanted.group.clone())?);
        }
    }
    if !changes.is_empty() {
        room.here().groups().update_all(&changes)?;
    }
    Ok(())
}

fn insert_groups(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    let mut recorded = Vec::new();
    for item in plan.sound() {
        if let Task::Make(wanted) = &item.task {
            recorded.push(room.journal.added(wanted.group.clone())?);
        }
    }
    if !recorded.is_empty() {
        let outcomes = room.here().groups().insert_new(&recorded)?;
        let made = plan.sound_mut().filter(|item| matches!(item.task, Task::Make(_)));
        for (item, outcome) in made.zip(outcomes) {
            item.refusal = outcome.err().map(|taken| UseCaseError::Duplicate(taken.what));
        }
    }
    plan.require_made()
}

/// The ends of links that changed: they get a version of that, one for all of them, which is as
/// good as each its own, since a version is compared with those of its own record only.
#[derive(Default)]
struct Ends {
    users: BTreeSet<UserId>,
    groups: BTreeSet<GroupId>,
    stamp: Option<Stamp>,
}

impl Ends {
    /// Stores the links of those items whose task is of that kind.
    fn change(
        &mut self,
        room: &mut Room<'_>,
        plan: &Plan,
        of_kind: impl Fn(&Task) -> bool,
    ) -> Result<(), UseCaseError> {
        let mut members = Links::<Membership>::default();
        let mut nestings = Links::<Nesting>::default();
        for item in plan.sound().filter(|item| of_kind(&item.task)) {
            members.added.extend(&item.members.added);
            members.removed.extend(&item.members.removed);
            nestings.added.extend(&item.nestings.added);
            nestings.removed.extend(&item.nestings.removed);
        }
        // Both ends of a nesting may be in the batch and ask for the same, or have gone.
        nestings.tidy();
        let gone = plan.sound().filter(|item| matches!(item.task, Task::Remove));
        let gone: BTreeSet<_> = gone.map(|item| item.id).collect();
        if !of_kind(&Task::Remove) {
            let stays =
                |link: &Nesting| !gone.contains(&link.parent) && !gone.contains(&link.child);
            nestings.removed.retain(stays);
        }
        let stamps = [members.apply(room)?, nestings.apply(room)?];
        self.users.extend(members.all().map(|link| link.user));
        self.groups.extend(members.all().map(|link| link.group));
        self.groups.extend(nestings.all().flat_map(|link| [link.parent, link.child]));
        self.groups.retain(|id| !gone.contains(id));
        self.stamp = stamps.into_iter().flatten().last().or(self.stamp);
        Ok(())
    }

    fn touch(self, room: &mut Room<'_>) -> Result<(), UseCaseError> {
        let Some(stamp) = self.stamp else { return Ok(()) };
        let (users, groups): (Vec<_>, Vec<_>) =
            (self.users.into_iter().collect(), self.groups.into_iter().collect());
        let mut here = room.here();
        if !users.is_empty() {
            here.users().touch(&users, stamp)?;
        }
        if !groups.is_empty() {
            here.groups().touch(&groups, stamp)?;
        }
        Ok(())
    }
}

fn write_metadata(room: &mut Room<'_>, plan: &Plan, ends: &mut Ends) -> Result<(), UseCaseError> {
    let edited = plan.sound().filter_map(|item| match &item.task {
        Task::Edit(wanted) if wanted.metadata.is_some() => Some(item.id),
        _ => None,
    });
    let edited: Vec<_> = edited.collect();
    let mut present: BTreeMap<GroupId, Vec<Metadata>> = BTreeMap::new();
    if !edited.is_empty() {
        for attribute in room.here().metadata().of_all(&edited)? {
            present.entry(attribute.owner).or_default().push(attribute);
        }
    }
    let mut changes = Vec::new();
    for item in plan.sound() {
        let (Task::Make(wanted) | Task::Edit(wanted)) = &item.task else { continue };
        let Some(metadata) = &wanted.metadata else { continue };
        let before = present.remove(&item.id).unwrap_or_default();
        let own = set::difference(&room.journal, before, metadata.clone())?;
        if let Some(last) = own.last() {
            ends.groups.insert(item.id);
            ends.stamp = Some(Recorded::stamp(last));
        }
        changes.extend(own);
    }
    set::apply(room, &changes)
}

/// What became of each group, with its relations as they are now.
fn show(room: &mut Room<'_>, plan: Plan) -> Result<Vec<Outcome<Group>>, UseCaseError> {
    let there = plan.sound().filter(|item| !matches!(item.task, Task::Remove));
    let ids: Vec<_> = there.map(|item| item.id).collect();
    let mut groups = Vec::new();
    if !ids.is_empty() {
        groups = room.here().groups().find_all(&ids)?;
    }
    let (shown, _) = load_all(room, groups, GroupInclude::ALL, Overflow::LeaveOut)?;
    let mut shown: BTreeMap<_, _> =
        shown.into_iter().map(|group| (group.group.id, group)).collect();
    let outcome = |item: Item| match item.refusal {
        Some(refusal) => Err(refusal),
        None => Ok(shown.remove(&item.id)),
    };
    Ok(plan.items.into_iter().map(outcome).collect())
}

/// Removes every group of the store.
///
/// # Errors
/// What the store says; more entries than a unit takes.
pub(crate) fn remove_everything(room: &mut Room<'_>) -> Result<(), UseCaseError> {
    loop {
        let query = Query::first(GroupOrder::Id, 500);
        let page = room.here().groups().list(GroupScope::All, &query)?;
        if page.is_empty() {
            return Ok(());
        }
        let planned: Vec<_> = page.iter().map(|group| Planned::removal(group.id)).collect();
        for outcome in Group::write(room, &(), &planned)? {
            outcome?;
        }
    }
}
