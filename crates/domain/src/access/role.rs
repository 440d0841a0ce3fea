use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::{Permission, PermissionSet};
use crate::id::StoreId;

/// A built-in role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything, in every store.
    SystemAdmin,
    /// Users and groups of a store; no audit.
    UserStoreAdmin,
    /// Users of a store.
    UserManager,
    /// The audit trail of a store or of all.
    AuditTrailReader,
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be one of SystemAdmin, UserStoreAdmin, UserManager, AuditTrailReader")]
pub struct UnknownRole;

impl Role {
    /// Every built-in role.
    pub const ALL: [Self; 4] =
        [Self::SystemAdmin, Self::UserStoreAdmin, Self::UserManager, Self::AuditTrailReader];

    /// What the role gives where it is held.
    pub const fn permissions(self) -> PermissionSet {
        use Permission::{AuditRead, GroupManage, GroupRead, PasswordVerify, UserManage, UserRead};
        match self {
            Self::SystemAdmin => PermissionSet::of(&Permission::ALL),
            Self::UserStoreAdmin => {
                PermissionSet::of(&[UserRead, UserManage, PasswordVerify, GroupRead, GroupManage])
            }
            Self::UserManager => PermissionSet::of(&[UserRead, UserManage]),
            Self::AuditTrailReader => PermissionSet::of(&[AuditRead]),
        }
    }

    /// The name in the specification.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SystemAdmin => "SystemAdmin",
            Self::UserStoreAdmin => "UserStoreAdmin",
            Self::UserManager => "UserManager",
            Self::AuditTrailReader => "AuditTrailReader",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name().eq_ignore_ascii_case(text)).ok_or(UnknownRole)
    }
}

/// Where a role is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// In every store, those yet to come included.
    Everywhere,
    /// In one store.
    Store(StoreId),
}

impl Reach {
    /// Whether a role of this reach is held in `store`.
    pub fn covers(self, store: StoreId) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Store(own) => own == store,
        }
    }
}

/// A role, held somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    role: Role,
    reach: Reach,
}

/// The role cannot be held there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GrantError {
    /// `SystemAdmin` in one store only.
    #[error("SystemAdmin is held in every store, not in one")]
    SystemAdminInOneStore,
    /// A role of a store, everywhere.
    #[error("{0} is held in one store, not in every store")]
    StoreRoleEverywhere(Role),
}

impl Grant {
    /// `SystemAdmin` is held everywhere, `AuditTrailReader` in one store or everywhere, the other
    /// roles in one store.
    ///
    /// # Errors
    /// The role cannot be held there.
    pub fn new(role: Role, reach: Reach) -> Result<Self, GrantError> {
        match (role, reach) {
            (Role::SystemAdmin, Reach::Store(_)) => Err(GrantError::SystemAdminInOneStore),
            (Role::UserStoreAdmin | Role::UserManager, Reach::Everywhere) => {
                Err(GrantError::StoreRoleEverywhere(role))
            }
            _ => Ok(Self { role, reach }),
        }
    }

    /// `SystemAdmin`, everywhere.
    pub const fn system_admin() -> Self {
        Self { role: Role::SystemAdmin, reach: Reach::Everywhere }
    }

    /// The role.
    pub const fn role(self) -> Role {
        self.role
    }

    /// Where it is held.
    pub const fn reach(self) -> Reach {
        self.reach
    }
}

/// What `grants` allow within `reach`: for every store only what is held everywhere counts.
pub(super) fn permissions_within(grants: &[Grant], reach: Reach) -> PermissionSet {
    grants
        .iter()
        .filter(|grant| match reach {
            Reach::Everywhere => grant.reach == Reach::Everywhere,
            Reach::Store(store) => grant.reach.covers(store),
        })
        .fold(PermissionSet::EMPTY, |set, grant| set.union(grant.role.permissions()))
}

/// Nobody grants what they lack: whether a holder of `own` may hand out `grant`.
pub fn may_grant(own: &[Grant], grant: Grant) -> bool {
    grant.role.permissions().is_subset_of(permissions_within(own, grant.reach))
}

/// Nobody acts upward: whether a holder of `own` may act on somebody who holds `target`.
pub fn may_act_on(own: &[Grant], target: &[Grant]) -> bool {
    target.iter().all(|grant| may_grant(own, *grant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn store(n: u128) -> StoreId {
        StoreId::new(Uuid::from_u128(n))
    }

    fn held(role: Role, n: u128) -> Grant {
        Grant::new(role, Reach::Store(store(n))).expect("a store role")
    }

    #[test]
    fn roles_give_what_the_specification_lists() {
        let names = |role: Role| format!("{:?}", role.permissions());
        assert_eq!(
            names(Role::UserStoreAdmin),
            "{UserRead, UserManage, PasswordVerify, GroupRead, GroupManage}"
        );
        assert_eq!(names(Role::UserManager), "{UserRead, UserManage}");
        assert_eq!(names(Role::AuditTrailReader), "{AuditRead}");
        for permission in Permission::ALL {
            assert!(Role::SystemAdmin.permissions().contains(permission));
        }
    }

    #[test]
    fn a_role_is_held_only_where_it_may_be() {
        assert!(Grant::new(Role::SystemAdmin, Reach::Store(store(1))).is_err());
        assert!(Grant::new(Role::UserManager, Reach::Everywhere).is_err());
        assert!(Grant::new(Role::AuditTrailReader, Reach::Everywhere).is_ok());
    }

    #[test]
    fn nobody_grants_what_they_lack() {
        let admin = [Grant::system_admin()];
        let manager = [held(Role::UserManager, 1)];
        let store_admin = [held(Role::UserStoreAdmin, 1)];
        assert!(may_grant(&admin, Grant::system_admin()));
        assert!(may_grant(&admin, held(Role::UserManager, 7)));
        assert!(may_grant(&store_admin, held(Role::UserManager, 1)));
        assert!(may_grant(&manager, held(Role::UserManager, 1)));
        assert!(!may_grant(&manager, held(Role::UserStoreAdmin, 1)));
        assert!(!may_grant(&manager, held(Role::UserManager, 2)));
        assert!(!may_grant(&store_admin, held(Role::AuditTrailReader, 1)));
        assert!(!may_grant(&store_admin, Grant::system_admin()));
    }

    #[test]
    fn what_is_held_in_one_store_is_not_granted_everywhere() {
        let reader = [held(Role::AuditTrailReader, 1)];
        let everywhere = Grant::new(Role::AuditTrailReader, Reach::Everywhere).expect("allowed");
        assert!(!may_grant(&reader, everywhere));
        assert!(may_grant(&[everywhere], held(Role::AuditTrailReader, 1)));
    }

    #[test]
    fn nobody_acts_upward() {
        let manager = [held(Role::UserManager, 1)];
        assert!(may_act_on(&manager, &[]));
        assert!(may_act_on(&manager, &manager));
        assert!(!may_act_on(&manager, &[held(Role::UserManager, 1), Grant::system_admin()]));
        assert!(!may_act_on(&manager, &[held(Role::AuditTrailReader, 1)]));
    }

    #[test]
    fn roles_are_read_ignoring_case() {
        for role in Role::ALL {
            assert_eq!(role.name().to_lowercase().parse(), Ok(role));
        }
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
    }
}
