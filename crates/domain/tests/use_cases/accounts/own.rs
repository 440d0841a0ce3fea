//! What users may change of themselves: nothing that is protected (C11).

use domain::access::{Context, Due, Permission, PermissionSet, RoleName};
use domain::account::AccountEdit;
use domain::error::{Missing, UseCaseError};
use domain::id::UserId;
use domain::text::Folded;
use testkit::block_on;
use testkit::builders::{a_caller, a_user};

use super::{a_session, account, address, broken, groups, person, role, told_since, update, value};
use crate::scene::{Outcome, RIGHT, Scene, WRONG, password};
use crate::{make_group, trail};

/// `ada` in a session of her own; she holds nothing.
fn ada(scene: &Scene) -> Context {
    let by = a_caller().signed_in(scene.store.id, scene.id, Due::Nothing);
    by.acting_in(scene.store.id)
}

async fn change_email(
    scene: &Scene,
    to: Option<&str>,
    shown: Option<&str>,
) -> Result<(), UseCaseError> {
    let edit = AccountEdit { email: Some(to.map(address)), ..AccountEdit::default() };
    let accounts = scene.world.accounts();
    accounts.update(&ada(scene), Folded::of("Ada"), edit, shown.map(password)).await
}

#[test]
fn users_read_and_change_what_is_their_own() {
    block_on(async {
        let scene = Scene::new().await;
        let (world, own) = (&scene.world, ada(&scene));
        make_group(world, &scene.store, "staff").await;
        let join = AccountEdit { groups: Some(groups(&["staff"])), ..AccountEdit::default() };
        update(world, &scene.admin(), "ada", join).await.expect("joins");
        let found = world.accounts().find(&own, Folded::of("ADA")).await.expect("her own");
        assert_eq!(found, account(world, &scene.store, "ada").await);
        assert_eq!(found.groups, groups(&["staff"]), "whatever she may read else");
        let edit = AccountEdit {
            first_name: Some(Some(person("Ada"))),
            last_name: Some(Some(person("Lovelace"))),
            time_zone: Some(Some(value("Europe/London"))),
            date_formats: Some(Some(value("{}"))),
            notification_groups: Some(Some(value("[]"))),
            ..AccountEdit::default()
        };
        assert_eq!(update(world, &own, "ada", edit).await, Ok(()));
        let after = world.accounts().find(&own, Folded::of("ada")).await.expect("her own");
        assert_eq!(after.user.last_name, Some(person("Lovelace")));
        assert_eq!(after.time_zone(), Some(&value("Europe/London")));
        assert_eq!(after.profiles.len(), 3);
        let entries = trail(world, &scene.store).await;
        assert_eq!(entries.last().expect("an entry").user, format!("user:{}", scene.id));
    });
}

#[test]
fn nobody_sets_a_protected_flag_of_their_own() {
    block_on(async {
        let scene = Scene::new().await;
        let (world, own) = (&scene.world, ada(&scene));
        make_group(world, &scene.store, "staff").await;
        let before = account(world, &scene.store, "ada").await;
        let entries = trail(world, &scene.store).await.len();
        let nothing = AccountEdit::default;
        let everything = PermissionSet::of(&Permission::ALL);
        let edits = [
            AccountEdit { locked: Some(true), ..nothing() },
            AccountEdit { two_factor_required: Some(true), ..nothing() },
            AccountEdit { roles: Some(vec![RoleName::SYSTEM_ADMIN]), ..nothing() },
            AccountEdit { roles: Some(vec![role("none")]), ..nothing() },
            AccountEdit { permissions: Some(everything), ..nothing() },
            AccountEdit { groups: Some(groups(&["staff"])), ..nothing() },
            AccountEdit { groups: Some(groups(&["none"])), ..nothing() },
        ];
        let hashes = scene.world.hasher.computed();
        for edit in edits {
            let forbidden = Err(UseCaseError::Forbidden(Permission::UserManage));
            assert_eq!(update(world, &own, "ada", edit.clone()).await, forbidden, "{edit:?}");
            // Nor by the way of what is hers, and no attempt is counted for it.
            let with_email = AccountEdit { email: Some(None), ..edit };
            let (name, shown) = (Folded::of("ada"), Some(password(WRONG)));
            let refused = world.accounts().update(&own, name, with_email, shown).await;
            assert_eq!(refused, forbidden);
        }
        assert_eq!(scene.world.hasher.computed(), hashes);
        assert_eq!(account(world, &scene.store, "ada").await, before);
        assert!(told_since(world, &scene.store, entries).await.is_empty());
    });
}

#[test]
fn what_was_read_may_be_sent_back() {
    block_on(async {
        let scene = Scene::new().await;
        let (world, own) = (&scene.world, ada(&scene));
        let before = account(world, &scene.store, "ada").await;
        let edit = AccountEdit {
            last_name: Some(Some(person("Lovelace"))),
            email: Some(before.user.email.clone()),
            locked: Some(false),
            two_factor_required: Some(false),
            roles: Some(vec![]),
            permissions: Some(PermissionSet::EMPTY),
            groups: Some(vec![]),
            ..AccountEdit::default()
        };
        assert_eq!(update(world, &own, "ada", edit).await, Ok(()), "no password is asked for");
        let after = account(world, &scene.store, "ada").await;
        assert_eq!(after.user.last_name, Some(person("Lovelace")));
    });
}

#[test]
fn another_address_asks_for_the_password() {
    block_on(async {
        let scene = Scene::new().await;
        for to in [Some("countess@example.com"), None] {
            assert_eq!(broken(change_email(&scene, to, None).await), ["currentPassword"]);
            let wrong = change_email(&scene, to, Some(WRONG)).await;
            assert_eq!(wrong, Err(UseCaseError::WrongPassword));
        }
        assert_eq!(scene.user().await.email, Some(address("ada@example.com")));
        assert_eq!(scene.user().await.failed_sign_ins, 2, "each counts");
        assert!(scene.letters().await.is_empty());
        assert_eq!(change_email(&scene, Some("countess@example.com"), Some(RIGHT)).await, Ok(()));
        let user = scene.user().await;
        assert_eq!(user.email, Some(address("countess@example.com")));
        assert!(!user.email_confirmed);
        assert_eq!(user.failed_sign_ins, 0);
        assert_eq!(scene.letters().await.len(), 2);
        assert_eq!(change_email(&scene, None, Some(RIGHT)).await, Ok(()));
        assert_eq!(scene.user().await.email, None);
    });
}

#[test]
fn guesses_at_the_password_by_this_way_lock_like_those_by_any_other() {
    block_on(async {
        let scene = Scene::new().await;
        let mut wrong = 0;
        while wrong < 5 {
            match change_email(&scene, None, Some(WRONG)).await {
                Err(UseCaseError::WrongPassword) => wrong += 1,
                Err(UseCaseError::Throttled { seconds }) => scene.wait(seconds.into()),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(scene.verify_patiently(RIGHT).await, Outcome::Locked);
        scene.wait(30);
        let refused = change_email(&scene, None, Some(RIGHT)).await;
        assert_eq!(refused, Err(UseCaseError::Locked));
        scene.make_read_only().await;
        let refused = change_email(&scene, None, Some(RIGHT)).await;
        assert_eq!(refused, Err(UseCaseError::StoreReadOnly));
    });
}

#[test]
fn nobody_learns_of_other_accounts_not_even_whether_they_are_there() {
    block_on(async {
        let scene = Scene::new().await;
        let (accounts, own) = (scene.world.accounts(), ada(&scene));
        scene.world.make_user(&scene.store, a_user("bob").draft()).await;
        let forbidden = UseCaseError::Forbidden(Permission::UserManage);
        for name in ["bob", "nobody", "a\u{0}b"].map(Folded::of) {
            assert_eq!(accounts.find(&own, name.clone()).await, Err(forbidden.clone()));
            assert_eq!(accounts.reset(&own, name.clone()).await, Err(forbidden.clone()));
            for edit in [
                AccountEdit { last_name: Some(None), ..AccountEdit::default() },
                AccountEdit { email: Some(None), ..AccountEdit::default() },
            ] {
                let shown = Some(password(RIGHT));
                let refused = accounts.update(&own, name.clone(), edit, shown).await;
                assert_eq!(refused, Err(forbidden.clone()));
            }
        }
        let missing = Err(UseCaseError::NotFound(Missing::Store));
        assert_eq!(accounts.remove(&own, Folded::of("ada")).await, missing, "holds nothing");
        assert!(accounts.page(&own, None, 10).await.is_err());
    });
}

#[test]
fn a_session_of_another_store_is_nobodys_here() {
    block_on(async {
        let scene = Scene::new().await;
        let other = scene.world.make_store("other").await;
        let there = a_caller().signed_in(other.id, scene.id, Due::Nothing);
        let context = there.acting_in(scene.store.id);
        let refused = scene.world.accounts().find(&context, Folded::of("ada")).await;
        assert_eq!(refused, Err(UseCaseError::NotFound(Missing::Store)));
    });
}

#[test]
fn a_client_or_an_issuer_is_nobodys_self() {
    block_on(async {
        let scene = Scene::new().await;
        let here = scene.store.id;
        let reader = a_caller().holding(RoleName::AUDIT_TRAIL_READER, here).acting_in(here);
        let refused = scene.world.accounts().find(&reader, Folded::of("ada")).await;
        assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::UserManage)));
    });
}

#[test]
fn while_something_is_due_nothing_is_read_or_changed() {
    block_on(async {
        let scene = Scene::new().await;
        let accounts = scene.world.accounts();
        for (due, refusal) in [
            (Due::SecondFactor, UseCaseError::SecondFactorDue),
            (Due::PasswordChange, UseCaseError::PasswordChangeDue),
        ] {
            let by = a_caller().signed_in(scene.store.id, scene.id, due);
            let own = by.holding(RoleName::USER_MANAGER, scene.store.id).acting_in(scene.store.id);
            let name = || Folded::of("ada");
            assert_eq!(accounts.find(&own, name()).await, Err(refusal.clone()));
            let edit = AccountEdit { last_name: Some(None), ..AccountEdit::default() };
            assert_eq!(accounts.update(&own, name(), edit, None).await, Err(refusal.clone()));
            assert_eq!(accounts.reset(&own, name()).await, Err(refusal.clone()));
            assert_eq!(accounts.remove(&own, name()).await, Err(refusal.clone()));
            assert_eq!(accounts.page(&own, None, 1).await, Err(refusal.clone()));
            assert_eq!(accounts.roles(&own).await, Err(refusal.clone()));
            assert_eq!(accounts.permissions(&own).await, Err(refusal.clone()));
            let added = accounts.add(&own, super::new("bob")).await;
            assert_eq!(added.expect_err("is refused"), refusal);
        }
    });
}

#[test]
fn who_manages_users_changes_their_own_address_as_that_of_others() {
    block_on(async {
        let scene = Scene::new().await;
        let id: UserId = scene.id;
        let own = a_session(&scene.world, &scene.store, id, RoleName::USER_MANAGER).await;
        let edit = AccountEdit { email: Some(None), ..AccountEdit::default() };
        assert_eq!(update(&scene.world, &own, "ada", edit).await, Ok(()));
    });
}
