use std::sync::Arc;

use super::Account;
use super::load::{find, load, load_one, open_groups};
use crate::access::{
    Context, Gate, Needs, Permission, PermissionSet, Reach, Role, Room, refuse_upward,
};
use crate::error::{Missing, UseCaseError};
use crate::id::UserId;
use crate::page::{Page, Place};
use crate::password::{Blocklist, PasswordHasher, PasswordService, lift_locks};
use crate::resource::{Planned, Resource as _};
use crate::text::Folded;
use crate::unit_of_work::Access;
use crate::user::{User, UserOrder, UserQuery, find_for_update};

/// The use cases on accounts: to make one in `add`, to change one in `update`, the others here.
#[derive(Clone)]
pub struct AccountService {
    pub(super) passwords: PasswordService,
}

/// What the users API asks for.
pub(super) const MANAGE: Permission = Permission::UserManage;
/// The same where users may do it to themselves.
pub(super) const OWN: Needs = Needs::own_or(MANAGE);

impl AccountService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate, hasher: Arc<dyn PasswordHasher>, blocklist: Arc<dyn Blocklist>) -> Self {
        Self { passwords: PasswordService::new(gate, hasher, blocklist) }
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.passwords.attempt.gate
    }

    /// The account of that login name, ignoring case: one's own, or any for who manages users.
    ///
    /// # Errors
    /// [`Missing::User`]; what the gate refuses.
    pub async fn find(
        &self,
        context: &Context,
        login_name: Folded,
    ) -> Result<Account, UseCaseError> {
        let look = move |room: &mut Room<'_>| {
            open_groups(room);
            let user = find(room, &login_name)?;
            load_one(room, user)
        };
        self.gate().read(context, OWN, look).await
    }

    /// Up to `limit` accounts behind `after`, in order of the login name: five statements besides the
    /// store's own, however many accounts.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn page(
        &self,
        context: &Context,
        after: Option<Place<UserId>>,
        limit: u32,
    ) -> Result<Page<Account, Place<UserId>>, UseCaseError> {
        const BY: UserOrder = UserOrder::LoginName;
        let query = UserQuery { after, ..UserQuery::first(BY, limit) };
        let look = move |room: &mut Room<'_>| {
            open_groups(room);
            let found = room.here().users().list(&query.and_one_more())?;
            let page = Page::cut(found, query.limit, |user| BY.place(user));
            Ok(Page { items: load(room, page.items)?, next: page.next })
        };
        self.gate().read(context, MANAGE, look).await
    }

    /// Removes an account.
    ///
    /// # Errors
    /// [`UseCaseError::OwnRemoval`]; [`UseCaseError::LastSystemAdmin`]; [`UseCaseError::Upward`];
    /// [`Missing::User`]; what the gate refuses.
    pub async fn remove(&self, context: &Context, login_name: Folded) -> Result<(), UseCaseError> {
        let remove = move |room: &mut Room<'_>| {
            let user = find(room, &login_name)?;
            room.here().nestings().lock_graph()?;
            let removed = User::write(room, &(), &[Planned::removal(user.id)])?;
            removed.into_iter().try_for_each(|outcome| outcome.map(drop))
        };
        self.gate().change(Access::Write, context, MANAGE, 1, remove).await
    }

    /// Voids the tokens and the sessions of an account, but for the caller's own session; of somebody else
    /// it also ends every lock and forgets every failure. Password, roles and groups stay.
    ///
    /// # Errors
    /// [`UseCaseError::Upward`]; [`Missing::User`]; what the gate refuses.
    pub async fn reset(&self, context: &Context, login_name: Folded) -> Result<(), UseCaseError> {
        let reset = move |room: &mut Room<'_>| {
            let id = find(room, &login_name)?.id;
            let user = find_for_update(room, id)?.ok_or(UseCaseError::NotFound(Missing::User))?;
            if !room.is_caller(id) {
                refuse_upward(room, id)?;
            }
            // Nobody lifts their own: whoever holds a session of theirs could guess the password by it, a
            // few tries at a time, for ever.
            if !room.is_caller(id) {
                lift_locks(room, &user)?;
            }
            let own = room.caller().session().map(|by| by.session);
            let mut here = room.here();
            here.tokens().clear(&[id])?;
            Ok(here.sessions().end_all(&[id], own)?)
        };
        self.gate().change(Access::Write, context, OWN, 1, reset).await
    }

    /// Every role that there is, for who manages users; else those that the caller, a user, holds here,
    /// by groups too. In order of the name.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn roles(&self, context: &Context) -> Result<Vec<Role>, UseCaseError> {
        let look = |room: &mut Room<'_>| {
            let all = room.rules().roles.roles();
            if room.allows(MANAGE) {
                return Ok(all.to_vec());
            }
            let caller = room.caller().user_of(room.store.id);
            let Some(user) = caller else { return Ok(Vec::new()) };
            let here = Reach::Store(room.store.id);
            let held = room.here().roles().held_by_users(&[user])?;
            let is_held = |role: &&Role| {
                held.iter().any(|(_, it)| it.reach().covers(here) && *it.role() == role.name)
            };
            Ok(all.iter().filter(is_held).cloned().collect())
        };
        self.gate().point(context, OWN, look).await
    }

    /// Every permission that there is, for who manages users; else what the caller may do here.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn permissions(&self, context: &Context) -> Result<PermissionSet, UseCaseError> {
        let look = |room: &mut Room<'_>| {
            if room.allows(MANAGE) {
                return Ok(PermissionSet::of(&Permission::ALL));
            }
            Ok(room.caller().permissions_in(room.store.id))
        };
        self.gate().point(context, OWN, look).await
    }
}
