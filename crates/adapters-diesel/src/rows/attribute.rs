use diesel::prelude::*;
use domain::attribute::{Attribute, AttributeKey, AttributeValue};
use domain::id::{GroupId, StoreId, UserId};

use super::{parse, parse_set, version};
use crate::error::Failure;
use crate::schema::{group_metadata, user_profiles};
use crate::types::Id;

/// Defines the rows of one table of attributes, as they are read and as they are written.
macro_rules! attribute_rows {
    ($table:ident, $owner_column:ident: $owner:ty, $row:ident, $new:ident) => {
        /// An attribute as it is read.
        #[derive(Queryable, Selectable)]
        #[diesel(table_name = $table)]
        pub(crate) struct $row {
            $owner_column: Id,
            key: String,
            value: Option<String>,
            version: i64,
        }

        impl TryFrom<$row> for Attribute<$owner> {
            type Error = Failure;

            fn try_from(row: $row) -> Result<Self, Failure> {
                let value = concat!(stringify!($table), ".value");
                Ok(Self {
                    owner: row.$owner_column.into(),
                    key: parse(row.key, AttributeKey::parse, concat!(stringify!($table), ".key"))?,
                    value: parse_set(row.value, AttributeValue::parse, value)?,
                    version: version(row.version, concat!(stringify!($table), ".version"))?,
                })
            }
        }

        /// An attribute as it is written.
        #[derive(Insertable)]
        #[diesel(table_name = $table, treat_none_as_default_value = false)]
        pub(crate) struct $new<'a> {
            store_id: Id,
            $owner_column: Id,
            key_folded: String,
            key: &'a str,
            value: Option<&'a str>,
            version: i64,
        }

        impl<'a> $new<'a> {
            /// The row of an attribute in its store.
            pub(crate) fn of(store: StoreId, attribute: &'a Attribute<$owner>) -> Self {
                Self {
                    store_id: store.into(),
                    $owner_column: attribute.owner.into(),
                    key_folded: attribute.key.folded().as_str().to_owned(),
                    key: attribute.key.as_str(),
                    value: attribute.value.as_ref().map(AttributeValue::as_str),
                    version: attribute.version.get().get(),
                }
            }
        }
    };
}

attribute_rows!(user_profiles, user_id: UserId, ProfileRow, NewProfile);
attribute_rows!(group_metadata, group_id: GroupId, MetadataRow, NewMetadata);
