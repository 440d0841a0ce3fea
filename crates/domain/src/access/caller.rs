use std::fmt;
use std::sync::Arc;

use super::role::permissions_within;
use super::{Grant, PermissionSet, Reach};
use crate::id::{ClientId, StoreId};

/// Who acts, as the audit trail names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// An API client.
    Client(ClientId),
    /// A part of the system itself: the command line, the first start, a background task.
    System(&'static str),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(id) => write!(f, "client:{id}"),
            Self::System(task) => write!(f, "system:{task}"),
        }
    }
}

/// Somebody whose credential was accepted, with what they hold. It proves who acts, not that they
/// may: that is decided by the [`super::Gate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    principal: Principal,
    grants: Arc<[Grant]>,
}

impl Caller {
    /// A caller with these grants.
    pub fn new(principal: Principal, grants: impl Into<Arc<[Grant]>>) -> Self {
        Self { principal, grants: grants.into() }
    }

    /// A part of the system itself, which may do everything.
    pub fn system(task: &'static str) -> Self {
        Self::new(Principal::System(task), [Grant::system_admin()])
    }

    /// Who acts.
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// What they hold, and where.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// What they may do in `store`.
    pub fn permissions_in(&self, store: StoreId) -> PermissionSet {
        permissions_within(&self.grants, Reach::Store(store))
    }

    /// What they may do in every store, and to the register of stores.
    pub fn permissions_everywhere(&self) -> PermissionSet {
        permissions_within(&self.grants, Reach::Everywhere)
    }
}
