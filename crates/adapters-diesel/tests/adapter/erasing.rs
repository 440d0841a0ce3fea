//! Who was erased is in no file of the database any more.

use std::path::Path;

use domain::attribute::{AttributeKey, AttributeValue, Profile};
use domain::audit::Recorded;
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
fn name(first: &str, round: usize) -> PersonName {
    PersonName::parse(format!("{first} {}", "x".repeat(round * 37 % 200))).unwrap()
}

/// Some users who change again and again: canaries, with a profile each, and as many others.
async fn canaries_among_others(s: &Setting) -> Vec<UserId> {
    let first = |n: usize| if n.is_multiple_of(2) { CANARY } else { "Other" };
    let user =
        |n: usize| User { last_name: Some(name(first(n), n)), ..a_user(&format!("u {n}")).build() };
    let mut users = s.has_users((0..20).map(user).collect()).await;
    for round in 1..=10 {
        let change = |(n, user): (usize, &User)| {
            (user.clone(), User { last_name: Some(name(first(n), n + round)), ..user.clone() })
        };
        let changes = s.all_modified(users.iter().enumerate().map(change).collect()).await;
        s.update_all(&changes).await.unwrap();
        users = changes.into_iter().map(Recorded::into_record).collect();
    }
    let canaries: Vec<_> = users.iter().step_by(2).map(|user| user.id).collect();
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
            let (erasure, context) = (s.world.erasure(), s.context());
            erasure.delete(&context, canary, Precondition::None).await.unwrap();
        }
        assert!(is_found(directory), "in the write-ahead log");
        sqlite.database.scrub().unwrap();
        assert!(!is_found(directory));
        assert_eq!(s.users().await.len(), 10);
    });
}
