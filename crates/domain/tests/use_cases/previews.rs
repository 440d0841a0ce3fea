//! Resets as administrators of users make them: generated, chosen, or previewed.

use domain::access::{Context, Permission, RoleName};
use domain::error::UseCaseError;
use domain::id::ClientId;
use domain::password::{Choice, Reset};
use domain::text::Folded;
use domain::token::{Purpose, Token};
use jiff::SignedDuration;
use testkit::block_on;
use testkit::builders::{a_caller, a_user, uuid_of};

use crate::scene::{NEW, Outcome, RIGHT, Scene, WRONG};
use crate::trail;

async fn reset_by(scene: &Scene, context: &Context, choice: Choice) -> Result<Reset, UseCaseError> {
    scene.world.passwords().reset_as(context, Folded::of("ada"), choice).await
}

async fn preview(scene: &Scene) -> (String, Token) {
    let shown = scene.world.passwords().preview(&scene.admin(), Folded::of("Ada")).await;
    let shown = shown.expect("is shown");
    (shown.password.reveal().to_owned(), shown.token)
}

fn redeem(token: &Token) -> Choice {
    Choice::Previewed(Token::shown(Purpose::PasswordPreview, token.reveal().to_owned()))
}

#[test]
fn a_generated_password_is_told_once_and_has_to_be_changed() {
    block_on(async {
        let scene = Scene::new().await;
        let session = scene.session().await;
        let done = reset_by(&scene, &scene.admin(), Choice::Generated).await.expect("is reset");
        assert_eq!(done.change_by, scene.now_in(14 * 24 * 3_600));
        let user = scene.user().await;
        assert!(user.password_change_required && !user.initial_password);
        assert_eq!(user.password_expires, Some(done.change_by));
        let outcome = scene.verify(done.password.reveal()).await;
        assert_eq!(outcome, Ok(Outcome::PasswordChangeRequired));
        assert!(scene.authenticate(&session).await.is_err(), "its sessions end");
        let entries = trail(&scene.world, &scene.store).await;
        let text = format!("{entries:?}");
        assert!(!text.contains(done.password.reveal()) && text.contains("passwordSet"));
    });
}

#[test]
fn a_reset_ends_every_lock() {
    block_on(async {
        let scene = Scene::new().await;
        for _ in 0..5 {
            scene.verify_patiently(WRONG).await;
        }
        scene.edit(|draft| draft.locked = true).await;
        let done = reset_by(&scene, &scene.admin(), Choice::Generated).await.expect("is reset");
        assert!(!scene.user().await.locked);
        let outcome = scene.verify(done.password.reveal()).await;
        assert_eq!(outcome, Ok(Outcome::PasswordChangeRequired));
    });
}

#[test]
fn a_chosen_password_keeps_the_rules() {
    block_on(async {
        let scene = Scene::new().await;
        let short = Choice::Chosen(crate::scene::password("short"));
        let refused = reset_by(&scene, &scene.admin(), short).await.expect_err("is refused");
        let UseCaseError::Invalid(invalid) = refused else { panic!("{refused:?}") };
        assert_eq!(invalid.fields[0].property, "password");
        let chosen = Choice::Chosen(crate::scene::password(NEW));
        reset_by(&scene, &scene.admin(), chosen).await.expect("is reset");
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::PasswordChangeRequired));
    });
}

#[test]
fn a_preview_changes_nothing_until_it_is_redeemed_once() {
    block_on(async {
        let scene = Scene::new().await;
        let before = (scene.user().await, trail(&scene.world, &scene.store).await.len());
        let (password, token) = preview(&scene).await;
        assert_eq!((scene.user().await, trail(&scene.world, &scene.store).await.len()), before);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
        let done = reset_by(&scene, &scene.admin(), redeem(&token)).await.expect("is redeemed");
        assert_eq!(done.password.reveal(), password);
        assert_eq!(scene.verify(&password).await, Ok(Outcome::PasswordChangeRequired));
        let again = reset_by(&scene, &scene.admin(), redeem(&token)).await;
        assert_eq!(again.expect_err("is used up"), UseCaseError::InvalidToken);
    });
}

#[test]
fn a_preview_is_worth_nothing_after_a_quarter_of_an_hour_or_after_the_next_one() {
    block_on(async {
        let scene = Scene::new().await;
        let (_, token) = preview(&scene).await;
        scene.world.clock.advance(SignedDuration::from_secs(15 * 60));
        let late = reset_by(&scene, &scene.admin(), redeem(&token)).await;
        assert_eq!(late.expect_err("is too late"), UseCaseError::InvalidToken);
        let (_, first) = preview(&scene).await;
        preview(&scene).await;
        let first = reset_by(&scene, &scene.admin(), redeem(&first)).await;
        assert_eq!(first.expect_err("is replaced"), UseCaseError::InvalidToken);
    });
}

#[test]
fn a_preview_is_worth_nothing_to_another_caller_or_for_another_user() {
    block_on(async {
        let scene = Scene::new().await;
        scene.world.make_user(&scene.store, a_user("bob").draft()).await;
        let (_, token) = preview(&scene).await;
        let other = ClientId::new(uuid_of("client", "another"));
        let other = a_caller().principal(domain::access::Principal::Client(other)).system_admin();
        let other = other.acting_in(scene.store.id);
        let refused = reset_by(&scene, &other, redeem(&token)).await;
        assert_eq!(refused.expect_err("another caller's"), UseCaseError::InvalidToken);
        let (passwords, bob) = (scene.world.passwords(), Folded::of("bob"));
        let refused = passwords.reset_as(&scene.admin(), bob, redeem(&token)).await;
        assert_eq!(refused.expect_err("another user's"), UseCaseError::InvalidToken);
        for forged in ["", "usr_preview_", "usr_preview_AAAA", "usr_reset_AAAA"] {
            let forged = Token::shown(Purpose::PasswordPreview, forged.to_owned());
            let refused = reset_by(&scene, &scene.admin(), Choice::Previewed(forged)).await;
            assert_eq!(refused.expect_err("forged"), UseCaseError::InvalidToken);
        }
        reset_by(&scene, &scene.admin(), redeem(&token))
            .await
            .expect("it is still worth something");
    });
}

#[test]
fn nobody_resets_themselves_or_somebody_who_holds_more() {
    block_on(async {
        let scene = Scene::new().await;
        scene.give(RoleName::USER_STORE_ADMIN).await;
        let acting = scene.acting_by(&scene.session().await).await;
        let own = reset_by(&scene, &acting, Choice::Generated).await;
        assert_eq!(own.expect_err("is refused"), UseCaseError::NotForOneself);
        let own = scene.world.passwords().preview(&acting, Folded::of("ada")).await;
        assert_eq!(own.expect_err("is refused"), UseCaseError::NotForOneself);
        let manager = a_caller().holding(RoleName::USER_MANAGER, scene.store.id);
        let manager = manager.acting_in(scene.store.id);
        let upward = reset_by(&scene, &manager, Choice::Generated).await;
        assert_eq!(upward.expect_err("is refused"), UseCaseError::Upward);
        let upward = scene.world.passwords().preview(&manager, Folded::of("ada")).await;
        assert_eq!(upward.expect_err("is refused"), UseCaseError::Upward);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn a_user_without_rights_resets_nobody() {
    block_on(async {
        let scene = Scene::new().await;
        scene.world.make_user(&scene.store, a_user("bob").draft()).await;
        let acting = scene.acting_by(&scene.session().await).await;
        let (passwords, bob) = (scene.world.passwords(), Folded::of("bob"));
        let refused = passwords.reset_as(&acting, bob.clone(), Choice::Generated).await;
        let refused = refused.expect_err("is refused");
        let is_refused = |error: &UseCaseError| {
            matches!(
                error,
                UseCaseError::Forbidden(Permission::UserManage) | UseCaseError::NotFound(_)
            )
        };
        assert!(is_refused(&refused), "{refused:?}");
        let refused = passwords.preview(&acting, bob).await.expect_err("is refused");
        assert!(is_refused(&refused), "{refused:?}");
    });
}
