-- The key that signs the audit trail of a store: at first the one that has signed until now.
ALTER TABLE stores ADD COLUMN audit_key bytea NOT NULL DEFAULT '';
UPDATE stores SET audit_key = coalesce(
    (SELECT public_key FROM audit_entries WHERE store_id = stores.id ORDER BY id LIMIT 1), '');

-- Which keys were to sign, in order; the last one begins new trails. The private keys are in no
-- database. They belong to the installation and not to a store.
CREATE TABLE audit_keys (
    number bigint NOT NULL,
    public_key bytea NOT NULL,
    CONSTRAINT audit_keys_pkey PRIMARY KEY (number),
    CONSTRAINT audit_keys_public_key_key UNIQUE (public_key)
);

INSERT INTO audit_keys (number, public_key)
    SELECT 0, public_key FROM audit_entries ORDER BY store_id, id LIMIT 1;

-- Whose turn it is to do what one node at a time is enough for.
CREATE TABLE leases (
    name text COLLATE "C" NOT NULL,
    holder uuid NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT leases_pkey PRIMARY KEY (name)
);

-- The logs, like the entries, outlive their stores: no foreign keys.
CREATE TABLE audit_logs (
    store_id uuid NOT NULL,
    size bigint NOT NULL,
    first_leaf bigint NOT NULL,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (store_id)
);

CREATE TABLE audit_key_terms (
    store_id uuid NOT NULL,
    number bigint NOT NULL,
    public_key bytea NOT NULL,
    from_leaf bigint NOT NULL,
    statement text,
    CONSTRAINT audit_key_terms_pkey PRIMARY KEY (store_id, number)
);

-- The numbers of entries that wait for a place in the log. A number may be nobody's.
CREATE TABLE audit_pending (
    store_id uuid NOT NULL,
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    CONSTRAINT audit_pending_pkey PRIMARY KEY (store_id, first_id)
);

CREATE TABLE audit_leaves (
    store_id uuid NOT NULL,
    leaf_index bigint NOT NULL,
    entry_id bigint NOT NULL,
    CONSTRAINT audit_leaves_pkey PRIMARY KEY (store_id, leaf_index),
    CONSTRAINT audit_leaves_entry_id_key UNIQUE (store_id, entry_id)
);

-- Up to 256 hashes of 32 bytes each.
CREATE TABLE audit_tiles (
    store_id uuid NOT NULL,
    level integer NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT audit_tiles_pkey PRIMARY KEY (store_id, level, number)
);

CREATE TABLE audit_checkpoints (
    store_id uuid NOT NULL,
    size bigint NOT NULL,
    sealed_at timestamptz NOT NULL,
    note text NOT NULL,
    CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (store_id, size)
);

-- Those that are older than so long are few: they are dropped with what they are over.
CREATE INDEX audit_checkpoints_sealed_at_index ON audit_checkpoints (store_id, sealed_at, size);

-- What is there already waits, also of stores that are gone.
INSERT INTO audit_logs (store_id, size, first_leaf)
    SELECT id, 0, 0 FROM stores UNION SELECT store_id, 0, 0 FROM audit_entries;
INSERT INTO audit_key_terms (store_id, number, public_key, from_leaf)
    SELECT store_id, 0, coalesce((SELECT public_key FROM audit_entries
        WHERE audit_entries.store_id = audit_logs.store_id ORDER BY id LIMIT 1), ''), 0
    FROM audit_logs;
INSERT INTO audit_pending (store_id, first_id, last_id)
    SELECT store_id, 1, max(id) FROM audit_entries GROUP BY store_id;
