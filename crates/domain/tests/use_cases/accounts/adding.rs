//! How an account is made, with its first password.

use domain::access::{Permission, PermissionSet, RoleName};
use domain::account::{AccountEdit, NewAccount};
use domain::audit::{Action, Area};
use domain::error::UseCaseError;
use domain::store::{Overrides, PasswordPolicy};
use domain::text::Folded;
use domain::unit_of_work::Unique;
use domain::user::UserDraft;
use testkit::builders::{a_caller, a_user};
use testkit::{World, block_on};

use super::{account, address, broken, current, groups, new, person, role, told_since, value};
use crate::scene::{NEW, Outcome, Scene, password};
use crate::{make_group, trail};

const DAY: i64 = 24 * 3_600;

#[test]
fn a_password_is_generated_and_has_to_be_changed_by_the_deadline() {
    block_on(async {
        let scene = Scene::new().await;
        let before = trail(&scene.world, &scene.store).await.len();
        let edit = AccountEdit { email: Some(Some(address("bob@example.com"))), ..new("bob").edit };
        let new = NewAccount { edit, ..new("bob") };
        let added = scene.world.accounts().add(&scene.admin(), new).await.expect("is made");
        let user = &added.account.user;
        assert!(user.initial_password && user.password_change_required);
        assert_eq!(user.password_expires, Some(scene.now_in(14 * DAY)));
        assert_eq!(added.account, account(&scene.world, &scene.store, "BOB").await);

        let generated = added.generated.expect("is told once");
        let verified = scene.verify_as("bob", generated.reveal()).await.expect("is tried");
        assert_eq!(verified.outcome, Outcome::PasswordChangeRequired);
        let entries = trail(&scene.world, &scene.store).await.split_off(before);
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!((entry.area, entry.action), (Area::User, Action::Added));
        assert_eq!(entry.id.get(), user.number);
        assert!(current(entry).ends_with(r#""passwordSet":true}"#), "{entry:?}");
        assert!(current(entry).contains(r#""isInitialPassword":true"#), "{entry:?}");
        assert!(!format!("{entry:?}").contains(generated.reveal()));
        assert!(scene.letters().await.is_empty(), "of a first password nobody is told");
    });
}

#[test]
fn a_password_that_is_chosen_need_not_be_changed() {
    block_on(async {
        let set = Overrides { password_max_age_days: Some(30), ..Overrides::default() };
        let scene = Scene::with(set).await;
        let chosen = NewAccount { password: Some(password(NEW)), ..new("bob") };
        let added = scene.world.accounts().add(&scene.admin(), chosen).await.expect("is made");
        assert!(added.generated.is_none());
        let user = added.account.user;
        assert!(!user.initial_password && !user.password_change_required);
        assert_eq!(user.password_expires, Some(scene.now_in(30 * DAY)), "it ages like every other");
        let verified = scene.verify_as("bob", NEW).await.expect("is tried");
        assert_eq!(verified.outcome, Outcome::Succeeded);
    });
}

#[test]
fn a_chosen_password_keeps_the_policy_unless_that_is_skipped_which_is_told() {
    block_on(async {
        let scene = Scene::new().await;
        let (accounts, admin) = (scene.world.accounts(), scene.admin());
        let before = trail(&scene.world, &scene.store).await.len();
        let hashes = scene.world.hasher.computed();
        let edit = AccountEdit { last_name: Some(Some(person("Longstocking"))), ..new("bob").edit };
        for weak in ["short", "longstocking longstocking"] {
            let new =
                NewAccount { password: Some(password(weak)), edit: edit.clone(), ..new("bob") };
            assert_eq!(broken(accounts.add(&admin, new).await), ["password"], "{weak}");
        }
        assert_eq!(scene.world.hasher.computed(), hashes, "no hash for nothing");
        assert!(told_since(&scene.world, &scene.store, before).await.is_empty());

        let new = NewAccount { password: Some(password("short")), skip_check: true, ..new("bob") };
        accounts.add(&admin, new).await.expect("is made");
        let entries = trail(&scene.world, &scene.store).await.split_off(before);
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        let said = r#""passwordSet":true,"passwordPolicySkipped":true}"#;
        assert!(current(entry).ends_with(said), "{entry:?}");
        let verified = scene.verify_as("bob", "short").await.expect("is tried");
        assert_eq!(verified.outcome, Outcome::Succeeded);
    });
}

#[test]
fn who_must_show_a_second_factor_may_have_a_shorter_password() {
    block_on(async {
        let scene = Scene::new().await;
        let (accounts, admin) = (scene.world.accounts(), scene.admin());
        let eight = || Some(password("xk42vq9z"));
        let one = accounts.add(&admin, NewAccount { password: eight(), ..new("bob") }).await;
        assert_eq!(broken(one), ["password"]);
        let edit = AccountEdit { two_factor_required: Some(true), ..new("bob").edit };
        let other =
            accounts.add(&admin, NewAccount { password: eight(), edit, ..new("bob") }).await;
        assert!(other.expect("is made").account.user.two_factor_required);
    });
}

#[test]
fn a_policy_that_is_skipped_says_nothing_of_a_generated_password() {
    block_on(async {
        let set = Overrides {
            password_policy: Some(PasswordPolicy::Identity),
            identity_required_length: Some(128),
            ..Overrides::default()
        };
        let world = World::new();
        let store = world.make_store_with("shop", set).await;
        let before = trail(&world, &store).await.len();
        let new = NewAccount { skip_check: true, ..new("bob") };
        world.accounts().add(&world.as_admin_in(&store), new).await.expect("is made");
        let entries = trail(&world, &store).await.split_off(before);
        assert!(!current(&entries[0]).contains("passwordPolicySkipped"), "{entries:?}");
    });
}

#[test]
fn all_that_is_said_is_made_each_with_its_entry() {
    block_on(async {
        let scene = Scene::new().await;
        let (world, store) = (&scene.world, &scene.store);
        for name in ["Staff", "Alpine"] {
            make_group(world, store, name).await;
        }
        let before = trail(world, store).await.len();
        let edit = AccountEdit {
            first_name: Some(Some(person("Bob"))),
            last_name: Some(None),
            email: Some(Some(address("bob@example.com"))),
            locked: Some(true),
            two_factor_required: Some(true),
            roles: Some(vec![role("usermanager"), role("AuditTrailReader")]),
            permissions: None,
            groups: Some(groups(&["STAFF", "alpine", "staff"])),
            time_zone: Some(Some(value("Europe/Zurich"))),
            date_formats: Some(Some(value("{}"))),
            notification_groups: Some(None),
        };
        let new = NewAccount { edit, ..new("bob") };
        let made = world.accounts().add(&scene.admin(), new).await.expect("is made").account;
        assert_eq!(made.user.first_name, Some(person("Bob")));
        assert_eq!((made.user.last_name.clone(), made.user.locked), (None, true));
        assert_eq!(made.groups, groups(&["Alpine", "Staff"]), "by name");
        assert_eq!(made.roles, [RoleName::AUDIT_TRAIL_READER, RoleName::USER_MANAGER]);
        let permissions = [Permission::UserRead, Permission::UserManage, Permission::AuditRead];
        assert_eq!(made.permissions, PermissionSet::of(&permissions));
        assert_eq!(made.time_zone(), Some(&value("Europe/Zurich")));
        assert_eq!(made.date_formats(), Some(&value("{}")));
        assert_eq!(made.notification_groups(), None);
        assert_eq!(made, account(world, store, "bob").await);
        let added = |area, times| std::iter::repeat_n((area, Action::Added), times);
        let expected = added(Area::User, 1).chain(added(Area::Membership, 2));
        let expected = expected.chain(added(Area::UserProfile, 2)).chain(added(Area::Role, 2));
        assert!(told_since(world, store, before).await.into_iter().eq(expected));
    });
}

#[test]
fn a_name_that_is_taken_costs_no_hash() {
    block_on(async {
        let scene = Scene::new().await;
        let before = scene.world.hasher.computed();
        let taken = scene.world.accounts().add(&scene.admin(), new("ADA")).await;
        assert_eq!(taken.expect_err("is taken"), UseCaseError::Duplicate(Unique::LoginName));
        assert_eq!(scene.world.hasher.computed(), before);
    });
}

#[test]
fn an_address_by_which_another_one_signs_in_is_taken() {
    block_on(async {
        let set = Overrides { login_by_email: Some(true), ..Overrides::default() };
        let scene = Scene::with(set).await;
        let edit = AccountEdit { email: Some(Some(address("ADA@example.com"))), ..new("bob").edit };
        let new = NewAccount { edit, ..new("bob") };
        let taken = scene.world.accounts().add(&scene.admin(), new).await.expect_err("is taken");
        assert_eq!(taken, UseCaseError::Duplicate(Unique::EmailAddress));
    });
}

#[test]
fn who_does_not_manage_users_makes_none_and_costs_no_hash() {
    block_on(async {
        let scene = Scene::new().await;
        let here = scene.store.id;
        let forbidden = UseCaseError::Forbidden(Permission::UserManage);
        let (before, session) = (scene.world.hasher.computed(), scene.session().await);
        let before = before + 1;
        let reader = a_caller().holding(RoleName::AUDIT_TRAIL_READER, here).acting_in(here);
        let own = scene.acting_by(&session).await;
        for (context, refusal) in [
            (reader, forbidden),
            (own, UseCaseError::NotFound(domain::error::Missing::Store)),
            (a_caller().acting_in(here), UseCaseError::NotFound(domain::error::Missing::Store)),
        ] {
            let refused = scene.world.accounts().add(&context, new("bob")).await;
            assert_eq!(refused.expect_err("is refused"), refusal);
        }
        scene.make_read_only().await;
        let refused = scene.world.accounts().add(&scene.admin(), new("bob")).await;
        assert_eq!(refused.expect_err("is refused"), UseCaseError::StoreReadOnly);
        assert_eq!(scene.world.hasher.computed(), before);
    });
}

#[test]
fn groups_and_roles_that_are_not_there_are_named_and_nothing_is_made() {
    block_on(async {
        let scene = Scene::new().await;
        let (accounts, admin) = (scene.world.accounts(), scene.admin());
        let before = trail(&scene.world, &scene.store).await.len();
        let edits = [
            ("groups", AccountEdit { groups: Some(groups(&["no", "none"])), ..new("bob").edit }),
            ("roles", AccountEdit { roles: Some(vec![role("a"), role("b")]), ..new("bob").edit }),
        ];
        for (property, edit) in edits {
            let refused = accounts.add(&admin, NewAccount { edit, ..new("bob") }).await;
            assert_eq!(broken(refused), [property; 2], "each is told");
        }
        for zone in [String::new(), "x".repeat(257), "a\nb".to_owned()] {
            let edit = AccountEdit { time_zone: Some(Some(value(&zone))), ..new("bob").edit };
            let refused = accounts.add(&admin, NewAccount { edit, ..new("bob") }).await;
            assert_eq!(broken(refused), ["timeZoneId"]);
        }
        assert!(told_since(&scene.world, &scene.store, before).await.is_empty());
        let nobody = accounts.find(&admin, Folded::of("bob")).await;
        assert_eq!(nobody, Err(UseCaseError::NotFound(domain::error::Missing::User)));
    });
}

#[test]
fn the_other_api_makes_users_without_a_password() {
    block_on(async {
        let scene = Scene::new().await;
        let before = trail(&scene.world, &scene.store).await.len();
        let draft = UserDraft { password_change_required: true, ..a_user("bob").draft() };
        scene.world.make_user(&scene.store, draft).await;
        let entries = trail(&scene.world, &scene.store).await.split_off(before);
        assert!(!format!("{entries:?}").contains("passwordSet"));
        let verified = scene.verify_as("bob", NEW).await.expect("is tried");
        assert_eq!(verified.outcome, Outcome::Failed);
    });
}
