//! How accounts are changed by who manages users.

use domain::access::{Grant, Holder, Permission, PermissionSet, Reach, RoleName};
use domain::account::AccountEdit;
use domain::audit::{Action, Area};
use domain::error::{Missing, UseCaseError};
use domain::store::Overrides;
use domain::text::Folded;
use domain::unit_of_work::Unique;
use testkit::block_on;
use testkit::builders::{a_caller, a_user};

use super::{
    account, address, broken, give, groups, make_admins, new, person, role, told_since, update,
    value,
};
use crate::scene::{Outcome, RIGHT, Scene, WRONG};
use crate::{make_group, shop, trail};

#[test]
fn what_is_not_said_stays() {
    block_on(async {
        let (world, store) = shop().await;
        let staff = make_group(&world, &store, "staff").await;
        let bob = a_user("bob").named("Bob", "Builder").email("bob@example.com");
        let bob = bob.in_group(staff.id).profile("timeZoneId", "UTC").profile("colour", "red");
        let made = world.make_user(&store, bob.draft()).await.user;
        give(&world, &store, Holder::User(made.id), Grant::system_admin()).await;
        let (admin, before) = (world.as_admin_in(&store), account(&world, &store, "bob").await);
        let entries = trail(&world, &store).await.len();

        assert_eq!(update(&world, &admin, "bob", AccountEdit::default()).await, Ok(()));
        let as_read = AccountEdit {
            first_name: Some(before.user.first_name.clone()),
            last_name: Some(before.user.last_name.clone()),
            email: Some(before.user.email.clone()),
            locked: Some(false),
            two_factor_required: Some(false),
            roles: Some(before.roles.clone()),
            permissions: Some(before.permissions),
            groups: Some(before.groups.clone()),
            time_zone: Some(before.time_zone().cloned()),
            date_formats: Some(None),
            notification_groups: Some(None),
        };
        assert_eq!(update(&world, &admin, "BOB", as_read).await, Ok(()));
        assert_eq!(account(&world, &store, "bob").await, before);
        assert!(told_since(&world, &store, entries).await.is_empty(), "nothing changed");

        let edit = AccountEdit { first_name: Some(None), ..AccountEdit::default() };
        assert_eq!(update(&world, &admin, "bob", edit).await, Ok(()));
        let after = account(&world, &store, "bob").await;
        assert_eq!((after.user.first_name, after.user.last_name), (None, Some(person("Builder"))));
        let told = told_since(&world, &store, entries).await;
        assert_eq!(told, [(Area::User, Action::Modified)]);
    });
}

#[test]
fn groups_are_a_whole_set_and_profiles_of_others_stay() {
    block_on(async {
        let (world, store) = shop().await;
        let one = make_group(&world, &store, "One").await;
        for name in ["Two", "Three"] {
            make_group(&world, &store, name).await;
        }
        let bob = a_user("bob").in_group(one.id).profile("colour", "red");
        world.make_user(&store, bob.profile("timezoneid", "UTC").draft()).await;
        let before = trail(&world, &store).await.len();
        let edit = AccountEdit {
            groups: Some(groups(&["three", "TWO"])),
            time_zone: Some(None),
            notification_groups: Some(Some(value("[]"))),
            ..AccountEdit::default()
        };
        assert_eq!(update(&world, &world.as_admin_in(&store), "bob", edit).await, Ok(()));
        let after = account(&world, &store, "bob").await;
        assert_eq!(after.groups, groups(&["Three", "Two"]));
        let keys: Vec<_> = after.profiles.iter().map(|profile| profile.key.as_str()).collect();
        assert_eq!(keys, ["notificationGroups"], "those that this API knows");
        let mut told = told_since(&world, &store, before).await;
        told.sort_by_key(|(area, action)| (area.name(), format!("{action:?}")));
        let expected = [
            (Area::Membership, Action::Added),
            (Area::Membership, Action::Added),
            (Area::Membership, Action::Deleted),
            (Area::UserProfile, Action::Added),
            (Area::UserProfile, Action::Deleted),
        ];
        assert_eq!(told, expected);
        let include = domain::user::Include::ALL;
        let whole = world.users().find(&world.as_admin_in(&store), after.user.id, include).await;
        let colour = whole.expect("the user").profiles.expect("profiles");
        assert!(colour.iter().any(|profile| profile.key.as_str() == "colour"));
    });
}

#[test]
fn roles_are_those_held_here_directly() {
    block_on(async {
        let (world, store) = shop().await;
        let other = world.make_store("other").await;
        let auditors = make_group(&world, &store, "auditors").await;
        let reader = |reach| Grant::new(RoleName::AUDIT_TRAIL_READER, reach).expect("a grant");
        give(&world, &store, Holder::Group(auditors.id), reader(Reach::Store(store.id))).await;
        let bob = world.make_user(&store, a_user("bob").in_group(auditors.id).draft()).await.user;
        let elsewhere = Grant::new(RoleName::USER_MANAGER, Reach::Store(other.id));
        give(&world, &store, Holder::User(bob.id), elsewhere.expect("a grant")).await;
        let before = account(&world, &store, "bob").await;
        assert!(before.roles.is_empty(), "neither those of groups nor those of other stores");
        assert_eq!(before.permissions, PermissionSet::of(&[Permission::AuditRead]));

        let (admin, entries) = (world.as_admin_in(&store), trail(&world, &store).await.len());
        let roles = |names: &[&str]| AccountEdit {
            roles: Some(names.iter().copied().map(role).collect()),
            ..AccountEdit::default()
        };
        let set = update(&world, &admin, "bob", roles(&["userSTOREadmin", "SystemAdmin"])).await;
        assert_eq!(set, Ok(()));
        let after = account(&world, &store, "bob").await;
        assert_eq!(after.roles, [RoleName::SYSTEM_ADMIN, RoleName::USER_STORE_ADMIN]);
        assert_eq!(after.permissions, PermissionSet::of(&Permission::ALL));
        assert_eq!(update(&world, &admin, "bob", roles(&["SystemAdmin"])).await, Ok(()));
        // Somebody else holds it too, so it can go.
        let heir = world.make_user(&store, a_user("heir").draft()).await.user;
        give(&world, &store, Holder::User(heir.id), Grant::system_admin()).await;
        assert_eq!(update(&world, &admin, "bob", roles(&[])).await, Ok(()));
        assert_eq!(account(&world, &store, "bob").await.permissions, before.permissions);
        let told = told_since(&world, &store, entries).await;
        let of_roles = told.iter().filter(|told| told.0 == Area::Role).map(|told| told.1);
        let expected =
            [Action::Added, Action::Added, Action::Deleted, Action::Added, Action::Deleted];
        assert!(of_roles.eq(expected), "{told:?}");
        let there = world.as_admin_in(&other);
        assert!(world.accounts().find(&there, Folded::of("bob")).await.is_err());
    });
}

#[test]
fn a_role_held_everywhere_is_taken_as_one_held_here() {
    block_on(async {
        let (world, store) = shop().await;
        let bob = world.make_user(&store, a_user("bob").draft()).await.user;
        for reach in [Reach::Everywhere, Reach::Store(store.id)] {
            let grant = Grant::new(RoleName::AUDIT_TRAIL_READER, reach).expect("a grant");
            give(&world, &store, Holder::User(bob.id), grant).await;
        }
        let before = account(&world, &store, "bob").await;
        assert_eq!(before.roles, [RoleName::AUDIT_TRAIL_READER], "once");
        let none = AccountEdit { roles: Some(vec![]), ..AccountEdit::default() };
        assert_eq!(update(&world, &world.as_admin_in(&store), "bob", none).await, Ok(()));
        assert!(account(&world, &store, "bob").await.permissions.is_empty());
    });
}

#[test]
fn permissions_follow_from_the_roles() {
    block_on(async {
        let (world, store) = shop().await;
        let (admin, accounts) = (world.as_admin_in(&store), world.accounts());
        let manager = PermissionSet::of(&[Permission::UserRead, Permission::UserManage]);
        let edit = |roles: &[RoleName], permissions| AccountEdit {
            roles: Some(roles.to_vec()),
            permissions: Some(permissions),
            ..AccountEdit::default()
        };
        let with = |permissions| domain::account::NewAccount {
            edit: edit(&[RoleName::USER_MANAGER], permissions),
            ..new("bob")
        };
        let refused = accounts.add(&admin, with(PermissionSet::of(&Permission::ALL))).await;
        assert_eq!(broken(refused), ["permissions"]);
        accounts.add(&admin, with(manager)).await.expect("what it comes to be");
        let none = PermissionSet::EMPTY;
        for permissions in [manager, none] {
            let change = edit(&[], permissions);
            assert_eq!(update(&world, &admin, "bob", change).await, Ok(()), "before or after");
            let back = edit(&[RoleName::USER_MANAGER], manager);
            assert_eq!(update(&world, &admin, "bob", back).await, Ok(()));
        }
        let alone = AccountEdit { permissions: Some(none), ..AccountEdit::default() };
        assert_eq!(broken(update(&world, &admin, "bob", alone).await), ["permissions"]);
        assert_eq!(account(&world, &store, "bob").await.roles, [RoleName::USER_MANAGER]);
        let client = a_caller().holding(RoleName::USER_MANAGER, store.id).acting_in(store.id);
        let upward = AccountEdit {
            permissions: Some(PermissionSet::of(&[Permission::GroupManage])),
            ..AccountEdit::default()
        };
        assert_eq!(update(&world, &client, "bob", upward).await, Err(UseCaseError::Upward));
    });
}

#[test]
fn a_lock_ends_the_sessions_and_its_end_forgets_the_failures() {
    block_on(async {
        let scene = Scene::new().await;
        let (session, admin) = (scene.session().await, scene.admin());
        assert_eq!(scene.verify(WRONG).await, Ok(Outcome::Failed));
        let locked = |locked| AccountEdit { locked: Some(locked), ..AccountEdit::default() };
        assert_eq!(update(&scene.world, &admin, "ada", locked(true)).await, Ok(()));
        assert!(scene.authenticate(&session).await.is_err());
        assert_eq!(update(&scene.world, &admin, "ada", locked(false)).await, Ok(()));
        assert!(scene.authenticate(&session).await.is_err(), "nor does it come back");
        assert_eq!(scene.user().await.failed_sign_ins, 0);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn another_address_is_told_at_both_and_may_be_taken() {
    block_on(async {
        let set = Overrides { login_by_email: Some(true), ..Overrides::default() };
        let scene = Scene::with(set).await;
        scene.world.make_user(&scene.store, a_user("bob").email("bob@example.com").draft()).await;
        let (world, admin) = (&scene.world, scene.admin());
        let email =
            |text: &str| AccountEdit { email: Some(Some(address(text))), ..AccountEdit::default() };
        let taken = update(world, &admin, "ada", email("BOB@example.com")).await;
        assert_eq!(taken, Err(UseCaseError::Duplicate(Unique::EmailAddress)));
        assert!(scene.letters().await.is_empty());
        assert_eq!(update(world, &admin, "ada", email("countess@example.com")).await, Ok(()));
        let letters = scene.letters().await;
        let told: Vec<_> = letters.iter().map(|letter| letter.to.as_str()).collect();
        assert_eq!(told, ["ada@example.com", "countess@example.com"]);
    });
}

#[test]
fn an_account_that_is_not_there_is_told_to_who_manages_users() {
    block_on(async {
        let (world, store) = shop().await;
        let (accounts, admin) = (world.accounts(), world.as_admin_in(&store));
        let missing = UseCaseError::NotFound(Missing::User);
        for name in ["nobody", "a\u{0}b", ""] {
            let name = Folded::of(name);
            assert_eq!(accounts.find(&admin, name.clone()).await, Err(missing.clone()));
            assert_eq!(accounts.remove(&admin, name.clone()).await, Err(missing.clone()));
            assert_eq!(accounts.reset(&admin, name.clone()).await, Err(missing.clone()));
            let edit = AccountEdit { email: Some(None), ..AccountEdit::default() };
            let refused = accounts.update(&admin, name, edit, None).await;
            assert_eq!(refused, Err(missing.clone()));
        }
    });
}

#[test]
fn what_is_refused_names_the_property_of_this_api() {
    block_on(async {
        let (world, store) = shop().await;
        let bulky = "x".repeat(60_000);
        let crowded = (0..17).fold(a_user("bob"), |user, n| user.profile(&format!("k{n}"), &bulky));
        world.make_user(&store, crowded.draft()).await;
        let edit =
            AccountEdit { date_formats: Some(Some(value(&bulky))), ..AccountEdit::default() };
        let refused = update(&world, &world.as_admin_in(&store), "bob", edit).await;
        assert_eq!(broken(refused), ["dateFormats"]);
    });
}

#[test]
fn the_last_who_may_do_everything_is_neither_stripped_nor_locked() {
    block_on(async {
        let (world, store) = shop().await;
        let admins = make_admins(&world, &store).await;
        let root = world.make_user(&store, a_user("root").draft()).await.user;
        give(&world, &store, Holder::User(root.id), Grant::system_admin()).await;
        let admin = world.as_admin_in(&store);
        let before = trail(&world, &store).await.len();
        let edits = [
            AccountEdit { roles: Some(vec![]), ..AccountEdit::default() },
            AccountEdit { locked: Some(true), ..AccountEdit::default() },
        ];
        for edit in &edits {
            let refused = update(&world, &admin, "root", edit.clone()).await;
            assert_eq!(refused, Err(UseCaseError::LastSystemAdmin));
        }
        assert_eq!(
            world.accounts().remove(&admin, Folded::of("root")).await,
            Err(UseCaseError::LastSystemAdmin)
        );
        assert!(told_since(&world, &store, before).await.is_empty());
        world.make_user(&store, a_user("heir").in_group(admins.id).draft()).await;
        for edit in edits {
            assert_eq!(update(&world, &admin, "root", edit).await, Ok(()));
        }
        // The heir is the last one now, by a group.
        let leave = AccountEdit { groups: Some(vec![]), ..AccountEdit::default() };
        let refused = update(&world, &admin, "heir", leave).await;
        assert_eq!(refused, Err(UseCaseError::LastSystemAdmin));
    });
}
