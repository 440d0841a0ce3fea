//! The keys of a bundle, and by what they follow one another.

use domain::audit::bundle::Reason;
use domain::audit::log::{Frontier, Succession, TreeHash};
use domain::audit::{PublicKeyInfo, Signer as _};
use domain::id::StoreId;
use serde_json::json;
use testkit::TestSigner;

use crate::file::{Bundle, Kind};
use crate::forge::{FIRST, FOREIGN, public};
use crate::insertions::store;
use crate::scene::{SECOND, fifty};

/// The line of a key.
fn key(from: u64, key: &str, statement: Option<&str>) -> String {
    let line = json!({ "from": from, "key": key, "statement": statement });
    serde_json_canonicalizer::to_string(&line).unwrap()
}

/// The statement by which the second key of a bundle follows, changed before both sign it.
fn statement(bundle: &Bundle, change: impl FnOnce(&mut Succession)) -> String {
    let line: serde_json::Value = serde_json::from_str(&bundle.0[2]).unwrap();
    let keys = [FIRST, SECOND].map(TestSigner::from_seed);
    let [old, new] = keys.each_ref().map(TestSigner::public_key);
    let root = line["statement"].as_str().unwrap().lines().nth(3).unwrap().to_owned();
    let root = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, root).unwrap();
    let mut said = Succession {
        store: store(bundle),
        from: bundle.terms()[1],
        root: TreeHash(root.try_into().unwrap()),
        old,
        new,
    };
    change(&mut said);
    said.sign(&keys[0], &keys[1]).statement.unwrap()
}

fn with_line(place: usize, line: String) -> Bundle {
    let mut changed = fifty();
    changed.0[place] = line;
    changed
}

#[test]
fn the_statement_that_the_tests_make_is_that_of_the_bundle() {
    let good = fifty();
    let same = statement(&good, |_| {});
    assert_eq!(with_line(2, key(good.terms()[1], &public(SECOND), Some(&same))), good);
}

#[test]
fn a_statement_that_says_something_else_is_found() {
    let good = fifty();
    let from = good.terms()[1];
    let with = |said: String| with_line(2, key(from, &public(SECOND), Some(&said)));
    let foreign = TestSigner::from_seed(FOREIGN).public_key();
    with(statement(&good, |said| said.from += 1)).assert_found(Reason::BadKey, 0, 2);
    with(statement(&good, |said| said.old = foreign)).assert_found(Reason::BadKey, 0, 2);
    with(statement(&good, |said| said.new = foreign)).assert_found(Reason::BadKey, 0, 2);
    let elsewhere = StoreId::new(uuid::Uuid::from_u128(7));
    with(statement(&good, |said| said.store = elsewhere)).assert_found(Reason::ForeignStore, 0, 2);
    let place = good.place_of(Kind::Entry(from - 1));
    with(statement(&good, |said| said.root = TreeHash([1; 32]))).assert_found(
        Reason::RootMismatch,
        from,
        place,
    );
    let same = statement(&good, |_| {});
    let lines: Vec<_> = same.split_inclusive('\n').collect();
    let (last, text) = lines.split_last().unwrap();
    for other in [
        text.concat(),
        format!("{same}{last}"),
        format!("{}{last}{}", text[..text.len() - 1].concat(), text[text.len() - 1]),
        same.replacen("succession", "Succession", 1),
        same.replacen(&format!("\n{from}\n"), &format!("\n0{from}\n"), 1),
        String::new(),
    ] {
        with(other).assert_found(Reason::BadKey, 0, 2);
    }
}

#[test]
fn a_key_that_is_none_is_found() {
    let neutral: [u8; 32] = std::array::from_fn(|n| u8::from(n == 0));
    let twisted = {
        let mut twisted = PublicKeyInfo::HEAD;
        twisted[8] ^= 1;
        [twisted.as_slice(), &TestSigner::default().public_key().0[12..]].concat()
    };
    // y = p + 3, and 3 is the y of a point of large order.
    let second_form: [u8; 32] = std::array::from_fn(|n| match n {
        0 => 0xf0,
        31 => 0x7f,
        _ => 0xff,
    });
    let off_the_curve: [u8; 32] = std::array::from_fn(|n| if n == 0 { 2 } else { 0 });
    let info = |point: [u8; 32]| [PublicKeyInfo::HEAD.as_slice(), &point].concat();
    for bytes in [info(neutral), twisted, info(second_form), info(off_the_curve)] {
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
        with_line(1, key(0, &text, None)).assert_found(Reason::BadKey, 0, 1);
    }
}

#[test]
fn a_key_in_the_wrong_place_is_found() {
    let good = fifty();
    let from = good.terms()[1];
    let same = statement(&good, |_| {});
    with_line(1, key(1, &public(FIRST), None)).assert_found(Reason::BadKey, 0, 1);
    with_line(1, key(0, &public(FIRST), Some(&same))).assert_found(Reason::Malformed, 0, 1);
    with_line(2, key(from, &public(SECOND), None)).assert_found(Reason::Malformed, 0, 2);
    with_line(2, key(from, &public(FIRST), Some(&same))).assert_found(Reason::BadKey, 0, 2);
    let behind = statement(&good, |said| said.from = 50);
    with_line(2, key(50, &public(SECOND), Some(&behind))).assert_found(Reason::BadKey, 0, 2);
    let third = good.0[3].replacen(&format!("\"from\":{}", good.terms()[2]), "\"from\":1", 1);
    with_line(3, third).assert_found(Reason::BadKey, 0, 3);
}

#[test]
fn a_bundle_has_at_most_4096_keys() {
    let good = fifty();
    // The line behind the third key is none.
    good.clone().with_number("keys", 4096).assert_found(Reason::Malformed, 0, 4);
    good.with_number("keys", 4097).assert_found(Reason::Malformed, 0, 0);
}

#[test]
fn a_term_that_was_moved_is_found() {
    let good = fifty();
    for from in [0, good.terms()[1] - 1, good.terms()[1] + 1] {
        let moved = statement(&good, |said| said.from = from);
        let changed = with_line(2, key(from, &public(SECOND), Some(&moved)));
        let fault = changed.judge().fault.expect("found");
        assert!(
            matches!(fault.reason, Reason::RootMismatch | Reason::WrongKey),
            "the keys have signed it, and not that what they signed: {fault:?}"
        );
    }
}

#[test]
fn an_entry_by_a_key_that_is_missing_is_found() {
    let good = fifty();
    let from = good.terms()[2];
    let mut changed = good.clone().with_number("keys", 2);
    changed.0.remove(3);
    let place = changed.place_of(Kind::Entry(from));
    changed.assert_found(Reason::WrongKey, from, place);
}

#[test]
fn a_term_may_end_where_it_began() {
    // Two keys whose terms begin before the first entry: the last one signs it.
    let (store, root) = (store(&fifty()), Frontier::default().root());
    let keys = [FIRST, SECOND].map(TestSigner::from_seed);
    let [old, new] = keys.each_ref().map(TestSigner::public_key);
    let said = Succession { store, from: 0, root, old, new };
    let log = |said: Succession, seed| {
        let entry = crate::forge::forged(store, seed, |_| {});
        let mut frontier = Frontier::default();
        frontier.push(TreeHash::leaf(&domain::audit::canonical::leaf(&entry)));
        let checkpoint = domain::audit::log::Checkpoint { store, size: 1, root: frontier.root() };
        let note = checkpoint.sign(&TestSigner::from_seed(seed));
        let manifest = json!({
            "checkpoints": 1, "first": 0, "format": "userstore-audit-bundle/1",
            "instanceId": store.to_string(), "keys": 2, "prefix": [], "size": 1,
        });
        Bundle(vec![
            manifest.to_string(),
            key(0, &public(FIRST), None),
            key(0, &public(SECOND), said.sign(&keys[0], &keys[1]).statement.as_deref()),
            crate::forge::line(&entry, 0),
            json!({ "checkpoint": note }).to_string(),
        ])
    };
    assert_eq!(log(said, SECOND).judge().fault, None);
    log(said, FIRST).assert_found(Reason::WrongKey, 0, 3);
    let wrong = Succession { root: TreeHash([1; 32]), ..said };
    log(wrong, SECOND).assert_found(Reason::RootMismatch, 0, 3);
}
