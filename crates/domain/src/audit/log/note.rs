//! Signed notes (C2SP `signed-note`): a text, an empty line, and a line for each signature.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::audit::{PublicKey, PublicKeyInfo, Signature, Signer};

/// What stands before the name of a key: an em dash and a space.
const DASH: &str = "\u{2014} ";
/// The type of a signature by Ed25519.
const ED25519: u8 = 1;

/// A note that was read, its signatures not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// What is signed: whole lines, the last line feed included.
    pub text: &'a str,
    /// By whom; at least one.
    pub signatures: Vec<NoteSignature<'a>>,
}

/// One signature of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature<'a> {
    /// Name of the key.
    pub name: &'a str,
    /// What tells apart keys of one name.
    pub key_id: [u8; 4],
    /// Over the text.
    pub signature: Signature,
}

impl NoteSignature<'_> {
    /// Whether it is said to be by that key under that name.
    pub fn names(&self, name: &str, key: &PublicKeyInfo) -> bool {
        self.name == name && Some(self.key_id) == key_id(name, key)
    }

    /// Whether it is a signature by `key` over `text`.
    pub fn is_by(&self, key: &dyn PublicKey, text: &str) -> bool {
        key.verifies(text.as_bytes(), &self.signature)
    }
}

/// The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). `None` for what is no key.
pub fn key_id(name: &str, key: &PublicKeyInfo) -> Option<[u8; 4]> {
    let hasher = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]);
    let hash: [u8; 32] = hasher.chain_update(key.point()?).finalize().into();
    hash.first_chunk().copied()
}

/// The note of `text`, which ends with a line feed, signed by each of `signers` under `name`.
pub fn sign(text: &str, name: &str, signers: &[&dyn Signer]) -> String {
    let mut note = format!("{text}\n");
    for signer in signers {
        let id = key_id(name, &signer.public_key()).unwrap_or_default();
        let signature = [id.as_slice(), &signer.sign(text.as_bytes()).0].concat();
        // A `String` takes every text.
        let _ = writeln!(note, "{DASH}{name} {}", STANDARD.encode(signature));
    }
    note
}

/// Reads a note all of whose signatures are of the form of Ed25519; `None` when it is none.
pub fn read(note: &str) -> Option<Note<'_>> {
    let (before, lines) = note.rsplit_once("\n\n")?;
    let text = note.get(..=before.len())?;
    let lines = lines.strip_suffix('\n')?;
    let signatures: Option<Vec<_>> = lines.split('\n').map(signature).collect();
    let is_text = !before.is_empty() && !text.chars().any(|c| c.is_control() && c != '\n');
    signatures.filter(|_| is_text).map(|signatures| Note { text, signatures })
}

/// Whether it can be the name of a key.
pub(crate) fn is_name(text: &str) -> bool {
    let is_none_of_it = |c: char| c == '+' || c.is_whitespace() || c.is_control();
    !text.is_empty() && !text.contains(is_none_of_it)
}

fn signature(line: &str) -> Option<NoteSignature<'_>> {
    let (name, code) = line.strip_prefix(DASH)?.split_once(' ')?;
    if !is_name(name) {
        return None;
    }
    let bytes = STANDARD.decode(code).ok()?;
    let (key_id, signature) = bytes.split_first_chunk::<4>()?;
    let signature = Signature(signature.try_into().ok()?);
    Some(NoteSignature { name, key_id: *key_id, signature })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification of notes: key and note of `PeterNeumann`.
    const KEY: &str = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn key() -> PublicKeyInfo {
        let typed = STANDARD.decode(KEY).unwrap();
        PublicKeyInfo([&PublicKeyInfo::HEAD, &typed[1..]].concat().try_into().unwrap())
    }

    #[test]
    fn the_note_of_the_specification_is_read() {
        let note = read(NOTE).expect("a note");
        assert!(note.text.ends_with("problem is.\n"));
        let [signature] = note.signatures.as_slice() else { panic!("one signature") };
        assert!(signature.names("PeterNeumann", &key()));
        assert!(!signature.names("Peter", &key()));
    }

    #[test]
    fn what_is_no_note_is_not_read() {
        let without_end = NOTE.trim_end();
        let code = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
        for wrong in [
            "",
            "\n\n",
            "text\n",
            "text\n\n",
            without_end,
            &format!("\n\n\u{2014} a {code}\n"),
            &format!("text\n\n- a {code}\n"),
            &format!("text\n\n\u{2014} a b {code}\n"),
            &format!("text\n\n\u{2014}  {code}\n"),
            &format!("text\n\n\u{2014} a+b {code}\n"),
            &format!("text\n\n\u{2014} a {}\n", code.strip_prefix("x08g").expect("its beginning")),
            &format!("text\n\n\u{2014} a {}\n", code.trim_end_matches('=')),
            &format!("te\u{0}xt\n\n\u{2014} a {code}\n"),
            &format!("text\r\n\n\u{2014} a {code}\n"),
        ] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert!(read(&format!("text\n\n\u{2014} a {code}\n")).is_some());
    }
}
