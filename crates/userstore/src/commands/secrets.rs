//! `userstore secrets rotate`

use std::io::{self, Write as _};
use std::sync::Arc;

use adapters_crypto::SystemRandom;
use domain::random::Random;

use super::printed;
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::secret_keys;

/// Puts a new key into the file, and prints its id alone on standard output. The database is not
/// asked: the nodes make the key known when they start with it.
pub(super) fn rotate(configuration: &Configuration) -> Result<(), Failure> {
    let file = secret_keys::file_in(&configuration.secrets.directory);
    let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
    let id = file.rotate(&random)?;
    let path = file.path().display();
    printed(writeln!(io::stderr(), "the new key is in {path}: restart every node with that file"))?;
    printed(writeln!(io::stdout(), "{id}"))
}
