use std::sync::atomic::{AtomicU64, Ordering};

use domain::random::Random;
use uuid::Uuid;

/// Chance that is the same in every run: bytes that look random, and ids that count.
///
/// The ids have the form of version 7 and ascend: `01900000-0000-7000-8000-000000000001` is the
/// first. Two of them on one database need different starts, or they make the same ids.
#[derive(Debug)]
pub struct SequentialRandom {
    ids: AtomicU64,
    bytes: AtomicU64,
}

impl Default for SequentialRandom {
    fn default() -> Self {
        Self::starting_at(1)
    }
}

impl SequentialRandom {
    /// The id whose number is 0.
    const FIRST: u128 = 0x0190_0000_0000_7000_8000_0000_0000_0000;

    /// Ids from `number` on, which also seeds the bytes.
    pub fn starting_at(number: u64) -> Self {
        Self { ids: AtomicU64::new(number), bytes: AtomicU64::new(number) }
    }

    /// Eight bytes further in a `SplitMix64` sequence.
    fn next(&self) -> [u8; 8] {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut mixed = self.bytes.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).to_be_bytes()
    }
}

impl Random for SequentialRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.iter_mut().zip(self.next()).for_each(|(byte, drawn)| *byte = drawn);
        }
    }

    fn new_uuid(&self) -> Uuid {
        // 62 bits of the number stay below the variant; nobody counts further.
        let number = self.ids.fetch_add(1, Ordering::SeqCst) & (u64::MAX >> 2);
        Uuid::from_u128(Self::FIRST | u128::from(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_and_have_the_form_of_version_7() {
        let random = SequentialRandom::default();
        let (first, second) = (random.new_uuid(), random.new_uuid());
        assert_eq!(first.to_string(), "01900000-0000-7000-8000-000000000001");
        assert!(first < second);
        assert_eq!(second.get_version_num(), 7);
        assert_eq!(second.get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn bytes_are_the_same_in_every_run_and_not_the_same_twice() {
        let draw = |random: &SequentialRandom| {
            let mut bytes = [0; 19];
            random.fill(&mut bytes);
            bytes
        };
        let (one, two) = (SequentialRandom::default(), SequentialRandom::default());
        let first = draw(&one);
        assert_eq!(first, draw(&two));
        assert_ne!(first, draw(&one));
        assert_ne!(first, [0; 19]);
        assert_ne!(first, draw(&SequentialRandom::starting_at(2)));
    }
}
