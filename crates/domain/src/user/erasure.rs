use crate::access::{Context, Gate, Permission, Room};
use crate::audit::Erased;
use crate::error::{Missing, UseCaseError};
use crate::id::UserId;
use crate::resource::{Change, Planned, Resource as _};
use crate::unit_of_work::Access;
use crate::user::User;
use crate::version::Precondition;

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

    /// Erases what the trail holds of users who are there no more.
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
        self.gate.change(Access::Write, context, Permission::SystemManage, 1, erase).await
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
