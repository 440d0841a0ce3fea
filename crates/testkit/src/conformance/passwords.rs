//! The passwords of users: the present one, and the hashes of those before.

use domain::id::UserId;
use domain::password::{PasswordHash, StoredPassword};
use domain::unit_of_work::StoreError;
use domain::user::User;
use domain::version::Version;

use super::{Harness, Setting};
use crate::builders::a_user;

/// More than any user has had.
const ALL: u32 = 100;

fn hash(text: &str) -> PasswordHash {
    PasswordHash::parse(format!("$test${text}")).unwrap()
}

/// Sets a password and gives its version.
async fn set(s: &Setting, user: &User, text: &str, keep: u32) -> Version {
    let (id, stamp, hash) = (user.id, s.stamp().await, hash(text));
    s.write(move |here| here.passwords().set(id, &hash, stamp, keep)).await.unwrap();
    stamp.version()
}

async fn rehash(s: &Setting, user: UserId, before: &str, after: &str) -> bool {
    let (before, after) = (hash(before), hash(after));
    s.write(move |here| here.passwords().rehash(user, &before, &after)).await.unwrap()
}

async fn present(s: &Setting, user: &User) -> Option<StoredPassword> {
    let id = user.id;
    s.read(move |here| here.passwords().find(id)).await
}

async fn earlier(s: &Setting, user: &User, limit: u32) -> Vec<PasswordHash> {
    let id = user.id;
    s.read(move |here| here.passwords().history(id, limit)).await
}

fn hashes<const N: usize>(texts: [&str; N]) -> Vec<PasswordHash> {
    texts.map(hash).to_vec()
}

/// None at first; then the one that was set last, as long as it may be, with the version of the
/// change that set it.
pub async fn a_password_is_kept_with_its_version(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    assert_eq!(present(&s, &ada).await, None);
    assert_eq!(present(&s, &a_user("nobody").build()).await, None);
    assert_eq!(earlier(&s, &ada, ALL).await, []);
    let longest = "~".repeat(PasswordHash::MOST_BYTES - "$test$".len());
    for text in ["first", &longest, "third"] {
        let version = set(&s, &ada, text, 0).await;
        let expected = StoredPassword { hash: hash(text), version };
        assert_eq!(present(&s, &ada).await, Some(expected));
    }
    assert_eq!(s.user(ada.id).await, Some(ada), "the user changes by itself alone");
}

/// Whoever is not in this store has no password here.
pub async fn a_password_of_nobody_dangles(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let elsewhere = Setting::on(s.world.clone(), "elsewhere").await;
    let bob = elsewhere.has_user(a_user("bob").build()).await;
    for id in [bob.id, a_user("nobody").build().id] {
        let (stamp, hash) = (s.stamp().await, hash("text"));
        let setting = s.write(move |here| here.passwords().set(id, &hash, stamp, ALL));
        assert_eq!(setting.await, Err(StoreError::DanglingReference));
    }
}

/// As many as are asked for; the present one is not among them.
pub async fn earlier_passwords_come_latest_first(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    for text in ["a", "b", "c", "d", "e"] {
        set(&s, &ada, text, ALL).await;
    }
    assert_eq!(earlier(&s, &ada, ALL).await, hashes(["d", "c", "b", "a"]));
    assert_eq!(earlier(&s, &ada, 2).await, hashes(["d", "c"]));
    assert_eq!(earlier(&s, &ada, 0).await, []);
    // One that comes back is one more.
    set(&s, &ada, "e", ALL).await;
    assert_eq!(earlier(&s, &ada, 2).await, hashes(["e", "d"]));
}

/// Of the earlier ones those stay that the last who set it wants to keep; what is gone stays gone.
pub async fn of_earlier_passwords_as_many_stay_as_are_kept(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = ["ada", "bob"].map(|name| a_user(name).build());
    let (ada, bob) = (s.has_user(ada).await, s.has_user(bob).await);
    set(&s, &bob, "x", ALL).await;
    set(&s, &bob, "y", ALL).await;
    let rounds = [
        ("a", 2, hashes([])),
        ("b", 2, hashes(["a"])),
        ("c", 2, hashes(["b", "a"])),
        ("d", 2, hashes(["c", "b"])),
        ("e", 1, hashes(["d"])),
        ("f", 24, hashes(["e", "d"])),
        ("g", 0, hashes([])),
        ("h", u32::MAX, hashes(["g"])),
    ];
    for (text, keep, expected) in rounds {
        set(&s, &ada, text, keep).await;
        assert_eq!(earlier(&s, &ada, ALL).await, expected, "after {text}");
    }
    assert_eq!(earlier(&s, &bob, ALL).await, hashes(["x"]), "another user's");
}

/// The version stays, and so do the earlier ones: it is the same password.
pub async fn a_rehash_replaces_the_hash_alone(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    set(&s, &ada, "a", ALL).await;
    let version = set(&s, &ada, "b", ALL).await;
    assert!(rehash(&s, ada.id, "b", "new-b").await);
    let expected = StoredPassword { hash: hash("new-b"), version };
    assert_eq!(present(&s, &ada).await, Some(expected));
    assert_eq!(earlier(&s, &ada, ALL).await, hashes(["a"]));
    set(&s, &ada, "c", ALL).await;
    assert_eq!(earlier(&s, &ada, ALL).await, hashes(["new-b", "a"]));
}

/// Not a hash that was replaced, nor an earlier one, nor that of nobody.
pub async fn only_the_present_hash_is_rehashed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = ["ada", "bob"].map(|name| a_user(name).build());
    let (ada, bob) = (s.has_user(ada).await, s.has_user(bob).await);
    set(&s, &ada, "a", ALL).await;
    let version = set(&s, &ada, "b", ALL).await;
    for before in ["a", "B", "new"] {
        assert!(!rehash(&s, ada.id, before, "new").await, "{before}");
    }
    assert!(!rehash(&s, bob.id, "b", "new").await, "who has no password");
    assert!(!rehash(&s, a_user("nobody").build().id, "b", "new").await, "who is not there");
    let expected = StoredPassword { hash: hash("b"), version };
    assert_eq!(present(&s, &ada).await, Some(expected));
    assert_eq!(earlier(&s, &ada, ALL).await, hashes(["a"]));
    assert_eq!(present(&s, &bob).await, None);
}

/// Sign-ins of one user on two nodes, each of which found the same outdated hash.
pub async fn of_16_rehashes_of_one_hash_one_is_done(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nodes = [s.by_second_node(harness).await, s];
    let ada = nodes[1].has_user(a_user("ada").build()).await;
    set(&nodes[1], &ada, "old", 0).await;
    let rehashing: Vec<_> = (0..16)
        .zip(nodes.iter().cycle())
        .map(|(n, node)| {
            let (node, id) = (node.clone(), ada.id);
            tokio::spawn(async move { rehash(&node, id, "old", &format!("by-{n}")).await })
        })
        .collect();
    let mut done = Vec::new();
    for (n, outcome) in rehashing.into_iter().enumerate() {
        if outcome.await.unwrap() {
            done.push(hash(&format!("by-{n}")));
        }
    }
    assert_eq!(done.len(), 1);
    let found = present(&nodes[0], &ada).await.map(|password| password.hash);
    assert_eq!(found.as_ref(), done.first());
}

/// Neither one that was set nor one that was rehashed.
pub async fn a_password_of_a_unit_that_is_rolled_back_is_as_before(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    set(&s, &ada, "a", ALL).await;
    set(&s, &ada, "b", ALL).await;
    let (before, stamp, id) = (present(&s, &ada).await, s.stamp().await, ada.id);
    let failing: Result<(), _> = s
        .write(move |here| {
            assert!(here.passwords().rehash(id, &hash("b"), &hash("new"))?);
            here.passwords().set(id, &hash("c"), stamp, 0)?;
            Err(StoreError::Stale)
        })
        .await;
    assert_eq!(failing, Err(StoreError::Stale));
    assert_eq!(present(&s, &ada).await, before);
    assert_eq!(earlier(&s, &ada, ALL).await, hashes(["a"]));
}

/// They are in nobody's way, and whoever has the id next has none.
pub async fn passwords_go_with_their_user(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    set(&s, &ada, "a", ALL).await;
    set(&s, &ada, "b", ALL).await;
    let gone = s.deleted(&ada).await;
    assert_eq!(s.remove(&gone).await, Ok(()));
    assert_eq!(present(&s, &ada).await, None);
    assert_eq!(earlier(&s, &ada, ALL).await, []);
    let again = s.has_user(a_user("ada").build()).await;
    assert_eq!(present(&s, &again).await, None);
    assert_eq!(earlier(&s, &again, ALL).await, []);
}

/// Also where two users have one id.
pub async fn each_store_has_passwords_of_its_own(harness: &dyn Harness) {
    let here = Setting::of(harness).await;
    let there = Setting::on(here.world.clone(), "elsewhere").await;
    let ada = here.has_user(a_user("ada").build()).await;
    there.has_user(a_user("ada").build()).await;
    set(&here, &ada, "a", ALL).await;
    set(&here, &ada, "b", ALL).await;
    assert_eq!(present(&there, &ada).await, None);
    assert_eq!(earlier(&there, &ada, ALL).await, []);
    assert!(!rehash(&there, ada.id, "b", "new").await);
    set(&there, &ada, "x", 0).await;
    assert_eq!(present(&here, &ada).await.map(|password| password.hash), Some(hash("b")));
    assert_eq!(earlier(&here, &ada, ALL).await, hashes(["a"]));
}
