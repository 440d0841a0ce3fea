use std::collections::HashMap;
use std::time::Duration;

use domain::access::Gate;
use domain::audit::log::Sealer;
use domain::error::UseCaseError;
use domain::id::StoreId;
use domain::unit_of_work::StoreError;
use futures_util::stream::{self, StreamExt as _};
use tokio::time::{Instant, timeout_at};
use tracing::{error, info, warn};

use super::repeat::{Found, Health, Loop, Task, unless_panicking};
use super::turn::Turn;

const TASK: Task = Task { name: "sealing", pause: Duration::from_millis(250) };
/// Stores that are looked at at once.
const PAGE: u32 = 500;
/// Stores whose logs grow at the same time.
const AT_ONCE: usize = 16;

/// Seals what is committed. Any node may at any time: that one has its turn saves the others work.
pub(super) struct Sealing {
    gate: Gate,
    running: Loop,
}

impl Sealing {
    pub(super) fn start(gate: Gate) -> Self {
        let turn = Turn::new(gate.clone(), TASK.name);
        let mut rounds = Rounds::new(gate.clone(), Some(turn));
        let running = Loop::start(TASK, async move || rounds.next().await);
        Self { gate, running }
    }

    /// Seals all that waits, no longer than `until`, whoever's turn it is: a server that was stopped
    /// leaves nothing unsealed.
    pub(super) async fn end(self, until: Instant) {
        self.running.end(until).await;
        let mut rounds = Rounds::new(self.gate, None);
        match timeout_at(until, unless_panicking(rounds.all())).await {
            Ok(Ok(())) if rounds.failing.is_empty() => info!("nothing waits to be sealed"),
            Ok(Ok(())) => warn!("not everything is sealed: the rest is sealed later"),
            Ok(Err(error)) => warn!(%error, "not everything is sealed: the rest is sealed later"),
            Err(_) => warn!("not everything was sealed in time: the rest is sealed later"),
        }
    }
}

struct Rounds {
    sealer: Sealer,
    /// `None`: whoever's it is.
    turn: Option<Turn>,
    /// The stores whose logs do not grow at the moment.
    failing: HashMap<StoreId, Health>,
}

impl Rounds {
    fn new(gate: Gate, turn: Option<Turn>) -> Self {
        Self { sealer: Sealer::new(gate), turn, failing: HashMap::new() }
    }

    /// Rounds until nothing is left that can be sealed.
    async fn all(&mut self) -> Result<(), UseCaseError> {
        while self.next().await? == Found::Work {}
        Ok(())
    }

    /// Seals a chunk of what waits in each store. What one of them is prevented by does not keep the
    /// others.
    async fn next(&mut self) -> Result<Found, UseCaseError> {
        let (mut found, mut after) = (Found::Nothing, None);
        loop {
            let page = self.sealer.waiting(after, PAGE).await?;
            if page.items.is_empty() || !self.has_turn().await? {
                return Ok(found);
            }
            if self.seal(page.items).await == Found::Work {
                found = Found::Work;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    }

    async fn has_turn(&mut self) -> Result<bool, UseCaseError> {
        match &mut self.turn {
            Some(turn) => turn.have().await,
            None => Ok(true),
        }
    }

    async fn seal(&mut self, stores: Vec<StoreId>) -> Found {
        let worker = &self.sealer;
        let outcomes = stream::iter(stores)
            .map(async |store| (store, unless_panicking(worker.seal(store)).await))
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut found = Found::Nothing;
        for (store, outcome) in outcomes {
            match outcome {
                Ok(sealed) => {
                    self.good(store);
                    if sealed.more {
                        found = Found::Work;
                    }
                }
                Err(error) => self.bad(store, &error),
            }
        }
        found
    }

    fn good(&mut self, store: StoreId) {
        if let Some(mut health) = self.failing.remove(&store) {
            health.good();
        }
    }

    fn bad(&mut self, store: StoreId, error: &UseCaseError) {
        let health = || Health::new(format!("sealing of the store {store}"));
        let is_new = self.failing.entry(store).or_insert_with(health).bad(&error.to_string());
        match error {
            UseCaseError::Store(StoreError::Corrupt(why)) if is_new => {
                error!(%store, why, "an audit log is not what was signed: look at it at once");
            }
            // Perhaps another node can, which has the key of the log.
            UseCaseError::Store(StoreError::Unavailable(_)) => {
                self.turn.iter_mut().for_each(Turn::pass_on);
            }
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::unit_of_work::{Access, UnitOfWork, Work};
    use testkit::World;

    use super::*;

    async fn waiting(world: &World) -> usize {
        Sealer::new(world.gate()).waiting(None, PAGE).await.unwrap().items.len()
    }

    #[tokio::test]
    async fn what_waits_in_every_store_is_sealed() {
        let world = World::new();
        for name in ["one", "two", "three"] {
            world.make_store(name).await;
        }
        assert_eq!(waiting(&world).await, 3);
        let turn = Turn::new(world.gate(), TASK.name);
        assert_eq!(Rounds::new(world.gate(), Some(turn)).next().await, Ok(Found::Nothing));
        assert_eq!(waiting(&world).await, 0);
    }

    #[tokio::test]
    async fn only_one_node_seals_until_it_ends() {
        let world = World::new();
        let turn = || Some(Turn::new(world.gate(), TASK.name));
        let (mut one, mut two) =
            (Rounds::new(world.gate(), turn()), Rounds::new(world.gate(), turn()));
        world.make_store("first").await;
        one.next().await.unwrap();
        world.make_store("second").await;
        two.next().await.unwrap();
        assert_eq!(waiting(&world).await, 1, "it was not its turn");
        Rounds::new(world.gate(), None).all().await.unwrap();
        assert_eq!(waiting(&world).await, 0);
    }

    /// A database that does not answer.
    struct Gone;

    #[async_trait::async_trait]
    impl UnitOfWork for Gone {
        async fn run(&self, _: Access, _: Work) -> Result<(), StoreError> {
            Err(StoreError::Unavailable("gone".into()))
        }
    }

    #[tokio::test]
    async fn a_database_that_is_gone_fails_the_round() {
        let world = World::on(std::sync::Arc::new(Gone));
        assert!(Rounds::new(world.gate(), None).next().await.is_err());
    }

    #[tokio::test]
    async fn a_server_that_ends_leaves_nothing_unsealed() {
        let world = World::new();
        let local = tokio::task::LocalSet::new();
        let sealed = local.run_until(async {
            let other = &mut Turn::new(world.gate(), TASK.name);
            assert!(other.have().await.unwrap());
            let sealing = Sealing::start(world.gate());
            world.make_store("shop").await;
            sealing.end(Instant::now() + Duration::from_secs(60)).await;
            waiting(&world).await
        });
        assert_eq!(sealed.await, 0);
    }
}
