use std::str::FromStr;

use domain::attribute::{Attribute, AttributeInStore, AttributeKey, Kept, Owner};
use domain::error::{Invalid, Missing, UseCaseError};
use domain::id::{GroupId, StoreId, UserId};
use domain::resource::Records;
use domain::text::Folded;
use domain::version::Version;
use serde::Serialize;
use serde_json::{Value, json};

use super::AttributeRequest;
use super::view::{MetadataView, ProfileView};
use crate::caller::Call;
use crate::percent;
use crate::request::fields::{Field, Fields};
use crate::request::patch::{Kind, Shape};
use crate::state::Shared;
use crate::userstore::resource::Exposed;

/// Who has attributes, as the API exposes it.
pub(in crate::userstore) trait ExposedOwner: Kept + FromStr {
    /// One of its attributes as it is shown.
    type View<'a>: From<&'a AttributeInStore<Self>> + Serialize;

    /// The properties of its attributes, as a patch sees them.
    const SHAPE: Shape;

    /// The use cases on its attributes.
    fn records(shared: &Shared) -> &Records<Attribute<Self>>;

    /// Where its attributes are, below the path of the store.
    fn path(self) -> String;
}

impl ExposedOwner for UserId {
    type View<'a> = ProfileView<'a>;

    const SHAPE: Shape = &[
        ("instanceId", Kind::Fixed),
        ("userId", Kind::Fixed),
        ("key", Kind::Text),
        ("value", Kind::Text),
    ];

    fn records(shared: &Shared) -> &Records<Attribute<Self>> {
        &shared.profiles
    }

    fn path(self) -> String {
        format!("administration/user/{self}/UserProfile")
    }
}

impl ExposedOwner for GroupId {
    type View<'a> = MetadataView<'a>;

    const SHAPE: Shape = &[
        ("instanceId", Kind::Fixed),
        ("groupId", Kind::Fixed),
        ("key", Kind::Text),
        ("value", Kind::Text),
    ];

    fn records(shared: &Shared) -> &Records<Attribute<Self>> {
        &shared.metadata
    }

    fn path(self) -> String {
        format!("administration/Group/{self}/GroupMetadata")
    }
}

impl<O: ExposedOwner> Exposed for Attribute<O> {
    type Request = AttributeRequest<O>;
    type View<'a> = O::View<'a>;

    const MISSING: Missing = O::MISSING_ATTRIBUTE;
    const SHAPE: Shape = <O as ExposedOwner>::SHAPE;

    fn records(shared: &Shared) -> &Records<Self> {
        O::records(shared)
    }

    fn scope(call: &Call) -> Result<O, Missing> {
        call.parameter(O::LINK).parse().map_err(|_| <O as Owner>::MISSING)
    }

    fn id_in_path(call: &Call) -> Option<Folded> {
        let key = percent::decode(call.parameter("key"))?;
        AttributeKey::parse(key).ok().map(|key| key.folded())
    }

    fn id_in_item(scope: &O, item: Value) -> Result<(Folded, Value), UseCaseError> {
        let Value::Object(object) = item else {
            let rule = "must be an object with item1, the id of the owner, and item2, the key";
            return Err(Invalid::one("id", rule).into());
        };
        let mut invalid = Invalid::default();
        let mut fields = Fields::of(object, &["item1", "item2"], "", &mut invalid);
        let owner: Field<O> = fields.id("item1");
        let key = fields.text("item2", Ok::<_, &str>);
        if owner.is_unset() || owner.value().is_some_and(|owner| owner != scope) {
            fields.broken("item1", "must be the id of the owner in the path");
        }
        if key.is_unset() {
            fields.broken("item2", "must be given");
        }
        let key = invalid.or(key.or_unset().unwrap_or_default())?;
        // What can be no key is nobody's.
        let key = AttributeKey::parse(key).map_err(|_| UseCaseError::NotFound(Self::MISSING))?;
        Ok((key.folded(), tuple(*scope, &key)))
    }

    fn shown_id(shown: &AttributeInStore<O>) -> Value {
        tuple(shown.attribute.owner, &shown.attribute.key)
    }

    fn store(shown: &AttributeInStore<O>) -> StoreId {
        shown.store
    }

    fn version(shown: &AttributeInStore<O>) -> Version {
        shown.attribute.version
    }

    fn location(base: &str, shown: &AttributeInStore<O>) -> String {
        let key = percent::encode(shown.attribute.key.as_str());
        format!("{base}/{}/{key}", shown.attribute.owner.path())
    }

    fn relations(_wanted: impl Fn(&str) -> bool) -> Self::Include {}
}

/// How results of a batch show the id of an attribute.
pub(super) fn tuple<O: Owner>(owner: O, key: &AttributeKey) -> Value {
    json!({"item1": owner.to_string(), "item2": key.as_str()})
}
