use crate::audit::{Action, Area};
use crate::time::Instant;

/// A change, as whoever follows the log is told of it: that something happened, and not what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the log: from 0 on, without a gap.
    pub leaf: u64,
    /// What kind of record changed.
    pub area: Area,
    /// What happened to it.
    pub action: Action,
    /// Which one.
    pub primary_key: String,
    /// When.
    pub timestamp: Instant,
}
