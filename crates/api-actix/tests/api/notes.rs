//! What a verifier by other hands makes of the audit log: notes read and hashes made from the
//! documentation alone, proofs checked by a library that has none of our code.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use domain::audit::{PublicKeyInfo, PublicKeys as _, Signature};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use testkit::TestPublicKeys;

use crate::app::App;

/// A signed note: its text, and who signed it.
pub struct Note {
    pub text: String,
    signatures: Vec<(String, Vec<u8>)>,
}

impl Note {
    #[track_caller]
    pub fn of(note: &str) -> Self {
        let (text, lines) = note.rsplit_once("\n\n").unwrap();
        let signature = |line: &str| {
            let (name, code) = line.strip_prefix("\u{2014} ").unwrap().split_once(' ').unwrap();
            (name.to_owned(), STANDARD.decode(code).unwrap())
        };
        let signatures = lines.strip_suffix('\n').unwrap().split('\n').map(signature).collect();
        Self { text: format!("{text}\n"), signatures }
    }

    /// The lines of the text.
    pub fn lines(&self) -> Vec<&str> {
        self.text.lines().collect()
    }

    /// The root and the size that a checkpoint of `app`'s shop names.
    #[track_caller]
    pub fn head(&self, app: &App) -> RootHash<Sha256> {
        let [origin, size, root] = self.lines()[..] else { panic!("{}", self.text) };
        assert_eq!(origin, format!("userstore/{}", app.shop.id));
        root_hash(root, size.parse().unwrap())
    }

    /// Holds that exactly these keys, as the API shows them, have signed.
    #[track_caller]
    pub fn is_signed_by(&self, app: &App, keys: &[&Value]) {
        assert_eq!(self.signatures.len(), keys.len());
        for ((name, bytes), key) in self.signatures.iter().zip(keys) {
            let info = bytes_of(&key["publicKeyInfo"]);
            let hashed = [name.as_bytes(), b"\n\x01", &info[12..]].concat();
            let id: [u8; 4] = Sha256::digest(hashed)[..4].try_into().unwrap();
            assert_eq!(*name, format!("userstore/{}", app.shop.id));
            assert_eq!(bytes[..4], id);
            assert_eq!(key["keyId"], format!("{:08x}", u32::from_be_bytes(id)));
            assert!(verifies(&info, self.text.as_bytes(), &bytes[4..]));
        }
    }
}

/// Whether that is a signature of the key, strictly checked.
pub fn verifies(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = TestPublicKeys.read(&PublicKeyInfo(key.try_into().unwrap())).unwrap();
    key.verifies(message, &Signature(signature.try_into().unwrap()))
}

/// The bytes of an entry, as the API shows it, that are its leaf.
pub fn leaf(entry: &Value) -> Vec<u8> {
    without(entry, &["originalContent", "currentContent", "originalSalt", "currentSalt"])
}

/// Whether an entry, as the API shows it, is signed by the key that it names.
pub fn is_signed(entry: &Value) -> bool {
    let erasable = ["originalContent", "currentContent", "originalSalt", "currentSalt"];
    let message = without(entry, &[&erasable[..], &["signature"]].concat());
    let (key, signature) = (&entry["signaturePublicKeyInfo"], &entry["signature"]);
    verifies(&bytes_of(key), &message, &bytes_of(signature))
}

fn without(entry: &Value, names: &[&str]) -> Vec<u8> {
    let members = entry.as_object().unwrap().iter();
    let left: BTreeMap<_, _> =
        members.filter(|(name, _)| !names.contains(&name.as_str())).collect();
    serde_json::to_vec(&left).unwrap()
}

/// Whether a proof that the API gave shows that `leaf` is in the tree.
pub fn shows_inclusion(proof: &Value, leaf: &[u8], root: &RootHash<Sha256>) -> bool {
    let hashes = InclusionProof::try_from_bytes(hashes(proof)).unwrap();
    root.verify_inclusion(&leaf, proof["leafIndex"].as_u64().unwrap(), &hashes).is_ok()
}

/// Whether a proof that the API gave shows that one tree is the beginning of the other.
pub fn shows_consistency(proof: &Value, from: &RootHash<Sha256>, to: &RootHash<Sha256>) -> bool {
    let hashes = ConsistencyProof::try_from_bytes(hashes(proof)).unwrap();
    to.verify_consistency(from, &hashes).is_ok()
}

fn hashes(proof: &Value) -> Vec<u8> {
    proof["hashes"].as_array().unwrap().iter().flat_map(bytes_of).collect()
}

/// The root of a tree.
pub fn root_hash(base64: &str, size: u64) -> RootHash<Sha256> {
    let root: [u8; 32] = STANDARD.decode(base64).unwrap().try_into().unwrap();
    RootHash::new(root.into(), size)
}

/// Bytes that are shown in base64.
pub fn bytes_of(shown: &Value) -> Vec<u8> {
    STANDARD.decode(shown.as_str().unwrap()).unwrap()
}
