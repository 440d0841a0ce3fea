//! Users: the person or account that signs in.

mod consequences;
mod draft;
mod email_address;
mod erasure;
mod plan;
mod property;
mod relations;
mod repository;
mod service;
mod single;
mod validity;
mod write;

pub use draft::{Confirmation, UserDraft};
pub use email_address::{EmailAddress, EmailAddressError};
pub use erasure::ErasureService;
pub use property::UserProperty;
pub use relations::{Include, UserWithRelations};
pub(crate) use relations::{load, load_all};
#[cfg(any(test, feature = "mocks"))]
pub use repository::MockUserRepository;
pub use repository::{Holdings, UserRepository};
pub use service::UserService;
pub(crate) use single::{find_by_login_name, find_for_update, update};
pub use validity::{Validity, ValidityError};
pub(crate) use write::{lock_users, make_with_password, remove_everybody};

use crate::id::UserId;
use crate::page::{Place, Query, SortKey};
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
    /// Whether the address is a second name to sign in with, and so no other user's: it follows the
    /// setting `login_by_email` of the store.
    pub signs_in_by_email: bool,
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
    /// Whether the user must show a second factor at every sign-in.
    pub two_factor_required: bool,
    /// Whether there is a second factor that the user has proved to have; read-only for every API.
    pub two_factor_registered: bool,
    /// When somebody last tried to sign in as the user, as far as that is known; read-only for every
    /// API.
    pub last_attempt: Option<Instant>,
    /// The number of the audit entry that recorded that the user was made: unique in its store, and
    /// never another user's. 0 before it is recorded.
    pub number: i64,
    /// Changes with the user's own properties and relation sets.
    pub version: Version,
}

impl User {
    /// The address, where it is a second name to sign in with.
    pub fn claimed_address(&self) -> Option<&EmailAddress> {
        self.email.as_ref().filter(|_| self.signs_in_by_email)
    }
}

/// In which order users can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserOrder {
    /// By id.
    Id,
    /// By the folded login name.
    LoginName,
    /// By the folded last name.
    LastName,
    /// By the folded address.
    EmailAddress,
}

impl SortKey for UserOrder {
    const ALL: &'static [Self] = &[Self::Id, Self::LoginName, Self::LastName, Self::EmailAddress];

    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::LoginName => "loginName",
            Self::LastName => "lastName",
            Self::EmailAddress => "emailAddress",
        }
    }
}

impl UserOrder {
    /// Where a user stands in this order.
    pub fn place(self, user: &User) -> Place<UserId> {
        let sort = match self {
            Self::Id => None,
            Self::LoginName => Some(user.login_name.folded()),
            Self::LastName => user.last_name.as_ref().map(PersonName::folded),
            Self::EmailAddress => user.email.as_ref().map(EmailAddress::folded),
        };
        Place { sort: sort.map_or_else(String::new, |name| name.as_str().to_owned()), id: user.id }
    }
}

/// What of a list of users is asked for.
pub type UserQuery = Query<UserProperty, UserOrder, UserId>;
