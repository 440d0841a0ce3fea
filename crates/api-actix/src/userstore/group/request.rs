//! A group as a client sends it, and what that makes of one.

use domain::attribute::AttributeDraft;
use domain::error::Invalid;
use domain::group::{Group, GroupDraft, GroupName, GroupWithRelations, SetChange};
use domain::id::{GroupId, StoreId, UserId};
use domain::text::Folded;
use domain::time::Instant;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::documented::{MemberGroupReference, ParentGroupReference, UserReference};
use super::shape::{MEMBER_GROUPS, MEMBER_USERS, METADATA, PARENT_GROUPS};
use crate::request::fields::{Field, Fields, note};
use crate::request::patch::Patch;
use crate::userstore::attribute::MetadataInput;
use crate::userstore::resource::Received;
use crate::userstore::resource::named::{Named, Relations};

/// A group to make or to change. Unknown properties are ignored.
#[derive(Clone, Debug, ToSchema)]
#[schema(as = GroupInput, rename_all = "camelCase")]
pub(crate) struct GroupRequest {
    /// The store's id; one that differs from the store in the path is refused.
    #[schema(value_type = Option<Uuid>)]
    instance_id: Field<StoreId>,
    /// Chosen by the client on create, by the server where it is unset; immutable.
    #[schema(value_type = Option<Uuid>)]
    id: Field<GroupId>,
    /// Unique in the store ignoring case.
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    name: Field<GroupName>,
    /// The whole set of users that are directly in the group, as objects with `id` or `userId`, or
    /// as ids. Unset leaves the set as it is.
    #[schema(value_type = Option<Vec<UserReference>>)]
    member_users: Field<Vec<UserId>>,
    /// The whole set of groups in which the group lies directly, as objects with `id` or
    /// `parentGroupId`, or as ids. Unset leaves the set as it is.
    #[schema(value_type = Option<Vec<ParentGroupReference>>)]
    parent_groups: Field<Vec<GroupId>>,
    /// The whole set of groups that lie directly in the group, as objects with `id` or
    /// `memberGroupId`, or as ids. Unset leaves the set as it is.
    #[schema(value_type = Option<Vec<MemberGroupReference>>)]
    member_groups: Field<Vec<GroupId>>,
    /// The whole set of metadata. Unset leaves the set as it is.
    #[schema(value_type = Option<Vec<MetadataInput>>)]
    metadata: Field<Vec<AttributeDraft>>,
    /// What the request names beside.
    #[schema(ignore)]
    named: Named<GroupId>,
}

/// The properties that a request may write, as the API prints them.
const NAMES: &[&str] =
    &["instanceId", "id", "name", MEMBER_USERS, PARENT_GROUPS, MEMBER_GROUPS, METADATA];

impl Received<Group> for GroupRequest {
    fn read(object: Map<String, Value>, invalid: &mut Invalid) -> Self {
        let mut fields = Fields::of(object, NAMES, "", invalid);
        let (users, metadata) = (fields.list(MEMBER_USERS), fields.list(METADATA));
        let (parents, members) = (fields.list(PARENT_GROUPS), fields.list(MEMBER_GROUPS));
        let mut request = Self {
            instance_id: fields.id("instanceId"),
            id: fields.id("id"),
            name: fields.text("name", GroupName::parse),
            member_users: Field::Absent,
            parent_groups: Field::Absent,
            member_groups: Field::Absent,
            metadata: Field::Absent,
            named: Named::default(),
        };
        if request.name == Field::Null {
            fields.broken("name", "must not be null");
        }
        if let Field::Value(store) = request.instance_id {
            request.named.stores.push(("instanceId".to_owned(), store));
        }
        let mut relations = Relations { named: &mut request.named, invalid };
        request.member_users = relations.references(MEMBER_USERS, "userId", users);
        request.parent_groups = relations.references(PARENT_GROUPS, "parentGroupId", parents);
        request.member_groups = relations.references(MEMBER_GROUPS, "memberGroupId", members);
        request.metadata = relations.attributes(metadata);
        request
    }

    fn stores(&self) -> &[(String, StoreId)] {
        &self.named.stores
    }

    fn id(&self) -> Option<GroupId> {
        self.id.or_unset()
    }

    fn require_id(&self, invalid: &mut Invalid) -> Option<GroupId> {
        if self.id.is_unset() {
            note(invalid, "id", "must be given");
        }
        self.id()
    }

    fn shown_id(&self, (): &()) -> Value {
        self.id().map_or(Value::Null, |id| Value::String(id.to_string()))
    }

    fn name(&self) -> Option<Folded> {
        self.name.value().map(GroupName::folded)
    }

    fn replaces(&self, relation: &str) -> bool {
        match relation {
            MEMBER_USERS => self.member_users.value().is_some(),
            PARENT_GROUPS => self.parent_groups.value().is_some(),
            MEMBER_GROUPS => self.member_groups.value().is_some(),
            _ => self.metadata.value().is_some(),
        }
    }

    fn check_new(&self, (): &(), _: Instant, invalid: &mut Invalid) {
        self.require_name(invalid);
        self.named.require_owner(self.id(), invalid);
    }

    fn check_whole(&self, (): &(), id: Option<&GroupId>, invalid: &mut Invalid) {
        self.require_name(invalid);
        if let Some(id) = id {
            self.require_group(*id, invalid);
        }
    }

    fn check_upsert(&self, (): &(), invalid: &mut Invalid) {
        // Without an id only the store knows whose metadata they are: the group that it finds.
        if let Some(id) = self.id() {
            self.require_group(id, invalid);
        }
    }

    fn check_changed(&self, before: &GroupWithRelations, _: Instant, invalid: &mut Invalid) {
        self.require_group(before.group.id, invalid);
    }

    fn create(&self, now: Instant) -> Result<GroupDraft, Invalid> {
        let mut invalid = Invalid::default();
        self.check_new(&(), now, &mut invalid);
        match self.name.or_unset() {
            Some(name) => invalid.or(self.onto(name)),
            None => Err(invalid),
        }
    }

    fn replace(&self, before: &GroupWithRelations, now: Instant) -> Result<GroupDraft, Invalid> {
        // A group has no property that could be absent and become null.
        self.merge(before, now)
    }

    fn merge(&self, before: &GroupWithRelations, _: Instant) -> Result<GroupDraft, Invalid> {
        Ok(self.onto(self.name.or(before.group.name.clone())))
    }

    fn patched(
        self,
        patch: &Patch,
        before: &GroupWithRelations,
        _: Instant,
    ) -> Result<GroupDraft, Invalid> {
        // Null is as good as removed: the relation is empty then.
        let metadata = patch.writes(METADATA).then(|| self.metadata.or(Vec::new()));
        Ok(GroupDraft {
            name: self.name.or(before.group.name.clone()),
            member_users: patched(patch, MEMBER_USERS, &self.member_users),
            parent_groups: patched(patch, PARENT_GROUPS, &self.parent_groups),
            member_groups: patched(patch, MEMBER_GROUPS, &self.member_groups),
            metadata,
        })
    }
}

impl GroupRequest {
    /// A group of that name, with the relations that the request gives.
    fn onto(&self, name: GroupName) -> GroupDraft {
        GroupDraft {
            name,
            member_users: replaced(&self.member_users),
            parent_groups: replaced(&self.parent_groups),
            member_groups: replaced(&self.member_groups),
            metadata: self.metadata.or_unset(),
        }
    }

    /// A request that describes a whole group has a name.
    fn require_name(&self, invalid: &mut Invalid) {
        if self.name == Field::Absent {
            note(invalid, "name", "must be given");
        }
    }

    /// Whatever group the request names is this one.
    fn require_group(&self, group: GroupId, invalid: &mut Invalid) {
        if self.id().is_some_and(|id| id != group) {
            note(invalid, "id", "must be the id in the path");
        }
        self.named.require_owner(Some(group), invalid);
    }
}

fn replaced<T: Clone>(relation: &Field<Vec<T>>) -> SetChange<T> {
    relation.or_unset().map_or(SetChange::Keep, SetChange::Replace)
}

/// What a patch makes of a relation that is `after` afterwards, or holds what was added to it.
fn patched<T: Clone>(patch: &Patch, relation: &str, after: &Field<Vec<T>>) -> SetChange<T> {
    let after = after.or(Vec::new());
    if patch.only_adds_to(relation) {
        SetChange::Add(after)
    } else if patch.writes(relation) {
        SetChange::Replace(after)
    } else {
        SetChange::Keep
    }
}
