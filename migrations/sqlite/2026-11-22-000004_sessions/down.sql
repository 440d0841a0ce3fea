DROP TABLE recovery_codes;
DROP TABLE second_factors;
DROP TABLE session_tokens;
DROP TABLE sessions;

-- The version before knows no other purpose.
DELETE FROM one_time_tokens WHERE purpose <> 'password reset';

ALTER TABLE users DROP COLUMN number;
ALTER TABLE users DROP COLUMN two_factor_registered;
ALTER TABLE users DROP COLUMN two_factor_required;
