//! The command line: configuration, stores, keys.

use crate::harness::{Database, Installation, Server, on_both_databases};

on_both_databases![
    a_made_key_works_and_is_listed_without_its_secret,
    an_impossible_grant_is_refused,
    a_store_is_made_once,
];

async fn a_made_key_works_and_is_listed_without_its_secret(server: Server) {
    let key = server.make_key("billing", &["UserManager@default", "AuditTrailReader@*"]);
    assert!(key.starts_with("us_"));
    server.holder_of(&key).get_users("").await.expect(200);
    let listing = server.installation.run(&["key", "list"]).well().stdout;
    assert!(listing.contains("billing") && listing.contains("UserManager"), "{listing}");
    assert!(!listing.contains(&key));
    let expiring = ["key", "create", "trial", "--grant", "SystemAdmin", "--expires-in-days", "1"];
    let key = server.installation.run(&expiring).key();
    server.holder_of(&key).get_users("").await.expect(200);
}

async fn an_impossible_grant_is_refused(server: Server) {
    for grant in ["Emperor", "UserManager@nowhere", "UserManager@*", "SystemAdmin@default", "@", ""]
    {
        let said = server.installation.run(&["key", "create", "x", "--grant", grant]);
        assert_ne!(said.code, Some(0), "{grant}: {}", said.stdout);
        assert!(!said.stderr.trim().is_empty(), "{grant}");
    }
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    server.installation.run(&["key", "revoke", unknown]).refusal();
    let listing = server.installation.run(&["key", "list"]).well().stdout;
    assert_eq!(listing.matches("SystemAdmin").count(), 1, "{listing}");
}

async fn a_store_is_made_once(server: Server) {
    server.installation.run(&["store", "create", "Shop"]).well();
    let refusal = server.installation.run(&["store", "create", "SHOP"]).refusal();
    assert!(refusal.to_lowercase().contains("shop"), "{refusal}");
    for wrong in ["", "a b", "a/b", "01890a5d-ac96-774b-bcce-b302099a8057"] {
        let said = server.installation.run(&["store", "create", wrong]);
        assert_eq!(said.code, Some(2), "{wrong}: {}", said.stderr);
    }
    let listing = server.installation.run(&["store", "list"]).well().stdout;
    assert!(listing.contains("default") && listing.contains("Shop"), "{listing}");
}

#[tokio::test]
async fn the_last_system_admin_stays() {
    let server = Server::start(Database::Sqlite).await;
    let listing = server.installation.run(&["key", "list"]).well().stdout;
    let id = listing.split_whitespace().find(|word| uuid::Uuid::parse_str(word).is_ok());
    server.installation.run(&["key", "revoke", id.expect("an id")]).refusal();
    server.admin().get_users("").await.expect(200);
}

#[tokio::test]
async fn a_good_configuration_is_called_so() {
    for database in [Database::Sqlite, Database::Postgres] {
        Installation::new(database).await.run(&["config", "check"]).well();
    }
}

#[tokio::test]
async fn a_wrong_configuration_is_told_in_one_sentence_with_its_key() {
    for (variable, value, key) in [
        ("USERSTORE__SERVER__BIND", "nowhere", "server.bind"),
        ("USERSTORE__SERVER__BIND", "127.0.0.1:99999", "server.bind"),
        ("USERSTORE__DATABASE__URL", "mysql://localhost/x", "database.url"),
        ("USERSTORE__DATABASE__URL", "", "database.url"),
        ("USERSTORE__LOG__FORMAT", "xml", "log.format"),
        ("USERSTORE__BOOTSTRAP__ADMIN_KEY", "short", "bootstrap.admin_key"),
        ("USERSTORE__SERVER__SHOE_SIZE", "38", "server.shoe_size"),
        ("USERSTORE__SHOE__SIZE", "38", "shoe"),
        ("USERSTORE__SERVER__SOURCE_LIMIT__PER_SECOND", "many", "server.source_limit.per_second"),
        ("USERSTORE__SERVER__SOURCE_LIMIT__SHOE", "1", "server.source_limit.shoe"),
    ] {
        let installation = Installation::new(Database::Sqlite).await.with(variable, value);
        for command in [&["config", "check"][..], &["serve"]] {
            let sentence = installation.run(command).refusal();
            assert!(sentence.contains(key), "{variable}={value}: {sentence}");
        }
    }
}

#[tokio::test]
async fn the_keys_of_the_source_limit_are_accepted() {
    let installation = Installation::new(Database::Sqlite)
        .await
        .with("USERSTORE__SERVER__SOURCE_LIMIT__ENABLED", "false")
        .with("USERSTORE__SERVER__SOURCE_LIMIT__PER_SECOND", "20")
        .with("USERSTORE__SERVER__SOURCE_LIMIT__BURST", "100");
    installation.run(&["config", "check"]).well();
}

#[tokio::test]
async fn postgresql_needs_a_directory_for_secrets() {
    let installation =
        Installation::new(Database::Postgres).await.without("USERSTORE__SECRETS__DIRECTORY");
    let sentence = installation.run(&["serve"]).refusal();
    assert!(sentence.contains("secrets.directory"), "{sentence}");
}

#[tokio::test]
async fn an_unknown_command_is_refused() {
    let installation = Installation::new(Database::Sqlite).await;
    assert_eq!(installation.run(&["fly"]).code, Some(2));
    assert!(installation.run(&["--help"]).well().stdout.contains("serve"));
    installation.run(&["--version"]).well();
}
