use diesel::prelude::*;
use domain::attribute::{AttributeKey, AttributeValue, Profile};
use domain::id::StoreId;

use super::{parse, parse_set};
use crate::error::Failure;
use crate::schema::user_profiles;
use crate::types::Id;

/// A profile as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = user_profiles)]
pub(crate) struct ProfileRow {
    user_id: Id,
    key: String,
    value: Option<String>,
}

impl TryFrom<ProfileRow> for Profile {
    type Error = Failure;

    fn try_from(row: ProfileRow) -> Result<Self, Failure> {
        Ok(Self {
            user: row.user_id.into(),
            key: parse(row.key, AttributeKey::parse, "user_profiles.key")?,
            value: parse_set(row.value, AttributeValue::parse, "user_profiles.value")?,
        })
    }
}

/// A profile as it is written.
#[derive(Insertable)]
#[diesel(table_name = user_profiles, treat_none_as_default_value = false)]
pub(crate) struct NewProfile<'a> {
    store_id: Id,
    user_id: Id,
    key_folded: String,
    key: &'a str,
    value: Option<&'a str>,
}

impl<'a> NewProfile<'a> {
    /// The row of a profile in its store.
    pub(crate) fn of(store: StoreId, profile: &'a Profile) -> Self {
        Self {
            store_id: store.into(),
            user_id: profile.user.into(),
            key_folded: profile.key.folded().as_str().to_owned(),
            key: profile.key.as_str(),
            value: profile.value.as_ref().map(AttributeValue::as_str),
        }
    }
}
