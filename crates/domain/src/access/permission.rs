use std::fmt;

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
        f.debug_set().entries(Permission::ALL.iter().filter(|p| self.contains(**p))).finish()
    }
}
