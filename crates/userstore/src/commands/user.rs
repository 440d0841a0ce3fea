//! `userstore user set-password|unlock|reset-2fa|sign-out`

use std::io::{self, Write as _};
use std::sync::Arc;

use adapters_crypto::Lists;
use domain::access::{Context, Gate};
use domain::error::{Missing, UseCaseError};
use domain::id::UserId;
use domain::password::{
    Blocklist, HashTicket, Overloaded, Password, PasswordHasher, PasswordService,
};
use domain::second_factor::{OwnProof, SecondFactorService};
use domain::session::SessionService;
use domain::user::{Include, LoginName, UserService};
use domain::version::Precondition;

use super::{in_store, new_password, on_a_node, printed};
use crate::cli::{NewPassword, UserCommand, WhichUser};
use crate::configuration::{Configuration, Passwords};
use crate::failure::Failure;
use crate::wire::{self, Node};

pub(super) fn run(configuration: &Configuration, command: UserCommand) -> Result<(), Failure> {
    let passwords = &configuration.passwords;
    on_a_node(configuration, async |node| match command {
        UserCommand::SetPassword(new) => set_password(&node, passwords, new).await,
        UserCommand::Unlock(user) => unlock(node.gate(), user).await,
        UserCommand::ResetTwoFactor(user) => reset_two_factor(node.gate(), user).await,
        UserCommand::SignOut(user) => sign_out(node.gate(), user).await,
    })
}

/// Prints a password that was made, alone on standard output, so that a script can keep it; and not
/// before it is set.
async fn set_password(
    node: &Node,
    settings: &Passwords,
    NewPassword { user: WhichUser { login_name, place }, generate, initial }: NewPassword,
) -> Result<(), Failure> {
    let (gate, context) = (node.gate(), in_store(place.store));
    let id = id_of(&gate, &context, &login_name).await?;
    let password = if generate { Password::generate(gate.random()) } else { new_password::read()? };
    let (hasher, blocklist) = (node.hasher(settings)?, wire::blocklist(settings)?);
    let passwords = PasswordService::new(gate, hasher, blocklist);
    let (anyway, set) = (Precondition::None, password.clone());
    let done = if initial {
        passwords.set_initial(&context, id, anyway, set, None).await
    } else {
        passwords.reset(&context, id, anyway, set).await
    };
    done.map_err(refusal)?;
    if !generate {
        return Ok(());
    }
    printed(writeln!(io::stderr(), "the password of {login_name} is shown this once:"))?;
    printed(writeln!(io::stdout(), "{}", password.reveal()))
}

async fn unlock(gate: Gate, WhichUser { login_name, place }: WhichUser) -> Result<(), Failure> {
    let context = in_store(place.store);
    let id = id_of(&gate, &context, &login_name).await?;
    let passwords = PasswordService::new(gate, no_hasher(), no_list());
    passwords.unlock(&context, id, Precondition::None).await.map(drop).map_err(refusal)
}

async fn reset_two_factor(
    gate: Gate,
    WhichUser { login_name, place }: WhichUser,
) -> Result<(), Failure> {
    let factors = SecondFactorService::new(gate, no_hasher(), no_list());
    let (context, proof) = (in_store(place.store), OwnProof::default());
    factors.reset(&context, login_name.folded(), proof).await.map_err(refusal)
}

async fn sign_out(gate: Gate, WhichUser { login_name, place }: WhichUser) -> Result<(), Failure> {
    let sessions = SessionService::new(gate, no_hasher(), no_list());
    sessions.end_all(&in_store(place.store), login_name.folded()).await.map_err(refusal)
}

fn no_hasher() -> Arc<dyn PasswordHasher> {
    Arc::new(NoHasher)
}

fn no_list() -> Arc<dyn Blocklist> {
    Arc::new(Lists::new(None))
}

/// For a use case that hashes nothing: no threads are started for it.
struct NoHasher;

impl PasswordHasher for NoHasher {
    fn admit(&self) -> Result<Box<dyn HashTicket>, Overloaded> {
        Err(Overloaded)
    }
}

async fn id_of(gate: &Gate, context: &Context, name: &LoginName) -> Result<UserId, Failure> {
    let users = UserService::new(gate.clone());
    let found = users.find_by_login_name(context, name.folded(), Include::NONE).await;
    found.map(|found| found.user.id).map_err(refusal)
}

/// What is refused, in the words of this command.
fn refusal(error: UseCaseError) -> Failure {
    match error {
        UseCaseError::NotFound(Missing::User) => {
            Failure::Argument("the store has no such user".into())
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use domain::access::Caller;
    use domain::credential::AuthenticationError;
    use domain::store::{Store, StoreRef};
    use domain::time::Clock as _;
    use domain::user::User;
    use testkit::World;
    use testkit::builders::a_user;

    use super::*;
    use crate::cli::InStore;

    const PASSWORD: &str = "correct horse battery staple";

    /// Ada of a store, who has shown her second factor in a session.
    struct Ada {
        world: World,
        shop: Store,
        session: String,
    }

    impl Ada {
        async fn signed_in() -> Self {
            let world = World::new();
            let shop = world.make_store("shop").await;
            let draft = a_user("ada").two_factor_required().draft();
            world.make_user_with_password(&shop, draft, PASSWORD).await;
            let (store, password) =
                (StoreRef::Id(shop.id), Password::parse(PASSWORD.into()).unwrap());
            let name = LoginName::parse("ada").unwrap().folded();
            let factors = world.second_factors();
            let status = factors.status(store.clone(), name.clone(), password.clone(), "Userstore");
            let seed = status.await.unwrap().enrolment.expect("a second factor is offered").seed;
            let signed_in = world.sessions().sign_in(store.clone(), name, password, false).await;
            let caller =
                world.authenticate(signed_in.unwrap().tokens.session.reveal()).await.unwrap();
            let code = world.authenticator.code_at(&seed, world.clock.now());
            let elevated = factors.elevate(&Context::new(caller, store), code).await.unwrap();
            let session = elevated.tokens.session.reveal().to_owned();
            Self { world, shop, session }
        }

        async fn session(&self) -> Result<Caller, AuthenticationError> {
            self.world.authenticate(&self.session).await
        }

        async fn user(&self) -> User {
            let name = LoginName::parse("ada").unwrap().folded();
            let context = self.world.as_admin_in(&self.shop);
            let found = self.world.users().find_by_login_name(&context, name, Include::NONE).await;
            found.unwrap().user
        }

        fn named(&self, login_name: &str) -> WhichUser {
            let place = InStore { store: StoreRef::Id(self.shop.id) };
            WhichUser { login_name: LoginName::parse(login_name).unwrap(), place }
        }
    }

    #[tokio::test]
    async fn who_is_signed_out_has_no_session_left() {
        let ada = Ada::signed_in().await;
        assert!(ada.session().await.is_ok());
        sign_out(ada.world.gate(), ada.named("ADA")).await.unwrap();
        assert_eq!(ada.session().await, Err(AuthenticationError::Refused));
        assert!(ada.user().await.two_factor_registered, "nothing else ends");
    }

    #[tokio::test]
    async fn a_second_factor_is_erased_and_required_as_before() {
        let ada = Ada::signed_in().await;
        assert!(ada.user().await.two_factor_registered);
        reset_two_factor(ada.world.gate(), ada.named("Ada")).await.unwrap();
        let user = ada.user().await;
        assert!(user.two_factor_required && !user.two_factor_registered);
        assert_eq!(ada.session().await, Err(AuthenticationError::Refused));
    }

    #[tokio::test]
    async fn a_user_who_is_not_there_is_told() {
        let ada = Ada::signed_in().await;
        let (gate, nobody) = (ada.world.gate(), || ada.named("nobody"));
        for told in [
            sign_out(gate.clone(), nobody()).await,
            reset_two_factor(gate.clone(), nobody()).await,
            unlock(gate, nobody()).await,
        ] {
            assert_eq!(told.unwrap_err().to_string(), "the store has no such user");
        }
    }
}
