use proptest::prelude::*;

use super::*;
use crate::SystemRandom;

/// The bytes 0 to 31, and the bytes 1 to 32.
const FIRST: &str = "first000 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
const SECOND: &str = "second00 AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\n";

fn random() -> Arc<dyn Random> {
    Arc::new(SystemRandom::new())
}

fn keys(text: &str) -> SecretKeys {
    SecretKeys::from_text(text, random()).expect("keys")
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    hex.as_bytes().chunks(2).map(byte).collect()
}

fn generated() -> SecretKeys {
    SecretKeys::generate(random())
}

const PLACE: &[u8] = b"store 1, line 2";

fn sealed(keys: &SecretKeys) -> Vec<u8> {
    keys.seal(SecretPurpose::Delivery, PLACE, b"the token")
}

fn opened(keys: &SecretKeys, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    keys.open(SecretPurpose::Delivery, PLACE, sealed)
}

#[test]
fn what_was_sealed_is_opened_again() {
    let keys = generated();
    assert_eq!(*opened(&keys, &sealed(&keys)).unwrap(), b"the token");
    let nothing = keys.seal(SecretPurpose::Delivery, b"", b"");
    assert!(keys.open(SecretPurpose::Delivery, b"", &nothing).unwrap().is_empty());
}

#[test]
fn it_opens_for_its_purpose_and_its_place_only() {
    let keys = generated();
    let sealed = sealed(&keys);
    assert_eq!(keys.open(SecretPurpose::NameKey, PLACE, &sealed), Err(OpenError));
    for place in [&b""[..], b"store 1, line 3", b"store 1, line 2 ", b"\0store 1, line 2"] {
        assert_eq!(keys.open(SecretPurpose::Delivery, place, &sealed), Err(OpenError));
    }
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let keys = keys(&[FIRST, SECOND].concat());
    let sealed = sealed(&keys);
    for bit in 0..sealed.len() * 8 {
        let mut damaged = sealed.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(opened(&keys, &damaged), Err(OpenError), "bit {bit}");
    }
}

#[test]
fn what_is_cut_or_prolonged_is_refused() {
    let keys = generated();
    let sealed = sealed(&keys);
    for length in 0..sealed.len() {
        assert_eq!(opened(&keys, &sealed[..length]), Err(OpenError), "{length} bytes");
    }
    assert_eq!(opened(&keys, &[&sealed[..], &[0]].concat()), Err(OpenError));
}

#[test]
fn the_same_text_is_never_sealed_alike() {
    let keys = generated();
    assert_ne!(sealed(&keys), sealed(&keys));
}

#[test]
fn sealed_bytes_name_their_version_and_key() {
    let keys = keys(&[SECOND, FIRST].concat());
    let sealed = sealed(&keys);
    assert_eq!(sealed[..9], *b"\x01second00");
    assert_eq!(sealed.len(), 1 + 8 + 24 + b"the token".len() + 16);
}

#[test]
fn a_former_key_still_opens_and_a_foreign_one_does_not() {
    let old = keys(FIRST);
    let letter = sealed(&old);
    let rotated = keys(FIRST).rotated().unwrap();
    assert_eq!(*opened(&rotated, &letter).unwrap(), b"the token");
    assert_eq!(opened(&old, &sealed(&rotated)), Err(OpenError));
    assert_eq!(opened(&keys(SECOND), &letter), Err(OpenError));
}

/// The nonce 0 to 23; computed by Python from OpenSSL's ChaCha20-Poly1305 and an `HChaCha20` that
/// gives the vector of draft-irtf-cfrg-xchacha.
#[test]
fn what_python_sealed_is_opened() {
    let sealed = "016669727374303030000102030405060708090a0b0c0d0e0f1011121314151617\
                  3b7f5ae5223f48a128a31e9259d7c9e1ad573dc23b11ba70bc";
    assert_eq!(*opened(&keys(FIRST), &bytes(sealed)).unwrap(), b"the token");
}

/// HMAC-SHA256(HMAC-SHA256(key, "userstore/name key"), "ada"), computed by Python's `hmac`.
#[test]
fn keyed_hashes_are_what_python_computes() {
    let hash = keys(FIRST).keyed_hash(SecretPurpose::NameKey, b"ada");
    let computed = "80024fb8c7f78146f26a781efc841f916b8af104904d8252c209db318d7bda1f";
    assert_eq!(hash, *bytes(computed));
}

#[test]
fn keyed_hashes_survive_a_rotation() {
    let before = keys(FIRST).keyed_hash(SecretPurpose::NameKey, b"ada");
    let rotated = keys(FIRST).rotated().unwrap().rotated().unwrap();
    assert_eq!(rotated.keyed_hash(SecretPurpose::NameKey, b"ada"), before);
}

#[test]
fn keyed_hashes_differ_by_key_purpose_and_text() {
    let hash = |line, purpose, text| keys(line).keyed_hash(purpose, text);
    let one = hash(FIRST, SecretPurpose::NameKey, b"ada");
    assert_ne!(one, hash(SECOND, SecretPurpose::NameKey, b"ada"));
    assert_ne!(one, hash(FIRST, SecretPurpose::Delivery, b"ada"));
    assert_ne!(one, hash(FIRST, SecretPurpose::NameKey, b"Ada"));
}

#[test]
fn every_key_gives_its_own_pepper() {
    let keys = keys(&[SECOND, FIRST].concat());
    let peppers = ["first000", "second00"].map(|id| keys.pepper(id).expect("a key"));
    assert_ne!(peppers[0], peppers[1]);
    assert!(keys.pepper("third000").is_none());
    let delivery = keys.find("first000").unwrap().derive(SecretPurpose::Delivery.label());
    assert_ne!(peppers[0], delivery);
}

#[test]
fn the_first_line_is_the_present_key() {
    let keys = keys(&[SECOND, FIRST].concat());
    assert_eq!(keys.present_id(), "second00");
    assert_eq!(keys.ids().collect::<Vec<_>>(), ["second00", "first000"]);
    assert_eq!(*keys.to_text(), [SECOND, FIRST].concat());
}

#[test]
fn what_is_registered_and_not_here_is_missing() {
    let keys = keys(FIRST);
    let registered = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(keys.missing(&registered(&[])), None);
    assert_eq!(keys.missing(&registered(&["first000"])), None);
    assert_eq!(keys.missing(&registered(&["first000", "second00", "third000"])), Some("second00"));
}

#[test]
fn texts_that_hold_no_keys_are_refused() {
    let many: String = (0..=SecretKeys::MOST)
        .map(|number| FIRST.replace("first000", &format!("key{number:05}")))
        .collect();
    for text in [
        "",
        "\n",
        "first000",
        "first000 ",
        &FIRST.replace(' ', "  "),
        &FIRST.replace(' ', "\t"),
        &FIRST.replace("first000", "First000"),
        &FIRST.replace("first000", "first00"),
        &FIRST.replace("first000", "first0000"),
        &FIRST.replace("first000", "f\u{ef}rst00"),
        &FIRST.replace('=', ""),
        &FIRST.replace("AAEC", ""),
        &FIRST.replace("AAEC", "AAECAAEC"),
        &FIRST.replace("AAEC", "AA C"),
        &[FIRST, "\n", SECOND].concat(),
        &[FIRST, SECOND, FIRST].concat(),
        &["# a comment\n", FIRST].concat(),
        &many,
    ] {
        assert!(SecretKeys::from_text(text, random()).is_err(), "{text:?}");
    }
}

#[test]
fn generated_keys_differ_and_are_named_by_eight_characters() {
    let (one, other) = (generated(), generated());
    assert_ne!(*one.present.bytes, *other.present.bytes);
    assert_ne!(one.present_id(), other.present_id());
    assert!(SecretKeys::from_text(&one.to_text(), random()).is_ok(), "{}", one.present_id());
}

#[test]
fn keys_stay_silent() {
    assert_eq!(format!("{:?}", keys(FIRST)), "SecretKeys(..)");
}

proptest! {
    #[test]
    fn every_text_survives_being_sealed(
        place in prop::collection::vec(any::<u8>(), 0..64),
        plain in prop::collection::vec(any::<u8>(), 0..512),
    ) {
        let keys = keys(FIRST);
        let sealed = keys.seal(SecretPurpose::Delivery, &place, &plain);
        let opened = keys.open(SecretPurpose::Delivery, &place, &sealed);
        prop_assert_eq!(opened.as_deref().map(Vec::as_slice), Ok(plain.as_slice()));
    }

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..128)) {
        prop_assert_eq!(keys(FIRST).open(SecretPurpose::Delivery, b"", &bytes), Err(OpenError));
    }
}
