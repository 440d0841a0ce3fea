use diesel::prelude::*;
use domain::attempt::{Attempts, NameKey, NameRecord};
use domain::id::{StoreId, UserId};

use super::corrupt;
use crate::error::Failure;
use crate::schema::{sign_in_attempts, sign_in_names};
use crate::types::{At, Id};

/// A counter of `column`.
pub(super) fn count(number: i64, column: &str) -> Result<u32, Failure> {
    u32::try_from(number).map_err(|_| corrupt(column))
}

/// Attempts as they are read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sign_in_attempts)]
pub(crate) struct AttemptsRow {
    failures: i64,
    window_failures: i64,
    locked_until: Option<At>,
    in_flight: i64,
    reserved_at: Option<At>,
    epoch: i64,
}

impl TryFrom<AttemptsRow> for Attempts {
    type Error = Failure;

    fn try_from(row: AttemptsRow) -> Result<Self, Failure> {
        Ok(Self {
            failures: count(row.failures, "sign_in_attempts.failures")?,
            window: count(row.window_failures, "sign_in_attempts.window_failures")?,
            locked_until: row.locked_until.map(|at| at.0),
            in_flight: count(row.in_flight, "sign_in_attempts.in_flight")?,
            reserved_at: row.reserved_at.map(|at| at.0),
            epoch: count(row.epoch, "sign_in_attempts.epoch")?,
        })
    }
}

/// Attempts as they are written.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = sign_in_attempts, primary_key(store_id, user_id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct NewAttempts {
    store_id: Id,
    user_id: Id,
    failures: i64,
    window_failures: i64,
    locked_until: Option<At>,
    in_flight: i64,
    reserved_at: Option<At>,
    epoch: i64,
}

impl NewAttempts {
    /// The row of the attempts on an account in its store.
    pub(crate) fn of(store: StoreId, user: UserId, attempts: &Attempts) -> Self {
        Self {
            store_id: store.into(),
            user_id: user.into(),
            failures: attempts.failures.into(),
            window_failures: attempts.window.into(),
            locked_until: attempts.locked_until.map(At),
            in_flight: attempts.in_flight.into(),
            reserved_at: attempts.reserved_at.map(At),
            epoch: attempts.epoch.into(),
        }
    }
}

/// What is counted under a name, as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sign_in_names)]
pub(crate) struct NameRow {
    name_key: Vec<u8>,
    failures: i64,
    failed_at: Option<At>,
    decoy_failures: i64,
    decoy_window_failures: i64,
    decoy_locked_until: Option<At>,
    decoy_in_flight: i64,
    decoy_reserved_at: Option<At>,
    decoy_epoch: i64,
}

impl NameRow {
    /// The record of that name: an empty one when the place holds another name.
    pub(crate) fn record_of(self, name: &NameKey) -> Result<NameRecord, Failure> {
        if self.name_key == name.as_bytes() { self.try_into() } else { Ok(NameRecord::default()) }
    }
}

impl TryFrom<NameRow> for NameRecord {
    type Error = Failure;

    fn try_from(row: NameRow) -> Result<Self, Failure> {
        let decoy = Attempts {
            failures: count(row.decoy_failures, "sign_in_names.decoy_failures")?,
            window: count(row.decoy_window_failures, "sign_in_names.decoy_window_failures")?,
            locked_until: row.decoy_locked_until.map(|at| at.0),
            in_flight: count(row.decoy_in_flight, "sign_in_names.decoy_in_flight")?,
            reserved_at: row.decoy_reserved_at.map(|at| at.0),
            epoch: count(row.decoy_epoch, "sign_in_names.decoy_epoch")?,
        };
        Ok(Self {
            failures: count(row.failures, "sign_in_names.failures")?,
            failed_at: row.failed_at.map(|at| at.0),
            decoy,
        })
    }
}

/// The place of a name in its table. There are [`NameKey::SLOTS`] of them.
pub(crate) fn slot(name: &NameKey) -> i32 {
    i32::try_from(name.slot()).unwrap_or(i32::MAX)
}

/// What is counted under a name, as it is written.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = sign_in_names, primary_key(store_id, slot))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct NewName<'a> {
    store_id: Id,
    slot: i32,
    name_key: &'a [u8],
    failures: i64,
    failed_at: Option<At>,
    decoy_failures: i64,
    decoy_window_failures: i64,
    decoy_locked_until: Option<At>,
    decoy_in_flight: i64,
    decoy_reserved_at: Option<At>,
    decoy_epoch: i64,
}

impl<'a> NewName<'a> {
    /// The row of a name in its store.
    pub(crate) fn of(store: StoreId, name: &'a NameKey, record: &NameRecord) -> Self {
        let decoy = &record.decoy;
        Self {
            store_id: store.into(),
            slot: slot(name),
            name_key: name.as_bytes(),
            failures: record.failures.into(),
            failed_at: record.failed_at.map(At),
            decoy_failures: decoy.failures.into(),
            decoy_window_failures: decoy.window.into(),
            decoy_locked_until: decoy.locked_until.map(At),
            decoy_in_flight: decoy.in_flight.into(),
            decoy_reserved_at: decoy.reserved_at.map(At),
            decoy_epoch: decoy.epoch.into(),
        }
    }
}
