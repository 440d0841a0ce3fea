//! A profile or metadata as a client sends it.

use std::str::FromStr;

use domain::attribute::{
    Attribute, AttributeDraft, AttributeInStore, AttributeKey, AttributeValue, Owner,
};
use domain::error::Invalid;
use domain::id::StoreId;
use domain::text::Folded;
use domain::time::Instant;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::kind::{ExposedOwner, tuple};
use crate::request::fields::{Field, Fields, note};
use crate::request::patch::Patch;
use crate::userstore::resource::Received;

/// An attribute to make or to change. Unknown properties are ignored.
#[derive(Clone, Debug)]
pub(in crate::userstore) struct AttributeRequest<O> {
    /// The store that it names, with the property that does.
    pub(in crate::userstore) store: Vec<(String, StoreId)>,
    /// Whose it is to be.
    pub(in crate::userstore) owner: Field<O>,
    key: Field<AttributeKey>,
    value: Field<AttributeValue>,
}

/// A profile to make or to change.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what `AttributeRequest` reads")]
pub(crate) struct ProfileInput {
    /// The store's id, where it is given.
    instance_id: Option<Uuid>,
    /// The user's id, where it is given.
    user_id: Option<Uuid>,
    /// Unique for the user ignoring case; none of `batch`, `createorupdate`, `groupId`, `userId`, `.`
    /// and `..`. A user has at most 1 000 keys.
    #[schema(min_length = 1, max_length = 256)]
    key: String,
    /// At most 64 KiB of UTF-8; all keys and values of a user are at most 1 MiB together.
    value: Option<String>,
}

/// Metadata to make or to change.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what `AttributeRequest` reads")]
pub(crate) struct MetadataInput {
    /// The store's id, where it is given.
    instance_id: Option<Uuid>,
    /// The group's id, where it is given.
    group_id: Option<Uuid>,
    /// Unique for the group ignoring case; none of `batch`, `createorupdate`, `groupId`, `userId`, `.`
    /// and `..`. A group has at most 1 000 keys.
    #[schema(min_length = 1, max_length = 256)]
    key: String,
    /// At most 64 KiB of UTF-8; all keys and values of a group are at most 1 MiB together.
    value: Option<String>,
}

impl<O: Owner + FromStr> AttributeRequest<O> {
    /// Reads an object whose properties are named with `place` before them; broken rules go to
    /// `invalid`.
    pub(in crate::userstore) fn read_at(
        place: &str,
        object: Map<String, Value>,
        invalid: &mut Invalid,
    ) -> Self {
        let names = ["instanceId", O::LINK, "key", "value"];
        let mut fields = Fields::of(object, &names, place, invalid);
        let store: Field<StoreId> = fields.id("instanceId");
        Self {
            store: store
                .value()
                .map(|store| (format!("{place}instanceId"), *store))
                .into_iter()
                .collect(),
            owner: fields.id(O::LINK),
            key: fields.text("key", AttributeKey::parse),
            value: fields.text("value", AttributeValue::parse),
        }
    }

    /// Notes a key that is not there.
    pub(in crate::userstore) fn require_key(&self, place: &str, invalid: &mut Invalid) {
        if self.key.is_unset() {
            note(invalid, format!("{place}key"), "must be given");
        }
    }

    /// The whole attribute; `None` without a key.
    pub(in crate::userstore) fn draft(&self) -> Option<AttributeDraft> {
        Some(AttributeDraft { key: self.key.or_unset()?, value: self.value.or_unset() })
    }

    /// The attribute `before` with what the request says. Null is no key and leaves it.
    fn onto(&self, before: &AttributeInStore<O>, value: Option<AttributeValue>) -> AttributeDraft {
        AttributeDraft { key: self.key.or(before.attribute.key.clone()), value }
    }

    fn require_owner(&self, owner: O, invalid: &mut Invalid) {
        if self.owner.value().is_some_and(|named| *named != owner) {
            note(invalid, O::LINK, "must be the id of the owner in the path");
        }
    }

    /// An attribute keeps its key, but may spell it otherwise.
    fn require_same_key(&self, key: &Folded, invalid: &mut Invalid) {
        if self.key == Field::Null {
            note(invalid, "key", "must not be null");
        }
        if self.key.value().is_some_and(|named| named.folded() != *key) {
            note(invalid, "key", "must be the key that it has, ignoring case");
        }
    }
}

impl<O: ExposedOwner> Received<Attribute<O>> for AttributeRequest<O> {
    fn read(object: Map<String, Value>, invalid: &mut Invalid) -> Self {
        Self::read_at("", object, invalid)
    }

    fn stores(&self) -> &[(String, StoreId)] {
        &self.store
    }

    fn id(&self) -> Option<Folded> {
        self.key.value().map(AttributeKey::folded)
    }

    fn require_id(&self, invalid: &mut Invalid) -> Option<Folded> {
        self.require_key("", invalid);
        Received::<Attribute<O>>::id(self)
    }

    fn shown_id(&self, owner: &O) -> Value {
        self.key.value().map_or(Value::Null, |key| tuple(*owner, key))
    }

    fn name(&self) -> Option<Folded> {
        Received::<Attribute<O>>::id(self)
    }

    fn replaces(&self, _relation: &str) -> bool {
        false
    }

    fn check_new(&self, owner: &O, _now: Instant, invalid: &mut Invalid) {
        self.require_key("", invalid);
        self.require_owner(*owner, invalid);
    }

    fn check_whole(&self, owner: &O, key: Option<&Folded>, invalid: &mut Invalid) {
        self.require_owner(*owner, invalid);
        if let Some(key) = key {
            self.require_same_key(key, invalid);
        }
    }

    fn check_upsert(&self, owner: &O, invalid: &mut Invalid) {
        self.require_key("", invalid);
        self.require_owner(*owner, invalid);
    }

    fn check_changed(&self, before: &AttributeInStore<O>, _now: Instant, invalid: &mut Invalid) {
        self.require_owner(before.attribute.owner, invalid);
        self.require_same_key(&before.attribute.key.folded(), invalid);
    }

    fn create(&self, _now: Instant) -> Result<AttributeDraft, Invalid> {
        self.draft().ok_or_else(|| Invalid::one("key", "must be given"))
    }

    fn replace(
        &self,
        before: &AttributeInStore<O>,
        _now: Instant,
    ) -> Result<AttributeDraft, Invalid> {
        Ok(self.onto(before, self.value.or_unset()))
    }

    fn merge(
        &self,
        before: &AttributeInStore<O>,
        _now: Instant,
    ) -> Result<AttributeDraft, Invalid> {
        Ok(self.onto(before, self.value.or_kept(before.attribute.value.as_ref())))
    }

    fn patched(
        self,
        _patch: &Patch,
        before: &AttributeInStore<O>,
        now: Instant,
    ) -> Result<AttributeDraft, Invalid> {
        Received::<Attribute<O>>::merge(&self, before, now)
    }
}
