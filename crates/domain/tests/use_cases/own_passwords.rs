//! Passwords that are set or looked at by one's own.

use domain::access::{Context, Permission, RoleName};
use domain::error::UseCaseError;
use domain::text::Folded;
use domain::user::Include;
use testkit::block_on;
use testkit::builders::{a_caller, a_user};

use crate::scene::{ANY, NEW, Outcome, RIGHT, Scene, WRONG, password};

async fn update(
    scene: &Scene,
    context: &Context,
    name: &str,
    current: Option<&str>,
    new: &str,
) -> Result<(), UseCaseError> {
    let (name, current) = (Folded::of(name), current.map(password));
    scene.world.passwords().update(context, name, current, password(new)).await
}

fn property(outcome: Result<(), UseCaseError>) -> String {
    match outcome {
        Err(UseCaseError::Invalid(invalid)) => {
            invalid.fields.first().expect("a broken rule").property.clone()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn whoever_knows_their_password_replaces_it() {
    block_on(async {
        let scene = Scene::new().await;
        let acting = scene.acting_by(&scene.session().await).await;
        let wrong = update(&scene, &acting, "ada", Some(WRONG), NEW).await;
        assert_eq!(wrong, Err(UseCaseError::WrongPassword));
        assert_eq!(scene.user().await.failed_sign_ins, 1, "it counts");
        assert_eq!(property(update(&scene, &acting, "ada", None, NEW).await), "currentPassword");
        let short = update(&scene, &acting, "ada", Some(RIGHT), "short").await;
        assert_eq!(property(short), "newPassword");
        let same = update(&scene, &acting, "ada", Some(RIGHT), RIGHT).await;
        assert_eq!(property(same), "newPassword");
        update(&scene, &acting, "ADA", Some(RIGHT), NEW).await.expect("is changed");
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn a_manager_of_users_sets_another_password_by_their_own() {
    block_on(async {
        let scene = Scene::new().await;
        scene.give(RoleName::USER_MANAGER).await;
        let bob = scene.world.make_user(&scene.store, a_user("bob").draft()).await.user;
        let acting = scene.acting_by(&scene.session().await).await;
        let wrong = update(&scene, &acting, "bob", Some(WRONG), NEW).await;
        assert_eq!(wrong, Err(UseCaseError::WrongPassword));
        assert_eq!(scene.user().await.failed_sign_ins, 1, "against the caller");
        update(&scene, &acting, "bob", Some(RIGHT), NEW).await.expect("is set");
        let found = scene.world.users().find(&scene.admin(), bob.id, Include::NONE).await;
        let bob = found.expect("the user").user;
        assert!(bob.password_change_required && bob.password_expires.is_some());
        let verified = scene.verify_as("bob", NEW).await.expect("is said");
        assert_eq!(verified.outcome, Outcome::PasswordChangeRequired);
    });
}

#[test]
fn a_caller_who_is_no_user_has_no_password_to_show() {
    block_on(async {
        let scene = Scene::new().await;
        let manager = a_caller().holding(RoleName::USER_MANAGER, scene.store.id);
        update(&scene, &manager.acting_in(scene.store.id), "ada", None, NEW).await.expect("is set");
        let reader = a_caller().holding(RoleName::AUDIT_TRAIL_READER, scene.store.id);
        let refused = update(&scene, &reader.acting_in(scene.store.id), "ada", None, RIGHT).await;
        assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::UserManage)));
    });
}

#[test]
fn a_user_without_rights_sets_nobody_elses_and_hears_not_who_is_there() {
    block_on(async {
        let scene = Scene::new().await;
        scene.world.make_user(&scene.store, a_user("bob").draft()).await;
        let acting = scene.acting_by(&scene.session().await).await;
        for name in ["bob", "nobody"] {
            let refused = update(&scene, &acting, name, Some(RIGHT), NEW).await;
            assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::UserManage)), "{name}");
        }
    });
}

#[test]
fn nobody_sets_the_password_of_somebody_who_holds_more() {
    block_on(async {
        let scene = Scene::new().await;
        scene.give(RoleName::USER_STORE_ADMIN).await;
        let manager = a_caller().holding(RoleName::USER_MANAGER, scene.store.id);
        let refused = update(&scene, &manager.acting_in(scene.store.id), "ada", None, NEW).await;
        assert_eq!(refused, Err(UseCaseError::Upward));
    });
}

#[test]
fn a_password_is_validated_without_signing_in() {
    block_on(async {
        let scene = Scene::new().await;
        let (passwords, ada) = (scene.world.passwords(), || Folded::of("ada"));
        let validate = |name: &str, text: &str| {
            passwords.validate(scene.here(), Folded::of(name), password(text))
        };
        assert_eq!(validate("ada", RIGHT).await, Ok(()));
        assert_eq!(validate("ada", WRONG).await, Err(UseCaseError::Refused));
        assert_eq!(validate("nobody", RIGHT).await, Err(UseCaseError::Refused));
        assert_eq!(scene.user().await.failed_sign_ins, 1, "it counts");

        let change = |current: &str, new: &str| {
            passwords.validate_change(scene.here(), ada(), password(current), password(new))
        };
        assert_eq!(change(RIGHT, NEW).await, Ok(()));
        assert_eq!(change(WRONG, NEW).await, Err(UseCaseError::Refused));
        assert_eq!(property(change(RIGHT, "short").await), "newPassword");
        assert_eq!(property(change(RIGHT, RIGHT).await), "newPassword");
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded), "nothing was set");
    });
}

#[test]
fn what_else_is_due_does_not_make_a_password_wrong() {
    block_on(async {
        let scene = Scene::new().await;
        scene.edit(|draft| draft.password_change_required = true).await;
        let (passwords, ada) = (scene.world.passwords(), Folded::of("ada"));
        assert_eq!(passwords.validate(scene.here(), ada, password(RIGHT)).await, Ok(()));
    });
}

#[test]
fn no_way_of_an_administrator_leads_around_the_own_password() {
    block_on(async {
        let scene = Scene::new().await;
        scene.give(RoleName::USER_STORE_ADMIN).await;
        let acting = scene.acting_by(&scene.session().await).await;
        let (passwords, id) = (scene.world.passwords(), scene.id);
        let own = UseCaseError::NotForOneself;
        let reset = passwords.reset(&acting, id, ANY, password(NEW)).await;
        let initial = passwords.set_initial(&acting, id, ANY, password(NEW), None).await;
        let unlock = passwords.unlock(&acting, id, ANY).await;
        for refused in [reset, initial, unlock] {
            assert_eq!(refused.map(drop), Err(own.clone()));
        }
        let gone = crate::changes::remove(id, ANY);
        let removed = scene.world.users().apply(&acting, (), gone).await;
        assert_eq!(removed.map(drop), Err(UseCaseError::OwnRemoval));
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn a_manager_of_users_forgets_no_failures_of_their_own() {
    block_on(async {
        let scene = Scene::new().await;
        scene.give(RoleName::USER_MANAGER).await;
        let acting = scene.acting_by(&scene.session().await).await;
        for _ in 0..5 {
            scene.verify_patiently(WRONG).await;
            scene.world.accounts().reset(&acting, Folded::of("ada")).await.expect("is reset");
        }
        scene.wait(31);
        assert_eq!(
            update(&scene, &acting, "ada", Some(RIGHT), NEW).await,
            Err(UseCaseError::Locked)
        );
    });
}
