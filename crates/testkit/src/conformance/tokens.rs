//! One-time tokens of users.

use domain::id::UserId;
use domain::time::Instant;
use domain::token::{Purpose, StoredToken, TokenHash};
use domain::unit_of_work::{StoreError, Verdict};

use super::waiting::beside;
use super::{Harness, Setting};
use crate::builders::a_user;

const RESET: Purpose = Purpose::PasswordReset;

fn token(byte: u8) -> StoredToken {
    let expires = "2026-06-30T12:34:56.789012Z".parse().unwrap();
    StoredToken { hash: TokenHash::from_bytes([byte; 32]), expires }
}

async fn put(s: &Setting, user: UserId, token: StoredToken) {
    s.write(move |here| here.tokens().put(user, RESET, &token)).await.unwrap();
}

async fn find(s: &Setting, user: UserId) -> Option<StoredToken> {
    s.read(move |here| here.tokens().find(user, RESET)).await
}

async fn take(s: &Setting, user: UserId, token: StoredToken) -> bool {
    s.write(move |here| here.tokens().take(user, RESET, &token.hash)).await.unwrap()
}

/// None at first; then the latest, whenever it expires.
pub async fn a_token_takes_the_place_of_the_one_before(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await.id;
    assert_eq!(find(&s, ada).await, None);
    assert_eq!(find(&s, a_user("nobody").build().id).await, None);
    let expiring = |at: &str| at.parse::<Instant>().unwrap();
    let tokens = [
        token(0),
        StoredToken { expires: expiring("0001-01-01T00:00:00Z"), ..token(0xFF) },
        StoredToken { expires: expiring("9999-12-31T23:59:59.999999Z"), ..token(1) },
    ];
    for token in tokens {
        put(&s, ada, token).await;
        assert_eq!(find(&s, ada).await, Some(token));
    }
    assert!(!take(&s, ada, tokens[0]).await, "one whose place was taken");
    assert_eq!(find(&s, ada).await, Some(tokens[2]));
}

/// None of them is in the place of another, or taken for another.
pub async fn a_user_has_a_token_of_each_purpose(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await.id;
    let find = async |purpose| s.read(move |here| here.tokens().find(ada, purpose)).await;
    let take = async |purpose, of: StoredToken| {
        s.write(move |here| here.tokens().take(ada, purpose, &of.hash)).await.unwrap()
    };
    for (byte, purpose) in (1..).zip(Purpose::ALL) {
        assert_eq!(find(purpose).await, None);
        s.write(move |here| here.tokens().put(ada, purpose, &token(byte))).await.unwrap();
    }
    for (byte, purpose) in (1..).zip(Purpose::ALL) {
        assert_eq!(find(purpose).await, Some(token(byte)));
    }
    let [first, second, others @ ..] = Purpose::ALL;
    assert!(!take(first, token(2)).await && !take(second, token(1)).await);
    assert!(take(second, token(2)).await);
    assert_eq!(find(first).await, Some(token(1)));
    s.write(move |here| here.tokens().clear(&[ada])).await.unwrap();
    for purpose in others.into_iter().chain([first]) {
        assert_eq!(find(purpose).await, None);
    }
}

/// Whoever is not in this store has no token here.
pub async fn a_token_of_nobody_dangles(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let elsewhere = Setting::on(s.world.clone(), "elsewhere").await;
    let bob = elsewhere.has_user(a_user("bob").build()).await;
    for id in [bob.id, a_user("nobody").build().id] {
        let putting = s.write(move |here| here.tokens().put(id, RESET, &token(1)));
        assert_eq!(putting.await, Err(StoreError::DanglingReference));
    }
}

/// By whoever shows it, for the user whose it is.
pub async fn a_token_is_taken_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = ["ada", "bob"].map(|name| a_user(name).build());
    let (ada, bob) = (s.has_user(ada).await.id, s.has_user(bob).await.id);
    put(&s, ada, token(1)).await;
    put(&s, bob, token(2)).await;
    assert!(!take(&s, ada, token(2)).await, "another user's");
    assert!(!take(&s, ada, token(3)).await, "nobody's");
    assert!(!take(&s, a_user("nobody").build().id, token(1)).await);
    assert_eq!(find(&s, ada).await, Some(token(1)));
    assert!(take(&s, ada, token(1)).await);
    assert!(!take(&s, ada, token(1)).await, "taken twice");
    assert_eq!(find(&s, ada).await, None);
    assert_eq!(find(&s, bob).await, Some(token(2)));
}

/// The second is told so when the first has ended, and gets the token if that was rolled back.
pub async fn of_two_units_that_take_a_token_one_gets_it(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let ada = s.has_user(a_user("ada").build()).await.id;
    let store = s.store.id;
    for (verdict, second_gets_it) in [(Verdict::Commit, false), (Verdict::Rollback, true)] {
        for nodes in [[&s, &other], [&other, &s], [&s, &s]] {
            put(&s, ada, token(1)).await;
            let outcome = beside(
                nodes,
                move |tx| {
                    assert!(tx.store(store).tokens().take(ada, RESET, &token(1).hash)?);
                    Ok(())
                },
                move |_| Ok(verdict),
                move |tx| tx.store(store).tokens().take(ada, RESET, &token(1).hash),
            )
            .await;
            assert!(!outcome.passed, "the second knew before the first had ended");
            assert_eq!(outcome.seen, second_gets_it, "{verdict:?}");
            assert_eq!(find(&s, ada).await, None);
        }
    }
}

/// From two nodes.
pub async fn of_50_units_that_take_a_token_one_gets_it(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nodes = [s.by_second_node(harness).await, s.clone()];
    let ada = s.has_user(a_user("ada").build()).await.id;
    put(&s, ada, token(1)).await;
    let taking: Vec<_> = (0..50)
        .zip(nodes.iter().cycle())
        .map(|(_, node)| {
            let node = node.clone();
            tokio::spawn(async move { take(&node, ada, token(1)).await })
        })
        .collect();
    let mut taken = 0;
    for outcome in taking {
        taken += u32::from(outcome.await.unwrap());
    }
    assert_eq!(taken, 1);
}

/// Neither put nor taken nor cleared.
pub async fn a_token_of_a_unit_that_is_rolled_back_is_as_before(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = ["ada", "bob"].map(|name| a_user(name).build());
    let (ada, bob) = (s.has_user(ada).await.id, s.has_user(bob).await.id);
    put(&s, ada, token(1)).await;
    put(&s, bob, token(2)).await;
    let failing: Result<(), _> = s
        .write(move |here| {
            assert!(here.tokens().take(ada, RESET, &token(1).hash)?);
            here.tokens().put(ada, RESET, &token(3))?;
            here.tokens().clear(&[bob])?;
            Err(StoreError::Stale)
        })
        .await;
    assert_eq!(failing, Err(StoreError::Stale));
    assert_eq!(find(&s, ada).await, Some(token(1)));
    assert_eq!(find(&s, bob).await, Some(token(2)));
}

/// Those of one user; one who has none may lose them too.
pub async fn every_token_of_a_user_is_cleared(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = ["ada", "bob"].map(|name| a_user(name).build());
    let (ada, bob) = (s.has_user(ada).await.id, s.has_user(bob).await.id);
    put(&s, ada, token(1)).await;
    put(&s, bob, token(2)).await;
    for _ in 0..2 {
        assert_eq!(s.write(move |here| here.tokens().clear(&[ada])).await, Ok(()));
        assert_eq!(find(&s, ada).await, None);
    }
    assert!(!take(&s, ada, token(1)).await);
    assert_eq!(find(&s, bob).await, Some(token(2)));
}

/// They are in nobody's way, and whoever has the id next has none.
pub async fn tokens_go_with_their_user(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    put(&s, ada.id, token(1)).await;
    let gone = s.deleted(&ada).await;
    assert_eq!(s.remove(&gone).await, Ok(()));
    assert_eq!(find(&s, ada.id).await, None);
    let again = s.has_user(a_user("ada").build()).await.id;
    assert_eq!(find(&s, again).await, None);
    assert!(!take(&s, again, token(1)).await);
}

/// Also where two users have one id.
pub async fn each_store_has_tokens_of_its_own(harness: &dyn Harness) {
    let here = Setting::of(harness).await;
    let there = Setting::on(here.world.clone(), "elsewhere").await;
    let ada = here.has_user(a_user("ada").build()).await.id;
    there.has_user(a_user("ada").build()).await;
    put(&here, ada, token(1)).await;
    assert_eq!(find(&there, ada).await, None);
    assert!(!take(&there, ada, token(1)).await);
    put(&there, ada, token(2)).await;
    there.write(move |there| there.tokens().clear(&[ada])).await.unwrap();
    assert_eq!(find(&here, ada).await, Some(token(1)));
}
