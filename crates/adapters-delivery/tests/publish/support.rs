use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use domain::audit::log::{Checkpoint, StoredCheckpoint, TreeHash};
use domain::audit::{PublicKeyInfo, Publisher, Signature, Signer, Unpublished};
use domain::id::StoreId;
use domain::time::Instant;
use uuid::Uuid;

/// As long as a test waits for a receiver that hangs.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

struct AnySigner;

impl Signer for AnySigner {
    fn sign(&self, _: &[u8]) -> Signature {
        Signature([7; 64])
    }

    fn public_key(&self) -> PublicKeyInfo {
        PublicKeyInfo([PublicKeyInfo::HEAD.as_slice(), &[5; 32]].concat().try_into().unwrap())
    }
}

pub(crate) fn store() -> StoreId {
    StoreId::new(Uuid::from_u128(0x0193_5000_0000_7000_8000_0000_0000_0001))
}

/// A checkpoint over so many entries.
pub(crate) fn over(size: u64) -> StoredCheckpoint {
    checkpoint(store(), size, 1)
}

pub(crate) fn checkpoint(store: StoreId, size: u64, root: u8) -> StoredCheckpoint {
    let note = Checkpoint { store, size, root: TreeHash([root; 32]) }.sign(&AnySigner);
    // 2026-11-22T15:00:00.000250Z
    let sealed_at = Instant::from_micros(1_795_359_600_000_250).unwrap();
    StoredCheckpoint { size, sealed_at, note }
}

/// Why a checkpoint is not taken.
pub(crate) async fn refusal(publisher: &dyn Publisher) -> String {
    let Unpublished(why) = publisher.publish(store(), &over(42)).await.unwrap_err();
    why
}

/// A port of this machine that nobody listens on.
pub(crate) fn nobody() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
