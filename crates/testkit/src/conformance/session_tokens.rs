//! The tokens of a session: those that come, and those that go for them.

use domain::session::Session;
use domain::unit_of_work::{InStore, StoreError};

use super::sessions::{
    at, elevate, end, has_session, has_token, hash, id_of, insert, refreshed, session, session_of,
    tokens, touch, used, user,
};
use super::{Harness, Setting};

/// What was shown before is worth nothing; the other sessions of the user stay.
pub async fn showing_the_second_factor_replaces_every_token(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    let (one, other) = (session(ada, "one"), session(ada, "other"));
    insert(&s, &one, 1, Some(11)).await.unwrap();
    has_token(&s, one.id, 2, 1).await;
    insert(&s, &other, 3, Some(13)).await.unwrap();
    assert_eq!(elevate(&s, one.id, 4, 14).await, Ok(()));
    assert_eq!(tokens(&s).await, [3, 4]);
    assert_eq!(refreshed(&s, 11).await, None);
    let elevated = Session { second_factor: true, ..one };
    assert_eq!(session_of(&s, 4).await.as_ref(), Some(&elevated));
    assert_eq!(used(&s, 4).await, Some(at(9)));
    assert_eq!(refreshed(&s, 14).await, Some((s.store.id, elevated.clone())));
    assert_eq!(session_of(&s, 3).await.as_ref(), Some(&other));
    assert_eq!(refreshed(&s, 13).await, Some((s.store.id, other)));
    // Once more, and where there was no refresh token before.
    assert_eq!(elevate(&s, elevated.id, 5, 15).await, Ok(()));
    let last = has_session(&s, ada, "last", 6).await;
    assert_eq!(elevate(&s, last.id, 7, 17).await, Ok(()));
    assert_eq!(tokens(&s).await, [3, 5, 7]);
    assert!(refreshed(&s, 15).await.is_some() && refreshed(&s, 17).await.is_some());
}

/// Ended, of another store, or never there.
pub async fn elevating_a_session_that_is_gone_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let elsewhere = Setting::on(s.world.clone(), "elsewhere").await;
    let bob = user(&elsewhere, "bob").await;
    let foreign = has_session(&elsewhere, bob, "foreign", 1).await;
    let ada = user(&s, "ada").await;
    let ended = has_session(&s, ada, "ended", 2).await;
    assert!(end(&s, ended.id).await);
    for id in [ended.id, foreign.id, id_of("none")] {
        assert_eq!(elevate(&s, id, 3, 4).await, Err(StoreError::Stale));
    }
    assert_eq!(tokens(&s).await, [1]);
    assert_eq!(session_of(&s, 1).await, Some(foreign));
}

/// Each looks first whether another was faster, from two nodes.
pub async fn of_16_units_that_elevate_a_session_one_does(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nodes = [s.by_second_node(harness).await, s.clone()];
    let ada = user(&s, "ada").await;
    let id = has_session(&s, ada, "session", 100).await.id;
    let elevating: Vec<_> = (0..16)
        .zip(nodes.iter().cycle())
        .map(|(n, node)| {
            let node = node.clone();
            let elevate = move |here: &mut dyn InStore| {
                let found = here.sessions().find_for_update(id)?;
                if found.is_none_or(|session| session.second_factor) {
                    return Ok(false);
                }
                here.sessions().elevate(id, &hash(n), &hash(n + 200), at(9))?;
                Ok(true)
            };
            tokio::spawn(async move { node.write(elevate).await.unwrap() })
        })
        .collect();
    let mut winners = Vec::new();
    for (n, outcome) in (0..).zip(elevating) {
        if outcome.await.unwrap() {
            winners.push(n);
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(tokens(&s).await, winners);
    assert!(refreshed(&s, winners[0] + 200).await.is_some());
}

/// Beside those there are, used now; the session stays as it is, with its refresh token.
pub async fn a_session_gets_further_tokens(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    let one = session(ada, "one");
    insert(&s, &one, 1, Some(11)).await.unwrap();
    has_token(&s, one.id, 2, 5).await;
    has_token(&s, one.id, 3, 7).await;
    for (token, seconds) in [(1, 0), (2, 5), (3, 7)] {
        assert_eq!(session_of(&s, token).await.as_ref(), Some(&one));
        assert_eq!(used(&s, token).await, Some(at(seconds)));
    }
    assert_eq!(refreshed(&s, 11).await, Some((s.store.id, one)));
}

/// Of that session alone; what was used at that moment was used since.
pub async fn tokens_that_went_unused_end_when_another_is_added(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    let one = has_session(&s, ada, "one", 1).await.id;
    for (token, now) in [(2, 10), (3, 19), (4, 20), (5, 21)] {
        has_token(&s, one, token, now).await;
    }
    has_session(&s, ada, "other", 6).await;
    touch(&s, 2, 30).await;
    let adding =
        s.write(move |here| here.sessions().add_token(one, &hash(7), at(40), at(20), 1_000));
    assert_eq!(adding.await, Ok(()));
    assert_eq!(tokens(&s).await, [2, 4, 5, 6, 7]);
}

/// The new one is among them, also where the clock of another node is ahead.
pub async fn of_many_tokens_of_a_session_those_used_last_stay(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    let one = has_session(&s, ada, "one", 1).await.id;
    for (token, now) in [(2, 10), (3, 20), (4, 30)] {
        has_token(&s, one, token, now).await;
    }
    has_session(&s, ada, "other", 5).await;
    touch(&s, 2, 25).await;
    touch(&s, 4, 500).await;
    for (token, keep, expected) in [
        (6, 5, vec![1, 2, 3, 4, 5, 6]),
        (7, 4, vec![2, 4, 5, 6, 7]),
        (8, 2, vec![4, 5, 8]),
        (9, 1, vec![5, 9]),
    ] {
        let now = at(30 + i64::from(token));
        let adding =
            s.write(move |here| here.sessions().add_token(one, &hash(token), now, at(0), keep));
        assert_eq!(adding.await, Ok(()));
        assert_eq!(tokens(&s).await, expected);
    }
}

/// Ended, of another store, or never there.
pub async fn a_token_of_a_session_that_is_gone_dangles(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let elsewhere = Setting::on(s.world.clone(), "elsewhere").await;
    let bob = user(&elsewhere, "bob").await;
    let foreign = has_session(&elsewhere, bob, "foreign", 1).await.id;
    let ada = user(&s, "ada").await;
    let ended = has_session(&s, ada, "ended", 2).await.id;
    assert!(end(&s, ended).await);
    for id in [ended, foreign, id_of("none")] {
        let adding = s.write(move |here| here.sessions().add_token(id, &hash(3), at(5), at(0), 10));
        assert_eq!(adding.await, Err(StoreError::DanglingReference));
    }
    assert_eq!(tokens(&s).await, [1]);
}

/// Of no other token, and nothing but the use.
pub async fn a_touch_notes_the_use_of_one_token(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    let one = session(ada, "one");
    insert(&s, &one, 1, Some(11)).await.unwrap();
    has_token(&s, one.id, 2, 1).await;
    has_session(&s, ada, "other", 3).await;
    touch(&s, 1, 60).await;
    assert_eq!(used(&s, 1).await, Some(at(60)));
    assert_eq!(used(&s, 2).await, Some(at(1)));
    assert_eq!(used(&s, 3).await, Some(at(0)));
    assert_eq!(session_of(&s, 1).await, Some(one.clone()));
    // One that is gone stays gone, and a refresh token is none of them.
    assert!(end(&s, one.id).await);
    touch(&s, 1, 120).await;
    touch(&s, 9, 120).await;
    assert_eq!(tokens(&s).await, [3]);
}
