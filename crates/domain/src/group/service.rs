use super::relations::{Overflow, add_paths, load_all};
use super::{Group, GroupInclude, GroupQuery, GroupScope, GroupWithRelations, Membership};
use crate::access::{Context, Permission, Room};
use crate::error::{Missing, UseCaseError};
use crate::id::{GroupId, UserId};
use crate::page::{Page, Place};
use crate::resource::Records;
use crate::synchronize::{Pass, Synchronized};
use crate::user::User;

/// The use cases on groups.
pub type GroupService = Records<Group>;

/// A page of groups, as far as their members fit in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPage {
    /// The first groups of the page, at least one where there is one.
    pub items: Vec<GroupWithRelations>,
    /// The other groups of the page, for [`GroupService::fill`].
    pub rest: Vec<Group>,
    /// The place of the last group of the page when more follow.
    pub next: Option<Place<GroupId>>,
}

impl Records<Group> {
    /// The group of that id.
    ///
    /// # Errors
    /// [`Missing::Group`]; what the gate refuses.
    pub async fn find(
        &self,
        context: &Context,
        id: GroupId,
        include: GroupInclude,
    ) -> Result<GroupWithRelations, UseCaseError> {
        self.gate
            .read(context, Permission::GroupRead, move |room| {
                let group = room.here().groups().find(id)?;
                let group = group.ok_or(UseCaseError::NotFound(Missing::Group))?;
                let (filled, _) = load_all(room, vec![group], include, Overflow::Cut)?;
                filled.into_iter().next().ok_or(UseCaseError::NotFound(Missing::Group))
            })
            .await
    }

    /// The groups of a scope that the query asks for, one statement for them and one for each
    /// relation while the members fit.
    ///
    /// # Errors
    /// [`UseCaseError::NotFound`] when the user or group that the scope names is not there; what
    /// the gate refuses.
    pub async fn page(
        &self,
        context: &Context,
        scope: GroupScope,
        query: GroupQuery,
        include: GroupInclude,
    ) -> Result<GroupPage, UseCaseError> {
        self.gate
            .read(context, Permission::GroupRead, move |room| {
                require_scope(room, scope)?;
                let found = room.here().groups().list(scope, &query.and_one_more())?;
                let page = Page::cut(found, query.limit, |group| query.order.by.place(group));
                let (items, rest) = fill(room, scope, page.items, include)?;
                Ok(GroupPage { items, rest, next: page.next })
            })
            .await
    }

    /// The same for groups that a page left as rest.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn fill(
        &self,
        context: &Context,
        scope: GroupScope,
        groups: Vec<Group>,
        include: GroupInclude,
    ) -> Result<GroupPage, UseCaseError> {
        self.gate
            .read(context, Permission::GroupRead, move |room| {
                let (items, rest) = fill(room, scope, groups.clone(), include)?;
                Ok(GroupPage { items, rest, next: None })
            })
            .await
    }

    /// Up to `limit` direct members of a group behind `after`, in order of id.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn members(
        &self,
        context: &Context,
        group: GroupId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Page<User, UserId>, UseCaseError> {
        self.gate
            .read(context, Permission::GroupRead, move |room| {
                room.require(Permission::UserRead)?;
                let after = after.map(|user| Membership { group, user });
                let more = limit.saturating_add(1);
                let found = room.here().memberships().members_of_all(&[group], after, more)?;
                let users = found.into_iter().map(|(_, user)| user).collect();
                Ok(Page::cut(users, limit, |user: &User| user.id))
            })
            .await
    }

    /// Walks every group once and says how many there are, and how many of them cannot be read.
    ///
    /// # Errors
    /// What the gate refuses; the store failed.
    pub async fn synchronize(&self, context: &Context) -> Result<Synchronized, UseCaseError> {
        // The specification asks for the same permission as for the pass over users.
        let pass = Pass { gate: &self.gate, context, needs: Permission::UserManage };
        pass.walk(|room, after, limit| Ok(room.here().groups().check(after, limit)?)).await
    }
}

fn fill(
    room: &mut Room<'_>,
    scope: GroupScope,
    groups: Vec<Group>,
    include: GroupInclude,
) -> Result<(Vec<GroupWithRelations>, Vec<Group>), UseCaseError> {
    let (mut items, mut rest) = load_all(room, groups, include, Overflow::Cut)?;
    if include.path {
        add_paths(room, scope, &mut items, &mut rest)?;
    }
    Ok((items, rest))
}

/// Whoever asks for the groups around somebody names somebody who is there.
fn require_scope(room: &mut Room<'_>, scope: GroupScope) -> Result<(), UseCaseError> {
    match scope {
        GroupScope::All => Ok(()),
        GroupScope::OfUser(user) => match room.here().users().find(user)? {
            Some(_) => Ok(()),
            None => Err(UseCaseError::NotFound(Missing::User)),
        },
        GroupScope::Around(group, _) => match room.here().groups().find(group)? {
            Some(_) => Ok(()),
            None => Err(UseCaseError::NotFound(Missing::Group)),
        },
    }
}
