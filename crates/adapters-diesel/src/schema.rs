//! The tables as both databases have them; `migrations/` creates them.

use diesel::{allow_tables_to_appear_in_same_query, table};

table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::types::DbUuid;

    stores (id) {
        id -> DbUuid,
        name -> Text,
        name_folded -> Text,
        version -> BigInt,
        settings -> Nullable<Text>,
        audit_key -> Binary,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::types::{DbInstant, DbUuid};

    users (store_id, id) {
        store_id -> DbUuid,
        id -> DbUuid,
        login_name -> Text,
        login_name_folded -> Text,
        external_id -> Nullable<Text>,
        first_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        email -> Nullable<Text>,
        email_confirmed -> Bool,
        valid_from -> Nullable<DbInstant>,
        valid_to -> Nullable<DbInstant>,
        active -> Bool,
        lock_enabled -> Bool,
        locked -> Bool,
        password_never_expires -> Bool,
        can_change_expired_password -> Bool,
        password_expires -> Nullable<DbInstant>,
        initial_password -> Bool,
        password_change_required -> Bool,
        version -> BigInt,
        first_name_folded -> Text,
        last_name_folded -> Text,
        email_folded -> Text,
        email_claim -> Nullable<Text>,
        two_factor_required -> Bool,
        two_factor_registered -> Bool,
        number -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::DbUuid;

    user_profiles (store_id, user_id, key_folded) {
        store_id -> DbUuid,
        user_id -> DbUuid,
        key_folded -> Text,
        key -> Text,
        value -> Nullable<Text>,
        version -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::DbUuid;

    group_metadata (store_id, group_id, key_folded) {
        store_id -> DbUuid,
        group_id -> DbUuid,
        key_folded -> Text,
        key -> Text,
        value -> Nullable<Text>,
        version -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::types::DbUuid;

    groups (store_id, id) {
        store_id -> DbUuid,
        id -> DbUuid,
        name -> Text,
        name_folded -> Text,
        version -> BigInt,
    }
}

table! {
    use crate::types::DbUuid;

    memberships (store_id, group_id, user_id) {
        store_id -> DbUuid,
        group_id -> DbUuid,
        user_id -> DbUuid,
    }
}

table! {
    use crate::types::DbUuid;

    group_nestings (store_id, parent_id, child_id) {
        store_id -> DbUuid,
        parent_id -> DbUuid,
        child_id -> DbUuid,
    }
}

table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use crate::types::{DbInstant, DbUuid};

    clients (store_id, id) {
        store_id -> DbUuid,
        id -> DbUuid,
        name -> Text,
        name_folded -> Text,
        key_hash -> Binary,
        created -> DbInstant,
        expires -> Nullable<DbInstant>,
    }
}

table! {
    use diesel::sql_types::{Integer, Text};
    use crate::types::DbUuid;

    role_assignments (store_id, holder_kind, holder_id, role_folded, reach_store_id) {
        store_id -> DbUuid,
        holder_kind -> Integer,
        holder_id -> DbUuid,
        role_folded -> Text,
        reach_store_id -> DbUuid,
        role -> Text,
    }
}

table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use crate::types::{DbInstant, DbUuid};

    kept_answers (store_id, principal, key) {
        store_id -> DbUuid,
        principal -> Text,
        key -> Text,
        fingerprint -> Nullable<Binary>,
        answer -> Nullable<Binary>,
        created -> DbInstant,
    }
}

table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::types::{DbInstant, DbUuid};

    audit_entries (store_id, id) {
        store_id -> DbUuid,
        id -> BigInt,
        timestamp -> DbInstant,
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

table! {
    use diesel::sql_types::BigInt;
    use crate::types::DbUuid;

    audit_sequences (store_id) {
        store_id -> DbUuid,
        next -> BigInt,
    }
}

table! {
    use diesel::sql_types::BigInt;
    use crate::types::DbUuid;

    audit_pending (store_id, first_id) {
        store_id -> DbUuid,
        first_id -> BigInt,
        last_id -> BigInt,
    }
}

table! {
    use diesel::sql_types::BigInt;
    use crate::types::DbUuid;

    audit_logs (store_id) {
        store_id -> DbUuid,
        size -> BigInt,
        first_leaf -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::types::DbUuid;

    audit_key_terms (store_id, number) {
        store_id -> DbUuid,
        number -> BigInt,
        public_key -> Binary,
        from_leaf -> BigInt,
        statement -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::BigInt;
    use crate::types::DbUuid;

    audit_leaves (store_id, leaf_index) {
        store_id -> DbUuid,
        leaf_index -> BigInt,
        entry_id -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Binary, Integer};
    use crate::types::DbUuid;

    audit_tiles (store_id, level, number) {
        store_id -> DbUuid,
        level -> Integer,
        number -> BigInt,
        hashes -> Binary,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::types::{DbInstant, DbUuid};

    audit_checkpoints (store_id, size) {
        store_id -> DbUuid,
        size -> BigInt,
        sealed_at -> DbInstant,
        note -> Text,
    }
}

table! {
    use diesel::sql_types::{BigInt, Binary};

    audit_keys (number) {
        number -> BigInt,
        public_key -> Binary,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::types::DbUuid;

    passwords (store_id, user_id) {
        store_id -> DbUuid,
        user_id -> DbUuid,
        hash -> Text,
        version -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::types::DbUuid;

    password_history (store_id, user_id, version) {
        store_id -> DbUuid,
        user_id -> DbUuid,
        version -> BigInt,
        hash -> Text,
    }
}

table! {
    use diesel::sql_types::{BigInt, Nullable};
    use crate::types::{DbInstant, DbUuid};

    sign_in_attempts (store_id, user_id) {
        store_id -> DbUuid,
        user_id -> DbUuid,
        failures -> BigInt,
        window_failures -> BigInt,
        locked_until -> Nullable<DbInstant>,
        in_flight -> BigInt,
        reserved_at -> Nullable<DbInstant>,
        epoch -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Binary, Integer, Nullable};
    use crate::types::{DbInstant, DbUuid};

    sign_in_names (store_id, slot) {
        store_id -> DbUuid,
        slot -> Integer,
        name_key -> Binary,
        failures -> BigInt,
        failed_at -> Nullable<DbInstant>,
        decoy_failures -> BigInt,
        decoy_window_failures -> BigInt,
        decoy_locked_until -> Nullable<DbInstant>,
        decoy_in_flight -> BigInt,
        decoy_reserved_at -> Nullable<DbInstant>,
        decoy_epoch -> BigInt,
    }
}

table! {
    use diesel::sql_types::{Binary, Text};
    use crate::types::{DbInstant, DbUuid};

    one_time_tokens (store_id, user_id, purpose) {
        store_id -> DbUuid,
        user_id -> DbUuid,
        purpose -> Text,
        hash -> Binary,
        expires -> DbInstant,
    }
}

table! {
    use diesel::sql_types::{Binary, Bool, Nullable};
    use crate::types::{DbInstant, DbUuid};

    sessions (store_id, id) {
        store_id -> DbUuid,
        id -> DbUuid,
        user_id -> DbUuid,
        second_factor -> Bool,
        remembered -> Bool,
        started -> DbInstant,
        expires -> DbInstant,
        refresh_hash -> Nullable<Binary>,
    }
}

table! {
    use diesel::sql_types::Binary;
    use crate::types::{DbInstant, DbUuid};

    session_tokens (store_id, token_hash) {
        store_id -> DbUuid,
        token_hash -> Binary,
        session_id -> DbUuid,
        used_at -> DbInstant,
    }
}

table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable};
    use crate::types::{DbInstant, DbUuid};

    second_factors (store_id, user_id) {
        store_id -> DbUuid,
        user_id -> DbUuid,
        sealed -> Binary,
        registered -> Bool,
        last_step -> Nullable<BigInt>,
        failures -> BigInt,
        window_failures -> BigInt,
        locked_until -> Nullable<DbInstant>,
    }
}

table! {
    use diesel::sql_types::Binary;
    use crate::types::DbUuid;

    recovery_codes (store_id, user_id, code_hash) {
        store_id -> DbUuid,
        user_id -> DbUuid,
        code_hash -> Binary,
    }
}

table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::types::{DbInstant, DbUuid};

    outbox (store_id, id) {
        store_id -> DbUuid,
        id -> DbUuid,
        line -> DbUuid,
        due -> DbInstant,
        leased_until -> Nullable<DbInstant>,
        tries -> BigInt,
        sealed -> Nullable<Binary>,
        dead_at -> Nullable<DbInstant>,
        error -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};

    secret_keys (number) {
        number -> BigInt,
        key_id -> Text,
    }
}

allow_tables_to_appear_in_same_query!(memberships, groups);
allow_tables_to_appear_in_same_query!(memberships, users, sign_in_attempts);
allow_tables_to_appear_in_same_query!(group_nestings, groups);
allow_tables_to_appear_in_same_query!(clients, role_assignments);
allow_tables_to_appear_in_same_query!(session_tokens, sessions, users);
allow_tables_to_appear_in_same_query!(session_tokens, sign_in_attempts);
allow_tables_to_appear_in_same_query!(sessions, sign_in_attempts);
allow_tables_to_appear_in_same_query!(audit_pending, audit_entries);
allow_tables_to_appear_in_same_query!(audit_leaves, audit_entries);
allow_tables_to_appear_in_same_query!(audit_logs, audit_key_terms);
