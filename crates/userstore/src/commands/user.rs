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
