//! A right token with something of it changed.

use proptest::prelude::*;

use crate::support::{TestKey, Trust, claims};

/// Each bit of the token flipped by itself; what is no text then cannot be shown to us.
async fn no_bit_may_differ(key: &TestKey) {
    let trust = Trust::in_keys(&[key]);
    let token = key.token(&claims());
    assert!(trust.accepts(&token).await);
    let mut shown = 0;
    for bit in 0..token.len() * 8 {
        let mut bytes = token.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(forged) = String::from_utf8(bytes) else { continue };
        shown += 1;
        assert!(!trust.accepts(&forged).await, "bit {bit}: {forged}");
    }
    assert!(shown > token.len() * 6, "{shown}");
}

#[tokio::test]
async fn no_bit_of_a_token_by_ed25519_may_differ() {
    no_bit_may_differ(&TestKey::ed25519("a")).await;
}

#[tokio::test]
async fn no_bit_of_a_token_by_ecdsa_may_differ() {
    no_bit_may_differ(&TestKey::p256("a")).await;
}

#[tokio::test]
async fn no_bit_of_a_token_by_rsa_may_differ() {
    no_bit_may_differ(&TestKey::rsa("a")).await;
}

#[tokio::test]
async fn no_beginning_of_a_token_is_one() {
    let key = TestKey::p256("a");
    let trust = Trust::in_keys(&[&key]);
    let token = key.token(&claims());
    for length in 0..token.len() {
        assert!(!trust.accepts(token.get(..length).unwrap()).await, "{length}");
    }
}

proptest! {
    #[test]
    fn no_text_lets_anybody_in(text in "([A-Za-z0-9_-]{0,40}[.=]?){0,6}|\\PC{0,60}") {
        let key = TestKey::ed25519("a");
        let trust = Trust::in_keys(&[&key]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert!(!runtime.block_on(trust.accepts(&text)), "{text}");
    }

    #[test]
    fn a_token_with_anything_inserted_lets_nobody_in(at: usize, what in "\\PC{1,4}") {
        let key = TestKey::ed25519("a");
        let trust = Trust::in_keys(&[&key]);
        let mut token = key.token(&claims());
        token.insert_str(at % (token.len() + 1), &what);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert!(!runtime.block_on(trust.accepts(&token)), "{token}");
    }
}
