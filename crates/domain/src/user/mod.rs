//! Users: the person or account that signs in.

mod change;
mod creation;
mod draft;
mod email_address;
mod relation_writes;
mod relations;
mod repository;
mod service;
mod validity;

pub use draft::{Confirmation, ProfileDraft, UserDraft};
pub use email_address::{EmailAddress, EmailAddressError};
pub use relations::{Include, UserWithRelations};
#[cfg(any(test, feature = "mocks"))]
pub use repository::MockUserRepository;
pub use repository::UserRepository;
pub use service::{Edit, EditError, Upsert, UserService};
pub use validity::{Validity, ValidityError};

use crate::id::UserId;
use crate::text::text_type;
use crate::time::Instant;
use crate::version::Version;

text_type!(
    /// The name a user signs in with: 1 to 256 characters, unique in its store ignoring case.
    LoginName, 1..=256
);
text_type!(
    /// The user's id in another system: 1 to 256 characters, unique in its store as typed.
    ExternalId, 1..=256
);
text_type!(
    /// A first or last name: at most 256 characters, may be empty.
    PersonName, 0..=256
);

/// A user as the store keeps it, without its relations.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the reference")]
pub struct User {
    /// Immutable.
    pub id: UserId,
    /// The user's id in another system.
    pub external_id: Option<ExternalId>,
    /// The name to sign in with.
    pub login_name: LoginName,
    /// Given name.
    pub first_name: Option<PersonName>,
    /// Family name.
    pub last_name: Option<PersonName>,
    /// Where mail goes.
    pub email: Option<EmailAddress>,
    /// Whether the owner of the address has been shown to be the user.
    pub email_confirmed: bool,
    /// When the account may be used.
    pub validity: Validity,
    /// False refuses sign-in.
    pub active: bool,
    /// False: failures are counted and never lock.
    pub lock_enabled: bool,
    /// The permanent lock.
    pub locked: bool,
    /// Consecutive failed sign-ins; read-only for every API.
    pub failed_sign_ins: u32,
    /// Whether the password is exempt from expiry.
    pub password_never_expires: bool,
    /// Whether the user may change an expired password.
    pub can_change_expired_password: bool,
    /// When the password expires.
    pub password_expires: Option<Instant>,
    /// Whether the password is an administrator's first one; read-only for every API.
    pub initial_password: bool,
    /// Whether the user must set a new password at the next sign-in.
    pub password_change_required: bool,
    /// Changes with the user's own properties and relation sets.
    pub version: Version,
}
