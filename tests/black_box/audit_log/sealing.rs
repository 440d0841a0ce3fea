//! Sealing keeps up with writers, and nobody waits for anybody.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{checkpoint, eventually, feed, size_of, store_id, verify_live};
use crate::harness::{Api, Database, Server, on_both_databases};

on_both_databases![
    a_checkpoint_appears_within_a_second_of_a_change,
    a_long_batch_is_sealed_beside_single_changes,
];

/// Until the log has grown beyond that size.
async fn sealed_beyond(api: &Api, size: u64) {
    eventually("the change is sealed", async || {
        let now = checkpoint(api).await.map_or(0, |note| size_of(&note));
        (now > size).then_some(())
    })
    .await;
}

async fn a_checkpoint_appears_within_a_second_of_a_change(server: Server) {
    let api = server.admin();
    // The turn is taken, and the first start is sealed.
    sealed_beyond(&api, 1).await;
    let mut took = vec![];
    for n in 0..5 {
        let size = size_of(&checkpoint(&api).await.expect("a checkpoint"));
        api.new_user(&format!("user {n}")).await;
        let written = Instant::now();
        sealed_beyond(&api, size).await;
        took.push(written.elapsed());
    }
    // Other tests run beside this one: what one sealing can do, the machine may hinder another at.
    assert!(took.iter().min() < Some(&Duration::from_secs(1)), "{took:?}");
    assert!(took.iter().max() < Some(&Duration::from_secs(5)), "{took:?}");
}

async fn a_long_batch_is_sealed_beside_single_changes(server: Server) {
    // More than are sealed at once.
    const MANY: usize = 4_500;
    let api = server.admin();
    let batch: Value = (0..MANY).map(|n| json!({ "loginName": format!("of batch {n}") })).collect();
    let long = async {
        api.create_users(&batch).await.expect(200);
    };
    let single = async {
        for n in 0..20 {
            api.new_user(&format!("single {n}")).await;
        }
    };
    futures_util::future::join(long, single).await;
    sealed_beyond(&api, (MANY + 21) as u64).await;
    let added = feed(&api).await.keys("User", "Added");
    assert_eq!(added.len(), MANY + 20);
    let report = verify_live(&server.installation).good();
    assert_eq!(report["entries"], MANY + 22, "store, client and users");
}

/// A unit that has written and does not end: it holds the row of the store as writers do, and an entry
/// of it waits that nobody else sees.
#[tokio::test]
async fn sealing_does_not_wait_for_a_unit_that_does_not_end() {
    let server = Server::start(Database::Postgres).await;
    let (api, sql) = (server.admin(), server.installation.sql());
    sealed_beyond(&api, 1).await;
    let store = sql.id(&store_id(&api).await);
    let unit = sql
        .begin(&format!(
            "SELECT FROM stores WHERE id = {store} FOR SHARE;
             INSERT INTO audit_pending (store_id, first_id, last_id)
             VALUES ({store}, 900000, 900000);"
        ))
        .await;
    let size = size_of(&checkpoint(&api).await.expect("a checkpoint"));
    api.new_user("ada").await;
    sealed_beyond(&api, size).await;
    drop(unit);
    verify_live(&server.installation).good();
}

/// A node that seals and does not come to an end: it holds the row of the log.
#[tokio::test]
async fn writers_do_not_wait_for_one_who_seals() {
    let server = Server::start(Database::Postgres).await;
    let (api, sql) = (server.admin(), server.installation.sql());
    sealed_beyond(&api, 1).await;
    let store = sql.id(&store_id(&api).await);
    let held = format!("SELECT FROM audit_logs WHERE store_id = {store} FOR UPDATE;");
    let sealing = sql.begin(&held).await;
    let size = size_of(&checkpoint(&api).await.expect("a checkpoint"));
    let began = Instant::now();
    for n in 0..10 {
        api.new_user(&format!("user {n}")).await;
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(4), "sooner than any lock is given up: {took:?}");
    assert_eq!(size_of(&checkpoint(&api).await.expect("a checkpoint")), size);
    drop(sealing);
    sealed_beyond(&api, size + 9).await;
    verify_live(&server.installation).good();
}
