//! The key that signs the audit trail: made on the first start, demanded ever after.
//!
//! The database says which key is right: the one that signed the first entry of its oldest store. So
//! a node with another key, or with none, cannot continue a trail it did not begin.

use std::path::Path;

use adapters_crypto::{Ed25519Signer, KeyFile};
use domain::audit::{EntryOrder, EntryQuery, PublicKeyInfo, Signer as _};
use domain::random::Random;
use domain::unit_of_work::{Access, StoreError, UnitOfWork, transact};

use crate::failure::Failure;

/// Name of the file in the directory of secrets.
const FILE_NAME: &str = "audit.key";

/// The key file in `directory`.
pub(crate) fn file_in(directory: &Path) -> KeyFile {
    KeyFile::new(directory.join(FILE_NAME))
}

/// The key that began the audit trail; `None` in a database on which no server ever started.
pub(crate) async fn registered(
    unit_of_work: &dyn UnitOfWork,
) -> Result<Option<PublicKeyInfo>, StoreError> {
    transact(unit_of_work, Access::Read, |tx| {
        let Some(oldest) = tx.stores().page(None, 1)?.pop() else { return Ok(None) };
        let first = tx.store(oldest.id).audit().list(&EntryQuery::first(EntryOrder::Id, 1))?.pop();
        Ok(first.map(|entry| entry.public_key))
    })
    .await
}

/// The key, made now where nothing was ever signed.
///
/// # Errors
/// There is a trail, and the key that began it is not in the file.
pub(crate) fn open(
    file: &KeyFile,
    registered: Option<PublicKeyInfo>,
    random: &dyn Random,
) -> Result<Ed25519Signer, Failure> {
    let Some(registered) = registered else { return Ok(file.load_or_create(random)?) };
    let signer = file.load()?.ok_or_else(|| Failure::AuditKeyMissing(file.path().to_owned()))?;
    if signer.public_key() != registered {
        return Err(Failure::AuditKeyForeign(file.path().to_owned()));
    }
    Ok(signer)
}

#[cfg(test)]
mod tests {
    use adapters_crypto::SystemRandom;

    use super::*;

    #[test]
    fn a_key_is_made_only_where_nothing_was_signed() {
        let directory = tempfile::tempdir().unwrap();
        let (file, random) = (file_in(directory.path()), SystemRandom::new());
        let made = open(&file, None, &random).unwrap();
        let again = open(&file, Some(made.public_key()), &random).unwrap();
        assert_eq!(again.public_key(), made.public_key());
    }

    #[test]
    fn a_trail_whose_key_is_missing_is_not_continued() {
        let directory = tempfile::tempdir().unwrap();
        let (file, random) = (file_in(directory.path()), SystemRandom::new());
        let lost = Ed25519Signer::generate(&random).public_key();
        let missing = open(&file, Some(lost), &random).unwrap_err();
        assert!(matches!(missing, Failure::AuditKeyMissing(_)), "{missing}");
        assert!(file.load().unwrap().is_none(), "a key was made");
        file.load_or_create(&random).unwrap();
        let foreign = open(&file, Some(lost), &random).unwrap_err();
        assert!(matches!(foreign, Failure::AuditKeyForeign(_)), "{foreign}");
    }
}
