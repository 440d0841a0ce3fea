use crate::access::{Caller, Context, Gate, Permission, Room, SystemRoom};
use crate::audit::{EntryOrder, EntryQuery, Erased};
use crate::error::{Missing, UseCaseError};
use crate::id::{StoreId, UserId};
use crate::page::Order;
use crate::resource::{Change, Planned, Resource as _};
use crate::store::{Overrides, Store, StoreName, StoreRef};
use crate::unit_of_work::{Access, StoreError};
use crate::user::User;
use crate::version::{Precondition, Version};

/// Erases a person: what the audit trail holds of them, and the user itself where that is wished.
/// What happened, when and by whom stays, and verifies as before; what was in the records goes.
#[derive(Clone)]
pub struct ErasureService {
    gate: Gate,
}

impl ErasureService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// Erases what the trail holds of users who are there no more, also of stores that are gone: by
    /// their id.
    ///
    /// # Errors
    /// [`UseCaseError::NotDeleted`]; [`Missing::User`] when the trail never heard of one; what the
    /// gate refuses: it takes who may do everything, since it makes the trail say less.
    pub async fn erase(&self, context: &Context, user: UserId) -> Result<(), UseCaseError> {
        let erase = move |room: &mut Room<'_>| {
            if room.here().users().find(user)?.is_some() {
                return Err(UseCaseError::NotDeleted);
            }
            erase(room, user)
        };
        let erased =
            self.gate.change(Access::Write, context, Permission::SystemManage, 1, erase).await;
        match (&erased, &context.store) {
            (Err(UseCaseError::NotFound(Missing::Store)), StoreRef::Id(store)) => {
                self.erase_in_removed(&context.caller, *store, user).await
            }
            _ => erased,
        }
    }

    async fn erase_in_removed(
        &self,
        caller: &Caller,
        store: StoreId,
        user: UserId,
    ) -> Result<(), UseCaseError> {
        let erase = move |room: &mut SystemRoom<'_>| erase_in_removed(room, store, user);
        match self.gate.system(Access::Write, caller, None, erase).await {
            // As unknown to them as one that never was.
            Err(UseCaseError::Forbidden(_)) => Err(UseCaseError::NotFound(Missing::Store)),
            outcome => outcome,
        }
    }

    /// Deletes a user, as [`Change::Remove`] does, and erases what the trail holds of them: both or
    /// neither.
    ///
    /// # Errors
    /// What deleting refuses; what the gate refuses, as for [`Self::erase`].
    pub async fn delete(
        &self,
        context: &Context,
        user: UserId,
        precondition: Precondition,
    ) -> Result<(), UseCaseError> {
        let delete = move |room: &mut Room<'_>| {
            room.require(Permission::UserManage)?;
            room.here().nestings().lock_graph()?;
            let precondition = precondition.clone();
            let removal = Planned::of(user, Change::Remove { id: user, precondition });
            for outcome in User::write(room, &(), &[removal])? {
                outcome?;
            }
            erase(room, user)
        };
        self.gate.change(Access::Write, context, Permission::SystemManage, 2, delete).await
    }
}

/// Erases what the trail of the store holds of a user, and what is kept of answers, which may hold it
/// too: so a request that was answered before is carried out when it is sent again.
fn erase(room: &mut Room<'_>, user: UserId) -> Result<(), UseCaseError> {
    let recorded = room.journal.noted(Erased { user })?;
    if room.here().audit().erase(&recorded)? == 0 {
        return Err(UseCaseError::NotFound(Missing::User));
    }
    Ok(room.forget_answers()?)
}

/// The same in a store that is gone: its log goes on with what is done to it.
fn erase_in_removed(
    room: &mut SystemRoom<'_>,
    id: StoreId,
    user: UserId,
) -> Result<(), UseCaseError> {
    let gone = removed(room, id)?;
    let recorded = room.founding_journal(&gone, 1)?.noted(Erased { user })?;
    if room.inside(id).audit().erase(&recorded)? == 0 {
        return Err(UseCaseError::NotFound(Missing::User));
    }
    Ok(room.forget_answers(id)?)
}

/// A store that is gone as its trail knows it last: its log is locked.
fn removed(room: &mut SystemRoom<'_>, id: StoreId) -> Result<Store, UseCaseError> {
    let missing = || UseCaseError::NotFound(Missing::Store);
    if room.stores().find(id)?.is_some() {
        return Err(missing());
    }
    let head = room.inside(id).log().lock()?.ok_or_else(missing)?;
    let order = Order { by: EntryOrder::Id, descending: true };
    let last = EntryQuery { order, ..EntryQuery::first(EntryOrder::Id, 1) };
    let last = room.inside(id).audit().list(&last)?.pop().ok_or_else(missing)?;
    let name = StoreName::parse(last.data_source)
        .map_err(|_| StoreError::Corrupt("audit_entries.data_source".into()))?;
    let (set, version) = (Overrides::default(), Version::UNRECORDED);
    Ok(Store { id, name, set, audit_key: head.key, version })
}
