use super::{Run, StoredCheckpoint, Tile};
use crate::id::AuditId;

/// What is stored when a log grows: all of it or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// How many leaves the log has; in another one this growth has no place.
    pub from: u64,
    /// The entries of the new leaves, in order.
    pub entries: Vec<AuditId>,
    /// The tiles that are new or have changed.
    pub tiles: Vec<Tile>,
    /// Over the log as it is then.
    pub checkpoint: StoredCheckpoint,
    /// The runs that wait no longer.
    pub taken: Vec<Run>,
    /// What is left of the last of them.
    pub rest: Option<Run>,
}
