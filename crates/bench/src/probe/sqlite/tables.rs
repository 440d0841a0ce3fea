//! The tables as SQLite has them, and their rows.

use diesel::prelude::*;
use diesel::{allow_tables_to_appear_in_same_query, table};
use uuid::Uuid;

use crate::Outcome;

table! {
    stores (id) {
        id -> Binary,
        name -> Text,
        name_folded -> Text,
        version -> BigInt,
        settings -> Nullable<Text>,
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
        password_never_expires -> Bool,
        can_change_expired_password -> Bool,
        password_expires -> Nullable<BigInt>,
        initial_password -> Bool,
        password_change_required -> Bool,
        version -> BigInt,
        first_name_folded -> Text,
        last_name_folded -> Text,
        email_folded -> Text,
        email_claim -> Nullable<Text>,
    }
}

table! {
    user_profiles (store_id, user_id, key_folded) {
        store_id -> Binary,
        user_id -> Binary,
        key_folded -> Text,
        key -> Text,
        value -> Nullable<Text>,
        version -> BigInt,
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
    role_assignments (store_id, holder_kind, holder_id, role_folded, reach_store_id) {
        store_id -> Binary,
        holder_kind -> SmallInt,
        holder_id -> Binary,
        role_folded -> Text,
        reach_store_id -> Binary,
        role -> Text,
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
allow_tables_to_appear_in_same_query!(clients, role_assignments);

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
    pub(super) password_never_expires: bool,
    pub(super) can_change_expired_password: bool,
    pub(super) password_expires: Option<i64>,
    pub(super) initial_password: bool,
    pub(super) password_change_required: bool,
    pub(super) version: i64,
    pub(super) first_name_folded: String,
    pub(super) last_name_folded: String,
    pub(super) email_folded: String,
    pub(super) email_claim: Option<String>,
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
