use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::attribute::{
    Attribute, AttributeOrder, AttributeProperty, AttributeQuery, AttributeRepository, Extent,
};
use domain::audit::{Action, Recorded};
use domain::id::{GroupId, UserId};
use domain::page::Place;
use domain::text::Folded;
use domain::unit_of_work::StoreError;

use super::chunks::{delete_rows, insert_chunks};
use super::filters::{Column, Columns};
use super::fragment::Value;
use super::listing::{Listing, Sorted};
use super::lists::{LONGEST, lists};
use super::session::{Inside, with_action};
use crate::rows::{MetadataRow, NewMetadata, NewProfile, ProfileRow, all};
use crate::schema::{group_metadata, user_profiles};
use crate::types::Id;

impl Columns for AttributeProperty {
    fn column(self) -> Column {
        match self {
            Self::Key => Column::Set("key_folded"),
            Self::Value => Column::MaybeUnset("value", "value"),
        }
    }
}

impl Sorted<Folded> for AttributeOrder {
    fn columns(self) -> &'static [&'static str] {
        &["key_folded"]
    }

    fn values(self, place: &Place<Folded>) -> Vec<Value> {
        vec![place.id.as_str().into()]
    }
}

/// The bytes of UTF-8 of keys and values: `length` would count characters.
const BYTES: &str = "coalesce(sum(octet_length(key) + coalesce(octet_length(value), 0)), 0)";

/// Implements the port on one table of attributes.
macro_rules! attributes {
    ($owner:ty, $table:ident, $owner_column:ident, $row:ident, $new:ident) => {
        impl AttributeRepository<$owner> for Inside<'_, '_> {
            fn find_all(
                &mut self,
                owner: $owner,
                keys: &[Folded],
            ) -> Result<Vec<Attribute<$owner>>, StoreError> {
                let store = Id::from(self.store);
                let mut keys: Vec<_> = keys.iter().map(Folded::as_str).collect();
                keys.sort_unstable();
                keys.dedup();
                self.session.read(|conn| {
                    let mut rows: Vec<$row> = Vec::new();
                    for keys in keys.chunks(LONGEST) {
                        let query = $table::table
                            .filter($table::store_id.eq(store))
                            .filter($table::$owner_column.eq(Id::from(owner)))
                            .filter($table::key_folded.eq_any(keys))
                            .order($table::key_folded)
                            .select($row::as_select());
                        rows.extend(query.load(conn)?);
                    }
                    all(rows)
                })
            }

            fn of(&mut self, owner: $owner) -> Result<Vec<Attribute<$owner>>, StoreError> {
                let store = Id::from(self.store);
                self.session.read(|conn| {
                    all($table::table
                        .filter($table::store_id.eq(store))
                        .filter($table::$owner_column.eq(Id::from(owner)))
                        .order($table::key_folded)
                        .select($row::as_select())
                        .load(conn)?)
                })
            }

            fn of_all(&mut self, owners: &[$owner]) -> Result<Vec<Attribute<$owner>>, StoreError> {
                let store = Id::from(self.store);
                self.session.read(|conn| {
                    let mut rows: Vec<$row> = Vec::new();
                    for owners in lists(owners.iter().copied()) {
                        let query = $table::table
                            .filter($table::store_id.eq(store))
                            .filter($table::$owner_column.eq_any(owners))
                            .order(($table::$owner_column, $table::key_folded))
                            .select($row::as_select());
                        rows.extend(query.load(conn)?);
                    }
                    all(rows)
                })
            }

            fn extent(&mut self, owner: $owner) -> Result<Extent, StoreError> {
                let store = Id::from(self.store);
                self.session.read(|conn| {
                    let (count, bytes): (i64, i64) = $table::table
                        .filter($table::store_id.eq(store))
                        .filter($table::$owner_column.eq(Id::from(owner)))
                        .select((count_star(), sql::<BigInt>(BYTES)))
                        .get_result(conn)?;
                    Ok(Extent {
                        count: u64::try_from(count).unwrap_or_default(),
                        bytes: u64::try_from(bytes).unwrap_or_default(),
                    })
                })
            }

            fn list(
                &mut self,
                owner: $owner,
                query: &AttributeQuery,
            ) -> Result<Vec<Attribute<$owner>>, StoreError> {
                let store = Id::from(self.store);
                let Listing { wanted, order, limit } = Listing::of(query);
                self.session.read(|conn| {
                    all($table::table
                        .filter($table::store_id.eq(store))
                        .filter($table::$owner_column.eq(Id::from(owner)))
                        .filter(wanted)
                        .order(order)
                        .limit(limit)
                        .select($row::as_select())
                        .load(conn)?)
                })
            }

            /// What is changed is taken out and put in again.
            fn apply(&mut self, changes: &[Recorded<Attribute<$owner>>]) -> Result<(), StoreError> {
                let store = self.store;
                let columns = [stringify!($owner_column), "key_folded"];
                self.session.record_all(changes, |conn| {
                    let gone = with_action(changes, |action| action != Action::Added);
                    let gone =
                        gone.map(|it| vec![it.owner.into(), it.key.folded().as_str().into()]);
                    delete_rows(conn, store, (stringify!($table), &columns), gone)?;
                    let here = with_action(changes, |action| action != Action::Deleted);
                    let here = here.map(|attribute| $new::of(store, attribute));
                    insert_chunks!(conn, $table::table, here);
                    Ok(())
                })
            }
        }
    };
}

attributes!(UserId, user_profiles, user_id, ProfileRow, NewProfile);
attributes!(GroupId, group_metadata, group_id, MetadataRow, NewMetadata);
