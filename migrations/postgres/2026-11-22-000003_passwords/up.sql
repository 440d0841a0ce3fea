-- What is replaced goes at once: no version that has been released reads it.
--
-- What belongs to one user or to one store goes with it: nothing of it is shown, so nobody has to be
-- told.

CREATE TABLE passwords (
    store_id uuid NOT NULL,
    user_id uuid NOT NULL,
    hash text NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT passwords_pkey PRIMARY KEY (store_id, user_id),
    CONSTRAINT passwords_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
);

-- Passwords that were replaced, by the version they had.
CREATE TABLE password_history (
    store_id uuid NOT NULL,
    user_id uuid NOT NULL,
    version bigint NOT NULL,
    hash text NOT NULL,
    CONSTRAINT password_history_pkey PRIMARY KEY (store_id, user_id, version),
    CONSTRAINT password_history_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
);

-- Apart from users: who signs in changes this row and no other.
CREATE TABLE sign_in_attempts (
    store_id uuid NOT NULL,
    user_id uuid NOT NULL,
    failures bigint NOT NULL,
    window_failures bigint NOT NULL,
    locked_until timestamptz,
    in_flight bigint NOT NULL,
    reserved_at timestamptz,
    epoch bigint NOT NULL,
    CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (store_id, user_id),
    CONSTRAINT sign_in_attempts_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
);

INSERT INTO sign_in_attempts (store_id, user_id, failures, window_failures, in_flight, epoch)
    SELECT store_id, id, failed_sign_ins, 0, 0, 0 FROM users WHERE failed_sign_ins > 0;
ALTER TABLE users DROP COLUMN failed_sign_ins;

-- A table of fixed size for each store: a name takes the place of another one with its slot. The
-- names are keyed hashes, and the columns decoy_* are those of sign_in_attempts for a name without
-- an account.
CREATE TABLE sign_in_names (
    store_id uuid NOT NULL,
    slot integer NOT NULL,
    name_key bytea NOT NULL,
    failures bigint NOT NULL,
    failed_at timestamptz,
    decoy_failures bigint NOT NULL,
    decoy_window_failures bigint NOT NULL,
    decoy_locked_until timestamptz,
    decoy_in_flight bigint NOT NULL,
    decoy_reserved_at timestamptz,
    decoy_epoch bigint NOT NULL,
    CONSTRAINT sign_in_names_pkey PRIMARY KEY (store_id, slot),
    CONSTRAINT sign_in_names_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id) ON DELETE CASCADE
);

CREATE TABLE one_time_tokens (
    store_id uuid NOT NULL,
    user_id uuid NOT NULL,
    purpose text NOT NULL,
    hash bytea NOT NULL,
    expires timestamptz NOT NULL,
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (store_id, user_id, purpose),
    CONSTRAINT one_time_tokens_user_fkey FOREIGN KEY (store_id, user_id) REFERENCES users (store_id, id) ON DELETE CASCADE
);

-- A row that is given up has dead_at and no content.
CREATE TABLE outbox (
    store_id uuid NOT NULL,
    id uuid NOT NULL,
    line uuid NOT NULL,
    due timestamptz NOT NULL,
    leased_until timestamptz,
    tries bigint NOT NULL,
    sealed bytea,
    dead_at timestamptz,
    error text,
    CONSTRAINT outbox_pkey PRIMARY KEY (store_id, id),
    CONSTRAINT outbox_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id) ON DELETE CASCADE
);

-- Workers look into the outboxes of all stores at once.
CREATE INDEX outbox_due_index ON outbox (due, store_id, id) WHERE dead_at IS NULL;
CREATE INDEX outbox_line_index ON outbox (store_id, line, id) WHERE dead_at IS NULL;
CREATE INDEX outbox_dead_index ON outbox (dead_at) WHERE dead_at IS NOT NULL;

-- Which keys every node must have; the keys themselves are in no database. They belong to the
-- installation and not to a store.
CREATE TABLE secret_keys (
    number bigint NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    CONSTRAINT secret_keys_pkey PRIMARY KEY (number)
);
