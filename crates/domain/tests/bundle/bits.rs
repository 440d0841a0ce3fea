//! Every bit of every byte.

use domain::audit::bundle::{Reason, Verifier};

use crate::file::{Bundle, Kind, go_on, with_leaf};
use crate::forge::public;
use crate::scene::fifty;

/// A verifier before each line, with the place of the line in the file.
fn stations(bundle: &Bundle) -> Vec<(usize, Verifier)> {
    let mut place = 0;
    let lines = bundle.0.iter().zip(crate::file::stations(bundle));
    lines
        .map(|(line, verifier)| {
            let start = place;
            place += line.len() + 1;
            (start, verifier)
        })
        .collect()
}

/// What a change of one bit within a line can be found as.
fn may_be(kind: Kind, reason: Reason) -> bool {
    use Reason::{
        BadCheckpoint, BadKey, Duplicated, Edited, ForeignStore, Inserted, Malformed, Removed,
        RootMismatch, Trailing, Truncated, WrongKey,
    };
    let reasons: &[_] = match kind {
        Kind::Manifest => &[
            Malformed,
            Truncated,
            BadCheckpoint,
            BadKey,
            ForeignStore,
            RootMismatch,
            Removed,
            Inserted,
            Trailing,
        ],
        Kind::Key => &[Malformed, BadKey, ForeignStore],
        Kind::Entry(_) => {
            &[Malformed, Edited, ForeignStore, WrongKey, Removed, Duplicated, Inserted]
        }
        Kind::Checkpoint(_) => {
            &[Malformed, BadCheckpoint, ForeignStore, Duplicated, Removed, Inserted, WrongKey]
        }
    };
    reasons.contains(&reason)
}

/// Flips this bit in each byte of a bundle of fifty entries.
fn every_byte(bit: u32) {
    let bundle = fifty();
    let (kinds, mut file) = (bundle.kinds(), bundle.file());
    for (number, (start, verifier)) in stations(&bundle).into_iter().enumerate() {
        let (end, next) = (start + bundle.0[number].len(), bundle.next_at(number));
        for place in start..=end {
            file[place] ^= 1 << bit;
            let report = go_on(verifier.clone(), &file[start..]).unwrap();
            file[place] ^= 1 << bit;
            let told = || format!("bit {bit} of byte {} of {}", place - start, bundle.0[number]);
            assert!(report.fault.is_some(), "{}", told());
            let Some(fault) = report.fault else { continue };
            if place == end {
                // Two lines are one now; or the last one has no end.
                assert!(
                    matches!(fault.reason, Reason::Malformed | Reason::Truncated),
                    "{}",
                    told()
                );
            } else {
                assert!(may_be(kinds[number], fault.reason), "{fault:?} {}", told());
            }
            // What the manifest and the first key say is only found wrong by what follows.
            if number > 1 {
                assert_eq!(fault.line, Some(number as u64 + 1), "{fault:?} {}", told());
                assert_eq!(fault.leaf, next, "{fault:?} {}", told());
            }
        }
    }
}

/// One test for each bit: they take a while, and so run side by side.
macro_rules! bits {
    ($($name:ident: $bit:literal),+) => {
        $(#[test]
        fn $name() {
            every_byte($bit);
        })+
    };
}
bits! {
    the_first_bit_of_every_byte_counts: 0,
    the_second_bit_of_every_byte_counts: 1,
    the_third_bit_of_every_byte_counts: 2,
    the_fourth_bit_of_every_byte_counts: 3,
    the_fifth_bit_of_every_byte_counts: 4,
    the_sixth_bit_of_every_byte_counts: 5,
    the_seventh_bit_of_every_byte_counts: 6,
    the_eighth_bit_of_every_byte_counts: 7
}

#[test]
fn a_file_that_ends_at_any_byte_is_truncated() {
    let bundle = fifty();
    let file = bundle.file();
    for (number, (start, verifier)) in stations(&bundle).into_iter().enumerate() {
        let next = bundle.next_at(number);
        for end in start..=start + bundle.0[number].len() {
            let report = go_on(verifier.clone(), &file[start..end]).unwrap();
            let fault = report.fault.expect("truncated");
            let found = (fault.reason, fault.leaf, fault.line);
            let expected = (Reason::Truncated, next, Some(number as u64 + 1));
            assert_eq!(found, expected, "{end}");
            assert_eq!(report.size.is_none(), number == 0);
        }
    }
}

/// The bundle with another value for a member of the entry of leaf 20.
fn with_value(bundle: &Bundle, member: &str, value: &str) -> Bundle {
    let mut changed = bundle.clone();
    let line = &mut changed.0[bundle.place_of(Kind::Entry(20))];
    let read: serde_json::Value = serde_json::from_str(line).unwrap();
    let before = format!("\"{member}\":{}", read["entry"][member]);
    assert!(line.contains(&before), "{before} in {line}");
    *line = line.replacen(&before, &format!("\"{member}\":{value}"), 1);
    assert_ne!(changed, *bundle, "{member}");
    changed
}

#[test]
fn a_value_that_was_changed_is_found_for_what_it_is() {
    let bundle = fifty();
    let place = bundle.place_of(Kind::Entry(20));
    let foreign = format!("\"{}\"", public([77; 32]));
    for (member, value, reason) in [
        ("action", r#""Deleted""#, Reason::Edited),
        ("area", r#""Group""#, Reason::Edited),
        ("currentCommitment", r#""AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=""#, Reason::Edited),
        ("currentCommitment", "null", Reason::Edited),
        ("currentContent", r#""{}""#, Reason::Edited),
        ("currentSalt", r#""AAAAAAAAAAAAAAAAAAAAAA==""#, Reason::Edited),
        ("dataSource", r#""x""#, Reason::Edited),
        ("id", "9007199254740991", Reason::Edited),
        ("originalCommitment", r#""AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=""#, Reason::Edited),
        ("originalContent", r#""""#, Reason::Edited),
        ("originalSalt", r#""AAAAAAAAAAAAAAAAAAAAAA==""#, Reason::Edited),
        ("primaryKey", r#""""#, Reason::Edited),
        ("timestamp", r#""2026-01-01T00:00:00.000001Z""#, Reason::Edited),
        ("user", r#""client:x""#, Reason::Edited),
        ("instanceId", r#""00000000-0000-7000-8000-000000000000""#, Reason::ForeignStore),
        ("signaturePublicKeyInfo", &foreign, Reason::WrongKey),
        ("action", r#""added""#, Reason::Malformed),
        ("area", r#""Person""#, Reason::Malformed),
        ("category", r#""Other""#, Reason::Malformed),
        ("currentCommitment", r#""""#, Reason::Malformed),
        ("currentSalt", r#""AAAAAAAAAAAAAAAAAAAAAB==""#, Reason::Malformed),
        ("dataSource", "null", Reason::Malformed),
        ("id", "0", Reason::Malformed),
        ("id", "01", Reason::Malformed),
        ("id", "1.0", Reason::Malformed),
        ("id", "1e0", Reason::Malformed),
        ("id", "-1", Reason::Malformed),
        ("id", "9007199254740992", Reason::Malformed),
        ("id", r#""1""#, Reason::Malformed),
        ("instanceId", r#""00000000-0000-7000-8000-00000000000A""#, Reason::Malformed),
        ("instanceId", r#""00000000000070008000000000000000""#, Reason::Malformed),
        ("originalContent", "5", Reason::Malformed),
        ("signature", "null", Reason::Malformed),
        ("signaturePublicKeyInfo", r#""""#, Reason::Malformed),
        ("timestamp", r#""2026-02-30T00:00:00.000000Z""#, Reason::Malformed),
        ("timestamp", r#""2026-01-01T00:00:00Z""#, Reason::Malformed),
        ("user", r#""\u0041""#, Reason::Malformed),
    ] {
        with_value(&bundle, member, value).assert_found(reason, 20, place);
    }
}

#[test]
fn a_leaf_that_was_changed_is_found_for_what_it_is() {
    let bundle = fifty();
    let place = bundle.place_of(Kind::Entry(20));
    for (leaf, reason) in [
        (21, Reason::Removed),
        (50, Reason::Removed),
        (19, Reason::Duplicated),
        (1, Reason::Inserted),
    ] {
        let mut changed = bundle.clone();
        changed.0[place] = with_leaf(&bundle.0[place], leaf);
        changed.assert_found(reason, 20, place);
    }
}

#[test]
fn an_erased_content_is_counted_and_one_side_of_it_alone_is_found() {
    let bundle = fifty();
    let (place, erased) = (bundle.place_of(Kind::Entry(20)), bundle.judge().erased);
    let without_content = with_value(&bundle, "currentContent", "null");
    without_content.assert_found(Reason::Edited, 20, place);
    with_value(&bundle, "currentSalt", "null").assert_found(Reason::Edited, 20, place);
    let without_both = with_value(&without_content, "currentSalt", "null");
    let report = without_both.judge();
    assert_eq!((report.fault, report.erased), (None, erased + 1));
    let without_all = with_value(&without_both, "currentCommitment", "null");
    without_all.assert_found(Reason::Edited, 20, place);
}
