//! The rows of `docs/security.md` that are about every route at once: each route by which somebody
//! proves a password or sets one, in each state of an account.

mod owners;

use domain::error::UseCaseError;
use domain::password::{Password, StartedBy};
use domain::store::Overrides;
use domain::text::Folded;
use domain::token::{Purpose, Token};
use proptest::prelude::*;
use testkit::block_on;
use unicode_normalization::UnicodeNormalization as _;

use crate::scene::{ANY, NEW, Outcome, RIGHT, Scene, WRONG, password};

/// A way to set a password.
#[derive(Clone, Copy, Debug)]
enum Door {
    Initial,
    Reset,
    Change,
    ChangePublic,
    Respond,
    RespondPublic,
}

impl Door {
    const ALL: [Self; 6] = [
        Self::Initial,
        Self::Reset,
        Self::Change,
        Self::ChangePublic,
        Self::Respond,
        Self::RespondPublic,
    ];

    /// Sets a password of `ada`, with everything else as it should be.
    async fn set(self, scene: &Scene, new: &str) -> Result<(), UseCaseError> {
        let (passwords, admin, id) = (scene.world.passwords(), scene.admin(), scene.id);
        let text = new;
        let new = password(new);
        match self {
            Self::Initial => passwords.set_initial(&admin, id, ANY, new, None).await.map(drop),
            Self::Reset => passwords.reset(&admin, id, ANY, new).await.map(drop),
            Self::Change => passwords.change(&admin, id, ANY, password(RIGHT), new).await.map(drop),
            Self::ChangePublic => scene.change_public("ada", RIGHT, text).await,
            Self::Respond => {
                let token = scene.mailed(StartedBy::User).await;
                scene.answer(&token, text).await
            }
            Self::RespondPublic => {
                let token = scene.mailed(StartedBy::User).await;
                scene.respond_public("ada", &token, text).await
            }
        }
    }
}

/// A way to prove that one knows the password.
#[derive(Clone, Copy, Debug)]
enum Route {
    Verify,
    Change,
    ChangePublic,
}

impl Route {
    const ALL: [Self; 3] = [Self::Verify, Self::Change, Self::ChangePublic];

    async fn attempt(self, scene: &Scene, text: &str) -> Result<Outcome, UseCaseError> {
        let (passwords, admin) = (scene.world.passwords(), scene.admin());
        let change = passwords.change(&admin, scene.id, ANY, password(text), password(NEW));
        match self {
            Self::Verify => scene.verify(text).await,
            Self::Change => change.await.map(|_| Outcome::Succeeded),
            Self::ChangePublic => {
                scene.change_public("ada", text, NEW).await.map(|()| Outcome::Succeeded)
            }
        }
    }

    /// What somebody hears who does not know the password.
    fn wrong(self) -> Result<Outcome, UseCaseError> {
        match self {
            Self::Verify => Ok(Outcome::Failed),
            Self::Change => Err(UseCaseError::WrongPassword),
            Self::ChangePublic => Err(UseCaseError::Refused),
        }
    }

    /// What somebody hears who knows it and may not use it.
    fn refused(self, outcome: Outcome) -> Result<Outcome, UseCaseError> {
        match self {
            Self::Verify => Ok(outcome),
            Self::Change => Err(UseCaseError::Locked),
            Self::ChangePublic => Err(UseCaseError::Refused),
        }
    }

    /// How many hashes such a refusal costs.
    fn hashes(self) -> u32 {
        u32::from(matches!(self, Self::ChangePublic))
    }
}

impl Scene {
    /// A token that `ada` was mailed.
    async fn mailed(&self, by: StartedBy) -> Token {
        let passwords = self.world.passwords();
        passwords.send_reset(&self.admin(), self.id, ANY, by).await.expect("is sent");
        self.token().await.expect("a token")
    }

    /// Uses a token through a caller who may manage users.
    async fn answer(&self, token: &Token, new: &str) -> Result<(), UseCaseError> {
        let (passwords, token) = (self.world.passwords(), Some(token.clone()));
        passwords.respond(&self.admin(), self.id, ANY, token, password(new)).await.map(drop)
    }

    async fn unlock(&self) {
        let unlocked = self.world.passwords().unlock(&self.admin(), self.id, ANY).await;
        unlocked.expect("is unlocked");
    }
}

fn unthrottled() -> Overrides {
    Overrides { throttle: Some(false), ..Overrides::default() }
}

/// PW-1: counted in code points, at every door.
#[test]
fn at_every_door_15_characters_are_enough_and_14_are_not() {
    block_on(async {
        let (short, long) = ("fourteen ch\u{e4}rs", "fifteen l\u{e4}tters");
        assert_eq!((short.chars().count(), long.chars().count()), (14, 15));
        for door in Door::ALL {
            let scene = Scene::new().await;
            let told = door.set(&scene, short).await;
            let Err(UseCaseError::Invalid(told)) = told else { panic!("{door:?}: {told:?}") };
            assert!(told.fields[0].rule.contains("15 characters"), "{door:?}: {told:?}");
            assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded), "{door:?}");
            assert_eq!(door.set(&scene, long).await, Ok(()), "{door:?}");
            let expected = match door {
                Door::Initial => Outcome::PasswordChangeRequired,
                _ => Outcome::Succeeded,
            };
            assert_eq!(scene.verify(long).await, Ok(expected), "{door:?}");
            assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Failed), "{door:?}");
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// PW-4: what was set is right, in every form of Unicode and in no other spelling.
    #[test]
    fn whatever_is_set_verifies_in_every_form(text in "\\PC{46,80}") {
        let Ok(new) = Password::parse(text.clone()) else { return Ok(()) };
        block_on(async {
            let scene = Scene::with(unthrottled()).await;
            let passwords = scene.world.passwords();
            passwords.reset(&scene.admin(), scene.id, ANY, new).await.expect("is set");
            let decomposed = text.nfd().collect::<String>();
            for form in [&text, &decomposed] {
                // A form may be longer than any password.
                if Password::parse(form.clone()).is_ok() {
                    assert_eq!(scene.verify(form).await, Ok(Outcome::Succeeded), "{form:?}");
                }
            }
            for other in [format!("{text} "), format!(" {text}"), text.chars().skip(1).collect()] {
                if Password::parse(other.clone()).is_ok() {
                    assert_eq!(scene.verify(&other).await, Ok(Outcome::Failed), "{other:?}");
                }
            }
        });
    }
}

/// How an account comes to be locked.
#[derive(Clone, Copy, Debug)]
enum Lock {
    ForATime,
    ForGood,
    ByAdministrator,
}

impl Lock {
    /// Three failures lock, as the case demands.
    fn settings(self) -> Overrides {
        let (for_a_time, for_good) = match self {
            Self::ForATime => (3, 0),
            Self::ForGood => (0, 3),
            Self::ByAdministrator => (0, 0),
        };
        Overrides {
            lockout_failures: Some(for_a_time),
            attempts_before_locked: Some(for_good),
            ..unthrottled()
        }
    }

    async fn begin(self, scene: &Scene, by: Route) {
        for _ in 0..3 {
            assert_eq!(by.attempt(scene, WRONG).await, by.wrong(), "{self:?} {by:?}");
        }
        if matches!(self, Self::ByAdministrator) {
            scene.edit(|draft| draft.locked = true).await;
        }
    }
}

/// LK-3, C3: whichever route began a lock, every route reads it.
#[test]
fn every_route_reads_every_lock_whichever_route_began_it() {
    block_on(async {
        for lock in [Lock::ForATime, Lock::ForGood, Lock::ByAdministrator] {
            for begun_by in Route::ALL {
                let scene = Scene::with(lock.settings()).await;
                lock.begin(&scene, begun_by).await;
                for route in Route::ALL {
                    let hashed = scene.world.hasher.computed();
                    let told = route.attempt(&scene, RIGHT).await;
                    let case = format!("{lock:?} begun by {begun_by:?}, {route:?}");
                    assert_eq!(told, route.refused(Outcome::Locked), "{case}");
                    assert_eq!(scene.world.hasher.computed() - hashed, route.hashes(), "{case}");
                }
                scene.unlock().await;
                assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded), "{lock:?}");
            }
        }
    });
}

/// LK-3: the wait of a name is that of all routes, the token included.
#[test]
fn every_route_reads_the_wait_of_a_name_whichever_route_began_it() {
    block_on(async {
        for begun_by in Route::ALL {
            let scene = Scene::new().await;
            let token = scene.mailed(StartedBy::User).await;
            for _ in 0..3 {
                assert_eq!(begun_by.attempt(&scene, WRONG).await, begun_by.wrong());
            }
            let hashed = scene.world.hasher.computed();
            let throttled = UseCaseError::Throttled { seconds: 1 };
            for route in Route::ALL {
                let told = route.attempt(&scene, RIGHT).await;
                assert_eq!(told, Err(throttled.clone()), "{begun_by:?} {route:?}");
            }
            let guess = "usr_reset_guess".to_owned();
            let guess = Token::shown(Purpose::PasswordReset, guess).expect("a token in form");
            assert_eq!(scene.respond_public("ada", &guess, NEW).await, Err(throttled));
            assert_eq!(scene.world.hasher.computed(), hashed);
            scene.wait(1);
            assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
            assert_eq!(scene.respond_public("ada", &token, NEW).await, Ok(()));
        }
    });
}

/// LK-4: who only asks for tokens or guesses them locks nobody, and neither does who tries names
/// that nobody has.
#[test]
fn nobody_is_locked_by_requests_for_tokens_or_by_attempts_on_other_names() {
    block_on(async {
        let scene = Scene::with(unthrottled()).await;
        let passwords = scene.world.passwords();
        let guess = "usr_reset_guess".to_owned();
        let guess = Token::shown(Purpose::PasswordReset, guess).expect("a token in form");
        for number in 0..120 {
            let asked = passwords.ask_for_reset(scene.here(), Folded::of("ada")).await;
            assert_eq!(asked, Ok(()));
            let told = scene.respond_public("ada", &guess, NEW).await;
            assert_eq!(told, Err(UseCaseError::Refused));
            let nobody = scene.verify_as(&format!("nobody {number}"), WRONG).await;
            assert_eq!(nobody.expect("no refusal").outcome, Outcome::Failed);
        }
        let user = scene.user().await;
        assert_eq!((user.failed_sign_ins, user.locked), (0, false));
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Succeeded));
    });
}
