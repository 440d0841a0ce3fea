use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use thiserror::Error;

use super::log::{LogHead, StoredCheckpoint};
use crate::access::{Caller, Gate, SystemRoom};
use crate::error::UseCaseError;
use crate::id::StoreId;
use crate::page::Page;
use crate::unit_of_work::Access;

/// Takes checkpoints to somebody outside, who can show later what a log was.
#[async_trait]
pub trait Publisher: Send + Sync + 'static {
    /// What it is called in the log of the program, such as `webhook`.
    fn name(&self) -> &'static str;

    /// Takes the latest checkpoint of a store there; it may be there already.
    async fn publish(
        &self,
        store: StoreId,
        checkpoint: &StoredCheckpoint,
    ) -> Result<(), Unpublished>;
}

/// A checkpoint that was not taken; the text is for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unpublished(pub String);

/// A publisher that failed, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedPublisher {
    /// Which.
    pub publisher: &'static str,
    /// Of which store.
    pub store: StoreId,
    /// Why.
    pub why: String,
}

/// Takes the latest checkpoint of every log to every publisher, again whenever the log has grown.
/// What was taken where is known as long as it runs: after a start each is taken once more.
pub struct Publishing {
    gate: Gate,
    publishers: Vec<Arc<dyn Publisher>>,
    /// How large the log was that each publisher took last.
    taken: Mutex<HashMap<(&'static str, StoreId), u64>>,
}

/// How many logs are looked at at once.
const PAGE: u32 = 500;

impl Publishing {
    /// The worker behind `gate`.
    pub fn new(gate: Gate, publishers: Vec<Arc<dyn Publisher>>) -> Self {
        Self { gate, publishers, taken: Mutex::default() }
    }

    fn caller() -> Caller {
        Caller::system("publishing")
    }

    /// Publishes what is new, and gives what failed: that is tried again in the next round.
    ///
    /// # Errors
    /// The store failed.
    pub async fn round(&self) -> Result<Vec<FailedPublisher>, UseCaseError> {
        let (mut failed, mut after) = (Vec::new(), None);
        loop {
            let page = self.heads(after).await?;
            for head in &page.items {
                self.publish(head, &mut failed).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(failed),
            }
        }
    }

    async fn heads(&self, after: Option<StoreId>) -> Result<Page<LogHead, StoreId>, UseCaseError> {
        let find = move |room: &mut SystemRoom<'_>| {
            let found = room.logs().heads(after, PAGE + 1)?;
            Ok(Page::cut(found, PAGE, |head| head.store))
        };
        self.gate.system(Access::Read, &Self::caller(), None, find).await
    }

    async fn publish(
        &self,
        head: &LogHead,
        failed: &mut Vec<FailedPublisher>,
    ) -> Result<(), UseCaseError> {
        let store = head.store;
        let behind: Vec<_> = self
            .publishers
            .iter()
            .filter(|publisher| self.is_behind(publisher.name(), head))
            .collect();
        if behind.is_empty() {
            return Ok(());
        }
        let latest =
            move |room: &mut SystemRoom<'_>| Ok(room.inside(store).log().latest_checkpoint()?);
        let latest = self.gate.system(Access::Read, &Self::caller(), None, latest).await?;
        let Some(checkpoint) = latest else { return Ok(()) };
        for publisher in behind {
            let name = publisher.name();
            match publisher.publish(store, &checkpoint).await {
                Ok(()) => self.note(name, store, checkpoint.size),
                Err(Unpublished(why)) => {
                    failed.push(FailedPublisher { publisher: name, store, why });
                }
            }
        }
        Ok(())
    }

    fn is_behind(&self, publisher: &'static str, head: &LogHead) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.get(&(publisher, head.store)).copied().unwrap_or(0) < head.size
    }

    fn note(&self, publisher: &'static str, store: StoreId, size: u64) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.insert((publisher, store), size);
    }
}
