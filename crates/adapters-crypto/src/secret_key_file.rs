use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::random::Random;
use thiserror::Error;

use crate::SecretKeys;
use crate::private_file::{self, ReadError};
use crate::secret_keys::KeysError;

/// The file that holds the [`SecretKeys`], of mode 0600: a line for each key, `<key id> <base64 of
/// 32 bytes>`, the present one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKeyFile {
    path: PathBuf,
}

/// Why a file of secret keys cannot be used. Each is a sentence that names the file, and none tells
/// of its contents but the names of keys.
#[derive(Debug, Error)]
pub enum SecretKeyFileError {
    /// Others than its owner may read or write it.
    #[error(
        "the file of secret keys {} is open to others than its owner: set its mode to 0600",
        .0.display()
    )]
    OpenToOthers(PathBuf),
    /// It holds anything else than 1 to 64 keys.
    #[error(
        "the file of secret keys {} does not hold 1 to 64 lines of a key id and a key in base64",
        .0.display()
    )]
    NoKeys(PathBuf),
    /// It holds as many keys as it may.
    #[error("the file of secret keys {} holds 64 keys already, the most there may be", .0.display())]
    Full(PathBuf),
    /// The database knows a key that it does not hold.
    #[error(
        "the file of secret keys {} lacks the key {key_id}, which this database needs: copy the \
         file of a node that has it",
        .path.display()
    )]
    Lacks {
        /// The file.
        path: PathBuf,
        /// The name of the key.
        key_id: String,
    },
    /// The file system refuses.
    #[error("the file of secret keys {} cannot be used: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl SecretKeyFile {
    /// The file at `path`, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keys; `None` when there is no such file. `random` is what they seal with.
    ///
    /// # Errors
    /// [`SecretKeyFileError`].
    pub fn load(&self, random: &Arc<dyn Random>) -> Result<Option<SecretKeys>, SecretKeyFileError> {
        let text = private_file::read(&self.path, SecretKeys::MOST_TEXT_BYTES);
        let Some(text) = text.map_err(|error| self.unreadable(error))? else { return Ok(None) };
        SecretKeys::from_text(&text, Arc::clone(random))
            .map(Some)
            .map_err(|error| self.unusable(error))
    }

    /// The keys; one is made now when there is no such file. Of several processes that do this at
    /// once one makes the file and the others load it.
    ///
    /// # Errors
    /// [`SecretKeyFileError`].
    pub fn load_or_create(
        &self,
        random: &Arc<dyn Random>,
    ) -> Result<SecretKeys, SecretKeyFileError> {
        if let Some(keys) = self.load(random)? {
            return Ok(keys);
        }
        let keys = SecretKeys::generate(Arc::clone(random));
        let made = private_file::make_room_for(&self.path).and_then(|()| {
            private_file::create(&self.path, keys.to_text().as_bytes(), random.as_ref())
        });
        match made {
            Ok(()) => Ok(keys),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.load(random)?.ok_or_else(|| self.io(io::ErrorKind::NotFound.into()))
            }
            Err(error) => Err(self.io(error)),
        }
    }

    /// Puts a new key before the others and gives its name. Whoever loads the file meanwhile finds
    /// it as it was or as it is then; two rotations at once are one after the other.
    ///
    /// A process that runs goes on with the keys that it has loaded.
    ///
    /// # Errors
    /// [`SecretKeyFileError`]; a file that is not there is none to rotate.
    pub fn rotate(&self, random: &Arc<dyn Random>) -> Result<String, SecretKeyFileError> {
        let _alone = private_file::lock_room_of(&self.path).map_err(|error| self.io(error))?;
        let keys = self.load(random)?;
        let keys = keys.ok_or_else(|| self.io(io::ErrorKind::NotFound.into()))?;
        let keys = keys.rotated().map_err(|error| self.unusable(error))?;
        private_file::replace(&self.path, keys.to_text().as_bytes(), random.as_ref())
            .map_err(|error| self.io(error))?;
        Ok(keys.present_id().to_owned())
    }

    /// Whether the keys of this file include all that are registered in the database.
    ///
    /// # Errors
    /// [`SecretKeyFileError::Lacks`] with the first that is missing.
    pub fn check(
        &self,
        keys: &SecretKeys,
        registered: &[String],
    ) -> Result<(), SecretKeyFileError> {
        match keys.missing(registered) {
            None => Ok(()),
            Some(key_id) => Err(SecretKeyFileError::Lacks {
                path: self.path.clone(),
                key_id: key_id.to_owned(),
            }),
        }
    }

    fn unreadable(&self, error: ReadError) -> SecretKeyFileError {
        match error {
            ReadError::OpenToOthers => SecretKeyFileError::OpenToOthers(self.path.clone()),
            ReadError::Io(error) => self.io(error),
        }
    }

    fn unusable(&self, error: KeysError) -> SecretKeyFileError {
        match error {
            KeysError::Malformed => SecretKeyFileError::NoKeys(self.path.clone()),
            KeysError::Full => SecretKeyFileError::Full(self.path.clone()),
        }
    }

    fn io(&self, error: io::Error) -> SecretKeyFileError {
        SecretKeyFileError::Io { path: self.path.clone(), error }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::SystemRandom;

    const LINE: &str = "ab12cd34 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

    fn random() -> Arc<dyn Random> {
        Arc::new(SystemRandom::new())
    }

    fn in_directory(directory: &tempfile::TempDir) -> SecretKeyFile {
        SecretKeyFile::new(directory.path().join("secrets.key"))
    }

    fn write(file: &SecretKeyFile, text: &str, mode: u32) {
        fs::write(file.path(), text).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn ids(keys: &SecretKeys) -> Vec<String> {
        keys.ids().map(str::to_owned).collect()
    }

    fn mode_of(file: &SecretKeyFile) -> u32 {
        fs::metadata(file.path()).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let file = SecretKeyFile::new(directory.path().join("secrets/secrets.key"));
        assert!(file.load(&random()).unwrap().is_none());
        let made = file.load_or_create(&random()).unwrap();
        assert_eq!(mode_of(&file), 0o600);
        let loaded = file.load_or_create(&random()).unwrap();
        assert_eq!(loaded.to_text(), made.to_text());
    }

    #[test]
    fn keys_that_others_may_read_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let file = in_directory(&directory);
        for mode in [0o640, 0o644, 0o660, 0o606] {
            write(&file, LINE, mode);
            let sentence = file.load(&random()).unwrap_err().to_string();
            assert!(sentence.contains("secrets.key is open to others"), "{mode:o}: {sentence}");
        }
    }

    #[test]
    fn what_holds_no_keys_is_refused_without_being_told() {
        let directory = tempfile::tempdir().unwrap();
        let file = in_directory(&directory);
        let cut = LINE.get(..30).expect("longer");
        for text in ["", "hunter2", cut, &"hunter2\n".repeat(1_000)] {
            write(&file, text, 0o600);
            let error = file.load_or_create(&random()).unwrap_err();
            assert!(matches!(error, SecretKeyFileError::NoKeys(_)), "{error}");
            assert!(!error.to_string().contains("hunter2"));
            assert_eq!(fs::read_to_string(file.path()).unwrap(), text, "it was replaced");
        }
    }

    #[test]
    fn a_directory_in_its_place_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let file = in_directory(&directory);
        fs::create_dir(file.path()).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let error = file.load(&random()).unwrap_err();
        assert!(matches!(error, SecretKeyFileError::Io { .. }), "{error}");
    }

    #[test]
    fn a_new_key_stands_before_the_former_ones() {
        let directory = tempfile::tempdir().unwrap();
        let file = in_directory(&directory);
        write(&file, LINE, 0o600);
        let new = file.rotate(&random()).unwrap();
        let keys = file.load(&random()).unwrap().expect("keys");
        assert_eq!(ids(&keys), [new.as_str(), "ab12cd34"]);
        assert!(keys.to_text().ends_with(LINE));
        assert_eq!(mode_of(&file), 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "a draft is left");
    }

    #[test]
    fn what_is_not_there_or_full_is_not_rotated() {
        let directory = tempfile::tempdir().unwrap();
        let file = in_directory(&directory);
        let error = file.rotate(&random()).unwrap_err();
        assert!(matches!(error, SecretKeyFileError::Io { .. }), "{error}");
        file.load_or_create(&random()).unwrap();
        for _ in 1..SecretKeys::MOST {
            file.rotate(&random()).unwrap();
        }
        let full = fs::read_to_string(file.path()).unwrap();
        assert!(matches!(file.rotate(&random()), Err(SecretKeyFileError::Full(_))));
        assert_eq!(fs::read_to_string(file.path()).unwrap(), full);
        assert_eq!(file.load(&random()).unwrap().expect("keys").ids().count(), SecretKeys::MOST);
    }

    #[test]
    fn eight_rotations_at_once_lose_no_key() {
        let directory = tempfile::tempdir().unwrap();
        let file = in_directory(&directory);
        write(&file, LINE, 0o600);
        let made: HashSet<String> = thread::scope(|scope| {
            let rotate = || file.rotate(&random()).unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(rotate)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let kept: HashSet<String> =
            ids(&file.load(&random()).unwrap().unwrap()).into_iter().collect();
        assert_eq!((made.len(), kept.len()), (8, 9));
        assert!(made.is_subset(&kept));
    }

    #[test]
    fn sixteen_that_make_it_at_once_end_with_one_key() {
        for _ in 0..20 {
            let directory = tempfile::tempdir().unwrap();
            let (file, start) = (in_directory(&directory), Barrier::new(16));
            let make = || {
                start.wait();
                file.load_or_create(&random()).unwrap().to_text().to_string()
            };
            let texts: HashSet<_> = thread::scope(|scope| {
                let threads: Vec<_> = (0..16).map(|_| scope.spawn(make)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(texts.len(), 1);
        }
    }

    #[test]
    fn a_registered_key_that_is_missing_is_named_with_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = in_directory(&directory);
        write(&file, LINE, 0o600);
        let keys = file.load(&random()).unwrap().unwrap();
        assert!(file.check(&keys, &["ab12cd34".into()]).is_ok());
        assert!(file.check(&keys, &[]).is_ok());
        let error = file.check(&keys, &["ab12cd34".into(), "zz99zz99".into()]).unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.contains("secrets.key lacks the key zz99zz99"), "{sentence}");
    }
}
