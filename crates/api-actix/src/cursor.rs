//! Opaque positions in lists: where the next page begins, and of which list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::store::StoreRef;

/// The lists that have cursors. A cursor of one is none of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Users of a store.
    Users,
    /// Audit entries of a store.
    AuditTrail,
}

/// The cursor that stands after `key`.
pub(crate) fn encode(list: List, store: &StoreRef, key: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode([key, &mark(list, store, key)].concat())
}

/// The key that a cursor stands after; `None` when the text is no cursor of this list in this store.
pub(crate) fn decode(list: List, store: &StoreRef, text: &str) -> Option<Vec<u8>> {
    // Cursors are short; a long text is not worth decoding.
    if text.len() > 64 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (key, check) = bytes.split_last_chunk()?;
    (*check == mark(list, store, key)).then(|| key.to_vec())
}

/// Ties a key to its list and to the store as the path names it. It guards against mistakes, not
/// against forgery: a forged cursor shows nothing that a page would not.
fn mark(list: List, store: &StoreRef, key: &[u8]) -> [u8; 8] {
    let list = match list {
        List::Users => "users",
        List::AuditTrail => "audit",
    };
    let store = match store {
        StoreRef::Id(id) => id.to_string(),
        StoreRef::Name(name) => name.folded().as_str().to_owned(),
    };
    fnv1a(&[list.as_bytes(), store.as_bytes(), key]).to_be_bytes()
}

/// FNV-1a of the parts, each ended by a byte that no UTF-8 text holds.
fn fnv1a(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.iter().chain(&[0xFF]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn store(name: &str) -> StoreRef {
        StoreRef::parse(name).expect("valid")
    }

    #[test]
    fn a_cursor_belongs_to_one_list_of_one_store() {
        let text = encode(List::Users, &store("Shop"), &[7; 16]);
        assert_eq!(decode(List::Users, &store("shop"), &text), Some(vec![7; 16]));
        assert_eq!(decode(List::Users, &store("other"), &text), None);
        assert_eq!(decode(List::AuditTrail, &store("shop"), &text), None);
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "a", "AAAA", "%%%", &"A".repeat(10_000), &"A".repeat(32)] {
            assert_eq!(decode(List::Users, &store("shop"), text), None);
        }
    }

    proptest! {
        #[test]
        fn any_changed_cursor_is_refused(key in any::<[u8; 16]>(), at in 0_usize..32, to in "[A-Za-z0-9_-]") {
            let text = encode(List::Users, &store("shop"), &key);
            let mut changed = text.clone();
            changed.replace_range(at..=at, &to);
            prop_assume!(changed != text);
            prop_assert_eq!(decode(List::Users, &store("shop"), &changed), None);
        }
    }
}
