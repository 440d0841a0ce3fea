//! How users are stored: one or many, with their memberships and profiles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::consequences::Consequences;
use super::plan::{Item, Plan, Task};
use super::relations::{load, load_all};
use super::{Holdings, Include, User, UserDraft, UserOrder, UserWithRelations};
use crate::access::{Holder, Permission, Room, keep_an_administrator, remove_roles};
use crate::attribute::{Profile, set};
use crate::audit::{Recorded, Stamp};
use crate::error::{Missing, UseCaseError};
use crate::group::Membership;
use crate::group::links::Links;
use crate::id::{GroupId, UserId};
use crate::page::Query;
use crate::password::FirstPassword;
use crate::random::Random;
use crate::resource::{Change, Outcome, Planned, Resource};
use crate::text::Folded;
use crate::unit_of_work::Unique;

impl Resource for User {
    type Scope = ();
    type Id = UserId;
    type Name = Folded;
    type Draft = UserDraft;
    type Include = Include;
    type Shown = UserWithRelations;

    const MANAGE: Permission = Permission::UserManage;
    const ID: &'static str = "id";
    const NAME: &'static str = "loginName";
    const FOUND_BY: [Unique; 2] = [Unique::UserId, Unique::LoginName];

    fn new_id(_: Option<&UserDraft>, random: &dyn Random) -> UserId {
        UserId::new(random.new_uuid())
    }

    fn entries(draft: &UserDraft) -> u32 {
        let profiles = draft.profiles.as_ref().map_or(0, Vec::len);
        u32::try_from(profiles).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// New users of one group lock that one alone, and wait for nobody who waits for them.
    fn concern_graph(changes: &[Arc<Change<Self>>]) -> bool {
        let mut joined: BTreeSet<GroupId> = BTreeSet::new();
        changes.iter().any(|change| match &**change {
            Change::Create { draft, .. } => {
                joined.extend(draft.groups.iter().flatten());
                joined.len() > 1
            }
            Change::Update { writes, .. } | Change::Upsert { writes, .. } => writes.groups,
            Change::Remove { .. } => true,
        })
    }

    /// All users that are there are locked in one order, so that no two batches wait for each other.
    fn prepare(
        room: &mut Room<'_>,
        (): &(),
        changes: &[Arc<Change<Self>>],
    ) -> Result<(), UseCaseError> {
        let ids: BTreeSet<_> = changes.iter().filter_map(|change| change.target()).collect();
        lock_users(room, ids)?;
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
        let plan = Plan::of(room, changes)?;
        carry_out(room, plan)
    }
}

/// Makes one user with a password: one entry tells of both.
///
/// # Errors
/// What [`User::write`] refuses.
pub(crate) fn make_with_password(
    room: &mut Room<'_>,
    id: UserId,
    draft: UserDraft,
    password: &FirstPassword,
) -> Result<User, UseCaseError> {
    let create = Change::Create { id: Some(id), draft };
    let mut plan = Plan::of(room, &[Planned::of(id, create)])?;
    plan.give_password(room, password);
    let made = carry_out(room, plan)?.pop().unwrap_or(Ok(None))?;
    made.map(|made| made.user).ok_or(UseCaseError::NotFound(Missing::User))
}

/// Does what is sound of the plan, and says what became of each change.
fn carry_out(room: &mut Room<'_>, mut plan: Plan) -> Result<Vec<Outcome<User>>, UseCaseError> {
    room.journal.expect(plan.entries())?;
    plan.check_permission(room);
    plan.check_own(room);
    plan.lock_groups(room)?;
    let concerned = plan.check_rights(room)?;
    plan.refuse_taken(room)?;
    keep_an_administrator(room, concerned, |room| store(room, &mut plan))?;
    show(room, plan)
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

fn update_users(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    let (mut changes, mut consequences) = (Vec::new(), Consequences::default());
    for item in plan.sound_mut() {
        let (Some(before), Task::Edit { after, changed, .. }) = (&item.before, &mut item.task)
        else {
            continue;
        };
        if let Some(recorded) = room.journal.modified(&before.user, after.clone())? {
            *after = recorded.record().clone();
            *changed = true;
            consequences.add(&before.user, after);
            changes.push(recorded);
        }
    }
    if !changes.is_empty() {
        room.here().users().update_all(&changes)?;
    }
    consequences.apply(room)
}

fn insert_users(room: &mut Room<'_>, plan: &mut Plan) -> Result<(), UseCaseError> {
    let mut recorded = Vec::new();
    for item in plan.sound_mut() {
        if let Task::Make { user, password, .. } = &mut item.task {
            let said = password.as_ref().map_or(&[] as &[_], FirstPassword::flags);
            let made = room.journal.added_with(user.clone(), said)?;
            *user = made.record().clone();
            recorded.push(made);
        }
    }
    // One user is the commonest case: its statement is the same every time, so it stays prepared.
    // Beside others its conflict would be that of all.
    match recorded.as_slice() {
        [] => {}
        [one] if plan.items.len() == 1 => room.here().users().insert(one)?,
        many => {
            let outcomes = room.here().users().insert_new(many)?;
            let made = plan.sound_mut().filter(|item| matches!(item.task, Task::Make { .. }));
            for (item, outcome) in made.zip(outcomes) {
                item.refusal = outcome.err().map(|taken| UseCaseError::Duplicate(taken.what));
            }
        }
    }
    set_first_passwords(room, plan, &recorded)
}

/// Sets the passwords of users that were made with one; their entries tell of it.
fn set_first_passwords(
    room: &mut Room<'_>,
    plan: &Plan,
    recorded: &[Recorded<User>],
) -> Result<(), UseCaseError> {
    for item in plan.sound() {
        let Task::Make { password: Some(first), .. } = &item.task else { continue };
        let made = recorded.iter().find(|made| made.record().id == item.id);
        made.map(|made| first.set(room, made)).transpose()?;
    }
    Ok(())
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
    let outcome = |item: Item| match (item.refusal, item.task) {
        (Some(refusal), _) => Err(refusal),
        (None, Task::Remove) => Ok(None),
        (None, Task::Edit { .. }) => Ok(edited.next()),
        (None, Task::Make { user, groups: wanted, profiles, .. }) => {
            let joined = wanted.iter().filter_map(|id| groups.get(id).cloned()).collect();
            let joined = shows_groups.then_some(joined);
            Ok(Some(UserWithRelations { store, user, groups: joined, profiles: Some(profiles) }))
        }
    };
    Ok(plan.items.into_iter().map(outcome).collect())
}

/// Users at a time whose records are in memory only to be locked.
const SLICE: usize = 1_000;

/// Locks those of `ids` that are there, in one order for every writer. Which they are.
pub(crate) fn lock_users(
    room: &mut Room<'_>,
    ids: BTreeSet<UserId>,
) -> Result<BTreeSet<UserId>, UseCaseError> {
    let ids: Vec<_> = ids.into_iter().collect();
    let mut there = BTreeSet::new();
    for slice in ids.chunks(SLICE) {
        let locked = room.here().users().find_all_for_update(slice)?;
        there.extend(locked.into_iter().map(|user| user.id));
    }
    Ok(there)
}

/// Removes every user of the store.
///
/// # Errors
/// What the store says; more entries than a unit takes.
pub(crate) fn remove_everybody(room: &mut Room<'_>) -> Result<(), UseCaseError> {
    loop {
        let page = room.here().users().list(&Query::first(UserOrder::Id, 500))?;
        if page.is_empty() {
            return Ok(());
        }
        let planned: Vec<_> = page.iter().map(|user| Planned::removal(user.id)).collect();
        for outcome in User::write(room, &(), &planned)? {
            outcome?;
        }
    }
}
