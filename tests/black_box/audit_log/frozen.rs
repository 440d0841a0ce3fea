//! One seals at a time, by a turn that outlives nobody for long: a frozen holder loses it, and does
//! nothing twice when it goes on.

use std::time::{Duration, Instant};

use super::writers::Writers;
use super::{Fleet, checkpoint, eventually, feed, sealed, size_of, verify_live};
use crate::harness::{Api, Database, Setting as _};

/// How long sealing may rest when its keeper is gone: the turn of ten seconds, and a little more on a
/// busy machine.
const REST: Duration = Duration::from_secs(14);

/// Two nodes; the turn is that of the first one, which was alone when there was something to seal.
async fn first_seals() -> Fleet {
    let fleet = Fleet::on(Database::Postgres).await;
    sealed(&fleet.here, &fleet.api(0)).await;
    let turns = "SELECT count(*) AS value FROM leases WHERE name = 'sealing'";
    assert_eq!(fleet.here.sql().number(turns).await, 1);
    fleet
}

/// The log grows beyond what it was, by no other doing than that of the background.
async fn grows(api: &Api, size: u64) {
    eventually("the log grows", async || {
        let now = checkpoint(api).await.map_or(0, |note| size_of(&note));
        (now > size).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_node_that_was_frozen_past_its_turn_seals_nothing_twice() {
    let fleet = first_seals().await;
    let other = fleet.api(1);
    let mut writers = Writers::start(std::slice::from_ref(&other), "while frozen");
    let mut acknowledged = writers.next(40).await;
    // In the midst of its work. Where that was a transaction, PostgreSQL keeps it for half a minute.
    fleet.nodes[0].freeze();
    acknowledged.extend(writers.next(40).await);
    let then = checkpoint(&other).await.map_or(0, |note| size_of(&note));
    grows(&other, then).await;
    acknowledged.extend(writers.next(40).await);
    fleet.nodes[0].thaw();
    acknowledged.extend(writers.next(40).await);
    acknowledged.extend(writers.stop().await);

    sealed(&fleet.here, &other).await;
    verify_live(&fleet.here).good();
    for node in 0..2 {
        let mut added = feed(&fleet.api(node)).await.keys("User", "Added");
        added.sort();
        assert!(added.is_sorted_by(|one, next| one < next), "each is sealed once");
        assert!(acknowledged.iter().all(|id| added.contains(id)), "each is sealed");
    }
}

#[tokio::test]
async fn the_turn_of_a_node_that_was_killed_passes_to_the_other() {
    let mut fleet = first_seals().await;
    let size = size_of(&checkpoint(&fleet.api(0)).await.expect("a checkpoint"));
    fleet.kill(0);
    let killed = Instant::now();
    let other = fleet.api(0);
    other.new_user("second").await;
    grows(&other, size).await;
    let rested = killed.elapsed();
    assert!(rested < REST, "sealing rested for {rested:?}");
    verify_live(&fleet.here).good();
}
