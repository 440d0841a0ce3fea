use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::attempt::{NameKey, NameRecord, ThrottleRepository};
use domain::unit_of_work::StoreError;

use super::chunks::{CHUNK, all_of, among};
use super::fragment::{Fragment, Slot, Value};
use super::session::Inside;
use crate::rows::{NameRow, NewName, slot};
use crate::schema::sign_in_names;
use crate::types::Id;

impl ThrottleRepository for Inside<'_, '_> {
    fn lock(&mut self, name: &NameKey) -> Result<NameRecord, StoreError> {
        let row = NewName::of(self.store, name, &NameRecord::default());
        self.session.write(|conn| {
            let row: NameRow = diesel::insert_into(sign_in_names::table)
                .values(row)
                .on_conflict((sign_in_names::store_id, sign_in_names::slot))
                .do_update()
                .set(sign_in_names::slot.eq(excluded(sign_in_names::slot)))
                .returning(NameRow::as_returning())
                .get_result(conn)?;
            row.record_of(name)
        })
    }

    fn save(&mut self, name: &NameKey, record: &NameRecord) -> Result<(), StoreError> {
        let store = Id::from(self.store);
        let changed = NewName::of(self.store, name, record);
        self.session.write(|conn| {
            let row = sign_in_names::table
                .filter(sign_in_names::store_id.eq(store))
                .filter(sign_in_names::slot.eq(slot(name)));
            all_of(1, diesel::update(row).set(changed).execute(conn)?)
        })
    }

    fn clear(&mut self, names: &[NameKey]) -> Result<(), StoreError> {
        let store = self.store;
        let row = |name: &NameKey| vec![slot(name).into(), Value::from(name.as_bytes().to_vec())];
        self.session.write(|conn| {
            for names in names.chunks(CHUNK) {
                let rows = names.iter().map(row).collect();
                let among = Slot::Part(among(store, &["slot", "name_key"], rows));
                Fragment::new("DELETE FROM sign_in_names WHERE :among", &[("among", among)])
                    .execute(conn)?;
            }
            Ok(())
        })
    }
}
