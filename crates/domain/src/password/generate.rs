use zeroize::Zeroizing;

use super::Password;
use crate::random::Random;

/// Letters and digits, without those that look alike in print: no 0, O, 1, l and I.
const ALPHABET: &[u8; 57] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
/// Characters from the alphabet, of 5.83 bits each.
const LETTERS: usize = 25;
/// A hyphen stands between groups of so many.
const GROUP: usize = 5;

impl Password {
    /// A new password of 145 random bits, such as `x7Kpa-92mRt-WqHbd-fG4ez-Yn3Uc`. It has upper and
    /// lower case, digits and hyphens, since there are policies that ask for each.
    pub fn generate(random: &dyn Random) -> Self {
        loop {
            let drawn = draw(random);
            let has = |class: fn(&u8) -> bool| drawn.iter().any(class);
            // Drawn again as a whole: so all that are left are equally likely.
            let is_mixed = has(u8::is_ascii_uppercase)
                && has(u8::is_ascii_lowercase)
                && has(u8::is_ascii_digit);
            if is_mixed && let Ok(password) = Self::parse(grouped(&drawn)) {
                return password;
            }
        }
    }
}

/// So many characters, each as likely as any other.
fn draw(random: &dyn Random) -> Zeroizing<Vec<u8>> {
    let mut drawn = Zeroizing::new(Vec::with_capacity(LETTERS));
    let mut bytes = Zeroizing::new([0_u8; LETTERS]);
    while drawn.len() < LETTERS {
        random.fill(bytes.as_mut_slice());
        let missing = LETTERS - drawn.len();
        drawn.extend(bytes.iter().filter_map(|byte| letter(*byte)).take(missing));
    }
    drawn
}

/// `None` for the last bytes, which would make some characters likelier than others.
fn letter(byte: u8) -> Option<u8> {
    let whole_rounds = 256 / ALPHABET.len() * ALPHABET.len();
    let index = usize::from(byte);
    (index < whole_rounds).then(|| ALPHABET.get(index % ALPHABET.len()).copied())?
}

fn grouped(drawn: &[u8]) -> String {
    let mut text = String::with_capacity(LETTERS + LETTERS / GROUP);
    for (index, byte) in drawn.iter().enumerate() {
        if index > 0 && index.is_multiple_of(GROUP) {
            text.push('-');
        }
        text.push(char::from(*byte));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::random::MockRandom;

    /// The multiply-xorshift generator splitmix64, of the seed 1.
    fn random() -> MockRandom {
        let state = AtomicU64::new(1);
        let mut random = MockRandom::new();
        random.expect_fill().returning(move |bytes| {
            for byte in bytes {
                let seed = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                *byte = (mixed >> 56).try_into().expect("eight bits");
            }
        });
        random
    }

    #[test]
    fn every_generated_password_is_another_and_keeps_its_form() {
        let (random, mut seen) = (random(), BTreeSet::new());
        for _ in 0..1_000 {
            let password = Password::generate(&random);
            let text = password.reveal();
            let groups: Vec<_> = text.split('-').collect();
            assert!(groups.iter().all(|group| group.len() == GROUP), "{text}");
            assert_eq!(groups.len(), LETTERS / GROUP, "{text}");
            assert!(!text.contains(['0', 'O', '1', 'l', 'I']), "{text}");
            for class in [char::is_uppercase, char::is_lowercase, char::is_numeric] {
                assert!(text.contains(class), "{text}");
            }
            assert!(seen.insert(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn at_least_128_bits_are_random() {
        let distinct: BTreeSet<_> = ALPHABET.iter().collect();
        assert_eq!(distinct.len(), ALPHABET.len());
        let letters = u16::try_from(LETTERS).expect("few");
        // Less than one in ten is drawn again, so less than a bit is lost.
        let bits = f64::from(letters) * f64::log2(57.0) - 1.0;
        assert!(bits > 128.0, "{bits}");
    }

    #[test]
    fn every_byte_that_is_taken_makes_each_character_as_likely() {
        let mut counts = BTreeMap::<u8, u32>::new();
        for taken in (0..=u8::MAX).filter_map(letter) {
            *counts.entry(taken).or_default() += 1;
        }
        assert_eq!(counts.len(), ALPHABET.len());
        assert!(counts.values().all(|count| *count == 4), "{counts:?}");
    }
}
