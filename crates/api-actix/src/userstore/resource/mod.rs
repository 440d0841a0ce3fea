//! What the resources of the store have in common: users, groups, profiles and metadata are made,
//! changed and removed by the same operations, alone and in batches.
//!
//! A kind of resource implements [`Exposed`], which says how requests name it and how it looks, and
//! [`Received`], which says what a request makes of it. The functions of `single` and `batch` are
//! then its operations; `operations::resource!` makes handlers of them, each with the id, the path
//! and the answers that the document tells.

pub(super) mod answer;
pub(super) mod batch;
pub(super) mod documented;
mod edit;
pub(super) mod named;
mod operation;
pub(super) mod operations;
pub(super) mod received;
pub(super) mod single;

pub(super) use operation::Operation;
pub(super) use received::{admitted, admitted_unkept};

use domain::error::{Invalid, Missing, UseCaseError};
use domain::id::StoreId;
use domain::resource::{Records, Resource};
use domain::time::Instant;
use domain::version::Version;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::caller::Call;
use crate::request::patch::{Patch, Shape};
use crate::state::Shared;

/// A kind of resource, as the API exposes it.
pub(super) trait Exposed: Resource {
    /// One as a request sends it.
    type Request: Received<Self>;
    /// One as it is shown.
    type View<'a>: From<&'a Self::Shown> + Serialize;

    /// What is missing where there is none.
    const MISSING: Missing;
    /// Its properties, as a patch sees them.
    const SHAPE: Shape;

    /// The use cases.
    fn records(shared: &Shared) -> &Records<Self>;

    /// Where the path says that they lie.
    ///
    /// # Errors
    /// What cannot be there, given the path.
    fn scope(call: &Call) -> Result<Self::Scope, Missing>;

    /// The id that the path names; `None` when nothing can have it.
    fn id_in_path(call: &Call) -> Option<Self::Id>;

    /// The id that an item of a batch names, and how results show it.
    ///
    /// # Errors
    /// It is none, or nothing can have it.
    fn id_in_item(scope: &Self::Scope, item: Value) -> Result<(Self::Id, Value), UseCaseError>;

    /// How results of a batch show the id of one.
    fn shown_id(shown: &Self::Shown) -> Value;

    /// The store in which one is.
    fn store(shown: &Self::Shown) -> StoreId;

    /// Its version.
    fn version(shown: &Self::Shown) -> Version;

    /// Where one is, below `base`, the path of the store.
    fn location(base: &str, shown: &Self::Shown) -> String;

    /// Those relations that are wanted, each asked for by the name of its property.
    fn relations(wanted: impl Fn(&str) -> bool) -> Self::Include;

    /// The relations that a patch looks at.
    fn needs(patch: &Patch) -> Self::Include {
        Self::relations(|relation| patch.names(relation))
    }

    /// One as a patch sees it.
    fn before_patch(_patch: &Patch, shown: &Self::Shown) -> Value {
        // Strings, numbers and booleans always serialize.
        serde_json::to_value(Self::View::from(shown)).unwrap_or_default()
    }

    /// Writes one as JSON.
    fn write_json(shown: &Self::Shown, text: &mut Vec<u8>) {
        // Strings, numbers and booleans always serialize, and a `Vec` always takes them.
        let _ = serde_json::to_writer(text, &Self::View::from(shown));
    }
}

/// One resource as a request sends it: every property absent, null, a value or wrong.
pub(super) trait Received<R: Exposed>: Send + Sync + Sized + 'static {
    /// Reads an object; every broken rule goes to `invalid`.
    fn read(object: Map<String, Value>, invalid: &mut Invalid) -> Self;

    /// The stores that it names, each with the property that does.
    fn stores(&self) -> &[(String, StoreId)];

    /// The id that it gives.
    fn id(&self) -> Option<R::Id>;

    /// The id that it has to give, as an item of a batch that changes what is there; noted where
    /// it does not.
    fn require_id(&self, invalid: &mut Invalid) -> Option<R::Id>;

    /// How results of a batch show that id; null without one.
    fn shown_id(&self, scope: &R::Scope) -> Value;

    /// The name that it gives.
    fn name(&self) -> Option<R::Name>;

    /// Whether it says what the relation of that property is to hold.
    fn replaces(&self, relation: &str) -> bool;

    /// The rules of a request that makes one.
    fn check_new(&self, scope: &R::Scope, now: Instant, invalid: &mut Invalid);

    /// The rules of a request that describes the whole of `id`, as PUT does; where the id is not
    /// known, the others.
    fn check_whole(&self, scope: &R::Scope, id: Option<&R::Id>, invalid: &mut Invalid);

    /// The rules of a request that makes one or changes it, as far as they hold for both.
    fn check_upsert(&self, scope: &R::Scope, invalid: &mut Invalid);

    /// The rules of a request that changes `before`.
    fn check_changed(&self, before: &R::Shown, now: Instant, invalid: &mut Invalid);

    /// A new one: what is unset takes its default.
    ///
    /// # Errors
    /// Every rule that is broken.
    fn create(&self, now: Instant) -> Result<R::Draft, Invalid>;

    /// PUT: what is absent is unset, but for what the reference keeps.
    ///
    /// # Errors
    /// Every rule that is broken.
    fn replace(&self, before: &R::Shown, now: Instant) -> Result<R::Draft, Invalid>;

    /// createorupdate of one that is there: what is absent stays.
    ///
    /// # Errors
    /// Every rule that is broken.
    fn merge(&self, before: &R::Shown, now: Instant) -> Result<R::Draft, Invalid>;

    /// PATCH: this is `before` after the patch.
    ///
    /// # Errors
    /// Every rule that is broken.
    fn patched(self, patch: &Patch, before: &R::Shown, now: Instant) -> Result<R::Draft, Invalid>;
}
