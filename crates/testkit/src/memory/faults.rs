use std::collections::VecDeque;
use std::sync::Mutex;

use domain::unit_of_work::StoreError;

use super::lock;

/// Failures that a test has ordered, in order.
#[derive(Default)]
pub(super) struct Faults {
    calls: Mutex<VecDeque<StoreError>>,
    commits: Mutex<VecDeque<StoreError>>,
}

impl Faults {
    pub(super) fn add_call(&self, error: StoreError) {
        lock(&self.calls).push_back(error);
    }

    pub(super) fn add_commit(&self, error: StoreError) {
        lock(&self.commits).push_back(error);
    }

    pub(super) fn at_call(&self) -> Result<(), StoreError> {
        lock(&self.calls).pop_front().map_or(Ok(()), Err)
    }

    pub(super) fn at_commit(&self) -> Result<(), StoreError> {
        lock(&self.commits).pop_front().map_or(Ok(()), Err)
    }
}
