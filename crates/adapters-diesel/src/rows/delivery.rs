use diesel::prelude::*;
use domain::delivery::{Claimed, Delivery, DeliveryId};
use domain::id::StoreId;

use super::attempt::count;
use super::corrupt;
use crate::error::Failure;
use crate::schema::outbox;
use crate::types::{At, Id};

/// A delivery as it is read, by a statement of its own.
#[derive(Queryable)]
pub(crate) struct ClaimedRow {
    store_id: Id,
    id: Id,
    line: Id,
    due: At,
    tries: i64,
    sealed: Option<Vec<u8>>,
}

impl TryFrom<ClaimedRow> for Claimed {
    type Error = Failure;

    fn try_from(row: ClaimedRow) -> Result<Self, Failure> {
        let delivery = Delivery {
            id: DeliveryId::new(row.id.0),
            line: row.line.0,
            due: row.due.0,
            sealed: row.sealed.ok_or_else(|| corrupt("outbox.sealed"))?,
        };
        Ok(Self { store: row.store_id.into(), delivery, tries: count(row.tries, "outbox.tries")? })
    }
}

/// A delivery as it is written.
#[derive(Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
pub(crate) struct NewDelivery<'a> {
    store_id: Id,
    id: Id,
    line: Id,
    due: At,
    tries: i64,
    sealed: &'a [u8],
}

impl<'a> NewDelivery<'a> {
    /// The row of a delivery in the outbox of a store; nobody has tried it yet.
    pub(crate) fn of(store: StoreId, delivery: &'a Delivery) -> Self {
        Self {
            store_id: store.into(),
            id: delivery.id.into(),
            line: Id(delivery.line),
            due: At(delivery.due),
            tries: 0,
            sealed: &delivery.sealed,
        }
    }
}
