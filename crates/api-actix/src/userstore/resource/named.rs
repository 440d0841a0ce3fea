//! What a request names beside the resource itself, and the relations in which it does.

use std::fmt::Display;
use std::str::FromStr;

use domain::attribute::{AttributeDraft, Owner};
use domain::error::{Invalid, Missing, UseCaseError};
use domain::id::StoreId;
use serde_json::Value;

use crate::request::fields::{Field, Fields, note, parse_id};
use crate::userstore::attribute::AttributeRequest;

/// The stores and owners that a request names, each with the property that does: checked when the
/// store and the resource are known.
#[derive(Clone, Debug)]
pub(in crate::userstore) struct Named<O> {
    /// Each has to be the store of the path.
    pub(in crate::userstore) stores: Vec<(String, StoreId)>,
    /// The owners of attributes: each has to be the resource.
    pub(in crate::userstore) owners: Vec<(String, O)>,
}

impl<O> Default for Named<O> {
    fn default() -> Self {
        Self { stores: Vec::new(), owners: Vec::new() }
    }
}

impl<O: Copy + PartialEq> Named<O> {
    /// Notes the attributes that are said to be of another owner; without an owner, all that are
    /// said to be of one.
    pub(in crate::userstore) fn require_owner(&self, owner: Option<O>, invalid: &mut Invalid) {
        for (property, named) in &self.owners {
            if owner != Some(*named) {
                note(invalid, property, "must be the id of the resource that it stands in");
            }
        }
    }
}

/// Notes the stores that are others than the one of the path.
pub(in crate::userstore) fn require_store(
    store: StoreId,
    named: &[(String, StoreId)],
    invalid: &mut Invalid,
) {
    for (property, named) in named {
        if *named != store {
            note(invalid, property, "must be the id of the store in the path");
        }
    }
}

/// The UUID that an item of a batch is, and how results show it. A string that is none is an id that
/// nothing has, as in a path.
///
/// # Errors
/// It is no string, or no UUID.
pub(in crate::userstore) fn id_in_item<T: FromStr + Display>(
    item: Value,
    missing: Missing,
) -> Result<(T, Value), UseCaseError> {
    let Value::String(text) = item else {
        return Err(Invalid::one("id", "must be a UUID in a string").into());
    };
    let id: T = text.parse().map_err(|_| UseCaseError::NotFound(missing))?;
    let shown = Value::String(id.to_string());
    Ok((id, shown))
}

/// Reads relations; broken rules go to `invalid`, and what they name to `named`.
pub(in crate::userstore) struct Relations<'r, O> {
    /// What the request names beside.
    pub(in crate::userstore) named: &'r mut Named<O>,
    /// The broken rules.
    pub(in crate::userstore) invalid: &'r mut Invalid,
}

impl<O> Relations<'_, O> {
    /// The resources of a relation: each a bare id, or an object with `id` or with `link`.
    pub(in crate::userstore) fn references<T: FromStr + Copy + PartialEq>(
        &mut self,
        relation: &str,
        link: &'static str,
        items: Field<Vec<Value>>,
    ) -> Field<Vec<T>> {
        each(items, |index, item| self.reference(format!("{relation}[{index}]"), link, item))
    }

    fn reference<T: FromStr + Copy + PartialEq>(
        &mut self,
        place: String,
        link: &'static str,
        json: Value,
    ) -> Option<T> {
        let object = match json {
            Value::Object(object) => object,
            Value::String(text) => {
                return parse_id(&text).map_err(|rule| note(self.invalid, place, rule)).ok();
            }
            _ => {
                note(self.invalid, place, "must be an id or an object with an id");
                return None;
            }
        };
        let prefix = format!("{place}.");
        let mut fields = Fields::of(object, &["instanceId", "id", link], prefix, self.invalid);
        let store = fields.id("instanceId");
        let (id, linked): (Field<T>, Field<T>) = (fields.id("id"), fields.id(link));
        if id.is_unset() && linked.is_unset() {
            fields.broken("id", "must be given");
        }
        if let (Field::Value(id), Field::Value(linked)) = (&id, &linked)
            && id != linked
        {
            fields.broken(link, "must be the same as id");
        }
        if let Field::Value(store) = store {
            self.named.stores.push((format!("{place}.instanceId"), store));
        }
        id.or_unset().or(linked.or_unset())
    }
}

impl<O: Owner + FromStr> Relations<'_, O> {
    /// The attributes to have.
    pub(in crate::userstore) fn attributes(
        &mut self,
        items: Field<Vec<Value>>,
    ) -> Field<Vec<AttributeDraft>> {
        let attributes = each(items, |index, item| self.attribute(index, item));
        let drafts = attributes.value().map_or(&[][..], Vec::as_slice);
        if let Some(key) = AttributeDraft::repeated_key(drafts) {
            note(self.invalid, O::LIST, format!("must not hold the key {key} twice"));
        }
        attributes
    }

    fn attribute(&mut self, index: usize, json: Value) -> Option<AttributeDraft> {
        let place = format!("{}[{index}]", O::LIST);
        let Value::Object(object) = json else {
            note(self.invalid, place, "must be an object with key and value");
            return None;
        };
        let request = AttributeRequest::<O>::read_at(&format!("{place}."), object, self.invalid);
        request.require_key(&format!("{place}."), self.invalid);
        self.named.stores.extend(request.store.iter().cloned());
        if let Field::Value(owner) = request.owner {
            self.named.owners.push((format!("{place}.{}", O::LINK), owner));
        }
        request.draft()
    }
}

/// What `read` makes of each item; wrong where it makes nothing of one.
fn each<T>(
    items: Field<Vec<Value>>,
    mut read: impl FnMut(usize, Value) -> Option<T>,
) -> Field<Vec<T>> {
    let items = match items {
        Field::Absent => return Field::Absent,
        Field::Null => return Field::Null,
        Field::Wrong => return Field::Wrong,
        Field::Value(items) => items,
    };
    let count = items.len();
    let items = items.into_iter().enumerate();
    let read: Vec<_> = items.filter_map(|(index, item)| read(index, item)).collect();
    if read.len() == count { Field::Value(read) } else { Field::Wrong }
}
