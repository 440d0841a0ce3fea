use std::str::FromStr;

use domain::access::{Grant, GrantError, Reach, RoleName};
use domain::id::StoreId;
use domain::store::StoreRef;

/// A grant as it is typed: `ROLE`, `ROLE@STORE` or `ROLE@*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GrantArgument {
    pub(crate) role: RoleName,
    pub(crate) place: Place,
}

/// Where a role is to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where the role is usually held: `SystemAdmin` everywhere, others in the holder's store.
    Unsaid,
    /// In every store.
    Everywhere,
    /// In this one.
    In(StoreRef),
}

impl GrantArgument {
    /// The store it names, if any.
    pub(crate) fn store(&self) -> Option<&StoreRef> {
        match &self.place {
            Place::In(store) => Some(store),
            Place::Unsaid | Place::Everywhere => None,
        }
    }

    /// The grant, where `store` is the one it names, or else that of the holder.
    pub(crate) fn in_store(&self, store: StoreId) -> Result<Grant, GrantError> {
        let reach = match self.place {
            Place::Everywhere => Reach::Everywhere,
            Place::Unsaid if self.role == RoleName::SYSTEM_ADMIN => Reach::Everywhere,
            Place::Unsaid | Place::In(_) => Reach::Store(store),
        };
        Grant::new(self.role.clone(), reach)
    }
}

impl FromStr for GrantArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (role, place) = match text.split_once('@') {
            None => (text, Place::Unsaid),
            Some((role, "*")) => (role, Place::Everywhere),
            Some((role, store)) => (role, Place::In(store_ref(store)?)),
        };
        let role = RoleName::parse(role).map_err(|error| format!("the role {error}"))?;
        Ok(Self { role, place })
    }
}

fn store_ref(text: &str) -> Result<StoreRef, String> {
    StoreRef::parse(text).map_err(|error| format!("the store {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(n: u128) -> StoreId {
        format!("{n:032x}").parse().unwrap()
    }

    fn grant(text: &str) -> Result<Grant, String> {
        let argument: GrantArgument = text.parse()?;
        argument.in_store(store(7)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_role_is_held_where_the_grant_says() {
        let here = |role| Grant::new(role, Reach::Store(store(7))).unwrap();
        assert_eq!(grant("UserManager"), Ok(here(RoleName::USER_MANAGER)));
        assert_eq!(grant("usermanager@shop"), Ok(here(RoleName::USER_MANAGER)));
        assert_eq!(grant("AuditTrailReader"), Ok(here(RoleName::AUDIT_TRAIL_READER)));
        let everywhere = Grant::new(RoleName::AUDIT_TRAIL_READER, Reach::Everywhere).unwrap();
        assert_eq!(grant("AuditTrailReader@*"), Ok(everywhere));
        assert_eq!(grant("SystemAdmin"), Ok(Grant::system_admin()));
        assert_eq!(grant("SystemAdmin@*"), Ok(Grant::system_admin()));
    }

    #[test]
    fn a_grant_that_cannot_be_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "the role must be 1 to 64 of the characters"),
            ("a b", "the role must be 1 to 64 of the characters"),
            ("UserManager@", "the store must be 1 to 64 characters long"),
            ("UserManager@a b", "the store may hold only"),
            ("UserManager@*", "UserManager is held in one store"),
            ("SystemAdmin@shop", "SystemAdmin is held in every store"),
        ] {
            let refused = grant(text).unwrap_err();
            assert!(refused.starts_with(reason), "{text}: {refused}");
        }
    }
}
