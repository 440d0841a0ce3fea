//! The first start: the key of the first administrator is shown once.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use adapters_crypto::private_file;
use domain::client::ApiKey;
use domain::random::Random;

use crate::failure::Failure;

/// Name of the file beside the embedded database.
const FILE_NAME: &str = "admin-key";

/// Tells the operator the key that the first start made: on `terminal` and, where there is an
/// embedded database, in a file in its `directory`. Never through the log, which others keep.
pub(crate) fn show_once(
    key: &ApiKey,
    directory: Option<&Path>,
    random: &dyn Random,
    terminal: &mut impl Write,
) -> Result<(), Failure> {
    // The terminal first: should the file fail, the key is not lost.
    let shown = write_block(key, terminal);
    let written = directory.map(|directory| keep(key, directory, random)).transpose();
    shown.map_err(Failure::io("the key of the first administrator cannot be printed"))?;
    let Some(kept) = written? else { return Ok(()) };
    let line = match kept {
        Kept::In(path) => format!("It is also in the file {}.", path.display()),
        Kept::Not(path) => {
            format!("It is in no file: {} is there already, with another key.", path.display())
        }
    };
    writeln!(terminal, "  {line}\n")
        .map_err(Failure::io("the key of the first administrator cannot be printed"))
}

fn write_block(key: &ApiKey, terminal: &mut impl Write) -> io::Result<()> {
    writeln!(terminal, "\n  The key of the first administrator, shown this once:\n")?;
    writeln!(terminal, "      {}\n", key.reveal())?;
    terminal.flush()
}

/// What became of the file.
enum Kept {
    In(PathBuf),
    Not(PathBuf),
}

/// A file that is there stays: it may hold the key of another database in the same directory.
fn keep(key: &ApiKey, directory: &Path, random: &dyn Random) -> Result<Kept, Failure> {
    let path = directory.join(FILE_NAME);
    let line = zeroize::Zeroizing::new(format!("{}\n", key.reveal()));
    match private_file::create(&path, line.as_bytes(), random) {
        Ok(()) => Ok(Kept::In(path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Kept::Not(path)),
        Err(error) => Err(Failure::Io {
            what: format!("the key cannot be written to {}", path.display()),
            error,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use adapters_crypto::SystemRandom;

    use super::*;

    fn show(key: &ApiKey, directory: Option<&Path>) -> String {
        let mut terminal = Vec::new();
        show_once(key, directory, &SystemRandom::new(), &mut terminal).unwrap();
        String::from_utf8(terminal).unwrap()
    }

    #[test]
    fn the_key_is_shown_and_kept_for_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let key = ApiKey::generate(&SystemRandom::new());
        let text = show(&key, Some(directory.path()));
        let path = directory.path().join("admin-key");
        assert!(text.contains(key.reveal()) && text.contains("admin-key"), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", key.reveal()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    }

    #[test]
    fn without_an_embedded_database_it_is_only_shown() {
        let key = ApiKey::generate(&SystemRandom::new());
        let text = show(&key, None);
        assert!(text.contains(key.reveal()) && !text.contains("admin-key"), "{text}");
    }

    #[test]
    fn the_key_of_another_database_stays_in_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("admin-key");
        fs::write(&path, "another").unwrap();
        let text = show(&ApiKey::generate(&SystemRandom::new()), Some(directory.path()));
        assert!(text.contains("is there already"), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "another");
    }
}
