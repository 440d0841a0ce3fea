//! How an account is reset, and removed.

use domain::access::{Due, Grant, Holder, Permission, RoleName};
use domain::audit::{Action, Area};
use domain::error::{Missing, UseCaseError};
use domain::password::Choice;
use domain::text::Folded;
use domain::token::{Purpose, Token};
use testkit::block_on;
use testkit::builders::{a_caller, a_user};

use super::{account, give, told_since};
use crate::scene::{NEW, Outcome, RIGHT, Scene, WRONG, password};
use crate::{make_group, shop, trail};

#[test]
fn a_reset_unlocks_and_forgets_and_voids_and_leaves_the_rest() {
    block_on(async {
        let scene = Scene::new().await;
        scene.give(RoleName::USER_MANAGER).await;
        let (world, admin, session) = (&scene.world, scene.admin(), scene.session().await);
        let preview = world.passwords().preview(&admin, Folded::of("ada")).await.expect("shown");
        for _ in 0..5 {
            scene.verify_patiently(WRONG).await;
        }
        assert_eq!(scene.verify_patiently(RIGHT).await, Outcome::Locked);
        let before = account(world, &scene.store, "ada").await;
        let entries = trail(world, &scene.store).await.len();
        assert_eq!(world.accounts().reset(&admin, Folded::of("ADA")).await, Ok(()));
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded), "no wait, no lock");
        assert!(scene.authenticate(&session).await.is_err(), "its sessions end");
        let token = Token::shown(Purpose::PasswordPreview, preview.token.reveal().to_owned());
        let (passwords, choice) = (world.passwords(), Choice::Previewed(token));
        let redeemed = passwords.reset_as(&admin, Folded::of("ada"), choice).await;
        assert_eq!(redeemed.expect_err("is void"), UseCaseError::InvalidToken);
        let after = account(world, &scene.store, "ada").await;
        assert_eq!((after.roles, after.permissions), (before.roles, before.permissions));
        // The failures that are shown were part of the record; the rest of it is as before.
        let told = told_since(world, &scene.store, entries).await;
        assert!(told.len() <= 1, "{told:?}");
    });
}

#[test]
fn a_reset_lifts_the_permanent_lock_with_one_entry_and_leaves_none_for_nothing() {
    block_on(async {
        let scene = Scene::new().await;
        let (world, admin) = (&scene.world, scene.admin());
        scene.edit(|draft| draft.locked = true).await;
        let before = trail(world, &scene.store).await.len();
        for _ in 0..2 {
            assert_eq!(world.accounts().reset(&admin, Folded::of("ada")).await, Ok(()));
        }
        assert!(!scene.user().await.locked);
        let told = told_since(world, &scene.store, before).await;
        assert_eq!(told, [(Area::User, Action::Modified)]);
    });
}

#[test]
fn a_reset_voids_a_letter_that_is_on_its_way() {
    block_on(async {
        let scene = Scene::new().await;
        let asked = scene.world.passwords().ask_for_reset(scene.here(), Folded::of("ada")).await;
        asked.expect("is asked for");
        let token = scene.token().await.expect("a letter");
        let reset = scene.world.accounts().reset(&scene.admin(), Folded::of("ada")).await;
        assert_eq!(reset, Ok(()));
        let refused = scene.respond_public("ada", &token, NEW).await;
        assert!(refused.is_err(), "{refused:?}");
    });
}

#[test]
fn users_reset_themselves_and_keep_the_session_that_does_it() {
    block_on(async {
        let scene = Scene::new().await;
        let (own, other) = (scene.session().await, scene.session().await);
        let acting = scene.acting_by(&own).await;
        let reset = scene.world.accounts().reset(&acting, Folded::of("ada")).await;
        assert_eq!(reset, Ok(()));
        scene.authenticate(&own).await.expect("it goes on");
        assert!(scene.authenticate(&other).await.is_err());
    });
}

#[test]
fn nobody_forgets_their_own_failures() {
    block_on(async {
        let scene = Scene::new().await;
        let session = scene.session().await;
        let acting = scene.acting_by(&session).await;
        let (accounts, ada) = (scene.world.accounts(), || Folded::of("ada"));
        for _ in 0..5 {
            scene.verify_patiently(WRONG).await;
            assert_eq!(accounts.reset(&acting, ada()).await, Ok(()));
        }
        scene.wait(31);
        let guess = Some(password(RIGHT));
        let refused = scene.world.passwords().update(&acting, ada(), guess, password(NEW)).await;
        assert_eq!(refused, Err(UseCaseError::Locked));
        assert_eq!(scene.user().await.failed_sign_ins, 5);
    });
}

#[test]
fn an_account_goes_with_what_belongs_to_it_each_with_its_entry() {
    block_on(async {
        let scene = Scene::new().await;
        let (world, store) = (&scene.world, &scene.store);
        let staff = make_group(world, store, "staff").await;
        let bob = a_user("bob").in_group(staff.id).profile("timeZoneId", "UTC").draft();
        let bob = world.make_user_with_password(store, bob, RIGHT).await.user;
        give(world, store, Holder::User(bob.id), Grant::system_admin()).await;
        give(world, store, Holder::User(scene.id), Grant::system_admin()).await;
        let before = trail(world, store).await.len();
        assert_eq!(world.accounts().remove(&scene.admin(), Folded::of("BOB")).await, Ok(()));
        let told = told_since(world, store, before).await;
        let areas = [Area::Membership, Area::UserProfile, Area::Role, Area::User];
        assert!(told.into_iter().eq(areas.map(|area| (area, Action::Deleted))));
        let again = world.accounts().remove(&scene.admin(), Folded::of("bob")).await;
        assert_eq!(again, Err(UseCaseError::NotFound(Missing::User)));
    });
}

#[test]
fn nobody_removes_themselves_or_without_managing_users() {
    block_on(async {
        let (world, store) = shop().await;
        let eve = world.make_user(&store, a_user("eve").draft()).await.user;
        let eve = a_caller().signed_in(store.id, eve.id, Due::Nothing);
        let manager = eve.clone().holding(RoleName::USER_MANAGER, store.id).acting_in(store.id);
        let refused = world.accounts().remove(&manager, Folded::of("EVE")).await;
        assert_eq!(refused, Err(UseCaseError::OwnRemoval));
        let reader = eve.holding(RoleName::AUDIT_TRAIL_READER, store.id).acting_in(store.id);
        let refused = world.accounts().remove(&reader, Folded::of("eve")).await;
        assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::UserManage)));
        account(&world, &store, "eve").await;
    });
}

#[test]
fn a_store_that_takes_no_writes_keeps_its_accounts_as_they_are() {
    block_on(async {
        let scene = Scene::new().await;
        scene.make_read_only().await;
        let (accounts, admin, name) = (scene.world.accounts(), scene.admin(), Folded::of("ada"));
        let read_only = Err(UseCaseError::StoreReadOnly);
        assert_eq!(accounts.reset(&admin, name.clone()).await, read_only);
        assert_eq!(accounts.remove(&admin, name.clone()).await, read_only);
        let edit = domain::account::AccountEdit::default();
        let shown = Some(password(RIGHT));
        assert_eq!(accounts.update(&admin, name.clone(), edit, shown).await, read_only);
        accounts.find(&admin, name).await.expect("can be read");
    });
}
