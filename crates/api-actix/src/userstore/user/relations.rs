//! The relations of a user as a client sends them.

use domain::attribute::{AttributeKey, AttributeValue};
use domain::error::Invalid;
use domain::id::{GroupId, StoreId, UserId};
use domain::user::ProfileDraft;
use serde_json::Value;

use crate::request::fields::{Field, Fields, note, parse_id};

/// What a request names beside the user itself, with the property that does: checked when store
/// and user are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    pub(super) stores: Vec<(String, StoreId)>,
    pub(super) owners: Vec<(String, UserId)>,
}

/// Reads relations; broken rules go to `invalid`.
pub(super) struct Relations<'r> {
    pub(super) named: &'r mut Named,
    pub(super) invalid: &'r mut Invalid,
}

impl Relations<'_> {
    /// The groups to be in.
    pub(super) fn groups(&mut self, items: Field<Vec<Value>>) -> Field<Vec<GroupId>> {
        self.each(items, "memberOfGroups", Self::group)
    }

    /// The profiles to have.
    pub(super) fn profiles(&mut self, items: Field<Vec<Value>>) -> Field<Vec<ProfileDraft>> {
        self.each(items, "userProfiles", Self::profile)
    }

    fn each<T>(
        &mut self,
        items: Field<Vec<Value>>,
        name: &str,
        read: impl Fn(&mut Self, Value, String) -> Option<T>,
    ) -> Field<Vec<T>> {
        let items = match items {
            Field::Absent => return Field::Absent,
            Field::Null => return Field::Null,
            Field::Wrong => return Field::Wrong,
            Field::Value(items) => items,
        };
        let count = items.len();
        let items = items.into_iter().enumerate();
        let read: Vec<_> = items
            .filter_map(|(index, item)| read(self, item, format!("{name}[{index}]")))
            .collect();
        if read.len() == count { Field::Value(read) } else { Field::Wrong }
    }

    /// A bare id, or an object with `id` or `groupId`.
    fn group(&mut self, json: Value, place: String) -> Option<GroupId> {
        let object = match json {
            Value::Object(object) => object,
            Value::String(text) => {
                return parse_id(&text).map_err(|rule| note(self.invalid, place, rule)).ok();
            }
            _ => {
                note(self.invalid, place, "must be the id of a group or an object with its id");
                return None;
            }
        };
        let prefix = format!("{place}.");
        let mut fields = Fields::of(object, &["instanceId", "id", "groupId"], prefix, self.invalid);
        let store = fields.id("instanceId");
        let (id, link) = (fields.id("id"), fields.id("groupId"));
        if matches!((&id, &link), (Field::Absent | Field::Null, Field::Absent | Field::Null)) {
            fields.broken("id", "must be given");
        }
        if let (Field::Value(id), Field::Value(link)) = (&id, &link)
            && id != link
        {
            fields.broken("groupId", "must be the same as id");
        }
        self.names_store(&store, &place);
        id.or_unset().or(link.or_unset())
    }

    fn profile(&mut self, json: Value, place: String) -> Option<ProfileDraft> {
        let Value::Object(object) = json else {
            note(self.invalid, place, "must be an object with key and value");
            return None;
        };
        let prefix = format!("{place}.");
        let names = &["instanceId", "userId", "key", "value"];
        let mut fields = Fields::of(object, names, prefix, self.invalid);
        let store = fields.id("instanceId");
        let owner: Field<UserId> = fields.id("userId");
        let key = fields.text("key", AttributeKey::parse);
        let value = fields.text("value", AttributeValue::parse);
        if matches!(key, Field::Absent | Field::Null) {
            fields.broken("key", "must be given");
        }
        self.names_store(&store, &place);
        if let Field::Value(owner) = owner {
            self.named.owners.push((format!("{place}.userId"), owner));
        }
        Some(ProfileDraft { key: key.or_unset()?, value: value.or_unset() })
    }

    fn names_store(&mut self, store: &Field<StoreId>, place: &str) {
        if let Field::Value(store) = store {
            self.named.stores.push((format!("{place}.instanceId"), *store));
        }
    }
}
