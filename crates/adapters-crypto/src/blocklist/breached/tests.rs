use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use tempfile::TempDir;

use super::build::build_in_ranges;
use super::*;

/// A place with a list in it.
struct Place {
    directory: TempDir,
}

impl Place {
    fn with(list: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("list"), list).unwrap();
        Self { directory }
    }

    fn of(hashes: &BTreeSet<Hash>) -> Self {
        Self::with(&hashes.iter().map(line).collect::<String>())
    }

    fn list(&self) -> PathBuf {
        self.directory.path().join("list")
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("filter")
    }

    fn build(&self, most: usize) -> Result<Built, BuildError> {
        build_in_ranges(&self.list(), &self.file(), most)
    }

    /// Builds and opens the file; the map outlives the place.
    fn filter(&self, most: usize) -> BreachFilter {
        self.build(most).unwrap();
        BreachFilter::open(&self.file()).unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.file()).unwrap()
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn reopened_with(&self, bytes: &[u8]) -> Result<BreachFilter, BreachFilterError> {
        let path = self.directory.path().join("changed");
        fs::write(&path, bytes).unwrap();
        BreachFilter::open(&path)
    }
}

fn line(hash: &Hash) -> String {
    let mut line = String::new();
    for byte in hash {
        write!(line, "{byte:02X}").unwrap();
    }
    line + ":3\r\n"
}

/// The hash of a number: as spread as those of passwords.
fn hash(number: u32) -> Hash {
    Sha1::digest(number.to_le_bytes()).into()
}

fn hashes(numbers: std::ops::Range<u32>) -> BTreeSet<Hash> {
    numbers.map(hash).collect()
}

#[test]
fn a_password_is_found_by_its_sha_1() {
    let place = Place::with("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8");
    let filter = place.filter(10);
    assert!(filter.contains("password"));
    for other in ["", "Password", "password ", "correct horse battery staple"] {
        assert!(!filter.contains(other), "{other:?}");
    }
    assert_eq!(filter.hashes(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_hash_of_a_list_is_found(
        hashes in btree_set(any::<Hash>(), 1..400), most in 1_usize..150,
    ) {
        let filter = Place::of(&hashes).filter(most);
        prop_assert!(hashes.iter().all(|hash| filter.holds(key_of(hash))));
    }

    #[test]
    fn hashes_that_lie_close_together_are_all_found(
        tails in btree_set(any::<u16>(), 1..400), most in 1_usize..150,
    ) {
        let mut hashes = BTreeSet::from([[0; 20], [0xff; 20]]);
        hashes.extend(tails.iter().map(|tail| {
            let [high, low] = tail.to_be_bytes();
            let mut hash = [7; 20];
            (hash[6], hash[7]) = (high, low);
            hash
        }));
        let filter = Place::of(&hashes).filter(most);
        prop_assert!(hashes.iter().all(|hash| filter.holds(key_of(hash))));
    }

    #[test]
    fn a_file_that_was_changed_anywhere_never_panics(
        flips in vec((any::<prop::sample::Index>(), 1_u8..), 1..8), keys in vec(any::<u64>(), 50),
    ) {
        let place = Place::of(&hashes(0..300));
        place.build(100).unwrap();
        let mut bytes = place.bytes();
        for (at, flip) in flips {
            *at.get_mut(&mut bytes) ^= flip;
        }
        if let Ok(filter) = place.reopened_with(&bytes) {
            for key in keys {
                filter.holds(key);
            }
        }
    }
}

#[test]
fn less_than_one_in_ten_thousand_others_is_taken_for_breached() {
    let filter = Place::of(&hashes(0..30_000)).filter(8_000);
    let wrong =
        (1_000_000..1_400_000).filter(|number| filter.holds(key_of(&hash(*number)))).count();
    // Expected are six.
    assert!(wrong < 40, "{wrong} of 400 000");
}

#[test]
fn the_whole_list_is_in_the_file_however_it_is_cut_into_ranges() {
    let place = Place::of(&hashes(0..100));
    for most in [1, 7, 50, 99, 100, 101] {
        let built = place.build(most).unwrap();
        assert_eq!((built.hashes, built.bytes), (100, place.bytes().len() as u64), "{most}");
    }
}

#[test]
fn hashes_that_are_there_twice_or_begin_alike_count_once() {
    let twin = |last| {
        let mut twin = [9; 20];
        twin[19] = last;
        twin
    };
    let list: String =
        [twin(1), twin(1), twin(2), hash(7).max([10; 20])].iter().map(line).collect();
    for most in [1, 2, 3] {
        assert_eq!(Place::with(&list).build(most).unwrap().hashes, 2);
    }
}

#[test]
fn the_same_list_gives_the_same_file() {
    let place = Place::of(&hashes(0..5_000));
    place.build(1_000).unwrap();
    let first = place.bytes();
    place.build(1_000).unwrap();
    assert!(first == place.bytes());
}

#[test]
fn a_refused_list_leaves_the_old_file_as_it_was_and_nothing_else() {
    let place = Place::of(&hashes(0..10));
    place.build(5).unwrap();
    let old = place.bytes();
    let wrong = format!("{}{}", line(&hash(1)), "not a hash\n");
    for list in [wrong.as_str(), ""] {
        fs::write(place.list(), list).unwrap();
        place.build(5).unwrap_err();
        assert!(old == place.bytes());
        assert_eq!(place.names(), BTreeSet::from(["filter".into(), "list".into()]));
    }
}

#[test]
fn a_build_replaces_the_file_and_who_has_it_open_keeps_the_old_one() {
    let place = Place::of(&hashes(0..50));
    let old = place.filter(20);
    fs::write(place.list(), line(&hash(1_000))).unwrap();
    let new = place.filter(20);
    assert!(old.holds(key_of(&hash(1))) && !new.holds(key_of(&hash(1))));
    assert!(new.holds(key_of(&hash(1_000))) && !old.holds(key_of(&hash(1_000))));
}

#[test]
fn two_builds_of_one_file_do_not_mix() {
    let place = Place::of(&hashes(0..10));
    let part = place.directory.path().join("filter.part");
    fs::write(&part, "another's").unwrap();
    let refused = place.build(5).unwrap_err();
    assert!(matches!(&refused, BuildError::Underway(path) if *path == part), "{refused}");
    assert_eq!(fs::read(&part).unwrap(), b"another's");
}

#[test]
fn the_list_is_never_overwritten() {
    let place = Place::of(&hashes(0..10));
    let refused = BreachFilter::build(&place.list(), &place.list()).unwrap_err();
    assert!(matches!(refused, BuildError::Itself(_)), "{refused}");
}

#[test]
fn every_refusal_of_a_list_is_one_sentence_that_names_it() {
    let place = Place::with("password\n");
    let refusals = [
        place.build(1).unwrap_err(),
        Place::with("").build(1).unwrap_err(),
        build_in_ranges(&place.directory.path().join("no list"), &place.file(), 1).unwrap_err(),
    ];
    for refusal in refusals {
        let sentence = refusal.to_string();
        assert!(sentence.contains("list") && !sentence.contains("  "), "{sentence}");
    }
    assert!(place.build(1).unwrap_err().to_string().contains("line 1 is not a SHA-1"));
    let nowhere = build_in_ranges(&Place::of(&hashes(0..2)).list(), Path::new("/no/where"), 1);
    assert!(nowhere.unwrap_err().to_string().contains("/no/where cannot be written"));
}

#[test]
fn a_file_that_was_cut_short_or_grew_is_refused() {
    let place = Place::of(&hashes(0..200));
    place.build(90).unwrap();
    let mut bytes = place.bytes();
    for cut in (0..bytes.len()).step_by(13).chain([bytes.len() - 1]) {
        let refused = place.reopened_with(&bytes[..cut]).unwrap_err();
        let expected = if cut < 16 { "is no file" } else { "cut short or damaged" };
        assert!(refused.to_string().contains(expected), "{cut}: {refused}");
        assert!(refused.to_string().contains("changed"), "{refused}");
    }
    bytes.push(0);
    assert!(matches!(place.reopened_with(&bytes), Err(BreachFilterError::Damaged(_))));
}

#[test]
fn a_change_anywhere_in_the_header_or_the_index_is_noticed() {
    let place = Place::of(&hashes(0..200));
    place.build(90).unwrap();
    let bytes = place.bytes();
    let index = bytes.len() - 3 * 24;
    for at in (0..72).chain(index..bytes.len()) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        assert!(place.reopened_with(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn what_is_no_such_file_is_refused_with_a_sentence() {
    let place = Place::with("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:3\n");
    let list = BreachFilter::open(&place.list()).unwrap_err();
    assert!(list.to_string().contains("list is no file of breached passwords"), "{list}");
    let missing = BreachFilter::open(&place.file()).unwrap_err();
    assert!(missing.to_string().contains("filter cannot be read"), "{missing}");
    place.build(1).unwrap();
    let mut newer = place.bytes();
    newer[16] = 2;
    let newer = place.reopened_with(&newer).unwrap_err();
    assert!(newer.to_string().contains("has the version 2"), "{newer}");
}

/// The file that version 1 made of the hashes of 0, 1 and 2, in ranges of two.
const VERSION_1: &str = "\
    7573657273746f72652d6272656163680100000002000000030000000000000\
    0a80000000000000009f6495ad11d4d79f70067b5129a37729c788ad238e354\
    577c0cd4dfb87a1dd6000000000000000000000000000000003f3a00005b3c0\
    00000000000000000000000000000000000e108000000000000f4e0c625f476\
    af0a67ec8e65a18debbe0400000004000000280a45e778ca6990c15c0289ec2\
    d0a910400000004000000";

#[test]
fn a_file_of_version_1_is_read_for_ever() {
    let digits = VERSION_1.as_bytes().as_chunks::<2>().0;
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let bytes: Vec<u8> = digits.iter().map(byte).collect();
    let filter = Place::with("").reopened_with(&bytes).unwrap();
    assert_eq!(filter.hashes(), 3);
    for number in 0..3 {
        assert!(filter.holds(key_of(&hash(number))), "{number}");
    }
    assert!(!filter.holds(key_of(&hash(3))));
}
