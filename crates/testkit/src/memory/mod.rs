//! The in-memory adapter: every rule of the port, nothing written to a disk.
//!
//! A unit of work starts from an image of everything that is stored; to commit is to put the changed
//! image in its place. Images share what they have in common, so both cost little. Writers take turns,
//! so no unit ever meets a conflicting one; what else a database does to its callers can be arranged
//! by [`MemoryStore::fail_next_call`] and [`MemoryStore::fail_next_commit`].

mod answers;
mod attempts;
mod attributes;
mod audit;
mod clients;
mod faults;
mod groups;
mod image;
mod list;
mod log;
mod logs;
mod memberships;
mod nestings;
mod outbox;
mod passwords;
mod roles;
mod second_factors;
mod sessions;
mod stores;
mod table;
mod throttle;
mod tokens;
mod trail;
mod unit;
mod users;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::unit_of_work::{Access, StoreError, UnitOfWork, Work};

use faults::Faults;
use image::Image;
use unit::OpenUnit;

/// A store of stores in memory. Its clones are handles on the same one.
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

/// What was committed at one time.
pub struct Backup(Image);

#[derive(Default)]
struct Shared {
    /// What is committed.
    image: Mutex<Image>,
    /// Held by the one unit that may write.
    turn: Mutex<()>,
    faults: Faults,
}

impl MemoryStore {
    /// How often a unit that failed with [`StoreError::Retryable`] runs again.
    const RERUNS: u32 = 4;

    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is committed now, to be put back later.
    pub fn backup(&self) -> Backup {
        Backup(lock(&self.shared.image).clone())
    }

    /// Puts back what was committed once, whatever was committed since.
    pub fn restore(&self, backup: &Backup) {
        *lock(&self.shared.image) = backup.0.clone();
    }

    /// Lets a coming call of a repository fail, in whatever unit. Told several times, several calls
    /// fail, in this order.
    pub fn fail_next_call(&self, error: StoreError) {
        self.shared.faults.add_call(error);
    }

    /// Lets a coming commit fail, which stores nothing. Told several times, several commits fail.
    pub fn fail_next_commit(&self, error: StoreError) {
        self.shared.faults.add_commit(error);
    }

    fn run_once(&self, access: Access, work: &mut Work) -> Result<(), StoreError> {
        let writes = matches!(access, Access::Write | Access::Bulk | Access::Rehearse);
        let _turn = writes.then(|| lock(&self.shared.turn));
        let image = lock(&self.shared.image).clone();
        let mut unit = OpenUnit::begin(image, writes, &self.shared.faults);
        // A panic leaves an image behind that nobody will look at.
        let verdict = catch_unwind(AssertUnwindSafe(|| work(&mut unit)))
            .map_err(|_| StoreError::Other("the unit of work panicked".into()))?;
        let Some(image) = unit.end(verdict)? else { return Ok(()) };
        if matches!(access, Access::Write | Access::Bulk) {
            self.shared.faults.at_commit()?;
            *lock(&self.shared.image) = image;
        }
        Ok(())
    }
}

#[async_trait]
impl UnitOfWork for MemoryStore {
    async fn run(&self, access: Access, mut work: Work) -> Result<(), StoreError> {
        // No await below: a future that is polled at all runs its unit to the end.
        for _ in 0..Self::RERUNS {
            match self.run_once(access, &mut work) {
                Err(StoreError::Retryable) => {}
                outcome => return outcome,
            }
        }
        self.run_once(access, &mut work)
    }
}

/// Nothing that could panic runs while half of a change stands, so a poison says nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
