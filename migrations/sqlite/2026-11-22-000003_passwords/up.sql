-- What is replaced goes at once: no version that has been released reads it. The outbox keeps its rowid,
-- since a letter is longer than what a B-tree of keys should hold.
--
-- What belongs to one user or to one store goes with it: nothing of it is shown, so nobody has to be
-- told.

CREATE TABLE passwords (
    store_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    hash TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT passwords_pkey PRIMARY KEY (store_id, user_id),
    CONSTRAINT passwords_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Passwords that were replaced, by the version they had.
CREATE TABLE password_history (
    store_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT password_history_pkey PRIMARY KEY (store_id, user_id, version),
    CONSTRAINT password_history_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Apart from users: who signs in changes this row and no other.
CREATE TABLE sign_in_attempts (
    store_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    failures INTEGER NOT NULL,
    window_failures INTEGER NOT NULL,
    locked_until INTEGER,
    in_flight INTEGER NOT NULL,
    reserved_at INTEGER,
    epoch INTEGER NOT NULL,
    CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (store_id, user_id),
    CONSTRAINT sign_in_attempts_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO sign_in_attempts (store_id, user_id, failures, window_failures, in_flight, epoch)
    SELECT store_id, id, failed_sign_ins, 0, 0, 0 FROM users WHERE failed_sign_ins > 0;
ALTER TABLE users DROP COLUMN failed_sign_ins;

-- A table of fixed size for each store: a name takes the place of another one with its slot. The
-- names are keyed hashes, and the columns decoy_* are those of sign_in_attempts for a name without
-- an account.
CREATE TABLE sign_in_names (
    store_id BLOB NOT NULL,
    slot INTEGER NOT NULL,
    name_key BLOB NOT NULL,
    failures INTEGER NOT NULL,
    failed_at INTEGER,
    decoy_failures INTEGER NOT NULL,
    decoy_window_failures INTEGER NOT NULL,
    decoy_locked_until INTEGER,
    decoy_in_flight INTEGER NOT NULL,
    decoy_reserved_at INTEGER,
    decoy_epoch INTEGER NOT NULL,
    CONSTRAINT sign_in_names_pkey PRIMARY KEY (store_id, slot),
    CONSTRAINT sign_in_names_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE one_time_tokens (
    store_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    purpose TEXT NOT NULL,
    hash BLOB NOT NULL,
    expires INTEGER NOT NULL,
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (store_id, user_id, purpose),
    CONSTRAINT one_time_tokens_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A row that is given up has dead_at and no content.
CREATE TABLE outbox (
    store_id BLOB NOT NULL,
    id BLOB NOT NULL,
    line BLOB NOT NULL,
    due INTEGER NOT NULL,
    leased_until INTEGER,
    tries INTEGER NOT NULL,
    sealed BLOB,
    dead_at INTEGER,
    error TEXT,
    CONSTRAINT outbox_pkey PRIMARY KEY (store_id, id),
    CONSTRAINT outbox_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id) ON DELETE CASCADE
) STRICT;

-- Workers look into the outboxes of all stores at once.
CREATE INDEX outbox_due_index ON outbox (due, store_id, id) WHERE dead_at IS NULL;
CREATE INDEX outbox_line_index ON outbox (store_id, line, id) WHERE dead_at IS NULL;
CREATE INDEX outbox_dead_index ON outbox (dead_at) WHERE dead_at IS NOT NULL;

-- Which keys every node must have; the keys themselves are in no database. They belong to the
-- installation and not to a store.
CREATE TABLE secret_keys (
    number INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    CONSTRAINT secret_keys_pkey PRIMARY KEY (number)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('passwords', 'passwords', '1000000 100000 1'),
    ('password_history', 'password_history', '2000000 200000 2 1'),
    ('sign_in_attempts', 'sign_in_attempts', '100000 10000 1'),
    ('sign_in_names', 'sign_in_names', '100000 10000 1'),
    ('one_time_tokens', 'one_time_tokens', '10000 1000 1 1'),
    ('outbox', 'sqlite_autoindex_outbox_1', '10000 1000 1'),
    ('outbox', 'outbox_due_index', '10000 5 1 1'),
    ('outbox', 'outbox_line_index', '10000 1000 2 1'),
    ('outbox', 'outbox_dead_index', '1000 2'),
    ('secret_keys', 'secret_keys', '3 1');
