DROP TABLE secret_keys;
DROP TABLE outbox;
DROP TABLE one_time_tokens;
DROP TABLE sign_in_names;

ALTER TABLE users ADD COLUMN failed_sign_ins INTEGER NOT NULL DEFAULT 0;
UPDATE users SET failed_sign_ins = counted.failures FROM sign_in_attempts AS counted
    WHERE counted.store_id = users.store_id AND counted.user_id = users.id;
DROP TABLE sign_in_attempts;

DROP TABLE password_history;
DROP TABLE passwords;
