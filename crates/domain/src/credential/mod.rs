//! Who calls: credentials of every kind become a [`crate::access::Caller`] here and nowhere else.

mod authenticator;
mod issuer;

pub use authenticator::{AuthenticationError, Authenticator};
#[cfg(any(test, feature = "mocks"))]
pub use issuer::MockIssuers;
pub use issuer::{Assertion, Issuers, IssuersError, NoIssuers, Vouched};
