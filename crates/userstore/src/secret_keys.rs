//! The keys that protect secrets in the database: made on the first start, demanded ever after.
//!
//! The database lists the ids of the keys that anything may have been made with. A node whose file
//! lacks one of them could not read what others wrote, so it does not start.

use std::path::Path;
use std::sync::Arc;

use adapters_crypto::{SecretKeyFile, SecretKeyFileError, SecretKeys};
use adapters_diesel::Database;
use domain::random::Random;

use crate::failure::Failure;

/// Name of the file in the directory of secrets.
const FILE_NAME: &str = "secrets.key";

/// The file of secret keys in `directory`.
pub(crate) fn file_in(directory: &Path) -> SecretKeyFile {
    SecretKeyFile::new(directory.join(FILE_NAME))
}

/// The keys, made now where the database knows of none; those that it does not know yet are made
/// known to all nodes. Of two that begin at once with keys of their own, one does not start. Blocks.
///
/// # Errors
/// The file lacks a key that the database knows.
pub(crate) fn open(
    file: &SecretKeyFile,
    database: &Database,
    random: &Arc<dyn Random>,
) -> Result<SecretKeys, Failure> {
    let mut registered = database.secret_keys()?;
    let keys = load(file, &registered, random)?;
    loop {
        file.check(&keys, &registered)?;
        let Some(next) = oldest_unknown(&registered, &keys) else { return Ok(keys) };
        // Nothing, when another node was faster: what that has registered is looked at next.
        database.register_secret_key(registered.len(), &next)?;
        registered = database.secret_keys()?;
    }
}

/// The keys of the file, which is made only where none is registered.
fn load(
    file: &SecretKeyFile,
    registered: &[String],
    random: &Arc<dyn Random>,
) -> Result<SecretKeys, SecretKeyFileError> {
    let Some(key_id) = registered.first() else { return file.load_or_create(random) };
    let lacks = || SecretKeyFileError::Lacks { path: file.path().into(), key_id: key_id.clone() };
    file.load(random)?.ok_or_else(lacks)
}

/// The oldest key of the file that is not registered.
fn oldest_unknown(registered: &[String], keys: &SecretKeys) -> Option<String> {
    let is_new = |id: &&str| !registered.iter().any(|known| known == id);
    keys.ids().filter(is_new).last().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Barrier;
    use std::thread;

    use adapters_crypto::SystemRandom;
    use adapters_diesel::{DatabaseUrl, Settings};
    use tempfile::TempDir;

    use super::*;

    /// A database with a directory for nodes.
    struct Place {
        directory: TempDir,
        database: Database,
    }

    impl Place {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}", directory.path().join("test.db").display());
            let settings = Settings::new(DatabaseUrl::parse(&url).unwrap());
            let database = Database::open(&settings).unwrap();
            database.migrate().unwrap();
            Self { directory, database }
        }

        fn file_of(&self, node: &str) -> SecretKeyFile {
            file_in(&self.directory.path().join(node))
        }

        /// The ids of the keys with which a node starts.
        fn start(&self, node: &str) -> Result<Vec<String>, Failure> {
            let keys = open(&self.file_of(node), &self.database, &random())?;
            Ok(keys.ids().map(str::to_owned).collect())
        }

        fn copy(&self, from: &str, to: &str) {
            let (from, to) = (self.file_of(from), self.file_of(to));
            fs::create_dir_all(to.path().parent().unwrap()).unwrap();
            fs::copy(from.path(), to.path()).unwrap();
        }
    }

    fn random() -> Arc<dyn Random> {
        Arc::new(SystemRandom::new())
    }

    #[test]
    fn the_first_start_makes_a_key_that_every_other_start_needs() {
        let place = Place::new();
        let made = place.start("one").unwrap();
        assert_eq!(made.len(), 1);
        assert_eq!(place.start("one").unwrap(), made);
        assert_eq!(place.database.secret_keys().unwrap(), made);
        let refused = place.start("two").unwrap_err().to_string();
        assert!(refused.contains("two/secrets.key") && refused.contains(&made[0]), "{refused}");
        assert!(!place.file_of("two").path().exists(), "a key was made");
        place.copy("one", "two");
        assert_eq!(place.start("two").unwrap(), made);
    }

    #[test]
    fn a_node_with_another_key_does_not_start() {
        let place = Place::new();
        let other = place.file_of("two").load_or_create(&random()).unwrap();
        let made = place.start("one").unwrap();
        let refused = place.start("two").unwrap_err().to_string();
        assert!(refused.contains(&made[0]) && !refused.contains(other.present_id()), "{refused}");
        assert_eq!(place.database.secret_keys().unwrap(), made, "a key was registered");
    }

    #[test]
    fn of_nodes_that_begin_at_once_with_keys_of_their_own_one_starts() {
        let place = Place::new();
        let nodes = ["one", "two", "three", "four"];
        for node in nodes {
            place.file_of(node).load_or_create(&random()).unwrap();
        }
        let start = Barrier::new(nodes.len());
        let begin = |node| {
            start.wait();
            place.start(node)
        };
        let started: Vec<_> = thread::scope(|scope| {
            let nodes: Vec<_> = nodes.map(|node| scope.spawn(move || begin(node))).into();
            nodes.into_iter().map(|node| node.join().unwrap()).collect()
        });
        let won: Vec<_> = started.into_iter().flatten().flatten().collect();
        assert_eq!(place.database.secret_keys().unwrap(), won);
        assert_eq!(won.len(), 1);
        assert_eq!(nodes.into_iter().filter(|node| place.start(node).is_ok()).count(), 1);
    }

    #[test]
    fn a_rotated_key_is_demanded_from_the_first_start_with_it_on() {
        let place = Place::new();
        let former = place.start("one").unwrap();
        place.copy("one", "two");
        let present = place.file_of("one").rotate(&random()).unwrap();
        assert_eq!(place.start("two").unwrap(), former, "nothing was made with the new one yet");
        assert_eq!(place.start("one").unwrap(), [present.clone(), former[0].clone()]);
        let refused = place.start("two").unwrap_err().to_string();
        assert!(refused.contains(&present), "{refused}");
        place.copy("one", "two");
        assert_eq!(place.start("two").unwrap().len(), 2);
    }

    #[test]
    fn a_key_that_was_taken_out_of_the_file_is_missed() {
        let place = Place::new();
        let former = place.start("one").unwrap();
        let file = place.file_of("one");
        file.rotate(&random()).unwrap();
        place.start("one").unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        let present = text.lines().next().unwrap();
        fs::write(file.path(), format!("{present}\n")).unwrap();
        let refused = place.start("one").unwrap_err().to_string();
        assert!(refused.contains(&former[0]), "{refused}");
    }
}
