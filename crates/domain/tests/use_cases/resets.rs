use domain::delivery::Occasion;
use domain::error::UseCaseError;
use domain::password::StartedBy;
use domain::random::Random as _;
use domain::store::Overrides;
use domain::text::Folded;
use domain::token::{Purpose, Token};
use proptest::prelude::*;
use testkit::block_on;
use testkit::builders::a_user;

use crate::scene::{ANY, NEW, Outcome, RIGHT, Scene, WRONG, password};
use crate::trail;

impl Scene {
    async fn send(&self, by: StartedBy) -> Result<(), UseCaseError> {
        self.world.passwords().send_reset(&self.admin(), self.id, ANY, by).await.map(drop)
    }

    async fn ask(&self, name: &str) -> Result<(), UseCaseError> {
        self.world.passwords().ask_for_reset(self.here(), Folded::of(name)).await
    }

    async fn respond(&self, token: &Token, new: &str) -> Result<(), UseCaseError> {
        let (passwords, admin) = (self.world.passwords(), self.admin());
        let token = Some(token.clone());
        passwords.respond(&admin, self.id, ANY, token, password(new)).await.map(drop)
    }

    fn forged(&self) -> Token {
        let _ = self.world.random.new_uuid();
        Token::generate(Purpose::PasswordReset, &*self.world.random)
    }
}

#[test]
fn a_token_sets_a_password_once() {
    block_on(async {
        for by in [StartedBy::Administrator, StartedBy::User] {
            let scene = Scene::new().await;
            scene.send(by).await.expect("is sent");
            let token = scene.token().await.expect("a token");
            assert_eq!(scene.respond(&token, NEW).await, Ok(()));
            assert_eq!(scene.verify(NEW).await, Ok(Outcome::Succeeded));
            assert_eq!(scene.respond(&token, RIGHT).await, Err(UseCaseError::InvalidToken));
            let refused = scene.respond_public("ada", &token, RIGHT).await;
            assert_eq!(refused, Err(UseCaseError::Refused));
            assert_eq!(scene.verify(NEW).await, Ok(Outcome::Succeeded));
        }
    });
}

#[test]
fn a_token_lives_an_hour_or_a_day() {
    block_on(async {
        for (by, seconds) in [(StartedBy::User, 3_600), (StartedBy::Administrator, 86_400)] {
            for (after, answer) in [(seconds - 1, Ok(())), (seconds, Err(UseCaseError::Refused))] {
                let scene = Scene::new().await;
                scene.send(by).await.expect("is sent");
                let token = scene.token().await.expect("a token");
                scene.wait(after);
                assert_eq!(scene.respond_public("ada", &token, NEW).await, answer);
            }
        }
    });
}

#[test]
fn a_later_token_voids_the_one_before() {
    block_on(async {
        let scene = Scene::new().await;
        scene.send(StartedBy::User).await.expect("is sent");
        let first = scene.token().await.expect("a token");
        scene.send(StartedBy::Administrator).await.expect("is sent");
        let second = scene.token().await.expect("a token");
        assert_eq!(scene.respond(&first, NEW).await, Err(UseCaseError::InvalidToken));
        assert_eq!(scene.respond(&second, NEW).await, Ok(()));
    });
}

#[test]
fn a_token_is_its_owners_and_its_stores_alone() {
    block_on(async {
        let scene = Scene::new().await;
        scene.send(StartedBy::User).await.expect("is sent");
        let token = scene.token().await.expect("a token");
        let bob = a_user("bob").email("bob@example.com").draft();
        scene.world.make_user_with_password(&scene.store, bob, RIGHT).await;
        let refused = scene.respond_public("bob", &token, NEW).await;
        assert_eq!(refused, Err(UseCaseError::Refused));
        let other = scene.world.make_store("other").await;
        let twin = a_user("ada").id(scene.id).email("ada@example.com").draft();
        scene.world.make_user_with_password(&other, twin, RIGHT).await;
        let passwords = scene.world.passwords();
        let there = domain::store::StoreRef::Id(other.id);
        let (name, shown) = (Folded::of("ada"), Some(token.clone()));
        let refused = passwords.respond_public(there, name, shown, password(NEW)).await;
        assert_eq!(refused, Err(UseCaseError::Refused));
        assert_eq!(scene.respond_public("ada", &token, NEW).await, Ok(()));
    });
}

#[test]
fn a_change_of_the_password_voids_a_token() {
    block_on(async {
        let scene = Scene::new().await;
        scene.send(StartedBy::User).await.expect("is sent");
        let token = scene.token().await.expect("a token");
        scene.change_public("ada", RIGHT, NEW).await.expect("is changed");
        assert_eq!(scene.respond(&token, RIGHT).await, Err(UseCaseError::InvalidToken));
    });
}

#[test]
fn a_change_of_the_address_voids_a_token() {
    block_on(async {
        let scene = Scene::new().await;
        scene.send(StartedBy::Administrator).await.expect("is sent");
        let token = scene.token().await.expect("a token");
        let moved = domain::user::EmailAddress::parse("new@example.com").expect("an address");
        scene.edit(move |draft| draft.email = Some(moved.clone())).await;
        assert_eq!(scene.respond(&token, NEW).await, Err(UseCaseError::InvalidToken));
    });
}

#[test]
fn nobody_keeps_the_holder_of_a_token_out_by_guessing() {
    block_on(async {
        let scene = Scene::new().await;
        scene.send(StartedBy::User).await.expect("is sent");
        let token = scene.token().await.expect("a token");
        let forged = scene.forged();
        for _ in 0..3 {
            let _ = scene.respond_public("ada", &forged, NEW).await;
        }
        let refused = scene.respond_public("ada", &forged, NEW).await;
        assert!(matches!(refused, Err(UseCaseError::Throttled { .. })), "{refused:?}");
        assert_eq!(scene.respond_public("ada", &token, NEW).await, Ok(()));
    });
}

#[test]
fn a_token_ends_a_temporary_lock_and_no_other() {
    block_on(async {
        let scene =
            Scene::with(Overrides { lockout_failures: Some(1), ..Overrides::default() }).await;
        assert_eq!(scene.verify(WRONG).await, Ok(Outcome::Failed));
        scene.send(StartedBy::User).await.expect("is sent");
        let token = scene.token().await.expect("a token");
        assert_eq!(scene.respond_public("ada", &token, NEW).await, Ok(()));
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::Succeeded));

        scene.edit(|draft| draft.locked = true).await;
        scene.send(StartedBy::User).await.expect("is sent");
        let token = scene.token().await.expect("a token");
        let refused = scene.respond_public("ada", &token, RIGHT).await;
        assert_eq!(refused, Err(UseCaseError::Refused));
        assert_eq!(scene.respond(&token, RIGHT).await, Ok(()));
        assert_eq!(scene.verify(RIGHT).await, Ok(Outcome::Locked));
    });
}

#[test]
fn whoever_may_not_sign_in_cannot_use_a_token_and_is_revived_by_none() {
    block_on(async {
        let scene = Scene::new().await;
        scene.send(StartedBy::User).await.expect("is sent");
        let token = scene.token().await.expect("a token");
        scene.edit(|draft| draft.active = false).await;
        let refused = scene.respond_public("ada", &token, NEW).await;
        assert_eq!(refused, Err(UseCaseError::Refused));
        assert_eq!(scene.respond(&token, NEW).await, Ok(()));
        assert!(!scene.user().await.active);
        assert_eq!(scene.verify(NEW).await, Ok(Outcome::NotValid));
    });
}

#[test]
fn a_refused_token_costs_one_hash_whatever_its_cause() {
    block_on(async {
        let set = Overrides { throttle: Some(false), ..Overrides::default() };
        let scene = Scene::with(set).await;
        let forged = scene.forged();
        let refused = async |name: &str, token: &Token| {
            let hashed = scene.world.hasher.computed();
            let answer = scene.respond_public(name, token, NEW).await;
            assert_eq!(answer, Err(UseCaseError::Refused), "{name}");
            assert_eq!(scene.world.hasher.computed(), hashed + 1, "{name}");
        };
        refused("nobody", &forged).await;
        refused("ada", &forged).await;
        scene.send(StartedBy::User).await.expect("is sent");
        refused("ada", &forged).await;
        let token = scene.token().await.expect("a token");
        refused("nobody", &token).await;
        scene.edit(|draft| draft.active = false).await;
        refused("ada", &token).await;
        scene.edit(|draft| draft.active = true).await;
        let hashed = scene.world.hasher.computed();
        assert!(scene.respond_public("ada", &token, "short").await.is_err());
        assert_eq!(scene.world.hasher.computed(), hashed + 1, "a broken rule costs the same");
        assert_eq!(scene.respond_public("ada", &token, NEW).await, Ok(()));
        assert_eq!(scene.world.hasher.computed(), hashed + 3, "is it the present one; the new one");
    });
}

#[test]
fn of_fifty_who_use_a_token_at_once_one_wins() {
    block_on(async {
        let scene = Scene::new().await;
        scene.send(StartedBy::User).await.expect("is sent");
        let token = scene.token().await.expect("a token");
        let before = trail(&scene.world, &scene.store).await.len();
        let uses = (0..50).map(|_| scene.respond_public("ada", &token, NEW));
        let answers = futures_util::future::join_all(uses).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_eq!(trail(&scene.world, &scene.store).await.len(), before + 1);
    });
}

#[test]
fn asking_for_a_reset_looks_the_same_for_every_name_and_changes_nothing() {
    block_on(async {
        let scene = Scene::new().await;
        let before = (scene.user().await, trail(&scene.world, &scene.store).await);
        for name in ["ada", "nobody"] {
            let hashed = scene.world.hasher.computed();
            assert_eq!(scene.ask(name).await, Ok(()));
            assert_eq!(scene.ask(name).await, Ok(()), "once more changes nothing");
            assert_eq!(scene.world.hasher.computed(), hashed + 2);
        }
        let letters = scene.letters().await;
        assert_eq!(letters.len(), 1, "{letters:?}");
        let Occasion::ResetByUser { token, expires } = &letters[0].occasion else {
            panic!("{letters:?}")
        };
        assert_eq!(*expires, scene.now_in(3_600));
        assert_eq!((scene.user().await, trail(&scene.world, &scene.store).await), before);
        assert_eq!(scene.respond_public("ADA", token, NEW).await, Ok(()));
    });
}

#[test]
fn nobody_voids_the_link_that_another_waits_for() {
    block_on(async {
        let scene = Scene::new().await;
        scene.send(StartedBy::Administrator).await.expect("is sent");
        let token = scene.token().await.expect("a token");
        for _ in 0..3 {
            scene.ask("ada").await.expect("is asked");
            assert!(scene.letters().await.is_empty());
        }
        assert_eq!(scene.respond_public("ada", &token, NEW).await, Ok(()));
        scene.send(StartedBy::Administrator).await.expect("is sent");
        scene.letters().await;
        scene.wait(300);
        scene.ask("ada").await.expect("is asked later");
        assert!(scene.token().await.is_some(), "whose mail was lost gets another");
        scene.wait(3_600);
        scene.ask("ada").await.expect("is asked");
        let first = scene.token().await.expect("a token");
        scene.wait(299);
        scene.ask("ada").await.expect("is asked again");
        assert!(scene.token().await.is_none(), "at most one in five minutes");
        scene.wait(1);
        scene.ask("ada").await.expect("is asked later");
        let second = scene.token().await.expect("a token");
        let refused = scene.respond_public("ada", &first, RIGHT).await;
        assert_eq!(refused, Err(UseCaseError::Refused));
        assert_eq!(scene.respond_public("ada", &second, RIGHT).await, Ok(()));
    });
}

#[test]
fn who_cannot_sign_in_is_sent_nothing() {
    block_on(async {
        let edits: [fn(&mut domain::user::UserDraft); 3] =
            [|draft| draft.active = false, |draft| draft.locked = true, |draft| draft.email = None];
        for edit in edits {
            let scene = Scene::new().await;
            scene.edit(edit).await;
            scene.letters().await;
            assert_eq!(scene.ask("ada").await, Ok(()));
            assert!(scene.letters().await.is_empty());
        }
    });
}

#[test]
fn self_service_can_be_switched_off() {
    block_on(async {
        let set = Overrides { self_service_reset: Some(false), ..Overrides::default() };
        let scene = Scene::with(set).await;
        for name in ["ada", "nobody"] {
            assert_eq!(scene.ask(name).await, Err(UseCaseError::SwitchedOff));
        }
        assert!(scene.letters().await.is_empty());
    });
}

#[test]
fn without_an_address_there_is_no_reset_by_mail() {
    block_on(async {
        let scene = Scene::of(Overrides::default(), a_user("ada").draft()).await;
        assert_eq!(scene.send(StartedBy::User).await, Err(UseCaseError::NoAddress));
    });
}

/// One step of whoever tries to get in by a reset, or of somebody else meanwhile.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send(bool),
    Ask,
    UseLatest,
    UseEarlier,
    UseForged,
    UseOfBob,
    Change,
    Wait,
    Deactivate,
    Activate,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => any::<bool>().prop_map(Step::Send),
        1 => Just(Step::Ask),
        3 => Just(Step::UseLatest),
        1 => Just(Step::UseEarlier),
        1 => Just(Step::UseForged),
        1 => Just(Step::UseOfBob),
        1 => Just(Step::Change),
        1 => Just(Step::Wait),
        1 => Just(Step::Deactivate),
        1 => Just(Step::Activate),
    ]
}

/// What ought to be: the token that is worth something, until when, and the password.
struct Model {
    live: Option<(Token, i64)>,
    earlier: Vec<Token>,
    number: u32,
    now: i64,
    active: bool,
}

impl Model {
    fn password(&self) -> String {
        format!("password number {} of ada's", self.number)
    }

    fn next(&mut self) -> String {
        self.number += 1;
        self.password()
    }
}

async fn take(scene: &Scene, model: &mut Model, bobs: &Token, step: Step) {
    let started = match step {
        Step::Send(by_user) => {
            let by = if by_user { StartedBy::User } else { StartedBy::Administrator };
            scene.send(by).await.expect("is sent");
            Some(if by_user { 3_600 } else { 86_400 })
        }
        Step::Ask => {
            scene.ask("ada").await.expect("is asked");
            // One of the last five minutes stands.
            let stands = |(_, until): &(Token, i64)| {
                let left = *until - model.now;
                (3_301..=3_600).contains(&left) || (86_101..=86_400).contains(&left)
            };
            (model.active && !model.live.as_ref().is_some_and(stands)).then_some(3_600)
        }
        _ => None,
    };
    if let Some(seconds) = started {
        let token = scene.token().await.expect("a token");
        let live = model.live.replace((token, model.now + seconds));
        model.earlier.extend(live.map(|(token, _)| token));
        return;
    }
    let token = match step {
        Step::UseLatest => model.live.clone().map(|(token, _)| token),
        Step::UseEarlier => model.earlier.last().cloned(),
        Step::UseForged => Some(scene.forged()),
        Step::UseOfBob => Some(bobs.clone()),
        Step::Change if model.active => {
            let old = model.password();
            let new = model.next();
            scene.change_public("ada", &old, &new).await.expect("is changed");
            model.earlier.extend(model.live.take().map(|(token, _)| token));
            None
        }
        Step::Wait => {
            scene.wait(1_800);
            model.now += 1_800;
            None
        }
        Step::Deactivate | Step::Activate => {
            let active = matches!(step, Step::Activate);
            scene.edit(move |draft| draft.active = active).await;
            model.active = active;
            None
        }
        _ => None,
    };
    let Some(token) = token else { return };
    let is_live = |(live, until): &(Token, i64)| live.hash() == token.hash() && model.now < *until;
    let wins = model.active && model.live.as_ref().is_some_and(is_live);
    let new = if wins { model.next() } else { NEW.to_owned() };
    let expected = if wins { Ok(()) } else { Err(UseCaseError::Refused) };
    assert_eq!(scene.respond_public("ada", &token, &new).await, expected, "{step:?}");
    if wins {
        model.earlier.extend(model.live.take().map(|(token, _)| token));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// C1: in whatever order the calls of a reset come, only a live token of this user leads to a new
    /// password.
    #[test]
    fn no_order_of_the_calls_of_a_reset_lets_anybody_else_in(
        steps in prop::collection::vec(step(), 1..25),
    ) {
        block_on(async {
            let set = Overrides { throttle: Some(false), ..Overrides::default() };
            let scene = Scene::with(set).await;
            let bob = a_user("bob").email("bob@example.com").draft();
            let bob = scene.world.make_user_with_password(&scene.store, bob, RIGHT).await.user.id;
            let passwords = scene.world.passwords();
            let by = StartedBy::Administrator;
            passwords.send_reset(&scene.admin(), bob, ANY, by).await.expect("is sent");
            let bobs = scene.token().await.expect("a token");
            let live = None;
            let mut model = Model { live, earlier: vec![], number: 0, now: 0, active: true };
            scene.change_public("ada", RIGHT, &model.password()).await.expect("is changed");
            for step in steps {
                take(&scene, &mut model, &bobs, step).await;
            }
            scene.edit(|draft| draft.active = true).await;
            assert_eq!(scene.verify(&model.password()).await, Ok(Outcome::Succeeded));
        });
    }
}
