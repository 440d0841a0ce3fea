use diesel::prelude::*;
use diesel::sql_types::Binary;
use domain::access::Principal;
use domain::id::StoreId;
use domain::idempotency::{Answer, AnswerRepository, Fingerprint, IdempotencyKey, Kept};
use domain::time::Instant;
use domain::unit_of_work::StoreError;

use super::super::{Conn, dialect};
use super::chunks::all_of;
use super::fragment::{Fragment, Slot};
use super::session::Session;
use crate::error::Failure;
use crate::schema::kept_answers;
use crate::types::{At, Id};

/// A row that is there already is taken over when its answer is too old, or when it has none, which
/// is what a unit leaves that gave none. Whoever else wants the key waits for the row.
const TAKE: &str = "
    INSERT INTO kept_answers (store_id, principal, key, created)
    VALUES (:store, :principal, :key, :oldest)
    ON CONFLICT (store_id, principal, key) DO UPDATE
    SET fingerprint = NULL, answer = NULL, created = excluded.created
    WHERE kept_answers.answer IS NULL OR kept_answers.created < excluded.created";

const LOOK: &str = "SELECT fingerprint, answer FROM kept_answers
    WHERE store_id = :store AND principal = :principal AND key = :key AND answer IS NOT NULL";

const KEEP: &str = "UPDATE kept_answers
    SET fingerprint = :fingerprint, answer = :answer, created = :now
    WHERE store_id = :store AND principal = :principal AND key = :key";

/// A few at a time, and none that another unit is about to drop or to take over.
const DROP_OLD: &str = "DELETE FROM kept_answers WHERE (store_id, principal, key) IN (
        SELECT store_id, principal, key FROM kept_answers
        WHERE store_id = :store AND created < :oldest ORDER BY created LIMIT 100:unlocked)";

/// The register of stores has no id.
fn place(store: Option<StoreId>) -> Id {
    store.map_or(Id(uuid::Uuid::nil()), Id::from)
}

fn row(
    store: Option<StoreId>,
    principal: &Principal,
    key: &IdempotencyKey,
) -> [(&'static str, Slot); 3] {
    [
        ("store", Slot::from(place(store))),
        ("principal", Slot::from(principal.to_string())),
        ("key", Slot::from(key.as_str())),
    ]
}

/// What is kept under a key that could not be taken. When nothing is any more, the unit runs again.
fn look(conn: &mut Conn, row: &[(&str, Slot)]) -> Result<Kept, Failure> {
    let query = Fragment::new(LOOK, row).returning::<(Binary, Binary)>();
    let found: Option<(Vec<u8>, Vec<u8>)> = query.get_result(conn).optional()?;
    let (fingerprint, answer) = found.ok_or_else(Failure::busy)?;
    let fingerprint = fingerprint
        .try_into()
        .map_err(|_| StoreError::Corrupt("kept_answers.fingerprint".into()))?;
    Ok(Kept { fingerprint: Fingerprint(fingerprint), answer: Answer(answer) })
}

impl AnswerRepository for Session<'_> {
    fn take(
        &mut self,
        store: Option<StoreId>,
        principal: &Principal,
        key: &IdempotencyKey,
        oldest: Instant,
    ) -> Result<Option<Kept>, StoreError> {
        let [place, principal, key] = row(store, principal, key);
        let unlocked = ("unlocked", Slot::Name(dialect::SKIP_LOCKED));
        let slots = [place, principal, key, ("oldest", Slot::from(At(oldest))), unlocked];
        self.write(|conn| {
            if Fragment::new(TAKE, &slots).execute(conn)? == 0 {
                return look(conn, &slots).map(Some);
            }
            Fragment::new(DROP_OLD, &slots).execute(conn)?;
            Ok(None)
        })
    }

    fn forget(&mut self, store: StoreId) -> Result<(), StoreError> {
        self.write(|conn| {
            let of_store = kept_answers::table.filter(kept_answers::store_id.eq(Id::from(store)));
            diesel::delete(of_store).execute(conn)?;
            Ok(())
        })
    }

    fn keep(
        &mut self,
        store: Option<StoreId>,
        principal: &Principal,
        key: &IdempotencyKey,
        kept: &Kept,
        now: Instant,
    ) -> Result<(), StoreError> {
        let [place, principal, key] = row(store, principal, key);
        let fingerprint = ("fingerprint", Slot::from(kept.fingerprint.0.to_vec()));
        let answer = ("answer", Slot::from(kept.answer.0.clone()));
        let slots = [place, principal, key, fingerprint, answer, ("now", Slot::from(At(now)))];
        self.write(|conn| all_of(1, Fragment::new(KEEP, &slots).execute(conn)?))
    }
}
