use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::audit::{Recorded, Stamp};
use domain::id::{StoreId, UserId};
use domain::page::Place;
use domain::text::Folded;
use domain::unit_of_work::{StoreError, Taken, Unique};
use domain::user::{
    ExternalId, Holdings, User, UserOrder, UserProperty, UserQuery, UserRepository,
};

use super::super::{Conn, dialect};
use super::chunks::any_of;
use super::filters::{Column, Columns};
use super::fragment::{Fragment, Slot, Value};
use super::listing::{Listing, Sorted};
use super::lists::{LONGEST, lists};
use super::records::{Held, Record, excluded_columns, load_all};
use super::session::Inside;
use crate::rows::{NewUser, UserRow, all, email_claim};
use crate::schema::users;
use crate::types::Id;

/// As it is read: what nobody has counted is 0.
const FAILED_SIGN_INS: &str = "coalesce((SELECT counted.failures FROM sign_in_attempts counted
    WHERE counted.store_id = users.store_id AND counted.user_id = users.id), 0)";

impl Columns for UserProperty {
    fn column(self) -> Column {
        match self {
            Self::Id => Column::Set("id"),
            Self::ExternalId => Column::MaybeUnset("external_id", "external_id"),
            Self::LoginName => Column::Set("login_name_folded"),
            Self::FirstName => Column::MaybeUnset("first_name_folded", "first_name"),
            Self::LastName => Column::MaybeUnset("last_name_folded", "last_name"),
            Self::Email => Column::MaybeUnset("email_folded", "email"),
            Self::EmailConfirmed => Column::Set("email_confirmed"),
            Self::ValidFrom => Column::MaybeUnset("valid_from", "valid_from"),
            Self::ValidTo => Column::MaybeUnset("valid_to", "valid_to"),
            Self::Active => Column::Set("active"),
            Self::LockEnabled => Column::Set("lock_enabled"),
            Self::Locked => Column::Set("locked"),
            Self::FailedSignIns => Column::Set(FAILED_SIGN_INS),
            Self::PasswordNeverExpires => Column::Set("password_never_expires"),
            Self::CanChangeExpiredPassword => Column::Set("can_change_expired_password"),
            Self::PasswordExpires => Column::MaybeUnset("password_expires", "password_expires"),
            Self::InitialPassword => Column::Set("initial_password"),
            Self::PasswordChangeRequired => Column::Set("password_change_required"),
        }
    }
}

impl Sorted<UserId> for UserOrder {
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id"],
            Self::LoginName => &["login_name_folded", "id"],
            Self::LastName => &["last_name_folded", "id"],
            Self::EmailAddress => &["email_folded", "id"],
        }
    }

    fn values(self, place: &Place<UserId>) -> Vec<Value> {
        match self {
            Self::Id => vec![place.id.into()],
            _ => vec![place.sort.as_str().into(), place.id.into()],
        }
    }
}

/// Id, login name, external id, address to sign in by, and version.
type UniqueColumns = (Id, String, Option<String>, Option<String>, i64);

impl Record for User {
    const TABLE: &'static str = "users";
    const UNIQUE: &'static [(Unique, &'static str)] = &[
        (Unique::UserId, "id"),
        (Unique::LoginName, "login_name_folded"),
        (Unique::ExternalId, "external_id"),
        (Unique::EmailAddress, "email_claim"),
    ];

    fn id(&self) -> Id {
        self.id.into()
    }

    fn holds(&self) -> Vec<Option<Value>> {
        let external_id = self.external_id.as_ref().map(ExternalId::as_str);
        vec![
            Some(self.id.into()),
            Some(self.login_name.folded().as_str().into()),
            external_id.map(Value::from),
            email_claim(self).map(Value::from),
        ]
    }

    fn insert_new(conn: &mut Conn, store: StoreId, records: &[&Self]) -> QueryResult<Vec<i64>> {
        let rows: Vec<_> = records.iter().map(|user| NewUser::of(store, user)).collect();
        diesel::insert_into(users::table)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(users::version)
            .get_results(conn)
    }

    fn held(conn: &mut Conn, store: StoreId, condition: Fragment) -> QueryResult<Vec<Held>> {
        let columns = (
            users::id,
            users::login_name_folded,
            users::external_id,
            users::email_claim,
            users::version,
        );
        let rows: Vec<UniqueColumns> = users::table
            .filter(users::store_id.eq(Id::from(store)))
            .filter(condition)
            .select(columns)
            .load(conn)?;
        let values = |(id, login_name, external_id, claim, version): UniqueColumns| {
            let (external_id, claim) = (external_id.map(Value::from), claim.map(Value::from));
            (vec![Some(id.into()), Some(login_name.into()), external_id, claim], version)
        };
        Ok(rows.into_iter().map(values).collect())
    }

    fn update(conn: &mut Conn, store: StoreId, record: &Self) -> QueryResult<usize> {
        let row = users::table
            .filter(users::store_id.eq(Id::from(store)))
            .filter(users::id.eq(record.id()));
        diesel::update(row).set(NewUser::of(store, record)).execute(conn)
    }

    fn update_many(conn: &mut Conn, store: StoreId, records: &[&Self]) -> QueryResult<usize> {
        let rows: Vec<_> = records.iter().map(|user| NewUser::of(store, user)).collect();
        diesel::insert_into(users::table)
            .values(rows)
            .on_conflict((users::store_id, users::id))
            .do_update()
            .set(excluded_columns!(users:
                login_name,
                login_name_folded,
                external_id,
                first_name,
                last_name,
                email,
                email_confirmed,
                valid_from,
                valid_to,
                active,
                lock_enabled,
                locked,
                password_never_expires,
                can_change_expired_password,
                password_expires,
                initial_password,
                password_change_required,
                version,
                first_name_folded,
                last_name_folded,
                email_folded,
                email_claim,
                two_factor_required,
                two_factor_registered,
            ))
            .execute(conn)
    }
}

/// Whom somebody looks for, as columns and values.
fn columns_of(wanted: &Holdings) -> Vec<(&'static str, Value)> {
    let login_names = wanted.login_names.iter().map(|name| ("login_name_folded", name.as_str()));
    let external_ids = wanted.external_ids.iter().map(|id| ("external_id", id.as_str()));
    let texts = login_names.chain(external_ids).map(|(column, text)| (column, Value::from(text)));
    let addresses =
        wanted.addresses.iter().map(|it| ("email_claim", Value::from(it.folded().as_str())));
    texts.chain(addresses).collect()
}

impl UserRepository for Inside<'_, '_> {
    fn find(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let row = users::table
                .filter(users::store_id.eq(store))
                .filter(users::id.eq(Id::from(id)))
                .select(UserRow::as_select())
                .get_result(conn)
                .optional()?;
            row.map(User::try_from).transpose()
        })
    }

    fn find_all_for_update(&mut self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| all(load_all!(conn, store, ids, users, UserRow, dialect::locked)))
    }

    fn find_by_login_name(&mut self, name: &Folded) -> Result<Option<User>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let row = users::table
                .filter(users::store_id.eq(store))
                .filter(users::login_name_folded.eq(name.as_str()))
                .select(UserRow::as_select())
                .get_result(conn)
                .optional()?;
            row.map(User::try_from).transpose()
        })
    }

    fn holders(&mut self, wanted: &Holdings) -> Result<Vec<User>, StoreError> {
        let (in_store, store) = (self.store, Id::from(self.store));
        self.session.read(|conn| {
            let mut found = BTreeMap::new();
            for chunk in columns_of(wanted).chunks(LONGEST) {
                let rows: Vec<UserRow> = users::table
                    .filter(users::store_id.eq(store))
                    .filter(any_of(User::TABLE, in_store, chunk))
                    .select(UserRow::as_select())
                    .load(conn)?;
                found.extend(rows.into_iter().map(|row| (row.id(), row)));
            }
            all(found.into_values().collect())
        })
    }

    fn list(&mut self, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        let store = Id::from(self.store);
        let Listing { wanted, order, limit } = Listing::of(query);
        self.session.read(|conn| {
            all(users::table
                .filter(users::store_id.eq(store))
                .filter(wanted)
                .order(order)
                .limit(limit)
                .select(UserRow::as_select())
                .load(conn)?)
        })
    }

    fn check(
        &mut self,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, bool)>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let page = users::table
                .filter(users::store_id.eq(store))
                .order(users::id)
                .limit(limit.into())
                .select(UserRow::as_select());
            let rows: Vec<UserRow> = match after {
                Some(after) => page.filter(users::id.gt(Id::from(after))).load(conn)?,
                None => page.load(conn)?,
            };
            let check = |row: UserRow| (row.id().into(), User::try_from(row).is_ok());
            Ok(rows.into_iter().map(check).collect())
        })
    }

    fn insert(&mut self, user: &Recorded<User>) -> Result<(), StoreError> {
        let row = NewUser::of(self.store, user.record());
        self.session.record(user, |conn| {
            diesel::insert_into(users::table).values(row).execute(conn)?;
            Ok(())
        })
    }

    fn insert_new(
        &mut self,
        users: &[Recorded<User>],
    ) -> Result<Vec<Result<(), Taken>>, StoreError> {
        self.insert_free(users)
    }

    fn update_all(&mut self, users: &[Recorded<User>]) -> Result<(), StoreError> {
        self.replace(users)
    }

    fn remove_all(&mut self, users: &[Recorded<User>]) -> Result<(), StoreError> {
        self.remove_records(users)
    }

    fn touch(&mut self, ids: &[UserId], stamp: Stamp) -> Result<(), StoreError> {
        self.stamp::<User>(ids.iter().map(|id| Id::from(*id)), stamp)
    }

    fn sign_in_by_email(&mut self, on: bool) -> Result<(), StoreError> {
        let change = if on {
            "UPDATE users SET email_claim = email_folded \
             WHERE store_id = :store AND email IS NOT NULL AND email_claim IS NULL"
        } else {
            "UPDATE users SET email_claim = NULL \
             WHERE store_id = :store AND email_claim IS NOT NULL"
        };
        let change = Fragment::new(change, &[("store", Slot::from(self.store))]);
        self.session.write(|conn| {
            change.execute(conn)?;
            Ok(())
        })
    }
}
