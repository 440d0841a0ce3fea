//! What an attacker writes: entries that no use case has made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::{Action, Area, Commitment, Entry, PublicKeyInfo, Signature, Signer, canonical};
use domain::id::{AuditId, StoreId};
use domain::time::Instant;
use serde_json::json;
use testkit::TestSigner;

/// The key of the first term.
pub(crate) const FIRST: [u8; 32] = [7; 32];
/// A key that is nobody's.
pub(crate) const FOREIGN: [u8; 32] = [77; 32];

/// The public key of that seed in base64.
pub(crate) fn public(seed: [u8; 32]) -> String {
    STANDARD.encode(TestSigner::from_seed(seed).public_key().0)
}

/// An entry that says whatever `say` makes of it, signed by the key of that seed.
pub(crate) fn forged(store: StoreId, seed: [u8; 32], say: impl FnOnce(&mut Entry)) -> Entry {
    let signer = TestSigner::from_seed(seed);
    let mut entry = Entry {
        id: AuditId::new(1_000_000).unwrap(),
        store,
        timestamp: Instant::from_micros(1_767_225_600_000_000).unwrap(),
        user: "system:forger".into(),
        area: Area::User,
        primary_key: "0196f3a5-0000-7000-8000-000000000001".into(),
        action: Action::Added,
        data_source: "shop".into(),
        original: None,
        current: Some(Commitment::to("{}".into(), [3; 16])),
        signature: Signature([0; 64]),
        public_key: signer.public_key(),
    };
    say(&mut entry);
    entry.signature = signer.sign(&canonical::bytes(&entry));
    entry
}

/// The same by a key that is not the one it names.
pub(crate) fn unsigned(store: StoreId, key: PublicKeyInfo) -> Entry {
    forged(store, FOREIGN, |entry| entry.public_key = key)
}

/// The line of an entry, written by other means than a bundle's are.
pub(crate) fn line(entry: &Entry, leaf: u64) -> String {
    let base64 = |bytes: &[u8]| STANDARD.encode(bytes);
    let commitment = |side: &Option<Commitment>| side.as_ref().map(|side| base64(&side.hash));
    let opened = |side: &Option<Commitment>| side.as_ref().and_then(|side| side.opened.clone());
    let content = |side| opened(side).map(|opened| opened.content);
    let salt = |side| opened(side).map(|opened| base64(&opened.salt));
    let value = json!({
        "leaf": leaf,
        "entry": {
            "id": entry.id.get(),
            "timestamp": entry.timestamp.to_string(),
            "user": entry.user,
            "area": entry.area.name(),
            "primaryKey": entry.primary_key,
            "category": Entry::CATEGORY,
            "action": entry.action.name(),
            "dataSource": entry.data_source,
            "originalContent": content(&entry.original),
            "currentContent": content(&entry.current),
            "signature": base64(&entry.signature.0),
            "signaturePublicKeyInfo": base64(&entry.public_key.0),
            "instanceId": entry.store.to_string(),
            "originalSalt": salt(&entry.original),
            "currentSalt": salt(&entry.current),
            "originalCommitment": commitment(&entry.original),
            "currentCommitment": commitment(&entry.current),
        }
    });
    serde_json_canonicalizer::to_string(&value).unwrap()
}
