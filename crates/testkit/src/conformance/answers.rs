//! The answers that are kept for requests that may be sent again.

use domain::access::Principal;
use domain::id::{ClientId, StoreId, UserId};
use domain::idempotency::{Answer, Fingerprint, IdempotencyKey, Kept};
use domain::time::{Clock as _, Instant};
use domain::unit_of_work::{Access, StoreError, Transaction, Verdict, transact};
use jiff::SignedDuration;
use uuid::Uuid;

use super::{Harness, Setting};
use crate::builders::uuid_of;

/// Who asks, and with which key.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) store: Option<StoreId>,
    principal: Principal,
    key: IdempotencyKey,
}

impl Question {
    /// Of one client, in a store or of the register of stores.
    pub(super) fn of(store: Option<StoreId>, key: &str) -> Self {
        let principal = Principal::Client(ClientId::new(uuid_of("client", "asking")));
        Self { store, principal, key: IdempotencyKey::parse(key).unwrap() }
    }

    pub(super) fn take(
        &self,
        tx: &mut dyn Transaction,
        oldest: Instant,
    ) -> Result<Option<Kept>, StoreError> {
        tx.answers().take(self.store, &self.principal, &self.key, oldest)
    }

    pub(super) fn keep(
        &self,
        tx: &mut dyn Transaction,
        kept: &Kept,
        now: Instant,
    ) -> Result<(), StoreError> {
        tx.answers().keep(self.store, &self.principal, &self.key, kept, now)
    }
}

/// An answer, and the fingerprint of its request.
pub(super) fn kept(text: &str) -> Kept {
    let mut fingerprint = [0xFF; 32];
    fingerprint.iter_mut().zip(text.bytes()).for_each(|(byte, of_text)| *byte = of_text);
    Kept { fingerprint: Fingerprint(fingerprint), answer: Answer(text.as_bytes().to_vec()) }
}

/// Long before anything is kept.
pub(super) fn ever() -> Instant {
    Instant::from_micros(0).unwrap()
}

/// What is kept of a key; a free one stays free.
pub(super) async fn look(s: &Setting, question: &Question, oldest: Instant) -> Option<Kept> {
    let (unit_of_work, question) = (s.unit_of_work(), question.clone());
    let looking = transact(&*unit_of_work, Access::Rehearse, move |tx| question.take(tx, oldest));
    looking.await.map_err(|error: StoreError| error).unwrap()
}

/// Takes a key and keeps an answer, unless there is one.
pub(super) async fn answer(
    s: &Setting,
    question: &Question,
    text: &str,
    now: Instant,
    oldest: Instant,
) -> Option<Kept> {
    let (unit_of_work, question, answer) = (s.unit_of_work(), question.clone(), kept(text));
    let answering = transact(&*unit_of_work, Access::Write, move |tx| {
        let found = question.take(tx, oldest)?;
        if found.is_none() {
            question.keep(tx, &answer, now)?;
        }
        Ok(found)
    });
    answering.await.map_err(|error: StoreError| error).unwrap()
}

/// The same unit keeps an answer, and later ones find it, byte by byte, whatever they would keep.
pub async fn the_answer_of_a_key_is_kept(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let now = s.world.clock.now();
    for (n, text) in ["{\"a\":1}", "", "\0\n\u{1F600}", &"x".repeat(100_000)].iter().enumerate() {
        let question = Question::of(Some(s.store.id), &format!("key-{n}"));
        assert_eq!(answer(&s, &question, text, now, ever()).await, None);
        assert_eq!(answer(&s, &question, "another", now, ever()).await, Some(kept(text)));
        assert_eq!(look(&s, &question, ever()).await, Some(kept(text)));
    }
    let bytes: Vec<_> = (0..=255).collect();
    let all_bytes = Kept { answer: Answer(bytes), ..kept("all bytes") };
    let question = Question::of(Some(s.store.id), &"~".repeat(255));
    let (unit_of_work, asked, answered) = (s.unit_of_work(), question.clone(), all_bytes.clone());
    let keeping = transact(&*unit_of_work, Access::Bulk, move |tx| {
        let found = asked.take(tx, ever())?;
        asked.keep(tx, &answered, now)?;
        Ok(found)
    });
    assert_eq!(keeping.await, Ok::<_, StoreError>(None));
    assert_eq!(look(&s, &question, ever()).await, Some(all_bytes));
}

/// A key belongs to one caller in one store, or in the register of stores, and means what is typed.
pub async fn a_key_is_one_callers_in_one_store(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    let now = s.world.clock.now();
    let question = Question::of(Some(s.store.id), "Key");
    let client = |id: Uuid| Principal::Client(ClientId::new(id));
    let asking = uuid_of("client", "asking");
    let issued = |issuer: &str, subject: &str| Principal::Issued {
        issuer: issuer.into(),
        subject: subject.into(),
    };
    let others = [
        Question { store: Some(other.store.id), ..question.clone() },
        Question { store: None, ..question.clone() },
        Question { principal: client(uuid_of("client", "another")), ..question.clone() },
        Question { principal: Principal::User(UserId::new(asking)), ..question.clone() },
        Question { principal: issued("idp", "ada"), ..question.clone() },
        Question { principal: issued("idp", "Ada"), ..question.clone() },
        Question { principal: issued("idp2", "ada"), ..question.clone() },
        Question { principal: issued("idp", &"\u{1F600}".repeat(256)), ..question.clone() },
        Question { principal: Principal::Public, ..question.clone() },
        Question { principal: Principal::System("import"), ..question.clone() },
        Question { principal: Principal::System("export"), ..question.clone() },
        Question::of(Some(s.store.id), "key"),
        Question::of(Some(s.store.id), "Key2"),
    ];
    assert_eq!(answer(&s, &question, "first", now, ever()).await, None);
    for (n, other) in others.iter().enumerate() {
        assert_eq!(answer(&s, other, &format!("answer {n}"), now, ever()).await, None, "{n}");
    }
    assert_eq!(look(&s, &question, ever()).await, Some(kept("first")));
    for (n, other) in others.iter().enumerate() {
        assert_eq!(look(&s, other, ever()).await, Some(kept(&format!("answer {n}"))));
    }
}

/// What is as old as that is kept, what is older is not; its key may be taken anew.
pub async fn an_answer_that_is_too_old_is_forgotten(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let now = s.world.clock.now();
    let later = now.saturating_add(SignedDuration::from_micros(1));
    for (n, store) in [Some(s.store.id), None].into_iter().enumerate() {
        let question = Question::of(store, &format!("key-{n}"));
        assert_eq!(answer(&s, &question, "old", now, ever()).await, None);
        assert_eq!(look(&s, &question, now).await, Some(kept("old")));
        assert_eq!(look(&s, &question, later).await, None);
        assert_eq!(
            look(&s, &question, now).await,
            Some(kept("old")),
            "a rehearsal forgets nothing"
        );
        assert_eq!(answer(&s, &question, "new", later, later).await, None);
        assert_eq!(look(&s, &question, later).await, Some(kept("new")));
    }
}

/// Somebody who takes keys again and again drops all that are too old, sooner or later, and no
/// others; how many at a time is left to the adapter.
pub async fn answers_that_are_too_old_are_dropped_on_the_way(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let now = s.world.clock.now();
    let later = now.saturating_add(SignedDuration::from_hours(1));
    let question = |n: u32| Question::of(Some(s.store.id), &format!("key-{n}"));
    for n in 0..20 {
        answer(&s, &question(n), "old", now, ever()).await;
    }
    answer(&s, &question(100), "new", later, ever()).await;
    for n in 101..180 {
        answer(&s, &question(n), "new", later, later).await;
    }
    for n in 0..20 {
        assert_eq!(look(&s, &question(n), ever()).await, None, "{n} is still there");
    }
    for n in 100..180 {
        assert_eq!(look(&s, &question(n), ever()).await, Some(kept("new")), "{n} is gone");
    }
}

/// A unit that is rolled back has taken nothing.
pub async fn a_key_of_a_unit_that_is_rolled_back_is_free(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (now, question) = (s.world.clock.now(), Question::of(Some(s.store.id), "key"));
    for keeps in [false, true] {
        let (unit_of_work, question) = (s.unit_of_work(), question.clone());
        let failing: Result<(), _> = transact(&*unit_of_work, Access::Write, move |tx| {
            assert_eq!(question.take(tx, ever())?, None);
            if keeps {
                question.keep(tx, &kept("lost"), now)?;
            }
            Err(StoreError::Stale)
        })
        .await;
        assert_eq!(failing, Err(StoreError::Stale));
    }
    assert_eq!(answer(&s, &question, "kept", now, ever()).await, None);
    assert_eq!(look(&s, &question, ever()).await, Some(kept("kept")));
}

/// All of a store, whoever asked; nothing of another store, nor of the register of stores. It is a
/// part of its unit as everything else.
pub async fn the_answers_of_a_store_are_forgotten(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    let (now, store) = (s.world.clock.now(), s.store.id);
    let mut of_store = vec![Question::of(Some(store), "key-1"), Question::of(Some(store), "key-2")];
    of_store.push(Question { principal: Principal::System("retention"), ..of_store[0].clone() });
    let others = [Question::of(Some(other.store.id), "key-1"), Question::of(None, "key-1")];
    for question in of_store.iter().chain(&others) {
        assert_eq!(answer(&s, question, "kept", now, ever()).await, None);
    }
    let forget = async |verdict: Verdict| {
        let forgetting = s.run(Access::Write, move |tx| {
            tx.answers().forget(store).unwrap();
            verdict
        });
        assert_eq!(forgetting.await, Ok(()));
    };
    forget(Verdict::Rollback).await;
    for question in &of_store {
        assert_eq!(look(&s, question, ever()).await, Some(kept("kept")));
    }
    forget(Verdict::Commit).await;
    for question in &of_store {
        assert_eq!(
            answer(&s, question, "again", now, ever()).await,
            None,
            "it is carried out again"
        );
        assert_eq!(look(&s, question, ever()).await, Some(kept("again")));
    }
    for question in &others {
        assert_eq!(look(&s, question, ever()).await, Some(kept("kept")));
    }
}
