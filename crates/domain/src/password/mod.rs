//! Passwords: which are accepted, how they are kept, and everything that sets or asks for one.

mod administer;
mod blocklist;
mod change;
mod generate;
mod hash;
mod hasher;
mod policy;
mod record;
mod repository;
mod reset;
mod rules;
mod secret;
mod service;
mod token;
mod verify;

pub use blocklist::Blocklist;
#[cfg(any(test, feature = "mocks"))]
pub use blocklist::MockBlocklist;
pub use hash::{PasswordHash, PasswordHashError};
pub use hasher::{HashError, HashTicket, Overloaded, PasswordHasher, Verified};
#[cfg(any(test, feature = "mocks"))]
pub use hasher::{MockHashTicket, MockPasswordHasher};
pub use policy::{BrokenRule, Demands, context_words};
#[cfg(any(test, feature = "mocks"))]
pub use repository::MockPasswordRepository;
pub use repository::{PasswordRepository, StoredPassword};
pub use secret::{Password, PasswordError};
pub use service::PasswordService;
pub use token::StartedBy;
pub(crate) use token::send_token;
pub use verify::Verification;
