//! How an account is changed.

use std::sync::Arc;

use super::load::{find, load_one, open_groups};
use super::own::{asks_for_proof, no_password, require_proof};
use super::service::OWN;
use super::{Account, AccountEdit, AccountService, roles};
use crate::access::{Context, Room};
use crate::attempt::{Aim, Proven, Subject};
use crate::error::{Missing, UseCaseError};
use crate::password::{Password, allowed, refuse_read_only};
use crate::resource::{Change, Planned, Resource as _};
use crate::text::Folded;
use crate::unit_of_work::Access;
use crate::user::{Include, User, UserDraft, UserWithRelations, find_for_update};
use crate::version::Precondition;

impl AccountService {
    /// Changes the account of that login name as `edit` says. Users who do not manage users change
    /// their own names, address, time zone, formats and notifications, and show the current password
    /// for another address.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] naming properties of the edit, or `currentPassword` where it is
    /// missing; [`UseCaseError::WrongPassword`], [`UseCaseError::Locked`],
    /// [`UseCaseError::PasswordExpired`], [`UseCaseError::Throttled`] and [`UseCaseError::Overloaded`]
    /// of the current password; [`UseCaseError::Forbidden`] where the rest of one's own account would
    /// change; [`UseCaseError::Upward`]; [`UseCaseError::LastSystemAdmin`];
    /// [`UseCaseError::Duplicate`]; [`Missing::User`]; what the gate refuses.
    pub async fn update(
        &self,
        context: &Context,
        login_name: Folded,
        edit: AccountEdit,
        current_password: Option<Password>,
    ) -> Result<(), UseCaseError> {
        let edit = Arc::new(edit);
        let shown = self.prove(context, &login_name, &edit, current_password.as_ref()).await?;
        let write = move |room: &mut Room<'_>| change(room, &login_name, &edit, shown.as_ref());
        self.gate().change(Access::Write, context, OWN, 1, write).await
    }

    /// Who shows the current password for another address of their own; `None` where none is asked
    /// for.
    async fn prove(
        &self,
        context: &Context,
        login_name: &Folded,
        edit: &Arc<AccountEdit>,
        current: Option<&Password>,
    ) -> Result<Option<Proven>, UseCaseError> {
        if edit.email.is_none() {
            return Ok(None);
        }
        let (login_name, edit) = (login_name.clone(), Arc::clone(edit));
        // What would be refused anyway counts no attempt.
        let look = move |room: &mut Room<'_>| {
            refuse_read_only(room)?;
            open_groups(room);
            let user = find(room, &login_name)?;
            edit.check()?;
            let present = load_one(room, user)?;
            Ok(asks_for_proof(room, &present, &edit)?.then_some(present.user.id))
        };
        let Some(id) = self.gate().read(context, OWN, look).await? else { return Ok(None) };
        let current = current.ok_or_else(no_password)?;
        let attempt = &self.passwords.attempt;
        let ticket = attempt.admit()?;
        let subject = (Subject::User(id), Aim::Change);
        let proof = attempt.run(&*ticket, context, OWN, subject, current).await?;
        allowed(proof).map(Some)
    }
}

/// The unit that changes an account.
fn change(
    room: &mut Room<'_>,
    login_name: &Folded,
    edit: &Arc<AccountEdit>,
    shown: Option<&Proven>,
) -> Result<(), UseCaseError> {
    open_groups(room);
    let id = find(room, login_name)?.id;
    edit.check()?;
    if edit.groups.is_some() {
        room.here().nestings().lock_graph()?;
    }
    let user = find_for_update(room, id)?.ok_or(UseCaseError::NotFound(Missing::User))?;
    let before = load_one(room, user)?;
    if asks_for_proof(room, &before, edit)? {
        require_proof(room, &before.user, shown)?;
    }
    let user = write(room, &before, edit)?;
    // After the groups are locked: so do all who change what users hold.
    if let Some(wanted) = &edit.roles {
        roles::replace(room, id, wanted)?;
    }
    if let Some(wanted) = edit.permissions {
        let after = load_one(room, user)?.permissions;
        roles::check_permissions(room, wanted, before.permissions, after)?;
    }
    Ok(())
}

/// Changes the user with its groups and profiles, as the other API does.
fn write(
    room: &mut Room<'_>,
    before: &Account,
    edit: &Arc<AccountEdit>,
) -> Result<User, UseCaseError> {
    let groups = edit.group_ids(room)?;
    let writes = Include { groups: groups.is_some(), profiles: edit.writes_profiles() };
    let wanted = Arc::clone(edit);
    let change = Change::Update {
        id: before.user.id,
        precondition: Precondition::None,
        needs: Include { groups: false, ..writes },
        writes,
        edit: Arc::new(move |before: &UserWithRelations| {
            let present = before.profiles.as_deref().unwrap_or_default();
            Ok(wanted.apply_to(UserDraft::of(&before.user), groups.clone(), present))
        }),
    };
    let changed = User::write(room, &(), &[Planned::of(before.user.id, change)])?.pop();
    let changed = changed.unwrap_or(Ok(None)).map_err(|refusal| edit.named_here(refusal))?;
    changed.map(|changed| changed.user).ok_or(UseCaseError::NotFound(Missing::User))
}
