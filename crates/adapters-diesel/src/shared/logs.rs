use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use domain::audit::PublicKeyInfo;
use domain::audit::log::{LogHead, Logs};
use domain::id::StoreId;
use domain::time::Instant;
use domain::unit_of_work::StoreError;
use jiff::SignedDuration;
use uuid::Uuid;

use super::super::{Conn, dialect};
use super::fragment::{Fragment, Slot};
use super::session::Session;
use crate::error::Failure;
use crate::rows::{HeadRow, all, public_key};
use crate::schema::audit_keys;
use crate::types::{At, DbUuid, Id};

/// A log with the last of its terms.
const HEADS: &str = "
    SELECT log.store_id, log.size, log.first_leaf, term.public_key
    FROM audit_logs AS log JOIN audit_key_terms AS term ON term.store_id = log.store_id
    AND term.number = (SELECT max(number) FROM audit_key_terms AS any_term
        WHERE any_term.store_id = log.store_id)
    WHERE :which ORDER BY log.store_id LIMIT :limit";

/// From store to store: one look-up for each that a table knows, however many rows it has of it.
const KNOWN: &str = "
    WITH RECURSIVE known (store) AS (
        SELECT (SELECT :id FROM :table WHERE :id > :after ORDER BY :id LIMIT 1)
        UNION ALL
        SELECT (SELECT :id FROM :table WHERE :id > known.store ORDER BY :id LIMIT 1)
        FROM known WHERE known.store IS NOT NULL)
    SELECT store FROM known WHERE store IS NOT NULL LIMIT :limit";

/// The tables by which a store has to have a log, and the store in each.
const OF_LOGS: [(&str, &str); 5] = [
    ("stores", "id"),
    ("audit_logs", "store_id"),
    ("audit_key_terms", "store_id"),
    ("audit_entries", "store_id"),
    ("audit_pending", "store_id"),
];

/// One that ends later than it could have been prolonged to was taken by another clock.
const LEASE: &str = "
    INSERT INTO leases (name, holder, until) VALUES (:name, :holder, :until)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE leases.holder = excluded.holder OR leases.until <= :now OR leases.until > excluded.until";

/// The row of the first key. Who holds it keeps others from adding one, whichever is the last.
macro_rules! first_key {
    () => {
        audit_keys::table.filter(audit_keys::number.eq(0_i64)).select(audit_keys::number)
    };
}

fn heads(conn: &mut Conn, which: Fragment, limit: u32) -> Result<Vec<LogHead>, Failure> {
    let slots = [("which", Slot::Part(which)), ("limit", Slot::from(i64::from(limit)))];
    let query = Fragment::new(HEADS, &slots).returning::<(DbUuid, BigInt, BigInt, Binary)>();
    let rows: Vec<HeadRow> = query.load(conn)?;
    all(rows)
}

/// Where the log of a store stands.
pub(super) fn head(conn: &mut Conn, store: StoreId) -> Result<Option<LogHead>, Failure> {
    let which = Fragment::new("log.store_id = :store", &[("store", Slot::from(store))]);
    Ok(heads(conn, which, 1)?.pop())
}

/// What comes before every store: no store has this id.
fn place(after: Option<StoreId>) -> Slot {
    Slot::from(after.map_or(Id(Uuid::nil()), Id::from))
}

/// Up to `limit` stores that a table knows, after the one of id `after`, in order.
fn known(
    conn: &mut Conn,
    (table, id): (&'static str, &'static str),
    after: Option<StoreId>,
    limit: u32,
) -> Result<Vec<StoreId>, Failure> {
    let slots = [
        ("table", Slot::Name(table)),
        ("id", Slot::Name(id)),
        ("after", place(after)),
        ("limit", Slot::from(i64::from(limit))),
    ];
    let found: Vec<Id> = Fragment::new(KNOWN, &slots).returning::<DbUuid>().load(conn)?;
    Ok(found.into_iter().map(StoreId::from).collect())
}

impl Logs for Session<'_> {
    fn stores(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<StoreId>, StoreError> {
        self.read(|conn| {
            let mut all = BTreeSet::new();
            for of in OF_LOGS {
                all.extend(known(conn, of, after, limit)?);
            }
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            Ok(all.into_iter().take(limit).collect())
        })
    }

    fn waiting(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<StoreId>, StoreError> {
        self.read(|conn| known(conn, ("audit_pending", "store_id"), after, limit))
    }

    fn heads(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<LogHead>, StoreError> {
        let which = Fragment::new("log.store_id > :after", &[("after", place(after))]);
        self.read(|conn| heads(conn, which, limit))
    }

    fn keys(&mut self) -> Result<Vec<PublicKeyInfo>, StoreError> {
        self.read(|conn| {
            let keys = audit_keys::table.order(audit_keys::number).select(audit_keys::public_key);
            let keys: Vec<Vec<u8>> = keys.load(conn)?;
            keys.into_iter().map(|key| public_key(key, "audit_keys.public_key")).collect()
        })
    }

    fn hold_last_key(&mut self) -> Result<Option<PublicKeyInfo>, StoreError> {
        self.write(|conn| {
            let _: Option<i64> = dialect::held!(first_key!()).get_result(conn).optional()?;
            // In a statement of its own: it sees what is stored when the other one is through.
            let key: Option<Vec<u8>> = audit_keys::table
                .order(audit_keys::number.desc())
                .limit(1)
                .select(audit_keys::public_key)
                .get_result(conn)
                .optional()?;
            key.map(|key| public_key(key, "audit_keys.public_key")).transpose()
        })
    }

    fn register_key(&mut self, place: u32, key: &PublicKeyInfo) -> Result<bool, StoreError> {
        let row =
            (audit_keys::number.eq(i64::from(place)), audit_keys::public_key.eq(key.0.as_slice()));
        self.write(|conn| {
            let _: Option<i64> =
                dialect::locked_alone!(first_key!()).get_result(conn).optional()?;
            let registered = diesel::insert_into(audit_keys::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(conn)?;
            Ok(registered == 1)
        })
    }

    fn lease(
        &mut self,
        name: &'static str,
        holder: Uuid,
        now: Instant,
        length: SignedDuration,
    ) -> Result<bool, StoreError> {
        let slots = [
            ("name", Slot::from(name)),
            ("holder", Slot::from(Id(holder))),
            ("now", Slot::from(At(now))),
            ("until", Slot::from(At(now.saturating_add(length)))),
        ];
        self.write(|conn| Ok(Fragment::new(LEASE, &slots).execute(conn)? == 1))
    }
}
