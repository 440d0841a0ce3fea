//! Bundles held against a checkpoint that was kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::bundle::{KeptCheckpoint, Reason, Tail};
use domain::audit::log::{Checkpoint, TreeHash};
use testkit::TestSigner;

use crate::file::{Bundle, Kind, judge_against};
use crate::forge::{FIRST, FOREIGN};
use crate::scene::{SECOND, Scene, THIRD, fifty};

#[track_caller]
fn assert_misfit(bundle: &Bundle, kept: &str, reason: Reason, leaf: u64) {
    let report = judge_against(&bundle.file(), kept).unwrap();
    let fault = report.fault.expect("it does not fit");
    assert_eq!((fault.reason, fault.leaf, fault.line), (reason, leaf, None), "{}", fault.detail);
    assert_eq!((report.tail, report.root), (Tail::Unprotected, None));
    assert_eq!(report.entries, bundle.number("size") - bundle.number("first"));
}

/// The checkpoint over so many leaves, changed, and signed by that key.
fn resigned(
    bundle: &Bundle,
    size: u64,
    seed: [u8; 32],
    change: impl Fn(&mut Checkpoint),
) -> String {
    let note = bundle.note(size);
    let (mut checkpoint, _) = Checkpoint::read(&note).unwrap();
    change(&mut checkpoint);
    checkpoint.sign(&TestSigner::from_seed(seed))
}

/// The log as it was at a checkpoint: good by itself.
fn cut_at(bundle: &Bundle, size: u64) -> Bundle {
    let (terms, sealed) = (bundle.terms(), bundle.sealed());
    let keys = terms.iter().filter(|from| **from < size).count().max(1);
    let checkpoints = sealed.iter().filter(|over| **over <= size).count();
    let mut cut = bundle.clone();
    cut.0.truncate(bundle.place_of(Kind::Checkpoint(size)) + 1);
    cut.0.drain((1 + keys)..=terms.len());
    let cut = cut.with_number("size", size).with_number("keys", keys as u64);
    cut.with_number("checkpoints", checkpoints as u64)
}

#[test]
fn every_checkpoint_of_the_log_fits() {
    let bundle = fifty();
    for size in bundle.sealed() {
        let report = judge_against(&bundle.file(), &bundle.note(size)).unwrap();
        assert_eq!((report.fault, report.tail), (None, Tail::Pinned));
    }
    assert_eq!(bundle.judge().tail, Tail::Unprotected);
}

#[test]
fn a_log_that_was_cut_off_is_good_only_where_nobody_kept_a_checkpoint() {
    let bundle = fifty();
    for size in bundle.sealed() {
        let cut = cut_at(&bundle, size);
        let report = cut.judge();
        assert_eq!((report.fault, report.size), (None, Some(size)));
        for kept in bundle.sealed() {
            if kept > size {
                assert_misfit(&cut, &bundle.note(kept), Reason::Truncated, size);
            } else {
                assert_eq!(judge_against(&cut.file(), &bundle.note(kept)).unwrap().fault, None);
            }
        }
    }
}

#[test]
fn a_checkpoint_of_another_log_does_not_fit() {
    let bundle = fifty();
    for size in bundle.sealed() {
        let other = resigned(&bundle, size, THIRD, |checkpoint| {
            checkpoint.store = domain::id::StoreId::new(uuid::Uuid::from_u128(7));
        });
        assert_misfit(&bundle, &other, Reason::ForeignStore, 0);
        let forked = resigned(&bundle, size, THIRD, |kept| kept.root = TreeHash([1; 32]));
        assert_misfit(&bundle, &forked, Reason::Forked, size);
        let foreign = resigned(&bundle, size, FOREIGN, |_| {});
        assert_misfit(&bundle, &foreign, Reason::WrongKey, size);
    }
    let later = resigned(&bundle, 50, THIRD, |checkpoint| checkpoint.size = 51);
    assert_misfit(&bundle, &later, Reason::Truncated, 50);
}

#[test]
fn a_checkpoint_by_a_key_that_was_not_in_charge_does_not_fit() {
    let bundle = fifty();
    let last = *bundle.sealed().last().unwrap();
    for seed in [FIRST, SECOND] {
        assert_misfit(&bundle, &resigned(&bundle, last, seed, |_| {}), Reason::WrongKey, last);
    }
    let first = bundle.sealed()[0];
    assert_misfit(&bundle, &resigned(&bundle, first, THIRD, |_| {}), Reason::WrongKey, first);
}

#[test]
fn a_signature_that_does_not_hold_does_not_fit() {
    let bundle = fifty();
    let good = bundle.note(50);
    let (text, signature) = good.rsplit_once(' ').unwrap();
    let mut bytes = STANDARD.decode(signature.trim_end()).unwrap();
    bytes[67] ^= 1;
    let wrong = format!("{text} {}\n", STANDARD.encode(bytes));
    assert_misfit(&bundle, &wrong, Reason::WrongKey, 50);
}

#[test]
fn a_log_that_went_another_way_does_not_fit() {
    testkit::block_on(async {
        // The same backup was restored twice, and each copy went on.
        let logs = [Scene::new().await, Scene::new().await];
        assert_eq!(logs[0].store.id, logs[1].store.id);
        logs[0].user("ada").await;
        logs[1].user("eve").await;
        let [ours, theirs] = [logs[0].export().await, logs[1].export().await];
        assert_eq!(theirs.judge().fault, None);
        assert_misfit(&ours, &theirs.note(2), Reason::Forked, 2);
        assert_misfit(&theirs, &ours.note(2), Reason::Forked, 2);
    });
}

#[test]
fn witnesses_may_have_signed_too() {
    let bundle = fifty();
    let note = bundle.note(50);
    let line =
        |name: &str, bytes: usize| format!("\u{2014} {name} {}\n", STANDARD.encode(vec![4; bytes]));
    let (text, ours) = note.split_at(note.rfind('\u{2014}').unwrap());
    for witnessed in [
        format!("{note}{}", line("witness.example/w1", 76)),
        format!("{text}{}{ours}", line("witness.example/w1", 76)),
        format!("{note}{}{}", line("a", 5), line("witness.example/w2", 68)),
        format!("{text}{}{ours}", line("userstore", 68)),
    ] {
        assert_eq!(judge_against(&bundle.file(), &witnessed).unwrap().fault, None, "{witnessed}");
    }
    for wrong in [
        format!("{note}{}", line("a+b", 76)),
        format!("{note}{}", line("a", 3)),
        format!("{note}\u{2014} a b c\n"),
        format!("{note}\n"),
        format!("{note}x"),
        format!("{text}{}", line("witness.example/w1", 76)),
        note.trim_end().to_owned(),
        note.replace('\n', "\r\n"),
        format!("\u{feff}{note}"),
        text.to_owned(),
        String::new(),
        "{}".to_owned(),
    ] {
        assert!(KeptCheckpoint::read(&wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn what_is_wrong_in_the_bundle_comes_first() {
    let bundle = fifty();
    let mut changed = bundle.clone();
    let place = bundle.place_of(Kind::Entry(20));
    changed.0.remove(place);
    let forked = resigned(&bundle, 50, THIRD, |kept| kept.root = TreeHash([1; 32]));
    let report = judge_against(&changed.file(), &forked).unwrap();
    assert_eq!(report.fault.map(|fault| fault.reason), Some(Reason::Removed));
}
