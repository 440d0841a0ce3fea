use std::sync::Arc;

use domain::access::Assignment;
use domain::attempt::{Attempts, NameKey, NameRecord};
use domain::attribute::{Metadata, Profile};
use domain::audit::PublicKeyInfo;
use domain::client::Client;
use domain::delivery::DeliveryId;
use domain::group::Group;
use domain::id::{ClientId, GroupId, SessionId, StoreId, UserId};
use domain::second_factor::SecondFactor;
use domain::store::{Store, StoreRef};
use domain::text::Folded;
use domain::token::{Purpose, StoredToken};
use domain::unit_of_work::StoreError;
use domain::user::{ExternalId, User};

use super::answers::{KeptAnswer, Question};
use super::logs::LeaseTaken;
use super::outbox::Mailing;
use super::passwords::KeptPasswords;
use super::sessions::KeptSession;
use super::table::{Links, Table};
use super::trail::Trail;

/// Everything that is stored, at one moment.
#[derive(Clone, Default)]
pub(super) struct Image {
    pub(super) stores: Table<StoreId, Arc<Store>>,
    pub(super) tenants: Table<StoreId, Tenant>,
    pub(super) answers: Table<Question, Arc<KeptAnswer>>,
    /// The keys that were ever to sign, by place.
    pub(super) audit_keys: Table<u32, PublicKeyInfo>,
    /// By what is leased.
    pub(super) leases: Table<&'static str, LeaseTaken>,
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
        self.stores.values().find(|store| store.name.folded() == *name)
    }

    /// The store that is meant.
    pub(super) fn store_of(&self, wanted: &StoreRef) -> Option<&Arc<Store>> {
        match wanted {
            StoreRef::Id(id) => self.stores.get(id),
            StoreRef::Name(name) => self.store_named(&name.folded()),
        }
    }
}

/// What belongs to one store.
#[derive(Clone, Default)]
pub(super) struct Tenant {
    pub(super) users: Table<UserId, Arc<User>>,
    pub(super) login_names: Table<Folded, UserId>,
    pub(super) external_ids: Table<ExternalId, UserId>,
    /// Of those users alone that sign in by their address.
    pub(super) addresses: Table<Folded, UserId>,
    pub(super) profiles: Table<(UserId, Folded), Arc<Profile>>,
    pub(super) groups: Table<GroupId, Arc<Group>>,
    pub(super) group_names: Table<Folded, GroupId>,
    pub(super) metadata: Table<(GroupId, Folded), Arc<Metadata>>,
    /// A group and its direct members.
    pub(super) members: Links<GroupId, UserId>,
    /// A group and those directly in it.
    pub(super) nestings: Links<GroupId, GroupId>,
    pub(super) assignments: Table<Assignment, ()>,
    /// Without their grants, which are assignments.
    pub(super) clients: Table<ClientId, Arc<Client>>,
    pub(super) client_names: Table<Folded, ClientId>,
    pub(super) passwords: Table<UserId, Arc<KeptPasswords>>,
    pub(super) attempts: Table<UserId, Attempts>,
    /// Each place with the name that holds it.
    pub(super) sign_in_names: Table<u32, (NameKey, NameRecord)>,
    pub(super) tokens: Table<(UserId, Purpose), StoredToken>,
    pub(super) sessions: Table<SessionId, KeptSession>,
    pub(super) second_factors: Table<UserId, Arc<SecondFactor>>,
    /// By their hashes.
    pub(super) recovery_codes: Table<(UserId, [u8; 32]), ()>,
    pub(super) outbox: Table<DeliveryId, Arc<Mailing>>,
    pub(super) trail: Trail,
}

impl Tenant {
    /// # Errors
    /// [`StoreError::DanglingReference`] when there is no such user.
    pub(super) fn require_user(&self, id: UserId) -> Result<(), StoreError> {
        if self.users.contains(&id) { Ok(()) } else { Err(StoreError::DanglingReference) }
    }

    /// Those of `ids` that there are.
    pub(super) fn groups(&self, ids: impl IntoIterator<Item = GroupId>) -> Vec<Group> {
        let found = ids.into_iter().filter_map(|id| self.groups.get(&id));
        found.map(|group| Group::clone(group)).collect()
    }
}
