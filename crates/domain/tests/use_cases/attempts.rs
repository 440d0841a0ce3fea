use domain::error::UseCaseError;
use domain::password::HashError;
use domain::store::Overrides;
use domain::version::Precondition;
use testkit::block_on;
use testkit::builders::{a_caller, a_user};

use crate::scene::{NEW, Outcome, RIGHT, Scene, WRONG};
use crate::trail;

/// What is changed of a user.
type Edit = fn(&mut domain::user::UserDraft);

fn throttle_off() -> Overrides {
    Overrides { throttle: Some(false), ..Overrides::default() }
}

#[test]
fn a_right_password_succeeds_by_any_spelling_of_the_name() {
    block_on(async {
        let scene = Scene::new().await;
        let verification = scene.verify_as("aDA", RIGHT).await.expect("no refusal");
        assert_eq!(verification.outcome, Outcome::Succeeded);
        assert_eq!(verification.user.expect("is shown").user, scene.user().await);
        assert_eq!(scene.verify(WRONG).await, Ok(Outcome::Failed));
        assert_eq!(scene.verify_as("bob", RIGHT).await.expect("no refusal").user, None);
    });
}

#[test]
fn an_address_is_a_name_where_the_store_says_so() {
    block_on(async {
        let by_email = Overrides { login_by_email: Some(true), ..Overrides::default() };
        for (set, outcome) in
            [(by_email, Outcome::Succeeded), (Overrides::default(), Outcome::Failed)]
        {
            let scene = Scene::with(set).await;
            let verification = scene.verify_as("ADA@example.com", RIGHT).await;
            assert_eq!(verification.map(|it| it.outcome), Ok(outcome));
        }
    });
}

#[test]
fn the_fifth_failure_locks_for_five_minutes_and_the_right_password_too_is_refused() {
    block_on(async {
        let scene = Scene::with(throttle_off()).await;
        for _ in 0..5 {
            assert_eq!(scene.verify(WRONG).await, Ok(Outcome::Failed));
        }
        let hashed = scene.world.hasher.computed();
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Locked));
        assert_eq!(scene.world.hasher.computed(), hashed, "a refused one costs no hash");
        assert_eq!(scene.user().await.failed_sign_ins, 5);
        scene.wait(299);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Locked));
        scene.wait(1);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
        assert_eq!(scene.user().await.failed_sign_ins, 0);
    });
}

#[test]
fn a_hundred_failures_lock_for_good_and_leave_an_entry() {
    block_on(async {
        let scene = Scene::with(throttle_off()).await;
        let before = trail(&scene.world, &scene.store).await.len();
        for failure in 1..=100 {
            assert_eq!(scene.verify(WRONG).await, Ok(Outcome::Failed), "{failure}");
            if failure % 5 == 0 {
                scene.wait(300);
            }
        }
        let user = scene.user().await;
        assert!(user.locked);
        assert_eq!(user.failed_sign_ins, 100);
        let entries = trail(&scene.world, &scene.store).await;
        assert_eq!(entries.len(), before + 1, "counting leaves none, locking one");
        let hashed = scene.world.hasher.computed();
        scene.wait(1_000_000);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Locked));
        assert_eq!(scene.world.hasher.computed(), hashed);
        let passwords = scene.world.passwords();
        let unlocked = passwords.unlock(&scene.admin(), scene.id, Precondition::None).await;
        assert_eq!(unlocked.expect("is unlocked").user.failed_sign_ins, 0);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn who_may_not_be_locked_is_only_slowed_down() {
    block_on(async {
        let draft = domain::user::UserDraft { lock_enabled: false, ..a_user("Ada").draft() };
        let scene = Scene::of(Overrides::default(), draft).await;
        for _ in 0..120 {
            assert_eq!(scene.verify_patiently(WRONG).await, Outcome::Failed);
        }
        assert_eq!(scene.user().await.failed_sign_ins, 120);
        assert!(!scene.user().await.locked);
        assert_eq!(scene.verify_patiently(RIGHT).await, Outcome::Succeeded);
    });
}

#[test]
fn a_throttled_attempt_costs_no_hash_and_is_not_counted() {
    block_on(async {
        let scene = Scene::new().await;
        for name in ["ada", "nobody"] {
            for _ in 0..3 {
                let outcome = scene.verify_as(name, WRONG).await.expect("no refusal").outcome;
                assert_eq!(outcome, Outcome::Failed);
            }
            let hashed = scene.world.hasher.computed();
            for _ in 0..10 {
                let refused = scene.verify_as(name, WRONG).await;
                assert_eq!(refused, Err(UseCaseError::Throttled { seconds: 1 }));
            }
            assert_eq!(scene.world.hasher.computed(), hashed);
        }
        assert_eq!(scene.user().await.failed_sign_ins, 3);
    });
}

#[test]
fn names_that_exist_and_names_that_do_not_are_throttled_alike() {
    block_on(async {
        let mut told = Vec::new();
        for name in ["ada", "nobody"] {
            let scene = Scene::new().await;
            let mut answers = Vec::new();
            for _ in 0..40 {
                let answer = scene.change_public(name, WRONG, NEW).await;
                if let Err(UseCaseError::Throttled { seconds }) = answer {
                    scene.wait(seconds.into());
                }
                answers.push(answer);
            }
            told.push(answers);
        }
        assert_eq!(told[0], told[1]);
    });
}

#[test]
fn an_anonymous_refusal_costs_one_hash_whatever_its_cause() {
    block_on(async {
        let scene = Scene::with(throttle_off()).await;
        let refused = async |scene: &Scene, name: &str, text: &str| {
            let hashed = scene.world.hasher.computed();
            let answer = scene.change_public(name, text, NEW).await;
            assert_eq!(answer, Err(UseCaseError::Refused), "{name}");
            assert_eq!(scene.world.hasher.computed(), hashed + 1, "{name}");
        };
        refused(&scene, "nobody", RIGHT).await;
        refused(&scene, "ada", WRONG).await;
        scene.world.make_user(&scene.store, a_user("bob").draft()).await;
        refused(&scene, "bob", RIGHT).await;
        scene.edit(|draft| draft.active = false).await;
        refused(&scene, "ada", RIGHT).await;
        scene.edit(|draft| (draft.active, draft.locked) = (true, true)).await;
        refused(&scene, "ada", RIGHT).await;
        scene.edit(|draft| draft.locked = false).await;
        for _ in 0..5 {
            refused(&scene, "ada", WRONG).await;
        }
        refused(&scene, "ada", RIGHT).await;
    });
}

#[test]
fn nobody_is_tried_more_often_than_the_limit_however_many_ask_at_once() {
    block_on(async {
        let scene = Scene::with(throttle_off()).await;
        for name in ["ada", "nobody"] {
            let hashed = scene.world.hasher.computed();
            let tries = (0..200).map(|_| scene.verify_as(name, WRONG));
            let answers = futures_util::future::join_all(tries).await;
            let failed = |answer: &&Result<_, _>| {
                matches!(
                    answer,
                    Ok(domain::password::Verification { outcome: Outcome::Failed, .. })
                )
            };
            assert_eq!(answers.iter().filter(failed).count(), 5, "{name}");
            assert_eq!(scene.world.hasher.computed(), hashed + 5, "{name}");
        }
    });
}

#[test]
fn a_right_password_in_parallel_locks_nobody() {
    block_on(async {
        let scene = Scene::with(throttle_off()).await;
        let tries = (0..200).map(|_| scene.verify(RIGHT));
        let answers = futures_util::future::join_all(tries).await;
        for answer in &answers {
            let expected = [Ok(Outcome::Succeeded), Err(UseCaseError::Throttled { seconds: 1 })];
            assert!(expected.contains(answer), "{answer:?}");
        }
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn overload_counts_no_attempt() {
    block_on(async {
        let scene = Scene::new().await;
        scene.world.hasher.has_places(0);
        assert_eq!(scene.verify(WRONG).await, Err(UseCaseError::Overloaded));
        scene.world.hasher.has_places(1);
        scene.world.hasher.fail_next(HashError::Overloaded);
        assert_eq!(scene.verify(WRONG).await, Err(UseCaseError::Overloaded));
        let key_id = "lost".to_owned();
        scene.world.hasher.fail_next(HashError::UnknownPepper { key_id });
        let unverifiable = scene.verify(RIGHT).await;
        assert!(matches!(unverifiable, Err(UseCaseError::Unverifiable(_))), "{unverifiable:?}");
        assert_eq!(scene.user().await.failed_sign_ins, 0);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
    });
}

#[test]
fn an_outdated_hash_is_replaced_at_the_next_success() {
    block_on(async {
        let scene = Scene::new().await;
        let version = scene.user().await.version;
        scene.world.hasher.is_version(2);
        let hashed = scene.world.hasher.computed();
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
        assert_eq!(scene.world.hasher.computed(), hashed + 2);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
        assert_eq!(scene.world.hasher.computed(), hashed + 3, "it was replaced once");
        assert_eq!(scene.user().await.version, version, "nothing that is shown has changed");
    });
}

#[test]
fn a_sign_in_that_races_with_a_change_leaves_the_new_password() {
    block_on(async {
        let scene = Scene::new().await;
        scene.world.hasher.is_version(2);
        let passwords = scene.world.passwords();
        let admin = scene.admin();
        let (old, new) = (crate::scene::password(RIGHT), crate::scene::password(NEW));
        let change = passwords.change(&admin, scene.id, Precondition::None, old, new);
        let (_, changed) = futures_util::future::join(scene.verify(RIGHT), change).await;
        changed.expect("the password is changed");
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::Succeeded));
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Failed));
    });
}

#[test]
fn outcomes_follow_the_state_of_the_account() {
    block_on(async {
        let scene = Scene::new().await;
        let soon = scene.now_in(1);
        let rows: [(Edit, Outcome); 5] = [
            (|draft| draft.active = false, Outcome::NotValid),
            (|draft| draft.locked = true, Outcome::Locked),
            (|draft| draft.password_change_required = true, Outcome::PasswordChangeRequired),
            (|draft| draft.password_never_expires = true, Outcome::Succeeded),
            (|_| {}, Outcome::Succeeded),
        ];
        for (edit, outcome) in rows {
            let scene = Scene::new().await;
            scene.edit(edit).await;
            assert_eq!(scene.verify(RIGHT).await, Ok(outcome));
        }
        for (may_change, never, outcome) in [
            (true, false, Outcome::PasswordChangeRequired),
            (false, false, Outcome::Expired),
            (false, true, Outcome::Succeeded),
        ] {
            let scene = Scene::new().await;
            let edit = move |draft: &mut domain::user::UserDraft| {
                draft.can_change_expired_password = may_change;
                draft.password_never_expires = never;
                draft.password_expires = Some(soon);
            };
            scene.edit(edit).await;
            scene.wait(1);
            assert_eq!(scene.verify(RIGHT).await, Ok(outcome));
            let verification = scene.verify_as("ada", RIGHT).await.expect("no refusal");
            assert_eq!(verification.user.is_some(), outcome != Outcome::Expired);
        }
    });
}

#[test]
fn attempts_are_counted_in_a_read_only_store_too() {
    block_on(async {
        let scene = Scene::new().await;
        scene.make_read_only().await;
        assert_eq!(scene.verify(WRONG).await, Ok(Outcome::Failed));
        assert_eq!(scene.user().await.failed_sign_ins, 1);
        let refused = scene.change_public("ada", RIGHT, NEW).await;
        assert_eq!(refused, Err(UseCaseError::StoreReadOnly));
    });
}

#[test]
fn only_who_may_verify_learns_anything_and_only_who_may_read_sees_the_user() {
    block_on(async {
        use domain::access::{Permission, RoleName};
        let scene = Scene::new().await;
        let store = scene.store.id;
        let manager = a_caller().holding(RoleName::USER_MANAGER, store).acting_in(store);
        let name = domain::text::Folded::of("ada");
        let passwords = scene.world.passwords();
        let asked = passwords.verify(&manager, name, crate::scene::password(RIGHT), None).await;
        assert_eq!(asked, Err(UseCaseError::Forbidden(Permission::PasswordVerify)));
    });
}

#[test]
fn a_breached_password_has_to_be_changed_where_the_store_says_so() {
    block_on(async {
        let scene =
            Scene::with(Overrides { breached_at_sign_in: Some(true), ..Overrides::default() })
                .await;
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
        scene.world.blocklist.add_breached(&crate::scene::password(RIGHT));
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::PasswordChangeRequired));
        assert!(scene.user().await.password_change_required);
    });
}

#[test]
fn the_operator_is_told_of_every_attempt_and_of_no_name() {
    block_on(async {
        let scene = Scene::new().await;
        scene.world.attempts.take();
        scene.verify(RIGHT).await.expect("no refusal");
        scene.verify(WRONG).await.expect("no refusal");
        scene.verify_as("nobody", WRONG).await.expect("no refusal");
        let _ = scene.change_public("ada", WRONG, NEW).await;
        scene.edit(|draft| draft.active = false).await;
        let _ = scene.change_public("ada", RIGHT, NEW).await;
        let _ = scene.change_public("ada", RIGHT, NEW).await;
        scene.world.hasher.has_places(0);
        let told = scene.world.attempts.take();
        let ended: Vec<_> = told.iter().map(|event| (event.ended, event.user)).collect();
        let ada = Some(scene.id);
        assert_eq!(
            ended,
            [
                ("Succeeded", ada),
                ("Failed", ada),
                ("Failed", None),
                ("Failed", ada),
                ("NotValid", ada),
                ("Throttled", None),
            ]
        );
        assert!(!format!("{told:?}").contains("horse"), "{told:?}");
    });
}

#[test]
fn the_last_administrator_is_not_locked_for_good_by_guessing() {
    block_on(async {
        use domain::access::{Assignment, Grant, Holder};
        let set = Overrides { attempts_before_locked: Some(3), ..throttle_off() };
        let scene = Scene::with(set).await;
        let other = scene.world.make_user(&scene.store, a_user("bob").draft()).await.user.id;
        for id in [scene.id, other] {
            let grant = Grant::system_admin();
            let assignment = Assignment { holder: Holder::User(id), grant };
            scene.world.roles().assign(&scene.admin(), assignment).await.expect("is given");
        }
        for _ in 0..3 {
            assert_eq!(scene.verify(WRONG).await, Ok(Outcome::Failed));
        }
        assert!(scene.user().await.locked, "there is another one");
        let passwords = scene.world.passwords();
        passwords.unlock(&scene.admin(), scene.id, Precondition::None).await.expect("is unlocked");
        let remove = crate::changes::remove(other, Precondition::None);
        scene.world.users().apply(&scene.admin(), (), remove).await.expect("is removed");
        for _ in 0..3 {
            assert_eq!(scene.verify(WRONG).await, Ok(Outcome::Failed));
        }
        let user = scene.user().await;
        assert!(!user.locked);
        assert_eq!(user.failed_sign_ins, 0, "they are counted anew");
    });
}

#[test]
fn who_may_not_be_locked_is_tried_by_a_few_at_once_only() {
    block_on(async {
        let draft = domain::user::UserDraft { lock_enabled: false, ..a_user("Ada").draft() };
        let scene = Scene::of(throttle_off(), draft).await;
        let hashed = scene.world.hasher.computed();
        let tries = (0..50).map(|_| scene.verify(WRONG));
        let answers = futures_util::future::join_all(tries).await;
        let looked_at = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!(u32::try_from(looked_at) == Ok(scene.world.hasher.computed() - hashed));
        assert!(answers.contains(&Err(UseCaseError::Throttled { seconds: 1 })), "{answers:?}");
    });
}
