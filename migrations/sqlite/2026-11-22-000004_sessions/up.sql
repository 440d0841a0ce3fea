ALTER TABLE users ADD COLUMN two_factor_required INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN two_factor_registered INTEGER NOT NULL DEFAULT 0;

-- The number of the entry that recorded that the user was made; of the last one, where somebody was
-- removed and made again under the same id. Whoever is in no trail is known by the version.
ALTER TABLE users ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
UPDATE users SET number = coalesce(
    (SELECT max(made.id) FROM audit_entries AS made
        WHERE made.store_id = users.store_id AND made.primary_key = lower(
            substr(hex(users.id), 1, 8) || '-' || substr(hex(users.id), 9, 4) || '-'
            || substr(hex(users.id), 13, 4) || '-' || substr(hex(users.id), 17, 4) || '-'
            || substr(hex(users.id), 21, 12))
        AND made.area = 'User' AND made.action = 'Added'),
    version);

-- A token is found in whatever store by its hash alone. Those indexes are not unique, since a unique
-- index begins with the store id.
CREATE TABLE sessions (
    store_id BLOB NOT NULL,
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    second_factor INTEGER NOT NULL,
    remembered INTEGER NOT NULL,
    started INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    refresh_hash BLOB,
    CONSTRAINT sessions_pkey PRIMARY KEY (store_id, id),
    CONSTRAINT sessions_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_user_index ON sessions (store_id, user_id, started);
CREATE INDEX sessions_refresh_hash_index ON sessions (refresh_hash) WHERE refresh_hash IS NOT NULL;

CREATE TABLE session_tokens (
    store_id BLOB NOT NULL,
    token_hash BLOB NOT NULL,
    session_id BLOB NOT NULL,
    used_at INTEGER NOT NULL,
    CONSTRAINT session_tokens_pkey PRIMARY KEY (store_id, token_hash),
    CONSTRAINT session_tokens_session_fkey FOREIGN KEY (store_id, session_id) REFERENCES sessions (store_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX session_tokens_token_hash_index ON session_tokens (token_hash);
-- Without used_at, which changes again and again.
CREATE INDEX session_tokens_session_index ON session_tokens (store_id, session_id);

-- The seed is sealed: its key is in no database.
CREATE TABLE second_factors (
    store_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    sealed BLOB NOT NULL,
    registered INTEGER NOT NULL,
    last_step INTEGER,
    failures INTEGER NOT NULL,
    window_failures INTEGER NOT NULL,
    locked_until INTEGER,
    CONSTRAINT second_factors_pkey PRIMARY KEY (store_id, user_id),
    CONSTRAINT second_factors_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_codes (
    store_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    code_hash BLOB NOT NULL,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (store_id, user_id, code_hash),
    CONSTRAINT recovery_codes_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('sessions', 'sessions', '1000000 100000 1'),
    ('sessions', 'sessions_user_index', '1000000 100000 2 1'),
    ('sessions', 'sessions_refresh_hash_index', '500000 1'),
    ('session_tokens', 'session_tokens', '2000000 200000 1'),
    ('session_tokens', 'session_tokens_token_hash_index', '2000000 1'),
    ('session_tokens', 'session_tokens_session_index', '2000000 200000 2'),
    ('second_factors', 'second_factors', '500000 50000 1'),
    ('recovery_codes', 'recovery_codes', '5000000 500000 10 1');
