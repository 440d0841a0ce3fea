//! Numbers for the audit entries of one change: how often it runs until it has enough.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::access::{Permission, Room};
use domain::audit::IdsExhausted;
use domain::error::UseCaseError;
use domain::group::{Group, GroupName};
use domain::id::GroupId;
use domain::store::Store;
use domain::unit_of_work::Access;
use domain::version::Version;
use testkit::{World, block_on};
use uuid::Uuid;

use crate::shop;

/// The most entries of one change.
const MOST: u32 = 200_000;

/// Runs a change that says beforehand to leave `entries`: what came of it, after how many runs.
async fn runs(
    world: &World,
    store: &Store,
    entries: u32,
    record: impl Fn(&Room<'_>) -> Result<(), IdsExhausted> + Send + Sync + 'static,
) -> (Result<(), UseCaseError>, u32) {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let work = move |room: &mut Room<'_>| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(record(room)?)
    };
    let (context, needs) = (world.as_admin_in(store), Permission::GroupManage);
    let done = world.gate().change(Access::Rehearse, &context, needs, entries, work).await;
    (done, runs.load(Ordering::Relaxed))
}

/// Records that `count` groups are made.
fn record(room: &Room<'_>, count: u32) -> Result<(), IdsExhausted> {
    let (id, version) = (GroupId::new(Uuid::nil()), Version::UNRECORDED);
    let group = Group { id, name: GroupName::parse("staff").expect("a name"), version };
    (0..count).try_for_each(|_| room.journal.added(group.clone()).map(drop))
}

#[test]
fn a_change_that_says_what_it_needs_runs_at_most_twice() {
    block_on(async {
        let (world, store) = shop().await;
        for needed in [1, 65, 1025, 5000] {
            let says = move |room: &Room<'_>| {
                record(room, 1)?;
                room.journal.expect(needed)?;
                record(room, u32::try_from(needed).expect("few"))
            };
            let (done, runs) = runs(&world, &store, 1, says).await;
            assert_eq!(done, Ok(()), "{needed}");
            assert!(runs <= 2, "{needed}: {runs} runs");
        }
    });
}

#[test]
fn a_change_that_does_not_say_runs_until_it_has_enough() {
    block_on(async {
        let (world, store) = shop().await;
        let (done, runs) = runs(&world, &store, 1, |room| record(room, 3000)).await;
        assert_eq!(done, Ok(()));
        // With the common block twice, then with 1024, 2048 and 4096 numbers of its own.
        assert_eq!(runs, 4);
    });
}

#[test]
fn a_change_that_needs_too_many_runs_once() {
    block_on(async {
        let (world, store) = shop().await;
        let too_large = Err(UseCaseError::TooLarge { most: MOST });
        for needed in [usize::try_from(MOST).expect("few"), usize::MAX] {
            let says = move |room: &Room<'_>| {
                record(room, 1)?;
                room.journal.expect(needed)
            };
            assert_eq!(runs(&world, &store, 1, says).await, (too_large.clone(), 1));
        }
        // What is known beforehand to need too many does not run at all.
        assert_eq!(runs(&world, &store, MOST + 1, |_| Ok(())).await, (too_large, 0));
    });
}

#[test]
fn a_change_may_need_as_many_as_the_limit_says() {
    block_on(async {
        let (world, store) = shop().await;
        let most = usize::try_from(MOST).expect("few");
        let says = move |room: &Room<'_>| room.journal.expect(most);
        assert_eq!(runs(&world, &store, 1, says).await, (Ok(()), 2));
        assert_eq!(runs(&world, &store, MOST, says).await, (Ok(()), 1));
        // The entries that are recorded already count.
        let says = move |room: &Room<'_>| {
            record(room, 1)?;
            room.journal.expect(most - 1)
        };
        assert_eq!(runs(&world, &store, 1, says).await, (Ok(()), 2));
    });
}
