use thiserror::Error;

use super::{Permission, PermissionSet, RoleName};

/// A role and what it gives where it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// What it is called, in its proper spelling.
    pub name: RoleName,
    /// What it gives.
    pub permissions: PermissionSet,
}

/// Every role that there is: the four of the specification, and those of the configuration.
///
/// A role that somebody holds and that the book does not know, since it was taken out of the
/// configuration, gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleBook {
    /// In order of the name.
    roles: Vec<Role>,
}

/// Why the book does not take an own role.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RoleBookError {
    /// It is called like one of the specification.
    #[error("{0} is the name of a built-in role")]
    BuiltIn(RoleName),
    /// Two are called alike, ignoring case.
    #[error("{0} is the name of two roles")]
    Twice(RoleName),
    /// It gives nothing.
    #[error("{0} gives no permission")]
    Empty(RoleName),
    /// It gives what only `SystemAdmin` gives.
    #[error("{0} gives SystemManage, which only SystemAdmin gives")]
    SystemManage(RoleName),
}

impl Default for RoleBook {
    fn default() -> Self {
        Self::built_in()
    }
}

impl RoleBook {
    /// The roles of the specification.
    pub fn built_in() -> Self {
        use Permission::{AuditRead, GroupManage, GroupRead, PasswordVerify, UserManage, UserRead};
        let role = |name, permissions: &[Permission]| Role {
            name,
            permissions: PermissionSet::of(permissions),
        };
        let store_admin = [UserRead, UserManage, PasswordVerify, GroupRead, GroupManage];
        let roles = vec![
            role(RoleName::AUDIT_TRAIL_READER, &[AuditRead]),
            role(RoleName::SYSTEM_ADMIN, &Permission::ALL),
            role(RoleName::USER_MANAGER, &[UserRead, UserManage]),
            role(RoleName::USER_STORE_ADMIN, &store_admin),
        ];
        Self { roles }
    }

    /// The roles of the specification and `own` ones. A write answers with the record, so what an
    /// own role may write it may read too: `UserManage` gives `UserRead`, and `GroupManage` gives
    /// `GroupRead`.
    ///
    /// # Errors
    /// The first of `own` that the book does not take.
    pub fn with(
        own: impl IntoIterator<Item = (RoleName, PermissionSet)>,
    ) -> Result<Self, RoleBookError> {
        let mut book = Self::built_in();
        for (name, permissions) in own {
            book.add(Role { name, permissions: and_reads(permissions) })?;
        }
        Ok(book)
    }

    fn add(&mut self, role: Role) -> Result<(), RoleBookError> {
        let Role { name, permissions } = &role;
        if name.is_built_in() {
            return Err(RoleBookError::BuiltIn(name.clone()));
        }
        if permissions.is_empty() {
            return Err(RoleBookError::Empty(name.clone()));
        }
        if permissions.contains(Permission::SystemManage) {
            return Err(RoleBookError::SystemManage(name.clone()));
        }
        match self.place(name) {
            Ok(_) => Err(RoleBookError::Twice(name.clone())),
            Err(place) => {
                self.roles.insert(place, role);
                Ok(())
            }
        }
    }

    /// Every role, in order of the name.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The role of that name. `None` when there is none.
    pub fn find(&self, name: &RoleName) -> Option<&Role> {
        self.place(name).ok().and_then(|place| self.roles.get(place))
    }

    /// What the role of that name gives: nothing when there is none.
    pub fn permissions(&self, name: &RoleName) -> PermissionSet {
        self.find(name).map_or(PermissionSet::EMPTY, |role| role.permissions)
    }

    fn place(&self, name: &RoleName) -> Result<usize, usize> {
        self.roles.binary_search_by(|role| role.name.cmp(name))
    }
}

/// The permissions, and to read what they let write.
fn and_reads(permissions: PermissionSet) -> PermissionSet {
    use Permission::{GroupManage, GroupRead, UserManage, UserRead};
    [(UserManage, UserRead), (GroupManage, GroupRead)]
        .into_iter()
        .filter(|(write, _)| permissions.contains(*write))
        .fold(permissions, |all, (_, read)| all.union(PermissionSet::of(&[read])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RoleName {
        RoleName::parse(text).expect("a name")
    }

    fn own(text: &str, permissions: &[Permission]) -> (RoleName, PermissionSet) {
        (name(text), PermissionSet::of(permissions))
    }

    #[test]
    fn roles_give_what_the_specification_lists() {
        let book = RoleBook::built_in();
        let gives = |name| format!("{:?}", book.permissions(&name));
        assert_eq!(
            gives(RoleName::USER_STORE_ADMIN),
            "{UserRead, UserManage, PasswordVerify, GroupRead, GroupManage}"
        );
        assert_eq!(gives(RoleName::USER_MANAGER), "{UserRead, UserManage}");
        assert_eq!(gives(RoleName::AUDIT_TRAIL_READER), "{AuditRead}");
        let everything = book.permissions(&RoleName::SYSTEM_ADMIN);
        assert!(Permission::ALL.into_iter().all(|permission| everything.contains(permission)));
    }

    #[test]
    fn an_own_role_is_found_ignoring_case_in_its_proper_spelling() {
        let roles = [own("Zoo", &[Permission::UserRead]), own("HelpDesk", &[Permission::UserRead])];
        let book = RoleBook::with(roles).expect("taken");
        let found = book.find(&name("HELPDESK")).expect("found");
        assert_eq!(found.name.as_str(), "HelpDesk");
        assert!(book.permissions(&name("helpdesk")).contains(Permission::UserRead));
        let names: Vec<_> = book.roles().iter().map(|role| role.name.as_str()).collect();
        assert!(names.is_sorted_by_key(|name| name.to_lowercase()) && names.len() == 6);
    }

    #[test]
    fn an_own_role_may_read_what_it_may_write() {
        use Permission::{AuditRead, GroupManage, UserManage};
        let gives = |permissions: &[Permission]| {
            let book = RoleBook::with([own("HelpDesk", permissions)]).expect("taken");
            format!("{:?}", book.permissions(&name("HelpDesk")))
        };
        assert_eq!(gives(&[UserManage]), "{UserRead, UserManage}");
        assert_eq!(gives(&[GroupManage]), "{GroupRead, GroupManage}");
        assert_eq!(gives(&[AuditRead]), "{AuditRead}");
    }

    #[test]
    fn a_role_that_the_book_does_not_know_gives_nothing() {
        assert!(RoleBook::built_in().permissions(&name("HelpDesk")).is_empty());
        assert_eq!(RoleBook::built_in().find(&name("HelpDesk")), None);
    }

    #[test]
    fn what_cannot_be_an_own_role_is_refused_with_its_name() {
        use Permission::{SystemManage, UserRead};
        let refused = |roles: Vec<_>| RoleBook::with(roles).expect_err("refused");
        assert_eq!(
            refused(vec![own("usermanager", &[UserRead])]),
            RoleBookError::BuiltIn(RoleName::USER_MANAGER)
        );
        assert_eq!(
            refused(vec![own("a", &[UserRead]), own("A", &[UserRead])]),
            RoleBookError::Twice(name("a"))
        );
        assert_eq!(refused(vec![own("a", &[])]), RoleBookError::Empty(name("a")));
        assert_eq!(
            refused(vec![own("a", &[UserRead, SystemManage])]),
            RoleBookError::SystemManage(name("a"))
        );
    }
}
