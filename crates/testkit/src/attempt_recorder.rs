use std::sync::{Mutex, PoisonError};

use domain::attempt::{AttemptEvent, AttemptLog};

/// Keeps what it is told of attempts.
#[derive(Debug, Default)]
pub struct AttemptRecorder(Mutex<Vec<AttemptEvent>>);

impl AttemptRecorder {
    /// What it was told since it was last asked.
    pub fn take(&self) -> Vec<AttemptEvent> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AttemptLog for AttemptRecorder {
    fn ended(&self, event: &AttemptEvent) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }
}
