-- Identifiers are 16-byte blobs, instants are microseconds since 1970, booleans are 0 and 1.
--
-- Narrow tables that are found by their key are WITHOUT ROWID: one B-tree to descend and to write
-- instead of two. audit_entries keeps its rowid, since its rows are longer than a quarter of a page
-- and would spill into overflow pages of an index B-tree.

CREATE TABLE stores (
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    read_only INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT stores_pkey PRIMARY KEY (id),
    CONSTRAINT stores_name_folded_key UNIQUE (name_folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    store_id BLOB NOT NULL,
    id BLOB NOT NULL,
    login_name TEXT NOT NULL,
    login_name_folded TEXT NOT NULL,
    external_id TEXT,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    email_confirmed INTEGER NOT NULL,
    valid_from INTEGER,
    valid_to INTEGER,
    active INTEGER NOT NULL,
    lock_enabled INTEGER NOT NULL,
    locked INTEGER NOT NULL,
    failed_sign_ins INTEGER NOT NULL,
    password_never_expires INTEGER NOT NULL,
    can_change_expired_password INTEGER NOT NULL,
    password_expires INTEGER,
    initial_password INTEGER NOT NULL,
    password_change_required INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (store_id, id),
    CONSTRAINT users_login_name_folded_key UNIQUE (store_id, login_name_folded),
    CONSTRAINT users_external_id_key UNIQUE (store_id, external_id),
    CONSTRAINT users_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_profiles (
    store_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    key_folded TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT,
    CONSTRAINT user_profiles_pkey PRIMARY KEY (store_id, user_id, key_folded),
    CONSTRAINT user_profiles_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
    store_id BLOB NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT groups_pkey PRIMARY KEY (store_id, id),
    CONSTRAINT groups_name_folded_key UNIQUE (store_id, name_folded),
    CONSTRAINT groups_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
    store_id BLOB NOT NULL,
    group_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (store_id, group_id, user_id),
    CONSTRAINT memberships_group_fkey FOREIGN KEY (store_id, group_id) REFERENCES groups (store_id, id),
    CONSTRAINT memberships_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_user_index ON memberships (store_id, user_id, group_id);

CREATE TABLE clients (
    store_id BLOB NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    key_hash BLOB NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    CONSTRAINT clients_pkey PRIMARY KEY (store_id, id),
    CONSTRAINT clients_name_folded_key UNIQUE (store_id, name_folded),
    CONSTRAINT clients_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id)
) STRICT, WITHOUT ROWID;

-- Not unique: a unique index begins with the store id, and a key is found in whatever store.
CREATE INDEX clients_key_hash_index ON clients (key_hash);

-- The nil UUID as reach_store_id stands for every store.
CREATE TABLE client_roles (
    store_id BLOB NOT NULL,
    client_id BLOB NOT NULL,
    role TEXT NOT NULL,
    reach_store_id BLOB NOT NULL,
    CONSTRAINT client_roles_pkey PRIMARY KEY (store_id, client_id, role, reach_store_id),
    CONSTRAINT client_roles_client_fkey FOREIGN KEY (store_id, client_id) REFERENCES clients (store_id, id)
) STRICT, WITHOUT ROWID;

-- No foreign keys from here on: the audit trail outlives its store.
CREATE TABLE audit_entries (
    store_id BLOB NOT NULL,
    id INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    user_name TEXT NOT NULL,
    area TEXT NOT NULL,
    primary_key TEXT NOT NULL,
    action TEXT NOT NULL,
    data_source TEXT NOT NULL,
    original_content TEXT,
    original_salt BLOB,
    original_commitment BLOB,
    current_content TEXT,
    current_salt BLOB,
    current_commitment BLOB,
    signature BLOB NOT NULL,
    public_key BLOB NOT NULL,
    CONSTRAINT audit_entries_pkey PRIMARY KEY (store_id, id)
) STRICT;

-- The next free number of each store's audit entries.
CREATE TABLE audit_sequences (
    store_id BLOB NOT NULL,
    next INTEGER NOT NULL,
    CONSTRAINT audit_sequences_pkey PRIMARY KEY (store_id)
) STRICT, WITHOUT ROWID;
