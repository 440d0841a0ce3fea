//! Nobody acts upward, nobody grants what they lack, and the last `SystemAdmin` stays: seen from the
//! writes of users and groups.

use std::sync::Arc;

use domain::access::{Assignment, Context, Grant, Holder, RoleName};
use domain::error::UseCaseError;
use domain::group::{Group, GroupDraft, GroupInclude, GroupWithRelations, SetChange};
use domain::resource::{Change, Edit};
use domain::store::Store;
use domain::user::{
    EmailAddress, ExternalId, Include, LoginName, User, UserDraft, UserWithRelations,
};
use domain::version::Precondition;
use testkit::builders::{a_caller, a_user};
use testkit::{World, block_on};

use crate::changes::{change, create, remove};
use crate::{make_group, shop};

async fn give(world: &World, store: &Store, holder: Holder, grant: Grant) {
    let assigned =
        world.roles().assign(&world.as_admin_in(store), Assignment { holder, grant }).await;
    assigned.expect("the role is given");
}

/// A user who is `SystemAdmin` by a group above their own.
async fn an_administrator(world: &World, store: &Store) -> (UserWithRelations, Group, Group) {
    let top = make_group(world, store, "admins").await;
    let low = make_group(world, store, "operators").await;
    let nest = group_edit(move |draft| GroupDraft {
        parent_groups: SetChange::Add(vec![top.id]),
        ..draft
    });
    let nest = change(low.id, Precondition::None, GroupInclude::ALL, nest);
    world.groups().apply(&world.as_admin_in(store), (), nest).await.expect("nested");
    give(world, store, Holder::Group(top.id), Grant::system_admin()).await;
    let root = world.make_user(store, a_user("root").in_group(low.id).draft()).await;
    (root, top, low)
}

fn group_edit(edit: impl Fn(GroupDraft) -> GroupDraft + Send + Sync + 'static) -> Edit<Group> {
    Arc::new(move |before: &GroupWithRelations| Ok(edit(GroupDraft::of(&before.group))))
}

fn user_edit(edit: impl Fn(UserDraft) -> UserDraft + Send + Sync + 'static) -> Edit<User> {
    Arc::new(move |before: &UserWithRelations| Ok(edit(UserDraft::of(&before.user))))
}

/// Every change of a user that reaches for their account.
fn grabs(user: &User) -> Vec<(&'static str, Change<User>)> {
    let edit = |edit| change(user.id, Precondition::None, Include::NONE, edit);
    vec![
        (
            "e-mail",
            edit(user_edit(|draft| UserDraft {
                email: EmailAddress::parse("eve@example.com").ok(),
                ..draft
            })),
        ),
        (
            "login name",
            edit(user_edit(|draft| UserDraft {
                login_name: LoginName::parse("other").expect("a name"),
                ..draft
            })),
        ),
        (
            "external id",
            edit(user_edit(|draft| UserDraft {
                external_id: ExternalId::parse("other").ok(),
                ..draft
            })),
        ),
        ("lock", edit(user_edit(|draft| UserDraft { locked: true, ..draft }))),
        ("state", edit(user_edit(|draft| UserDraft { active: false, ..draft }))),
        ("deletion", remove(user.id, Precondition::None)),
    ]
}

fn store_admin(store: &Store) -> Context {
    a_caller().holding(RoleName::USER_STORE_ADMIN, store.id).acting_in(store.id)
}

#[test]
fn nobody_reaches_for_the_account_of_somebody_who_holds_more() {
    block_on(async {
        let (world, store) = shop().await;
        let (root, ..) = an_administrator(&world, &store).await;
        let plain = world.make_user(&store, a_user("plain").draft()).await;
        let caller = store_admin(&store);
        for (what, grab) in grabs(&root.user) {
            let refused = world.users().apply(&caller, (), grab).await;
            assert_eq!(refused, Err(UseCaseError::Upward), "{what}");
        }
        for (what, grab) in grabs(&plain.user) {
            let done = world.users().apply(&caller, (), grab).await;
            assert!(done.is_ok(), "{what}: {done:?}");
        }
    });
}

#[test]
fn nobody_lets_others_into_a_group_that_gives_what_they_lack() {
    block_on(async {
        let (world, store) = shop().await;
        let (root, top, low) = an_administrator(&world, &store).await;
        let own = make_group(&world, &store, "own").await;
        let eve = world.make_user(&store, a_user("eve").draft()).await.user;
        let caller = store_admin(&store);
        let (users, groups) = (world.users(), world.groups());
        let join = user_edit(move |draft| UserDraft { groups: Some(vec![low.id]), ..draft });
        let join = change(eve.id, Precondition::None, Include::ALL, join);
        assert_eq!(users.apply(&caller, (), join).await, Err(UseCaseError::Upward));
        let new = create(None, a_user("mallory").in_group(top.id).draft());
        assert_eq!(users.apply(&caller, (), new).await, Err(UseCaseError::Upward));
        let add = group_edit(move |draft| GroupDraft {
            member_users: SetChange::Add(vec![eve.id]),
            ..draft
        });
        let add = change(low.id, Precondition::None, GroupInclude::ALL, add);
        assert_eq!(groups.apply(&caller, (), add).await, Err(UseCaseError::Upward));
        let nest = group_edit(move |draft| GroupDraft {
            parent_groups: SetChange::Add(vec![low.id]),
            ..draft
        });
        let nest = change(own.id, Precondition::None, GroupInclude::ALL, nest);
        assert_eq!(groups.apply(&caller, (), nest).await, Err(UseCaseError::Upward));
        for id in [low.id, top.id] {
            let removal = remove(id, Precondition::None);
            assert_eq!(groups.apply(&caller, (), removal).await, Err(UseCaseError::Upward));
        }
        let put_out = user_edit(|draft| UserDraft { groups: Some(vec![]), ..draft });
        let put_out = change(root.user.id, Precondition::None, Include::ALL, put_out);
        assert_eq!(users.apply(&caller, (), put_out).await, Err(UseCaseError::Upward));
    });
}

#[test]
fn the_last_who_may_do_everything_stays_whichever_way_they_would_go() {
    block_on(async {
        let (world, store) = shop().await;
        // There is no client: the user is the only one.
        let (root, top, low) = an_administrator(&world, &store).await;
        let admin = world.as_admin_in(&store);
        let last = Err(UseCaseError::LastSystemAdmin);
        for (what, grab) in grabs(&root.user) {
            let done = world.users().apply(&admin, (), grab).await;
            match what {
                "e-mail" | "login name" | "external id" => assert!(done.is_ok(), "{done:?}"),
                _ => assert_eq!(done, last, "{what}"),
            }
        }
        let put_out = user_edit(|draft| UserDraft { groups: Some(vec![]), ..draft });
        let put_out = change(root.user.id, Precondition::None, Include::ALL, put_out);
        assert_eq!(world.users().apply(&admin, (), put_out).await, last);
        for id in [low.id, top.id] {
            let removal = remove(id, Precondition::None);
            let refused = world.groups().apply(&admin, (), removal).await;
            assert_eq!(refused, Err(UseCaseError::LastSystemAdmin));
        }
        let unnest =
            group_edit(|draft| GroupDraft { parent_groups: SetChange::Replace(vec![]), ..draft });
        let unnest = change(low.id, Precondition::None, GroupInclude::ALL, unnest);
        let refused = world.groups().apply(&admin, (), unnest).await;
        assert_eq!(refused, Err(UseCaseError::LastSystemAdmin));

        // With another one, they may go.
        let heir = world.make_user(&store, a_user("heir").draft()).await.user.id;
        give(&world, &store, Holder::User(heir), Grant::system_admin()).await;
        let removal = remove(root.user.id, Precondition::None);
        assert_eq!(world.users().apply(&admin, (), removal).await, Ok(None));
    });
}
