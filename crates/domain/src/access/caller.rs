use std::fmt;

use super::{Authority, PermissionSet, Reach};
use crate::id::{ClientId, StoreId};

/// Who acts, as the audit trail names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// An API client.
    Client(ClientId),
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
            Self::System(task) => write!(f, "system:{task}"),
            Self::Public => f.write_str("public"),
        }
    }
}

/// Somebody whose credential was accepted, with what they may do. It proves who acts, not that they
/// may: that is decided by the [`super::Gate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    principal: Principal,
    authority: Authority,
}

impl Caller {
    /// A caller who may do so much.
    pub fn new(principal: Principal, authority: Authority) -> Self {
        Self { principal, authority }
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
        self.principal
    }

    /// What they may do, and where.
    pub fn authority(&self) -> &Authority {
        &self.authority
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
