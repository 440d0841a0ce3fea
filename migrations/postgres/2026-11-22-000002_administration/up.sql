-- What is replaced goes at once: no version that has been released reads it.
--
-- The program fills the folded columns of the users that are there already, after this script: only
-- it knows how to fold.

ALTER TABLE stores ADD COLUMN settings text;
UPDATE stores SET settings = '{"readOnly":true}' WHERE read_only;
ALTER TABLE stores DROP COLUMN read_only;

ALTER TABLE users ADD COLUMN first_name_folded text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN last_name_folded text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN email_folded text COLLATE "C" NOT NULL DEFAULT '';
-- The folded address of a user that signs in by it.
ALTER TABLE users ADD COLUMN email_claim text COLLATE "C";
-- Filters compare it byte by byte, in order too.
ALTER TABLE users ALTER COLUMN external_id TYPE text COLLATE "C";

CREATE UNIQUE INDEX users_email_claim_key ON users (store_id, email_claim)
    WHERE email_claim IS NOT NULL;
CREATE INDEX users_last_name_folded_index ON users (store_id, last_name_folded, id);
CREATE INDEX users_email_folded_index ON users (store_id, email_folded, id);

ALTER TABLE user_profiles ADD COLUMN version bigint NOT NULL DEFAULT 1;

CREATE TABLE group_metadata (
    store_id uuid NOT NULL,
    group_id uuid NOT NULL,
    key_folded text COLLATE "C" NOT NULL,
    key text NOT NULL,
    value text,
    version bigint NOT NULL,
    CONSTRAINT group_metadata_pkey PRIMARY KEY (store_id, group_id, key_folded),
    CONSTRAINT group_metadata_group_fkey FOREIGN KEY (store_id, group_id) REFERENCES groups (store_id, id)
);

CREATE TABLE group_nestings (
    store_id uuid NOT NULL,
    parent_id uuid NOT NULL,
    child_id uuid NOT NULL,
    CONSTRAINT group_nestings_pkey PRIMARY KEY (store_id, parent_id, child_id),
    CONSTRAINT group_nestings_parent_fkey FOREIGN KEY (store_id, parent_id) REFERENCES groups (store_id, id),
    CONSTRAINT group_nestings_child_fkey FOREIGN KEY (store_id, child_id) REFERENCES groups (store_id, id)
);

CREATE INDEX group_nestings_child_index ON group_nestings (store_id, child_id, parent_id);

-- holder_kind: 1 user, 2 group, 3 client. The nil UUID as reach_store_id stands for every store.
CREATE TABLE role_assignments (
    store_id uuid NOT NULL,
    holder_kind integer NOT NULL,
    holder_id uuid NOT NULL,
    role_folded text COLLATE "C" NOT NULL,
    reach_store_id uuid NOT NULL,
    role text NOT NULL,
    CONSTRAINT role_assignments_pkey PRIMARY KEY (store_id, holder_kind, holder_id, role_folded, reach_store_id),
    CONSTRAINT role_assignments_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id)
);

CREATE INDEX role_assignments_role_index
    ON role_assignments (store_id, role_folded, holder_kind, holder_id, reach_store_id);
-- Whoever takes the role from somebody looks at all who hold it, in whatever store.
CREATE INDEX role_assignments_administrator_index
    ON role_assignments (store_id, holder_kind, holder_id, reach_store_id)
    WHERE role_folded = 'systemadmin';

INSERT INTO role_assignments (store_id, holder_kind, holder_id, role_folded, reach_store_id, role)
    SELECT store_id, 3, client_id, lower(role), reach_store_id, role FROM client_roles;
DROP TABLE client_roles;

-- The nil UUID as store_id stands for the register of stores. A row without an answer is taken by a
-- unit that is open. No foreign key: an answer is kept for a while and dropped by its age.
CREATE TABLE kept_answers (
    store_id uuid NOT NULL,
    principal text NOT NULL,
    key text NOT NULL,
    fingerprint bytea,
    answer bytea,
    created timestamptz NOT NULL,
    CONSTRAINT kept_answers_pkey PRIMARY KEY (store_id, principal, key)
);

CREATE INDEX kept_answers_created_index ON kept_answers (store_id, created);

-- Filters compare it byte by byte, also by how it begins.
ALTER TABLE audit_entries ALTER COLUMN primary_key TYPE text COLLATE "C";
CREATE INDEX audit_entries_primary_key_index ON audit_entries (store_id, primary_key, id);
