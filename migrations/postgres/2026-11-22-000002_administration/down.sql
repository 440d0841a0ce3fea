DROP INDEX audit_entries_primary_key_index;
ALTER TABLE audit_entries ALTER COLUMN primary_key TYPE text;
DROP TABLE kept_answers;

CREATE TABLE client_roles (
    store_id uuid NOT NULL,
    client_id uuid NOT NULL,
    role text NOT NULL,
    reach_store_id uuid NOT NULL,
    CONSTRAINT client_roles_pkey PRIMARY KEY (store_id, client_id, role, reach_store_id),
    CONSTRAINT client_roles_client_fkey FOREIGN KEY (store_id, client_id) REFERENCES clients (store_id, id)
);
-- The version before knows the built-in roles alone.
INSERT INTO client_roles (store_id, client_id, role, reach_store_id)
    SELECT store_id, holder_id, role, reach_store_id FROM role_assignments
    WHERE holder_kind = 3
    AND role IN ('SystemAdmin', 'UserStoreAdmin', 'UserManager', 'AuditTrailReader');
DROP TABLE role_assignments;

DROP TABLE group_nestings;
DROP TABLE group_metadata;
ALTER TABLE user_profiles DROP COLUMN version;

DROP INDEX users_email_folded_index;
DROP INDEX users_last_name_folded_index;
DROP INDEX users_email_claim_key;
ALTER TABLE users ALTER COLUMN external_id TYPE text;
ALTER TABLE users DROP COLUMN email_claim;
ALTER TABLE users DROP COLUMN email_folded;
ALTER TABLE users DROP COLUMN last_name_folded;
ALTER TABLE users DROP COLUMN first_name_folded;

ALTER TABLE stores ADD COLUMN read_only boolean NOT NULL DEFAULT false;
UPDATE stores SET read_only = true WHERE settings LIKE '%"readOnly":true%';
ALTER TABLE stores DROP COLUMN settings;
