//! Whose a password and a token are: of nobody else, of nobody who is gone or may not sign in, and of
//! nobody after their time.

use domain::access::{Permission, RoleName};
use domain::error::{Missing, UseCaseError};
use domain::password::StartedBy;
use domain::store::{Overrides, StoreRef};
use domain::text::Folded;
use domain::token::{Purpose, Token};
use domain::user::{User, UserDraft, Validity};
use testkit::block_on;
use testkit::builders::{a_caller, a_user};

use super::{Route, unthrottled};
use crate::scene::{ANY, NEW, Outcome, RIGHT, Scene, WRONG, password};

const DAY: i64 = 86_400;

/// Why somebody may not sign in, though the password is right.
#[derive(Clone, Copy, Debug)]
enum State {
    Inactive,
    Early,
    Late,
    Locked,
}

impl State {
    const ALL: [Self; 4] = [Self::Inactive, Self::Early, Self::Late, Self::Locked];

    async fn begin(self, scene: &Scene) {
        let (past, future) = (scene.now_in(-DAY), scene.now_in(DAY));
        let window = |from, to| Validity::new(from, to).expect("a window");
        let edit = move |draft: &mut UserDraft| match self {
            Self::Inactive => draft.active = false,
            Self::Early => draft.validity = window(Some(future), None),
            Self::Late => draft.validity = window(None, Some(past)),
            Self::Locked => draft.locked = true,
        };
        scene.edit(edit).await;
    }

    async fn end(scene: &Scene) {
        let edit = |draft: &mut UserDraft| {
            (draft.active, draft.locked, draft.validity) = (true, false, Validity::default());
        };
        scene.edit(edit).await;
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::Locked => Outcome::Locked,
            Self::Inactive | Self::Early | Self::Late => Outcome::NotValid,
        }
    }
}

/// C10, RS-4: neither with the password nor with a token, and no token revives anybody.
#[test]
fn who_may_not_sign_in_gets_in_by_no_route() {
    block_on(async {
        for state in State::ALL {
            let scene = Scene::with(unthrottled()).await;
            let token = scene.mailed(StartedBy::Administrator).await;
            state.begin(&scene).await;
            for route in Route::ALL {
                let told = route.attempt(&scene, RIGHT).await;
                assert_eq!(told, route.refused(state.outcome()), "{state:?} {route:?}");
            }
            let verification = scene.verify_as("ada", RIGHT).await.expect("no refusal");
            assert_eq!(verification.user, None, "{state:?}");
            let told = scene.respond_public("ada", &token, NEW).await;
            assert_eq!(told, Err(UseCaseError::Refused), "{state:?}");
            let passwords = scene.world.passwords();
            let asked = passwords.ask_for_reset(scene.here(), Folded::of("ada")).await;
            assert_eq!(asked, Ok(()), "{state:?}");
            assert!(scene.letters().await.is_empty(), "{state:?}");
            State::end(&scene).await;
            assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded), "nothing was set");

            state.begin(&scene).await;
            assert_eq!(scene.answer(&token, NEW).await, Ok(()), "{state:?}");
            assert_eq!(scene.verify(NEW).await, Ok(state.outcome()), "{state:?}");
        }
    });
}

/// C10, C5: who is gone is nobody, and who comes after under the same id and name is somebody else.
#[test]
fn who_is_gone_gets_in_by_no_route_and_leaves_nothing_to_who_comes_after() {
    block_on(async {
        let scene = Scene::with(unthrottled()).await;
        let token = scene.mailed(StartedBy::Administrator).await;
        for _ in 0..5 {
            assert_eq!(scene.verify(WRONG).await, Ok(Outcome::Failed));
        }
        let remove = crate::changes::remove(scene.id, ANY);
        scene.world.users().apply(&scene.admin(), (), remove).await.expect("is removed");
        let gone = UseCaseError::NotFound(Missing::User);
        let assert_out = async |by_id: &UseCaseError, by_token: &UseCaseError| {
            let told = scene.verify_as("ada", RIGHT).await.expect("no refusal");
            assert_eq!((told.outcome, told.user), (Outcome::Failed, None));
            assert_eq!(Route::Change.attempt(&scene, RIGHT).await, Err(by_id.clone()));
            assert_eq!(scene.answer(&token, NEW).await, Err(by_token.clone()));
            let refused = Err(UseCaseError::Refused);
            assert_eq!(scene.change_public("ada", RIGHT, NEW).await, refused);
            assert_eq!(scene.respond_public("ada", &token, NEW).await, refused);
        };
        assert_out(&gone, &gone).await;
        let draft = a_user("ada").email("ada@example.com").draft();
        let again = crate::changes::create(Some(scene.id), draft);
        scene.world.users().apply(&scene.admin(), (), again).await.expect("is made again");
        assert_out(&UseCaseError::WrongPassword, &UseCaseError::InvalidToken).await;
        let token = scene.mailed(StartedBy::User).await;
        assert_eq!(scene.answer(&token, NEW).await, Ok(()));
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::Succeeded), "no lock was left");
    });
}

/// RS-1, EN-5: a token is bound to its store, also where another store has a user of the same id.
#[test]
fn a_token_is_worth_nothing_to_the_twin_in_another_store() {
    block_on(async {
        let scene = Scene::new().await;
        let token = scene.mailed(StartedBy::User).await;
        let other = scene.world.make_store("other").await;
        let there = scene.world.as_admin_in(&other);
        let draft = a_user("Ada").email("ada@example.com").draft();
        let twin = crate::changes::create(Some(scene.id), draft);
        scene.world.users().apply(&there, (), twin).await.expect("is made");
        let passwords = scene.world.passwords();
        let shown = || Some(token.clone());
        let told = passwords.respond(&there, scene.id, ANY, shown(), password(NEW)).await;
        assert_eq!(told, Err(UseCaseError::InvalidToken));
        let (store, name) = (StoreRef::Id(other.id), Folded::of("ada"));
        let told = passwords.respond_public(store, name, shown(), password(NEW)).await;
        assert_eq!(told, Err(UseCaseError::Refused));
        assert_eq!(scene.respond_public("ada", &token, NEW).await, Ok(()));
    });
}

/// C9, PW-9: the clock at use decides; nothing here cleans up.
#[test]
fn what_has_expired_is_worth_nothing_at_any_door_though_nobody_cleans_up() {
    block_on(async {
        let scene = Scene::with(unthrottled()).await;
        let passwords = scene.world.passwords();
        let token = scene.mailed(StartedBy::Administrator).await;
        scene.wait(DAY);
        assert_eq!(scene.answer(&token, NEW).await, Err(UseCaseError::InvalidToken));
        let told = scene.respond_public("ada", &token, NEW).await;
        assert_eq!(told, Err(UseCaseError::Refused));

        let soon = Some(scene.now_in(60));
        let first = password(RIGHT);
        passwords.set_initial(&scene.admin(), scene.id, ANY, first, soon).await.expect("is set");
        scene.wait(59);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::PasswordChangeRequired));
        scene.wait(1);
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Expired));
        let told = Route::Change.attempt(&scene, RIGHT).await;
        assert_eq!(told, Err(UseCaseError::PasswordExpired));
        let told = Route::ChangePublic.attempt(&scene, RIGHT).await;
        assert_eq!(told, Err(UseCaseError::Refused));
    });
}

/// What somebody might try who knows all that can be seen of a user without a password.
fn derivable(user: &User) -> Vec<String> {
    let mut texts = vec!["decoy".to_owned(), "null".to_owned(), user.id.to_string()];
    texts.extend([user.login_name.as_str(), "bob@example.com", RIGHT].map(str::to_owned));
    texts
}

/// C2: the first password of somebody who has none comes from an administrator, or by a token that
/// was mailed to its owner.
#[test]
fn without_a_password_nobody_gets_in_but_by_an_administrator_or_a_mailed_token() {
    block_on(async {
        let set = Overrides {
            lockout_failures: Some(0),
            attempts_before_locked: Some(0),
            ..unthrottled()
        };
        let scene = Scene::with(set).await;
        let draft = a_user("bob").email("bob@example.com").draft();
        let bob = scene.world.make_user(&scene.store, draft).await.user;
        let (passwords, admin, id) = (scene.world.passwords(), scene.admin(), bob.id);
        for text in derivable(&bob) {
            let told = scene.verify_as("bob", &text).await.expect("no refusal");
            assert_eq!(told.outcome, Outcome::Failed, "{text}");
            let told = passwords.change(&admin, id, ANY, password(&text), password(NEW)).await;
            assert_eq!(told, Err(UseCaseError::WrongPassword), "{text}");
            let told = scene.change_public("bob", &text, NEW).await;
            assert_eq!(told, Err(UseCaseError::Refused), "{text}");
            let shown = format!("{}{text}", Purpose::PasswordReset.prefix());
            let token = Token::shown(Purpose::PasswordReset, shown).expect("a token in form");
            let told = scene.respond_public("bob", &token, NEW).await;
            assert_eq!(told, Err(UseCaseError::Refused), "{text}");
            let told = passwords.respond(&admin, id, ANY, Some(token), password(NEW)).await;
            assert_eq!(told, Err(UseCaseError::InvalidToken), "{text}");
        }
        let store = scene.store.id;
        let reader = a_caller().holding(RoleName::AUDIT_TRAIL_READER, store).acting_in(store);
        let forbidden = Err(UseCaseError::Forbidden(Permission::UserManage));
        let told = passwords.set_initial(&reader, id, ANY, password(NEW), None).await;
        assert_eq!(told, forbidden);
        assert_eq!(passwords.renew_initial(&reader, id, ANY).await, forbidden);
        assert_eq!(passwords.renew_initial(&admin, id, ANY).await, Err(UseCaseError::NotInitial));

        let asked = passwords.ask_for_reset(scene.here(), Folded::of("bob")).await;
        assert_eq!(asked, Ok(()));
        let token = scene.token().await.expect("a token for the owner");
        assert_eq!(scene.respond_public("bob", &token, NEW).await, Ok(()));
        let told = scene.verify_as("bob", NEW).await.expect("no refusal");
        assert_eq!(told.outcome, Outcome::Succeeded);
    });
}

/// C6: a token is of one purpose by what it begins with and by where it is kept.
#[test]
fn no_token_is_taken_for_one_of_another_purpose() {
    let scene = block_on(Scene::new());
    for (number, made_for) in Purpose::ALL.into_iter().enumerate() {
        let token = Token::generate(made_for, &*scene.world.random);
        for (other, used_for) in Purpose::ALL.into_iter().enumerate() {
            let shown = Token::shown(used_for, token.reveal().to_owned());
            assert_eq!(shown.is_some(), number == other, "{made_for:?} as {used_for:?}");
        }
        let key = domain::client::ApiKey::generate(&*scene.world.random);
        assert!(Token::shown(made_for, key.reveal().to_owned()).is_none(), "{made_for:?}");
    }
}
