use domain::access::RoleName;
use domain::audit::Action;
use domain::error::{Missing, UseCaseError};
use domain::id::UserId;
use domain::store::{Overrides, PasswordPolicy};
use domain::version::Precondition;
use jiff::SignedDuration;
use testkit::block_on;
use testkit::builders::{a_caller, a_user, uuid_of};

use crate::scene::{ANY, NEW, Outcome, RIGHT, Scene, WRONG, password};
use crate::trail;

const DAY: i64 = 86_400;

/// The rules on `property` that the refusal names.
fn rules<T: std::fmt::Debug>(answer: Result<T, UseCaseError>, property: &str) -> Vec<String> {
    let Err(UseCaseError::Invalid(invalid)) = answer else { panic!("{answer:?}") };
    assert!(invalid.fields.iter().all(|field| field.property == property), "{invalid:?}");
    invalid.fields.into_iter().map(|field| field.rule).collect()
}

#[test]
fn an_initial_password_has_to_be_replaced_within_its_days() {
    block_on(async {
        let scene = Scene::new().await;
        let passwords = scene.world.passwords();
        let set = passwords.set_initial(&scene.admin(), scene.id, ANY, password(NEW), None).await;
        let user = set.expect("is set").user;
        assert!(user.initial_password && user.password_change_required);
        assert_eq!(user.password_expires, Some(scene.now_in(14 * DAY)));
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::PasswordChangeRequired));
        scene.wait(14 * DAY);
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::Expired), "nobody cleans it up");
        let refused = scene.change_public("ada", NEW, RIGHT).await;
        assert_eq!(refused, Err(UseCaseError::Refused), "who missed it cannot replace it");
        let renewed = passwords.renew_initial(&scene.admin(), scene.id, ANY).await;
        assert_eq!(
            renewed.expect("is renewed").user.password_expires,
            Some(scene.now_in(14 * DAY))
        );
        assert_eq!(scene.change_public("ada", NEW, RIGHT).await, Ok(()));
        let user = scene.user().await;
        assert!(!user.initial_password && !user.password_change_required);
        assert_eq!(user.password_expires, None);
        let again = passwords.renew_initial(&scene.admin(), scene.id, ANY).await;
        assert_eq!(again, Err(UseCaseError::NotInitial));
    });
}

#[test]
fn nothing_exempts_an_initial_password_from_its_deadline() {
    block_on(async {
        let scene = Scene::new().await;
        scene.edit(|draft| draft.password_never_expires = true).await;
        let passwords = scene.world.passwords();
        let soon = Some(scene.now_in(60));
        let set = passwords.set_initial(&scene.admin(), scene.id, ANY, password(NEW), soon).await;
        assert_eq!(set.expect("is set").user.password_expires, soon);
        scene.wait(60);
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::Expired));
        let past = passwords.set_initial(&scene.admin(), scene.id, ANY, password(NEW), soon).await;
        assert_eq!(rules(past, "expiration"), ["must lie in the future"]);
    });
}

#[test]
fn a_password_that_an_administrator_sets_ends_every_lock() {
    block_on(async {
        let scene =
            Scene::with(Overrides { lockout_failures: Some(1), ..Overrides::default() }).await;
        assert_eq!(scene.verify(WRONG).await, Ok(Outcome::Failed));
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Locked));
        scene.edit(|draft| draft.locked = true).await;
        let reset =
            scene.world.passwords().reset(&scene.admin(), scene.id, ANY, password(NEW)).await;
        let user = reset.expect("is set").user;
        assert!(!user.locked && !user.initial_password);
        assert_eq!(user.failed_sign_ins, 0);
        assert_eq!(user.password_expires, Some(scene.now_in(14 * DAY)));
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn every_write_of_a_password_leaves_one_entry_that_says_so_and_no_secret() {
    block_on(async {
        let scene = Scene::new().await;
        let (passwords, admin) = (scene.world.passwords(), scene.admin());
        let before = trail(&scene.world, &scene.store).await.len();
        passwords.reset(&admin, scene.id, ANY, password(NEW)).await.expect("is set");
        passwords.reset(&admin, scene.id, ANY, password(NEW)).await.expect("is set again");
        passwords.set_initial(&admin, scene.id, ANY, password(NEW), None).await.expect("is set");
        scene.change_public("ada", NEW, RIGHT).await.expect("is changed");
        let entries = trail(&scene.world, &scene.store).await.split_off(before);
        assert_eq!(entries.len(), 4);
        for entry in &entries {
            assert_eq!(entry.action, Action::Modified);
            let content = entry.current.as_ref().and_then(|it| it.opened.as_ref());
            let content = &content.expect("content").content;
            assert!(content.ends_with(",\"passwordSet\":true}"), "{content}");
            let shown = format!("{entry:?}");
            assert!(!shown.contains("horse") && !shown.contains("$test$"), "{shown}");
        }
        assert_eq!(entries[3].user, "public");
    });
}

#[test]
fn a_change_needs_the_present_password_and_a_wrong_one_counts() {
    block_on(async {
        let set = Overrides { throttle: Some(false), ..Overrides::default() };
        let scene = Scene::with(set).await;
        let (passwords, admin) = (scene.world.passwords(), scene.admin());
        let change = async |old: &str| {
            passwords.change(&admin, scene.id, ANY, password(old), password(NEW)).await
        };
        for _ in 0..5 {
            assert_eq!(change(WRONG).await, Err(UseCaseError::WrongPassword));
        }
        assert_eq!(change(RIGHT).await, Err(UseCaseError::Locked));
        scene.wait(300);
        let user = change(RIGHT).await.expect("is changed").user;
        assert_eq!((user.failed_sign_ins, user.password_expires), (0, None));
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::Succeeded));
        scene.edit(|draft| draft.active = false).await;
        assert_eq!(change(NEW).await, Err(UseCaseError::Locked));
        let nobody = UserId::new(uuid_of("user", "nobody"));
        let unknown = passwords.change(&admin, nobody, ANY, password(RIGHT), password(NEW)).await;
        assert_eq!(unknown, Err(UseCaseError::NotFound(Missing::User)));
    });
}

#[test]
fn an_expired_password_that_may_not_be_changed_is_not_changed() {
    block_on(async {
        let scene = Scene::new().await;
        scene.edit(|draft| draft.can_change_expired_password = false).await;
        scene.wait(14 * DAY);
        let passwords = scene.world.passwords();
        let (old, new) = (password(RIGHT), password(NEW));
        let refused = passwords.change(&scene.admin(), scene.id, ANY, old, new).await;
        assert_eq!(refused, Err(UseCaseError::PasswordExpired));
        let hashed = scene.world.hasher.computed();
        let refused = scene.change_public("ada", RIGHT, NEW).await;
        assert_eq!(refused, Err(UseCaseError::Refused));
        assert_eq!(scene.world.hasher.computed(), hashed + 1);
    });
}

#[test]
fn every_door_that_sets_a_password_keeps_the_policy() {
    block_on(async {
        let scene = Scene::new().await;
        scene.world.blocklist.add_common("password");
        let (passwords, admin, id) = (scene.world.passwords(), scene.admin(), scene.id);
        let short = || password("PASSWORD");
        let both = |rules: Vec<String>| {
            assert_eq!(rules.len(), 2, "{rules:?}");
            assert!(rules[0].contains("15 characters"), "{rules:?}");
        };
        both(rules(passwords.set_initial(&admin, id, ANY, short(), None).await, "password"));
        both(rules(passwords.reset(&admin, id, ANY, short()).await, "password"));
        let changed = passwords.change(&admin, id, ANY, password(RIGHT), short()).await;
        both(rules(changed, "newPassword"));
        both(rules(scene.change_public("ada", RIGHT, "PASSWORD").await, "newPassword"));
        passwords
            .send_reset(&admin, id, ANY, domain::password::StartedBy::User)
            .await
            .expect("is sent");
        let token = scene.token().await.expect("a token");
        both(rules(
            passwords.respond(&admin, id, ANY, Some(token.clone()), short()).await,
            "password",
        ));
        both(rules(scene.respond_public("ada", &token, "PASSWORD").await, "password"));
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded), "nothing was set");
        assert_eq!(scene.respond_public("ada", &token, NEW).await, Ok(()), "it is worth it still");
    });
}

#[test]
fn the_settings_of_the_store_choose_the_policy() {
    block_on(async {
        let set =
            Overrides { password_policy: Some(PasswordPolicy::Identity), ..Overrides::default() };
        let world = testkit::World::new();
        let store = world.make_store_with("shop", set).await;
        let id = world.make_user(&store, a_user("ada").draft()).await.user.id;
        let (passwords, admin) = (world.passwords(), world.as_admin_in(&store));
        let told = rules(passwords.reset(&admin, id, ANY, password("abc")).await, "password");
        assert_eq!(told.len(), 4, "{told:?}");
        passwords.reset(&admin, id, ANY, password("aB3!ef")).await.expect("is set");
    });
}

#[test]
fn the_last_passwords_are_not_taken_again() {
    block_on(async {
        let set = Overrides { password_history: Some(3), ..Overrides::default() };
        let scene = Scene::with(set).await;
        let names = [RIGHT, "the second horse battery", "the third horse battery", NEW];
        for pair in names.windows(2) {
            scene.change_public("ada", pair[0], pair[1]).await.expect("is changed");
        }
        for used in &names[1..] {
            let told = rules(scene.change_public("ada", NEW, used).await, "newPassword");
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains("PasswordRecentlyUsed"), "{told:?}");
        }
        scene.change_public("ada", NEW, RIGHT).await.expect("three others came since");
    });
}

#[test]
fn an_administrator_learns_nothing_of_the_history() {
    block_on(async {
        let set = Overrides { password_history: Some(3), ..Overrides::default() };
        let scene = Scene::with(set).await;
        let passwords = scene.world.passwords();
        let again = passwords.reset(&scene.admin(), scene.id, ANY, password(RIGHT)).await;
        assert!(again.is_ok(), "{again:?}");
    });
}

#[test]
fn a_password_ages_where_the_store_says_so() {
    block_on(async {
        let set = Overrides { password_max_age_days: Some(30), ..Overrides::default() };
        let scene = Scene::with(set).await;
        scene.change_public("ada", RIGHT, NEW).await.expect("is changed");
        assert_eq!(scene.user().await.password_expires, Some(scene.now_in(30 * DAY)));
        scene.wait(30 * DAY);
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::PasswordChangeRequired));
        scene.change_public("ada", NEW, RIGHT).await.expect("an expired one may be changed");
    });
}

#[test]
fn a_password_of_five_years_ago_is_right_where_none_ages() {
    block_on(async {
        let scene = Scene::new().await;
        scene.change_public("ada", RIGHT, NEW).await.expect("is changed");
        scene.world.clock.advance(SignedDuration::from_hours(24 * 365 * 5));
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn composed_and_decomposed_forms_verify_alike_and_spaces_count() {
    block_on(async {
        let scene = Scene::new().await;
        let passwords = scene.world.passwords();
        let composed = password(" caf\u{e9} and a croissant");
        passwords.reset(&scene.admin(), scene.id, ANY, composed).await.expect("is set");
        let decomposed = scene.verify(" cafe\u{301} and a croissant").await;
        assert_eq!(decomposed, Ok(Outcome::Succeeded));
        assert_eq!(scene.verify("caf\u{e9} and a croissant").await, Ok(Outcome::Failed));
    });
}

#[test]
fn nobody_sets_or_unlocks_upward() {
    block_on(async {
        let scene = Scene::new().await;
        let store = scene.store.id;
        let grant = domain::access::Grant::system_admin();
        let holder = domain::access::Holder::User(scene.id);
        let assignment = domain::access::Assignment { holder, grant };
        scene.world.roles().assign(&scene.admin(), assignment).await.expect("is given");
        let manager = a_caller().holding(RoleName::USER_MANAGER, store).acting_in(store);
        let passwords = scene.world.passwords();
        let upward = Err(UseCaseError::Upward);
        let new = || password(NEW);
        assert_eq!(passwords.reset(&manager, scene.id, ANY, new()).await, upward);
        assert_eq!(passwords.set_initial(&manager, scene.id, ANY, new(), None).await, upward);
        assert_eq!(passwords.renew_initial(&manager, scene.id, ANY).await, upward);
        assert_eq!(passwords.unlock(&manager, scene.id, ANY).await, upward);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn every_write_needs_the_version_that_it_demands() {
    block_on(async {
        let scene = Scene::new().await;
        let stale = Precondition::OneOf(vec![]);
        let present = Some(scene.user().await.version);
        let (passwords, admin, id) = (scene.world.passwords(), scene.admin(), scene.id);
        let refused = Err(UseCaseError::Stale { present });
        let new = || password(NEW);
        assert_eq!(passwords.reset(&admin, id, stale.clone(), new()).await, refused);
        assert_eq!(passwords.unlock(&admin, id, stale.clone()).await, refused);
        let changed = passwords.change(&admin, id, stale.clone(), password(RIGHT), new()).await;
        assert_eq!(changed, refused);
        let by = domain::password::StartedBy::User;
        assert_eq!(passwords.send_reset(&admin, id, stale, by).await, refused);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn a_password_that_has_to_be_replaced_is_not_replaced_by_itself() {
    block_on(async {
        let scene = Scene::new().await;
        let (passwords, admin, id) = (scene.world.passwords(), scene.admin(), scene.id);
        passwords.set_initial(&admin, id, ANY, password(NEW), None).await.expect("is set");
        let told = rules(scene.change_public("ada", NEW, NEW).await, "newPassword");
        assert!(told[0].contains("PasswordRecentlyUsed"), "{told:?}");
        let by = domain::password::StartedBy::User;
        passwords.send_reset(&admin, id, ANY, by).await.expect("is sent");
        let token = scene.token().await.expect("a token");
        let told = rules(scene.respond_public("ada", &token, NEW).await, "password");
        assert!(told[0].contains("PasswordRecentlyUsed"), "{told:?}");
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::PasswordChangeRequired));
    });
}
