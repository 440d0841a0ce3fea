use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use adapters_crypto::StrictKeys;
use domain::access::Gate;
use domain::audit::{FailedPublisher, Publisher, Publishing};
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use super::repeat::{Found, Loop, Task, unless_panicking};
use super::turn::Turn;

const NAME: &str = "publishing";
/// How often the turn is looked after, between two rounds too: whoever had it, has it again.
const TICK: Duration = Duration::from_secs(3);

/// Takes checkpoints to those outside who keep them.
pub(super) struct Publishers {
    publishing: Arc<Publishing>,
    running: Loop,
}

impl Publishers {
    /// Begins to publish what is new, every `interval`.
    pub(super) fn start(
        gate: Gate,
        publishers: Vec<Arc<dyn Publisher>>,
        interval: Duration,
    ) -> Self {
        let mut turn = Turn::new(gate.clone(), NAME);
        let publishing = Arc::new(Publishing::new(gate, Arc::new(StrictKeys), publishers));
        let rounds = Arc::clone(&publishing);
        let (mut told, mut due) = (Told::default(), Instant::now());
        let task = Task { name: NAME, pause: TICK.min(interval) };
        let running = Loop::start(task, async move || {
            let now = Instant::now();
            if turn.have().await? && now >= due {
                told.tell(rounds.round().await?);
                due = now + interval;
            }
            Ok(Found::Nothing)
        });
        Self { publishing, running }
    }

    /// Publishes what is new once more, no longer than `until`.
    pub(super) async fn end(self, until: Instant) {
        self.running.end(until).await;
        match timeout_at(until, unless_panicking(self.publishing.round())).await {
            Ok(Ok(failed)) if failed.is_empty() => info!("every checkpoint is published"),
            Ok(Ok(failed)) => {
                Told::default().tell(failed);
            }
            Ok(Err(error)) => warn!(%error, "the last checkpoints are published later"),
            Err(_) => {
                warn!("the last checkpoints were not taken in time: they are published later");
            }
        }
    }
}

/// What the operator was told of publishers that fail: each failure once, while it lasts.
#[derive(Default)]
struct Told(HashMap<&'static str, HashSet<String>>);

impl Told {
    /// Tells what is new in the failures of a round. Gives how many those are.
    fn tell(&mut self, failed: Vec<FailedPublisher>) -> usize {
        let mut present: HashMap<_, HashSet<String>> = HashMap::new();
        let mut new = 0;
        for FailedPublisher { publisher, store, why } in failed {
            let is_told = self.0.get(publisher).is_some_and(|told| told.contains(&why));
            if present.entry(publisher).or_default().insert(why.clone()) && !is_told {
                warn!(publisher, %store, why, "a checkpoint is not taken and is tried again later");
                new += 1;
            }
        }
        for publisher in self.0.keys().filter(|publisher| !present.contains_key(*publisher)) {
            info!(publisher, "checkpoints are taken again");
        }
        self.0 = present;
        new
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use domain::audit::Unpublished;
    use domain::audit::log::{Sealer, StoredCheckpoint};
    use domain::id::StoreId;
    use testkit::World;
    use uuid::Uuid;

    use super::*;

    /// Notes how large each log was that it was told of.
    #[derive(Default)]
    struct Notebook(Mutex<Vec<u64>>);

    #[async_trait]
    impl Publisher for Notebook {
        fn name(&self) -> &'static str {
            "notebook"
        }

        async fn publish(
            &self,
            _: StoreId,
            checkpoint: &StoredCheckpoint,
        ) -> Result<(), Unpublished> {
            self.0.lock().unwrap().push(checkpoint.size);
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_new_is_published_at_each_interval_and_at_the_end() {
        let world = World::new();
        let shop = world.make_store("shop").await;
        let sealer = Sealer::new(world.gate());
        sealer.seal(shop.id).await.unwrap();
        let notebook = Arc::new(Notebook::default());
        let local = tokio::task::LocalSet::new();
        let publishing = local.run_until(async {
            let publishers = vec![Arc::clone(&notebook) as Arc<dyn Publisher>];
            let interval = Duration::from_secs(60);
            let publishing = Publishers::start(world.gate(), publishers, interval);
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(*notebook.0.lock().unwrap(), [1]);
            world.make_user(&shop, testkit::builders::a_user("ada").draft()).await;
            sealer.seal(shop.id).await.unwrap();
            tokio::time::sleep(Duration::from_secs(50)).await;
            assert_eq!(*notebook.0.lock().unwrap(), [1], "not yet");
            publishing.end(Instant::now() + Duration::from_secs(5)).await;
        });
        publishing.await;
        assert_eq!(*notebook.0.lock().unwrap(), [1, 2]);
    }

    #[test]
    fn each_failure_is_told_once_while_it_lasts() {
        let store = |n| StoreId::new(Uuid::from_u128(n));
        let failed = |publisher, n, why: &str| FailedPublisher {
            publisher,
            store: store(n),
            why: why.into(),
        };
        let mut told = Told::default();
        let down = || vec![failed("webhook", 1, "down"), failed("webhook", 2, "down")];
        assert_eq!(told.tell(down()), 1);
        assert_eq!(told.tell(down()), 0);
        let more = || [down(), vec![failed("syslog", 1, "down")]].concat();
        assert_eq!(told.tell(more()), 1);
        assert_eq!(told.tell(vec![failed("webhook", 1, "refused")]), 1);
        assert_eq!(told.tell(vec![]), 0);
        assert_eq!(told.tell(down()), 1);
    }
}
