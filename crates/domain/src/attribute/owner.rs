use std::fmt;
use std::hash::Hash;

use super::AttributeRepository;
use crate::access::Permission;
use crate::audit::{Area, Stamp};
use crate::error::Missing;
use crate::id::{GroupId, UserId};
use crate::unit_of_work::{InStore, StoreError, Unique};

/// Who can have attributes: a user has profiles, a group has metadata.
pub trait Owner: Copy + Ord + Hash + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// What kind of record an attribute of such an owner is.
    const AREA: Area;
    /// What is unique about its key.
    const UNIQUE: Unique;
    /// What is missing where the owner is not there.
    const MISSING: Missing;
    /// What is missing where the attribute is not there.
    const MISSING_ATTRIBUTE: Missing;
    /// The property that names the owner, as the API prints it.
    const LINK: &'static str;
    /// The property of the owner that lists its attributes, as the API prints it.
    const LIST: &'static str;
    /// What reading attributes of such an owner needs.
    const READ: Permission;
    /// What writing attributes of such an owner needs.
    const MANAGE: Permission;
}

/// An owner in the repositories of a store: which of them are its own.
pub trait Kept: Owner {
    /// The attributes of such owners.
    fn attributes<'a>(here: &'a mut (dyn InStore + '_)) -> &'a mut dyn AttributeRepository<Self>;

    /// Whether the owner is there.
    ///
    /// # Errors
    /// What the store says.
    fn is_there(here: &mut (dyn InStore + '_), owner: Self) -> Result<bool, StoreError>;

    /// Locks the owner until the unit ends. Whether it is there.
    ///
    /// # Errors
    /// What the store says.
    fn lock(here: &mut (dyn InStore + '_), owner: Self) -> Result<bool, StoreError>;

    /// Gives the owner the version of a change of its attributes.
    ///
    /// # Errors
    /// What the store says.
    fn touch(here: &mut (dyn InStore + '_), owner: Self, stamp: Stamp) -> Result<(), StoreError>;
}

impl Owner for UserId {
    const AREA: Area = Area::UserProfile;
    const UNIQUE: Unique = Unique::ProfileKey;
    const MISSING: Missing = Missing::User;
    const MISSING_ATTRIBUTE: Missing = Missing::Profile;
    const LINK: &'static str = "userId";
    const LIST: &'static str = "userProfiles";
    const READ: Permission = Permission::UserRead;
    const MANAGE: Permission = Permission::UserManage;
}

impl Kept for UserId {
    fn attributes<'a>(here: &'a mut (dyn InStore + '_)) -> &'a mut dyn AttributeRepository<Self> {
        here.profiles()
    }

    fn is_there(here: &mut (dyn InStore + '_), owner: Self) -> Result<bool, StoreError> {
        Ok(here.users().find(owner)?.is_some())
    }

    fn lock(here: &mut (dyn InStore + '_), owner: Self) -> Result<bool, StoreError> {
        Ok(!here.users().find_all_for_update(&[owner])?.is_empty())
    }

    fn touch(here: &mut (dyn InStore + '_), owner: Self, stamp: Stamp) -> Result<(), StoreError> {
        here.users().touch(&[owner], stamp)
    }
}

impl Owner for GroupId {
    const AREA: Area = Area::GroupMetadata;
    const UNIQUE: Unique = Unique::MetadataKey;
    const MISSING: Missing = Missing::Group;
    const MISSING_ATTRIBUTE: Missing = Missing::Metadata;
    const LINK: &'static str = "groupId";
    const LIST: &'static str = "metadata";
    const READ: Permission = Permission::GroupRead;
    const MANAGE: Permission = Permission::GroupManage;
}

impl Kept for GroupId {
    fn attributes<'a>(here: &'a mut (dyn InStore + '_)) -> &'a mut dyn AttributeRepository<Self> {
        here.metadata()
    }

    fn is_there(here: &mut (dyn InStore + '_), owner: Self) -> Result<bool, StoreError> {
        Ok(here.groups().find(owner)?.is_some())
    }

    fn lock(here: &mut (dyn InStore + '_), owner: Self) -> Result<bool, StoreError> {
        Ok(!here.groups().find_all_for_update(&[owner])?.is_empty())
    }

    fn touch(here: &mut (dyn InStore + '_), owner: Self, stamp: Stamp) -> Result<(), StoreError> {
        here.groups().touch(&[owner], stamp)
    }
}
