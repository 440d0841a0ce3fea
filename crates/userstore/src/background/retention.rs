use std::collections::HashMap;
use std::time::Duration;

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
    let gate = node.gate();
    let mut rounds = Rounds {
        logs: KeyRotation::new(gate.clone()),
        turn: Turn::new(gate.clone(), TASK.name),
        archivist: Archivist::new(&node.ports, gate, archiving),
        failing: HashMap::new(),
    };
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
