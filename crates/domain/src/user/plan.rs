//! What a chunk of changes of users comes to, before anything is stored.

use std::collections::{BTreeMap, BTreeSet};

use super::relations::load_whole;
use super::{ExternalId, Holdings, Include, User, UserDraft, UserWithRelations};
use crate::access::{Held, Permission, Room};
use crate::attribute::{Profile, set};
use crate::audit::Stamp;
use crate::error::{Missing, UseCaseError};
use crate::group::Membership;
use crate::group::links::{Links, LockedGroups, lock_groups, require_all};
use crate::id::{GroupId, UserId};
use crate::password::FirstPassword;
use crate::resource::{Change, Planned, Step, step};
use crate::unit_of_work::Unique;

/// What is to be done with one user.
pub(super) enum Task {
    /// It is made.
    Make {
        user: User,
        groups: BTreeSet<GroupId>,
        profiles: Vec<Profile>,
        /// That it is made with.
        password: Option<FirstPassword>,
    },
    /// It is changed; a relation that is `None` stays. `changed`: a property of its own is.
    Edit {
        after: User,
        changed: bool,
        groups: Option<BTreeSet<GroupId>>,
        profiles: Option<Vec<Profile>>,
    },
    /// It goes.
    Remove,
}

/// One change of the chunk.
pub(super) struct Item {
    pub(super) id: UserId,
    /// The user as it is, with those relations that the change concerns.
    pub(super) before: Option<UserWithRelations>,
    pub(super) task: Task,
    /// Of the last change of its relations.
    pub(super) stamp: Option<Stamp>,
    /// Why nothing is done.
    pub(super) refusal: Option<UseCaseError>,
}

/// The changes of a chunk.
pub(super) struct Plan {
    pub(super) items: Vec<Item>,
    /// The groups that are joined and left, locked.
    pub(super) groups: LockedGroups,
}

impl Item {
    fn of(room: &Room<'_>, planned: &Planned<User>, before: Option<UserWithRelations>) -> Self {
        let id = planned.id;
        let task = task(room, planned, before.as_ref());
        let (task, refusal) = match task {
            Ok(task) => (task, None),
            Err(refusal) => (Task::Remove, Some(refusal)),
        };
        Self { id, before, task, stamp: None, refusal }
    }

    fn present_groups(&self) -> BTreeSet<GroupId> {
        let groups = self.before.iter().flat_map(|before| before.groups.iter().flatten());
        groups.map(|group| group.id).collect()
    }

    /// The groups that the user comes to be in.
    fn joined(&self) -> BTreeSet<GroupId> {
        match &self.task {
            Task::Make { groups, .. } => groups.clone(),
            Task::Edit { groups: Some(wanted), .. } => wanted - &self.present_groups(),
            Task::Edit { .. } | Task::Remove => BTreeSet::new(),
        }
    }

    /// The groups that the user leaves, but for those it leaves because it goes.
    fn left(&self) -> BTreeSet<GroupId> {
        match &self.task {
            Task::Edit { groups: Some(wanted), .. } => &self.present_groups() - wanted,
            Task::Make { .. } | Task::Edit { .. } | Task::Remove => BTreeSet::new(),
        }
    }

    /// Whether relations of the user change and no property of its own.
    pub(super) fn is_touched_alone(&self) -> bool {
        self.stamp.is_some() && matches!(self.task, Task::Edit { changed: false, .. })
    }

    /// Whether the user could sign in less than before.
    fn is_weakened(&self) -> bool {
        match (&self.before, &self.task) {
            (Some(_), Task::Remove) => true,
            (Some(before), Task::Edit { after, .. }) => {
                let before = &before.user;
                let expiry = |user: &User| {
                    let User { password_expires, password_never_expires, .. } = *user;
                    (password_expires, password_never_expires, user.can_change_expired_password)
                };
                (before.active && !after.active)
                    || (!before.locked && after.locked)
                    || before.validity != after.validity
                    || expiry(before) != expiry(after)
            }
            _ => false,
        }
    }

    /// Whether anything changes by which somebody could take the account, or keep its owner out:
    /// all but the names of the person. Nobody does that to somebody who holds more.
    fn is_guarded(&self) -> bool {
        let (Some(before), Task::Edit { after, .. }) = (&self.before, &self.task) else {
            return self.is_weakened();
        };
        let account = |user: &User| User { first_name: None, last_name: None, ..user.clone() };
        account(&before.user) != account(after)
    }

    fn refuse(&mut self, refusal: UseCaseError) {
        self.refusal.get_or_insert(refusal);
    }
}

/// What a change does to its user.
fn task(
    room: &Room<'_>,
    planned: &Planned<User>,
    before: Option<&UserWithRelations>,
) -> Result<Task, UseCaseError> {
    if let Change::Update { needs: Include { groups: true, .. }, .. } = *planned.change {
        room.require(Permission::GroupRead)?;
    }
    let (id, now) = (planned.id, room.journal.now());
    let step = step::<User>(
        planned,
        before,
        UseCaseError::NotFound(Missing::User),
        |shown| shown.user.version,
        |shown, name| shown.user.login_name.folded() == *name,
    )?;
    match step {
        Step::Remove => Ok(Task::Remove),
        Step::Make(draft) => {
            let (groups, profiles) = relations(id, &draft)?;
            let user = draft.create(id, now, &room.settings)?;
            let (groups, profiles) = (groups.unwrap_or_default(), profiles.unwrap_or_default());
            Ok(Task::Make { user, groups, profiles, password: None })
        }
        Step::Edit(draft) => {
            let (groups, profiles) = relations(id, &draft)?;
            let before = before.ok_or(UseCaseError::NotFound(Missing::User))?;
            let after = draft.apply(&before.user, now, &room.settings)?;
            Ok(Task::Edit { after, changed: false, groups, profiles })
        }
    }
}

/// The relations that a draft wants its user to have.
#[expect(clippy::type_complexity, reason = "two relations, each of which may stay")]
fn relations(
    id: UserId,
    draft: &UserDraft,
) -> Result<(Option<BTreeSet<GroupId>>, Option<Vec<Profile>>), UseCaseError> {
    let groups = draft.groups.as_ref().map(|groups| groups.iter().copied().collect());
    let profiles = draft.profiles.as_deref().map(|drafts| set::distinct(id, drafts)).transpose()?;
    Ok((groups, profiles))
}

impl Plan {
    /// Locks the users that are there and decides what becomes of each.
    pub(super) fn of(room: &mut Room<'_>, changes: &[Planned<User>]) -> Result<Self, UseCaseError> {
        let mut present = find(room, changes)?;
        let item = |planned: &Planned<User>| Item::of(room, planned, present.remove(&planned.id));
        let items = changes.iter().map(item).collect();
        Ok(Self { items, groups: LockedGroups::new() })
    }

    /// Lets the users that are made have this password.
    pub(super) fn give_password(&mut self, room: &Room<'_>, first: &FirstPassword) {
        for item in self.sound_mut() {
            if let Task::Make { user, password, .. } = &mut item.task {
                *user = first.given_to(user, &room.settings, room.journal.now());
                *password = Some(first.clone());
            }
        }
    }

    /// What is not refused.
    pub(super) fn sound(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.refusal.is_none())
    }

    /// The same, to be changed.
    pub(super) fn sound_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.items.iter_mut().filter(|item| item.refusal.is_none())
    }

    /// How many audit entries it leaves at least.
    pub(super) fn entries(&self) -> usize {
        let profiles = |before: &UserWithRelations| before.profiles.as_ref().map_or(0, Vec::len);
        let of = |item: &Item| match &item.task {
            Task::Make { groups, profiles, .. } => 1 + groups.len() + profiles.len(),
            Task::Edit { .. } => item.joined().len() + item.left().len(),
            Task::Remove => {
                1 + item.present_groups().len() + item.before.as_ref().map_or(0, profiles)
            }
        };
        self.sound().map(of).sum()
    }

    /// Refuses who would change groups without the permission, or would learn by trying which they
    /// are without the one to read them.
    pub(super) fn check_permission(&mut self, room: &Room<'_>) {
        if room.allows(Permission::GroupManage) {
            return;
        }
        let reads = room.allows(Permission::GroupRead);
        for item in self.sound_mut() {
            let names = matches!(item.task, Task::Edit { groups: Some(_), .. });
            let changes = !item.joined().is_empty() || !item.left().is_empty();
            if changes || (names && !reads) {
                item.refuse(UseCaseError::Forbidden(Permission::GroupManage));
            }
        }
    }

    /// Refuses what nobody does to themselves: to go, and to be asked for no second factor any more,
    /// which for oneself takes the password and a code.
    pub(super) fn check_own(&mut self, room: &Room<'_>) {
        for item in self.sound_mut().filter(|item| room.is_caller(item.id)) {
            let asks_no_more = |before: &UserWithRelations, after: &User| {
                before.user.two_factor_required && !after.two_factor_required
            };
            match (&item.before, &item.task) {
                (_, Task::Remove) => item.refuse(UseCaseError::OwnRemoval),
                (Some(before), Task::Edit { after, .. }) if asks_no_more(before, after) => {
                    item.refuse(UseCaseError::NotForOneself);
                }
                _ => {}
            }
        }
    }

    /// Refuses what the caller may not do. Whether somebody may lose `SystemAdmin` by the rest.
    pub(super) fn check_rights(&mut self, room: &mut Room<'_>) -> Result<bool, UseCaseError> {
        let everything = room.caller().authority().is_everything();
        // Who holds everything acts upward on nobody: only who may lose the role matters then.
        let asked = |item: &&Item| if everything { item.is_weakened() } else { item.is_guarded() };
        let users: Vec<_> = self.sound().filter(asked).map(|item| item.id).collect();
        let groups: BTreeSet<_> = self
            .sound()
            .flat_map(|item| if everything { item.left() } else { &item.left() | &item.joined() })
            .collect();
        let groups: Vec<_> = groups.into_iter().collect();
        let users = Held::of_users(room, &users)?;
        let groups = Held::of_groups(room, &groups)?;
        let (users_above, groups_above) = (users.above(room), groups.above(room));
        for item in self.sound_mut() {
            let touches = &item.left() | &item.joined();
            let guarded = users_above.contains(&item.id) && item.is_guarded();
            if guarded || !touches.is_disjoint(&groups_above) {
                item.refuse(UseCaseError::Upward);
            }
        }
        Ok(users.includes_system_admin() || groups.includes_system_admin())
    }

    /// Locks the groups that are joined and left, and refuses those who would join what is not
    /// there.
    pub(super) fn lock_groups(&mut self, room: &mut Room<'_>) -> Result<(), UseCaseError> {
        let ends = self.sound().flat_map(|item| match item.task {
            Task::Remove => item.present_groups(),
            Task::Make { .. } | Task::Edit { .. } => &item.joined() | &item.left(),
        });
        let ends = ends.collect();
        self.groups = lock_groups(room, ends)?;
        for item in self.items.iter_mut().filter(|item| item.refusal.is_none()) {
            if let Err(invalid) = require_all(&self.groups, &item.joined(), UserDraft::GROUPS) {
                item.refuse(invalid.into());
            }
        }
        Ok(())
    }

    /// Refuses those of several changed users that would take what another one holds, as if they
    /// were changed one after the other. Of one user alone the index tells.
    pub(super) fn refuse_taken(&mut self, room: &mut Room<'_>) -> Result<(), UseCaseError> {
        let edited = self.sound().filter_map(|item| match &item.task {
            Task::Edit { after, .. } => Some(after),
            Task::Make { .. } | Task::Remove => None,
        });
        let edited: Vec<_> = edited.collect();
        if edited.len() < 2 {
            return Ok(());
        }
        let wanted = Holdings {
            login_names: edited.iter().map(|user| user.login_name.folded()).collect(),
            external_ids: edited.iter().filter_map(|user| user.external_id.clone()).collect(),
            addresses: edited.iter().filter_map(|user| user.claimed_address().cloned()).collect(),
        };
        let holders = room.here().users().holders(&wanted)?;
        let mut holders: BTreeMap<_, _> =
            holders.iter().flat_map(|user| claims(user).map(|claim| (claim, user.id))).collect();
        // Those who go have given up what they held before anybody else is changed.
        let gone: BTreeSet<_> = self
            .sound()
            .filter(|item| matches!(item.task, Task::Remove))
            .map(|item| item.id)
            .collect();
        holders.retain(|_, holder| !gone.contains(holder));
        for item in self.items.iter_mut().filter(|item| item.refusal.is_none()) {
            let (Some(before), Task::Edit { after, .. }) = (&item.before, &item.task) else {
                continue;
            };
            let taken = claims(after)
                .find(|claim| holders.get(claim).is_some_and(|holder| *holder != item.id));
            if let Some((what, _)) = taken {
                item.refuse(UseCaseError::Duplicate(what));
                continue;
            }
            for claim in claims(&before.user) {
                holders.remove(&claim);
            }
            holders.extend(claims(after).map(|claim| (claim, item.id)));
        }
        Ok(())
    }

    /// The memberships that begin and end, but for those of users that are gone.
    pub(super) fn links(&self) -> Links<Membership> {
        let mut links = Links::default();
        for item in self.sound() {
            let of_user = |group| Membership { group, user: item.id };
            links.added.extend(item.joined().into_iter().map(of_user));
            links.removed.extend(item.left().into_iter().map(of_user));
        }
        links.tidy();
        links
    }

    /// Notes that relations of these users changed.
    pub(super) fn touched(&mut self, users: impl Iterator<Item = UserId>, stamp: Option<Stamp>) {
        let users: BTreeSet<_> = users.collect();
        for item in self.items.iter_mut().filter(|item| users.contains(&item.id)) {
            item.stamp = stamp;
        }
    }
}

/// What a user holds that nobody else may hold.
fn claims(user: &User) -> impl Iterator<Item = (Unique, String)> {
    let name = Some((Unique::LoginName, user.login_name.folded().as_str().to_owned()));
    let external = user.external_id.as_ref().map(ExternalId::as_str);
    let external = external.map(|id| (Unique::ExternalId, id.to_owned()));
    let address = user.claimed_address().map(|address| address.folded().as_str().to_owned());
    let address = address.map(|address| (Unique::EmailAddress, address));
    [name, external, address].into_iter().flatten()
}

/// The users that are there, locked, with the relations that their changes concern.
fn find(
    room: &mut Room<'_>,
    changes: &[Planned<User>],
) -> Result<BTreeMap<UserId, UserWithRelations>, UseCaseError> {
    let mut ids = Vec::new();
    let (mut groups, mut profiles) = (BTreeSet::new(), BTreeSet::new());
    for planned in changes {
        let concerned = match &*planned.change {
            Change::Create { .. } => continue,
            Change::Update { needs, writes, .. } => needs.or(*writes),
            Change::Upsert { writes, .. } => *writes,
            Change::Remove { .. } => Include::ALL,
        };
        ids.push(planned.id);
        groups.extend(concerned.groups.then_some(planned.id));
        profiles.extend(concerned.profiles.then_some(planned.id));
    }
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let users = room.here().users().find_all_for_update(&ids)?;
    let any = Include { groups: !groups.is_empty(), profiles: !profiles.is_empty() };
    let loaded = load_whole(room, users, any)?;
    let of_concern = |mut user: UserWithRelations| {
        let id = user.user.id;
        user.groups = user.groups.filter(|_| groups.contains(&id));
        user.profiles = user.profiles.filter(|_| profiles.contains(&id));
        (id, user)
    };
    Ok(loaded.into_iter().map(of_concern).collect())
}
