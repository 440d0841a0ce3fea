//! Keys in a file that somebody else replaces.

use crate::support::{TestKey, Trust, claims, set};

#[tokio::test]
async fn a_key_that_is_added_counts_at_once() {
    let [old, new] = [TestKey::ed25519("old"), TestKey::ed25519("new")];
    let trust = Trust::in_keys(&[&old]);
    let token = new.token(&claims());
    assert!(!trust.accepts(&token).await);
    std::fs::write(trust.file(), set(&[old.public(), new.public()])).unwrap();
    assert!(!trust.accepts(&token).await, "the file is read once a second");
    trust.wait(1);
    assert!(trust.accepts(&token).await);
    assert!(trust.accepts(&old.token(&claims())).await);
}

#[tokio::test]
async fn a_key_that_is_taken_out_ends_within_seconds() {
    let [old, new] = [TestKey::ed25519("old"), TestKey::ed25519("new")];
    let trust = Trust::in_keys(&[&old]);
    let token = old.token(&claims());
    std::fs::write(trust.file(), set(&[new.public()])).unwrap();
    trust.wait(4);
    assert!(trust.accepts(&token).await);
    trust.wait(1);
    assert!(!trust.accepts(&token).await);
    assert!(trust.accepts(&new.token(&claims())).await);
}

#[tokio::test]
async fn a_key_of_the_same_name_takes_the_place_of_the_other() {
    let [old, new] = [TestKey::ed25519("a"), TestKey::p256("a")];
    let trust = Trust::in_keys(&[&old]);
    std::fs::write(trust.file(), set(&[new.public()])).unwrap();
    trust.wait(5);
    assert!(trust.accepts(&new.token(&claims())).await);
    assert!(!trust.accepts(&old.token(&claims())).await);
}

#[tokio::test]
async fn a_file_that_is_broken_or_gone_leaves_the_last_good_keys() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    let token = key.token(&claims());
    for broken in ["", r#"{"keys":["#, "not JSON", &" ".repeat((1 << 20) + 1)] {
        std::fs::write(trust.file(), broken).unwrap();
        trust.wait(10);
        assert!(trust.accepts(&token).await);
    }
    std::fs::remove_file(trust.file()).unwrap();
    trust.wait(10);
    assert!(trust.accepts(&token).await);
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_no_keys_from_being_read() {
    let [old, new] = [TestKey::ed25519("old"), TestKey::ed25519("new")];
    let trust = Trust::in_keys(&[&old]);
    std::fs::write(trust.file(), set(&[new.public()])).unwrap();
    trust.wait(-30);
    assert!(trust.accepts(&new.token(&claims())).await);
}
