-- Names are compared by their folded form, byte by byte: the collation is C, so order and equality are
-- those of SQLite and of the domain, whatever the locale of the server.

CREATE TABLE stores (
    id uuid NOT NULL,
    name text NOT NULL,
    name_folded text COLLATE "C" NOT NULL,
    read_only boolean NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT stores_pkey PRIMARY KEY (id),
    CONSTRAINT stores_name_folded_key UNIQUE (name_folded)
);

CREATE TABLE users (
    store_id uuid NOT NULL,
    id uuid NOT NULL,
    login_name text NOT NULL,
    login_name_folded text COLLATE "C" NOT NULL,
    external_id text,
    first_name text,
    last_name text,
    email text,
    email_confirmed boolean NOT NULL,
    valid_from timestamptz,
    valid_to timestamptz,
    active boolean NOT NULL,
    lock_enabled boolean NOT NULL,
    locked boolean NOT NULL,
    failed_sign_ins bigint NOT NULL,
    password_never_expires boolean NOT NULL,
    can_change_expired_password boolean NOT NULL,
    password_expires timestamptz,
    initial_password boolean NOT NULL,
    password_change_required boolean NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (store_id, id),
    CONSTRAINT users_login_name_folded_key UNIQUE (store_id, login_name_folded),
    CONSTRAINT users_external_id_key UNIQUE (store_id, external_id),
    CONSTRAINT users_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id)
);

CREATE TABLE user_profiles (
    store_id uuid NOT NULL,
    user_id uuid NOT NULL,
    key_folded text COLLATE "C" NOT NULL,
    key text NOT NULL,
    value text,
    CONSTRAINT user_profiles_pkey PRIMARY KEY (store_id, user_id, key_folded),
    CONSTRAINT user_profiles_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id)
);

CREATE TABLE groups (
    store_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    name_folded text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT groups_pkey PRIMARY KEY (store_id, id),
    CONSTRAINT groups_name_folded_key UNIQUE (store_id, name_folded),
    CONSTRAINT groups_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id)
);

CREATE TABLE memberships (
    store_id uuid NOT NULL,
    group_id uuid NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (store_id, group_id, user_id),
    CONSTRAINT memberships_group_fkey FOREIGN KEY (store_id, group_id) REFERENCES groups (store_id, id),
    CONSTRAINT memberships_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id)
);

CREATE INDEX memberships_user_index ON memberships (store_id, user_id, group_id);

CREATE TABLE clients (
    store_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    name_folded text COLLATE "C" NOT NULL,
    key_hash bytea NOT NULL,
    created timestamptz NOT NULL,
    expires timestamptz,
    CONSTRAINT clients_pkey PRIMARY KEY (store_id, id),
    CONSTRAINT clients_name_folded_key UNIQUE (store_id, name_folded),
    CONSTRAINT clients_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id)
);

-- Not unique: a unique index begins with the store id, and a key is found in whatever store.
CREATE INDEX clients_key_hash_index ON clients (key_hash);

-- The nil UUID as reach_store_id stands for every store.
CREATE TABLE client_roles (
    store_id uuid NOT NULL,
    client_id uuid NOT NULL,
    role text NOT NULL,
    reach_store_id uuid NOT NULL,
    CONSTRAINT client_roles_pkey PRIMARY KEY (store_id, client_id, role, reach_store_id),
    CONSTRAINT client_roles_client_fkey FOREIGN KEY (store_id, client_id) REFERENCES clients (store_id, id)
);

-- No foreign keys from here on: the audit trail outlives its store.
CREATE TABLE audit_entries (
    store_id uuid NOT NULL,
    id bigint NOT NULL,
    timestamp timestamptz NOT NULL,
    user_name text NOT NULL,
    area text NOT NULL,
    primary_key text NOT NULL,
    action text NOT NULL,
    data_source text NOT NULL,
    original_content text,
    original_salt bytea,
    original_commitment bytea,
    current_content text,
    current_salt bytea,
    current_commitment bytea,
    signature bytea NOT NULL,
    public_key bytea NOT NULL,
    CONSTRAINT audit_entries_pkey PRIMARY KEY (store_id, id)
);

-- The next free number of each store's audit entries.
CREATE TABLE audit_sequences (
    store_id uuid NOT NULL,
    next bigint NOT NULL,
    CONSTRAINT audit_sequences_pkey PRIMARY KEY (store_id)
);
