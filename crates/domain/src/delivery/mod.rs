//! What is to be sent: mail waits in an outbox row of the unit of work that causes it, and workers
//! deliver it at least once, in order for each user.
//!
//! A row says what the mail is about, not how it reads: the adapter of [`Postman`] has the words. The
//! row is sealed, because it may carry a token of which the database otherwise holds only the hash.

mod courier;
mod letter;
mod notice;
mod postman;
mod repository;
mod sealed;

pub use courier::{Courier, Failed, Round};
pub use letter::{Language, Letter, Occasion};
pub(crate) use notice::{Notice, ask_for_reset, tell};
#[cfg(any(test, feature = "mocks"))]
pub use postman::MockPostman;
pub use postman::{Postman, Undelivered};
pub use repository::{Claimed, Deliveries, Delivery, DeliveryId, Outbox};
#[cfg(any(test, feature = "mocks"))]
pub use repository::{MockDeliveries, MockOutbox};
