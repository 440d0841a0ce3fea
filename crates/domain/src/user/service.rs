use std::sync::Arc;

use super::relations::{load, load_all};
use super::{Include, User, UserDraft, UserQuery, UserWithRelations, find_by_login_name};
use crate::access::{Context, Permission};
use crate::error::{Missing, UseCaseError};
use crate::id::UserId;
use crate::page::{Page, Place};
use crate::resource::{Change, Records};
use crate::synchronize::{Pass, Synchronized};
use crate::text::Folded;
use crate::version::Precondition;

/// The use cases on users.
pub type UserService = Records<User>;

impl Records<User> {
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
                let user = find_by_login_name(room, &login_name)?;
                load(room, user.ok_or(UseCaseError::NotFound(Missing::User))?, include)
            })
            .await
    }

    /// The users that the query asks for. Three statements besides the store's own, however many
    /// users.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn page(
        &self,
        context: &Context,
        query: UserQuery,
        include: Include,
    ) -> Result<Page<UserWithRelations, Place<UserId>>, UseCaseError> {
        self.gate
            .read(context, Permission::UserRead, move |room| {
                let found = room.here().users().list(&query.and_one_more())?;
                let page = Page::cut(found, query.limit, |user| query.order.by.place(user));
                let items = load_all(room, page.items, include)?;
                Ok(Page { items, next: page.next })
            })
            .await
    }

    /// Lets a user sign in, or refuses it: `SetUserState`.
    ///
    /// # Errors
    /// [`Missing::User`]; [`UseCaseError::Stale`]; [`UseCaseError::Upward`];
    /// [`UseCaseError::LastSystemAdmin`]; what the gate refuses.
    pub async fn set_active(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
        active: bool,
    ) -> Result<UserWithRelations, UseCaseError> {
        let change = Change::Update {
            id,
            precondition,
            needs: Include::NONE,
            writes: Include::NONE,
            edit: Arc::new(move |before: &UserWithRelations| {
                Ok(UserDraft { active, ..UserDraft::of(&before.user) })
            }),
        };
        let changed = self.apply(context, (), change).await?;
        changed.ok_or(UseCaseError::NotFound(Missing::User))
    }

    /// Walks every user once and says how many there are, and how many of them cannot be read.
    ///
    /// # Errors
    /// What the gate refuses; the store failed.
    pub async fn synchronize(&self, context: &Context) -> Result<Synchronized, UseCaseError> {
        let pass = Pass { gate: &self.gate, context, needs: Permission::UserManage };
        pass.walk(|room, after, limit| Ok(room.here().users().check(after, limit)?)).await
    }
}
