use std::slice;
use std::sync::Arc;

use domain::access::{Assignment, Context, Grant, Holder, Permission, Room};
use domain::attempt::Attempts;
use domain::attribute::{Attribute, Profile};
use domain::audit::{
    Audited, Entry, EntryOrder, EntryQuery, IdsExhausted, Journal, Recorded, Stamp,
};
use domain::client::Client;
use domain::group::{Group, Membership, Nesting};
use domain::id::{AuditId, GroupId, UserId};
use domain::store::Store;
use domain::unit_of_work::{
    Access, InStore, StoreError, Taken, Transaction, UnitOfWork, Verdict, transact,
};
use domain::user::{User, UserOrder, UserQuery};

use super::Harness;
use super::attributes::Owned;
use crate::World;
use crate::builders::a_group;

/// More than any case stores.
const ALL: u32 = 100_000;

/// One store of a database under test, and short ways to its repositories.
#[derive(Clone)]
pub struct Setting {
    /// The ports behind it.
    pub world: World,
    /// The store.
    pub store: Store,
}

impl Setting {
    /// The store `shop` on the database of a case.
    pub async fn of(harness: &dyn Harness) -> Self {
        Self::on(World::on(harness.unit_of_work()), "shop").await
    }

    /// The store `name` of a world, made now.
    pub async fn on(world: World, name: &str) -> Self {
        let store = world.make_store(name).await;
        Self { world, store }
    }

    /// The same store by another node, whose ids begin elsewhere.
    pub async fn by_second_node(&self, harness: &dyn Harness) -> Self {
        let world = World::further(harness.second_node().await, 1 << 32);
        Self { world, store: self.store.clone() }
    }

    /// A holder of every right, in this store.
    pub fn context(&self) -> Context {
        self.world.as_admin_in(&self.store)
    }

    /// The adapter under test.
    pub fn unit_of_work(&self) -> Arc<dyn UnitOfWork> {
        Arc::clone(&self.world.unit_of_work)
    }

    /// What is recorded by `record`, ready to be stored.
    pub async fn recorded<T: Send + 'static>(
        &self,
        entries: u32,
        record: impl Fn(&Journal) -> Result<T, IdsExhausted> + Send + Sync + 'static,
    ) -> T {
        // A rehearsal leaves nothing but the numbers, and those are allowed to have gaps.
        let (gate, context, needs) = (self.world.gate(), self.context(), Permission::SystemManage);
        let record = move |room: &mut Room<'_>| Ok(record(&room.journal)?);
        gate.change(Access::Rehearse, &context, needs, entries, record).await.unwrap()
    }

    /// The stamp of a change that is recorded and never stored.
    pub async fn stamp(&self) -> Stamp {
        self.added(a_group("stamp").build()).await.stamp()
    }

    /// The making of `record`, recorded and not yet stored.
    pub async fn added<T: Audited + Send + Sync + 'static>(&self, record: T) -> Recorded<T> {
        self.recorded(1, move |journal| journal.added(record.clone())).await
    }

    /// The making of each of `records`.
    pub async fn all_added<T: Audited + Send + Sync + 'static>(
        &self,
        records: Vec<T>,
    ) -> Vec<Recorded<T>> {
        let entries = u32::try_from(records.len()).unwrap();
        self.recorded(entries, move |journal| {
            records.iter().map(|record| journal.added(record.clone())).collect()
        })
        .await
    }

    /// The change from `before` to `after`, which differ.
    pub async fn modified<T: Audited + Send + Sync + 'static>(
        &self,
        before: &T,
        after: T,
    ) -> Recorded<T> {
        let before = before.clone();
        let change = self.recorded(1, move |journal| journal.modified(&before, after.clone()));
        change.await.unwrap()
    }

    /// The changes from each first to its second, which differ.
    pub async fn all_modified<T: Audited + Send + Sync + 'static>(
        &self,
        changes: Vec<(T, T)>,
    ) -> Vec<Recorded<T>> {
        let entries = u32::try_from(changes.len()).unwrap();
        self.recorded(entries, move |journal| {
            let record = |(before, after): &(T, T)| journal.modified(before, after.clone());
            changes.iter().map(|change| Ok(record(change)?.unwrap())).collect()
        })
        .await
    }

    /// The removal of each of `records`.
    pub async fn all_deleted<T: Audited + Send + Sync + 'static>(
        &self,
        records: Vec<T>,
    ) -> Vec<Recorded<T>> {
        let entries = u32::try_from(records.len()).unwrap();
        self.recorded(entries, move |journal| {
            records.iter().map(|record| journal.deleted(record.clone())).collect()
        })
        .await
    }

    /// The removal of `record`.
    pub async fn deleted<T: Audited + Send + Sync + 'static>(&self, record: &T) -> Recorded<T> {
        let record = record.clone();
        self.recorded(1, move |journal| journal.deleted(record.clone())).await
    }

    /// Runs `work` on the whole transaction.
    pub async fn run(
        &self,
        access: Access,
        work: impl FnMut(&mut dyn Transaction) -> Verdict + Send + 'static,
    ) -> Result<(), StoreError> {
        self.world.unit_of_work.run(access, Box::new(work)).await
    }

    /// Runs `work` in the store: `Ok` commits.
    pub async fn here<T: Send + 'static>(
        &self,
        access: Access,
        mut work: impl FnMut(&mut dyn InStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.store.id;
        transact(&*self.world.unit_of_work, access, move |tx| work(&mut *tx.store(store))).await
    }

    /// Writes in the store, in a unit of its own.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn InStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.here(Access::Write, work).await
    }

    /// Reads in the store, which does not fail.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn InStore) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.here(Access::Read, work).await.unwrap()
    }

    /// Stores a new user.
    pub async fn insert(&self, user: &Recorded<User>) -> Result<(), StoreError> {
        let user = user.clone();
        self.write(move |here| here.users().insert(&user)).await
    }

    /// Stores those users that can be.
    pub async fn insert_new(&self, users: &[Recorded<User>]) -> Vec<Result<(), Taken>> {
        let users = users.to_vec();
        self.here(Access::Bulk, move |here| here.users().insert_new(&users)).await.unwrap()
    }

    /// Stores a change of a user.
    pub async fn update(&self, user: &Recorded<User>) -> Result<(), StoreError> {
        self.update_all(slice::from_ref(user)).await
    }

    /// Stores changes of users, in this order.
    pub async fn update_all(&self, users: &[Recorded<User>]) -> Result<(), StoreError> {
        let users = users.to_vec();
        let ids: Vec<_> = users.iter().map(|user| user.record().id).collect();
        self.write(move |here| {
            here.users().find_all_for_update(&ids)?;
            here.users().update_all(&users)
        })
        .await
    }

    /// Removes a user.
    pub async fn remove(&self, user: &Recorded<User>) -> Result<(), StoreError> {
        let user = user.clone();
        self.write(move |here| here.users().remove_all(slice::from_ref(&user))).await
    }

    /// Records and stores a new user.
    pub async fn has_user(&self, user: User) -> User {
        let user = self.added(user).await;
        self.insert(&user).await.unwrap();
        user.into_record()
    }

    /// Records and stores new users.
    pub async fn has_users(&self, users: Vec<User>) -> Vec<User> {
        let users = self.all_added(users).await;
        assert!(self.insert_new(&users).await.iter().all(Result::is_ok));
        users.into_iter().map(Recorded::into_record).collect()
    }

    /// Stores those groups that can be.
    pub async fn insert_groups(&self, groups: &[Recorded<Group>]) -> Vec<Result<(), Taken>> {
        let groups = groups.to_vec();
        self.here(Access::Bulk, move |here| here.groups().insert_new(&groups)).await.unwrap()
    }

    /// Records and stores a new group.
    pub async fn has_group(&self, group: Group) -> Group {
        let group = self.added(group).await;
        assert_eq!(self.insert_groups(slice::from_ref(&group)).await, [Ok(())]);
        group.into_record()
    }

    /// Records and stores new groups.
    pub async fn has_all_groups(&self, groups: Vec<Group>) -> Vec<Group> {
        let groups = self.all_added(groups).await;
        assert!(self.insert_groups(&groups).await.iter().all(Result::is_ok));
        groups.into_iter().map(Recorded::into_record).collect()
    }

    /// Records and stores new groups of these names.
    pub async fn has_groups<const N: usize>(&self, names: [&str; N]) -> [Group; N] {
        let groups = names.map(|name| a_group(name).build()).to_vec();
        self.has_all_groups(groups).await.try_into().unwrap()
    }

    /// Stores a new client.
    pub async fn insert_client(&self, client: &Recorded<Client>) -> Result<(), StoreError> {
        let client = client.clone();
        self.write(move |here| here.clients().insert(&client)).await
    }

    /// Records and stores a new client.
    pub async fn has_client(&self, client: Client) -> Client {
        let client = self.added(client).await;
        self.insert_client(&client).await.unwrap();
        client.into_record()
    }

    /// Records and stores a new membership.
    pub async fn has_member(&self, group: &Group, user: &User) -> Membership {
        let membership = self.added(Membership { group: group.id, user: user.id }).await;
        self.apply_memberships(vec![membership.clone()]).await.unwrap();
        membership.into_record()
    }

    /// Stores changes of memberships.
    pub async fn apply_memberships(
        &self,
        changes: Vec<Recorded<Membership>>,
    ) -> Result<(), StoreError> {
        self.write(move |here| here.memberships().apply(&changes)).await
    }

    /// Records and stores that each second group lies in its first.
    pub async fn has_nestings(&self, pairs: &[(&Group, &Group)]) -> Vec<Nesting> {
        let nestings =
            pairs.iter().map(|(parent, child)| Nesting { parent: parent.id, child: child.id });
        let nestings = self.all_added(nestings.collect()).await;
        self.apply_nestings(nestings.clone()).await.unwrap();
        nestings.into_iter().map(Recorded::into_record).collect()
    }

    /// Stores changes of nestings.
    pub async fn apply_nestings(&self, changes: Vec<Recorded<Nesting>>) -> Result<(), StoreError> {
        self.write(move |here| {
            here.nestings().lock_graph()?;
            here.nestings().apply(&changes)
        })
        .await
    }

    /// Records and stores that `holder` holds `grant`.
    pub async fn has_role(&self, holder: Holder, grant: Grant) -> Assignment {
        let assignment = self.added(Assignment { holder, grant }).await;
        let inserted = assignment.clone();
        self.write(move |here| here.roles().insert(&inserted)).await.unwrap();
        assignment.into_record()
    }

    /// Stores changes of attributes.
    pub async fn apply_attributes<O: Owned>(
        &self,
        changes: Vec<Recorded<Attribute<O>>>,
    ) -> Result<(), StoreError> {
        self.write(move |here| O::attributes(here).apply(&changes)).await
    }

    /// Records and stores a new attribute.
    pub async fn has_attribute<O: Owned>(&self, attribute: Attribute<O>) -> Attribute<O> {
        let attribute = self.added(attribute).await;
        self.apply_attributes(vec![attribute.clone()]).await.unwrap();
        attribute.into_record()
    }

    /// The attributes of an owner.
    pub async fn attributes<O: Owned>(&self, owner: O) -> Vec<Attribute<O>> {
        self.read(move |here| O::attributes(here).of(owner)).await
    }

    /// Stores changes of profiles.
    pub async fn apply_profiles(&self, changes: Vec<Recorded<Profile>>) -> Result<(), StoreError> {
        self.apply_attributes(changes).await
    }

    /// Records and stores a new profile.
    pub async fn has_profile(&self, profile: Profile) -> Profile {
        self.has_attribute(profile).await
    }

    /// Stores the attempts on an account.
    pub async fn has_attempts(&self, user: UserId, attempts: Attempts) {
        let saving = self.write(move |here| {
            here.attempts().lock(user)?;
            here.attempts().save(user, &attempts)
        });
        saving.await.unwrap();
    }

    /// The attempts on an account.
    pub async fn attempts(&self, user: UserId) -> Attempts {
        // Whoever looks at them locks them; a rehearsal leaves nothing behind.
        self.here(Access::Rehearse, move |here| here.attempts().lock(user)).await.unwrap()
    }

    /// The user of that id, if there is one.
    pub async fn user(&self, id: UserId) -> Option<User> {
        self.read(move |here| here.users().find(id)).await
    }

    /// Every user, in order of id.
    pub async fn users(&self) -> Vec<User> {
        self.read(|here| here.users().list(&UserQuery::first(UserOrder::Id, ALL))).await
    }

    /// The group of that id, if there is one.
    pub async fn group(&self, id: GroupId) -> Option<Group> {
        self.read(move |here| here.groups().find(id)).await
    }

    /// The profiles of a user.
    pub async fn profiles(&self, user: UserId) -> Vec<Profile> {
        self.attributes(user).await
    }

    /// The direct groups of a user.
    pub async fn groups_of(&self, user: UserId) -> Vec<Group> {
        self.read(move |here| here.memberships().groups_of(user)).await
    }

    /// The entry of that number, if there is one.
    pub async fn entry(&self, id: AuditId) -> Option<Entry> {
        self.read(move |here| here.audit().find(id)).await
    }

    /// Every entry, in order of number; the first is that of the store itself.
    pub async fn entries(&self) -> Vec<Entry> {
        self.read(|here| here.audit().list(&EntryQuery::first(EntryOrder::Id, ALL))).await
    }

    /// Asserts that a new user is stored as it was recorded, with its entry.
    pub async fn assert_stored(&self, user: &Recorded<User>) {
        assert_eq!(self.user(user.record().id).await.as_ref(), Some(user.record()));
        self.assert_logged(user).await;
    }

    /// Asserts that neither a new user nor its entry is stored.
    pub async fn assert_absent(&self, user: &Recorded<User>) {
        assert_eq!(self.user(user.record().id).await, None, "the user is stored");
        self.assert_not_logged(user).await;
    }

    /// Asserts that the entry of a change is stored.
    pub async fn assert_logged<T>(&self, change: &Recorded<T>) {
        assert_eq!(self.entry(change.entry().id).await.as_ref(), Some(change.entry()));
    }

    /// Asserts that the entry of a change is not stored.
    pub async fn assert_not_logged<T>(&self, change: &Recorded<T>) {
        assert_eq!(self.entry(change.entry().id).await, None, "the entry is stored");
    }
}
