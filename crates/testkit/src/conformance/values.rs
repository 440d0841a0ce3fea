//! Values at the edges of their types come back as they were stored.

use domain::attribute::{AttributeValue, Profile};
use domain::id::UserId;
use domain::time::Instant;
use domain::unit_of_work::{StoreError, Unique};
use domain::user::{PersonName, User, Validity};
use uuid::Uuid;

use super::attributes::{a_profile, metadata};
use super::{Harness, Setting};
use crate::builders::{a_client, a_group, a_user};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn window(from: &str, to: &str) -> Validity {
    Validity::new(Some(at(from)), Some(at(to))).unwrap()
}

/// A user that has every property, each with another value than a new user's.
pub(super) fn every_property(id: UserId) -> User {
    User {
        validity: window("2020-01-01T00:00:00.000001Z", "2030-01-01T00:00:00Z"),
        email_confirmed: true,
        lock_enabled: false,
        password_never_expires: true,
        can_change_expired_password: false,
        password_expires: Some(at("2027-06-30T12:34:56.789012Z")),
        initial_password: true,
        password_change_required: true,
        two_factor_required: true,
        two_factor_registered: true,
        ..a_user(&format!("full {id}"))
            .id(id)
            .external_id(&format!("external {id}"))
            .named("Ada", "Lovelace")
            .email(&format!("{id}@example.com"))
            .signing_in_by_email()
            .inactive()
            .locked()
            .build()
    }
}

async fn comes_back(s: &Setting, user: User) {
    let user = s.added(user).await;
    s.insert(&user).await.unwrap();
    s.assert_stored(&user).await;
    let name = user.record().login_name.folded();
    let by_name = s.read(move |here| here.users().find_by_login_name(&name)).await;
    assert_eq!(by_name.as_ref(), Some(user.record()));
    assert!(s.users().await.contains(user.record()));
}

/// 256 characters of four bytes each, in every name.
pub async fn the_longest_texts_come_back(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let long = "\u{1F600}".repeat(256);
    let address = format!("{}@{}.example.com", "a".repeat(64), ["b"; 88].join("."));
    let user = a_user(&long).external_id(&long).named(&long, &long).email(&address).build();
    let id = user.id;
    comes_back(&s, user).await;
    let profile = s.has_profile(a_profile(id, &long, &long)).await;
    assert_eq!(s.profiles(id).await, [profile]);
    let group = s.has_group(a_group(&long).build()).await;
    let wanted = group.id;
    assert_eq!(s.read(move |here| here.groups().find(wanted)).await, Some(group));
    let about = s.has_attribute(metadata(wanted, &long, &long)).await;
    assert_eq!(s.attributes(wanted).await, [about]);
    let client = s.has_client(a_client(&long).build()).await;
    assert_eq!(s.read(|here| here.clients().page(None, 10)).await, [client]);
}

/// Years 1 and 9999, to the microsecond.
pub async fn the_first_and_the_last_moment_come_back(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (first, last) = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z");
    let (validity, password_expires) = (window(first, last), Some(at(last)));
    comes_back(&s, User { validity, password_expires, ..a_user("ada").build() }).await;
    let before_1970 = "1969-12-31T23:59:59.999999Z";
    let (validity, password_expires) = (window(before_1970, before_1970), Some(at(first)));
    comes_back(&s, User { validity, password_expires, ..a_user("bob").build() }).await;
    let client = a_client("import").expiring(at(last)).build();
    let client = s.has_client(client).await;
    assert_eq!(s.read(|here| here.clients().page(None, 10)).await, [client]);
}

/// Each alone, so that two of them in each other's column would show.
pub async fn every_flag_comes_back_both_ways(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let flip: [fn(&mut User); 10] = [
        |user| user.email_confirmed ^= true,
        |user| user.active ^= true,
        |user| user.lock_enabled ^= true,
        |user| user.locked ^= true,
        |user| user.password_never_expires ^= true,
        |user| user.can_change_expired_password ^= true,
        |user| user.initial_password ^= true,
        |user| user.password_change_required ^= true,
        |user| user.two_factor_required ^= true,
        |user| user.two_factor_registered ^= true,
    ];
    for (n, flip) in flip.iter().enumerate() {
        let mut user = a_user(&format!("user {n}")).build();
        flip(&mut user);
        comes_back(&s, user).await;
    }
    comes_back(&s, a_user("address").email("ada@example.com").build()).await;
    let signing_in = a_user("signing in").email("Ada@example.com").signing_in_by_email();
    comes_back(&s, signing_in.build()).await;
    comes_back(&s, every_property(a_user("full").build().id)).await;
}

/// An empty text is a text.
pub async fn nothing_and_empty_are_told_apart(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    comes_back(&s, a_user("empty").named("", "").build()).await;
    let last_name = Some(PersonName::parse("").unwrap());
    comes_back(&s, User { last_name, ..a_user("half").build() }).await;
    comes_back(&s, a_user("none").build()).await;
    let id = a_user("none").build().id;
    let empty = s.has_profile(a_profile(id, "empty", "")).await;
    let none = s.has_profile(Profile { value: None, ..a_profile(id, "none", "") }).await;
    assert_eq!(s.profiles(id).await, [empty, none]);
}

/// Quotes, wildcards, escapes, spaces at the ends, line breaks in values.
pub async fn text_that_means_something_elsewhere_is_only_text(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let texts =
        ["'; DROP TABLE users; --", "\"", "\\", "%", "_", " ada", "ada", "ada ", "$1", "NULL", "?"];
    for text in texts {
        let user = a_user(text).external_id(text).named(text, text).build();
        let id = user.id;
        comes_back(&s, user).await;
        let profile = s.has_profile(a_profile(id, text, &format!("{text}\r\n\t{text}"))).await;
        assert_eq!(s.profiles(id).await, [profile]);
    }
    assert_eq!(s.users().await.len(), texts.len());
}

/// The domain says which names are the same, the store keeps them apart from all others.
pub async fn names_that_fold_alike_are_one_name(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for (held, taken, free) in [
        ("Café", "CAFE\u{301}", "Cafe"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ", "Σισυφος"),
        ("Maße", "MAẞE", "Masse"),
    ] {
        s.has_user(a_user(held).build()).await;
        let again = s.added(a_user(taken).build()).await;
        let outcome = s.insert(&again).await;
        assert_eq!(outcome, Err(StoreError::Conflict { what: Unique::LoginName }), "{taken}");
        comes_back(&s, a_user(free).build()).await;
    }
}

/// The most that a profile may hold.
pub async fn a_value_of_64_kib_comes_back(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await.id;
    let value = "\u{1F600}".repeat(AttributeValue::MAX_BYTES / 4);
    let change = s.added(a_profile(ada, "long", &value)).await;
    s.apply_profiles(vec![change.clone()]).await.unwrap();
    assert_eq!(s.profiles(ada).await, [change.record().clone()]);
    assert_eq!(s.entry(change.entry().id).await.as_ref(), Some(change.entry()));
}

/// All bits of an id.
pub async fn the_lowest_and_the_highest_id_come_back(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (lowest, highest) = (UserId::new(Uuid::nil()), UserId::new(Uuid::max()));
    comes_back(&s, a_user("highest").id(highest).build()).await;
    comes_back(&s, a_user("lowest").id(lowest).build()).await;
    let ids: Vec<_> = s.users().await.iter().map(|user| user.id).collect();
    assert_eq!(ids, [lowest, highest]);
}
