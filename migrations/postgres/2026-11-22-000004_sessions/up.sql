ALTER TABLE users ADD COLUMN two_factor_required boolean NOT NULL DEFAULT false;
ALTER TABLE users ADD COLUMN two_factor_registered boolean NOT NULL DEFAULT false;

-- The number of the entry that recorded that the user was made; of the last one, where somebody was
-- removed and made again under the same id. Whoever is in no trail is known by the version.
ALTER TABLE users ADD COLUMN number bigint NOT NULL DEFAULT 0;
UPDATE users SET number = coalesce(
    (SELECT max(made.id) FROM audit_entries AS made
        WHERE made.store_id = users.store_id AND made.primary_key = CAST(users.id AS text)
        AND made.area = 'User' AND made.action = 'Added'),
    version);

-- A token is found in whatever store by its hash alone. Those indexes are not unique, since a unique
-- index begins with the store id.
CREATE TABLE sessions (
    store_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    second_factor boolean NOT NULL,
    remembered boolean NOT NULL,
    started timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    refresh_hash bytea,
    CONSTRAINT sessions_pkey PRIMARY KEY (store_id, id),
    CONSTRAINT sessions_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
);

CREATE INDEX sessions_user_index ON sessions (store_id, user_id, started);
CREATE INDEX sessions_refresh_hash_index ON sessions (refresh_hash) WHERE refresh_hash IS NOT NULL;

CREATE TABLE session_tokens (
    store_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    used_at timestamptz NOT NULL,
    CONSTRAINT session_tokens_pkey PRIMARY KEY (store_id, token_hash),
    CONSTRAINT session_tokens_session_fkey FOREIGN KEY (store_id, session_id) REFERENCES sessions (store_id, id) ON DELETE CASCADE
);

CREATE INDEX session_tokens_token_hash_index ON session_tokens (token_hash);
-- Without used_at, which changes again and again.
CREATE INDEX session_tokens_session_index ON session_tokens (store_id, session_id);

-- The seed is sealed: its key is in no database.
CREATE TABLE second_factors (
    store_id uuid NOT NULL,
    user_id uuid NOT NULL,
    sealed bytea NOT NULL,
    registered boolean NOT NULL,
    last_step bigint,
    failures bigint NOT NULL,
    window_failures bigint NOT NULL,
    locked_until timestamptz,
    CONSTRAINT second_factors_pkey PRIMARY KEY (store_id, user_id),
    CONSTRAINT second_factors_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
);

CREATE TABLE recovery_codes (
    store_id uuid NOT NULL,
    user_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (store_id, user_id, code_hash),
    CONSTRAINT recovery_codes_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
);
