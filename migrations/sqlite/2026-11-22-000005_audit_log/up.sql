-- The key that signs the audit trail of a store: at first the one that has signed until now.
ALTER TABLE stores ADD COLUMN audit_key BLOB NOT NULL DEFAULT x'';
UPDATE stores SET audit_key = coalesce(
    (SELECT public_key FROM audit_entries WHERE store_id = stores.id ORDER BY id LIMIT 1), x'');

-- Which keys were to sign, in order; the last one begins new trails. The private keys are in no
-- database. They belong to the installation and not to a store.
CREATE TABLE audit_keys (
    number INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    CONSTRAINT audit_keys_pkey PRIMARY KEY (number),
    CONSTRAINT audit_keys_public_key_key UNIQUE (public_key)
) STRICT, WITHOUT ROWID;

INSERT INTO audit_keys (number, public_key)
    SELECT 0, public_key FROM audit_entries ORDER BY store_id, id LIMIT 1;

-- Whose turn it is to do what one node at a time is enough for.
CREATE TABLE leases (
    name TEXT NOT NULL,
    holder BLOB NOT NULL,
    until INTEGER NOT NULL,
    CONSTRAINT leases_pkey PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

-- The logs, like the entries, outlive their stores: no foreign keys.
CREATE TABLE audit_logs (
    store_id BLOB NOT NULL,
    size INTEGER NOT NULL,
    first_leaf INTEGER NOT NULL,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (store_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_key_terms (
    store_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    from_leaf INTEGER NOT NULL,
    statement TEXT,
    CONSTRAINT audit_key_terms_pkey PRIMARY KEY (store_id, number)
) STRICT, WITHOUT ROWID;

-- The numbers of entries that wait for a place in the log. A number may be nobody's.
CREATE TABLE audit_pending (
    store_id BLOB NOT NULL,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    CONSTRAINT audit_pending_pkey PRIMARY KEY (store_id, first_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_leaves (
    store_id BLOB NOT NULL,
    leaf_index INTEGER NOT NULL,
    entry_id INTEGER NOT NULL,
    CONSTRAINT audit_leaves_pkey PRIMARY KEY (store_id, leaf_index),
    CONSTRAINT audit_leaves_entry_id_key UNIQUE (store_id, entry_id)
) STRICT, WITHOUT ROWID;

-- Up to 256 hashes of 32 bytes each, too long for a B-tree of keys.
CREATE TABLE audit_tiles (
    store_id BLOB NOT NULL,
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    CONSTRAINT audit_tiles_pkey PRIMARY KEY (store_id, level, number)
) STRICT;

CREATE TABLE audit_checkpoints (
    store_id BLOB NOT NULL,
    size INTEGER NOT NULL,
    sealed_at INTEGER NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (store_id, size)
) STRICT, WITHOUT ROWID;

-- Those that are older than so long are few: they are dropped with what they are over.
CREATE INDEX audit_checkpoints_sealed_at_index ON audit_checkpoints (store_id, sealed_at, size);

-- What is there already waits, also of stores that are gone.
INSERT INTO audit_logs (store_id, size, first_leaf)
    SELECT id, 0, 0 FROM stores UNION SELECT store_id, 0, 0 FROM audit_entries;
INSERT INTO audit_key_terms (store_id, number, public_key, from_leaf)
    SELECT store_id, 0, coalesce((SELECT public_key FROM audit_entries
        WHERE audit_entries.store_id = audit_logs.store_id ORDER BY id LIMIT 1), x''), 0
    FROM audit_logs;
INSERT INTO audit_pending (store_id, first_id, last_id)
    SELECT store_id, 1, max(id) FROM audit_entries GROUP BY store_id;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('audit_keys', 'audit_keys', '3 1'),
    ('audit_keys', 'sqlite_autoindex_audit_keys_1', '3 1'),
    ('leases', 'leases', '3 1'),
    ('audit_logs', 'audit_logs', '1000 1'),
    ('audit_key_terms', 'audit_key_terms', '3000 3 1'),
    ('audit_pending', 'audit_pending', '1000 100 1'),
    ('audit_leaves', 'audit_leaves', '10000000 1000000 1'),
    ('audit_leaves', 'sqlite_autoindex_audit_leaves_2', '10000000 1000000 1'),
    ('audit_tiles', 'sqlite_autoindex_audit_tiles_1', '40000 4000 2000 1'),
    ('audit_checkpoints', 'audit_checkpoints', '1000000 100000 1'),
    ('audit_checkpoints', 'audit_checkpoints_sealed_at_index', '1000000 100000 2 1');
