use std::io::{self, BufRead, IsTerminal as _, Write as _};

use domain::error::{Missing, UseCaseError};
use domain::id::UserId;
use domain::user::ErasureService;

use super::{in_store, printed};
use crate::apart::apart;
use crate::cli::WhomToErase;
use crate::failure::Failure;
use crate::wire::Node;

/// Asks whether it is meant, unless that was said: it cannot be undone.
pub(super) fn confirm(whom: &WhomToErase) -> Result<(), Failure> {
    if whom.yes {
        return Ok(());
    }
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(Failure::Argument("it cannot be undone: say --yes".into()));
    }
    let question = "what the audit trail holds of the user is erased, which cannot be undone; type \
                    the id once more:";
    printed(writeln!(io::stderr(), "{question}"))?;
    typed_again(whom.user, input.lock())
}

fn typed_again(user: UserId, mut input: impl BufRead) -> Result<(), Failure> {
    let mut line = String::new();
    input.read_line(&mut line).map_err(Failure::io("the answer cannot be read"))?;
    if line.trim() == user.to_string() {
        return Ok(());
    }
    Err(Failure::Argument("that is another id: nothing is erased".into()))
}

pub(super) async fn run(node: &Node, whom: WhomToErase) -> Result<(), Failure> {
    let context = in_store(whom.store);
    let erased = ErasureService::new(node.gate()).erase(&context, whom.user).await;
    erased.map_err(|error| match error {
        UseCaseError::NotFound(Missing::User) => {
            Failure::Argument("the audit trail of the store never heard of such a user".into())
        }
        other => other.into(),
    })?;
    let database = node.database.clone();
    apart(move || database.scrub()).await??;
    let told = "erased; bundles, archives and backups that were made before hold it still";
    printed(writeln!(io::stderr(), "{told}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_for_by_the_whole_id() {
        let user: UserId = "018f3b1e-0000-7000-8000-000000000001".parse().unwrap();
        assert!(typed_again(user, format!("{user}\n").as_bytes()).is_ok());
        for wrong in ["", "\n", "yes\n", "018f3b1e\n", "018f3b1e-0000-7000-8000-000000000002\n"] {
            assert!(typed_again(user, wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
