//! `kill -9` again and again while eight write: what was acknowledged is sealed, once.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::bundle::{Bundle, keep};
use super::writers::Writers;
use super::{Fleet, checkpoint, feed, size_of, verify, verify_against, verify_live};
use crate::harness::on_both_databases;

on_both_databases![after_kill_9_every_acknowledged_change_is_sealed_exactly_once];

/// How many times a node is killed: `USERSTORE_TEST_CRASHES`, else a few.
fn rounds() -> usize {
    let given = std::env::var("USERSTORE_TEST_CRASHES").ok();
    given.map_or(4, |rounds| rounds.parse().expect("a number"))
}

async fn after_kill_9_every_acknowledged_change_is_sealed_exactly_once(mut fleet: Fleet) {
    let (mut acknowledged, mut kept) = (vec![], vec![]);
    for round in 0..rounds() {
        let (ids, note) = write_and_kill(&mut fleet, round).await;
        acknowledged.extend(ids);
        let directory = fleet.here.directory();
        kept.extend(note.map(|note| keep(directory, &note, &format!("kept-{round}"))));
        fleet.start().await;
    }
    assert!(!kept.is_empty(), "checkpoints were made between the crashes");
    assert_whole(&fleet, &acknowledged, &kept).await;
}

/// One round: the ids that were acknowledged, and the checkpoint from just before the crash.
async fn write_and_kill(fleet: &mut Fleet, round: usize) -> (Vec<String>, Option<String>) {
    let apis: Vec<_> = (0..fleet.nodes.len()).map(|n| fleet.api(n)).collect();
    let mut writers = Writers::start(&apis, &format!("round {round}"));
    // Another moment in each round, never before the writers are at work.
    let mut ids = writers.next(40 + round % 7 * 13).await;
    let note = checkpoint(&apis[0]).await;
    fleet.kill(round);
    if !fleet.nodes.is_empty() {
        ids.extend(writers.next(40).await);
    }
    ids.extend(writers.stop().await);
    assert!(ids.len() >= 40, "the writers wrote until the end");
    (ids, note)
}

async fn assert_whole(fleet: &Fleet, acknowledged: &[String], kept: &[PathBuf]) {
    let here = &fleet.here;
    let live = verify_live(here).good();
    let bundle = Bundle::export(here, "all.jsonl");
    let offline = verify(here, &bundle.path).good();
    for name in ["size", "entries", "root", "instanceId", "keys"] {
        assert_eq!(live[name], offline[name], "{name}");
    }
    assert_eq!(offline["tail"], "unprotected");
    for path in kept {
        assert_eq!(verify_against(here, &bundle.path, path).good()["tail"], "pinned");
    }

    let feed = feed(&fleet.api(0)).await;
    let told = feed
        .events()
        .iter()
        .map(|event| ["leafIndex", "area", "action", "primaryKey"].map(|name| event[name].clone()));
    assert_eq!(told.collect::<Vec<_>>(), bundle.told(), "the feed is what is in the bundle");
    assert_eq!(bundle.checkpoints.last().map(|note| size_of(note)), offline["size"].as_u64());

    let added = feed.keys("User", "Added");
    let once: BTreeSet<_> = added.iter().collect();
    assert_eq!(once.len(), added.len(), "no user was added twice");
    let lost: Vec<_> = acknowledged.iter().filter(|id| !once.contains(id)).collect();
    assert!(lost.is_empty(), "acknowledged, and not in the log: {lost:?}");
    let users = fleet.api(0).list("User?include=").await;
    assert_eq!(users.len(), added.len(), "every user has an entry, and every entry a user");
    assert_eq!(feed.keys("UserProfile", "Added").len(), added.len(), "and so has every profile");

    let sql = here.sql();
    let rows =
        async |table: &str| sql.number(&format!("SELECT count(*) AS value FROM {table}")).await;
    assert_eq!(rows("audit_pending").await, 0);
    assert_eq!(rows("audit_entries").await, feed.events().len() as u64);
    assert_eq!(rows("audit_leaves").await, feed.events().len() as u64);
}
