use diesel::prelude::*;
use domain::audit::{Action, Area, Commitment, Entry, Opened, PublicKeyInfo, Signature};
use domain::id::AuditId;

use super::{bytes, corrupt};
use crate::error::Failure;
use crate::schema::audit_entries;
use crate::types::{At, Id};

/// An audit entry as it is read, with the contents that it commits to.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub(crate) struct EntryRow {
    #[diesel(embed)]
    closed: ClosedRow,
    #[diesel(embed)]
    opened: OpenedRow,
}

/// An audit entry without those contents: all that is signed.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub(crate) struct ClosedRow {
    store_id: Id,
    id: i64,
    timestamp: At,
    user_name: String,
    area: String,
    primary_key: String,
    action: String,
    data_source: String,
    original_commitment: Option<Vec<u8>>,
    current_commitment: Option<Vec<u8>>,
    signature: Vec<u8>,
    public_key: Vec<u8>,
}

/// The contents of an audit entry, as far as they are not erased.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub(crate) struct OpenedRow {
    original_content: Option<String>,
    original_salt: Option<Vec<u8>>,
    current_content: Option<String>,
    current_salt: Option<Vec<u8>>,
}

/// Opens a commitment with what belongs to it.
fn open(
    commitment: Option<&mut Commitment>,
    content: Option<String>,
    salt: Option<Vec<u8>>,
) -> Result<(), Failure> {
    let opened = match (content, salt) {
        (Some(content), Some(salt)) => {
            Opened { salt: bytes(salt, "audit_entries.*_salt")?, content }
        }
        (None, None) => return Ok(()),
        _ => return Err(corrupt("audit_entries.*_salt")),
    };
    commitment.ok_or_else(|| corrupt("audit_entries.*_commitment"))?.opened = Some(opened);
    Ok(())
}

/// A commitment that is not opened.
fn closed(hash: Option<Vec<u8>>) -> Result<Option<Commitment>, Failure> {
    let hash = hash.map(|hash| bytes(hash, "audit_entries.*_commitment")).transpose()?;
    Ok(hash.map(|hash| Commitment { hash, opened: None }))
}

impl TryFrom<ClosedRow> for Entry {
    type Error = Failure;

    fn try_from(row: ClosedRow) -> Result<Self, Failure> {
        Ok(Self {
            id: AuditId::new(row.id).ok_or_else(|| corrupt("audit_entries.id"))?,
            store: row.store_id.into(),
            timestamp: row.timestamp.0,
            user: row.user_name,
            area: area(&row.area)?,
            primary_key: row.primary_key,
            action: action(&row.action)?,
            data_source: row.data_source,
            original: closed(row.original_commitment)?,
            current: closed(row.current_commitment)?,
            signature: Signature(bytes(row.signature, "audit_entries.signature")?),
            public_key: PublicKeyInfo(bytes(row.public_key, "audit_entries.public_key")?),
        })
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = Failure;

    fn try_from(EntryRow { closed, opened }: EntryRow) -> Result<Self, Failure> {
        let mut entry = Self::try_from(closed)?;
        open(entry.original.as_mut(), opened.original_content, opened.original_salt)?;
        open(entry.current.as_mut(), opened.current_content, opened.current_salt)?;
        Ok(entry)
    }
}

/// The area of that name.
pub(super) fn area(name: &str) -> Result<Area, Failure> {
    name.parse().map_err(|()| corrupt("audit_entries.area"))
}

/// The action of that name.
pub(super) fn action(name: &str) -> Result<Action, Failure> {
    name.parse().map_err(|()| corrupt("audit_entries.action"))
}

/// An audit entry as it is written.
#[derive(Insertable)]
#[diesel(table_name = audit_entries, treat_none_as_default_value = false)]
pub(crate) struct NewEntry<'a> {
    store_id: Id,
    id: i64,
    timestamp: At,
    user_name: &'a str,
    area: &'static str,
    primary_key: &'a str,
    action: &'static str,
    data_source: &'a str,
    original_content: Option<&'a str>,
    original_salt: Option<&'a [u8]>,
    original_commitment: Option<&'a [u8]>,
    current_content: Option<&'a str>,
    current_salt: Option<&'a [u8]>,
    current_commitment: Option<&'a [u8]>,
    signature: &'a [u8],
    public_key: &'a [u8],
}

/// Content, salt and hash of a commitment that may be unset.
fn columns(commitment: Option<&Commitment>) -> (Option<&str>, Option<&[u8]>, Option<&[u8]>) {
    let opened = commitment.and_then(|commitment| commitment.opened.as_ref());
    (
        opened.map(|opened| opened.content.as_str()),
        opened.map(|opened| opened.salt.as_slice()),
        commitment.map(|commitment| commitment.hash.as_slice()),
    )
}

impl<'a> From<&'a Entry> for NewEntry<'a> {
    fn from(entry: &'a Entry) -> Self {
        let (original_content, original_salt, original_commitment) =
            columns(entry.original.as_ref());
        let (current_content, current_salt, current_commitment) = columns(entry.current.as_ref());
        Self {
            store_id: entry.store.into(),
            id: entry.id.get(),
            timestamp: At(entry.timestamp),
            user_name: &entry.user,
            area: entry.area.name(),
            primary_key: &entry.primary_key,
            action: entry.action.name(),
            data_source: &entry.data_source,
            original_content,
            original_salt,
            original_commitment,
            current_content,
            current_salt,
            current_commitment,
            signature: &entry.signature.0,
            public_key: &entry.public_key.0,
        }
    }
}
