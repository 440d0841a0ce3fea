use domain::audit::{Commitment, Entry};
use domain::id::StoreId;
use domain::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::userstore::shown::{self, Base64};

/// One line of the audit trail. `docs/audit.md` says what is signed and how to check it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditTrail)]
pub(super) struct EntryView<'a> {
    /// Unique in the store, ascending on each node, below 2^53.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    id: i64,
    /// When the change was made.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = String, format = DateTime)]
    timestamp: Instant,
    /// Who made it: `client:<id>`, `system:<task>`.
    user: &'a str,
    /// What kind of record changed.
    #[schema(example = "User")]
    area: &'a str,
    /// Which one: an id, `ownerId/key` of a profile, `groupId/memberId` of a membership.
    primary_key: &'a str,
    /// The one category there is.
    #[schema(example = "DatabaseRecordChange")]
    category: &'a str,
    /// `Added`, `Modified` or `Deleted`.
    #[schema(example = "Added")]
    action: &'a str,
    /// The store's name at that time.
    data_source: &'a str,
    /// The record before the change, as JSON text; null when it was added, or erased since.
    #[schema(required)]
    original_content: Option<&'a str>,
    /// The record after the change, as JSON text; null when it was deleted, or erased since.
    #[schema(required)]
    current_content: Option<&'a str>,
    /// Ed25519 over the canonical JSON of the entry.
    #[schema(value_type = String, content_encoding = "base64")]
    signature: Base64<'a>,
    /// The public key as DER `SubjectPublicKeyInfo`.
    #[schema(value_type = String, content_encoding = "base64")]
    signature_public_key_info: Base64<'a>,
    /// The store whose trail it stands in.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    instance_id: StoreId,
    /// Salt of `originalCommitment`.
    #[schema(required, value_type = Option<String>, content_encoding = "base64")]
    original_salt: Option<Base64<'a>>,
    /// SHA-256 of salt and `originalContent`.
    #[schema(required, value_type = Option<String>, content_encoding = "base64")]
    original_commitment: Option<Base64<'a>>,
    /// Salt of `currentCommitment`.
    #[schema(required, value_type = Option<String>, content_encoding = "base64")]
    current_salt: Option<Base64<'a>>,
    /// SHA-256 of salt and `currentContent`.
    #[schema(required, value_type = Option<String>, content_encoding = "base64")]
    current_commitment: Option<Base64<'a>>,
}

impl<'a> From<&'a Entry> for EntryView<'a> {
    fn from(entry: &'a Entry) -> Self {
        let (original, current) = (entry.original.as_ref(), entry.current.as_ref());
        Self {
            id: entry.id.get(),
            timestamp: entry.timestamp,
            user: &entry.user,
            area: entry.area.name(),
            primary_key: &entry.primary_key,
            category: Entry::CATEGORY,
            action: entry.action.name(),
            data_source: &entry.data_source,
            original_content: content(original),
            current_content: content(current),
            signature: Base64(&entry.signature.0),
            signature_public_key_info: Base64(&entry.public_key.0),
            instance_id: entry.store,
            original_salt: salt(original),
            original_commitment: original.map(|commitment| Base64(&commitment.hash)),
            current_salt: salt(current),
            current_commitment: current.map(|commitment| Base64(&commitment.hash)),
        }
    }
}

fn content(commitment: Option<&Commitment>) -> Option<&str> {
    Some(commitment?.opened.as_ref()?.content.as_str())
}

fn salt(commitment: Option<&Commitment>) -> Option<Base64<'_>> {
    Some(Base64(&commitment?.opened.as_ref()?.salt))
}

/// Writes an entry as JSON.
pub(super) fn write(entry: &Entry, text: &mut Vec<u8>) {
    // Strings and numbers always serialize, and a `Vec` always takes them.
    let _ = serde_json::to_writer(text, &EntryView::from(entry));
}
