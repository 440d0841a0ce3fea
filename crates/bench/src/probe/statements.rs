//! Our statements in the language of pgbench, with its variables in the place of our parameters.

use domain::id::StoreId;
use tokio_postgres::Client;

use crate::Outcome;

/// The columns of a user, as our statement names them.
const USER: &str = "id, login_name, external_id, first_name, last_name, email, email_confirmed, \
                    email_claim, valid_from, valid_to, active, lock_enabled, locked, \
                    password_never_expires, can_change_expired_password, password_expires, \
                    initial_password, password_change_required, version";

/// One of the first `count` users by primary key; the ids are those of [`crate::seed::user_id`].
pub(crate) fn find(store: StoreId, count: u32) -> String {
    format!(
        "\\set number random(0, {})\n\
         SELECT {USER}, COALESCE((SELECT failures FROM sign_in_attempts WHERE store_id = \
         users.store_id AND user_id = users.id), 0) FROM users WHERE store_id = '{store}' AND id = \
         CAST('00000000-0000-7000-8000-' || lpad(CAST(:number AS text), 12, '0') AS uuid);\n",
        count - 1
    )
}

/// A new user with its audit entry: what the use case sends, statement by statement. What is
/// written is what it wrote for a user that is there, under ids that ascend like ours.
pub(crate) async fn create(client: &Client, store: StoreId) -> Outcome<String> {
    let template = client
        .query_one(
            "SELECT user_name, current_content,
                    quote_literal(current_salt), quote_literal(current_commitment),
                    quote_literal(signature), quote_literal(public_key)
             FROM audit_entries WHERE area = 'User' LIMIT 1",
            &[],
        )
        .await?;
    let [principal, content, salt, commitment, signature, public_key] =
        std::array::from_fn(|column| template.get::<_, String>(column));
    let (principal, content) = (text(&principal), text(&content));
    // Each client counts for itself, from where pgbench is told to begin.
    let number = "lpad(CAST(:client_id AS text), 3, '0') || lpad(CAST(:number AS text), 12, '0')";
    let name = format!("'pgbench-' || {number}");
    let id = "'0fff0000-0000-7000-8' || lpad(CAST(:client_id AS text), 3, '0') || '-' || \
              lpad(CAST(:number AS text), 12, '0')";
    let version = "(CAST(:client_id AS bigint) + 1) * 100000000000000 + CAST(:number AS bigint)";
    Ok(format!(
        "\\set number :number + 1\n\
         BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\n\
         SELECT id, name, settings, version FROM stores WHERE name_folded = 'default' FOR KEY SHARE;\n\
         INSERT INTO users (store_id, login_name_folded, first_name_folded, last_name_folded, \
         email_folded, {USER}) VALUES ('{store}', {name}, 'augusta ada', 'king of lovelace', \
         {name} || '@example.com', \
         CAST({id} AS uuid), {name}, 'https://directory.example.com/' || {name}, 'Augusta Ada', \
         'King of Lovelace', {name} || '@example.com', false, NULL, NULL, NULL, true, true, false, \
         false, true, NULL, false, false, {version});\n\
         INSERT INTO audit_entries (store_id, id, timestamp, user_name, area, primary_key, \
         action, data_source, original_content, original_salt, original_commitment, \
         current_content, current_salt, current_commitment, signature, public_key) VALUES \
         ('{store}', {version}, now(), {principal}, 'User', {id}, 'Added', \
         'default', NULL, NULL, NULL, {content}, {salt}, {commitment}, {signature}, \
         {public_key});\n\
         COMMIT;\n"
    ))
}

/// A text as a constant. pgbench would take what follows a colon for one of its variables.
fn text(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace('\'', "''").replace(':', r"\x3a");
    format!("E'{escaped}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_no_colon_left_and_keeps_its_quotes_and_backslashes() {
        assert_eq!(text(r#"it's {"a":"\n"}"#), r#"E'it''s {"a"\x3a"\\n"}'"#);
    }
}
