use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable};
use domain::delivery::{Claimed, Deliveries, Delivery, Outbox};
use domain::time::Instant;
use domain::unit_of_work::StoreError;

use super::super::dialect;
use super::chunks::CHUNK;
use super::fragment::{Fragment, Slot};
use super::session::{Inside, Session};
use crate::rows::{ClaimedRow, NewDelivery, all};
use crate::schema::outbox;
use crate::types::{At, DbInstant, DbUuid, Id};

impl Outbox for Inside<'_, '_> {
    fn put(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        let store = self.store;
        self.session.write(|conn| {
            for chunk in deliveries.chunks(CHUNK) {
                let rows: Vec<_> = chunk.iter().map(|one| NewDelivery::of(store, one)).collect();
                diesel::insert_into(outbox::table)
                    .values(rows)
                    .on_conflict((outbox::store_id, outbox::id))
                    .do_nothing()
                    .execute(conn)?;
            }
            Ok(())
        })
    }
}

/// Of each line its first row, unless that one is leased or not due. What another worker has claimed
/// and not yet stored is locked: it is left out, and so are those behind it, whose line has an
/// earlier row.
const CLAIM: &str = "
    WITH first (store_id, id) AS (
        SELECT store_id, id FROM outbox
        WHERE dead_at IS NULL AND due <= :now AND (leased_until IS NULL OR leased_until <= :now)
        AND NOT EXISTS (SELECT 1 FROM outbox earlier
            WHERE earlier.store_id = outbox.store_id AND earlier.line = outbox.line
            AND earlier.id < outbox.id AND earlier.dead_at IS NULL)
        ORDER BY due, store_id, id LIMIT :limit:unlocked)
    UPDATE outbox SET leased_until = :until, tries = tries + 1
    WHERE (store_id, id) IN (SELECT store_id, id FROM first)
    RETURNING store_id, id, line, due, tries, sealed";

/// What [`CLAIM`] gives.
type ClaimedColumns = (DbUuid, DbUuid, DbUuid, DbInstant, BigInt, Nullable<Binary>);

const FORGET: &str = "
    WITH dead (store_id, id) AS (
        SELECT store_id, id FROM outbox WHERE dead_at IS NOT NULL AND dead_at < :oldest
        ORDER BY dead_at LIMIT :limit:unlocked)
    DELETE FROM outbox WHERE (store_id, id) IN (SELECT store_id, id FROM dead)";

/// The longest reason that is kept, in characters.
const REASON: usize = 500;

/// A reason as it is kept. PostgreSQL takes no text with U+0000.
fn reason(why: &str) -> String {
    why.chars().filter(|c| *c != '\0').take(REASON).collect()
}

/// The row of a delivery, as long as it is claimed as it was. Nobody else may have claimed it since,
/// even if the lease is over.
macro_rules! still {
    ($claimed:expr) => {
        outbox::table
            .filter(outbox::store_id.eq(Id::from($claimed.store)))
            .filter(outbox::id.eq(Id::from($claimed.delivery.id)))
            .filter(outbox::tries.eq(i64::from($claimed.tries)))
            .filter(outbox::leased_until.is_not_null())
    };
}

impl Deliveries for Session<'_> {
    fn claim(
        &mut self,
        now: Instant,
        leased_until: Instant,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        let slots = [
            ("now", Slot::from(At(now))),
            ("until", Slot::from(At(leased_until))),
            ("limit", Slot::from(i64::from(limit))),
            ("unlocked", Slot::Name(dialect::SKIP_LOCKED)),
        ];
        let claim = Fragment::new(CLAIM, &slots).returning::<ClaimedColumns>();
        self.write(|conn| {
            let mut claimed: Vec<Claimed> = all(claim.load::<ClaimedRow>(conn)?)?;
            claimed.sort_by_key(|one| (one.delivery.due, one.store, one.delivery.id));
            Ok(claimed)
        })
    }

    fn delivered(&mut self, claimed: &Claimed) -> Result<bool, StoreError> {
        self.write(|conn| Ok(diesel::delete(still!(claimed)).execute(conn)? == 1))
    }

    fn postpone(&mut self, claimed: &Claimed, due: Instant, why: &str) -> Result<bool, StoreError> {
        self.write(|conn| {
            let put_back = (
                outbox::due.eq(At(due)),
                outbox::leased_until.eq(None::<At>),
                outbox::error.eq(reason(why)),
            );
            Ok(diesel::update(still!(claimed)).set(put_back).execute(conn)? == 1)
        })
    }

    fn bury(&mut self, claimed: &Claimed, now: Instant, why: &str) -> Result<bool, StoreError> {
        self.write(|conn| {
            let given_up = (
                outbox::dead_at.eq(At(now)),
                outbox::leased_until.eq(None::<At>),
                outbox::sealed.eq(None::<Vec<u8>>),
                outbox::error.eq(reason(why)),
            );
            Ok(diesel::update(still!(claimed)).set(given_up).execute(conn)? == 1)
        })
    }

    fn forget_dead(&mut self, oldest: Instant, limit: u32) -> Result<(), StoreError> {
        let slots = [
            ("oldest", Slot::from(At(oldest))),
            ("limit", Slot::from(i64::from(limit))),
            ("unlocked", Slot::Name(dialect::SKIP_LOCKED)),
        ];
        self.write(|conn| {
            Fragment::new(FORGET, &slots).execute(conn)?;
            Ok(())
        })
    }
}
