use std::sync::Arc;

use super::creation::{self, NewUser};
use super::relations::load;
use super::{Include, LoginName, User, UserDraft, UserWithRelations, change};
use crate::access::{Context, Gate, Permission, Room};
use crate::error::{Invalid, Missing, UseCaseError};
use crate::id::{StoreId, UserId};
use crate::page::Page;
use crate::text::Folded;
use crate::unit_of_work::Access;
use crate::version::{Precondition, Version};

/// Makes the draft of a changed user from the user as it is. It runs inside the unit of work, more
/// than once when the unit is rerun.
pub type Edit = Arc<dyn Fn(&UserWithRelations) -> Result<UserDraft, EditError> + Send + Sync>;

/// Why an edit makes no draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// Rules of properties are broken.
    Invalid(Invalid),
    /// A condition inside the request does not hold.
    TestFailed(String),
}

impl From<EditError> for UseCaseError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Invalid(invalid) => Self::Invalid(invalid),
            EditError::TestFailed(which) => Self::TestFailed(which),
        }
    }
}

/// Update the user if there is one, make it if not.
#[derive(Clone)]
pub struct Upsert {
    /// Which user; without it, the one of that login name.
    pub id: Option<UserId>,
    /// Which user, when there is no id.
    pub login_name: Option<LoginName>,
    /// The user to make, or why the request is not enough to make one.
    pub create: Result<UserDraft, Invalid>,
    /// The change of the user that is there.
    pub edit: Edit,
}

/// The use cases on users.
#[derive(Clone)]
pub struct UserService {
    gate: Gate,
}

impl UserService {
    /// How many users of a batch share one statement.
    const CHUNK: usize = 500;
    /// How often an upsert looks again when somebody else makes the user in between.
    const UPSERT_ROUNDS: u32 = 4;

    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// Whether the caller may write users here at all, and the id of the store. For refusals of a
    /// request that come before its use case: who may not write hears that first.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn admit(&self, context: &Context) -> Result<StoreId, UseCaseError> {
        self.gate.point(context, Permission::UserManage, |room| Ok(room.store.id)).await
    }

    /// The user of that id.
    ///
    /// # Errors
    /// [`Missing::User`]; what the gate refuses.
    pub async fn find(
        &self,
        context: &Context,
        id: UserId,
        include: Include,
    ) -> Result<UserWithRelations, UseCaseError> {
        self.gate
            .point(context, Permission::UserRead, move |room| {
                let user = room.here().users().find(id)?;
                load(room, user.ok_or(UseCaseError::NotFound(Missing::User))?, include)
            })
            .await
    }

    /// The user of that login name, ignoring case.
    ///
    /// # Errors
    /// [`Missing::User`]; what the gate refuses.
    pub async fn find_by_login_name(
        &self,
        context: &Context,
        login_name: Folded,
        include: Include,
    ) -> Result<UserWithRelations, UseCaseError> {
        self.gate
            .point(context, Permission::UserRead, move |room| {
                let user = room.here().users().find_by_login_name(&login_name)?;
                load(room, user.ok_or(UseCaseError::NotFound(Missing::User))?, include)
            })
            .await
    }

    /// Up to `limit` users after the one of id `after`, in order of id. Three statements besides
    /// the store's own, however many users.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn page(
        &self,
        context: &Context,
        after: Option<UserId>,
        limit: u32,
        include: Include,
    ) -> Result<Page<UserWithRelations, UserId>, UseCaseError> {
        self.gate
            .read(context, Permission::UserRead, move |room| {
                let found = room.here().users().page(after, limit.saturating_add(1))?;
                let page = Page::cut(found, limit, |user| user.id);
                let items = super::relations::load_all(room, page.items, include)?;
                Ok(Page { items, next: page.next })
            })
            .await
    }

    /// Makes a user. Without an id it gets a new one.
    ///
    /// # Errors
    /// [`UseCaseError::Duplicate`] naming `UserId`, `LoginName` or `ExternalId`;
    /// [`UseCaseError::Invalid`]; what the gate refuses.
    pub async fn create(
        &self,
        context: &Context,
        id: Option<UserId>,
        draft: UserDraft,
    ) -> Result<UserWithRelations, UseCaseError> {
        let user = NewUser { id: self.id_or_new(id), draft };
        self.gate
            .change(Access::Write, context, Permission::UserManage, user.entries(), move |room| {
                creation::create(room, &user)
            })
            .await
    }

    /// Makes all of these users or none of them; `access` is `Bulk`, or `Rehearse` to see whether
    /// they could be made.
    ///
    /// # Errors
    /// [`UseCaseError::Item`] with the position of the first user that cannot be made, and why.
    pub async fn create_all(
        &self,
        context: &Context,
        access: Access,
        users: Vec<(Option<UserId>, UserDraft)>,
    ) -> Result<Vec<UserWithRelations>, UseCaseError> {
        let users: Vec<_> = users
            .into_iter()
            .map(|(id, draft)| NewUser { id: self.id_or_new(id), draft })
            .collect();
        creation::refuse_repeated_ids(&users)?;
        let entries = users.iter().map(NewUser::entries).fold(0, u32::saturating_add);
        self.gate
            .change(access, context, Permission::UserManage, entries, move |room| {
                creation::create_all(room, &users, Self::CHUNK)
            })
            .await
    }

    /// Changes a user as `edit` says; `needs` names the relations that `edit` looks at.
    ///
    /// # Errors
    /// [`Missing::User`]; [`UseCaseError::Stale`]; [`UseCaseError::Duplicate`]; what `edit` refuses;
    /// what the gate refuses.
    pub async fn change(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
        needs: Include,
        edit: Edit,
    ) -> Result<UserWithRelations, UseCaseError> {
        self.gate
            .change(Access::Write, context, Permission::UserManage, 1, move |room| {
                let user = find_to_change(room, id, &precondition)?;
                change::change(room, user, needs, &edit)
            })
            .await
    }

    /// Changes the user that the request means, or makes it.
    ///
    /// # Errors
    /// Those of [`Self::create`] and [`Self::change`]. A precondition is not met by a user that is
    /// not there.
    pub async fn create_or_update(
        &self,
        context: &Context,
        precondition: Precondition,
        upsert: Upsert,
    ) -> Result<UserWithRelations, UseCaseError> {
        let new_id = self.id_or_new(upsert.id);
        let mut rounds = 0;
        loop {
            rounds += 1;
            let (upsert, precondition) = (upsert.clone(), precondition.clone());
            let outcome = self
                .gate
                .change(Access::Write, context, Permission::UserManage, 1, move |room| {
                    let Some(user) = find_to_upsert(room, &upsert)? else {
                        require_nothing_present(&precondition)?;
                        let draft = upsert.create.clone()?;
                        return creation::create(room, &NewUser { id: new_id, draft });
                    };
                    require(&precondition, user.version)?;
                    change::change(room, user, Include::NONE, &upsert.edit)
                })
                .await;
            // What was not there a moment ago may have been made by somebody else, and be there to
            // update now. The index that refused the insert need not be the one that was matched.
            let overtaken = matches!(outcome, Err(UseCaseError::Duplicate(_)));
            if !overtaken || rounds == Self::UPSERT_ROUNDS {
                return outcome;
            }
        }
    }

    /// Removes a user with its profiles and memberships.
    ///
    /// # Errors
    /// [`Missing::User`]; [`UseCaseError::Stale`]; what the gate refuses.
    pub async fn remove(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
    ) -> Result<(), UseCaseError> {
        self.gate
            .change(Access::Write, context, Permission::UserManage, 1, move |room| {
                let user = find_to_change(room, id, &precondition)?;
                change::remove(room, user)
            })
            .await
    }

    fn id_or_new(&self, id: Option<UserId>) -> UserId {
        id.unwrap_or_else(|| UserId::new(self.gate.random().new_uuid()))
    }
}

fn find_to_change(
    room: &mut Room<'_>,
    id: UserId,
    precondition: &Precondition,
) -> Result<User, UseCaseError> {
    let user = room.here().users().find_for_update(id)?;
    let user = user.ok_or(UseCaseError::NotFound(Missing::User))?;
    require(precondition, user.version)?;
    Ok(user)
}

fn find_to_upsert(room: &mut Room<'_>, upsert: &Upsert) -> Result<Option<User>, UseCaseError> {
    if let Some(id) = upsert.id {
        return Ok(room.here().users().find_for_update(id)?);
    }
    let Some(name) = &upsert.login_name else {
        return Err(Invalid::one("loginName", "must be present where there is no id").into());
    };
    let found = room.here().users().find_by_login_name(&name.folded())?;
    let Some(found) = found else { return Ok(None) };
    let locked = room.here().users().find_for_update(found.id)?;
    // Renamed before it was locked: the one that is meant is another user now, or none.
    Ok(locked.filter(|user| user.login_name.folded() == name.folded()))
}

fn require(precondition: &Precondition, present: Version) -> Result<(), UseCaseError> {
    if precondition.is_met_by(present) {
        return Ok(());
    }
    Err(UseCaseError::Stale { present: Some(present) })
}

/// RFC 9110 §13.1.1: `If-Match` is false when there is no current representation.
fn require_nothing_present(precondition: &Precondition) -> Result<(), UseCaseError> {
    match precondition {
        Precondition::None => Ok(()),
        Precondition::Exists | Precondition::OneOf(_) => Err(UseCaseError::Stale { present: None }),
    }
}
