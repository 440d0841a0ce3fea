//! The second factor: a time-based one-time password (RFC 6238), and recovery codes for whoever has
//! lost what makes it.
//!
//! A seed is real only when a code has proved that the user has it. Each time step is accepted once,
//! each recovery code too. Whether a user has to show a second factor is a property of the user
//! ([`crate::user::User::two_factor_required`]).

mod check;
mod code;
mod factor;
mod recovery;
mod repository;
mod seed;
mod service;
mod totp;

pub(crate) use check::Checked;
pub use code::{Code, CodeError, OneTimePassword};
pub use factor::SecondFactor;
pub use recovery::{RecoveryCode, RecoveryHash};
#[cfg(any(test, feature = "mocks"))]
pub use repository::MockSecondFactorRepository;
pub use repository::SecondFactorRepository;
pub use seed::Seed;
pub use service::{Elevated, Enrolment, OwnProof, SecondFactorService, TwoFactorStatus};
#[cfg(any(test, feature = "mocks"))]
pub use totp::MockTotp;
pub use totp::{TimeStep, Totp};
