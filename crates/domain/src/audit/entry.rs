use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::{PublicKeyInfo, Signature};
use crate::id::{AuditId, StoreId};
use crate::time::Instant;

/// What kind of record changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Area {
    /// A user.
    User,
    /// A group.
    Group,
    /// Metadata of a group.
    GroupMetadata,
    /// A profile of a user.
    UserProfile,
    /// A user or a group in a group.
    Membership,
    /// A role that somebody holds.
    Role,
    /// An API client.
    Client,
    /// A user store.
    Store,
}

/// What happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It was made.
    Added,
    /// It was changed.
    Modified,
    /// It was removed.
    Deleted,
}

/// Gives a closed set of names its text form, both ways.
macro_rules! named {
    ($type:ident { $($variant:ident),+ $(,)? }) => {
        impl $type {
            /// The name in the specification.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
        }

        impl FromStr for $type {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $(stringify!($variant) => Ok(Self::$variant),)+ _ => Err(()) }
            }
        }
    };
}
named!(Area { User, Group, GroupMetadata, UserProfile, Membership, Role, Client, Store });
named!(Action { Added, Modified, Deleted });

/// What an entry says of a record's content: a hash that is signed, and the content itself, which
/// may be erased later without the signature breaking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// SHA-256(salt ‖ UTF-8 content).
    pub hash: [u8; 32],
    /// What was hashed; `None` once it is erased.
    pub opened: Option<Opened>,
}

/// The two inputs of a commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Random, so that the hash tells nothing about a content that can be guessed.
    pub salt: [u8; 16],
    /// JSON text of the record.
    pub content: String,
}

impl Commitment {
    /// Commits to `content` under `salt`.
    pub fn to(content: String, salt: [u8; 16]) -> Self {
        let hash = Sha256::new().chain_update(salt).chain_update(&content).finalize().into();
        Self { hash, opened: Some(Opened { salt, content }) }
    }
}

/// One line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Number in the store.
    pub id: AuditId,
    /// The store whose trail it stands in: `instanceId`.
    pub store: StoreId,
    /// When the use case began.
    pub timestamp: Instant,
    /// Who acted, as `client:<id>`, `system:<task>` …
    pub user: String,
    /// What kind of record changed.
    pub area: Area,
    /// Which one: a lower-case UUID, for children `ownerId/key`, for memberships `groupId/memberId`.
    pub primary_key: String,
    /// What happened to it.
    pub action: Action,
    /// The store's name when it happened.
    pub data_source: String,
    /// The record before; `None` when it was added.
    pub original: Option<Commitment>,
    /// The record after; `None` when it was deleted.
    pub current: Option<Commitment>,
    /// Over [`super::canonical::bytes`].
    pub signature: Signature,
    /// The key that checks it.
    pub public_key: PublicKeyInfo,
}

impl Entry {
    /// The one category there is.
    pub const CATEGORY: &'static str = "DatabaseRecordChange";
}
