use jiff::SignedDuration;
use uuid::Uuid;

use crate::access::{Caller, Gate, SystemRoom};
use crate::error::UseCaseError;
use crate::unit_of_work::Access;

/// How long a lease lasts from when it was taken or prolonged: so long a task rests when the node that
/// did it dies.
const LENGTH: SignedDuration = SignedDuration::from_secs(10);

/// The turn of one node to do what one at a time is enough for. It saves work: what is done under it
/// must be safe to be done twice, since a node that was frozen goes on after its turn has ended.
#[derive(Clone)]
pub struct Lease {
    gate: Gate,
    name: &'static str,
    holder: Uuid,
}

impl Lease {
    /// The turns of this node at the task `name`.
    pub fn new(gate: Gate, name: &'static str) -> Self {
        let holder = gate.random().new_uuid();
        Self { gate, name, holder }
    }

    /// Takes the turn, or prolongs it. `false` when another node has it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take(&self) -> Result<bool, UseCaseError> {
        let (name, holder) = (self.name, self.holder);
        let take = move |room: &mut SystemRoom<'_>| {
            let now = room.now();
            Ok(room.logs().lease(name, holder, now, LENGTH)?)
        };
        self.gate.system(Access::Write, &Caller::system(self.name), None, take).await
    }
}
