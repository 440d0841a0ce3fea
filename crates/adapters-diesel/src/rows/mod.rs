//! Rows, and how they become values of the domain: every value is parsed again, and one that the
//! domain refuses is [`StoreError::Corrupt`] with the column named.

#![expect(clippy::ref_option_ref, reason = "written by the derives of diesel")]

mod attempt;
mod attribute;
mod audit;
mod client;
mod delivery;
mod group;
mod log;
mod password;
mod role;
mod second_factor;
mod session;
mod store;
mod token;
mod user;

pub(crate) use attempt::{AttemptsRow, NameRow, NewAttempts, NewName, slot};
pub(crate) use attribute::{MetadataRow, NewMetadata, NewProfile, ProfileRow};
pub(crate) use audit::{ClosedRow, EntryRow, NewEntry};
pub(crate) use client::{ClientRow, NewClient};
pub(crate) use delivery::{ClaimedRow, NewDelivery};
pub(crate) use group::{GroupRow, MembershipRow, NestingRow, NewGroup};
pub(crate) use log::{
    CheckpointRow, EventRow, HeadRow, NewCheckpoint, NewLeaf, NewLog, NewRun, NewTerm, RunRow,
    TermRow, TileRow, event, hashes, leaves, leaves_of, public_key, sealed, tile,
};
pub(crate) use password::{NewPassword, PasswordRow, former};
pub(crate) use role::{
    AssignmentRow, CLIENT, GROUP, NewAssignment, USER, grant, holder_columns, reach_column,
    role_folded,
};
pub(crate) use second_factor::{NewRecoveryCode, NewSecondFactor, SecondFactorRow};
pub(crate) use session::{NewSession, NewSessionToken, PresentedRow, SessionRow, presented};
pub(crate) use store::{NewStore, StoreRow};
pub(crate) use token::{NewToken, TokenRow, purpose_column};
pub(crate) use user::{NewUser, UserRow, email_claim};

use domain::id::AuditId;
use domain::unit_of_work::StoreError;
use domain::version::Version;

use crate::error::Failure;

/// The failure that `column` holds what the domain refuses.
fn corrupt(column: &str) -> Failure {
    Failure::plain(StoreError::Corrupt(column.to_owned()))
}

/// Parses a text of `column`.
fn parse<T, E>(
    text: String,
    parse: impl FnOnce(String) -> Result<T, E>,
    column: &str,
) -> Result<T, Failure> {
    parse(text).map_err(|_| corrupt(column))
}

/// Parses a text of `column` that may be unset.
fn parse_set<T, E>(
    text: Option<String>,
    with: impl FnOnce(String) -> Result<T, E>,
    column: &str,
) -> Result<Option<T>, Failure> {
    text.map(|text| parse(text, with, column)).transpose()
}

/// Bytes of `column` that are so many.
fn bytes<const N: usize>(bytes: Vec<u8>, column: &str) -> Result<[u8; N], Failure> {
    bytes.try_into().map_err(|_| corrupt(column))
}

fn version(number: i64, column: &str) -> Result<Version, Failure> {
    AuditId::new(number).map(Version::of).ok_or_else(|| corrupt(column))
}

/// Turns rows into values of the domain.
pub(crate) fn all<R, T>(rows: Vec<R>) -> Result<Vec<T>, Failure>
where
    T: TryFrom<R, Error = Failure>,
{
    rows.into_iter().map(T::try_from).collect()
}
