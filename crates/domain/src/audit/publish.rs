mod genuine;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use thiserror::Error;

use self::genuine::Authority;
use super::PublicKeys;
use super::log::{Checkpoint, LogHead, LogRepository, Proof, StoredCheckpoint, prove};
use crate::access::{Caller, Gate, SystemRoom};
use crate::error::UseCaseError;
use crate::id::StoreId;
use crate::page::Page;
use crate::unit_of_work::{Access, StoreError};

/// Takes checkpoints to somebody outside, who can show later what a log was.
#[async_trait]
pub trait Publisher: Send + Sync + 'static {
    /// What it is called in the log of the program, such as `webhook`.
    fn name(&self) -> &'static str;

    /// The checkpoint of a store that is there already, where that can be seen from here. What cannot
    /// be seen although it should be is a failure, and not that nothing is there.
    async fn held(&self, store: StoreId) -> Result<Option<Checkpoint>, Unpublished> {
        let _ = store;
        Ok(None)
    }

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

/// Why a checkpoint was not published.
enum Failure {
    /// This one: the others may be.
    One(Unpublished),
    /// None can be now: the round ends.
    All(UseCaseError),
}

impl From<Unpublished> for Failure {
    fn from(unpublished: Unpublished) -> Self {
        Self::One(unpublished)
    }
}

impl From<UseCaseError> for Failure {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Store(StoreError::Corrupt(what)) => {
                Self::One(Unpublished(format!("the log cannot be read: {what}")))
            }
            error => Self::All(error),
        }
    }
}

/// Takes the latest checkpoint of every log to every publisher, again whenever the log has grown.
/// What was taken where is known as long as it runs: after a start each is taken once more.
///
/// A checkpoint takes no other's place but one that its log has grown from: what somebody outside
/// holds may be all that shows that a log was cut off or made anew. For the same reason nothing is
/// published that only the database says: the key of the log must have signed it.
pub struct Publishing {
    gate: Gate,
    authority: Authority,
    publishers: Vec<Arc<dyn Publisher>>,
    /// What each publisher took last.
    taken: Mutex<HashMap<(&'static str, StoreId), Checkpoint>>,
}

/// How many logs are looked at at once.
const PAGE: u32 = 500;
/// When its failures have taken so long, in microseconds, a publisher rests until the next round: there
/// may be thousands of logs, and others wait.
const PATIENCE: i64 = 15_000_000;

/// What became of a round so far.
#[derive(Default)]
struct Round {
    failed: Vec<FailedPublisher>,
    /// How long the failures of each publisher took, in microseconds.
    wasted: HashMap<&'static str, i64>,
}

impl Round {
    fn rests(&self, publisher: &'static str) -> bool {
        self.wasted.get(publisher).is_some_and(|wasted| *wasted >= PATIENCE)
    }

    fn failed(&mut self, failed: FailedPublisher, took: i64) {
        *self.wasted.entry(failed.publisher).or_default() += took;
        self.failed.push(failed);
    }
}

impl Publishing {
    /// The worker behind `gate`, which checks signatures with `keys`.
    pub fn new(gate: Gate, keys: Arc<dyn PublicKeys>, publishers: Vec<Arc<dyn Publisher>>) -> Self {
        let authority = Authority::new(gate.clone(), keys);
        Self { gate, authority, publishers, taken: Mutex::default() }
    }

    fn caller() -> Caller {
        Caller::system("publishing")
    }

    /// Publishes what is new, and gives what failed: that is tried again in the next round. A log that
    /// is damaged is one that failed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn round(&self) -> Result<Vec<FailedPublisher>, UseCaseError> {
        let (mut round, mut after) = (Round::default(), None);
        loop {
            let page = self.heads(after).await?;
            for head in &page.items {
                for publisher in &self.publishers {
                    self.look_after(&**publisher, head, &mut round).await?;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(round.failed),
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

    async fn look_after(
        &self,
        publisher: &dyn Publisher,
        head: &LogHead,
        round: &mut Round,
    ) -> Result<(), UseCaseError> {
        let (name, store) = (publisher.name(), head.store);
        let taken = self.taken(name, store);
        if round.rests(name) || taken.map_or(0, |taken| taken.size) == head.size {
            return Ok(());
        }
        let began = self.gate.now();
        match self.publish(publisher, store, taken).await {
            Ok(()) => Ok(()),
            Err(Failure::One(Unpublished(why))) => {
                let took = self.gate.now().as_micros() - began.as_micros();
                round.failed(FailedPublisher { publisher: name, store, why }, took);
                Ok(())
            }
            Err(Failure::All(error)) => Err(error),
        }
    }

    async fn publish(
        &self,
        publisher: &dyn Publisher,
        store: StoreId,
        taken: Option<Checkpoint>,
    ) -> Result<(), Failure> {
        let there = match taken {
            None => publisher.held(store).await?,
            taken => taken,
        };
        let latest = self.grown_from(store, there).await?;
        Ok(self.hand_over(publisher, store, &latest).await?)
    }

    /// The latest checkpoint of a store, when it is genuine and its log has grown from `held`.
    async fn grown_from(
        &self,
        store: StoreId,
        held: Option<Checkpoint>,
    ) -> Result<StoredCheckpoint, Failure> {
        let authority = self.authority.clone();
        let find = move |room: &mut SystemRoom<'_>| {
            let mut inside = room.inside(store);
            Ok(grown(&authority, store, inside.log(), held)?)
        };
        let found = self.gate.system(Access::Read, &Self::caller(), None, find).await?;
        Ok(found?)
    }

    async fn hand_over(
        &self,
        publisher: &dyn Publisher,
        store: StoreId,
        latest: &StoredCheckpoint,
    ) -> Result<(), Unpublished> {
        publisher.publish(store, latest).await?;
        if let Ok((checkpoint, _)) = Checkpoint::read(&latest.note) {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            taken.insert((publisher.name(), store), checkpoint);
        }
        Ok(())
    }

    fn taken(&self, publisher: &'static str, store: StoreId) -> Option<Checkpoint> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.get(&(publisher, store)).copied()
    }
}

/// The latest checkpoint of a log, or why it is not to be published.
fn grown(
    authority: &Authority,
    store: StoreId,
    log: &mut dyn LogRepository,
    held: Option<Checkpoint>,
) -> Result<Result<StoredCheckpoint, Unpublished>, StoreError> {
    let least = held.map_or(0, |held| held.size);
    let Some(latest) = log.latest_checkpoint()?.filter(|latest| latest.size >= least) else {
        return Ok(Err(contrary(least)));
    };
    if !authority.stands_for(&latest, store, log)? {
        return Ok(Err(forged(latest.size)));
    }
    let Some(held) = held else { return Ok(Ok(latest)) };
    let then = prove(log, &Proof::of_root(held.size))?.pop();
    Ok(if then == Some(held.root) { Ok(latest) } else { Err(contrary(held.size)) })
}

fn contrary(size: u64) -> Unpublished {
    Unpublished(format!(
        "the checkpoint over {size} entries that is there is not of this log: the log was cut off, made \
         anew or restored from a backup; what is there stays"
    ))
}

fn forged(size: u64) -> Unpublished {
    Unpublished(format!(
        "the latest checkpoint in the database, over {size} entries, is not one that the key of the log \
         signed over it: somebody changed the database, or the key is not on this node; what is there \
         stays"
    ))
}
