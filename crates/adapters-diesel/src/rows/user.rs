use diesel::dsl::auto_type;
use diesel::prelude::*;
use domain::id::StoreId;
use domain::text::Folded;
use domain::user::{EmailAddress, ExternalId, LoginName, PersonName, User, Validity};

use super::attempt::count;
use super::{corrupt, parse, parse_set, version};
use crate::error::Failure;
use crate::schema::{sign_in_attempts, users};
use crate::types::{At, Id};

/// What is counted of a user's attempts, looked up row by row: PostgreSQL locks no rows of an outer
/// join. Null where nothing is.
#[auto_type]
fn counted() -> _ {
    sign_in_attempts::table
        .filter(sign_in_attempts::store_id.eq(users::store_id))
        .filter(sign_in_attempts::user_id.eq(users::id))
        .select(sign_in_attempts::failures)
        .single_value()
}

/// When somebody last tried to sign in as a user, likewise.
#[auto_type]
fn attempted() -> _ {
    sign_in_attempts::table
        .filter(sign_in_attempts::store_id.eq(users::store_id))
        .filter(sign_in_attempts::user_id.eq(users::id))
        .select(sign_in_attempts::reserved_at)
        .single_value()
}

/// A user as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of the table")]
pub(crate) struct UserRow {
    id: Id,
    login_name: String,
    external_id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    email_confirmed: bool,
    valid_from: Option<At>,
    valid_to: Option<At>,
    active: bool,
    lock_enabled: bool,
    locked: bool,
    #[diesel(select_expression = counted())]
    failed_sign_ins: Option<i64>,
    password_never_expires: bool,
    can_change_expired_password: bool,
    password_expires: Option<At>,
    initial_password: bool,
    password_change_required: bool,
    version: i64,
    email_claim: Option<String>,
    two_factor_required: bool,
    two_factor_registered: bool,
    #[diesel(select_expression = attempted())]
    last_attempt: Option<At>,
    number: i64,
}

impl UserRow {
    /// Under which id it is stored.
    pub(crate) fn id(&self) -> Id {
        self.id
    }
}

impl TryFrom<UserRow> for User {
    type Error = Failure;

    fn try_from(row: UserRow) -> Result<Self, Failure> {
        let (from, to) = (row.valid_from.map(|at| at.0), row.valid_to.map(|at| at.0));
        let failures = row.failed_sign_ins.unwrap_or_default();
        Ok(Self {
            id: row.id.into(),
            external_id: parse_set(row.external_id, ExternalId::parse, "users.external_id")?,
            login_name: parse(row.login_name, LoginName::parse, "users.login_name")?,
            first_name: parse_set(row.first_name, PersonName::parse, "users.first_name")?,
            last_name: parse_set(row.last_name, PersonName::parse, "users.last_name")?,
            email: parse_set(row.email, EmailAddress::parse, "users.email")?,
            email_confirmed: row.email_confirmed,
            signs_in_by_email: row.email_claim.is_some(),
            validity: Validity::new(from, to).map_err(|_| corrupt("users.valid_to"))?,
            active: row.active,
            lock_enabled: row.lock_enabled,
            locked: row.locked,
            failed_sign_ins: count(failures, "sign_in_attempts.failures")?,
            password_never_expires: row.password_never_expires,
            can_change_expired_password: row.can_change_expired_password,
            password_expires: row.password_expires.map(|at| at.0),
            initial_password: row.initial_password,
            password_change_required: row.password_change_required,
            two_factor_required: row.two_factor_required,
            two_factor_registered: row.two_factor_registered,
            last_attempt: row.last_attempt.map(|at| at.0),
            number: row.number,
            version: version(row.version, "users.version")?,
        })
    }
}

/// A user as it is written: what is known of attempts is another row's, and the number stays.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = users, primary_key(store_id, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of the table")]
pub(crate) struct NewUser<'a> {
    store_id: Id,
    id: Id,
    login_name: &'a str,
    login_name_folded: String,
    external_id: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    email: Option<&'a str>,
    email_confirmed: bool,
    valid_from: Option<At>,
    valid_to: Option<At>,
    active: bool,
    lock_enabled: bool,
    locked: bool,
    password_never_expires: bool,
    can_change_expired_password: bool,
    password_expires: Option<At>,
    initial_password: bool,
    password_change_required: bool,
    version: i64,
    first_name_folded: String,
    last_name_folded: String,
    email_folded: String,
    email_claim: Option<String>,
    two_factor_required: bool,
    two_factor_registered: bool,
    #[diesel(skip_update)]
    number: i64,
}

/// A name as it is compared; empty where it is unset.
fn folded(name: Option<Folded>) -> String {
    name.map_or_else(String::new, |name| name.as_str().to_owned())
}

/// The folded address that no other user of the store may hold.
pub(crate) fn email_claim(user: &User) -> Option<String> {
    user.claimed_address().map(|address| address.folded().as_str().to_owned())
}

impl<'a> NewUser<'a> {
    /// The row of a user in its store.
    pub(crate) fn of(store: StoreId, user: &'a User) -> Self {
        Self {
            store_id: store.into(),
            id: user.id.into(),
            login_name: user.login_name.as_str(),
            login_name_folded: user.login_name.folded().as_str().to_owned(),
            external_id: user.external_id.as_ref().map(ExternalId::as_str),
            first_name: user.first_name.as_ref().map(PersonName::as_str),
            last_name: user.last_name.as_ref().map(PersonName::as_str),
            email: user.email.as_ref().map(EmailAddress::as_str),
            email_confirmed: user.email_confirmed,
            valid_from: user.validity.from().map(At),
            valid_to: user.validity.to().map(At),
            active: user.active,
            lock_enabled: user.lock_enabled,
            locked: user.locked,
            password_never_expires: user.password_never_expires,
            can_change_expired_password: user.can_change_expired_password,
            password_expires: user.password_expires.map(At),
            initial_password: user.initial_password,
            password_change_required: user.password_change_required,
            version: user.version.get().get(),
            first_name_folded: folded(user.first_name.as_ref().map(PersonName::folded)),
            last_name_folded: folded(user.last_name.as_ref().map(PersonName::folded)),
            email_folded: folded(user.email.as_ref().map(EmailAddress::folded)),
            email_claim: email_claim(user),
            two_factor_required: user.two_factor_required,
            two_factor_registered: user.two_factor_registered,
            number: user.number,
        }
    }
}
