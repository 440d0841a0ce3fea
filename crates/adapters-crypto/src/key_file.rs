use std::io;
use std::path::{Path, PathBuf};

use domain::audit::{PublicKeyInfo, Signer as _};
use domain::random::Random;
use thiserror::Error;

use crate::Ed25519Signer;
use crate::private_file::{self, ReadError};

/// The file that holds a private Ed25519 key, as PKCS#8 in PEM, of mode 0600.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
}

/// Why a key file yields no key. Each is a sentence that names the file.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// Others than its owner may read or write it.
    #[error("the key file {} is open to others than its owner: set its mode to 0600", .0.display())]
    OpenToOthers(PathBuf),
    /// It holds no private Ed25519 key.
    #[error("the key file {} holds no private Ed25519 key in PEM (PKCS#8)", .0.display())]
    NoKey(PathBuf),
    /// The file system refuses.
    #[error("the key file {} cannot be used: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl KeyFile {
    /// More than any private Ed25519 key in PEM takes, so that no large file is read by mistake.
    const MAX_BYTES: usize = 4096;

    /// The key file at `path`, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key; `None` when there is no such file.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn load(&self) -> Result<Option<Ed25519Signer>, KeyFileError> {
        let pem = private_file::read(&self.path, Self::MAX_BYTES);
        let Some(pem) = pem.map_err(|error| self.unreadable(error))? else { return Ok(None) };
        Ed25519Signer::from_pem(&pem).map(Some).map_err(|_| self.no_key())
    }

    /// The key, made now when there is no such file. Of several processes that do this at once one
    /// makes the key and the others load it.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn load_or_create(&self, random: &dyn Random) -> Result<Ed25519Signer, KeyFileError> {
        private_file::make_room_for(&self.path).map_err(|error| self.io(error))?;
        self.load_or_make(random, |pem| private_file::create(&self.path, pem, random))
    }

    /// As [`Self::load_or_create`], in a directory that is there and with the owner of `model`.
    pub(crate) fn load_or_create_like(
        &self,
        model: &Self,
        random: &dyn Random,
    ) -> Result<Ed25519Signer, KeyFileError> {
        self.load_or_make(random, |pem| {
            private_file::create_like(&model.path, &self.path, pem, random)
        })
    }

    /// Whether it holds the private key of that one.
    pub(crate) fn holds(&self, key: &PublicKeyInfo) -> Result<bool, KeyFileError> {
        Ok(self.load()?.is_some_and(|signer| signer.public_key() == *key))
    }

    fn load_or_make(
        &self,
        random: &dyn Random,
        make: impl FnOnce(&[u8]) -> io::Result<()>,
    ) -> Result<Ed25519Signer, KeyFileError> {
        if let Some(signer) = self.load()? {
            return Ok(signer);
        }
        let signer = Ed25519Signer::generate(random);
        let pem = signer.to_pem().map_err(|_| self.no_key())?;
        match make(pem.as_bytes()) {
            Ok(()) => Ok(signer),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.load()?.ok_or_else(|| self.io(io::ErrorKind::NotFound.into()))
            }
            Err(error) => Err(self.io(error)),
        }
    }

    fn unreadable(&self, error: ReadError) -> KeyFileError {
        match error {
            ReadError::OpenToOthers => KeyFileError::OpenToOthers(self.path.clone()),
            ReadError::Io(error) => self.io(error),
        }
    }

    fn no_key(&self) -> KeyFileError {
        KeyFileError::NoKey(self.path.clone())
    }

    pub(crate) fn io(&self, error: io::Error) -> KeyFileError {
        KeyFileError::Io { path: self.path.clone(), error }
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

    /// The private key that RFC 8410 §10.3 prints, and the beginning of its public key from §10.1.
    const OF_THE_RFC: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    const PUBLIC_OF_THE_RFC: [u8; 8] = [0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe];

    fn in_directory(directory: &tempfile::TempDir) -> KeyFile {
        KeyFile::new(directory.path().join("audit.key"))
    }

    fn write(file: &KeyFile, text: &str, mode: u32) {
        fs::write(file.path(), text).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let file = KeyFile::new(directory.path().join("secrets/audit.key"));
        assert!(file.load().unwrap().is_none());
        let created = file.load_or_create(&SystemRandom::new()).unwrap();
        let mode = fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        let loaded = file.load_or_create(&SystemRandom::new()).unwrap();
        assert_eq!(loaded.public_key(), created.public_key());
    }

    #[test]
    fn a_key_in_the_form_of_the_rfc_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = in_directory(&directory);
        write(&file, OF_THE_RFC, 0o600);
        let signer = file.load().unwrap().expect("a key");
        assert_eq!(signer.public_key().0[12..20], PUBLIC_OF_THE_RFC);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let file = in_directory(&directory);
        for mode in [0o640, 0o644, 0o660, 0o606] {
            write(&file, OF_THE_RFC, mode);
            let sentence = file.load().unwrap_err().to_string();
            assert!(sentence.contains("audit.key is open to others"), "{mode:o}: {sentence}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_told() {
        let directory = tempfile::tempdir().unwrap();
        let file = in_directory(&directory);
        let cut = OF_THE_RFC.get(..60).expect("longer");
        for text in ["", "hunter2", cut, &"x".repeat(10_000)] {
            write(&file, text, 0o600);
            let error = file.load_or_create(&SystemRandom::new()).unwrap_err();
            assert!(matches!(error, KeyFileError::NoKey(_)), "{error}");
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
        let error = file.load().unwrap_err();
        assert!(matches!(error, KeyFileError::Io { .. }), "{error}");
    }

    #[test]
    fn sixteen_that_make_it_at_once_end_with_one_key() {
        for _ in 0..20 {
            let directory = tempfile::tempdir().unwrap();
            let (file, start) = (in_directory(&directory), Barrier::new(16));
            let make = || {
                start.wait();
                file.load_or_create(&SystemRandom::new()).unwrap().public_key()
            };
            let keys: HashSet<_> = thread::scope(|scope| {
                let threads: Vec<_> = (0..16).map(|_| scope.spawn(make)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(keys.len(), 1);
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "a draft is left");
        }
    }
}
