use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::audit::log::StoredCheckpoint;
use domain::audit::{FailedPublisher, Lease, Publisher, Publishing, Unpublished};
use domain::id::StoreId;
use jiff::SignedDuration;
use testkit::block_on;
use testkit::builders::a_user;

use super::{latest, seal};
use crate::shop;

/// Keeps what it is given, unless it is told to fail.
#[derive(Default)]
struct Outside {
    fails: AtomicBool,
    given: Mutex<Vec<(StoreId, StoredCheckpoint)>>,
}

#[async_trait]
impl Publisher for Outside {
    fn name(&self) -> &'static str {
        "outside"
    }

    async fn publish(
        &self,
        store: StoreId,
        checkpoint: &StoredCheckpoint,
    ) -> Result<(), Unpublished> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(Unpublished("nobody is there".into()));
        }
        self.given.lock().expect("no panic").push((store, checkpoint.clone()));
        Ok(())
    }
}

#[test]
fn the_latest_checkpoint_of_every_log_is_published_once() {
    block_on(async {
        let (world, store) = shop().await;
        let outside = Arc::new(Outside::default());
        let publishing = Publishing::new(world.gate(), vec![Arc::clone(&outside) as _]);
        assert_eq!(publishing.round().await, Ok(vec![]), "nothing is sealed yet");
        seal(&world, &store).await;
        for _ in 0..2 {
            assert_eq!(publishing.round().await, Ok(vec![]));
        }
        let given = || outside.given.lock().expect("no panic").clone();
        assert_eq!(given(), [(store.id, latest(&world, &store).await.0)]);
        for n in 0..3 {
            world.make_user(&store, a_user(&format!("u{n}")).draft()).await;
            seal(&world, &store).await;
        }
        publishing.round().await.expect("published");
        let sizes: Vec<_> = given().iter().map(|(_, checkpoint)| checkpoint.size).collect();
        assert_eq!(sizes, [1, 4], "those in between are not asked for");
    });
}

#[test]
fn what_fails_is_told_and_tried_again() {
    block_on(async {
        let (world, store) = shop().await;
        seal(&world, &store).await;
        let outside = Arc::new(Outside::default());
        outside.fails.store(true, Ordering::Relaxed);
        let publishing = Publishing::new(world.gate(), vec![Arc::clone(&outside) as _]);
        let why = "nobody is there".to_owned();
        let failed = FailedPublisher { publisher: "outside", store: store.id, why };
        assert_eq!(publishing.round().await, Ok(vec![failed]));
        outside.fails.store(false, Ordering::Relaxed);
        assert_eq!(publishing.round().await, Ok(vec![]));
        assert_eq!(outside.given.lock().expect("no panic").len(), 1);
    });
}

#[test]
fn one_has_the_turn_until_it_ends_or_its_holder_does() {
    block_on(async {
        let (world, _) = shop().await;
        let [one, other] = [(); 2].map(|()| Lease::new(world.gate(), "sealing"));
        let elsewhere = Lease::new(world.gate(), "publishing");
        assert_eq!(one.take().await, Ok(true));
        assert_eq!(other.take().await, Ok(false));
        assert_eq!(elsewhere.take().await, Ok(true), "another task");
        world.clock.advance(SignedDuration::from_secs(6));
        assert_eq!(one.take().await, Ok(true), "prolonged");
        world.clock.advance(SignedDuration::from_secs(6));
        assert_eq!(other.take().await, Ok(false));
        world.clock.advance(SignedDuration::from_secs(4));
        assert_eq!(other.take().await, Ok(true), "its holder is dead");
        assert_eq!(one.take().await, Ok(false), "it was frozen");
    });
}

#[test]
fn a_lease_of_a_clock_that_runs_ahead_stops_nobody() {
    block_on(async {
        let (world, _) = shop().await;
        let [one, other] = [(); 2].map(|()| Lease::new(world.gate(), "sealing"));
        world.clock.advance(SignedDuration::from_hours(24));
        assert_eq!(one.take().await, Ok(true));
        world.clock.advance(SignedDuration::from_hours(-24));
        assert_eq!(other.take().await, Ok(true));
    });
}
