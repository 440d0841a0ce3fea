use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What a use case needs and a role gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Read users and profiles.
    UserRead,
    /// Write users, profiles, passwords, lockout and state.
    UserManage,
    /// Ask whether a password is right.
    PasswordVerify,
    /// Read groups and metadata.
    GroupRead,
    /// Write groups, metadata, nesting and memberships.
    GroupManage,
    /// Read the audit trail.
    AuditRead,
    /// Manage stores, clients and roles.
    SystemManage,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 7] = [
        Self::UserRead,
        Self::UserManage,
        Self::PasswordVerify,
        Self::GroupRead,
        Self::GroupManage,
        Self::AuditRead,
        Self::SystemManage,
    ];

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The text names no permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "must be one of UserRead, UserManage, PasswordVerify, GroupRead, GroupManage, AuditRead, \
     SystemManage"
)]
pub struct UnknownPermission;

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        let named = |permission: &Self| permission.to_string().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(named).ok_or(UnknownPermission)
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PermissionSet(u16);

impl PermissionSet {
    /// No permission.
    pub const EMPTY: Self = Self(0);

    /// The set of `permissions`.
    pub const fn of(permissions: &[Permission]) -> Self {
        let mut bits = 0;
        let mut rest = permissions;
        while let [first, tail @ ..] = rest {
            bits |= first.bit();
            rest = tail;
        }
        Self(bits)
    }

    /// Each permission in the set, in their order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.contains(*permission))
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `permission` is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether everything in this set is in `other`.
    pub const fn is_subset_of(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_read_ignoring_case() {
        for permission in Permission::ALL {
            assert_eq!(permission.to_string().to_lowercase().parse(), Ok(permission));
            assert!(UnknownPermission.to_string().contains(&permission.to_string()));
        }
        for text in ["", "User Read", "Everything"] {
            assert_eq!(text.parse::<Permission>(), Err(UnknownPermission), "{text}");
        }
    }

    #[test]
    fn a_set_holds_what_it_is_made_of() {
        let set = PermissionSet::of(&[Permission::AuditRead, Permission::UserRead]);
        assert!(set.iter().eq([Permission::UserRead, Permission::AuditRead]));
        assert!(set.is_subset_of(set) && PermissionSet::EMPTY.is_subset_of(set));
        assert!(!set.is_subset_of(PermissionSet::of(&[Permission::AuditRead])));
    }
}
