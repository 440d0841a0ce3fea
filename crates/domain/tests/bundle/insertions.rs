//! Forged entries, at every place.

use domain::audit::bundle::Reason;
use domain::audit::{Entry, Signer as _};
use domain::id::StoreId;
use testkit::TestSigner;

use crate::file::{Bundle, Kind};
use crate::forge::{FIRST, FOREIGN, forged, line, unsigned};
use crate::scene::{SECOND, THIRD, fifty};

/// The store of a bundle.
pub(crate) fn store(bundle: &Bundle) -> StoreId {
    let manifest: serde_json::Value = serde_json::from_str(&bundle.0[0]).unwrap();
    manifest["instanceId"].as_str().unwrap().parse().unwrap()
}

/// The seed of the key in charge of a leaf.
fn seed_of(bundle: &Bundle, leaf: u64) -> [u8; 32] {
    let begun = bundle.terms().into_iter().filter(|from| *from <= leaf).count();
    [FIRST, SECOND, THIRD][begun - 1]
}

/// The bundle with what `forge` makes for the leaf that is expected there, at each place behind the
/// keys and before the end.
fn inserted_everywhere(forge: impl Fn(StoreId, u64) -> Entry) -> Vec<(usize, u64, Bundle)> {
    let good = fifty();
    let insert = |place| {
        let (mut changed, leaf) = (good.clone(), good.next_at(place));
        changed.0.insert(place, line(&forge(store(&good), leaf), leaf));
        (place, leaf, changed)
    };
    (good.head()..good.0.len()).map(insert).collect()
}

#[test]
fn an_entry_by_a_foreign_key_is_found() {
    for (place, leaf, changed) in inserted_everywhere(|store, _| forged(store, FOREIGN, |_| {})) {
        let reason = if leaf == 50 { Reason::Inserted } else { Reason::WrongKey };
        changed.assert_found(reason, leaf, place);
    }
}

#[test]
fn an_entry_by_a_key_that_has_retired_or_is_not_in_charge_yet_is_found() {
    let good = fifty();
    for seed in [FIRST, SECOND, THIRD] {
        for (place, leaf, changed) in inserted_everywhere(|store, _| forged(store, seed, |_| {})) {
            if leaf < 50 && seed_of(&good, leaf) != seed {
                changed.assert_found(Reason::WrongKey, leaf, place);
            }
        }
    }
}

#[test]
fn an_entry_by_the_right_key_that_was_never_sealed_is_found() {
    let good = fifty();
    let by_key_in_charge = |store, leaf: u64| forged(store, seed_of(&good, leaf), |_| {});
    for (place, leaf, changed) in inserted_everywhere(by_key_in_charge) {
        let numbered_anew = changed.clone().renumbered();
        if leaf == 50 {
            changed.assert_found(Reason::Inserted, 50, place);
        } else if good.terms().contains(&(leaf + 1)) {
            changed.assert_found(Reason::RootMismatch, leaf + 1, place);
        } else if good.kinds()[place] == Kind::Entry(leaf) {
            // The true one takes the place of a double then.
            changed.assert_found(Reason::Duplicated, leaf + 1, place + 1);
            let over = good.sealed_over(leaf);
            let fault = numbered_anew.judge().fault.expect("found");
            let expected = if good.terms().contains(&over) {
                (Reason::RootMismatch, over)
            } else {
                (Reason::Inserted, 50.min(over + 1))
            };
            assert_eq!((fault.reason, fault.leaf), expected);
        } else {
            changed.assert_found(Reason::Inserted, leaf + 1, place + 1);
        }
    }
}

#[test]
fn an_entry_in_the_name_of_a_key_that_did_not_sign_it_is_found() {
    let good = fifty();
    let in_its_name = |store, leaf: u64| {
        unsigned(store, TestSigner::from_seed(seed_of(&good, leaf)).public_key())
    };
    for (place, leaf, changed) in inserted_everywhere(in_its_name) {
        changed.assert_found(Reason::Inserted, leaf, place);
        if leaf < 50 {
            changed.renumbered().assert_found(Reason::Edited, leaf, place);
        }
    }
}

#[test]
fn an_entry_of_another_store_is_found() {
    let other = StoreId::new(uuid::Uuid::from_u128(7));
    let good = fifty();
    let of_other = |_, leaf: u64| forged(other, seed_of(&good, leaf), |_| {});
    for (place, leaf, changed) in inserted_everywhere(of_other) {
        let reason = if leaf == 50 { Reason::Inserted } else { Reason::ForeignStore };
        changed.assert_found(reason, leaf, place);
    }
}

#[test]
fn an_entry_for_a_leaf_that_was_before_is_a_double_only_where_its_key_was_in_charge() {
    let good = fifty();
    let place = good.place_of(Kind::Entry(45));
    let with = |entry: Entry, leaf| {
        let mut changed = good.clone();
        changed.0.insert(place, line(&entry, leaf));
        changed
    };
    let store = store(&good);
    with(forged(store, FIRST, |_| {}), 2).assert_found(Reason::Duplicated, 45, place);
    with(forged(store, THIRD, |_| {}), 2).assert_found(Reason::Inserted, 45, place);
    let key = TestSigner::from_seed(FIRST).public_key();
    with(unsigned(store, key), 2).assert_found(Reason::Inserted, 45, place);
    let elsewhere = StoreId::new(uuid::Uuid::from_u128(7));
    with(forged(elsewhere, FIRST, |_| {}), 2).assert_found(Reason::Inserted, 45, place);
}

#[test]
fn a_log_that_was_made_anew_by_an_old_key_is_found() {
    let good = fifty();
    let mut changed = good.clone();
    for text in &mut changed.0 {
        if let Some((_, leaf)) = text.rsplit_once(",\"leaf\":") {
            let leaf = leaf.trim_end_matches('}').parse().unwrap();
            *text = line(&forged(store(&good), FIRST, |_| {}), leaf);
        }
    }
    let fault = changed.judge().fault.expect("found");
    // The first checkpoint is over other entries.
    assert_eq!((fault.reason, fault.leaf), (Reason::RootMismatch, 0));
}
