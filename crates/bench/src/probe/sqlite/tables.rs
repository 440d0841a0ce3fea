//! The tables as SQLite has them, and their rows.

use std::path::Path;

use diesel::prelude::*;
use diesel::{allow_tables_to_appear_in_same_query, table};
use uuid::Uuid;

use crate::{Outcome, seed};

table! {
    stores (id) {
        id -> Binary,
        name -> Text,
        name_folded -> Text,
        read_only -> Bool,
        version -> BigInt,
    }
}

table! {
    users (store_id, id) {
        store_id -> Binary,
        id -> Binary,
        login_name -> Text,
        login_name_folded -> Text,
        external_id -> Nullable<Text>,
        first_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        email -> Nullable<Text>,
        email_confirmed -> Bool,
        valid_from -> Nullable<BigInt>,
        valid_to -> Nullable<BigInt>,
        active -> Bool,
        lock_enabled -> Bool,
        locked -> Bool,
        failed_sign_ins -> BigInt,
        password_never_expires -> Bool,
        can_change_expired_password -> Bool,
        password_expires -> Nullable<BigInt>,
        initial_password -> Bool,
        password_change_required -> Bool,
        version -> BigInt,
    }
}

table! {
    user_profiles (store_id, user_id, key_folded) {
        store_id -> Binary,
        user_id -> Binary,
        key_folded -> Text,
        key -> Text,
        value -> Nullable<Text>,
    }
}

table! {
    groups (store_id, id) {
        store_id -> Binary,
        id -> Binary,
        name -> Text,
        name_folded -> Text,
        version -> BigInt,
    }
}

table! {
    memberships (store_id, group_id, user_id) {
        store_id -> Binary,
        group_id -> Binary,
        user_id -> Binary,
    }
}

table! {
    clients (store_id, id) {
        store_id -> Binary,
        id -> Binary,
        name -> Text,
        name_folded -> Text,
        key_hash -> Binary,
        created -> BigInt,
        expires -> Nullable<BigInt>,
    }
}

table! {
    client_roles (store_id, client_id, role, reach_store_id) {
        store_id -> Binary,
        client_id -> Binary,
        role -> Text,
        reach_store_id -> Binary,
    }
}

table! {
    audit_entries (store_id, id) {
        store_id -> Binary,
        id -> BigInt,
        timestamp -> BigInt,
        user_name -> Text,
        area -> Text,
        primary_key -> Text,
        action -> Text,
        data_source -> Text,
        original_content -> Nullable<Text>,
        original_salt -> Nullable<Binary>,
        original_commitment -> Nullable<Binary>,
        current_content -> Nullable<Text>,
        current_salt -> Nullable<Binary>,
        current_commitment -> Nullable<Binary>,
        signature -> Binary,
        public_key -> Binary,
    }
}

allow_tables_to_appear_in_same_query!(groups, memberships);
allow_tables_to_appear_in_same_query!(clients, client_roles);

/// A user.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of the table")]
pub(super) struct User {
    pub(super) store_id: Vec<u8>,
    pub(super) id: Vec<u8>,
    pub(super) login_name: String,
    pub(super) login_name_folded: String,
    pub(super) external_id: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) email_confirmed: bool,
    pub(super) valid_from: Option<i64>,
    pub(super) valid_to: Option<i64>,
    pub(super) active: bool,
    pub(super) lock_enabled: bool,
    pub(super) locked: bool,
    pub(super) failed_sign_ins: i64,
    pub(super) password_never_expires: bool,
    pub(super) can_change_expired_password: bool,
    pub(super) password_expires: Option<i64>,
    pub(super) initial_password: bool,
    pub(super) password_change_required: bool,
    pub(super) version: i64,
}

/// An audit entry.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = audit_entries, treat_none_as_default_value = false)]
pub(super) struct Entry {
    pub(super) store_id: Vec<u8>,
    pub(super) id: i64,
    pub(super) timestamp: i64,
    pub(super) user_name: String,
    pub(super) area: String,
    pub(super) primary_key: String,
    pub(super) action: String,
    pub(super) data_source: String,
    pub(super) original_content: Option<String>,
    pub(super) original_salt: Option<Vec<u8>>,
    pub(super) original_commitment: Option<Vec<u8>>,
    pub(super) current_content: Option<String>,
    pub(super) current_salt: Option<Vec<u8>>,
    pub(super) current_commitment: Option<Vec<u8>>,
    pub(super) signature: Vec<u8>,
    pub(super) public_key: Vec<u8>,
}

/// The bytes of an id in its text form.
pub(super) fn bytes(id: &str) -> Outcome<Vec<u8>> {
    Ok(Uuid::try_parse(id)?.into_bytes().to_vec())
}

/// The id of the one store.
pub(super) fn the_store(connection: &mut SqliteConnection) -> Outcome<Vec<u8>> {
    Ok(stores::table
        .select(stores::id)
        .filter(stores::name_folded.eq("default"))
        .first(connection)?)
}

/// Puts `count` groups into the store: the API cannot make any yet.
pub(crate) fn insert_groups(database: &Path, count: u32) -> Outcome<()> {
    let mut connection = super::open(database)?;
    let store = the_store(&mut connection)?;
    connection.transaction(|connection| {
        for number in 0..count {
            let name = format!("group-{number}");
            diesel::insert_into(groups::table)
                .values((
                    groups::store_id.eq(&store),
                    groups::id.eq(bytes(&seed::group_id(number))?),
                    groups::name.eq(&name),
                    groups::name_folded.eq(&name),
                    groups::version.eq(1),
                ))
                .execute(connection)?;
        }
        Ok(())
    })
}
