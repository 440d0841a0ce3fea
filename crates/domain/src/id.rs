//! Typed identifiers: an id of one kind cannot be passed where another kind is meant.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Defines a UUID newtype whose text form is the lower-case hyphenated UUID.
macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to name this kind of thing.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

typed_id!(
    /// Names a user store (tenant).
    StoreId
);
typed_id!(
    /// Names a user within a store.
    UserId
);
typed_id!(
    /// Names a group within a store.
    GroupId
);
typed_id!(
    /// Names an API client, the holder of an API key.
    ClientId
);
typed_id!(
    /// Names a session of a user within a store. No secret: who knows it proves nothing.
    SessionId
);

/// Number of an audit entry: unique in its store, never reused, below 2^53 so that every JSON
/// reader keeps it exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditId(i64);

impl AuditId {
    /// The largest number a JSON reader with IEEE 754 doubles keeps exact (RFC 8259 §6).
    pub const MAX: i64 = (1 << 53) - 1;

    /// The number of no entry.
    pub(crate) const NONE: Self = Self(0);

    /// Accepts 1 to [`Self::MAX`].
    pub const fn new(number: i64) -> Option<Self> {
        if number >= 1 && number <= Self::MAX { Some(Self(number)) } else { None }
    }

    /// The number itself.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for AuditId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
