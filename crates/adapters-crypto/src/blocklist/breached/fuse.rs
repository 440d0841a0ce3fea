use xorf::Descriptor;

/// A binary fuse filter of 16-bit fingerprints (<https://arxiv.org/abs/2201.01174>), without these.
///
/// Whoever is in the set has three fingerprints whose exclusive or is that of its own hash; of who
/// is not, one in 65 536 has. The fingerprints stand in segments of equal length, and the three of
/// one key in three neighbouring ones.
///
/// The filters are made by `xorf` and read here: so a look-up stays within its bytes whatever these
/// are, and a new version of `xorf` cannot change what an old file means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fuse {
    seed: u64,
    /// Fingerprints in a segment, a power of two.
    segment: u32,
    /// Where the first of the three may stand: whole segments. Two more follow.
    positions: u32,
}

impl Fuse {
    /// A filter that was just made.
    pub(super) fn of(made: &Descriptor) -> Self {
        Self { seed: made.seed, segment: made.segment_length, positions: made.segment_count_length }
    }

    /// A filter from its parts; `None` where they do not go together.
    pub(super) fn parse(seed: u64, segment: u32, positions: u32) -> Option<Self> {
        let goes = segment.is_power_of_two() && positions > 0 && positions.is_multiple_of(segment);
        goes.then_some(Self { seed, segment, positions })
    }

    /// Seed, fingerprints in a segment, positions.
    pub(super) fn parts(self) -> (u64, u32, u32) {
        (self.seed, self.segment, self.positions)
    }

    /// How many bytes its fingerprints take.
    pub(super) fn bytes(self) -> u64 {
        2 * (u64::from(self.positions) + 2 * u64::from(self.segment))
    }

    /// Whether `key` seems to be in the set whose `fingerprints` these are, in little-endian order.
    pub(super) fn contains(self, key: u64, fingerprints: &[u8]) -> bool {
        let hash = mixed(key.wrapping_add(self.seed));
        let own = fingerprint_in((hash ^ (hash >> 32)).to_le_bytes());
        self.places(hash)
            .into_iter()
            .try_fold(own, |rest, place| Some(rest ^ fingerprint_at(place, fingerprints)?))
            .is_some_and(|rest| rest == 0)
    }

    fn places(self, hash: u64) -> [u64; 3] {
        let (segment, positions) = (u64::from(self.segment), u64::from(self.positions));
        let within = segment - 1;
        // hash · positions / 2⁶⁴, by halves so that nothing overflows.
        let (high, low) = (hash >> 32, hash & u64::from(u32::MAX));
        let first = (high * positions + ((low * positions) >> 32)) >> 32;
        [
            first,
            (first + segment) ^ ((hash >> 18) & within),
            (first + 2 * segment) ^ (hash & within),
        ]
    }
}

/// The finalizer of `MurmurHash3`, which makes every bit depend on all.
fn mixed(mut key: u64) -> u64 {
    key = (key ^ (key >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    key = (key ^ (key >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    key ^ (key >> 33)
}

fn fingerprint_in([low, high, ..]: [u8; 8]) -> u16 {
    u16::from_le_bytes([low, high])
}

fn fingerprint_at(place: u64, fingerprints: &[u8]) -> Option<u16> {
    let start = usize::try_from(place).ok()?.checked_mul(2)?;
    fingerprints.get(start..)?.first_chunk().copied().map(u16::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::btree_set;
    use proptest::prelude::*;
    use xorf::{BinaryFuse16, Filter as _};

    use super::*;

    fn made_of(keys: &BTreeSet<u64>) -> (BinaryFuse16, Vec<u8>) {
        let keys: Vec<u64> = keys.iter().copied().collect();
        let made = BinaryFuse16::try_from(&keys).unwrap();
        let bytes = made.fingerprints.iter().flat_map(|print| print.to_le_bytes()).collect();
        (made, bytes)
    }

    proptest! {
        #[test]
        fn a_filter_is_read_as_its_maker_reads_it(
            keys in btree_set(any::<u64>(), 1..2_000), others in btree_set(any::<u64>(), 2_000),
        ) {
            let (made, bytes) = made_of(&keys);
            let fuse = Fuse::of(&made.descriptor);
            prop_assert_eq!(fuse.bytes(), bytes.len() as u64);
            for key in keys.iter().chain(&others) {
                prop_assert_eq!(fuse.contains(*key, &bytes), made.contains(key));
            }
            prop_assert!(keys.iter().all(|key| fuse.contains(*key, &bytes)));
        }

        #[test]
        fn a_key_has_three_places_in_neighbouring_segments(
            seed: u64, hash: u64, power in 0_u32..=18, segments in 1_u32..=8_000,
        ) {
            let fuse = Fuse::parse(seed, 1 << power, segments << power).unwrap();
            let [first, second, third] = fuse.places(hash).map(|place| place >> power);
            prop_assert_eq!((second, third), (first + 1, first + 2));
            prop_assert!(2 * (fuse.places(hash)[2] + 1) <= fuse.bytes());
        }

        #[test]
        fn fewer_fingerprints_than_there_should_be_are_never_overrun(key: u64, held in 0_usize..40) {
            let fuse = Fuse::parse(1, 4, 16).unwrap();
            fuse.contains(key, &vec![0; held]);
        }
    }

    #[test]
    fn parts_that_do_not_go_together_are_no_filter() {
        assert!(Fuse::parse(0, 4, 16).is_some());
        for (segment, positions) in [(0, 0), (0, 16), (3, 12), (4, 0), (4, 6)] {
            assert_eq!(Fuse::parse(0, segment, positions), None, "{segment} {positions}");
        }
    }
}
