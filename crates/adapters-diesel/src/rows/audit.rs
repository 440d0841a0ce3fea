use diesel::prelude::*;
use domain::audit::{Commitment, Entry, Opened, PublicKeyInfo, Signature};
use domain::id::AuditId;

use super::{bytes, corrupt};
use crate::error::Failure;
use crate::schema::audit_entries;
use crate::types::{At, Id};

/// An audit entry as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub(crate) struct EntryRow {
    store_id: Id,
    id: i64,
    timestamp: At,
    user_name: String,
    area: String,
    primary_key: String,
    action: String,
    data_source: String,
    original_content: Option<String>,
    original_salt: Option<Vec<u8>>,
    original_commitment: Option<Vec<u8>>,
    current_content: Option<String>,
    current_salt: Option<Vec<u8>>,
    current_commitment: Option<Vec<u8>>,
    signature: Vec<u8>,
    public_key: Vec<u8>,
}

fn commitment(
    content: Option<String>,
    salt: Option<Vec<u8>>,
    hash: Option<Vec<u8>>,
) -> Result<Option<Commitment>, Failure> {
    let opened = match (content, salt) {
        (Some(content), Some(salt)) => {
            Some(Opened { salt: bytes(salt, "audit_entries.*_salt")?, content })
        }
        (None, None) => None,
        _ => return Err(corrupt("audit_entries.*_salt")),
    };
    match hash {
        Some(hash) => {
            Ok(Some(Commitment { hash: bytes(hash, "audit_entries.*_commitment")?, opened }))
        }
        None if opened.is_none() => Ok(None),
        None => Err(corrupt("audit_entries.*_commitment")),
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = Failure;

    fn try_from(row: EntryRow) -> Result<Self, Failure> {
        Ok(Self {
            id: AuditId::new(row.id).ok_or_else(|| corrupt("audit_entries.id"))?,
            store: row.store_id.into(),
            timestamp: row.timestamp.0,
            user: row.user_name,
            area: row.area.parse().map_err(|()| corrupt("audit_entries.area"))?,
            primary_key: row.primary_key,
            action: row.action.parse().map_err(|()| corrupt("audit_entries.action"))?,
            data_source: row.data_source,
            original: commitment(row.original_content, row.original_salt, row.original_commitment)?,
            current: commitment(row.current_content, row.current_salt, row.current_commitment)?,
            signature: Signature(bytes(row.signature, "audit_entries.signature")?),
            public_key: PublicKeyInfo(bytes(row.public_key, "audit_entries.public_key")?),
        })
    }
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
