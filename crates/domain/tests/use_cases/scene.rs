//! A store `shop` with the user `ada`, who has a password and an address.

use domain::access::{Assignment, Caller, Context, Due, Grant, Holder, Reach, RoleName};
use domain::credential::AuthenticationError;
use domain::error::UseCaseError;
use domain::id::UserId;
use domain::password::{Password, Verification};
use domain::session::SignIn;
use domain::store::{Overrides, Store, StoreRef};
use domain::text::Folded;
use domain::time::{Clock as _, Instant};
use domain::token::Token;
use domain::user::{Include, User, UserDraft};
use domain::version::Precondition;
use jiff::SignedDuration;
use testkit::World;
use testkit::builders::a_user;

pub(crate) use domain::attempt::Outcome;

/// The password of `ada`.
pub(crate) const RIGHT: &str = "correct horse battery staple";
/// One that nobody has.
pub(crate) const WRONG: &str = "wrong horse battery staple";
/// One that `ada` may take next.
pub(crate) const NEW: &str = "another horse battery staple";
/// Whatever version a user is in.
pub(crate) const ANY: Precondition = Precondition::None;

pub(crate) fn password(text: &str) -> Password {
    Password::parse(text.to_owned()).expect("a password")
}

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) store: Store,
    pub(crate) id: UserId,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(Overrides::default()).await
    }

    pub(crate) async fn with(set: Overrides) -> Self {
        Self::of(set, a_user("Ada").email("ada@example.com").draft()).await
    }

    pub(crate) async fn of(set: Overrides, draft: UserDraft) -> Self {
        let world = World::new();
        let store = world.make_store_with("shop", set).await;
        let made = world.make_user_with_password(&store, draft, RIGHT).await;
        let scene = Self { world, store, id: made.user.id };
        scene.letters().await;
        scene
    }

    pub(crate) fn admin(&self) -> Context {
        self.world.as_admin_in(&self.store)
    }

    pub(crate) fn here(&self) -> StoreRef {
        StoreRef::Id(self.store.id)
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.world.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// The time in so many seconds.
    pub(crate) fn now_in(&self, seconds: i64) -> Instant {
        self.world.clock.now().saturating_add(SignedDuration::from_secs(seconds))
    }

    /// Lets the store take no writes.
    pub(crate) async fn make_read_only(&self) {
        let set = Overrides { read_only: Some(true), ..self.store.set };
        crate::settings::set(&self.world, &self.store, set).await;
    }

    pub(crate) async fn user(&self) -> User {
        let found = self.world.users().find(&self.admin(), self.id, Include::NONE).await;
        found.expect("the user").user
    }

    /// Stores a change of the user.
    pub(crate) async fn edit(&self, edit: impl Fn(&mut UserDraft) + Send + Sync + 'static) {
        let edit = std::sync::Arc::new(move |before: &domain::user::UserWithRelations| {
            let mut draft = UserDraft::of(&before.user);
            edit(&mut draft);
            Ok(draft)
        });
        let change = crate::changes::change(self.id, ANY, Include::NONE, edit);
        let changed = self.world.users().apply(&self.admin(), (), change).await;
        changed.expect("the user is changed");
    }

    pub(crate) async fn verify_as(
        &self,
        name: &str,
        text: &str,
    ) -> Result<Verification, UseCaseError> {
        let passwords = self.world.passwords();
        passwords.verify(&self.admin(), Folded::of(name), password(text), None).await
    }

    pub(crate) async fn verify(&self, text: &str) -> Result<Outcome, UseCaseError> {
        self.verify_as("ada", text).await.map(|verification| verification.outcome)
    }

    /// The same, after whatever wait a name is told.
    pub(crate) async fn verify_patiently(&self, text: &str) -> Outcome {
        loop {
            match self.verify(text).await {
                Ok(outcome) => return outcome,
                Err(UseCaseError::Throttled { seconds }) => self.wait(seconds.into()),
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(crate) async fn change_public(
        &self,
        name: &str,
        old: &str,
        new: &str,
    ) -> Result<(), UseCaseError> {
        let (name, old, new) = (Folded::of(name), password(old), password(new));
        self.world.passwords().change_public(self.here(), name, old, new, None).await
    }

    /// Gives `ada` a role of the store.
    pub(crate) async fn give(&self, role: RoleName) {
        let grant = Grant::new(role, Reach::Store(self.store.id)).expect("a role of a store");
        let assignment = Assignment { holder: Holder::User(self.id), grant };
        self.world.roles().assign(&self.admin(), assignment).await.expect("is given");
    }

    pub(crate) async fn sign_in(&self, text: &str) -> Result<SignIn, UseCaseError> {
        let (name, password) = (Folded::of("ada"), password(text));
        self.world.sessions().sign_in(self.here(), name, password, false).await
    }

    /// Who shows that token.
    pub(crate) async fn authenticate(&self, token: &Token) -> Result<Caller, AuthenticationError> {
        self.world.authenticate(token.reveal()).await
    }

    /// What whoever shows that token does here.
    pub(crate) async fn acting_by(&self, token: &Token) -> Context {
        let caller = self.authenticate(token).await.expect("the session goes on");
        Context::new(caller, self.here())
    }

    /// A session of `ada` of which nothing is due.
    pub(crate) async fn session(&self) -> Token {
        let signed_in = self.sign_in(RIGHT).await.expect("is let in");
        assert_eq!(signed_in.due, Due::Nothing);
        signed_in.tokens.session
    }

    /// Delivers what waits; what has arrived since it was last looked.
    pub(crate) async fn letters(&self) -> Vec<domain::delivery::Letter> {
        let courier = self.world.courier();
        while !courier.round(10).await.expect("the store works").is_idle() {}
        self.world.letters.empty()
    }

    /// The token that the letters since then have brought.
    pub(crate) async fn token(&self) -> Option<Token> {
        self.letters().await.iter().rev().find_map(|letter| match &letter.occasion {
            domain::delivery::Occasion::ResetByAdministrator { token, .. }
            | domain::delivery::Occasion::ResetByUser { token, .. } => Some(token.clone()),
            _ => None,
        })
    }

    pub(crate) async fn respond_public(
        &self,
        name: &str,
        token: &Token,
        new: &str,
    ) -> Result<(), UseCaseError> {
        let (name, token) = (Folded::of(name), Some(token.clone()));
        self.world.passwords().respond_public(self.here(), name, token, password(new)).await
    }
}
