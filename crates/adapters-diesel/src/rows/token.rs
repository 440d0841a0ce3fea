use diesel::prelude::*;
use domain::id::{StoreId, UserId};
use domain::token::{Purpose, StoredToken, TokenHash};

use super::bytes;
use crate::error::Failure;
use crate::schema::one_time_tokens;
use crate::types::{At, Id};

/// How a purpose is kept; never changes.
pub(crate) const fn purpose_column(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::PasswordReset => "password reset",
        Purpose::PasswordPreview => "password preview",
        Purpose::Session => "session",
        Purpose::Refresh => "refresh",
    }
}

/// A token as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = one_time_tokens)]
pub(crate) struct TokenRow {
    hash: Vec<u8>,
    expires: At,
}

impl TryFrom<TokenRow> for StoredToken {
    type Error = Failure;

    fn try_from(row: TokenRow) -> Result<Self, Failure> {
        let hash = TokenHash::from_bytes(bytes(row.hash, "one_time_tokens.hash")?);
        Ok(Self { hash, expires: row.expires.0 })
    }
}

/// A token as it is written.
#[derive(Insertable)]
#[diesel(table_name = one_time_tokens, treat_none_as_default_value = false)]
pub(crate) struct NewToken<'a> {
    store_id: Id,
    user_id: Id,
    purpose: &'static str,
    hash: &'a [u8],
    expires: At,
}

impl<'a> NewToken<'a> {
    /// The row of a user's token in their store.
    pub(crate) fn of(
        store: StoreId,
        user: UserId,
        purpose: Purpose,
        token: &'a StoredToken,
    ) -> Self {
        Self {
            store_id: store.into(),
            user_id: user.into(),
            purpose: purpose_column(purpose),
            hash: token.hash.as_bytes(),
            expires: At(token.expires),
        }
    }
}
