use super::limits::{self, GrantProperties, keep_an_administrator};
use super::{Assignment, AssignmentFilter, Context, Gate, Holder, Permission, Role, Room};
use crate::error::{Missing, UseCaseError};
use crate::page::Page;
use crate::unit_of_work::Access;

/// How a request for an assignment says what it grants.
const SAID: GrantProperties = GrantProperties { role: "role", store: "storeId" };

/// The use cases on who holds which role: for holders of `SystemAdmin`.
#[derive(Clone)]
pub struct RoleService {
    gate: Gate,
}

impl RoleService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// Gives a role to somebody of the store.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] naming `role` or `storeId` when there is none such;
    /// [`UseCaseError::Upward`] when the caller would grant what they lack; [`Missing::User`],
    /// [`Missing::Group`], [`Missing::Client`]; [`UseCaseError::Duplicate`] naming `Role` when they
    /// hold it already; what the gate refuses.
    pub async fn assign(
        &self,
        context: &Context,
        assignment: Assignment,
    ) -> Result<Assignment, UseCaseError> {
        self.gate
            .change(Access::Write, context, Permission::SystemManage, 1, move |room| {
                let holder = assignment.holder;
                let grant = limits::grantable(room, &assignment.grant, &SAID)?;
                lock(room, holder)?.map_err(UseCaseError::NotFound)?;
                let recorded = room.journal.added(Assignment { holder, grant })?;
                room.here().roles().insert(&recorded)?;
                Ok(recorded.into_record())
            })
            .await
    }

    /// Takes a role from somebody of the store, also one that is no longer in the configuration.
    ///
    /// # Errors
    /// [`Missing::Role`] when they do not hold it themselves; [`UseCaseError::Upward`] when it gives
    /// what the caller lacks; [`UseCaseError::LastSystemAdmin`]; what the gate refuses.
    pub async fn revoke(
        &self,
        context: &Context,
        assignment: Assignment,
    ) -> Result<(), UseCaseError> {
        self.gate
            .change(Access::Write, context, Permission::SystemManage, 1, move |room| {
                let held = held(room, &assignment)?;
                if !limits::covers(room, [&held.grant]) {
                    return Err(UseCaseError::Upward);
                }
                keep_an_administrator(room, held.grant.is_system_admin(), |room| {
                    let recorded = room.journal.deleted(held)?;
                    Ok(room.here().roles().remove_all(&[recorded])?)
                })
            })
            .await
    }

    /// Up to `limit` assignments of the store behind `after`, in the order of
    /// [`super::RoleRepository::page`].
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn page(
        &self,
        context: &Context,
        filter: AssignmentFilter,
        after: Option<Assignment>,
        limit: u32,
    ) -> Result<Page<Assignment, Assignment>, UseCaseError> {
        self.gate
            .read(context, Permission::SystemManage, move |room| {
                let (after, one_more) = (after.clone(), limit.saturating_add(1));
                let found = room.here().roles().page(&filter, after, one_more)?;
                Ok(Page::cut(found, limit, Assignment::clone))
            })
            .await
    }

    /// Every role that can be given, in order of the name.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn roles(&self, context: &Context) -> Result<Vec<Role>, UseCaseError> {
        self.gate
            .point(context, Permission::SystemManage, |room| {
                Ok(room.rules().roles.roles().to_vec())
            })
            .await
    }
}

/// Locks a holder, so that they stay while what they hold changes; or says what is not there.
fn lock(room: &mut Room<'_>, holder: Holder) -> Result<Result<(), Missing>, UseCaseError> {
    let mut here = room.here();
    let (is_there, missing) = match holder {
        Holder::User(id) => (!here.users().find_all_for_update(&[id])?.is_empty(), Missing::User),
        Holder::Group(id) => {
            (!here.groups().find_all_for_update(&[id])?.is_empty(), Missing::Group)
        }
        Holder::Client(id) => (here.clients().find_for_update(id)?.is_some(), Missing::Client),
    };
    Ok(if is_there { Ok(()) } else { Err(missing) })
}

/// The assignment as it is stored, with its holder locked: of two that revoke it one comes first.
fn held(room: &mut Room<'_>, wanted: &Assignment) -> Result<Assignment, UseCaseError> {
    let missing = UseCaseError::NotFound(Missing::Role);
    if lock(room, wanted.holder)?.is_err() {
        return Err(missing);
    }
    let held = room.here().roles().of(&[wanted.holder])?;
    held.into_iter().find(|held| held == wanted).ok_or(missing)
}
