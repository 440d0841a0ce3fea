//! Sessions of users: how they are found, and how they end.

use domain::id::{SessionId, StoreId, UserId};
use domain::session::{Presented, Session};
use domain::time::Instant;
use domain::token::TokenHash;
use domain::unit_of_work::{Access, StoreError, Transaction, Verdict, transact};
use domain::user::User;
use jiff::SignedDuration;

use super::attempts::some_attempts;
use super::values::every_property;
use super::waiting::beside;
use super::{Harness, Setting};
use crate::builders::{a_user, uuid_of};

/// So many seconds after something began.
pub(super) fn at(seconds: i64) -> Instant {
    let began: Instant = "2026-06-30T12:34:56.789012Z".parse().unwrap();
    began.saturating_add(SignedDuration::from_secs(seconds))
}

pub(super) fn hash(byte: u8) -> TokenHash {
    TokenHash::from_bytes([byte; 32])
}

pub(super) fn id_of(name: &str) -> SessionId {
    SessionId::new(uuid_of("session", name))
}

/// A session that began at 0 and lasts until 1000.
pub(super) fn session(user: UserId, name: &str) -> Session {
    let (second_factor, remembered) = (false, false);
    Session { id: id_of(name), user, second_factor, remembered, started: at(0), expires: at(1_000) }
}

pub(super) async fn user(s: &Setting, name: &str) -> UserId {
    s.has_user(a_user(name).build()).await.id
}

pub(super) async fn insert(
    s: &Setting,
    session: &Session,
    token: u8,
    refresh: Option<u8>,
) -> Result<(), StoreError> {
    let (session, refresh) = (session.clone(), refresh.map(hash));
    s.write(move |here| here.sessions().insert(&session, &hash(token), refresh)).await
}

/// Stores a session of that name with one token.
pub(super) async fn has_session(s: &Setting, user: UserId, name: &str, token: u8) -> Session {
    let session = session(user, name);
    insert(s, &session, token, None).await.unwrap();
    session
}

/// Adds a token at that time, and lets nothing go.
pub(super) async fn has_token(s: &Setting, session: SessionId, token: u8, now: i64) {
    let ever = "0001-01-01T00:00:00Z".parse().unwrap();
    let (now, token) = (at(now), hash(token));
    s.write(move |here| here.sessions().add_token(session, &token, now, ever, 1_000))
        .await
        .unwrap();
}

async fn presented(s: &Setting, token: u8) -> Option<Presented> {
    let unit_of_work = s.unit_of_work();
    let look = move |tx: &mut dyn Transaction| tx.sessions().find_by_token(&hash(token));
    transact(&*unit_of_work, Access::Point, look).await.unwrap()
}

pub(super) async fn refreshed(s: &Setting, refresh: u8) -> Option<(StoreId, Session)> {
    let unit_of_work = s.unit_of_work();
    let look = move |tx: &mut dyn Transaction| tx.sessions().find_by_refresh(&hash(refresh));
    transact(&*unit_of_work, Access::Point, look).await.unwrap()
}

pub(super) async fn session_of(s: &Setting, token: u8) -> Option<Session> {
    presented(s, token).await.map(|presented| presented.session)
}

pub(super) async fn used(s: &Setting, token: u8) -> Option<Instant> {
    presented(s, token).await.map(|presented| presented.used)
}

/// Those of the tokens below 16 that lead to a session.
pub(super) async fn tokens(s: &Setting) -> Vec<u8> {
    let mut found = Vec::new();
    for token in 0..16 {
        if presented(s, token).await.is_some() {
            found.push(token);
        }
    }
    found
}

pub(super) async fn end(s: &Setting, id: SessionId) -> bool {
    s.write(move |here| here.sessions().end(id)).await.unwrap()
}

async fn end_all(s: &Setting, users: Vec<UserId>, except: Option<SessionId>) {
    s.write(move |here| here.sessions().end_all(&users, except)).await.unwrap();
}

pub(super) async fn elevate(
    s: &Setting,
    id: SessionId,
    token: u8,
    refresh: u8,
) -> Result<(), StoreError> {
    let (token, refresh, now) = (hash(token), hash(refresh), at(9));
    s.write(move |here| here.sessions().elevate(id, &token, &refresh, now)).await
}

pub(super) async fn touch(s: &Setting, token: u8, now: i64) {
    s.write(move |here| here.sessions().touch(&hash(token), at(now))).await.unwrap();
}

async fn tidy(s: &Setting, user: UserId, now: i64, keep: u32) {
    s.write(move |here| here.sessions().tidy(user, at(now), keep)).await.unwrap();
}

/// As it was inserted, used at its start; with the user as it is now.
pub async fn a_session_is_found_by_its_token_with_its_user(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(every_property(a_user("ada").build().id)).await;
    let ends = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"];
    let [first, last] = ends.map(|text| text.parse().unwrap());
    let plain = session(ada.id, "plain");
    let sessions = [
        plain.clone(),
        Session { id: id_of("second"), second_factor: true, ..plain.clone() },
        Session { id: id_of("remembered"), remembered: true, ..plain.clone() },
        Session { id: id_of("long"), started: first, expires: last, ..plain.clone() },
    ];
    for (token, session) in (1..).zip(&sessions) {
        insert(&s, session, token, None).await.unwrap();
    }
    for (token, session) in (1..).zip(&sessions) {
        let (store, session) = (s.store.id, session.clone());
        let used = session.started;
        let expected = Presented { store, session, used, user: ada.clone() };
        assert_eq!(presented(&s, token).await, Some(expected));
    }
    assert_eq!(tokens(&s).await, [1, 2, 3, 4]);

    s.has_attempts(ada.id, some_attempts()).await;
    let change = s.modified(&ada, User { active: !ada.active, ..ada.clone() }).await;
    s.update(&change).await.unwrap();
    let now = s.user(ada.id).await;
    assert_ne!(now, Some(ada));
    assert_eq!(presented(&s, 1).await.map(|presented| presented.user), now);
}

/// Whoever asks looks at the clock.
pub async fn a_session_that_has_expired_is_found_still(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    let long_ago = "0001-01-01T00:00:00Z".parse().unwrap();
    let over = Session { started: long_ago, expires: long_ago, ..session(ada, "over") };
    insert(&s, &over, 1, Some(2)).await.unwrap();
    assert_eq!(session_of(&s, 1).await.as_ref(), Some(&over));
    assert_eq!(refreshed(&s, 2).await, Some((s.store.id, over)));
}

/// One kind of token is not taken for the other; not every session has a refresh token.
pub async fn a_session_is_found_by_its_refresh_token(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    let (one, other) = (session(ada, "one"), session(ada, "other"));
    insert(&s, &one, 1, Some(11)).await.unwrap();
    insert(&s, &other, 2, Some(12)).await.unwrap();
    has_session(&s, ada, "without", 3).await;
    assert_eq!(refreshed(&s, 11).await, Some((s.store.id, one)));
    assert_eq!(refreshed(&s, 12).await, Some((s.store.id, other)));
    for token in [0, 1, 2, 3] {
        assert_eq!(refreshed(&s, token).await, None);
    }
    assert_eq!(tokens(&s).await, [1, 2, 3]);
}

/// Each in its own, also where users and sessions have one id.
pub async fn sessions_are_found_in_whatever_store(harness: &dyn Harness) {
    let here = Setting::of(harness).await;
    let there = Setting::on(here.world.clone(), "elsewhere").await;
    for (s, token) in [(&here, 1), (&there, 2)] {
        let ada = user(s, "ada").await;
        insert(s, &session(ada, "same"), token, Some(token + 10)).await.unwrap();
    }
    for (s, token) in [(&here, 1), (&there, 2)] {
        for asked in [&here, &there] {
            let found = presented(asked, token).await.unwrap();
            assert_eq!(found.store, s.store.id);
            assert_eq!(Some(found.user), s.user(found.session.user).await);
            let found = refreshed(asked, token + 10).await.map(|(store, _)| store);
            assert_eq!(found, Some(s.store.id));
        }
    }
}

/// Whoever is not in this store has no session here.
pub async fn a_session_of_nobody_dangles(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let elsewhere = Setting::on(s.world.clone(), "elsewhere").await;
    let bob = user(&elsewhere, "bob").await;
    for id in [bob, a_user("nobody").build().id] {
        let inserting = insert(&s, &session(id, "session"), 1, Some(2)).await;
        assert_eq!(inserting, Err(StoreError::DanglingReference));
    }
    assert_eq!(presented(&s, 1).await, None);
    assert_eq!(refreshed(&s, 2).await, None);
}

/// By its id, in its store.
pub async fn a_session_is_found_for_update(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let elsewhere = Setting::on(s.world.clone(), "elsewhere").await;
    let ada = user(&s, "ada").await;
    let one = has_session(&s, ada, "one", 1).await;
    has_session(&s, ada, "other", 2).await;
    let find = async |s: &Setting, id| {
        s.write(move |here| here.sessions().find_for_update(id)).await.unwrap()
    };
    assert_eq!(find(&s, one.id).await, Some(one.clone()));
    assert_eq!(find(&s, id_of("none")).await, None);
    assert_eq!(find(&elsewhere, one.id).await, None);
}

/// With all its tokens; another one of the same user goes on.
pub async fn a_session_is_ended_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    let one = session(ada, "one");
    insert(&s, &one, 1, Some(11)).await.unwrap();
    has_token(&s, one.id, 2, 1).await;
    has_session(&s, ada, "other", 3).await;
    assert!(end(&s, one.id).await);
    assert!(!end(&s, one.id).await);
    assert!(!end(&s, id_of("none")).await);
    assert_eq!(tokens(&s).await, [3]);
    assert_eq!(refreshed(&s, 11).await, None);
    // What its tokens were is free again.
    insert(&s, &one, 1, Some(11)).await.unwrap();
    assert_eq!(tokens(&s).await, [1, 3]);
}

/// More users than a statement takes; whoever has no session, or is not there, is passed by.
pub async fn all_sessions_of_many_users_end_but_one(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let users = (0..1_200).map(|n| a_user(&format!("user {n}")).build()).collect();
    let users: Vec<_> = s.has_users(users).await.iter().map(|user| user.id).collect();
    let kim = user(&s, "kim").await;
    let kept = has_session(&s, users[600], "kept", 1).await;
    has_session(&s, users[600], "beside it", 2).await;
    has_session(&s, users[0], "first", 3).await;
    insert(&s, &session(users[1_199], "last"), 4, Some(14)).await.unwrap();
    has_session(&s, kim, "another user's", 5).await;
    let nobody = a_user("nobody").build().id;
    end_all(&s, users.iter().copied().chain([nobody]).collect(), Some(kept.id)).await;
    assert_eq!(tokens(&s).await, [1, 5]);
    assert_eq!(refreshed(&s, 14).await, None);
    end_all(&s, Vec::new(), None).await;
    end_all(&s, vec![kim], Some(kept.id)).await;
    assert_eq!(tokens(&s).await, [1]);
    end_all(&s, users, None).await;
    assert!(tokens(&s).await.is_empty());
}

/// From the moment on at which they are worth nothing, and those of the user alone.
pub async fn sessions_that_have_expired_are_forgotten(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = [user(&s, "ada").await, user(&s, "bob").await];
    for (token, expires) in [(1, 9), (2, 10), (3, 11)] {
        let lasting = Session { expires: at(expires), ..session(ada, &format!("until {expires}")) };
        insert(&s, &lasting, token, Some(token + 10)).await.unwrap();
    }
    let of_bob = Session { expires: at(9), ..session(bob, "of bob") };
    insert(&s, &of_bob, 4, None).await.unwrap();
    tidy(&s, ada, 10, 100).await;
    assert_eq!(tokens(&s).await, [3, 4]);
    assert_eq!(refreshed(&s, 12).await, None);
    tidy(&s, a_user("nobody").build().id, 10, 0).await;
    assert_eq!(tokens(&s).await, [3, 4]);
}

/// After those that have shown the second factor; those that have expired do not count among them.
pub async fn of_many_sessions_those_that_started_last_stay(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = [user(&s, "ada").await, user(&s, "bob").await];
    for (token, started) in [(1, 4), (2, 1), (3, 3), (4, 2)] {
        // The oldest is the only one that has shown the second factor.
        let second_factor = started == 1;
        let begun = session(ada, &format!("from {started}"));
        let begun = Session { started: at(started), second_factor, ..begun };
        insert(&s, &begun, token, Some(token + 10)).await.unwrap();
    }
    let over = Session { started: at(8), expires: at(9), ..session(ada, "over") };
    insert(&s, &over, 5, None).await.unwrap();
    has_session(&s, bob, "of bob", 6).await;
    for (keep, expected) in
        [(4, vec![1, 2, 3, 4, 6]), (2, vec![1, 2, 6]), (2, vec![1, 2, 6]), (0, vec![6])]
    {
        tidy(&s, ada, 10, keep).await;
        assert_eq!(tokens(&s).await, expected, "{keep}");
    }
    assert_eq!(refreshed(&s, 11).await, None);
}

/// Whatever was done to it.
pub async fn a_session_of_a_unit_that_is_rolled_back_is_as_before(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    let (one, other) = (session(ada, "one"), session(ada, "other"));
    insert(&s, &one, 1, Some(11)).await.unwrap();
    insert(&s, &other, 2, Some(12)).await.unwrap();
    let ended = other.id;
    let elevated = one.id;
    let failing: Result<(), _> = s
        .write(move |here| {
            here.sessions().insert(&session(ada, "third"), &hash(3), None)?;
            here.sessions().touch(&hash(1), at(60))?;
            here.sessions().add_token(elevated, &hash(4), at(70), at(0), 10)?;
            here.sessions().elevate(elevated, &hash(5), &hash(15), at(80))?;
            assert!(here.sessions().end(ended)?);
            here.sessions().tidy(ada, at(2_000), 0)?;
            here.sessions().end_all(&[ada], None)?;
            Err(StoreError::Stale)
        })
        .await;
    assert_eq!(failing, Err(StoreError::Stale));
    assert_eq!(tokens(&s).await, [1, 2]);
    assert_eq!(session_of(&s, 1).await.as_ref(), Some(&one));
    assert_eq!(used(&s, 1).await, Some(at(0)));
    assert_eq!(refreshed(&s, 11).await, Some((s.store.id, one)));
    assert_eq!(refreshed(&s, 12).await, Some((s.store.id, other)));
}

/// They are in nobody's way, and whoever has the id next has none.
pub async fn sessions_go_with_their_user(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let bob = user(&s, "bob").await;
    insert(&s, &session(ada.id, "of ada"), 1, Some(11)).await.unwrap();
    has_session(&s, bob, "of bob", 2).await;
    let gone = s.deleted(&ada).await;
    assert_eq!(s.remove(&gone).await, Ok(()));
    for _ in 0..2 {
        assert_eq!(tokens(&s).await, [2]);
        assert_eq!(refreshed(&s, 11).await, None);
        if s.user(ada.id).await.is_none() {
            s.has_user(a_user("ada").build()).await;
        }
    }
}

/// Also where users and sessions have one id: nothing that is done in one store is done in another.
pub async fn each_store_has_sessions_of_its_own(harness: &dyn Harness) {
    let here = Setting::of(harness).await;
    let there = Setting::on(here.world.clone(), "elsewhere").await;
    let [ada, _] = [user(&here, "ada").await, user(&there, "ada").await];
    let same = session(ada, "same");
    insert(&here, &same, 1, Some(11)).await.unwrap();
    insert(&there, &same, 2, Some(12)).await.unwrap();
    touch(&there, 1, 60).await;
    assert_eq!(used(&here, 1).await, Some(at(0)));
    has_token(&there, same.id, 3, 60).await;
    assert_eq!(elevate(&there, same.id, 4, 14).await, Ok(()));
    tidy(&there, ada, 2_000, 0).await;
    assert_eq!(tokens(&there).await, [1]);
    insert(&there, &same, 2, Some(12)).await.unwrap();
    end_all(&there, vec![ada], None).await;
    assert!(!end(&there, same.id).await);
    assert_eq!(tokens(&here).await, [1]);
    assert_eq!(session_of(&here, 1).await.as_ref(), Some(&same));
    assert_eq!(refreshed(&here, 11).await, Some((here.store.id, same)));
}

/// The second sees what the first made of it.
pub async fn who_finds_a_session_for_update_is_waited_for(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let (ada, store) = (user(&s, "ada").await, s.store.id);
    for (token, nodes) in (1..).zip([[&s, &other], [&other, &s], [&s, &s]]) {
        let one = has_session(&s, ada, &format!("session {token}"), token).await;
        let id = one.id;
        let outcome = beside(
            nodes,
            move |tx| tx.store(store).sessions().find_for_update(id).map(drop),
            move |tx| {
                let (token, refresh) = (hash(token + 100), hash(token + 200));
                tx.store(store).sessions().elevate(id, &token, &refresh, at(9))?;
                Ok(Verdict::Commit)
            },
            move |tx| tx.store(store).sessions().find_for_update(id),
        )
        .await;
        assert!(!outcome.passed, "two units had one session for update");
        assert_eq!(outcome.seen, Some(Session { second_factor: true, ..one }));
    }
}
