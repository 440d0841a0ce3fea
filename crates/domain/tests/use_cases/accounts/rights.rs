//! Nobody grants what they lack, and nobody acts upward: by roles, by groups, by permissions (C16).

use domain::access::{Context, Grant, Holder, Permission, PermissionSet, Reach, RoleName};
use domain::account::{AccountEdit, NewAccount};
use domain::error::UseCaseError;
use domain::group::{GroupDraft, GroupName, SetChange};
use domain::store::Store;
use domain::text::Folded;
use testkit::builders::{a_caller, a_user};
use testkit::{World, block_on};

use super::{a_session, account, address, give, groups, make_admins, new, told_since, update};
use crate::{make_group, shop, trail};

/// A client and a user who manage users, and hold no more.
async fn managers(world: &World, store: &Store) -> [Context; 2] {
    let eve = world.make_user(store, a_user("eve").draft()).await.user;
    let session = a_session(world, store, eve.id, RoleName::USER_MANAGER).await;
    let client = a_caller().holding(RoleName::USER_MANAGER, store.id).acting_in(store.id);
    [client, session]
}

/// Every way to give somebody more than a manager of users holds.
async fn promotions(world: &World, store: &Store) -> Vec<AccountEdit> {
    let admins = make_admins(world, store).await;
    world.make_user(store, a_user("root").in_group(admins.id).draft()).await;
    let low = GroupDraft {
        parent_groups: SetChange::Add(vec![admins.id]),
        ..GroupDraft::new(GroupName::parse("operators").expect("a name"))
    };
    world.make_group(store, low).await;
    let roles = |role| AccountEdit { roles: Some(vec![role]), ..AccountEdit::default() };
    let joins = |name| AccountEdit { groups: Some(groups(&[name])), ..AccountEdit::default() };
    vec![
        roles(RoleName::SYSTEM_ADMIN),
        roles(RoleName::USER_STORE_ADMIN),
        roles(RoleName::AUDIT_TRAIL_READER),
        joins("admins"),
        joins("operators"),
        AccountEdit {
            permissions: Some(PermissionSet::of(&[Permission::SystemManage])),
            ..AccountEdit::default()
        },
    ]
}

#[test]
fn nobody_gives_themselves_or_others_more_than_they_hold() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("bob").draft()).await;
        let promotions = promotions(&world, &store).await;
        let callers = managers(&world, &store).await;
        let before = trail(&world, &store).await.len();
        for caller in &callers {
            for edit in &promotions {
                for name in ["bob", "eve"] {
                    let refused = update(&world, caller, name, edit.clone()).await;
                    assert_eq!(refused, Err(UseCaseError::Upward), "{name}: {edit:?}");
                }
                let new = NewAccount { edit: edit.clone(), ..new("mallory") };
                let refused = world.accounts().add(caller, new).await;
                assert_eq!(refused.expect_err("is refused"), UseCaseError::Upward, "{edit:?}");
            }
        }
        assert!(told_since(&world, &store, before).await.is_empty(), "nothing is half done");
        assert!(account(&world, &store, "bob").await.permissions.is_empty());
    });
}

#[test]
fn who_manages_users_gives_and_takes_what_they_hold() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("bob").draft()).await;
        make_group(&world, &store, "staff").await;
        for caller in managers(&world, &store).await {
            let edit = AccountEdit {
                roles: Some(vec![RoleName::USER_MANAGER]),
                groups: Some(groups(&["staff"])),
                ..AccountEdit::default()
            };
            assert_eq!(update(&world, &caller, "bob", edit).await, Ok(()), "groups as well");
            let after = account(&world, &store, "bob").await;
            assert_eq!(after.roles, [RoleName::USER_MANAGER]);
            let edit =
                AccountEdit { roles: Some(vec![]), groups: Some(vec![]), ..AccountEdit::default() };
            assert_eq!(update(&world, &caller, "bob", edit).await, Ok(()));
            assert!(account(&world, &store, "bob").await.permissions.is_empty());
        }
    });
}

#[test]
fn nobody_takes_a_role_or_puts_out_of_a_group_that_gives_what_they_lack() {
    block_on(async {
        let (world, store) = shop().await;
        let admins = make_admins(&world, &store).await;
        let root = world.make_user(&store, a_user("root").in_group(admins.id).draft()).await.user;
        let reader = Grant::new(RoleName::AUDIT_TRAIL_READER, Reach::Store(store.id));
        give(&world, &store, Holder::User(root.id), reader.expect("a grant")).await;
        let before = account(&world, &store, "root").await;
        for caller in managers(&world, &store).await {
            for edit in [
                AccountEdit { roles: Some(vec![]), ..AccountEdit::default() },
                AccountEdit { roles: Some(vec![RoleName::USER_MANAGER]), ..AccountEdit::default() },
                AccountEdit { groups: Some(vec![]), ..AccountEdit::default() },
            ] {
                let refused = update(&world, &caller, "root", edit).await;
                assert_eq!(refused, Err(UseCaseError::Upward));
            }
        }
        assert_eq!(account(&world, &store, "root").await, before);
    });
}

#[test]
fn nobody_reaches_for_the_account_of_somebody_who_holds_more() {
    block_on(async {
        let (world, store) = shop().await;
        let admins = make_admins(&world, &store).await;
        for name in ["root", "second"] {
            world.make_user(&store, a_user(name).in_group(admins.id).draft()).await;
        }
        let before = account(&world, &store, "root").await;
        for caller in managers(&world, &store).await {
            let email = Some(Some(address("eve@example.com")));
            for edit in [
                AccountEdit { email, ..AccountEdit::default() },
                AccountEdit { locked: Some(true), ..AccountEdit::default() },
                AccountEdit { two_factor_required: Some(true), ..AccountEdit::default() },
            ] {
                let refused = update(&world, &caller, "root", edit).await;
                assert_eq!(refused, Err(UseCaseError::Upward));
            }
            let (accounts, name) = (world.accounts(), Folded::of("root"));
            assert_eq!(accounts.reset(&caller, name.clone()).await, Err(UseCaseError::Upward));
            assert_eq!(accounts.remove(&caller, name).await, Err(UseCaseError::Upward));
        }
        assert_eq!(account(&world, &store, "root").await, before);
    });
}

#[test]
fn nobody_takes_here_what_is_held_everywhere_without_holding_it_there() {
    block_on(async {
        let (world, store) = shop().await;
        let bob = world.make_user(&store, a_user("bob").draft()).await.user;
        let everywhere = Grant::new(RoleName::AUDIT_TRAIL_READER, Reach::Everywhere);
        give(&world, &store, Holder::User(bob.id), everywhere.expect("a grant")).await;
        let caller = a_caller()
            .holding(RoleName::USER_MANAGER, store.id)
            .holding(RoleName::AUDIT_TRAIL_READER, store.id)
            .acting_in(store.id);
        let none = AccountEdit { roles: Some(vec![]), ..AccountEdit::default() };
        assert_eq!(update(&world, &caller, "bob", none).await, Err(UseCaseError::Upward));
    });
}

#[test]
fn the_loan_of_groups_ends_with_the_use_case() {
    block_on(async {
        let (world, store) = shop().await;
        let staff = make_group(&world, &store, "staff").await;
        let [client, _] = managers(&world, &store).await;
        world.make_user(&store, a_user("bob").in_group(staff.id).draft()).await;
        assert_eq!(account(&world, &store, "bob").await.groups, groups(&["staff"]));
        let found = world.accounts().find(&client, Folded::of("bob")).await.expect("found");
        assert_eq!(found.groups, groups(&["staff"]), "the users API shows them");
        let include = domain::user::Include::ALL;
        let found = world.users().find(&client, found.user.id, include).await.expect("found");
        assert_eq!(found.groups, None, "the other API does not");
    });
}
