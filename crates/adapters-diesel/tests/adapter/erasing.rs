//! Who was erased is in no file of the database any more.

use std::path::Path;

use domain::attribute::{AttributeKey, AttributeValue, Profile};
use domain::id::UserId;
use domain::user::{PersonName, User};
use domain::version::{Precondition, Version};
use testkit::builders::a_user;
use testkit::conformance::Setting;

use crate::places::Sqlite;

const CANARY: &str = "Canaria Ornithologica";

/// Whether a file of the directory holds the canary.
fn is_found(directory: &Path) -> bool {
    let holds = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes())
    };
    std::fs::read_dir(directory).unwrap().any(|file| holds(&file.unwrap().path()))
}

/// A name of a length that differs from round to round, so that rows move from page to page.
fn name(first: &str, round: usize) -> Option<PersonName> {
    Some(PersonName::parse(format!("{first} {}", "x".repeat(round * 37 % 200))).unwrap())
}

/// Many users: the canaries, with a profile each, and twice as many others, all of whom change.
async fn canaries_among_others(s: &Setting) -> Vec<UserId> {
    let named = |n: usize, first: &str| {
        let user = a_user(&format!("user {n}")).build();
        User { last_name: name(first, n), ..user }
    };
    let is_canary = |n: usize| n % 3 == 0;
    let first = |n: usize| if is_canary(n) { CANARY } else { "Other" };
    let mut users = Vec::new();
    for chunk in 0..12 {
        let new = (chunk * 100..(chunk + 1) * 100).map(|n| named(n, first(n))).collect();
        users.extend(s.has_users(new).await);
        let change = |(n, user): (usize, &User)| {
            (user.clone(), User { last_name: name(first(n), n + chunk + 1), ..user.clone() })
        };
        let changes = s.all_modified(users.iter().enumerate().map(change).collect()).await;
        s.update_all(&changes).await.unwrap();
        users = changes.into_iter().map(domain::audit::Recorded::into_record).collect();
    }
    let canaries = users.iter().enumerate().filter(|(n, _)| is_canary(*n));
    let canaries: Vec<_> = canaries.map(|(_, user)| user.id).collect();
    for owner in canaries.iter().copied() {
        let key = AttributeKey::parse("bird").unwrap();
        let value = Some(AttributeValue::parse(CANARY).unwrap());
        s.has_profile(Profile { owner, key, value, version: Version::UNRECORDED }).await;
    }
    canaries
}

#[test]
fn who_was_erased_is_found_in_no_file() {
    testkit::block_on(async {
        let sqlite = Sqlite::migrated();
        let s = Setting::of(&sqlite).await;
        let path = sqlite.path();
        let directory = path.parent().unwrap();
        assert!(!is_found(directory));
        let canaries = canaries_among_others(&s).await;
        for canary in canaries {
            let deleted = s.world.erasure().delete(&s.context(), canary, Precondition::None);
            deleted.await.unwrap();
        }
        assert!(is_found(directory), "in the log at least");
        sqlite.database.scrub().unwrap();
        assert!(!is_found(directory));
        assert_eq!(s.users().await.len(), 800);
    });
}
