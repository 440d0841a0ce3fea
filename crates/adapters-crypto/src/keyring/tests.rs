use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::sync::Barrier;
use std::thread;

use super::*;
use crate::SystemRandom;

/// A clock that a test sets, by seconds.
#[derive(Default)]
struct SetClock(Mutex<i64>);

impl Clock for SetClock {
    fn now(&self) -> Instant {
        Instant::from_micros(*self.0.lock().unwrap() * 1_000_000).unwrap()
    }
}

/// A directory of keys and what opens it.
struct Room {
    directory: tempfile::TempDir,
    clock: Arc<SetClock>,
    random: SystemRandom,
}

impl Room {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory, clock: Arc::default(), random: SystemRandom::new() }
    }

    fn open(&self, registered: &[PublicKeyInfo]) -> Result<Keyring, KeyringError> {
        Keyring::open(self.directory.path(), registered, &self.random, self.clock.clone())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn at(&self, second: i64) {
        *self.clock.0.lock().unwrap() = second;
    }
}

fn own(keyring: &Keyring) -> PublicKeyInfo {
    keyring.own().public_key()
}

fn has(keyring: &Keyring, key: &PublicKeyInfo) -> bool {
    keyring.find(key).is_some_and(|signer| signer.public_key() == *key)
}

#[test]
fn where_nothing_is_registered_a_key_is_made_for_its_owner_only() {
    let room = Room::new();
    let keyring = room.open(&[]).unwrap();
    assert_eq!(room.names(), ["audit.key"]);
    let mode = fs::metadata(room.file("audit.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert!(has(&keyring, &own(&keyring)));
    assert_eq!(own(&room.open(&[]).unwrap()), own(&keyring));
}

#[test]
fn a_directory_that_is_not_there_is_made_for_its_owner_only() {
    let room = Room::new();
    let directory = room.file("secrets");
    Keyring::open(&directory, &[], &room.random, room.clock.clone()).unwrap();
    let mode = fs::metadata(&directory).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o700);
}

#[test]
fn where_a_key_is_registered_none_is_made_in_its_place() {
    let (room, other) = (Room::new(), Room::new());
    let foreign = own(&other.open(&[]).unwrap());
    let error = room.open(&[foreign]).unwrap_err();
    assert!(matches!(error, KeyringError::Lacks(_)), "{error}");
    assert!(error.to_string().contains("audit.key"), "{error}");
    assert_eq!(room.names(), [""; 0]);
    let mine = own(&room.open(&[]).unwrap());
    assert!(matches!(room.open(&[mine, foreign]), Err(KeyringError::Lacks(_))));
    assert_eq!(own(&room.open(&[foreign, mine]).unwrap()), mine);
}

#[test]
fn the_next_key_is_made_once_for_its_owner_only() {
    let room = Room::new();
    let keyring = room.open(&[]).unwrap();
    let next = keyring.prepare(&room.random).unwrap();
    assert_ne!(next, own(&keyring));
    assert_eq!(keyring.prepare(&room.random).unwrap(), next);
    assert_eq!(room.open(&[]).unwrap().prepare(&room.random).unwrap(), next);
    assert_eq!(room.names(), ["audit-next.key", "audit.key"]);
    let mode = fs::metadata(room.file("audit-next.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert!(has(&keyring, &next), "it does not know what it has made");
    assert_ne!(own(&keyring), next, "it begins to sign too early");
}

#[test]
fn the_next_key_belongs_to_whom_the_present_one_does() {
    let room = Room::new();
    let keyring = room.open(&[]).unwrap();
    // None but an administrator can give files away; for others it stays their own.
    let _ = chown(room.file("audit.key"), Some(4711), Some(4711));
    keyring.prepare(&room.random).unwrap();
    let owner = |name| fs::metadata(room.file(name)).map(|of| (of.uid(), of.gid())).unwrap();
    assert_eq!(owner("audit-next.key"), owner("audit.key"));
}

#[test]
fn a_rotation_that_was_broken_off_leaves_both_keys_at_hand() {
    let room = Room::new();
    let keyring = room.open(&[]).unwrap();
    let (old, next) = (own(&keyring), keyring.prepare(&room.random).unwrap());
    let reopened = room.open(&[old, next]).unwrap();
    assert_eq!(own(&reopened), next);
    assert!(has(&reopened, &old) && has(&reopened, &next));
    assert_eq!(room.names(), ["audit-next.key", "audit.key"]);
}

#[test]
fn a_promoted_key_takes_the_place_of_the_old_one() {
    let room = Room::new();
    let keyring = room.open(&[]).unwrap();
    let (old, next) = (own(&keyring), keyring.prepare(&room.random).unwrap());
    let text = fs::read(room.file("audit-next.key")).unwrap();
    keyring.promote(&next).unwrap();
    keyring.promote(&next).unwrap();
    assert_eq!(room.names(), ["audit.key"]);
    assert_eq!(fs::read(room.file("audit.key")).unwrap(), text);
    assert!(has(&keyring, &old) && has(&keyring, &next), "what runs lost a key");
    let reopened = room.open(&[old, next]).unwrap();
    assert_eq!(own(&reopened), next);
    assert!(!has(&reopened, &old));
}

#[test]
fn no_key_but_the_next_one_is_promoted() {
    let room = Room::new();
    let keyring = room.open(&[]).unwrap();
    let foreign = own(&Room::new().open(&[]).unwrap());
    for prepared in [false, true] {
        if prepared {
            keyring.prepare(&room.random).unwrap();
        }
        let names = room.names();
        let error = keyring.promote(&foreign).unwrap_err();
        assert!(matches!(error, KeyringError::NotNext(_)), "{error}");
        assert!(error.to_string().contains("audit-next.key"), "{error}");
        assert_eq!(room.names(), names);
        assert_eq!(own(&room.open(&[]).unwrap()), own(&keyring));
    }
}

#[test]
fn a_key_that_another_process_brings_is_found_without_a_start() {
    let room = Room::new();
    let server = room.open(&[]).unwrap();
    let command = room.open(&[]).unwrap();
    let next = command.prepare(&room.random).unwrap();
    room.at(1);
    assert!(has(&server, &next));
    command.promote(&next).unwrap();
    assert!(has(&server, &next) && has(&server, &own(&server)));
}

#[test]
fn files_are_not_looked_at_for_every_request() {
    let room = Room::new();
    let server = room.open(&[]).unwrap();
    let foreign = own(&Room::new().open(&[]).unwrap());
    room.at(10);
    assert!(!has(&server, &foreign));
    let next = room.open(&[]).unwrap().prepare(&room.random).unwrap();
    assert!(!has(&server, &next), "it looked again at once");
    room.at(11);
    assert!(has(&server, &next));
    // A clock that was set back is no reason to wait until it is there again.
    let command = room.open(&[]).unwrap();
    command.promote(&next).unwrap();
    let after = command.prepare(&room.random).unwrap();
    room.at(-500);
    assert!(has(&server, &after));
}

#[test]
fn a_file_that_cannot_be_read_later_costs_no_key_that_is_known() {
    let room = Room::new();
    let server = room.open(&[]).unwrap();
    fs::write(room.file("audit-next.key"), "hunter2").unwrap();
    fs::set_permissions(room.file("audit-next.key"), fs::Permissions::from_mode(0o600)).unwrap();
    room.at(1);
    assert!(!has(&server, &own(&Room::new().open(&[]).unwrap())));
    assert!(has(&server, &own(&server)));
    let error = server.prepare(&room.random).unwrap_err().to_string();
    assert!(error.contains("audit-next.key") && !error.contains("hunter2"), "{error}");
    let error = room.open(&[own(&server)]).unwrap_err().to_string();
    assert!(error.contains("audit-next.key"), "{error}");
}

#[test]
fn keys_that_others_may_read_are_refused() {
    for name in ["audit.key", "audit-next.key"] {
        let room = Room::new();
        room.open(&[]).unwrap().prepare(&room.random).unwrap();
        fs::set_permissions(room.file(name), fs::Permissions::from_mode(0o640)).unwrap();
        let error = room.open(&[]).unwrap_err().to_string();
        assert!(error.contains(&format!("{name} is open to others")), "{error}");
    }
}

/// What each of sixteen processes gets that do something at once.
fn at_once<T: Send>(act: impl Fn() -> T + Sync) -> Vec<T> {
    let start = Barrier::new(16);
    let begin = || {
        start.wait();
        act()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(begin)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn sixteen_that_prepare_at_once_end_with_one_key() {
    for _ in 0..10 {
        let room = Room::new();
        room.open(&[]).unwrap();
        let keys = at_once(|| room.open(&[]).unwrap().prepare(&room.random).unwrap());
        assert_eq!(keys.into_iter().collect::<HashSet<_>>().len(), 1);
        assert_eq!(room.names(), ["audit-next.key", "audit.key"], "a draft is left");
    }
}

#[test]
fn sixteen_that_promote_at_once_all_succeed() {
    for _ in 0..10 {
        let room = Room::new();
        let keyring = room.open(&[]).unwrap();
        let next = keyring.prepare(&room.random).unwrap();
        at_once(|| room.open(&[own(&keyring), next]).unwrap().promote(&next).unwrap());
        assert_eq!(room.names(), ["audit.key"]);
        assert_eq!(own(&room.open(&[next]).unwrap()), next);
    }
}

#[test]
fn a_key_that_is_prepared_while_another_is_promoted_is_not_lost() {
    for _ in 0..10 {
        let room = Room::new();
        let keyring = room.open(&[]).unwrap();
        let next = keyring.prepare(&room.random).unwrap();
        let prepared: HashSet<_> = at_once(|| {
            keyring.promote(&next).unwrap();
            keyring.prepare(&room.random).unwrap()
        })
        .into_iter()
        .collect();
        assert_eq!(prepared.len(), 1);
        let reopened = room.open(&[next]).unwrap();
        assert!(prepared.iter().all(|key| *key != next && has(&reopened, key)));
    }
}

#[test]
fn a_key_that_is_being_promoted_is_found_at_every_moment() {
    let room = Room::new();
    let keyring = room.open(&[]).unwrap();
    for _ in 0..50 {
        let (old, next) = (own(&room.open(&[]).unwrap()), keyring.prepare(&room.random).unwrap());
        thread::scope(|scope| {
            let opened = scope.spawn(|| own(&room.open(&[old, next]).unwrap()));
            keyring.promote(&next).unwrap();
            assert_eq!(opened.join().unwrap(), next);
        });
    }
}

#[test]
fn keys_stay_silent() {
    assert_eq!(format!("{:?}", Room::new().open(&[]).unwrap()), "Keyring(..)");
}

#[test]
fn who_wants_only_the_keys_at_hand_makes_none() {
    let room = Room::new();
    let at_hand = || {
        let directory = room.file("secrets");
        Keyring::at_hand(&directory, &room.random, room.clock.clone()).unwrap()
    };
    let nobodys = own(&at_hand());
    assert!(!has(&at_hand(), &nobodys), "nobody has it");
    assert!(room.names().is_empty());
    let made = Keyring::open(&room.file("secrets"), &[], &room.random, room.clock.clone());
    let made = own(&made.unwrap());
    assert!(has(&at_hand(), &made));
    assert_eq!(own(&at_hand()), made);
}
