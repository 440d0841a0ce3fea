use std::fmt;
use std::sync::Arc;

use super::{Authority, PermissionSet, Reach};
use crate::id::{ClientId, SessionId, StoreId, UserId};

/// Who acts, as the audit trail names it. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// An API client.
    Client(ClientId),
    /// A user who has signed in.
    User(UserId),
    /// Somebody for whom an issuer of the configuration vouches.
    Issued {
        /// The issuer's name in the configuration.
        issuer: Arc<str>,
        /// Whom it vouches for: `sub` (RFC 7519 §4.1.2).
        subject: Arc<str>,
    },
    /// A part of the system itself: the command line, the first start, a background task.
    System(&'static str),
    /// Whoever asks without a credential: what they may do, the use case finds out by what they
    /// prove.
    Public,
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(id) => write!(f, "client:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Issued { issuer, subject } => write!(f, "issuer:{issuer}/{subject}"),
            Self::System(task) => write!(f, "system:{task}"),
            Self::Public => f.write_str("public"),
        }
    }
}

/// What is still due before somebody who has signed in may do what their roles allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// Another password: until then they may change their own, and sign out.
    PasswordChange,
    /// The second factor: until then they may show it, and sign out.
    SecondFactor,
}

/// The session of somebody who has signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Of which store.
    pub store: StoreId,
    /// Who.
    pub user: UserId,
    /// By which session.
    pub session: SessionId,
    /// What is still due.
    pub due: Due,
}

/// Somebody whose credential was accepted, with what they may do. It proves who acts, not that they
/// may: that is decided by the [`super::Gate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    principal: Principal,
    authority: Authority,
    signed_in: Option<SignedIn>,
}

impl Caller {
    /// A caller who may do so much.
    pub fn new(principal: Principal, authority: Authority) -> Self {
        Self { principal, authority, signed_in: None }
    }

    /// A user who has signed in and may do so much, as soon as nothing is due any more.
    pub fn signed_in(by: SignedIn, authority: Authority) -> Self {
        Self { signed_in: Some(by), ..Self::new(Principal::User(by.user), authority) }
    }

    /// A part of the system itself, which may do everything.
    pub fn system(task: &'static str) -> Self {
        Self::new(Principal::System(task), Authority::everything())
    }

    /// Whoever asks without a credential: they may do nothing by themselves.
    pub fn public() -> Self {
        Self::new(Principal::Public, Authority::nothing())
    }

    /// Whether it is whoever asks without a credential.
    pub fn is_public(&self) -> bool {
        self.principal == Principal::Public
    }

    /// Who acts.
    pub fn principal(&self) -> Principal {
        self.principal.clone()
    }

    /// What they may do, and where.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The session, of somebody who has signed in.
    pub fn session(&self) -> Option<SignedIn> {
        self.signed_in
    }

    /// The user of `store` who acts. `None` when it is somebody else.
    pub fn user_of(&self, store: StoreId) -> Option<UserId> {
        self.signed_in.filter(|by| by.store == store).map(|by| by.user)
    }

    /// What is still due.
    pub fn due(&self) -> Due {
        self.signed_in.map_or(Due::Nothing, |by| by.due)
    }

    /// What they may do in `store`.
    pub fn permissions_in(&self, store: StoreId) -> PermissionSet {
        self.authority.within(Reach::Store(store))
    }

    /// What they may do in every store, and to the register of stores.
    pub fn permissions_everywhere(&self) -> PermissionSet {
        self.authority.within(Reach::Everywhere)
    }
}
