//! How an account is made.

use super::load::{load_one, open_groups};
use super::service::MANAGE;
use super::{Account, AccountEdit, AccountService, roles};
use crate::access::{Context, PermissionSet, Room};
use crate::error::UseCaseError;
use crate::id::UserId;
use crate::password::{
    FirstPassword, HashTicket, PASSWORD, Password, refuse_broken, refuse_read_only,
};
use crate::unit_of_work::{Access, Unique};
use crate::user::{LoginName, UserDraft, find_by_login_name, make_with_password};

/// An account that is to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The name to sign in with.
    pub login_name: LoginName,
    /// What else of it is said; the rest is as with every new user.
    pub edit: AccountEdit,
    /// The first password, which need not be changed. Without it one is generated.
    pub password: Option<Password>,
    /// Whether that password may break the policy of the store.
    pub skip_check: bool,
}

/// An account that was made.
#[derive(Clone, Debug)]
pub struct Added {
    /// The account.
    pub account: Account,
    /// The password that was generated: it is shown this once, and has to be changed by the time that
    /// the account says.
    pub generated: Option<Password>,
}

impl AccountService {
    /// Makes an account with a first password: one audit entry tells of both.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] naming `password` with every broken rule, or properties of the edit;
    /// [`UseCaseError::Duplicate`]; [`UseCaseError::Upward`] where a role or a group gives what the
    /// caller lacks; [`UseCaseError::Overloaded`]; what the gate refuses.
    pub async fn add(&self, context: &Context, new: NewAccount) -> Result<Added, UseCaseError> {
        let ticket = self.passwords.attempt.admit()?;
        let id = UserId::new(self.gate().random().new_uuid());
        let wanted = new.clone();
        // Who may not do it hears that before the rules, and before a hash is computed.
        let look = move |room: &mut Room<'_>| {
            refuse_read_only(room)?;
            wanted.edit.check()?;
            refuse_taken(room, &wanted.login_name)?;
            let draft = wanted.edit.apply_to(UserDraft::new(wanted.login_name.clone()), None, &[]);
            let user = draft.create(id, room.journal.now(), &room.settings)?;
            Ok((user, room.store.name.clone(), room.settings))
        };
        let (user, store, settings) = self.gate().read(context, MANAGE, look).await?;
        if let Some(chosen) = new.password.as_ref().filter(|_| !new.skip_check) {
            let broken = self.passwords.broken(&store, &user, &settings, chosen);
            refuse_broken(PASSWORD, &broken)?;
        }
        let (first, generated) = self.first_password(&*ticket, &new).await?;
        let make = move |room: &mut Room<'_>| make(room, id, &new, &first);
        let account = self.gate().change(Access::Write, context, MANAGE, 1, make).await?;
        Ok(Added { account, generated })
    }

    /// The first password, and itself where it was generated.
    async fn first_password(
        &self,
        ticket: &dyn HashTicket,
        new: &NewAccount,
    ) -> Result<(FirstPassword, Option<Password>), UseCaseError> {
        if let Some(chosen) = &new.password {
            let hash = ticket.hash(chosen).await?;
            return Ok((FirstPassword::chosen(hash, new.skip_check), None));
        }
        let generated = Password::generate(self.gate().random());
        let hash = ticket.hash(&generated).await?;
        Ok((FirstPassword::generated(hash), Some(generated)))
    }
}

/// Before a hash is computed; that it stays free is for the index to see to.
fn refuse_taken(room: &mut Room<'_>, name: &LoginName) -> Result<(), UseCaseError> {
    match find_by_login_name(room, &name.folded())? {
        Some(_) => Err(UseCaseError::Duplicate(Unique::LoginName)),
        None => Ok(()),
    }
}

/// The unit that makes an account.
fn make(
    room: &mut Room<'_>,
    id: UserId,
    new: &NewAccount,
    first: &FirstPassword,
) -> Result<Account, UseCaseError> {
    let NewAccount { login_name, edit, .. } = new;
    open_groups(room);
    edit.check()?;
    // Who joins one group locks that one alone, and waits for nobody who waits for them.
    if edit.groups.as_ref().is_some_and(|groups| groups.len() > 1) {
        room.here().nestings().lock_graph()?;
    }
    let groups = edit.group_ids(room)?;
    let draft = edit.apply_to(UserDraft::new(login_name.clone()), groups, &[]);
    let made = make_with_password(room, id, draft, first);
    let user = made.map_err(|refusal| edit.named_here(refusal))?;
    if let Some(wanted) = &edit.roles {
        roles::replace(room, id, wanted)?;
    }
    let account = load_one(room, user)?;
    if let Some(wanted) = edit.permissions {
        let nothing = PermissionSet::EMPTY;
        roles::check_permissions(room, wanted, nothing, account.permissions)?;
    }
    Ok(account)
}
