//! Addresses that users sign in by: unique where they do, free where they do not.

use domain::id::UserId;
use domain::unit_of_work::{StoreError, Taken, Unique};
use domain::user::User;

use super::{Harness, Setting};
use crate::builders::{UserBuilder, a_user};

const CONFLICT: Result<(), StoreError> = Err(StoreError::Conflict { what: Unique::EmailAddress });

fn at_home(name: &str) -> UserBuilder {
    a_user(name).email(&format!("{name}@example.com"))
}

async fn sign_in_by_email(s: &Setting, on: bool) -> Result<(), StoreError> {
    s.write(move |here| here.users().sign_in_by_email(on)).await
}

/// Who signs in by their address.
async fn signing_in(s: &Setting) -> Vec<UserId> {
    let users = s.users().await.into_iter().filter(|user| user.signs_in_by_email);
    users.map(|user| user.id).collect()
}

/// As long as not both of them sign in by it.
pub async fn an_address_that_nobody_signs_in_by_is_free(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_user(at_home("ada").build()).await;
    s.has_user(a_user("bob").email("ADA@example.com").build()).await;
    let eve =
        s.has_user(a_user("eve").email("ada@EXAMPLE.com").signing_in_by_email().build()).await;
    assert_eq!(signing_in(&s).await, [eve.id]);
    s.has_user(a_user("kim").email("ada@example.com").build()).await;
}

/// By an insert and by an update, whose entries are not stored.
pub async fn an_address_that_somebody_signs_in_by_is_taken_ignoring_case(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(at_home("ada").signing_in_by_email().build()).await;
    let taken = a_user("bob").email("ADA@Example.COM").signing_in_by_email().build();
    let bob = s.added(taken.clone()).await;
    assert_eq!(s.insert(&bob).await, CONFLICT);
    s.assert_absent(&bob).await;
    let bob = s.has_user(at_home("bob").signing_in_by_email().build()).await;
    let moved = s.modified(&bob, User { id: bob.id, ..taken }).await;
    assert_eq!(s.update(&moved).await, CONFLICT);
    assert_eq!(s.user(bob.id).await, Some(bob));
    assert_eq!(s.user(ada.id).await, Some(ada));
    s.assert_not_logged(&moved).await;
}

/// By an update, by a removal, and by no longer signing in by it.
pub async fn an_address_is_free_again_once_nobody_signs_in_by_it(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let holder = async |name: &str| {
        s.has_user(a_user(name).email("Ada@example.com").signing_in_by_email().build()).await
    };
    let first = holder("moves").await;
    let moved = a_user("moves").replacing(&first).email("new@example.com").signing_in_by_email();
    let moved = s.modified(&first, moved.build()).await;
    assert_eq!(s.update(&moved).await, Ok(()));
    let second = holder("stops").await;
    let stopped = s.modified(&second, User { signs_in_by_email: false, ..second.clone() }).await;
    assert_eq!(s.update(&stopped).await, Ok(()));
    let third = holder("goes").await;
    let gone = s.deleted(&third).await;
    assert_eq!(s.remove(&gone).await, Ok(()));
    let fourth = holder("stays").await;
    assert_eq!(signing_in(&s).await.len(), 2);
    assert!(signing_in(&s).await.contains(&fourth.id));
}

/// Having none is not having the same; a user is not in its own way.
pub async fn many_users_have_no_address_and_one_may_respell_its_own(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for name in ["ada", "bob", "eve"] {
        s.has_user(a_user(name).signing_in_by_email().build()).await;
    }
    let kim = s.has_user(at_home("kim").signing_in_by_email().build()).await;
    let respelled = a_user("kim").replacing(&kim).email("KIM@example.com").signing_in_by_email();
    let respelled = s.modified(&kim, respelled.build()).await;
    assert_eq!(s.update(&respelled).await, Ok(()));
    s.assert_stored(&respelled).await;
}

/// After the other things that may be taken; the first of two of one set is inserted.
pub async fn of_a_set_it_is_said_whose_address_is_taken(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_user(at_home("ada").external_id("x").signing_in_by_email().build()).await;
    let with = |name: &str, address: &str| a_user(name).email(address).signing_in_by_email();
    let set = vec![
        with("bob", "Ada@example.com").build(),
        with("eve", "Ada@example.com").external_id("x").build(),
        with("ADA", "Ada@example.com").id(a_user("kim").build().id).build(),
        with("lea", "lea@example.com").build(),
        with("leo", "LEA@example.com").build(),
        a_user("mia").email("lea@example.com").build(),
    ];
    let set = s.all_added(set).await;
    let taken = |what| Err(Taken { what });
    assert_eq!(
        s.insert_new(&set).await,
        [
            taken(Unique::EmailAddress),
            taken(Unique::ExternalId),
            taken(Unique::LoginName),
            Ok(()),
            taken(Unique::EmailAddress),
            Ok(())
        ]
    );
    for (n, user) in set.iter().enumerate() {
        if n == 3 || n == 5 {
            s.assert_stored(user).await;
        } else {
            assert_eq!(s.entry(user.entry().id).await, None);
        }
    }
}

/// One after the other in the order of the slice, as with names.
pub async fn an_update_may_take_the_address_that_an_earlier_one_frees(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(at_home("ada").signing_in_by_email().build()).await;
    let bob = s.has_user(at_home("bob").signing_in_by_email().build()).await;
    let moved = |user: &User, address: &str| {
        let at_address = a_user(user.login_name.as_str()).replacing(user).email(address);
        at_address.signing_in_by_email().build()
    };
    let frees = s.modified(&bob, moved(&bob, "new@example.com")).await;
    let takes = s.modified(&ada, moved(&ada, "BOB@example.com")).await;
    assert_eq!(s.update_all(&[takes.clone(), frees.clone()]).await, CONFLICT);
    assert_eq!(s.update_all(&[frees.clone(), takes.clone()]).await, Ok(()));
    s.assert_stored(&frees).await;
    s.assert_stored(&takes).await;
}

/// Everybody who has one; their versions, and all else of them, stay.
pub async fn all_users_of_a_store_begin_and_cease_to_sign_in_by_address(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    let elsewhere = other.has_user(at_home("ada").build()).await;
    let ada = s.has_user(at_home("ada").build()).await;
    let bob = s.has_user(at_home("bob").signing_in_by_email().build()).await;
    s.has_user(a_user("eve").build()).await;
    let (before, entries) = (s.users().await, s.entries().await);
    let with = |on: bool| {
        let change = move |user: &User| User {
            signs_in_by_email: on && user.email.is_some(),
            ..user.clone()
        };
        before.iter().map(change).collect::<Vec<_>>()
    };

    assert_eq!(sign_in_by_email(&s, true).await, Ok(()));
    assert_eq!(s.users().await, with(true));
    let taken = s.added(a_user("kim").email("ADA@example.com").signing_in_by_email().build()).await;
    assert_eq!(s.insert(&taken).await, CONFLICT);
    assert_eq!(sign_in_by_email(&s, true).await, Ok(()));

    assert_eq!(sign_in_by_email(&s, false).await, Ok(()));
    assert_eq!(s.users().await, with(false));
    assert_eq!(s.insert(&taken).await, Ok(()));
    assert_eq!(s.entries().await.len(), entries.len() + 1);
    assert_eq!(other.users().await, [elsewhere]);
    assert!(ada.email.is_some() && bob.signs_in_by_email);
}

/// Two users with one address, in whatever spelling: none of them signs in by it.
pub async fn users_with_one_address_cannot_sign_in_by_it(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_user(at_home("ada").build()).await;
    s.has_user(at_home("bob").build()).await;
    s.has_user(a_user("eve").email("ÄRGER@example.com").build()).await;
    let twin = s.has_user(a_user("kim").email("ärger@EXAMPLE.com").build()).await;
    assert_eq!(sign_in_by_email(&s, true).await, CONFLICT);
    assert_eq!(signing_in(&s).await, []);
    let gone = s.deleted(&twin).await;
    s.remove(&gone).await.unwrap();
    assert_eq!(sign_in_by_email(&s, true).await, Ok(()));
    assert_eq!(signing_in(&s).await.len(), 3);
}
