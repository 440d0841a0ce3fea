use domain::attribute::{AttributeInStore, AttributeValue, Metadata, Profile};
use domain::id::{GroupId, StoreId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::userstore::shown;

/// A key and value of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserProfile)]
pub(crate) struct ProfileView<'a> {
    /// The store that the user belongs to.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    instance_id: StoreId,
    /// Whose it is.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    user_id: UserId,
    /// Unique for the user ignoring case.
    key: &'a str,
    /// May be unset.
    #[schema(required)]
    value: Option<&'a str>,
}

/// A key and value of a group.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GroupMetadata)]
pub(crate) struct MetadataView<'a> {
    /// The store that the group belongs to.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    instance_id: StoreId,
    /// Whose it is.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    group_id: GroupId,
    /// Unique for the group ignoring case.
    key: &'a str,
    /// May be unset.
    #[schema(required)]
    value: Option<&'a str>,
}

impl<'a> ProfileView<'a> {
    /// A profile of a user of `store`.
    pub(in crate::userstore) fn of(store: StoreId, profile: &'a Profile) -> Self {
        Self {
            instance_id: store,
            user_id: profile.owner,
            key: profile.key.as_str(),
            value: profile.value.as_ref().map(AttributeValue::as_str),
        }
    }
}

impl<'a> MetadataView<'a> {
    /// Metadata of a group of `store`.
    pub(in crate::userstore) fn of(store: StoreId, metadata: &'a Metadata) -> Self {
        Self {
            instance_id: store,
            group_id: metadata.owner,
            key: metadata.key.as_str(),
            value: metadata.value.as_ref().map(AttributeValue::as_str),
        }
    }
}

impl<'a> From<&'a AttributeInStore<UserId>> for ProfileView<'a> {
    fn from(shown: &'a AttributeInStore<UserId>) -> Self {
        Self::of(shown.store, &shown.attribute)
    }
}

impl<'a> From<&'a AttributeInStore<GroupId>> for MetadataView<'a> {
    fn from(shown: &'a AttributeInStore<GroupId>) -> Self {
        Self::of(shown.store, &shown.attribute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::attribute::{Attribute, AttributeKey, Owner};
    use domain::audit::Audited;
    use domain::version::Version;
    use uuid::Uuid;

    fn assert_shown_as_audited<O: Owner>(owner: O, write: impl Fn(&AttributeInStore<O>) -> String)
    where
        Attribute<O>: Audited,
    {
        for value in [None, Some("\u{e4} \"b\"")] {
            let attribute = Attribute {
                owner,
                key: AttributeKey::parse("A \\ b").expect("valid"),
                value: value.map(|text| AttributeValue::parse(text).expect("valid")),
                version: Version::UNRECORDED,
            };
            let store = StoreId::new(Uuid::from_u128(1));
            let audited = attribute.content(store);
            assert_eq!(write(&AttributeInStore { store, attribute }), audited);
        }
    }

    #[test]
    fn attributes_look_as_in_the_audit_trail() {
        assert_shown_as_audited(UserId::new(Uuid::from_u128(7)), |shown| {
            serde_json::to_string(&ProfileView::from(shown)).expect("JSON")
        });
        assert_shown_as_audited(GroupId::new(Uuid::from_u128(7)), |shown| {
            serde_json::to_string(&MetadataView::from(shown)).expect("JSON")
        });
    }
}
