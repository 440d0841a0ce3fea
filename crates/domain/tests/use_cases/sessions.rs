//! Signing in, what a session allows, and everything that ends one.

use domain::access::{Caller, Due, Needs, Permission, Principal, RoleName};
use domain::credential::AuthenticationError;
use domain::error::UseCaseError;
use domain::store::{Overrides, StoreRef};
use domain::text::Folded;
use domain::token::{Purpose, Token};
use domain::unit_of_work::Access;
use domain::user::{Include, Validity};
use testkit::block_on;
use testkit::builders::{a_caller, a_user};

use crate::scene::{ANY, NEW, RIGHT, Scene, WRONG, password};

fn is_refused<T: std::fmt::Debug>(outcome: Result<T, UseCaseError>) {
    assert_eq!(outcome.expect_err("is refused"), UseCaseError::Refused);
}

async fn is_over(scene: &Scene, token: &Token) {
    assert_eq!(scene.authenticate(token).await, Err(AuthenticationError::Refused));
}

#[test]
fn whoever_knows_the_password_is_let_in_and_may_do_what_their_roles_allow() {
    block_on(async {
        let scene = Scene::new().await;
        let signed_in = scene.sign_in(RIGHT).await.expect("is let in");
        assert_eq!((signed_in.due, signed_in.identity.roles.len()), (Due::Nothing, 0));
        let caller = scene.authenticate(&signed_in.tokens.session).await.expect("a caller");
        assert_eq!(caller.principal(), Principal::User(scene.id));
        assert_eq!(caller.user_of(scene.store.id), Some(scene.id));
        assert!(caller.permissions_in(scene.store.id).is_empty());

        scene.give(RoleName::USER_MANAGER).await;
        let caller = scene.authenticate(&signed_in.tokens.session).await.expect("a caller");
        assert!(caller.permissions_in(scene.store.id).contains(Permission::UserManage), "at once");
        let who = scene.acting_by(&signed_in.tokens.session).await;
        let identity = scene.world.sessions().whoami(&who).await.expect("is somebody");
        assert_eq!(identity.roles, [RoleName::USER_MANAGER]);
    });
}

#[test]
fn every_cause_is_refused_alike_and_costs_one_hash() {
    block_on(async {
        let scene = Scene::new().await;
        is_refused(scene.sign_in(WRONG).await);
        let name = Folded::of("nobody");
        is_refused(scene.world.sessions().sign_in(scene.here(), name, password(RIGHT), true).await);
        for state in ["inactive", "locked", "not yet valid", "expired"] {
            let scene = Scene::new().await;
            let later = scene.now_in(1_000);
            scene
                .edit(move |draft| match state {
                    "inactive" => draft.active = false,
                    "locked" => draft.locked = true,
                    "expired" => {
                        draft.password_expires = Some(later);
                        draft.can_change_expired_password = false;
                    }
                    _ => draft.validity = Validity::new(Some(later), None).expect("a window"),
                })
                .await;
            if state == "expired" {
                scene.wait(1_000);
            }
            let before = scene.world.hasher.computed();
            is_refused(scene.sign_in(RIGHT).await);
            assert_eq!(scene.world.hasher.computed() - before, 1, "{state}");
        }
    });
}

#[test]
fn a_session_ends_when_nobody_uses_it_and_at_its_end() {
    block_on(async {
        let scene = Scene::new().await;
        let token = scene.session().await;
        for _ in 0..23 {
            scene.wait(1_799);
            scene.authenticate(&token).await.expect("it is used");
        }
        scene.wait(1_800);
        is_over(&scene, &token).await;

        let token = scene.session().await;
        for _ in 0..24 {
            scene.wait(1_795);
            scene.authenticate(&token).await.expect("it is used");
        }
        scene.wait(12 * 3_600 - 24 * 1_795);
        is_over(&scene, &token).await;
    });
}

#[test]
fn whoever_wishes_to_be_remembered_is_given_tokens_for_two_weeks() {
    block_on(async {
        let scene = Scene::new().await;
        let (sessions, here) = (scene.world.sessions(), scene.here());
        let (name, right) = (Folded::of("ada"), password(RIGHT));
        let signed_in = sessions.sign_in(here.clone(), name, right, true).await.expect("let in");
        let (refresh, until) = signed_in.tokens.refresh.expect("a refresh token");
        assert_eq!(until, scene.now_in(14 * 24 * 3_600));
        scene.wait(14 * 24 * 3_600 - 1);
        is_over(&scene, &signed_in.tokens.session).await;
        let further = sessions.refresh(here.clone(), Some(refresh.clone())).await.expect("another");
        assert!(further.refresh.is_none() && further.remembered);
        scene.authenticate(&further.session).await.expect("a caller");
        scene.wait(1);
        is_over(&scene, &further.session).await;
        is_refused(sessions.refresh(here, Some(refresh)).await);
    });
}

#[test]
fn the_tokens_of_a_session_stand_beside_one_another() {
    block_on(async {
        let scene = Scene::new().await;
        let (sessions, here) = (scene.world.sessions(), scene.here());
        let signed_in = scene.sign_in(RIGHT).await.expect("is let in");
        let (refresh, _) = signed_in.tokens.refresh.expect("a refresh token");
        let again = || sessions.refresh(here.clone(), Some(refresh.clone()));
        let (one, other) = (again().await.expect("one"), again().await.expect("another"));
        for token in [&signed_in.tokens.session, &one.session, &other.session] {
            scene.authenticate(token).await.expect("a caller");
        }
        sessions.sign_out(&scene.acting_by(&one.session).await).await.expect("is signed out");
        for token in [&signed_in.tokens.session, &one.session, &other.session] {
            is_over(&scene, token).await;
        }
        is_refused(again().await);
    });
}

#[test]
fn a_token_is_worth_nothing_as_another_or_elsewhere() {
    block_on(async {
        let scene = Scene::new().await;
        let elsewhere = scene.world.make_store("elsewhere").await;
        let signed_in = scene.sign_in(RIGHT).await.expect("is let in");
        let (refresh, _) = signed_in.tokens.refresh.expect("a refresh token");
        is_over(&scene, &refresh).await;
        let sessions = scene.world.sessions();
        let as_refresh =
            Token::shown(Purpose::Refresh, signed_in.tokens.session.reveal().to_owned());
        assert!(as_refresh.is_none());
        is_refused(sessions.refresh(scene.here(), None).await);
        is_refused(sessions.refresh(StoreRef::Id(elsewhere.id), Some(refresh)).await);
        let there = domain::access::Context {
            store: StoreRef::Id(elsewhere.id),
            ..scene.acting_by(&signed_in.tokens.session).await
        };
        let refused = sessions.sign_out(&there).await;
        assert!(matches!(refused, Err(UseCaseError::NotFound(_))), "{refused:?}");
        scene.authenticate(&signed_in.tokens.session).await.expect("it goes on");
    });
}

#[test]
fn what_changes_the_account_ends_its_sessions_at_once() {
    block_on(async {
        type Change = fn(&mut domain::user::UserDraft);
        let changes: [(&str, Change); 3] = [
            ("locked", |draft| draft.locked = true),
            ("inactive", |draft| draft.active = false),
            ("out of its time", |draft| {
                let past = domain::time::Instant::from_micros(1).expect("a moment");
                draft.validity = Validity::new(None, Some(past)).expect("a window");
            }),
        ];
        for (state, change) in changes {
            let scene = Scene::new().await;
            let signed_in = scene.sign_in(RIGHT).await.expect("is let in");
            scene.edit(change).await;
            is_over(&scene, &signed_in.tokens.session).await;
            let (refresh, _) = signed_in.tokens.refresh.expect("a refresh token");
            is_refused(scene.world.sessions().refresh(scene.here(), Some(refresh)).await);
            scene
                .edit(|draft| {
                    draft.locked = false;
                    draft.active = true;
                    draft.validity = Validity::default();
                })
                .await;
            if state != "out of its time" {
                is_over(&scene, &signed_in.tokens.session).await;
            }
            scene.session().await;
        }
    });
}

#[test]
fn a_password_that_is_set_ends_every_session_but_that_which_sets_it() {
    block_on(async {
        let scene = Scene::new().await;
        let (own, other) = (scene.session().await, scene.session().await);
        let (passwords, ada) = (scene.world.passwords(), Folded::of("ada"));
        let acting = scene.acting_by(&own).await;
        let old = Some(password(RIGHT));
        passwords.update(&acting, ada, old, password(NEW)).await.expect("is changed");
        is_over(&scene, &other).await;
        scene.authenticate(&own).await.expect("it goes on");
        passwords.reset(&scene.admin(), scene.id, ANY, password(RIGHT)).await.expect("is reset");
        is_over(&scene, &own).await;
    });
}

#[test]
fn the_session_of_somebody_who_is_removed_is_over() {
    block_on(async {
        let scene = Scene::new().await;
        let token = scene.session().await;
        let gone = crate::changes::remove(scene.id, ANY);
        scene.world.users().apply(&scene.admin(), (), gone).await.expect("is removed");
        is_over(&scene, &token).await;
    });
}

#[test]
fn guesses_of_others_lock_nobody_out_of_their_session() {
    block_on(async {
        let scene = Scene::new().await;
        let token = scene.session().await;
        for _ in 0..5 {
            scene.verify_patiently(WRONG).await;
        }
        is_refused_or_throttled(scene.sign_in(RIGHT).await);
        scene.authenticate(&token).await.expect("it goes on");
        scene.wait(60);
        let acting = scene.acting_by(&token).await;
        let (ada, old) = (Folded::of("ada"), Some(password(RIGHT)));
        let refused = scene.world.passwords().update(&acting, ada, old, password(NEW)).await;
        assert_eq!(refused, Err(UseCaseError::Locked), "a locked account tests no password");
    });
}

fn is_refused_or_throttled<T: std::fmt::Debug>(outcome: Result<T, UseCaseError>) {
    let refused = outcome.expect_err("is refused");
    let is_either = matches!(refused, UseCaseError::Refused | UseCaseError::Throttled { .. });
    assert!(is_either, "{refused:?}");
}

#[test]
fn the_permanent_lock_ends_sessions_too() {
    block_on(async {
        let set = Overrides {
            attempts_before_locked: Some(3),
            lockout_failures: Some(0),
            ..Overrides::default()
        };
        let scene = Scene::with(set).await;
        let token = scene.session().await;
        for _ in 0..3 {
            scene.verify_patiently(WRONG).await;
        }
        assert!(scene.user().await.locked);
        is_over(&scene, &token).await;
    });
}

#[test]
fn of_whom_a_change_of_the_password_is_due_may_make_it_and_nothing_else() {
    block_on(async {
        let scene = Scene::new().await;
        let admin = scene.admin();
        scene.edit(|draft| draft.password_change_required = true).await;
        let signed_in = scene.sign_in(RIGHT).await.expect("is let in");
        assert_eq!(signed_in.due, Due::PasswordChange);
        scene.give(RoleName::USER_STORE_ADMIN).await;
        let other = scene.world.make_user(&scene.store, a_user("bob").draft()).await.user;
        let acting = scene.acting_by(&signed_in.tokens.session).await;
        let due = Err(UseCaseError::PasswordChangeDue);
        let found = scene.world.users().find(&acting, other.id, Include::NONE).await;
        assert_eq!(found.map(drop), due);
        assert_eq!(scene.world.sessions().whoami(&acting).await.map(drop), due);
        let (passwords, old) = (scene.world.passwords(), || Some(password(RIGHT)));
        let others = passwords.update(&acting, Folded::of("bob"), old(), password(NEW)).await;
        assert_eq!(others, due);
        passwords.update(&acting, Folded::of("ada"), old(), password(NEW)).await.expect("changed");
        let acting = scene.acting_by(&signed_in.tokens.session).await;
        scene.world.users().find(&acting, other.id, Include::NONE).await.expect("may look now");
        assert_eq!(admin.caller.due(), Due::Nothing);
    });
}

#[test]
fn what_is_due_is_refused_at_every_door() {
    block_on(async {
        let scene = Scene::new().await;
        for (due, refusal) in [
            (Due::PasswordChange, UseCaseError::PasswordChangeDue),
            (Due::SecondFactor, UseCaseError::SecondFactorDue),
        ] {
            let caller = a_caller().system_admin().signed_in(scene.store.id, scene.id, due);
            let context = caller.acting_in(scene.store.id);
            let gate = scene.world.gate();
            let read = gate.read(&context, Permission::UserRead, |_| Ok(())).await;
            let own = Needs::own_or(Permission::UserRead);
            let point = gate.point(&context, own, |_| Ok(())).await;
            let change =
                gate.change(Access::Write, &context, Permission::UserManage, 0, |_| Ok(())).await;
            let govern = gate.govern(Access::Write, &context, 0, |_| Ok(())).await;
            let caller: &Caller = &context.caller;
            let system = gate.system(Access::Read, caller, None, |_| Ok(())).await;
            for outcome in [read, point, change, govern, system] {
                assert_eq!(outcome, Err(refusal.clone()));
            }
            let open = own.while_due(due);
            assert_eq!(gate.point(&context, open, |_| Ok(())).await, Ok(()));
        }
    });
}

#[test]
fn no_more_than_a_hundred_sessions_of_one_user_go_on() {
    block_on(async {
        let scene = Scene::new().await;
        let first = scene.session().await;
        for _ in 0..99 {
            scene.wait(1);
            scene.session().await;
        }
        scene.authenticate(&first).await.expect("the hundredth");
        scene.wait(1);
        let last = scene.session().await;
        is_over(&scene, &first).await;
        scene.authenticate(&last).await.expect("a caller");
    });
}

#[test]
fn sign_out_of_somebody_else_is_for_those_who_manage_users() {
    block_on(async {
        let scene = Scene::new().await;
        let (token, sessions) = (scene.session().await, scene.world.sessions());
        let reader = a_caller().holding(RoleName::AUDIT_TRAIL_READER, scene.store.id);
        let refused = sessions.end_all(&reader.acting_in(scene.store.id), Folded::of("ada")).await;
        assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::UserManage)));
        sessions.end_all(&scene.admin(), Folded::of("ada")).await.expect("are ended");
        is_over(&scene, &token).await;
    });
}
