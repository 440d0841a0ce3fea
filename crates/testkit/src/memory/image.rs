use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use domain::attribute::Profile;
use domain::audit::{Entry, Recorded};
use domain::client::Client;
use domain::group::Group;
use domain::id::{AuditId, ClientId, GroupId, StoreId, UserId};
use domain::store::Store;
use domain::text::Folded;
use domain::unit_of_work::{StoreError, Unique};
use domain::user::{ExternalId, User};

/// An ordered map that is cheap to clone: a clone shares the tree until one of the two changes it.
#[derive(Clone, Debug)]
pub(super) struct Table<K, V>(Arc<BTreeMap<K, V>>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    pub(super) fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn put(&mut self, key: K, value: V) {
        Arc::make_mut(&mut self.0).insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        Arc::make_mut(&mut self.0).remove(key)
    }

    /// The value of `key`, to change it; made from nothing when there is none.
    pub(super) fn edit(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        Arc::make_mut(&mut self.0).entry(key).or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter()
    }

    /// Up to `limit` values whose key is greater than `after`, in order.
    pub(super) fn page(&self, after: Option<K>, limit: u32) -> impl Iterator<Item = &V> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.0.range((from, Bound::Unbounded)).map(|(_, value)| value).take(limit)
    }

    /// What lies from `first` on, in order.
    pub(super) fn from(&self, first: K) -> impl Iterator<Item = (&K, &V)> {
        self.0.range(first..)
    }
}

/// Everything that is stored, at one moment.
#[derive(Clone, Default)]
pub(super) struct Image {
    pub(super) stores: Table<StoreId, Arc<Store>>,
    pub(super) tenants: Table<StoreId, Tenant>,
}

impl Image {
    /// What `look` sees in a store: nothing, where there is none.
    pub(super) fn look_into<T>(&self, store: StoreId, look: impl FnOnce(&Tenant) -> T) -> T {
        match self.tenants.get(&store) {
            Some(tenant) => look(tenant),
            None => look(&Tenant::default()),
        }
    }

    /// The store of that folded name.
    pub(super) fn store_named(&self, name: &Folded) -> Option<&Arc<Store>> {
        self.stores.iter().map(|(_, store)| store).find(|store| store.name.folded() == *name)
    }
}

/// What belongs to one store.
#[derive(Clone, Default)]
pub(super) struct Tenant {
    pub(super) users: Table<UserId, Arc<User>>,
    pub(super) login_names: Table<Folded, UserId>,
    pub(super) external_ids: Table<ExternalId, UserId>,
    pub(super) profiles: Table<(UserId, Folded), Arc<Profile>>,
    pub(super) groups: Table<GroupId, Arc<Group>>,
    pub(super) group_names: Table<Folded, GroupId>,
    /// User first: their groups lie side by side.
    pub(super) memberships: Table<(UserId, GroupId), ()>,
    pub(super) clients: Table<ClientId, Arc<Client>>,
    pub(super) client_names: Table<Folded, ClientId>,
    pub(super) entries: Table<AuditId, Arc<Entry>>,
    /// How many numbers of audit entries are given out.
    pub(super) reserved: i64,
}

impl Tenant {
    /// Appends the entry of a change to the trail.
    pub(super) fn log<T>(&mut self, change: &Recorded<T>) -> Result<(), StoreError> {
        let entry = change.entry();
        if self.entries.contains(&entry.id) {
            return Err(StoreError::Conflict { what: Unique::AuditId });
        }
        self.entries.put(entry.id, Arc::new(entry.clone()));
        Ok(())
    }

    /// The groups that a user is directly in, in order of id.
    pub(super) fn groups_of(&self, user: UserId) -> Vec<Group> {
        self.memberships_of(user)
            .filter_map(|group| self.groups.get(&group))
            .map(|group| Group::clone(group))
            .collect()
    }

    pub(super) fn memberships_of(&self, user: UserId) -> impl Iterator<Item = GroupId> {
        let first = GroupId::new(uuid::Uuid::nil());
        self.memberships
            .from((user, first))
            .map(|(key, ())| *key)
            .take_while(move |(owner, _)| *owner == user)
            .map(|(_, group)| group)
    }

    /// The profiles of a user, in order of the folded key.
    pub(super) fn profiles_of(&self, user: UserId) -> impl Iterator<Item = Profile> {
        self.profiles
            .from((user, Folded::of("")))
            .take_while(move |((owner, _), _)| *owner == user)
            .map(|(_, profile)| Profile::clone(profile))
    }
}

/// The distinct ids of a question, in order.
pub(super) fn in_order(users: &[UserId]) -> BTreeSet<UserId> {
    users.iter().copied().collect()
}
