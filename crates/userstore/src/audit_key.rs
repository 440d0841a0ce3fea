//! The keys that sign the audit trail: the first is made on the first start, the one that signs now is
//! demanded ever after.
//!
//! The database lists every key that was ever to sign; the last one signs. A node that has it neither
//! as `audit.key` nor as `audit-next.key` could not go on with the trail, so it does not start. A
//! rotation that was broken off is finished by `userstore audit key rotate` alone: a start moves no
//! key.

use std::path::Path;
use std::sync::Arc;

use adapters_crypto::{Keyring, KeyringError};
use domain::audit::{AuditKeys as _, PublicKeyInfo};
use domain::random::Random;
use domain::time::Clock;
use domain::unit_of_work::{Access, StoreError, UnitOfWork, transact};

use crate::failure::Failure;

/// The file of the key that signs, in the directory of secrets.
pub(crate) const PRESENT: &str = "audit.key";
/// The file of the key that is to sign after it.
pub(crate) const NEXT: &str = "audit-next.key";

/// Every key that was ever to sign, in order; none in a database on which no server ever started.
pub(crate) async fn registered(
    unit_of_work: &dyn UnitOfWork,
) -> Result<Vec<PublicKeyInfo>, StoreError> {
    transact(unit_of_work, Access::Read, |tx| tx.logs().keys()).await
}

/// The keys in `directory`; made now where nothing was ever signed.
///
/// # Errors
/// The key that signs is not among them.
pub(crate) async fn open(
    directory: &Path,
    unit_of_work: &dyn UnitOfWork,
    random: &dyn Random,
    clock: Arc<dyn Clock>,
) -> Result<Keyring, Failure> {
    let registered = registered(unit_of_work).await?;
    Ok(Keyring::open(directory, &registered, random, clock)?)
}

/// Of several nodes one was first, perhaps with a key that this one does not have.
///
/// # Errors
/// The key that signs is not among those of `directory`.
pub(crate) async fn check(
    keyring: &Keyring,
    directory: &Path,
    unit_of_work: &dyn UnitOfWork,
) -> Result<(), Failure> {
    let registered = registered(unit_of_work).await?;
    match registered.last() {
        Some(key) if keyring.find(key).is_none() => {
            Err(KeyringError::Lacks(directory.join(PRESENT)).into())
        }
        _ => Ok(()),
    }
}
