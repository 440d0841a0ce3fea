//! How users are stored: one or many, with their memberships and profiles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::plan::{Plan, Task};
use super::relations::{load, load_all};
use super::{Holdings, Include, User, UserDraft, UserWithRelations};
use crate::access::{Assignment, Holder, Permission, Room, keep_an_administrator};
use crate::attribute::{Profile, set};
use crate::audit::{Recorded, Stamp};
use crate::error::UseCaseError;
use crate::group::Membership;
use crate::group::links::{Links, lock_groups};
use crate::id::{GroupId, UserId};
use crate::random::Random;
use crate::resource::{Change, Outcome, Planned, Resource};
use crate::text::Folded;

impl Resource for User {
    type Scope = ();
    type Id = UserId;
    type Name = Folded;
    type Draft = UserDraft;
    type Include = Include;
    type Shown = UserWithRelations;

    const MANAGE: Permission = Permission::UserManage;
    const NAME: &'static str = "loginName";

    fn new_id(_: Option<&UserDraft>, random: &dyn Random) -> UserId {
        UserId::new(random.new_uuid())
    }

    fn entries(draft: &UserDraft) -> u32 {
        let profiles = draft.profiles.as_ref().map_or(0, Vec::len);
        u32::try_from(profiles).unwrap_or(u32::MAX).saturating_add(1)
    }

    fn concerns_graph(change: &Change<Self>) -> bool {
        match change {
            Change::Create { .. } => false,
            Change::Update { writes, .. } | Change::Upsert { writes, .. } => writes.groups,
            Change::Remove { .. } => true,
        }
    }

    /// All groups that new users come to be in are locked at once, so that no two batches wait for
    /// each other.
    fn prepare(
        room: &mut Room<'_>,
        (): &(),
        changes: &[Arc<Change<Self>>],
    ) -> Result<(), UseCaseError> {
        let drafts = changes.iter().filter_map(|change| match &**change {
            Change::Create { draft, .. } => Some(draft),
            _ => None,
        });
        lock_groups(
            room,
            drafts.flat_map(|draft| draft.groups.iter().flatten().copied()).collect(),
        )?;
        Ok(())
    }

    fn find_ids(
        room: &mut Room<'_>,
        (): &(),
        names: &[Folded],
    ) -> Result<BTreeMap<Folded, UserId>, UseCaseError> {
        let wanted = Holdings { login_names: names.to_vec(), ..Holdings::default() };
        let holders = room.here().users().holders(&wanted)?;
        Ok(holders.into_iter().map(|user| (user.login_name.folded(), user.id)).collect())
    }

    fn write(
        room: &mut Room<'_>,
        (): &(),
        changes: &[Planned<Self>],
    ) -> Result<Vec<Outcome<Self>>, UseCaseError> {
        let mut plan = Plan::of(room, changes)?;
        let concerned = plan.check_rights(room)?;
        plan.lock_groups(room)?;
        plan.refuse_taken(room)?;
        keep_an_administrator(room, concerned, |room| store(room, &mut plan))?;
        show(room, plan)
    }
}

/// Stores what is sound of the plan, and refuses what turns out to be taken.
fn store(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    remove_users(room, plan)?;
    update_users(room, plan)?;
    insert_users(room, plan)?;
    let links = plan.links();
    let stamp = links.apply(room)?;
    plan.touched(links.all().map(|link| link.user), stamp);
    let ends: BTreeSet<_> = links.all().map(|link| link.group).collect();
    touch_groups(room, plan, ends, stamp)?;
    write_profiles(room, plan)?;
    touch_users(room, plan)
}

/// Removes users with their profiles, memberships and roles, each with its own entry. That its
/// memberships end with a user is no change of groups, and needs no right to change them.
fn remove_users(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    let removed: Vec<_> = plan
        .sound()
        .filter(|item| matches!(item.task, Task::Remove))
        .filter_map(|item| item.before.clone())
        .collect();
    if removed.is_empty() {
        return Ok(());
    }
    let leave = |user: &UserWithRelations| {
        let id = user.user.id;
        let groups = user.groups.iter().flatten().map(|group| group.id).collect::<Vec<_>>();
        groups.into_iter().map(move |group| Membership { group, user: id })
    };
    let links = Links { added: Vec::new(), removed: removed.iter().flat_map(leave).collect() };
    let stamp = links.apply(room)?;
    touch_groups(room, plan, links.all().map(|link| link.group).collect(), stamp)?;

    let mut profiles = Vec::new();
    for profile in removed.iter().flat_map(|user| user.profiles.iter().flatten()) {
        profiles.push(room.journal.deleted(profile.clone())?);
    }
    set::apply(room, &profiles)?;

    let holders: Vec<_> = removed.iter().map(|user| Holder::User(user.user.id)).collect();
    remove_roles(room, &holders)?;

    let mut users = Vec::with_capacity(removed.len());
    for user in removed {
        users.push(room.journal.deleted(user.user)?);
    }
    Ok(room.here().users().remove_all(&users)?)
}

/// Takes from holders that are removed what they hold.
pub(crate) fn remove_roles(room: &mut Room<'_>, holders: &[Holder]) -> Result<(), UseCaseError> {
    let held: Vec<Assignment> = room.here().roles().of(holders)?;
    let mut changes = Vec::with_capacity(held.len());
    for assignment in held {
        changes.push(room.journal.deleted(assignment)?);
    }
    if !changes.is_empty() {
        room.here().roles().remove_all(&changes)?;
    }
    Ok(())
}

fn update_users(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    let mut changes = Vec::new();
    for item in plan.sound_mut() {
        let (Some(before), Task::Edit { after, changed, .. }) = (&item.before, &mut item.task)
        else {
            continue;
        };
        if let Some(recorded) = room.journal.modified(&before.user, after.clone())? {
            *after = recorded.record().clone();
            *changed = true;
            changes.push(recorded);
        }
    }
    if !changes.is_empty() {
        room.here().users().update_all(&changes)?;
    }
    Ok(())
}

fn insert_users(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    let mut recorded = Vec::new();
    for item in plan.sound_mut() {
        if let Task::Make { user, .. } = &mut item.task {
            let made = room.journal.added(user.clone())?;
            *user = made.record().clone();
            recorded.push(made);
        }
    }
    // One user is the commonest case: its statement is the same every time, so it stays prepared.
    match recorded.as_slice() {
        [] => Ok(()),
        [one] => Ok(room.here().users().insert(one)?),
        many => {
            let outcomes = room.here().users().insert_new(many)?;
            let made = plan.sound_mut().filter(|item| matches!(item.task, Task::Make { .. }));
            for (item, outcome) in made.zip(outcomes) {
                item.refusal = outcome.err().map(|taken| UseCaseError::Duplicate(taken.what));
            }
            Ok(())
        }
    }
}

fn touch_groups(
    room: &mut Room<'_>,
    plan: &mut Plan,
    ends: BTreeSet<GroupId>,
    stamp: Option<Stamp>,
) -> Result<(), UseCaseError> {
    let Some(stamp) = stamp else { return Ok(()) };
    for group in plan.groups.values_mut().filter(|group| ends.contains(&group.id)) {
        group.version = stamp.version();
    }
    let ends: Vec<_> = ends.into_iter().collect();
    Ok(room.here().groups().touch(&ends, stamp)?)
}

fn write_profiles(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    let mut changes: Vec<Recorded<Profile>> = Vec::new();
    for item in plan.sound_mut() {
        let (present, wanted) = match (&item.before, &item.task) {
            (_, Task::Make { profiles, .. }) => (Vec::new(), profiles.clone()),
            (Some(before), Task::Edit { profiles: Some(wanted), .. }) => {
                (before.profiles.clone().unwrap_or_default(), wanted.clone())
            }
            _ => continue,
        };
        let own = set::difference(&room.journal, present, wanted)?;
        item.stamp = own.last().map(Recorded::stamp).or(item.stamp);
        if let Task::Make { profiles, .. } = &mut item.task {
            *profiles = own.iter().map(|change| change.record().clone()).collect();
        }
        changes.extend(own);
    }
    set::apply(room, &changes)
}

/// Users whose relations alone changed take a version of that: one for all of them, which is as
/// good as each its own, since a version is compared with those of its own user only.
fn touch_users(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    let touched = plan.sound().filter(|item| item.is_touched_alone());
    let (ids, stamps): (Vec<_>, Vec<_>) =
        touched.filter_map(|item| Some((item.id, item.stamp?))).unzip();
    let Some(stamp) = stamps.into_iter().max_by_key(|stamp| stamp.version().get()) else {
        return Ok(());
    };
    room.here().users().touch(&ids, stamp)?;
    for item in plan.sound_mut().filter(|item| item.is_touched_alone()) {
        if let Task::Edit { after, .. } = &mut item.task {
            after.version = stamp.version();
        }
    }
    Ok(())
}

/// What became of each user, with its relations.
fn show(room: &mut Room<'_>, plan: Plan) -> Result<Vec<Outcome<User>>, UseCaseError> {
    let (store, shows_groups) = (room.store.id, room.allows(Permission::GroupRead));
    let edited = plan.sound().filter_map(|item| match &item.task {
        Task::Edit { after, .. } => Some(after.clone()),
        Task::Make { .. } | Task::Remove => None,
    });
    let edited: Vec<_> = edited.collect();
    let mut edited = match <[User; 1]>::try_from(edited) {
        Ok([one]) => vec![load(room, one, Include::ALL)?],
        Err(many) => load_all(room, many, Include::ALL)?,
    }
    .into_iter();
    let groups = plan.groups;
    let outcome = |item: super::plan::Item| match (item.refusal, item.task) {
        (Some(refusal), _) => Err(refusal),
        (None, Task::Remove) => Ok(None),
        (None, Task::Edit { .. }) => Ok(edited.next()),
        (None, Task::Make { user, groups: wanted, profiles }) => {
            let joined = wanted.iter().filter_map(|id| groups.get(id).cloned()).collect();
            let joined = shows_groups.then_some(joined);
            Ok(Some(UserWithRelations { store, user, groups: joined, profiles: Some(profiles) }))
        }
    };
    Ok(plan.items.into_iter().map(outcome).collect())
}

/// Removes every user of the store.
///
/// # Errors
/// What the store says; more entries than a unit takes.
pub(crate) fn remove_everybody(room: &mut Room<'_>) -> Result<(), UseCaseError> {
    use crate::page::Query;
    loop {
        let query = Query::first(super::UserOrder::Id, 500);
        let page = room.here().users().list(&query)?;
        if page.is_empty() {
            return Ok(());
        }
        let remove = |user: &User| Planned {
            id: user.id,
            change: Arc::new(Change::Remove {
                id: user.id,
                precondition: crate::version::Precondition::None,
            }),
        };
        let planned: Vec<_> = page.iter().map(remove).collect();
        for outcome in User::write(room, &(), &planned)? {
            outcome?;
        }
    }
}
