use diesel::prelude::*;
use domain::attempt::Attempts;
use domain::id::{StoreId, UserId};
use domain::second_factor::{RecoveryHash, SecondFactor, TimeStep};

use super::attempt::count;
use super::corrupt;
use crate::error::Failure;
use crate::schema::{recovery_codes, second_factors};
use crate::types::{At, Id};

/// A second factor as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = second_factors)]
pub(crate) struct SecondFactorRow {
    sealed: Vec<u8>,
    registered: bool,
    last_step: Option<i64>,
    failures: i64,
    window_failures: i64,
    locked_until: Option<At>,
}

/// A time step. None has so high a number that it does not fit.
fn step(number: i64) -> Result<TimeStep, Failure> {
    u64::try_from(number).map(TimeStep::new).map_err(|_| corrupt("second_factors.last_step"))
}

impl TryFrom<SecondFactorRow> for SecondFactor {
    type Error = Failure;

    fn try_from(row: SecondFactorRow) -> Result<Self, Failure> {
        let attempts = Attempts {
            failures: count(row.failures, "second_factors.failures")?,
            window: count(row.window_failures, "second_factors.window_failures")?,
            locked_until: row.locked_until.map(|at| at.0),
            ..Attempts::default()
        };
        let last_step = row.last_step.map(step).transpose()?;
        Ok(Self { sealed: row.sealed, registered: row.registered, last_step, attempts })
    }
}

/// A second factor as it is written.
#[derive(Insertable)]
#[diesel(table_name = second_factors, treat_none_as_default_value = false)]
pub(crate) struct NewSecondFactor<'a> {
    store_id: Id,
    user_id: Id,
    sealed: &'a [u8],
    registered: bool,
    last_step: Option<i64>,
    failures: i64,
    window_failures: i64,
    locked_until: Option<At>,
}

impl<'a> NewSecondFactor<'a> {
    /// The row of a user's second factor in their store.
    pub(crate) fn of(store: StoreId, user: UserId, factor: &'a SecondFactor) -> Self {
        let number = |step: TimeStep| i64::try_from(step.get()).unwrap_or(i64::MAX);
        Self {
            store_id: store.into(),
            user_id: user.into(),
            sealed: &factor.sealed,
            registered: factor.registered,
            last_step: factor.last_step.map(number),
            failures: factor.attempts.failures.into(),
            window_failures: factor.attempts.window.into(),
            locked_until: factor.attempts.locked_until.map(At),
        }
    }
}

/// A recovery code as it is written.
#[derive(Insertable)]
#[diesel(table_name = recovery_codes, treat_none_as_default_value = false)]
pub(crate) struct NewRecoveryCode<'a> {
    store_id: Id,
    user_id: Id,
    code_hash: &'a [u8],
}

impl<'a> NewRecoveryCode<'a> {
    /// The row of a user's recovery code in their store.
    pub(crate) fn of(store: StoreId, user: UserId, code: &'a RecoveryHash) -> Self {
        Self { store_id: store.into(), user_id: user.into(), code_hash: code.as_bytes() }
    }
}
