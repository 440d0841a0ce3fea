use std::collections::HashMap;
use std::time::Duration;

use domain::access::{Gate, Ports};
use domain::audit::{Archive, KeyRotation};
use domain::error::UseCaseError;
use domain::id::StoreId;
use tracing::info;

use super::archive::Archivist;
use super::repeat::{Found, Health, Loop, Task};
use super::turn::Turn;
use crate::configuration::Archiving;
use crate::failure::Failure;
use crate::wire::Node;

const TASK: Task = Task { name: "retention", pause: Duration::from_secs(3_600) };
/// Logs that are looked at at once.
const PAGE: u32 = 500;

/// Begins to archive what is old.
pub(super) fn start(node: &Node, archiving: Archiving) -> Loop {
    let mut rounds = Rounds::new(&node.ports, node.gate(), archiving);
    Loop::start(TASK, async move || rounds.next().await)
}

struct Rounds {
    logs: KeyRotation,
    turn: Turn,
    archivist: Archivist,
    /// The stores whose logs cannot be archived at the moment.
    failing: HashMap<StoreId, Health>,
}

impl Rounds {
    fn new(ports: &Ports, gate: Gate, archiving: Archiving) -> Self {
        Self {
            logs: KeyRotation::new(gate.clone()),
            turn: Turn::new(gate.clone(), TASK.name),
            archivist: Archivist::new(ports, gate, archiving),
            failing: HashMap::new(),
        }
    }

    /// Archives what is due of every log. What one of them is prevented by does not keep the others.
    async fn next(&mut self) -> Result<Found, UseCaseError> {
        let mut after = None;
        loop {
            let page = self.logs.logs(&Archivist::caller(), after, PAGE).await?;
            for head in &page.items {
                if !self.turn.have().await? {
                    return Ok(Found::Nothing);
                }
                let outcome = self.archivist.archive(head.store).await;
                self.tell(head.store, outcome);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(Found::Nothing),
            }
        }
    }

    fn tell(&mut self, store: StoreId, outcome: Result<Option<Archive>, Failure>) {
        match outcome {
            Ok(archived) => {
                if let Some(mut health) = self.failing.remove(&store) {
                    health.good();
                }
                if let Some(Archive { first, cut }) = archived {
                    info!(%store, first, before = cut, "entries are archived, and dropped");
                }
            }
            Err(failure) => {
                let health = || Health::new(format!("retention of the store {store}"));
                self.failing.entry(store).or_insert_with(health).bad(&failure.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::SignedDuration;
    use testkit::World;

    use super::*;

    #[tokio::test]
    async fn a_log_that_cannot_be_archived_does_not_keep_the_others() {
        let (world, directory) = (World::new(), tempfile::tempdir().unwrap());
        let stores = [world.make_store("shop").await.id, world.make_store("forum").await.id];
        for store in stores {
            world.sealer().seal(store).await.unwrap();
        }
        world.clock.advance(SignedDuration::from_hours(48));
        let archive = |store| directory.path().join(format!("{store}-0-1.jsonl"));
        fs::write(archive(stores[0]), "not an archive").unwrap();
        let after = SignedDuration::from_hours(24);
        let directory_of_archives = directory.path().to_owned();
        let archiving =
            Archiving { after, directory: directory_of_archives, makes_directory: false };
        let mut rounds = Rounds::new(&world.ports(), world.gate(), archiving);
        rounds.next().await.unwrap();
        assert_eq!(rounds.failing.keys().collect::<Vec<_>>(), [&stores[0]]);
        assert!(archive(stores[1]).exists());
        let logs = world.rotation().logs(&Archivist::caller(), None, PAGE).await.unwrap().items;
        assert_eq!(logs.iter().map(|head| head.first).collect::<Vec<_>>(), [0, 1]);
        // The operator takes it away.
        fs::remove_file(archive(stores[0])).unwrap();
        rounds.next().await.unwrap();
        assert!(rounds.failing.is_empty() && archive(stores[0]).exists());
    }
}
