//! What a test suite of the user store needs, and what an adapter proves itself with.
//!
//! - [`World`]: every port at once, deterministic: [`MemoryStore`], [`ManualClock`],
//!   [`SequentialRandom`], [`TestKeys`] with a [`TestSigner`], [`TestSecrets`], [`InstantHasher`], [`Wordlist`],
//!   [`TestAuthenticator`], [`TestIssuers`], [`Letterbox`]
//! - [`builders`]: values of the domain, so that a test reads as a sentence
//! - [`mod@conformance`]: what every adapter of the database port must do, as tests
//! - [`postgres`]: a throw-away PostgreSQL server, one database per test
//! - [`smtp`]: a real mail server that keeps what it takes
//!
//! # The recipe for an adapter's proof
//! ```
//! # use testkit::MemoryStore;
//! # struct MyAdapter;
//! # impl MyAdapter { async fn open() -> MemoryStore { MemoryStore::new() } }
//! // One test per case, each on a database of its own: my_adapter::a_rollback_stores_nothing …
//! testkit::conformance!(my_adapter, MyAdapter::open().await);
//! # fn main() {}
//! ```

mod attempt_recorder;
mod authenticator;
pub mod builders;
mod clock;
pub mod conformance;
mod hasher;
mod issuers;
mod keys;
mod letterbox;
pub mod memory;
pub mod postgres;
mod random;
mod secrets;
mod signer;
pub mod smtp;
mod wordlist;
mod world;

pub use attempt_recorder::AttemptRecorder;
pub use authenticator::TestAuthenticator;
pub use clock::ManualClock;
pub use conformance::block_on;
pub use hasher::InstantHasher;
pub use issuers::TestIssuers;
pub use keys::{TestKeys, TestPublicKeys};
pub use letterbox::Letterbox;
pub use memory::MemoryStore;
pub use random::SequentialRandom;
pub use secrets::TestSecrets;
pub use signer::TestSigner;
pub use wordlist::Wordlist;
pub use world::World;
