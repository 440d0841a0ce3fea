//! The second factor: how one is enrolled, asked for, used once, guessed in vain and taken away.

use domain::access::{Context, Due, Permission, RoleName};
use domain::attempt::Shown;
use domain::delivery::Occasion;
use domain::error::UseCaseError;
use domain::password::Verification;
use domain::second_factor::{
    Code, Elevated, OwnProof, RecoveryCode, Seed, TimeStep, Totp as _, TwoFactorStatus,
};
use domain::store::Overrides;
use domain::text::Folded;
use domain::time::Clock as _;
use domain::token::Token;
use domain::user::Include;
use testkit::block_on;
use testkit::builders::{a_caller, a_user};

use crate::scene::{NEW, Outcome, RIGHT, Scene, WRONG, password};
use crate::trail;

/// `ada`, of whom a second factor is asked.
struct Owner {
    scene: Scene,
    seed: Seed,
    recovery_codes: Vec<RecoveryCode>,
}

async fn asked() -> Scene {
    asked_with(Overrides::default()).await
}

async fn asked_with(set: Overrides) -> Scene {
    let ada = a_user("Ada").email("ada@example.com").two_factor_required().draft();
    Scene::of(set, ada).await
}

async fn status(scene: &Scene, text: &str) -> Result<TwoFactorStatus, UseCaseError> {
    let (name, password) = (Folded::of("ada"), password(text));
    scene.world.second_factors().status(scene.here(), name, password, "Userstore").await
}

async fn offered(scene: &Scene) -> Seed {
    let status = status(scene, RIGHT).await.expect("the password is right");
    status.enrolment.expect("one is offered").seed
}

/// A session of which the second factor is due.
async fn half_way(scene: &Scene) -> Context {
    let signed_in = scene.sign_in(RIGHT).await.expect("is let in");
    assert_eq!(signed_in.due, Due::SecondFactor);
    assert!(signed_in.tokens.refresh.is_none(), "none before the second factor");
    assert!(signed_in.identity.roles.is_empty());
    scene.acting_by(&signed_in.tokens.session).await
}

fn code(scene: &Scene, seed: &Seed) -> Code {
    code_of(scene, seed, 0)
}

/// The code of a clock that is so many steps off.
fn code_of(scene: &Scene, seed: &Seed, steps: i64) -> Code {
    let now = TimeStep::at(scene.world.clock.now()).get();
    let step = now.checked_add_signed(steps).expect("a step");
    Code::OneTime(scene.world.authenticator.password(seed, TimeStep::new(step)))
}

/// Six digits that are right at no time near now.
fn wrong(scene: &Scene, seed: &Seed) -> Code {
    let near: Vec<_> = (-3..=3).map(|steps| code_of(scene, seed, steps)).collect();
    let is_near = |digits: &str| {
        near.iter()
            .any(|code| matches!(code, Code::OneTime(it) if it.digits() == digits.as_bytes()))
    };
    let digits = (0..1_000_000).map(|n| format!("{n:06}")).find(|digits| !is_near(digits));
    Code::parse(digits.expect("some code is wrong")).expect("six digits")
}

async fn elevate(scene: &Scene, context: &Context, code: Code) -> Result<Elevated, UseCaseError> {
    scene.world.second_factors().elevate(context, code).await
}

impl Owner {
    async fn new() -> Self {
        Self::of(asked().await).await
    }

    async fn of(scene: Scene) -> Self {
        let (seed, half_way) = (offered(&scene).await, half_way(&scene).await);
        let first = elevate(&scene, &half_way, code(&scene, &seed)).await.expect("is proved");
        scene.wait(30);
        Self { scene, seed, recovery_codes: first.recovery_codes }
    }

    async fn show(&self, code: Code) -> Result<Elevated, UseCaseError> {
        let half_way = half_way(&self.scene).await;
        elevate(&self.scene, &half_way, code).await
    }

    async fn verify(&self, code: Option<Code>) -> Verification {
        let (passwords, ada) = (self.scene.world.passwords(), Folded::of("ada"));
        passwords.verify(&self.scene.admin(), ada, password(RIGHT), code).await.expect("is said")
    }

    /// A session of which nothing is due.
    async fn session(&self) -> Token {
        let elevated = self.show(code(&self.scene, &self.seed)).await.expect("the code is right");
        self.scene.wait(30);
        elevated.tokens.session
    }
}

fn recovery(code: &RecoveryCode) -> Code {
    Code::parse(code.reveal().to_string()).expect("a recovery code")
}

#[test]
fn a_second_factor_is_offered_until_a_code_proves_it() {
    block_on(async {
        let scene = asked().await;
        let (first, again) = (offered(&scene).await, offered(&scene).await);
        assert_eq!(first.reveal(), again.reveal(), "the same every time");
        assert!(!scene.user().await.two_factor_registered);
        let verification = scene.verify_as("ada", RIGHT).await.expect("is said");
        assert_eq!(verification.outcome, Outcome::TwoFactorRequired);
        assert_eq!(verification.user, None);

        let half_way = half_way(&scene).await;
        let elevated = elevate(&scene, &half_way, code(&scene, &first)).await.expect("is proved");
        assert_eq!(elevated.recovery_codes.len(), 10);
        assert!(elevated.identity.user.two_factor_registered);
        assert!(scene.user().await.two_factor_registered);
        let status = status(&scene, RIGHT).await.expect("the password is right");
        assert!(status.enrolment.is_none() && status.user.two_factor_registered);
        let letters = scene.letters().await;
        assert!(
            matches!(letters[..], [ref one] if matches!(one.occasion, Occasion::SecondFactorSet))
        );
        let entries = trail(&scene.world, &scene.store).await;
        let last = entries.last().expect("an entry");
        let shown = |it: &Option<domain::audit::Commitment>| format!("{it:?}");
        assert!(shown(&last.current).contains("isTwoFactorRegistered\\\":true"), "{last:?}");
    });
}

#[test]
fn the_status_is_said_to_whoever_knows_the_password() {
    block_on(async {
        let scene = Scene::new().await;
        let known = status(&scene, RIGHT).await.expect("the password is right");
        assert!(known.enrolment.is_none() && !known.user.two_factor_required);
        assert_eq!(status(&scene, WRONG).await.expect_err("is refused"), UseCaseError::Refused);
        assert_eq!(scene.user().await.failed_sign_ins, 1, "it counts");
        let nobody = (Folded::of("nobody"), password(RIGHT));
        let refused =
            scene.world.second_factors().status(scene.here(), nobody.0, nobody.1, "x").await;
        assert_eq!(refused.expect_err("is refused"), UseCaseError::Refused);
    });
}

#[test]
fn whoever_is_half_way_may_do_nothing_but_go_on() {
    block_on(async {
        let scene = asked().await;
        scene.give(RoleName::USER_STORE_ADMIN).await;
        offered(&scene).await;
        let half_way = half_way(&scene).await;
        let due = Err(UseCaseError::SecondFactorDue);
        let found = scene.world.users().find(&half_way, scene.id, Include::NONE).await;
        assert_eq!(found.map(drop), due);
        assert_eq!(scene.world.sessions().whoami(&half_way).await.map(drop), due);
        let (ada, old) = (Folded::of("ada"), Some(password(RIGHT)));
        let passwords = scene.world.passwords();
        let update = passwords.update(&half_way, ada.clone(), old, password(NEW)).await;
        assert_eq!(update, due);
        let reset = scene.world.second_factors().reset(&half_way, ada, OwnProof::default()).await;
        assert_eq!(reset, due);
        scene.world.sessions().sign_out(&half_way).await.expect("is signed out");
    });
}

#[test]
fn the_second_factor_raises_the_session_and_replaces_its_tokens() {
    block_on(async {
        let owner = Owner::new().await;
        let signed_in = owner.scene.sign_in(RIGHT).await.expect("is let in");
        let half_way = owner.scene.acting_by(&signed_in.tokens.session).await;
        let shown = code(&owner.scene, &owner.seed);
        let elevated = elevate(&owner.scene, &half_way, shown).await.expect("is right");
        assert!(elevated.recovery_codes.is_empty(), "they were given once");
        assert!(owner.scene.authenticate(&signed_in.tokens.session).await.is_err());
        let acting = owner.scene.acting_by(&elevated.tokens.session).await;
        assert_eq!(acting.caller.due(), Due::Nothing);
        let (refresh, _) = elevated.tokens.refresh.expect("a refresh token");
        let further = owner.scene.world.sessions().refresh(owner.scene.here(), Some(refresh)).await;
        let further = further.expect("a further token").session;
        assert_eq!(owner.scene.acting_by(&further).await.caller.due(), Due::Nothing);
    });
}

#[test]
fn a_code_of_one_step_earlier_or_later_is_right_and_of_two_is_wrong() {
    block_on(async {
        for (steps, is_right) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let owner = Owner::new().await;
            // Away from the step that enrolled it.
            owner.scene.wait(90);
            let shown = owner.show(code_of(&owner.scene, &owner.seed, steps)).await;
            assert_eq!(shown.is_ok(), is_right, "{steps} steps off");
        }
    });
}

#[test]
fn a_code_is_right_once_and_none_of_an_earlier_step_after_it() {
    block_on(async {
        let owner = Owner::new().await;
        owner.scene.wait(60);
        let [earlier, shown] = [-1, 0].map(|steps| code_of(&owner.scene, &owner.seed, steps));
        owner.show(shown.clone()).await.expect("is right");
        for replayed in [shown, earlier] {
            let refused = owner.show(replayed).await;
            assert_eq!(refused.expect_err("is refused"), UseCaseError::WrongCode);
        }
        assert_eq!(
            owner.scene.world.attempts.take().last().map(|it| it.shown),
            Some(Shown::OneTimePassword)
        );
        owner.scene.wait(30);
        owner.show(code(&owner.scene, &owner.seed)).await.expect("the next one is right");
    });
}

#[test]
fn five_wrong_codes_lock_the_second_factor_for_five_minutes() {
    block_on(async {
        let owner = Owner::new().await;
        for _ in 0..5 {
            let wrong = wrong(&owner.scene, &owner.seed);
            let refused = owner.show(wrong).await.expect_err("is refused");
            assert_eq!(refused, UseCaseError::WrongCode);
            owner.scene.wait(31);
        }
        let locked = owner.show(code(&owner.scene, &owner.seed)).await;
        assert_eq!(locked.expect_err("is refused"), UseCaseError::Locked);
        assert_eq!(
            owner.verify(Some(recovery(&owner.recovery_codes[0]))).await.outcome,
            Outcome::Locked
        );
        assert_eq!(owner.scene.user().await.failed_sign_ins, 0, "passwords are counted apart");
        owner.scene.wait(300);
        owner.show(code(&owner.scene, &owner.seed)).await.expect("is right");
    });
}

#[test]
fn wrong_codes_throttle_the_name() {
    block_on(async {
        let owner = Owner::new().await;
        let half_way = half_way(&owner.scene).await;
        for _ in 0..3 {
            let wrong = wrong(&owner.scene, &owner.seed);
            let _ = elevate(&owner.scene, &half_way, wrong).await.expect_err("is refused");
        }
        let right = code(&owner.scene, &owner.seed);
        let refused = elevate(&owner.scene, &half_way, right.clone()).await.expect_err("too early");
        assert!(matches!(refused, UseCaseError::Throttled { .. }), "{refused:?}");
        owner.scene.wait(1);
        elevate(&owner.scene, &half_way, right).await.expect("is right, and was not counted");
    });
}

#[test]
fn a_hundred_wrong_codes_in_a_row_lock_the_account() {
    block_on(async {
        let set = Overrides { attempts_before_locked: Some(7), ..Overrides::default() };
        let owner = Owner::of(asked_with(set).await).await;
        for round in 1..=7 {
            owner.scene.wait(400);
            let wrong = wrong(&owner.scene, &owner.seed);
            let refused = owner.show(wrong).await.expect_err("is refused");
            assert_eq!(refused, UseCaseError::WrongCode);
            assert_eq!(
                owner.scene.user().await.locked,
                round == 7,
                "the password was right in between"
            );
        }
        owner.scene.wait(400);
        owner.scene.edit(|draft| draft.locked = false).await;
        owner.show(code(&owner.scene, &owner.seed)).await.expect("an unlock begins anew");
    });
}

#[test]
fn nothing_is_looked_at_while_the_password_is_locked() {
    block_on(async {
        let owner = Owner::new().await;
        let half_way = half_way(&owner.scene).await;
        for _ in 0..5 {
            owner.scene.verify_patiently(WRONG).await;
        }
        owner.scene.wait(31);
        let right = code(&owner.scene, &owner.seed);
        let locked = elevate(&owner.scene, &half_way, right).await;
        assert_eq!(locked.expect_err("is refused"), UseCaseError::Locked);
    });
}

#[test]
fn a_recovery_code_is_right_once_and_its_owner_is_told() {
    block_on(async {
        let owner = Owner::new().await;
        owner.scene.letters().await;
        for code in &owner.recovery_codes {
            owner.show(recovery(code)).await.expect("is right");
            let told = owner.scene.letters().await;
            assert!(told.iter().any(|it| matches!(it.occasion, Occasion::RecoveryCodeUsed)));
        }
        let again = owner.show(recovery(&owner.recovery_codes[3])).await;
        assert_eq!(again.expect_err("is used up"), UseCaseError::WrongCode);
    });
}

#[test]
fn a_trusted_front_end_may_show_the_code_with_the_password() {
    block_on(async {
        let owner = Owner::new().await;
        assert_eq!(owner.verify(None).await.outcome, Outcome::TwoFactorRequired);
        let wrong = owner.verify(Some(wrong(&owner.scene, &owner.seed))).await;
        assert_eq!((wrong.outcome, wrong.user), (Outcome::Failed, None));
        let right = code(&owner.scene, &owner.seed);
        let verified = owner.verify(Some(right.clone())).await;
        assert_eq!(verified.outcome, Outcome::Succeeded);
        assert!(verified.user.is_some());
        assert_eq!(owner.verify(Some(right)).await.outcome, Outcome::Failed, "used");
        let code = Some(recovery(&owner.recovery_codes[0]));
        assert_eq!(owner.verify(code).await.outcome, Outcome::Succeeded);
    });
}

#[test]
fn one_that_is_only_offered_is_proved_by_a_session_and_by_nothing_else() {
    block_on(async {
        let scene = asked().await;
        let seed = offered(&scene).await;
        let (passwords, ada) = (scene.world.passwords(), || Folded::of("ada"));
        let shown = Some(code(&scene, &seed));
        let verified =
            passwords.verify(&scene.admin(), ada(), password(RIGHT), shown.clone()).await;
        assert_eq!(verified.expect("is said").outcome, Outcome::TwoFactorRequired);
        let (old, new) = (password(RIGHT), password(NEW));
        let changed = passwords.change_public(scene.here(), ada(), old, new, shown).await;
        assert_eq!(changed, Err(UseCaseError::Refused));
        assert!(!scene.user().await.two_factor_registered);
    });
}

#[test]
fn whoever_changes_the_password_without_a_session_shows_the_code_too() {
    block_on(async {
        let owner = Owner::new().await;
        let passwords = owner.scene.world.passwords();
        let change = |code| {
            let (ada, old, new) = (Folded::of("ada"), password(RIGHT), password(NEW));
            passwords.change_public(owner.scene.here(), ada, old, new, code)
        };
        assert_eq!(change(None).await, Err(UseCaseError::Refused));
        let wrong = wrong(&owner.scene, &owner.seed);
        assert_eq!(change(Some(wrong)).await, Err(UseCaseError::Refused));
        let right = code(&owner.scene, &owner.seed);
        assert_eq!(change(Some(right)).await, Ok(()));
    });
}

#[test]
fn a_reset_of_the_password_leaves_the_second_factor() {
    block_on(async {
        let owner = Owner::new().await;
        let passwords = owner.scene.world.passwords();
        let asked = passwords.ask_for_reset(owner.scene.here(), Folded::of("ada")).await;
        asked.expect("is asked for");
        let token = owner.scene.token().await.expect("a token");
        owner.scene.respond_public("ada", &token, NEW).await.expect("is set");
        let signed_in = owner.scene.sign_in(NEW).await.expect("is let in");
        assert_eq!(signed_in.due, Due::SecondFactor);
        assert!(owner.scene.user().await.two_factor_registered);
    });
}

#[test]
fn eight_characters_are_enough_beside_a_second_factor_and_fifteen_without() {
    block_on(async {
        let (eight, seven) = ("vr9mq2xk", "vr9mq2x");
        let owner = Owner::new().await;
        let passwords = owner.scene.world.passwords();
        let set = |scene: &Scene, text: &str| {
            let (admin, id, new) = (scene.admin(), scene.id, password(text));
            let passwords = scene.world.passwords();
            async move { passwords.reset(&admin, id, crate::scene::ANY, new).await.map(drop) }
        };
        set(&owner.scene, eight).await.expect("is long enough");
        assert!(set(&owner.scene, seven).await.is_err());
        let without = Scene::new().await;
        assert!(set(&without, eight).await.is_err());
        drop(passwords);
    });
}

#[test]
fn an_administrator_takes_away_what_the_owner_has_lost() {
    block_on(async {
        let owner = Owner::new().await;
        let (session, factors) = (owner.session().await, owner.scene.world.second_factors());
        owner.scene.letters().await;
        let admin = owner.scene.admin();
        let reset = || factors.reset(&admin, Folded::of("ADA"), OwnProof::default());
        reset().await.expect("is taken away");
        let user = owner.scene.user().await;
        assert!(user.two_factor_required && !user.two_factor_registered);
        assert!(owner.scene.authenticate(&session).await.is_err(), "its sessions end");
        let told = owner.scene.letters().await;
        assert!(told.iter().any(|it| matches!(it.occasion, Occasion::SecondFactorRemoved)));
        let code = Some(recovery(&owner.recovery_codes[0]));
        assert_eq!(owner.verify(code).await.outcome, Outcome::TwoFactorRequired);
        let entries = trail(&owner.scene.world, &owner.scene.store).await.len();
        reset().await.expect("there is nothing to take");
        assert_eq!(trail(&owner.scene.world, &owner.scene.store).await.len(), entries);
        let seed = offered(&owner.scene).await;
        assert_ne!(seed.reveal(), owner.seed.reveal(), "another one is offered");
    });
}

#[test]
fn nobody_takes_a_second_factor_from_somebody_who_holds_more() {
    block_on(async {
        let owner = Owner::new().await;
        owner.scene.give(RoleName::USER_STORE_ADMIN).await;
        let factors = owner.scene.world.second_factors();
        let reset = |role| {
            let caller = a_caller().holding(role, owner.scene.store.id);
            let (factors, context) = (factors.clone(), caller.acting_in(owner.scene.store.id));
            async move { factors.reset(&context, Folded::of("ada"), OwnProof::default()).await }
        };
        assert_eq!(reset(RoleName::USER_MANAGER).await, Err(UseCaseError::Upward));
        let missing = UseCaseError::Forbidden(Permission::UserManage);
        assert_eq!(reset(RoleName::AUDIT_TRAIL_READER).await, Err(missing));
        assert!(owner.scene.user().await.two_factor_registered);
    });
}

#[test]
fn for_oneself_it_takes_the_password_and_a_code() {
    block_on(async {
        let owner = Owner::new().await;
        let session = owner.session().await;
        let acting = owner.scene.acting_by(&session).await;
        let factors = owner.scene.world.second_factors();
        let reset = |text: Option<&str>, code: Option<Code>| {
            let proof = OwnProof { password: text.map(password), code };
            factors.reset(&acting, Folded::of("ada"), proof)
        };
        let Err(UseCaseError::Invalid(missing)) = reset(None, None).await else {
            panic!("missing")
        };
        let missing: Vec<_> = missing.fields.iter().map(|it| it.property.as_str()).collect();
        assert_eq!(missing, ["currentPassword", "oneTimePassword"]);
        let right = code(&owner.scene, &owner.seed);
        let refused = reset(Some(WRONG), Some(right.clone())).await;
        assert_eq!(refused, Err(UseCaseError::WrongPassword));
        let wrong = wrong(&owner.scene, &owner.seed);
        assert_eq!(reset(Some(RIGHT), Some(wrong)).await, Err(UseCaseError::WrongCode));
        assert!(owner.scene.user().await.two_factor_registered);
        reset(Some(RIGHT), Some(right)).await.expect("is taken away");
        owner.scene.authenticate(&session).await.expect("the session that did it goes on");
    });
}

#[test]
fn a_user_without_rights_takes_away_nobody_elses() {
    block_on(async {
        let owner = Owner::new().await;
        owner.scene.world.make_user(&owner.scene.store, a_user("bob").draft()).await;
        let acting = owner.scene.acting_by(&owner.session().await).await;
        let factors = owner.scene.world.second_factors();
        for name in ["bob", "nobody"] {
            let refused = factors.reset(&acting, Folded::of(name), OwnProof::default()).await;
            assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::UserManage)), "{name}");
        }
    });
}

#[test]
fn the_seed_is_kept_sealed_and_never_told_again() {
    block_on(async {
        let owner = Owner::new().await;
        let seed = owner.seed.base32();
        for entry in trail(&owner.scene.world, &owner.scene.store).await {
            assert!(!format!("{entry:?}").contains(seed.as_str()));
        }
        let blind = owner.scene.world.without_the_secrets();
        let scene = Scene { world: blind, store: owner.scene.store.clone(), id: owner.scene.id };
        let half_way = half_way(&scene).await;
        let refused = elevate(&scene, &half_way, code(&scene, &owner.seed)).await;
        let refused = refused.expect_err("cannot be opened");
        assert!(matches!(refused, UseCaseError::Unverifiable(_)), "{refused:?}");
    });
}

#[test]
fn nobody_switches_their_own_second_factor_off() {
    block_on(async {
        let owner = Owner::new().await;
        owner.scene.give(RoleName::USER_STORE_ADMIN).await;
        let acting = owner.scene.acting_by(&owner.session().await).await;
        let off = || domain::account::AccountEdit {
            two_factor_required: Some(false),
            ..domain::account::AccountEdit::default()
        };
        let (accounts, ada) = (owner.scene.world.accounts(), || Folded::of("ada"));
        let refused = accounts.update(&acting, ada(), off(), None).await;
        assert_eq!(refused, Err(UseCaseError::NotForOneself));
        let edit = std::sync::Arc::new(|before: &domain::user::UserWithRelations| {
            let draft = domain::user::UserDraft::of(&before.user);
            Ok(domain::user::UserDraft { two_factor_required: false, ..draft })
        });
        let change = crate::changes::change(owner.scene.id, crate::scene::ANY, Include::NONE, edit);
        let refused = owner.scene.world.users().apply(&acting, (), change).await;
        assert_eq!(refused.map(drop), Err(UseCaseError::NotForOneself));
        assert!(owner.scene.user().await.two_factor_required);

        owner.scene.letters().await;
        accounts.update(&owner.scene.admin(), ada(), off(), None).await.expect("is switched off");
        let told = owner.scene.letters().await;
        assert!(told.iter().any(|it| matches!(it.occasion, Occasion::SecondFactorRemoved)));
    });
}

#[test]
fn of_whom_another_password_is_due_shows_no_code() {
    block_on(async {
        let owner = Owner::new().await;
        let session = owner.session().await;
        owner.scene.edit(|draft| draft.password_change_required = true).await;
        let acting = owner.scene.acting_by(&session).await;
        let refused = elevate(&owner.scene, &acting, code(&owner.scene, &owner.seed)).await;
        assert_eq!(refused.expect_err("is refused"), UseCaseError::PasswordChangeDue);
    });
}
