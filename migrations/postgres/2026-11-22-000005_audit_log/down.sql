DROP TABLE audit_checkpoints;
DROP TABLE audit_tiles;
DROP TABLE audit_leaves;
DROP TABLE audit_pending;
DROP TABLE audit_key_terms;
DROP TABLE audit_logs;
DROP TABLE leases;
DROP TABLE audit_keys;

ALTER TABLE stores DROP COLUMN audit_key;
