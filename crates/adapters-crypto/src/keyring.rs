use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::audit::{AuditKeys, PublicKeyInfo, Signer};
use domain::random::Random;
use domain::time::{Clock, Instant};
use jiff::SignedDuration;
use thiserror::Error;

use crate::private_file;
use crate::{Ed25519Signer, KeyFile, KeyFileError};

/// The private keys of the audit trail in a directory: `audit.key` signs, and `audit-next.key`, where
/// there is one, is to sign after it.
///
/// A key that was read once stays at hand as long as the process: the next one begins to sign while
/// the present one still does, and takes over its file in the end.
pub struct Keyring {
    present: KeyFile,
    next: KeyFile,
    own: Arc<Ed25519Signer>,
    known: RwLock<Vec<Arc<Ed25519Signer>>>,
    /// When the files were read last.
    looked: Mutex<Option<Instant>>,
    clock: Arc<dyn Clock>,
}

/// Why there is no keyring. Each is a sentence that names the file.
#[derive(Debug, Error)]
pub enum KeyringError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The trails in the database are signed by a key that is in neither file.
    #[error(
        "the key that signs the audit trail of this database is not in {}: copy the file of a node \
         that has it",
        .0.display()
    )]
    Lacks(PathBuf),
    /// The key is not the one that is to come next.
    #[error("{} does not hold the key that the audit trail goes on with", .0.display())]
    NotNext(PathBuf),
}

/// A key that is not at hand is looked for in the files at most so often: who lacks one for long must
/// not read files for every request, and who rotates keys is not to wait.
const PACE: SignedDuration = SignedDuration::from_millis(50);

impl Keyring {
    /// The keys in `directory`. `registered` are all that were ever to sign, in order: this node has
    /// to have the last one. Where there is none yet, the key is made now; of several processes that
    /// do this at once one makes it and the others load it.
    ///
    /// # Errors
    /// [`KeyringError::File`], [`KeyringError::Lacks`].
    pub fn open(
        directory: &Path,
        registered: &[PublicKeyInfo],
        random: &dyn Random,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KeyringError> {
        let present = KeyFile::new(directory.join("audit.key"));
        let next = KeyFile::new(directory.join("audit-next.key"));
        if registered.is_empty() {
            present.load_or_create(random)?;
        }
        // In this order: a key that is promoted meanwhile is in the one or in the other.
        let known = [next.load()?, present.load()?];
        let known: Vec<_> = known.into_iter().flatten().map(Arc::new).collect();
        let own = match registered.last() {
            Some(key) => known.iter().find(|signer| signer.public_key() == *key),
            None => known.last(),
        };
        let own = own.cloned().ok_or_else(|| KeyringError::Lacks(present.path().to_owned()))?;
        Ok(Self { present, next, own, known: RwLock::new(known), looked: Mutex::default(), clock })
    }

    /// The keys that are in `directory`, be it none: for who begins no trail, and signs at most what a
    /// key at hand is to sign. Makes no file; its own key then lives in this keyring alone, and is one
    /// that no trail knows.
    ///
    /// # Errors
    /// [`KeyringError::File`].
    pub fn at_hand(
        directory: &Path,
        random: &dyn Random,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KeyringError> {
        let present = KeyFile::new(directory.join("audit.key"));
        let next = KeyFile::new(directory.join("audit-next.key"));
        // In this order, as above.
        let known = [next.load()?, present.load()?];
        let known: Vec<_> = known.into_iter().flatten().map(Arc::new).collect();
        let own =
            known.last().cloned().unwrap_or_else(|| Arc::new(Ed25519Signer::generate(random)));
        Ok(Self { present, next, own, known: RwLock::new(known), looked: Mutex::default(), clock })
    }

    /// The key that is to sign next, made now when there is none.
    ///
    /// # Errors
    /// [`KeyringError::File`].
    pub fn prepare(&self, random: &dyn Random) -> Result<PublicKeyInfo, KeyringError> {
        let next = self.next.load_or_create_like(&self.present, random)?;
        Ok(self.keep(next).public_key())
    }

    /// Puts the next key, which has to be `key`, in the place of the present one, whose private key is
    /// gone then. Nothing to do where that was done already.
    ///
    /// # Errors
    /// [`KeyringError::File`]; [`KeyringError::NotNext`] where neither file holds that key.
    pub fn promote(&self, key: &PublicKeyInfo) -> Result<(), KeyringError> {
        let io = |error| self.next.io(error);
        let _alone = private_file::lock_room_of(self.next.path()).map_err(io)?;
        if self.next.holds(key)? {
            private_file::rename(self.next.path(), self.present.path()).map_err(io)?;
            return Ok(());
        }
        if self.present.holds(key)? {
            return Ok(());
        }
        Err(KeyringError::NotNext(self.next.path().to_owned()))
    }

    fn known(&self, key: &PublicKeyInfo) -> Option<Arc<Ed25519Signer>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|signer| signer.public_key() == *key).cloned()
    }

    /// Has a key at hand from now on.
    fn keep(&self, signer: Ed25519Signer) -> Arc<Ed25519Signer> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let is_it = |known: &&Arc<Ed25519Signer>| known.public_key() == signer.public_key();
        if let Some(known) = known.iter().find(is_it) {
            return Arc::clone(known);
        }
        let signer = Arc::new(signer);
        known.push(Arc::clone(&signer));
        signer
    }

    /// Reads both files again, unless that was done a moment ago.
    fn look_again(&self) {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        // A clock that was set back is no reason to wait.
        if looked.is_some_and(|looked| looked <= now && now < looked.saturating_add(PACE)) {
            return;
        }
        *looked = Some(now);
        // In the order in which they are opened.
        for file in [&self.next, &self.present] {
            match file.load() {
                Ok(found) => drop(found.map(|signer| self.keep(signer))),
                Err(error) => tracing::warn!(%error, "a key of the audit trail cannot be read"),
            }
        }
    }
}

impl AuditKeys for Keyring {
    fn own(&self) -> Arc<dyn Signer> {
        self.own.clone()
    }

    fn find(&self, key: &PublicKeyInfo) -> Option<Arc<dyn Signer>> {
        let found = self.known(key).or_else(|| {
            self.look_again();
            self.known(key)
        });
        found.map(|signer| signer as Arc<dyn Signer>)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

#[cfg(test)]
mod tests;
