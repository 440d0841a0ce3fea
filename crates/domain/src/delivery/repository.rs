use uuid::Uuid;

use crate::id::StoreId;
use crate::time::Instant;
use crate::unit_of_work::StoreError;

/// Which delivery it is. Ids ascend in the order in which a node makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(Uuid);

impl DeliveryId {
    /// The id of that UUID.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl std::fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Something to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which.
    pub id: DeliveryId,
    /// Deliveries of one line go out one after the other, in the order of their ids: the id of the
    /// user they are for.
    pub line: Uuid,
    /// From when on.
    pub due: Instant,
    /// What, sealed.
    pub sealed: Vec<u8>,
}

/// The outbox of one store.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Outbox {
    /// Adds deliveries, in one statement a chunk. One whose id is there already is left as it is.
    fn put(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError>;
}

/// A delivery that this worker alone has until the lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Whose outbox it stands in.
    pub store: StoreId,
    /// What is to be delivered.
    pub delivery: Delivery,
    /// How often it was claimed, this time included: what tells one claim from another.
    pub tries: u32,
}

/// The outboxes of all stores, for the workers.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Deliveries {
    /// Up to `limit` deliveries that are due, the longest due first; nobody else gets them before
    /// `leased_until`. Of each line only the first that is not yet delivered or given up, and none
    /// while that one is leased or not due. Two workers that claim at once get none twice and do not
    /// wait for each other.
    fn claim(
        &mut self,
        now: Instant,
        leased_until: Instant,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError>;

    /// Removes what was delivered. False when it is no longer claimed as it was: somebody else has
    /// it.
    fn delivered(&mut self, claimed: &Claimed) -> Result<bool, StoreError>;

    /// Puts back what could not be delivered, until `due`. `why` is kept for the operator, cut to
    /// 500 characters. False as above.
    fn postpone(&mut self, claimed: &Claimed, due: Instant, why: &str) -> Result<bool, StoreError>;

    /// Gives up what cannot be delivered: it stays as a dead letter without its content, for the
    /// operator, and holds up no other. False as above.
    fn bury(&mut self, claimed: &Claimed, now: Instant, why: &str) -> Result<bool, StoreError>;

    /// Removes dead letters that were given up before `oldest`, at most `limit`.
    fn forget_dead(&mut self, oldest: Instant, limit: u32) -> Result<(), StoreError>;
}
