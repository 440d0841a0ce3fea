use diesel::prelude::*;
use domain::audit::Stamp;
use domain::id::{StoreId, UserId};
use domain::password::{PasswordHash, StoredPassword};

use super::{parse, version};
use crate::error::Failure;
use crate::schema::passwords;
use crate::types::Id;

/// A password as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = passwords)]
pub(crate) struct PasswordRow {
    hash: String,
    version: i64,
}

impl TryFrom<PasswordRow> for StoredPassword {
    type Error = Failure;

    fn try_from(row: PasswordRow) -> Result<Self, Failure> {
        Ok(Self {
            hash: parse(row.hash, PasswordHash::parse, "passwords.hash")?,
            version: version(row.version, "passwords.version")?,
        })
    }
}

/// A password that was replaced, as it is read.
pub(crate) fn former(hash: String) -> Result<PasswordHash, Failure> {
    parse(hash, PasswordHash::parse, "password_history.hash")
}

/// A password as it is written.
#[derive(Insertable)]
#[diesel(table_name = passwords, treat_none_as_default_value = false)]
pub(crate) struct NewPassword<'a> {
    store_id: Id,
    user_id: Id,
    hash: &'a str,
    version: i64,
}

impl<'a> NewPassword<'a> {
    /// The row of a user's password in their store.
    pub(crate) fn of(store: StoreId, user: UserId, hash: &'a PasswordHash, stamp: Stamp) -> Self {
        Self {
            store_id: store.into(),
            user_id: user.into(),
            hash: hash.as_str(),
            version: stamp.version().get().get(),
        }
    }
}
