//! Starting: the first one on an empty database, several at once, and again.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::{ADMIN_KEY, Database, Installation, keys_in, on_both_databases};

on_both_databases![
    four_nodes_start_at_once_on_an_empty_database,
    what_was_written_is_there_after_a_restart,
    a_chosen_key_is_ignored_on_a_database_that_has_clients,
    migrate_prepares_a_database_and_can_be_run_again,
];

async fn four_nodes_start_at_once_on_an_empty_database(installation: Installation) {
    let mut nodes: Vec<_> = (0..4).map(|_| installation.spawn()).collect();
    for node in &mut nodes {
        node.wait_until_ready().await;
    }
    assert_eq!(rows(&installation.run(&["store", "list"]).well().stdout, "default"), 1);
    let clients = installation.run(&["key", "list"]).well().stdout;
    assert_eq!(clients.matches("SystemAdmin").count(), 1, "{clients}");

    // Each writes, and each reads what the others wrote.
    for (n, node) in nodes.iter().enumerate() {
        node.api(Some(ADMIN_KEY)).new_user(&format!("of node {n}")).await;
    }
    for node in &nodes {
        let users = node.api(Some(ADMIN_KEY)).get_users("").await.json(200);
        assert_eq!(users.as_array().expect("a list").len(), nodes.len());
    }
    let entries = nodes[0].api(Some(ADMIN_KEY)).get_audit_trails("").await.json(200);
    let mut ids: Vec<_> =
        entries.as_array().expect("a list").iter().map(|e| e["id"].as_i64()).collect();
    assert_eq!(ids.len(), 2 + nodes.len());
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 2 + nodes.len(), "no id is given twice");
}

fn rows(listing: &str, word: &str) -> usize {
    listing.lines().filter(|line| line.split_whitespace().any(|found| found == word)).count()
}

async fn what_was_written_is_there_after_a_restart(installation: Installation) {
    let node = installation.start().await;
    let user = json!({ "loginName": "ada", "userProfiles": [{ "key": "k", "value": "v" }] });
    let user = node.api(Some(ADMIN_KEY)).create_user(&user).await.json(201);
    let entries = node.api(Some(ADMIN_KEY)).get_audit_trails("").await.json(200);
    drop(node);
    let node = installation.start().await;
    let api = node.api(Some(ADMIN_KEY));
    assert_eq!(api.get_user_by_login_name("ada").await.json(200), user);
    assert_eq!(api.get_audit_trails("").await.json(200), entries);
    let bob = api.new_user("bob").await;
    let bobs = api.entries_about(bob["id"].as_str().expect("an id")).await;
    assert_eq!(bobs[0]["signaturePublicKeyInfo"], entries[0]["signaturePublicKeyInfo"]);
}

async fn a_chosen_key_is_ignored_on_a_database_that_has_clients(installation: Installation) {
    drop(installation.start().await);
    let another = "another-key-0123456789abcdef0123456789";
    let installation = installation.with("USERSTORE__BOOTSTRAP__ADMIN_KEY", another);
    let node = installation.start().await;
    node.api(Some(another)).get_users("").await.problem(401);
    node.api(Some(ADMIN_KEY)).get_users("").await.expect(200);
}

async fn migrate_prepares_a_database_and_can_be_run_again(installation: Installation) {
    installation.run(&["migrate"]).well();
    installation.run(&["migrate"]).well();
    let node = installation.start().await;
    node.api(Some(ADMIN_KEY)).new_user("ada").await;
    installation.run(&["migrate"]).well();
    node.api(Some(ADMIN_KEY)).get_user_by_login_name("ada").await.expect(200);
}

#[tokio::test]
async fn the_first_key_is_shown_once_and_kept_in_a_file_for_its_owner() {
    let installation =
        Installation::bare(Database::Sqlite).await.with("USERSTORE__LOG__FORMAT", "json");
    let node = installation.start().await;
    let shown = keys_in(&node.log());
    assert_eq!(shown.len(), 1, "{}", node.log());
    let key = &shown[0];
    node.api(Some(key)).get_users("").await.expect(200);

    let files = files_with(installation.directory(), key);
    // Beside the embedded database, and what this test recorded of the terminal.
    let kept: Vec<_> =
        files.iter().filter(|path| path.extension().is_none_or(|e| e != "log")).collect();
    assert_eq!(kept.len(), 1, "{files:?}");
    assert_eq!(kept[0].parent(), Some(installation.directory()));
    let mode = std::fs::metadata(kept[0]).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    drop(node);
    let node = installation.start().await;
    assert!(keys_in(&node.log()).is_empty(), "{}", node.log());
    node.api(Some(key)).get_users("").await.expect(200);
}

#[tokio::test]
async fn the_signing_key_is_readable_for_its_owner_only() {
    for database in [Database::Sqlite, Database::Postgres] {
        let installation = Installation::new(database).await;
        let _node = installation.start().await;
        let secrets: Vec<_> = files_below(installation.directory())
            .into_iter()
            .filter(|path| std::fs::read_to_string(path).is_ok_and(|t| t.contains("PRIVATE KEY")))
            .collect();
        assert!(!secrets.is_empty(), "a signing key is made");
        for path in secrets {
            let mode = std::fs::metadata(&path).expect("the file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn a_node_without_the_registered_key_does_not_start() {
    let installation = Installation::new(Database::Postgres).await;
    drop(installation.start().await);
    let elsewhere = installation.directory().join("elsewhere").display().to_string();
    let installation = installation.with("USERSTORE__SECRETS__DIRECTORY", &elsewhere);
    let refusal = installation.run(&["serve"]);
    assert_ne!(refusal.code, Some(0));
    assert!(refusal.stderr.contains("key"), "{}", refusal.stderr);
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(directory).expect("a directory").map(|e| e.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn files_with(directory: &Path, text: &str) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let bytes = std::fs::read(path).expect("a readable file");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    files_below(directory).into_iter().filter(holds).collect()
}
