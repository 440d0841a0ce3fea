//! The bytes that are signed: RFC 8785 canonical JSON of the entry without its signature, its
//! contents and their salts; and those of its leaf in the log, which hold the signature too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::{Commitment, Entry};

/// The members that are signed, in the order of RFC 8785 §3.2.3 (by UTF-16 code units).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signed<'a> {
    action: &'a str,
    area: &'a str,
    category: &'a str,
    current_commitment: Option<String>,
    data_source: &'a str,
    id: i64,
    instance_id: String,
    original_commitment: Option<String>,
    primary_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    signature_public_key_info: String,
    timestamp: String,
    user: &'a str,
}

/// The bytes of `entry` that its signature covers.
///
/// The form needs no general canonicaliser: the members are listed in canonical order, the one
/// number is an integer below 2^53, and `serde_json` escapes strings as RFC 8785 §3.2.2.2 asks.
/// A test holds the result against a library.
pub fn bytes(entry: &Entry) -> Vec<u8> {
    canonical(entry, None)
}

/// The bytes of `entry` that are its leaf in the log: those that are signed, and the signature. So an
/// entry keeps its leaf when its contents are erased.
pub fn leaf(entry: &Entry) -> Vec<u8> {
    canonical(entry, Some(STANDARD.encode(entry.signature.0)))
}

fn canonical(entry: &Entry, signature: Option<String>) -> Vec<u8> {
    let commitment = |c: &Option<Commitment>| c.as_ref().map(|c| STANDARD.encode(c.hash));
    let signed = Signed {
        action: entry.action.name(),
        area: entry.area.name(),
        category: Entry::CATEGORY,
        current_commitment: commitment(&entry.current),
        data_source: &entry.data_source,
        id: entry.id.get(),
        instance_id: entry.store.to_string(),
        original_commitment: commitment(&entry.original),
        primary_key: &entry.primary_key,
        signature,
        signature_public_key_info: STANDARD.encode(entry.public_key.0),
        timestamp: entry.timestamp.to_string(),
        user: &entry.user,
    };
    // Strings and integers always serialize; an empty text would fail every verification.
    serde_json::to_vec(&signed).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Action, Area, PublicKeyInfo, Signature};
    use crate::id::{AuditId, StoreId};
    use crate::time::Instant;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn entry(user: &str, primary_key: &str, content: Option<&str>) -> Entry {
        Entry {
            id: AuditId::new(AuditId::MAX).expect("in range"),
            store: StoreId::new(Uuid::from_u128(0xABCD)),
            timestamp: Instant::from_micros(1_767_225_600_000_001).expect("in range"),
            user: user.into(),
            area: Area::UserProfile,
            primary_key: primary_key.into(),
            action: Action::Modified,
            data_source: "default".into(),
            original: None,
            current: content.map(|text| Commitment::to(text.into(), [1; 16])),
            signature: Signature([0; 64]),
            public_key: PublicKeyInfo([2; 44]),
        }
    }

    #[test]
    fn the_worked_example_of_the_documentation_holds() {
        let text = String::from_utf8(bytes(&entry("system:x", "k", Some("{}")))).expect("UTF-8");
        assert_eq!(
            text,
            concat!(
                r#"{"action":"Modified","area":"UserProfile","category":"DatabaseRecordChange","#,
                r#""currentCommitment":"01XZEdLyalTcA2YZbZni/+8IW7nt96SVo0LqUsKkwvM=","#,
                r#""dataSource":"default","id":9007199254740991,"#,
                r#""instanceId":"00000000-0000-0000-0000-00000000abcd","originalCommitment":null,"#,
                r#""primaryKey":"k","signaturePublicKeyInfo":"#,
                r#""AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=","#,
                r#""timestamp":"2026-01-01T00:00:00.000001Z","user":"system:x"}"#
            )
        );
    }

    #[test]
    fn erasing_a_content_leaves_the_signed_bytes() {
        let whole = entry("system:x", "k", Some("{}"));
        let mut erased = whole.clone();
        erased.current.as_mut().expect("set").opened = None;
        assert_eq!(bytes(&whole), bytes(&erased));
    }

    proptest! {
        #[test]
        fn the_bytes_are_what_a_canonicaliser_makes(user in any::<String>(), key in any::<String>()) {
            let ours = bytes(&entry(&user, &key, None));
            let value: serde_json::Value = serde_json::from_slice(&ours).expect("JSON");
            let theirs = serde_json_canonicalizer::to_vec(&value).expect("canonical");
            prop_assert_eq!(ours, theirs);
        }
    }
}
