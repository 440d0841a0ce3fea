//! Every line removed, every one doubled at every place, every two exchanged.

use domain::audit::bundle::Reason;

use crate::file::{Bundle, Kind};
use crate::scene::fifty;

/// What is found in a bundle whose lines are those of a good one in another order, or not all of them,
/// or some twice: judged by their kinds alone.
fn expected(good: &Bundle, kinds: &[Kind]) -> Option<(Reason, u64, usize)> {
    let (size, head) = (good.number("size"), good.head());
    let (mut next, mut sealed, mut checkpoints) = (0, 0, 0);
    for (place, kind) in kinds.iter().enumerate() {
        let found = |reason| Some((reason, next, place));
        let comes_later = kinds[place + 1..].contains(&Kind::Entry(next));
        match kind {
            _ if sealed == size => return found(Reason::Trailing),
            // Only where they stood: the lines of the keys are asserted by themselves.
            Kind::Manifest | Kind::Key if place < head => {}
            Kind::Manifest | Kind::Key => return found(Reason::Malformed),
            Kind::Entry(_) | Kind::Checkpoint(_) if place < head => {
                return found(Reason::Malformed);
            }
            Kind::Entry(leaf) if *leaf > next && comes_later => return found(Reason::Reordered),
            Kind::Entry(leaf) if *leaf > next => return found(Reason::Removed),
            Kind::Entry(leaf) if *leaf < next => return found(Reason::Duplicated),
            Kind::Entry(_) => next += 1,
            Kind::Checkpoint(over) if *over <= sealed => return found(Reason::Duplicated),
            Kind::Checkpoint(over) if *over > next => return found(Reason::Removed),
            Kind::Checkpoint(over) if *over < next => return found(Reason::Inserted),
            Kind::Checkpoint(over) => {
                (sealed, checkpoints) = (*over, checkpoints + 1);
                if sealed == size && checkpoints != good.number("checkpoints") {
                    return found(Reason::Malformed);
                }
            }
        }
    }
    (sealed != size).then_some((Reason::Truncated, next, kinds.len()))
}

#[track_caller]
fn assert_as_expected(good: &Bundle, changed: &Bundle) {
    let (reason, leaf, place) = expected(good, &changed.kinds()).expect("a change that shows");
    changed.assert_found(reason, leaf, place);
}

#[test]
fn what_is_expected_of_the_good_one_is_good() {
    assert_eq!(expected(&fifty(), &fifty().kinds()), None);
}

#[test]
fn every_line_that_is_removed_is_missed() {
    let good = fifty();
    for place in good.head()..good.0.len() {
        let mut changed = good.clone();
        changed.0.remove(place);
        assert_as_expected(&good, &changed);
    }
    for place in 0..good.head() {
        let mut changed = good.clone();
        changed.0.remove(place);
        // The third key does not follow the first one; any other line is none of that form.
        let reason = if place == 2 { Reason::BadKey } else { Reason::Malformed };
        changed.assert_found(reason, 0, place);
    }
}

#[test]
fn every_line_that_is_there_twice_is_found_wherever_it_stands() {
    let good = fifty();
    for line in &good.0[good.head()..] {
        for place in 0..=good.0.len() {
            let mut changed = good.clone();
            changed.0.insert(place, line.clone());
            if changed.0 != good.0 {
                assert_as_expected(&good, &changed);
            }
        }
    }
    for line in &good.0[..good.head()] {
        for place in 0..=good.0.len() {
            let mut changed = good.clone();
            changed.0.insert(place, line.clone());
            let fault = changed.judge().fault.expect("found");
            let is_behind = place == good.0.len();
            let reason = if is_behind { Reason::Trailing } else { Reason::Malformed };
            let is_key = place > 0 && place < good.head() && fault.reason == Reason::BadKey;
            assert!(fault.reason == reason || is_key, "{fault:?} at {place}");
        }
    }
}

#[test]
fn every_two_lines_that_are_exchanged_are_found() {
    let good = fifty();
    for (first, second) in pairs(good.0.len()) {
        let mut changed = good.clone();
        changed.0.swap(first, second);
        if first >= good.head() {
            assert_as_expected(&good, &changed);
        } else {
            let fault = changed.judge().fault.expect("found");
            assert!(matches!(fault.reason, Reason::Malformed | Reason::BadKey), "{fault:?}");
            assert!(fault.line <= Some(second as u64 + 1), "{fault:?}");
        }
    }
}

fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |first| (first + 1..count).map(move |second| (first, second)))
}

#[test]
fn a_removed_entry_is_missed_also_where_the_leaves_are_numbered_anew() {
    let good = fifty();
    for leaf in 0..50 {
        let mut changed = good.clone();
        changed.0.remove(good.place_of(Kind::Entry(leaf)));
        let over = good.sealed_over(leaf);
        let place = good.place_of(Kind::Checkpoint(over)) - 1;
        changed.renumbered().assert_found(Reason::Removed, over - 1, place);
    }
}

#[test]
fn a_removed_entry_is_missed_also_where_the_manifest_is_made_to_fit() {
    let good = fifty();
    for leaf in 0..50 {
        let mut changed = good.clone();
        changed.0.remove(good.place_of(Kind::Entry(leaf)));
        let fault = changed.renumbered().with_number("size", 49).judge().fault.expect("found");
        assert!(matches!(fault.reason, Reason::Removed | Reason::BadCheckpoint), "{fault:?}");
    }
}

#[test]
fn exchanged_entries_are_found_also_where_the_leaves_are_numbered_anew() {
    let good = fifty();
    let size = good.number("size");
    for first in 0..size {
        for second in first + 1..size {
            let mut changed = good.clone();
            let places = [first, second].map(|leaf| good.place_of(Kind::Entry(leaf)));
            changed.0.swap(places[0], places[1]);
            let changed = changed.renumbered();
            let over = good.sealed_over(first);
            if key_of(&good, places[0]) != key_of(&good, places[1]) {
                changed.assert_found(Reason::WrongKey, first, places[0]);
            } else if good.terms().contains(&over) {
                // The next key has signed what was before it.
                let place = good.place_of(Kind::Checkpoint(over)) - 1;
                changed.assert_found(Reason::RootMismatch, over, place);
            } else {
                let before = good.sealed().into_iter().rfind(|before| *before < over).unwrap_or(0);
                let place = good.place_of(Kind::Checkpoint(over));
                changed.assert_found(Reason::RootMismatch, before, place);
            }
        }
    }
}

/// By which key the entry of a line is signed.
fn key_of(bundle: &Bundle, place: usize) -> String {
    let line: serde_json::Value = serde_json::from_str(&bundle.0[place]).unwrap();
    line["entry"]["signaturePublicKeyInfo"].to_string()
}

#[test]
fn a_doubled_entry_is_found_also_where_the_leaves_are_numbered_anew() {
    let good = fifty();
    for leaf in 0..50 {
        let line = good.0[good.place_of(Kind::Entry(leaf))].clone();
        for at in 0..50 {
            let (mut changed, place) = (good.clone(), good.place_of(Kind::Entry(at)));
            changed.0.insert(place, line.clone());
            let is_same_key =
                key_of(&good, place) == key_of(&good, good.place_of(Kind::Entry(leaf)));
            let over = good.sealed_over(at);
            // It is signed, and only what was sealed shows that it is one too many.
            let (reason, leaf) = if !is_same_key {
                (Reason::WrongKey, at)
            } else if !good.terms().contains(&over) {
                (Reason::Inserted, 50.min(over + 1))
            } else if leaf == at && over == at + 1 {
                // Only the double stands behind what the next key has signed.
                (Reason::WrongKey, over)
            } else {
                (Reason::RootMismatch, over)
            };
            let fault = changed.renumbered().judge().fault.expect("found");
            assert_eq!((fault.reason, fault.leaf), (reason, leaf), "{line} at {at}: {fault:?}");
        }
    }
}
