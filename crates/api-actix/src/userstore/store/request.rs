//! A store as a client sends it.

use std::sync::{Arc, LazyLock};

use domain::error::Invalid;
use domain::id::StoreId;
use domain::resource::EditError;
use domain::store::{EditStore, NewStore, Overrides, Store, StoreDraft, StoreName, StoreService};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::settings;
use super::view::StoreView;
use crate::problem::{Kind as ProblemKind, Problem};
use crate::request::fields::{Field, Fields, note};
use crate::request::patch::{Kind, Patch, Shape};

/// A store to make or to change. Read-only properties, `settings` among them, and unknown ones are
/// ignored.
#[derive(Clone, Debug, ToSchema)]
#[schema(as = StoreInput)]
pub(super) struct StoreRequest {
    /// Chosen by the client on create, by the server where it is unset; immutable. The id of a
    /// store that is gone is not given again.
    #[schema(value_type = Option<Uuid>)]
    id: Field<StoreId>,
    /// 1 to 64 of the characters `A-Z a-z 0-9 . _ -`, and no UUID; unique ignoring case.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    name: Field<StoreName>,
    /// The settings to set; those that are absent or null are not set.
    #[schema(value_type = Option<settings::SetInput>)]
    set: Overrides,
}

/// The properties of a store, as a patch sees them.
pub(super) fn shape() -> Shape {
    static SHAPE: LazyLock<[(&str, Kind); 4]> = LazyLock::new(|| {
        [
            ("id", Kind::Fixed),
            ("name", Kind::Text),
            ("settings", Kind::Fixed),
            ("set", Kind::Object(settings::shape())),
        ]
    });
    &*SHAPE
}

impl StoreRequest {
    /// The store that `json` is; broken rules go to `invalid`.
    ///
    /// # Errors
    /// It is no object.
    pub(super) fn of(json: Value, invalid: &mut Invalid) -> Result<Self, Problem> {
        match json {
            Value::Object(object) => Ok(Self::read(object, invalid)),
            _ => Err(Problem::because(ProblemKind::MalformedBody, "A store is a JSON object.")),
        }
    }

    fn read(object: Map<String, Value>, invalid: &mut Invalid) -> Self {
        let mut fields = Fields::of(object, &["id", "name", "set"], "", invalid);
        let (id, name) = (fields.id("id"), fields.text("name", StoreName::parse));
        if name.is_unset() {
            fields.broken("name", "must be given");
        }
        let set = match fields.any("set") {
            None | Some(Value::Null) => Overrides::default(),
            Some(Value::Object(set)) => settings::read(set, invalid),
            Some(_) => {
                fields.broken("set", "must be an object");
                Overrides::default()
            }
        };
        Self { id, name, set }
    }

    /// What it makes.
    ///
    /// # Errors
    /// It has no name.
    pub(super) fn create(&self) -> Result<NewStore, Invalid> {
        let name = self.name.or_unset().ok_or_else(|| Invalid::one("name", "must be given"))?;
        Ok(NewStore { id: self.id.or_unset(), name, set: self.set })
    }

    fn draft(&self, before: &Store) -> StoreDraft {
        StoreDraft { name: self.name.or(before.name.clone()), set: self.set }
    }

    fn require_same_id(&self, before: &Store, invalid: &mut Invalid) {
        if self.id.value().is_some_and(|id| *id != before.id) {
            note(invalid, "id", "must be the id of the store in the path");
        }
    }
}

/// PUT: what is absent is unset.
pub(super) fn replacing(request: StoreRequest) -> EditStore {
    Arc::new(move |before| {
        let mut invalid = Invalid::default();
        request.require_same_id(before, &mut invalid);
        Ok(invalid.or(request.draft(before))?)
    })
}

/// PATCH.
pub(super) fn patching(patch: Patch, stores: StoreService) -> EditStore {
    Arc::new(move |before| patched(&patch, before, &stores))
}

fn patched(patch: &Patch, before: &Store, stores: &StoreService) -> Result<StoreDraft, EditError> {
    let known = (before.clone(), stores.settings(before));
    // Strings, numbers and booleans always serialize.
    let json = serde_json::to_value(StoreView::from(&known)).unwrap_or_default();
    let Value::Object(after) = patch.apply(json)? else {
        return Err(Invalid::one("operations", "must leave an object").into());
    };
    let mut invalid = Invalid::default();
    let request = StoreRequest::read(after, &mut invalid);
    Ok(invalid.or(request.draft(before))?)
}
