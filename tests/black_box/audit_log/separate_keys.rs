//! Nodes whose secrets lie in directories of their own, where a key comes by copying.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{admin, end, eventually, sealed, verify_live};
use crate::harness::{Database, Installation, Node};

/// A copy of the secrets of an installation.
fn copy_of_secrets(here: &Installation) -> PathBuf {
    let copy = here.directory().join("secrets of the other");
    std::fs::create_dir(&copy).expect("a directory");
    for file in std::fs::read_dir(here.secrets()).expect("secrets") {
        let file = file.expect("a file");
        if file.path().is_file() {
            std::fs::copy(file.path(), copy.join(file.file_name())).expect("a copy");
        }
    }
    copy
}

fn copy(here: &Installation, name: &str, directory: &Path) {
    std::fs::copy(here.secrets().join(name), directory.join(name)).expect("a copy");
}

async fn assert_writes(node: &Node, name: &str) {
    admin(node).new_user(name).await;
}

/// It says that it cannot sign, and does all else.
async fn assert_reads_only(node: &Node) {
    let api = admin(node);
    for n in 0..3 {
        let answer = api.create_user(&json!({ "loginName": format!("unsigned {n}") })).await;
        assert!(answer.headers.contains_key("retry-after"), "{}", answer.text());
        answer.problem(503);
    }
    api.get_users("").await.expect(200);
    api.get_audit_trails("").await.expect(200);
    api.list("Event").await;
    for probe in ["/healthz", "/readyz"] {
        node.api(None).get(probe).await.expect(200);
    }
}

#[tokio::test]
async fn a_key_that_was_copied_before_is_used_by_every_node() {
    let here = Installation::new(Database::Postgres).await;
    let first = here.start().await;
    let directory = copy_of_secrets(&here);
    let other = here.start_with_secrets(&directory).await;
    here.run(&["audit", "key", "prepare"]).well();
    copy(&here, "audit-next.key", &directory);
    here.run(&["audit", "key", "rotate"]).well();
    assert_writes(&first, "of first").await;
    assert_writes(&other, "of other").await;
    // The other one has the key under its first name still, and starts with it too.
    end(other, &here).await;
    let other = here.start_with_secrets(&directory).await;
    assert_writes(&other, "of other again").await;
    end(first, &here).await;
    sealed(&here, &admin(&other)).await;
    let again = here.start().await;
    assert_writes(&again, "of first again").await;
    assert_eq!(verify_live(&here).good()["keys"], 2);
}

#[tokio::test]
async fn a_node_without_the_next_key_reads_on_and_heals_when_the_key_comes() {
    let here = Installation::new(Database::Postgres).await;
    let first = here.start().await;
    let directory = copy_of_secrets(&here);
    let other = here.start_with_secrets(&directory).await;
    assert_writes(&other, "before").await;
    here.run(&["audit", "key", "rotate"]).well();
    assert_writes(&first, "of first").await;
    assert_reads_only(&other).await;
    // It may have the turn to seal: the trail goes on, by the node that has the key.
    sealed(&here, &admin(&first)).await;
    copy(&here, "audit.key", &directory);
    eventually("the other node signs again", async || {
        let user = json!({ "loginName": "healed" });
        let answer = admin(&other).create_user(&user).await;
        (answer.status == 201).then_some(())
    })
    .await;
    sealed(&here, &admin(&first)).await;
    assert_eq!(verify_live(&here).good()["keys"], 2);
    assert!(!other.log().contains("panicked"), "{}", other.log());
}
