use curve25519_dalek::constants::EIGHT_TORSION;
use ed25519_dalek::{Signature as DalekSignature, Signer as _, SigningKey, VerifyingKey};
use proptest::prelude::*;

use super::*;

/// A key, a signature and a message.
struct Case {
    key: [u8; 32],
    signature: [u8; 64],
    message: Vec<u8>,
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let bytes: Vec<_> = text.as_bytes().chunks(2).map(byte).collect();
    bytes.try_into().unwrap()
}

fn info(key: &[u8; 32]) -> PublicKeyInfo {
    PublicKeyInfo([PublicKeyInfo::HEAD.as_slice(), key].concat().try_into().unwrap())
}

impl Case {
    fn signed(seed: [u8; 32], message: &[u8]) -> Self {
        let signing = SigningKey::from_bytes(&seed);
        let signature = signing.sign(message).to_bytes();
        Self { key: signing.verifying_key().to_bytes(), signature, message: message.to_vec() }
    }

    fn holds(&self) -> bool {
        let key = StrictKeys.read(&info(&self.key));
        key.is_some_and(|key| key.verifies(&self.message, &Signature(self.signature)))
    }

    /// What ed25519-dalek says.
    fn holds_elsewhere(&self) -> bool {
        let signature = DalekSignature::from_bytes(&self.signature);
        VerifyingKey::from_bytes(&self.key)
            .is_ok_and(|key| key.verify_strict(&self.message, &signature).is_ok())
    }
}

#[test]
fn of_the_corner_cases_of_the_paper_only_the_fourth_holds() {
    let lines = include_str!("../../data/ed25519/speccheck.txt").lines();
    let holding = lines.enumerate().filter_map(|(number, line)| {
        let [key, signature, message] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let message = hex::<32>(message).into();
        let case = Case { key: hex(key), signature: hex(signature), message };
        assert_eq!(case.holds(), case.holds_elsewhere(), "{number}");
        case.holds().then_some(number)
    });
    // Number 3: key and R have a part of small order, and S, being in range, fulfils the equation.
    assert_eq!(holding.collect::<Vec<_>>(), [3]);
}

#[test]
fn every_edge_case_of_points_is_told_by_its_kinds() {
    let (mut holding, mut all) = (0, 0);
    for line in include_str!("../../data/ed25519/cctv.txt").lines() {
        let mut parts = line.splitn(4, ' ');
        let mut next = || parts.next().unwrap();
        let (kinds, key, signature, message) = (next(), next(), next(), next());
        let case =
            Case { key: hex(key), signature: hex(signature), message: message.as_bytes().into() };
        let is_harmless =
            |kind: &str| ["-", "low_order_component_A", "low_order_component_R"].contains(&kind);
        let expected = kinds.split(',').all(is_harmless);
        assert_eq!(case.holds(), expected, "{line}");
        assert_eq!(case.holds_elsewhere(), expected, "{line}");
        all += 1;
        holding += usize::from(expected);
    }
    assert_eq!((all, holding), (914, 43));
}

#[test]
fn every_flipped_bit_is_found() {
    let good = Case::signed([7; 32], b"an entry of the audit trail");
    assert!(good.holds());
    for bit in 0..8 * 64 {
        let mut signature = good.signature;
        signature[bit / 8] ^= 1 << (bit % 8);
        let case = Case { signature, message: good.message.clone(), ..good };
        assert!(!case.holds(), "bit {bit} of the signature");
    }
    for bit in 0..8 * 32 {
        let mut key = good.key;
        key[bit / 8] ^= 1 << (bit % 8);
        let case = Case { key, message: good.message.clone(), ..good };
        assert!(!case.holds(), "bit {bit} of the key");
    }
    for bit in 0..8 * good.message.len() {
        let mut message = good.message.clone();
        message[bit / 8] ^= 1 << (bit % 8);
        assert!(!Case { message, ..good }.holds(), "bit {bit} of the message");
    }
}

#[test]
fn a_key_has_one_frame() {
    let good = info(&Case::signed([7; 32], b"").key);
    assert!(StrictKeys.read(&good).is_some());
    for bit in 0..8 * PublicKeyInfo::HEAD.len() {
        let mut other = good;
        other.0[bit / 8] ^= 1 << (bit % 8);
        assert!(StrictKeys.read(&other).is_none(), "bit {bit}");
    }
}

/// The prime 2^255 − 19, and the order of the group.
const PRIME: &str = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/// The sum of two numbers, the lowest byte first; `None` where it takes more bytes.
fn sum(left: [u8; 32], right: [u8; 32]) -> Option<[u8; 32]> {
    let (mut sum, mut carry) = ([0; 32], 0);
    for (sum, (left, right)) in sum.iter_mut().zip(left.into_iter().zip(right)) {
        let [low, high] = (u16::from(left) + u16::from(right) + carry).to_le_bytes();
        (*sum, carry) = (low, u16::from(high));
    }
    (carry == 0).then_some(sum)
}

#[test]
fn a_second_half_beyond_the_order_is_refused_though_the_equation_holds() {
    let good = Case::signed([7; 32], b"an entry");
    let (first, mut second) = halves(&Signature(good.signature));
    let mut beyond = 0;
    while let Some(more) = sum(second, hex(ORDER)) {
        let signature = [first, more].concat().try_into().unwrap();
        assert!(!Case { signature, message: good.message.clone(), ..good }.holds());
        (second, beyond) = (more, beyond + 1);
    }
    assert!(beyond >= 14, "{beyond}");
}

#[test]
fn points_of_small_order_are_no_keys_in_any_encoding() {
    for point in EIGHT_TORSION {
        let mut second = point.compress().to_bytes();
        second[31] &= 0x7f;
        // Coordinates below 19 can be written with the prime added, too.
        let with_prime = (second[1..] == [0; 31]).then(|| sum(second, hex(PRIME)).unwrap());
        for mut bytes in [Some(second), with_prime].into_iter().flatten() {
            assert!(StrictKeys.read(&info(&bytes)).is_none(), "{bytes:x?}");
            bytes[31] |= 0x80;
            assert!(StrictKeys.read(&info(&bytes)).is_none(), "{bytes:x?}");
        }
    }
}

#[test]
fn a_second_encoding_of_a_point_of_large_order_is_no_key() {
    let mut found = 0;
    for small in 2..19 {
        let mut bytes = [0; 32];
        bytes[0] = small;
        let second = sum(bytes, hex(PRIME)).unwrap();
        let Ok(key) = VerifyingKey::from_bytes(&second) else { continue };
        assert!(!key.is_weak());
        assert!(StrictKeys.read(&info(&bytes)).is_some());
        assert!(StrictKeys.read(&info(&second)).is_none());
        found += 1;
    }
    assert!(found > 0);
}

/// A signature whose key and first half have the given parts of small order; it holds without
/// cofactor where these cancel each other out.
fn with_torsion(secret: u64, nonce: u64, of_key: usize, of_first: usize, message: &[u8]) -> Case {
    let (secret, nonce) = (Scalar::from(secret), Scalar::from(nonce));
    let key = EdwardsPoint::mul_base(&secret) + EIGHT_TORSION[of_key];
    let first = EdwardsPoint::mul_base(&nonce) + EIGHT_TORSION[of_first];
    let (key, first) = (key.compress().to_bytes(), first.compress().to_bytes());
    let hasher = Sha512::new().chain_update(first).chain_update(key).chain_update(message);
    let challenge = Scalar::from_bytes_mod_order_wide(&hasher.finalize().into());
    let second = (nonce + challenge * secret).to_bytes();
    let signature = [first, second].concat().try_into().unwrap();
    Case { key, signature, message: message.to_vec() }
}

#[test]
fn parts_of_small_order_are_told_as_elsewhere() {
    let mut holding = 0;
    for (of_key, of_first, message) in
        (0..8).flat_map(|a| (0..8).flat_map(move |b| (0..8_u8).map(move |c| (a, b, [c]))))
    {
        for (secret, nonce) in [(5, 3), (0, 3), (5, 0), (0, 0)] {
            let case = with_torsion(secret, nonce, of_key, of_first, &message);
            assert_eq!(case.holds(), case.holds_elsewhere(), "{of_key} {of_first} {message:?}");
            assert!(!case.holds() || (secret, nonce) == (5, 3));
            holding += usize::from(case.holds());
        }
    }
    // Without any, always; else where they happen to cancel each other out.
    assert!((8..200).contains(&holding), "{holding}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_signed_holds_for_its_key_and_message_alone(
        seed: [u8; 32],
        other: [u8; 32],
        message: Vec<u8>,
        added: u8,
    ) {
        prop_assume!(seed != other);
        let good = Case::signed(seed, &message);
        prop_assert!(good.holds() && good.holds_elsewhere());
        let foreign = Case { key: Case::signed(other, b"").key, message: message.clone(), ..good };
        let longer = Case { message: [message, vec![added]].concat(), ..good };
        prop_assert!(!foreign.holds() && !longer.holds());
    }

    #[test]
    fn anything_else_is_told_as_elsewhere(
        seed: [u8; 32],
        message: Vec<u8>,
        first in prop::option::of(any::<[u8; 32]>()),
        second in prop::option::of(any::<[u8; 32]>()),
        flipped in prop::option::of(0..512_usize),
    ) {
        let mut case = Case::signed(seed, &message);
        if let Some(first) = first {
            case.signature[..32].copy_from_slice(&first);
        }
        if let Some(second) = second {
            case.signature[32..].copy_from_slice(&second);
        }
        if let Some(bit) = flipped {
            case.signature[bit / 8] ^= 1 << (bit % 8);
        }
        prop_assert_eq!(case.holds(), case.holds_elsewhere());
    }
}
