use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use adapters_diesel::Database;
use domain::audit::log::LogHead;
use domain::store::{NewStore, Overrides, StoreName, StoreService};
use tempfile::TempDir;

use super::*;
use crate::configuration::Configuration;
use crate::wire;

/// A database with three stores, and nodes beside it.
struct Place {
    directory: TempDir,
    database: Database,
}

impl Place {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let configuration = Configuration::in_directory(directory.path(), "one");
        let place = Self { database: wire::open_current(&configuration).unwrap(), directory };
        let node = place.start("one").await.unwrap();
        for name in ["shop", "forum"] {
            make_store(&node, name).await.unwrap();
        }
        place
    }

    /// A node from what is on disk.
    async fn open(&self, name: &str) -> Result<Node, Failure> {
        let configuration = Configuration::in_directory(self.directory.path(), name);
        Node::open(&configuration, &self.database).await
    }

    async fn start(&self, name: &str) -> Result<Node, Failure> {
        let node = self.open(name).await?;
        node.found(&Configuration::in_directory(self.directory.path(), name)).await?;
        Ok(node)
    }

    fn file(&self, node: &str, name: &str) -> PathBuf {
        self.directory.path().join(node).join(name)
    }

    fn key_in(&self, node: &str, name: &str) -> Option<PublicKeyInfo> {
        let signer = KeyFile::new(self.file(node, name)).load().unwrap();
        signer.map(|signer| signer.public_key())
    }

    /// As an operator does, for a node that is to be.
    fn copy(&self, from: &str, to: &str, name: &str) {
        fs::create_dir_all(self.directory.path().join(to)).unwrap();
        fs::copy(self.file(from, name), self.file(to, name)).unwrap();
    }
}

async fn make_store(node: &Node, name: &str) -> Result<StoreId, UseCaseError> {
    let name = StoreName::parse(name).unwrap();
    let new = NewStore { id: None, name, set: Overrides::default() };
    let made = StoreService::new(node.gate()).create(&caller(), None, new).await;
    made.map(|store| store.id)
}

/// A running node looks for a key that it lacks once a second.
async fn make_store_soon(node: &Node, name: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while let Err(error) = make_store(node, name).await {
        assert!(Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn keys(node: &Node) -> Vec<PublicKeyInfo> {
    KeyRotation::new(node.gate()).keys(&caller()).await.unwrap()
}

async fn heads(node: &Node) -> Vec<LogHead> {
    KeyRotation::new(node.gate()).logs(&caller(), None, PAGE).await.unwrap().items
}

/// The keys of all logs.
async fn signing(node: &Node) -> BTreeSet<[u8; 44]> {
    heads(node).await.into_iter().map(|head| head.key.0).collect()
}

/// How far a rotation came before it was broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum BrokenOff {
    Prepared,
    Registered,
    FirstHandedOver,
    AllHandedOver,
}

async fn break_off(node: &Node, after: BrokenOff) -> PublicKeyInfo {
    let rotation = Rotation::prepare(node).unwrap();
    if after >= BrokenOff::Registered {
        rotation.register().await.unwrap();
    }
    if after >= BrokenOff::FirstHandedOver {
        let first = heads(node).await[0].store;
        rotation.hand_over(first).await.unwrap();
    }
    if after >= BrokenOff::AllHandedOver {
        rotation.hand_over_all().await.unwrap();
    }
    rotation.next
}

#[actix_web::test]
async fn a_rotation_that_was_broken_off_is_finished_by_the_next_one() {
    for after in [
        BrokenOff::Prepared,
        BrokenOff::Registered,
        BrokenOff::FirstHandedOver,
        BrokenOff::AllHandedOver,
    ] {
        let place = Place::new().await;
        let former = place.key_in("one", PRESENT).unwrap();
        let next = break_off(&place.open("one").await.unwrap(), after).await;
        // A start finishes nothing, and every store can be changed at every point.
        let node = place.start("one").await.unwrap();
        assert_eq!(place.key_in("one", PRESENT), Some(former), "{after:?}");
        make_store(&node, "between").await.unwrap();

        assert_eq!(rotated(&node).await.unwrap(), next, "{after:?}");
        assert_eq!(keys(&node).await, [former, next], "{after:?}");
        assert_eq!(signing(&node).await, BTreeSet::from([next.0]), "{after:?}");
        assert_eq!(place.key_in("one", PRESENT), Some(next), "{after:?}");
        assert_eq!(place.key_in("one", NEXT), None, "{after:?}");
        let node = place.start("one").await.unwrap();
        make_store(&node, "after").await.unwrap();
    }
}

#[actix_web::test]
async fn a_rotation_that_is_finished_can_be_followed_by_another() {
    let place = Place::new().await;
    let node = place.open("one").await.unwrap();
    let (first, second) = (rotated(&node).await.unwrap(), rotated(&node).await.unwrap());
    assert_ne!(first, second);
    assert_eq!(keys(&node).await[1..], [first, second]);
    assert_eq!(signing(&node).await, BTreeSet::from([second.0]));
}

#[actix_web::test]
async fn a_node_that_has_the_next_key_goes_on_and_one_that_has_not_does_not_start() {
    let place = Place::new().await;
    for name in [PRESENT, "secrets.key"] {
        place.copy("one", "two", name);
        place.copy("one", "three", name);
    }
    let running = place.start("two").await.unwrap();
    let one = place.open("one").await.unwrap();
    one.keyring.prepare(&*one.ports.random).unwrap();
    place.copy("one", "two", NEXT);
    rotated(&one).await.unwrap();
    make_store_soon(&running, "elsewhere").await;
    place.start("two").await.unwrap();
    let refused = place.open("three").await.err().expect("refused").to_string();
    assert!(refused.contains("three/audit.key"), "{refused}");
    // What finishes it there as well.
    let two = place.open("two").await.unwrap();
    rotated(&two).await.unwrap();
    assert_eq!(place.key_in("two", PRESENT), place.key_in("one", PRESENT));
    assert_eq!(keys(&two).await.len(), 2);
}

#[actix_web::test]
async fn a_key_that_is_lost_before_it_signs_everywhere_keeps_the_node_from_starting() {
    let place = Place::new().await;
    break_off(&place.open("one").await.unwrap(), BrokenOff::FirstHandedOver).await;
    fs::remove_file(place.file("one", NEXT)).unwrap();
    let refused = place.open("one").await.err().expect("refused").to_string();
    assert!(refused.contains("one/audit.key"), "{refused}");
}

#[actix_web::test]
async fn of_two_first_starts_with_keys_of_their_own_one_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let configuration = Configuration::in_directory(directory.path(), "one");
    let database = wire::open_current(&configuration).unwrap();
    let place = Place { directory, database };
    // Both have looked before one of them is first; they share what protects secrets.
    let one = place.open("one").await.unwrap();
    place.copy("one", "two", "secrets.key");
    let two = place.open("two").await.unwrap();
    one.found(&configuration).await.unwrap();
    let refused = two.found(&configuration).await.unwrap_err().to_string();
    assert!(refused.contains("two/audit.key"), "{refused}");
    assert_eq!(keys(&one).await, [place.key_in("one", PRESENT).unwrap()]);
}

#[actix_web::test]
async fn a_key_that_has_retired_does_not_come_back() {
    let place = Place::new().await;
    let node = place.open("one").await.unwrap();
    place.copy("one", "old", PRESENT);
    rotated(&node).await.unwrap();
    fs::rename(place.file("old", PRESENT), place.file("one", NEXT)).unwrap();
    let node = place.open("one").await.unwrap();
    let refused = rotated(&node).await.unwrap_err().to_string();
    assert!(refused.contains("has retired: remove that file"), "{refused}");
    assert_eq!(keys(&node).await.len(), 2);
}
