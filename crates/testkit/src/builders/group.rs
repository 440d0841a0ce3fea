use domain::attribute::{AttributeDraft, AttributeKey, AttributeValue};
use domain::group::{Group, GroupDraft, GroupName, SetChange};
use domain::id::{GroupId, UserId};
use domain::version::Version;

use super::uuid_of;

/// Makes a group, or the draft of one.
#[derive(Clone, Debug)]
pub struct GroupBuilder {
    id: GroupId,
    draft: GroupDraft,
}

/// A group of that name.
pub fn a_group(name: &str) -> GroupBuilder {
    let id = GroupId::new(uuid_of("group", name));
    let name = GroupName::parse(name).expect("a name of a group");
    GroupBuilder { id, draft: GroupDraft::new(name) }
}

impl GroupBuilder {
    /// With this id instead of the one that follows from the name.
    #[must_use]
    pub fn id(mut self, id: GroupId) -> Self {
        self.id = id;
        self
    }

    /// With this user in it.
    #[must_use]
    pub fn with_member(mut self, user: UserId) -> Self {
        self.draft.member_users = and(self.draft.member_users, user);
        self
    }

    /// With this group in it.
    #[must_use]
    pub fn with_group(mut self, group: GroupId) -> Self {
        self.draft.member_groups = and(self.draft.member_groups, group);
        self
    }

    /// In this group.
    #[must_use]
    pub fn in_group(mut self, group: GroupId) -> Self {
        self.draft.parent_groups = and(self.draft.parent_groups, group);
        self
    }

    /// With this metadata.
    #[must_use]
    pub fn metadata(mut self, key: &str, value: &str) -> Self {
        self.draft.metadata.get_or_insert_default().push(AttributeDraft {
            key: AttributeKey::parse(key).expect("a key"),
            value: Some(AttributeValue::parse(value).expect("a value")),
        });
        self
    }

    /// What a request would say.
    pub fn draft(self) -> GroupDraft {
        self.draft
    }

    /// The group, without its relations, as it is before it is recorded.
    pub fn build(self) -> Group {
        Group { id: self.id, name: self.draft.name, version: Version::UNRECORDED }
    }
}

/// The set of what was named before and this one.
fn and<T>(set: SetChange<T>, one: T) -> SetChange<T> {
    match set {
        SetChange::Keep => SetChange::Replace(vec![one]),
        SetChange::Replace(mut set) | SetChange::Add(mut set) => {
            set.push(one);
            SetChange::Replace(set)
        }
    }
}
