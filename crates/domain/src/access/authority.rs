use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Grant, Permission, PermissionSet, Reach, RoleBook};

/// What somebody may do, and where: their roles, looked up in a [`RoleBook`]. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Each reach once, in order, with what is held in it.
    held: Arc<[(Reach, PermissionSet)]>,
}

impl Authority {
    /// What `grants` give by `book`.
    pub fn of<'a>(book: &RoleBook, grants: impl IntoIterator<Item = &'a Grant>) -> Self {
        let mut held: BTreeMap<Reach, PermissionSet> = BTreeMap::new();
        for grant in grants {
            let here = held.entry(grant.reach()).or_default();
            *here = here.union(book.permissions(grant.role()));
        }
        Self { held: held.into_iter().collect() }
    }

    /// Everything, in every store.
    pub fn everything() -> Self {
        let all = PermissionSet::of(&Permission::ALL);
        Self { held: Arc::new([(Reach::Everywhere, all)]) }
    }

    /// Nothing, nowhere.
    pub fn nothing() -> Self {
        Self { held: Arc::new([]) }
    }

    /// Whether it is everything, in every store.
    pub fn is_everything(&self) -> bool {
        self.covers(&Self::everything())
    }

    /// What may be done in all of `reach`: for every store only what is held everywhere counts.
    pub fn within(&self, reach: Reach) -> PermissionSet {
        self.held
            .iter()
            .filter(|(own, _)| own.covers(reach))
            .fold(PermissionSet::EMPTY, |set, (_, permissions)| set.union(*permissions))
    }

    /// Whether all that `other` may do may be done by this one too: nobody grants what they lack,
    /// and nobody acts upward.
    pub fn covers(&self, other: &Self) -> bool {
        let covered = |(reach, permissions): &(Reach, PermissionSet)| {
            permissions.is_subset_of(self.within(*reach))
        };
        other.held.iter().all(covered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::RoleName;
    use crate::id::StoreId;
    use uuid::Uuid;

    fn store(n: u128) -> Reach {
        Reach::Store(StoreId::new(Uuid::from_u128(n)))
    }

    fn held(role: RoleName, reach: Reach) -> Grant {
        Grant::new(role, reach).expect("can be held there")
    }

    fn authority(grants: &[Grant]) -> Authority {
        Authority::of(&RoleBook::built_in(), grants)
    }

    fn covers(own: &[Grant], other: &[Grant]) -> bool {
        authority(own).covers(&authority(other))
    }

    #[test]
    fn nobody_grants_what_they_lack() {
        let admin = [Grant::system_admin()];
        let manager = [held(RoleName::USER_MANAGER, store(1))];
        let store_admin = [held(RoleName::USER_STORE_ADMIN, store(1))];
        assert!(covers(&admin, &admin));
        assert!(covers(&admin, &[held(RoleName::USER_MANAGER, store(7))]));
        assert!(covers(&store_admin, &manager));
        assert!(covers(&manager, &manager));
        assert!(!covers(&manager, &store_admin));
        assert!(!covers(&manager, &[held(RoleName::USER_MANAGER, store(2))]));
        assert!(!covers(&store_admin, &[held(RoleName::AUDIT_TRAIL_READER, store(1))]));
        assert!(!covers(&store_admin, &admin));
    }

    #[test]
    fn what_is_held_in_one_store_is_not_held_everywhere() {
        let reader = [held(RoleName::AUDIT_TRAIL_READER, store(1))];
        let everywhere = [held(RoleName::AUDIT_TRAIL_READER, Reach::Everywhere)];
        assert!(!covers(&reader, &everywhere));
        assert!(covers(&everywhere, &reader));
        assert!(authority(&reader).within(Reach::Everywhere).is_empty());
        assert!(authority(&everywhere).within(store(9)).contains(Permission::AuditRead));
    }

    #[test]
    fn nobody_acts_upward() {
        let manager = [held(RoleName::USER_MANAGER, store(1))];
        assert!(covers(&manager, &[]));
        assert!(!covers(&manager, &[manager[0].clone(), Grant::system_admin()]));
        assert!(!covers(&manager, &[held(RoleName::AUDIT_TRAIL_READER, store(1))]));
    }

    #[test]
    fn several_roles_add_up() {
        let both = [
            held(RoleName::USER_MANAGER, store(1)),
            held(RoleName::AUDIT_TRAIL_READER, Reach::Everywhere),
        ];
        let here = authority(&both).within(store(1));
        assert!(here.contains(Permission::UserManage) && here.contains(Permission::AuditRead));
        assert!(!authority(&both).within(store(2)).contains(Permission::UserManage));
    }

    #[test]
    fn only_the_system_admin_may_do_everything() {
        assert!(authority(&[Grant::system_admin()]).is_everything());
        assert!(!authority(&[held(RoleName::USER_STORE_ADMIN, store(1))]).is_everything());
        assert!(!authority(&[]).is_everything());
    }

    #[test]
    fn a_role_that_is_gone_gives_nothing() {
        let gone = RoleName::parse("HelpDesk").expect("a name");
        let authority = authority(&[held(gone, Reach::Everywhere)]);
        assert!(authority.within(store(1)).is_empty());
    }
}
