//! Lists of accounts, roles and permissions.

use domain::access::{
    Due, Grant, Holder, Permission, PermissionSet, Reach, RoleBook, RoleName, Rules,
};
use domain::error::{Missing, UseCaseError};
use testkit::builders::{a_caller, a_user};
use testkit::{World, block_on};

use super::{account, give, groups, role};
use crate::{make_group, shop};

#[test]
fn accounts_come_in_order_of_the_name_page_by_page() {
    block_on(async {
        let (world, store) = shop().await;
        let staff = make_group(&world, &store, "staff").await;
        for name in ["dora", "Bob", "ada", "Carl"] {
            let user = a_user(name).in_group(staff.id).profile("timeZoneId", name);
            world.make_user(&store, user.profile("colour", "red").draft()).await;
        }
        let carl = account(&world, &store, "carl").await.user;
        let manager = Grant::new(RoleName::USER_MANAGER, Reach::Store(store.id)).expect("a grant");
        give(&world, &store, Holder::User(carl.id), manager).await;
        let caller = a_caller().holding(RoleName::USER_MANAGER, store.id).acting_in(store.id);
        let (mut after, mut names) = (None, Vec::new());
        loop {
            let page = world.accounts().page(&caller, after, 3).await.expect("a page");
            for one in page.items {
                assert_eq!(one, account(&world, &store, one.user.login_name.as_str()).await);
                assert_eq!(one.groups, groups(&["staff"]));
                assert_eq!(one.profiles.len(), 1);
                names.push(one.user.login_name.to_string());
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(names, ["ada", "Bob", "Carl", "dora"]);
    });
}

#[test]
fn only_who_manages_users_lists_them() {
    block_on(async {
        let (world, store) = shop().await;
        let reader = a_caller().holding(RoleName::AUDIT_TRAIL_READER, store.id);
        let refused = world.accounts().page(&reader.acting_in(store.id), None, 10).await;
        assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::UserManage)));
        let empty = world.accounts().page(&world.as_admin_in(&store), None, 10).await;
        assert!(empty.expect("a page").items.is_empty());
    });
}

#[test]
fn who_manages_users_sees_every_role_and_others_their_own() {
    block_on(async {
        let help_desk = (role("HelpDesk"), PermissionSet::of(&[Permission::UserRead]));
        let roles = RoleBook::with([help_desk]).expect("an own role");
        let world = World::with_rules(Rules { roles: roles.clone(), ..Rules::default() });
        let store = world.make_store("shop").await;
        let other = world.make_store("other").await;
        let auditors = make_group(&world, &store, "auditors").await;
        let bob = world.make_user(&store, a_user("bob").in_group(auditors.id).draft()).await.user;
        let held = |name: RoleName, reach| Grant::new(name, reach).expect("a grant");
        let reader = held(RoleName::AUDIT_TRAIL_READER, Reach::Everywhere);
        give(&world, &store, Holder::Group(auditors.id), reader).await;
        let desk = held(role("helpdesk"), Reach::Store(store.id));
        give(&world, &store, Holder::User(bob.id), desk).await;
        let elsewhere = held(RoleName::USER_MANAGER, Reach::Store(other.id));
        give(&world, &store, Holder::User(bob.id), elsewhere).await;

        let all = world.accounts().roles(&world.as_admin_in(&store)).await.expect("listed");
        assert_eq!(all, roles.roles());
        let own = a_caller().by_book(roles).signed_in(store.id, bob.id, Due::Nothing);
        let own = own.holding(role("HelpDesk"), store.id).acting_in(store.id);
        let listed = world.accounts().roles(&own).await.expect("listed");
        let names: Vec<_> = listed.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(names, ["AuditTrailReader", "HelpDesk"]);
        let permissions = world.accounts().permissions(&own).await;
        assert_eq!(permissions, Ok(PermissionSet::of(&[Permission::UserRead])));
        let every = world.accounts().permissions(&world.as_admin_in(&store)).await;
        assert_eq!(every, Ok(PermissionSet::of(&Permission::ALL)));
    });
}

#[test]
fn a_client_that_does_not_manage_users_has_no_roles_of_its_own_to_see() {
    block_on(async {
        let (world, store) = shop().await;
        let reader = a_caller().holding(RoleName::AUDIT_TRAIL_READER, store.id).acting_in(store.id);
        let forbidden = UseCaseError::Forbidden(Permission::UserManage);
        assert_eq!(world.accounts().roles(&reader).await, Err(forbidden.clone()));
        assert_eq!(world.accounts().permissions(&reader).await, Err(forbidden));
        let stranger = a_caller().acting_in(store.id);
        let missing = UseCaseError::NotFound(Missing::Store);
        assert_eq!(world.accounts().roles(&stranger).await, Err(missing));
    });
}
