//! The command line: configuration, stores, roles, keys.

use serde_json::json;

use crate::harness::{Database, Installation, Server, on_both_databases};

on_both_databases![
    a_made_key_works_and_is_listed_without_its_secret,
    an_impossible_grant_is_refused,
    a_store_is_made_once,
    a_setting_of_a_store_holds_from_the_next_request_on,
    a_store_that_is_not_empty_goes_only_when_confirmed,
    a_role_holds_from_the_next_request_until_it_is_taken,
    a_holder_is_named_by_id_or_by_name,
    the_last_system_admin_keeps_the_role,
    an_own_role_of_the_configuration_can_be_given,
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
    for grant in [
        "Emperor",
        "Emperor@*",
        "UserManager@nowhere",
        "UserManager@*",
        "SystemAdmin@default",
        "@",
        "",
    ] {
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

async fn a_setting_of_a_store_holds_from_the_next_request_on(server: Server) {
    let said = |arguments: &[&str]| server.installation.run(arguments);
    said(&["store", "create", "shop"]).well();
    let shop = server.admin().in_store("shop");
    said(&["store", "set", "shop", "--read-only", "true", "--password-history", "3"]).well();
    shop.create_user(&json!({ "loginName": "ada" })).await.problem(403);
    let shown = said(&["store", "show", "shop"]).well().stdout;
    let has = |row: [&str; 3]| shown.lines().any(|line| line.split_whitespace().eq(row));
    assert!(has(["read-only", "true", "store"]), "{shown}");
    assert!(has(["password-history", "3", "store"]), "{shown}");
    assert!(has(["login-by-email", "false", "default"]), "{shown}");
    said(&["store", "set", "shop", "--read-only", "unset", "--name", "Market"]).well();
    server.admin().in_store("market").new_user("ada").await;
    let refusal = said(&["store", "set", "market", "--name", "default"]).refusal();
    assert!(refusal.contains("default"), "{refusal}");
    let refusal = said(&["store", "set", "market", "--password-history", "25"]).refusal();
    assert!(refusal.contains("0 to 24"), "{refusal}");
    said(&["store", "set", "shop", "--read-only", "true"]).refusal();
    assert_eq!(said(&["store", "set", "market"]).code, Some(2));
}

async fn a_store_that_is_not_empty_goes_only_when_confirmed(server: Server) {
    let said = |arguments: &[&str]| server.installation.run(arguments);
    for name in ["empty", "shop"] {
        said(&["store", "create", name]).well();
    }
    server.admin().in_store("shop").new_user("ada").await;
    said(&["store", "delete", "empty"]).well();
    let refusal = said(&["store", "delete", "shop"]).refusal();
    assert!(refusal.contains("--confirm"), "{refusal}");
    said(&["store", "delete", "shop", "--confirm", "default"]).refusal();
    server.admin().in_store("shop").get_users("").await.expect(200);
    said(&["store", "delete", "shop", "--confirm", "shop"]).well();
    server.admin().in_store("shop").get_users("").await.problem(404);
    let listing = said(&["store", "list"]).well().stdout;
    assert!(!listing.contains("shop") && !listing.contains("empty"), "{listing}");
    assert!(said(&["store", "show", "shop"]).refusal().contains("no such store"));
    // The client of the first start, who is the last administrator, lives in it.
    said(&["store", "delete", "default", "--confirm", "default"]).refusal();
    server.admin().get_users("").await.expect(200);
}

/// The id of the client of that name.
fn client_of(server: &Server, name: &str) -> String {
    let listing = server.installation.run(&["key", "list"]).well().stdout;
    let row = listing.lines().find(|line| line.contains(name)).expect("the client is listed");
    row.split_whitespace().next().expect("an id").to_owned()
}

async fn a_role_holds_from_the_next_request_until_it_is_taken(server: Server) {
    let key = server.make_key("billing", &["UserManager"]);
    let client = client_of(&server, "billing");
    let role = |verb: &str| {
        let what = ["--client", &client, "--role", "audittrailreader", "--everywhere"];
        server.installation.run(&[&["role", verb][..], &what].concat())
    };
    let billing = server.holder_of(&key);
    billing.get_audit_trails("").await.problem(403);
    role("assign").well();
    billing.get_audit_trails("").await.expect(200);
    assert!(role("assign").refusal().contains("already"));
    let held = ["role", "assignments", "--client", &client];
    let listing = server.installation.run(&held).well().stdout;
    let row = ["client", client.as_str(), "AuditTrailReader", "*"];
    assert!(listing.lines().any(|line| line.split_whitespace().eq(row)), "{listing}");
    role("revoke").well();
    billing.get_audit_trails("").await.problem(403);
    assert!(role("revoke").refusal().contains("do not hold"));
    let listing = server.installation.run(&held).well().stdout;
    assert!(!listing.contains("AuditTrailReader") && listing.contains("UserManager"), "{listing}");
}

async fn a_holder_is_named_by_id_or_by_name(server: Server) {
    let ada = server.admin().new_user("Ada").await;
    let id = ada["id"].as_str().expect("an id");
    let role = |verb: &str, holder: [&str; 2]| {
        let arguments = ["role", verb, holder[0], holder[1], "--role", "UserManager"];
        server.installation.run(&arguments)
    };
    role("assign", ["--login-name", "ada"]).well();
    role("revoke", ["--user", id]).well();
    assert!(role("assign", ["--login-name", "nobody"]).refusal().contains("no such user"));
    assert!(role("assign", ["--group-name", "nobody"]).refusal().contains("no such group"));
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    for holder in ["--user", "--group", "--client"] {
        role("assign", [holder, unknown]).refusal();
    }
    let listing = server.installation.run(&["role", "assignments"]).well().stdout;
    assert!(!listing.contains(id), "{listing}");
}

async fn the_last_system_admin_keeps_the_role(server: Server) {
    let client = client_of(&server, "first administrator");
    let revoke = ["role", "revoke", "--client", &client, "--role", "SystemAdmin"];
    let refusal = server.installation.run(&revoke).refusal();
    assert!(refusal.contains("last holder of SystemAdmin"), "{refusal}");
    server.admin().get_users("").await.expect(200);
    let ada = server.admin().new_user("ada").await;
    let assign = ["role", "assign", "--login-name", "ada", "--role", "SystemAdmin"];
    server.installation.run(&assign).well();
    server.installation.run(&revoke).well();
    // The key is as good as before, but gives nothing now.
    server.admin().get_user(ada["id"].as_str().expect("an id")).await.problem(404);
}

async fn an_own_role_of_the_configuration_can_be_given(installation: Installation) {
    let installation = installation.with("USERSTORE__ROLES__AUDITOR", "AuditRead,UserRead");
    let listing = installation.run(&["role", "list"]).well().stdout;
    let row = ["auditor", "UserRead,AuditRead"];
    let has = |line: &str| line.to_lowercase().split_whitespace().eq(row.map(str::to_lowercase));
    assert!(listing.lines().any(has) && listing.contains("SystemAdmin"), "{listing}");
    let node = installation.start().await;
    let key = installation.run(&["key", "create", "ci", "--grant", "Auditor@*"]).key();
    let auditor = node.api(Some(&key));
    auditor.get_audit_trails("").await.expect(200);
    auditor.get_users("").await.expect(200);
    auditor.create_user(&json!({ "loginName": "ada" })).await.problem(403);
}

#[tokio::test]
async fn a_pinned_setting_is_not_set() {
    let installation = Installation::new(Database::Sqlite)
        .await
        .with("USERSTORE__STORES__DEFAULT__PASSWORD_HISTORY", "7");
    let _node = installation.start().await;
    let set = ["store", "set", "default", "--password-history", "3"];
    let refusal = installation.run(&set).refusal();
    assert!(refusal.contains("password_history"), "{refusal}");
    let shown = installation.run(&["store", "show", "default"]).well().stdout;
    assert!(shown.contains("pinned"), "{shown}");
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
