//! A group as a patch sees it.

use domain::group::GroupWithRelations;
use serde_json::Value;

use super::view::GroupView;
use crate::request::patch::{Kind, Patch, Shape};

/// The relations, as the API prints them.
pub(super) const MEMBER_USERS: &str = "memberUsers";
pub(super) const PARENT_GROUPS: &str = "parentGroups";
pub(super) const MEMBER_GROUPS: &str = "memberGroups";
pub(super) const METADATA: &str = "metadata";

/// A group.
pub(super) const GROUP: Shape = &[
    ("instanceId", Kind::Fixed),
    ("id", Kind::Fixed),
    ("name", Kind::Text),
    (MEMBER_USERS, Kind::List(MEMBER_USER)),
    (PARENT_GROUPS, Kind::List(NESTED_GROUP)),
    (MEMBER_GROUPS, Kind::List(NESTED_GROUP)),
    (METADATA, Kind::List(ATTRIBUTE)),
];

/// A user in a group: it can be added and removed, and what it is can be tested.
const MEMBER_USER: Shape = &[
    ("instanceId", Kind::Fixed),
    ("id", Kind::Fixed),
    ("externalUniqueIdentifier", Kind::Fixed),
    ("loginName", Kind::Fixed),
    ("firstName", Kind::Fixed),
    ("lastName", Kind::Fixed),
    ("emailAddress", Kind::Fixed),
    ("emailAddressConfirmed", Kind::Fixed),
    ("userValidFrom", Kind::Fixed),
    ("userValidTo", Kind::Fixed),
    ("isUserActive", Kind::Fixed),
    ("isUserLockEnabled", Kind::Fixed),
    ("isUserLocked", Kind::Fixed),
    ("failedUserLoginAttempts", Kind::Fixed),
    ("passwordNeverExpires", Kind::Fixed),
    ("canChangePasswordOnExpiration", Kind::Fixed),
    ("passwordExpiration", Kind::Fixed),
    ("isInitialPassword", Kind::Fixed),
    ("isPasswordChangeRequired", Kind::Fixed),
    ("memberOfGroups", Kind::Fixed),
    ("userProfiles", Kind::Fixed),
    ("isTwoFactorRequired", Kind::Fixed),
    ("isTwoFactorRegistered", Kind::Fixed),
];

/// A group above or below, of which the same holds.
const NESTED_GROUP: Shape = &[
    ("instanceId", Kind::Fixed),
    ("id", Kind::Fixed),
    ("name", Kind::Fixed),
    (MEMBER_USERS, Kind::Fixed),
    (PARENT_GROUPS, Kind::Fixed),
    (MEMBER_GROUPS, Kind::Fixed),
    (METADATA, Kind::Fixed),
];

const ATTRIBUTE: Shape = &[
    ("instanceId", Kind::Fixed),
    ("groupId", Kind::Fixed),
    ("key", Kind::Text),
    ("value", Kind::Text),
];

/// A group as a patch finds it. Relations to which the patch only appends are not loaded: they
/// begin empty, and what is in them afterwards is what it appends.
pub(super) fn before(patch: &Patch, group: &GroupWithRelations) -> Value {
    // Strings, numbers and booleans always serialize.
    let mut shown = serde_json::to_value(GroupView::from(group)).unwrap_or_default();
    for relation in [MEMBER_USERS, PARENT_GROUPS, MEMBER_GROUPS] {
        if patch.only_adds_to(relation)
            && let Some(property) = shown.get_mut(relation)
        {
            *property = Value::Array(Vec::new());
        }
    }
    shown
}

/// Whether a patch needs to see what is in a relation.
pub(super) fn needs(patch: &Patch, relation: &str) -> bool {
    patch.names(relation) && (relation == METADATA || !patch.only_adds_to(relation))
}
