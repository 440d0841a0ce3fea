//! Passwords: which are accepted, how they are kept, and everything that sets or asks for one.

mod administer;
mod blocklist;
mod change;
mod first;
mod generate;
mod hash;
mod hasher;
mod policy;
mod preview;
mod record;
mod repository;
mod reset;
mod rules;
mod secret;
mod service;
mod token;
mod update;
mod validate;
mod verify;

pub(crate) use administer::lift_locks;
pub use blocklist::Blocklist;
#[cfg(any(test, feature = "mocks"))]
pub use blocklist::MockBlocklist;
pub(crate) use change::allowed;
pub(crate) use first::FirstPassword;
pub use hash::{PasswordHash, PasswordHashError};
pub use hasher::{HashError, HashTicket, Overloaded, PasswordHasher, Verified};
#[cfg(any(test, feature = "mocks"))]
pub use hasher::{MockHashTicket, MockPasswordHasher};
pub use policy::{BrokenRule, Demands, context_words};
pub use preview::{Choice, Preview, Reset};
pub(crate) use record::refuse_read_only;
#[cfg(any(test, feature = "mocks"))]
pub use repository::MockPasswordRepository;
pub use repository::{PasswordRepository, StoredPassword};
pub(crate) use rules::refuse_broken;
pub use secret::{Password, PasswordError};
pub(crate) use service::PASSWORD;
pub use service::PasswordService;
pub use token::StartedBy;
pub(crate) use token::send_token;
pub use verify::Verification;
