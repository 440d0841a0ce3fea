-- What is replaced goes at once: no version that has been released reads it.
--
-- The program fills the folded columns of the users that are there already, after this script: only
-- it knows how to fold. A table that stands takes a unique index here, but no constraint.

ALTER TABLE stores ADD COLUMN settings TEXT;
UPDATE stores SET settings = '{"readOnly":true}' WHERE read_only;
ALTER TABLE stores DROP COLUMN read_only;

ALTER TABLE users ADD COLUMN first_name_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN last_name_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN email_folded TEXT NOT NULL DEFAULT '';
-- The folded address of a user that signs in by it.
ALTER TABLE users ADD COLUMN email_claim TEXT;

CREATE UNIQUE INDEX users_email_claim_key ON users (store_id, email_claim)
    WHERE email_claim IS NOT NULL;
CREATE INDEX users_last_name_folded_index ON users (store_id, last_name_folded, id);
CREATE INDEX users_email_folded_index ON users (store_id, email_folded, id);

ALTER TABLE user_profiles ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

CREATE TABLE group_metadata (
    store_id BLOB NOT NULL,
    group_id BLOB NOT NULL,
    key_folded TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT,
    version INTEGER NOT NULL,
    CONSTRAINT group_metadata_pkey PRIMARY KEY (store_id, group_id, key_folded),
    CONSTRAINT group_metadata_group_fkey FOREIGN KEY (store_id, group_id) REFERENCES groups (store_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_nestings (
    store_id BLOB NOT NULL,
    parent_id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    CONSTRAINT group_nestings_pkey PRIMARY KEY (store_id, parent_id, child_id),
    CONSTRAINT group_nestings_parent_fkey FOREIGN KEY (store_id, parent_id) REFERENCES groups (store_id, id),
    CONSTRAINT group_nestings_child_fkey FOREIGN KEY (store_id, child_id) REFERENCES groups (store_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_nestings_child_index ON group_nestings (store_id, child_id, parent_id);

-- holder_kind: 1 user, 2 group, 3 client. The nil UUID as reach_store_id stands for every store.
CREATE TABLE role_assignments (
    store_id BLOB NOT NULL,
    holder_kind INTEGER NOT NULL,
    holder_id BLOB NOT NULL,
    role_folded TEXT NOT NULL,
    reach_store_id BLOB NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT role_assignments_pkey PRIMARY KEY (store_id, holder_kind, holder_id, role_folded, reach_store_id),
    CONSTRAINT role_assignments_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id)
) STRICT, WITHOUT ROWID;

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
    store_id BLOB NOT NULL,
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB,
    answer BLOB,
    created INTEGER NOT NULL,
    CONSTRAINT kept_answers_pkey PRIMARY KEY (store_id, principal, key)
) STRICT;

CREATE INDEX kept_answers_created_index ON kept_answers (store_id, created);

CREATE INDEX audit_entries_primary_key_index ON audit_entries (store_id, primary_key, id);

-- What the planner is told of each index, in the form of ANALYZE: rows, then how many of them share
-- the first column, the first two … Without it, it takes the users of one store for ten, and walks
-- along all of them where it should look up three. These are the numbers of a large installation,
-- and not those of this one, so that a statement has the same plan everywhere and every day.
ANALYZE stores;
DROP TABLE IF EXISTS sqlite_stat4;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('stores', 'stores', '1000 1'),
    ('stores', 'sqlite_autoindex_stores_2', '1000 1'),
    ('users', 'users', '1000000 100000 1'),
    ('users', 'sqlite_autoindex_users_2', '1000000 100000 1'),
    ('users', 'sqlite_autoindex_users_3', '1000000 100000 1'),
    ('users', 'users_email_claim_key', '1000000 100000 1'),
    ('users', 'users_last_name_folded_index', '1000000 100000 20 1'),
    ('users', 'users_email_folded_index', '1000000 100000 2 1'),
    ('user_profiles', 'user_profiles', '2000000 200000 2 1'),
    ('groups', 'groups', '100000 10000 1'),
    ('groups', 'sqlite_autoindex_groups_2', '100000 10000 1'),
    ('group_metadata', 'group_metadata', '200000 20000 2 1'),
    ('group_nestings', 'group_nestings', '100000 10000 3 1'),
    ('group_nestings', 'group_nestings_child_index', '100000 10000 2 1'),
    ('memberships', 'memberships', '3000000 300000 30 1'),
    ('memberships', 'memberships_user_index', '3000000 300000 3 1'),
    ('clients', 'clients', '10000 1000 1'),
    ('clients', 'sqlite_autoindex_clients_2', '10000 1000 1'),
    ('clients', 'clients_key_hash_index', '10000 1'),
    ('role_assignments', 'role_assignments', '100000 10000 4000 2 1 1'),
    ('role_assignments', 'role_assignments_role_index', '100000 10000 2000 1000 1 1'),
    ('role_assignments', 'role_assignments_administrator_index', '20 5 3 1 1'),
    ('kept_answers', 'sqlite_autoindex_kept_answers_1', '100000 10000 1000 1'),
    ('kept_answers', 'kept_answers_created_index', '100000 10000 1'),
    ('audit_entries', 'sqlite_autoindex_audit_entries_1', '10000000 1000000 1'),
    ('audit_entries', 'audit_entries_primary_key_index', '10000000 1000000 5 1'),
    ('audit_sequences', 'audit_sequences', '1000 1');
