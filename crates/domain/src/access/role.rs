use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use thiserror::Error;

use crate::id::StoreId;

/// The name of a role: 1 to 64 of the characters `A-Z a-z 0-9 . _ -`, compared ignoring case.
/// Cheap to clone.
#[derive(Clone)]
pub struct RoleName(Text);

#[derive(Clone)]
enum Text {
    BuiltIn(&'static str),
    Own(Arc<str>),
}

/// The text is no name of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 1 to 64 of the characters A-Z a-z 0-9 . _ -")]
pub struct RoleNameError;

impl RoleName {
    /// Everything, in every store.
    pub const SYSTEM_ADMIN: Self = Self(Text::BuiltIn("SystemAdmin"));
    /// Users and groups of a store; no audit.
    pub const USER_STORE_ADMIN: Self = Self(Text::BuiltIn("UserStoreAdmin"));
    /// Users of a store.
    pub const USER_MANAGER: Self = Self(Text::BuiltIn("UserManager"));
    /// The audit trail of a store or of all.
    pub const AUDIT_TRAIL_READER: Self = Self(Text::BuiltIn("AuditTrailReader"));

    const MAX: usize = 64;
    const BUILT_IN: [Self; 4] =
        [Self::SYSTEM_ADMIN, Self::USER_STORE_ADMIN, Self::USER_MANAGER, Self::AUDIT_TRAIL_READER];

    /// Accepts a name under the rules of the type. A built-in role is spelled as in the
    /// specification, another one as typed; a [`super::RoleBook`] knows its proper spelling.
    ///
    /// # Errors
    /// The rule of the type.
    pub fn parse(text: &str) -> Result<Self, RoleNameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if text.is_empty() || text.len() > Self::MAX || !text.bytes().all(allowed) {
            return Err(RoleNameError);
        }
        let name = Self(Text::Own(text.into()));
        Ok(Self::BUILT_IN.into_iter().find(|built_in| *built_in == name).unwrap_or(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::BuiltIn(text) => text,
            Text::Own(text) => text,
        }
    }

    /// Whether the role comes with the program.
    pub fn is_built_in(&self) -> bool {
        matches!(self.0, Text::BuiltIn(_))
    }

    /// The bytes of the form in which names are compared.
    fn compared(&self) -> impl Iterator<Item = u8> + '_ {
        self.as_str().bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl PartialEq for RoleName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}

impl Eq for RoleName {}

impl Ord for RoleName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compared().cmp(other.compared())
    }
}

impl PartialOrd for RoleName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for RoleName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.compared().for_each(|byte| state.write_u8(byte));
        state.write_u8(0xFF);
    }
}

impl fmt::Debug for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
    /// Whether what is held in this reach is held in all of `other`.
    pub fn covers(self, other: Self) -> bool {
        self == Self::Everywhere || self == other
    }
}

/// A role, held somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    role: RoleName,
    reach: Reach,
}

/// The role cannot be held there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GrantError {
    /// `SystemAdmin` in one store only.
    #[error("SystemAdmin is held in every store, not in one")]
    SystemAdminInOneStore,
    /// A role of a store, everywhere.
    #[error("{0} is held in one store, not in every store")]
    StoreRoleEverywhere(RoleName),
}

impl Grant {
    /// `SystemAdmin` is held everywhere, `UserStoreAdmin` and `UserManager` in one store, every
    /// other role in one store or everywhere.
    ///
    /// # Errors
    /// The role cannot be held there.
    pub fn new(role: RoleName, reach: Reach) -> Result<Self, GrantError> {
        let of_one_store = role == RoleName::USER_STORE_ADMIN || role == RoleName::USER_MANAGER;
        match reach {
            Reach::Store(_) if role == RoleName::SYSTEM_ADMIN => {
                Err(GrantError::SystemAdminInOneStore)
            }
            Reach::Everywhere if of_one_store => Err(GrantError::StoreRoleEverywhere(role)),
            _ => Ok(Self { role, reach }),
        }
    }

    /// `SystemAdmin`, everywhere.
    pub const fn system_admin() -> Self {
        Self { role: RoleName::SYSTEM_ADMIN, reach: Reach::Everywhere }
    }

    /// Whether it is `SystemAdmin`.
    pub fn is_system_admin(&self) -> bool {
        self.role == RoleName::SYSTEM_ADMIN
    }

    /// The role.
    pub const fn role(&self) -> &RoleName {
        &self.role
    }

    /// Where it is held.
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// The same in the spelling of `name`, which is the same role.
    pub(super) fn spelled(&self, name: &RoleName) -> Self {
        Self { role: name.clone(), reach: self.reach }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_name_is_short_and_stands_in_a_url_as_it_is() {
        for text in ["a", "Help-Desk_1.eu", &"x".repeat(64)] {
            assert_eq!(RoleName::parse(text).expect("a name").as_str(), text);
        }
        for text in ["", "a b", "a/b", "\u{e4}", "a*", &"x".repeat(65)] {
            assert_eq!(RoleName::parse(text), Err(RoleNameError), "{text}");
        }
    }

    #[test]
    fn names_are_compared_ignoring_case_and_kept_as_typed() {
        let (one, other) = (RoleName::parse("helpDesk"), RoleName::parse("HelpDesk"));
        let (one, other) = (one.expect("a name"), other.expect("a name"));
        assert_eq!(one, other);
        assert_eq!(one.cmp(&other), Ordering::Equal);
        assert_eq!(HashSet::from([one.clone(), other]).len(), 1);
        assert_eq!(one.to_string(), "helpDesk");
        assert!(one < RoleName::parse("I").expect("a name"));
    }

    #[test]
    fn a_built_in_role_is_spelled_as_in_the_specification() {
        for role in RoleName::BUILT_IN {
            let name = RoleName::parse(&role.as_str().to_lowercase()).expect("a name");
            assert_eq!(name.as_str(), role.as_str());
            assert!(name.is_built_in());
        }
        assert!(!RoleName::parse("root").expect("a name").is_built_in());
    }

    #[test]
    fn a_role_is_held_only_where_it_may_be() {
        let here = Reach::Store(StoreId::new(Uuid::from_u128(1)));
        let own = RoleName::parse("HelpDesk").expect("a name");
        for (role, in_a_store, everywhere) in [
            (RoleName::SYSTEM_ADMIN, false, true),
            (RoleName::USER_STORE_ADMIN, true, false),
            (RoleName::USER_MANAGER, true, false),
            (RoleName::AUDIT_TRAIL_READER, true, true),
            (own, true, true),
        ] {
            assert_eq!(Grant::new(role.clone(), here).is_ok(), in_a_store, "{role}");
            assert_eq!(Grant::new(role.clone(), Reach::Everywhere).is_ok(), everywhere, "{role}");
        }
    }

    #[test]
    fn everywhere_covers_every_store_and_a_store_itself_alone() {
        let store = |n| Reach::Store(StoreId::new(Uuid::from_u128(n)));
        assert!(Reach::Everywhere.covers(Reach::Everywhere) && Reach::Everywhere.covers(store(1)));
        assert!(store(1).covers(store(1)));
        assert!(!store(1).covers(store(2)) && !store(1).covers(Reach::Everywhere));
    }
}
