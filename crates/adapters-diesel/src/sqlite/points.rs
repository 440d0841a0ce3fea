use std::sync::{Arc, Mutex, PoisonError};

use domain::unit_of_work::{Access, StoreError, Work};

use super::Connector;
use super::shared::single::Single;
use crate::lane::{Step, delay};

/// Index look-ups on the calling thread: no hop to another thread, which would cost more than the
/// look-up.
///
/// The connections lie on a stack and not in thread-locals, so that they are closed with the
/// database and not with the threads; the one that was used last, with the warmest cache, is used
/// next. There are as many as threads were ever here at the same time.
pub(super) struct Points {
    connector: Arc<Connector>,
    idle: Mutex<Option<Vec<Single>>>,
}

impl Points {
    /// Connects when it is asked.
    pub(super) fn new(connector: Arc<Connector>) -> Self {
        Self { connector, idle: Mutex::new(Some(Vec::new())) }
    }

    /// Runs the unit here and now. There is no pause before it runs again: SQLite waited already.
    pub(super) fn run(&self, mut work: Work) -> Result<(), StoreError> {
        let mut connection = self.take()?;
        let mut reruns = 0;
        let outcome = loop {
            match connection.attempt(Access::Point, &mut work) {
                Step::Done(outcome) => break outcome,
                Step::Again { failure, otherwise } => {
                    if delay(failure.rerun, reruns).is_none() {
                        break otherwise;
                    }
                    reruns += 1;
                }
            }
        };
        self.put_back(connection);
        outcome
    }

    fn take(&self) -> Result<Single, StoreError> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = idle
            .as_mut()
            .ok_or_else(|| StoreError::Unavailable("the database is closed".into()))?;
        Ok(idle.pop().unwrap_or_else(|| Single::new(Arc::clone(&self.connector))))
    }

    fn put_back(&self, connection: Single) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(idle) = idle.as_mut() {
            idle.push(connection);
        }
    }

    /// Closes the connections and takes no more work.
    pub(super) fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
