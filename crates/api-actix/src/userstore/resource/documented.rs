//! Shapes and parameters of the operations that all kinds of resources have; for the document.

use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How a batch is to be done; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; `Terms` reads it")]
pub(in crate::userstore) struct BatchQuery {
    /// `atomic`, as without it: all or none. `partial`: what is refused is left out, and the answer
    /// is 200 with a result for each item.
    #[param(nullable = false, example = "atomic")]
    mode: Option<String>,
    /// True: everything is checked and answered as it would be, and nothing changes.
    #[param(nullable = false)]
    dry_run: Option<bool>,
}

/// The id of a resource.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes ids")]
pub(in crate::userstore) enum ItemId {
    /// Of a user or a group.
    #[schema(title = "Id", value_type = Uuid)]
    Id(String),
    /// Of a profile or of metadata.
    #[schema(title = "OwnerAndKey")]
    Tuple(Tuple),
}

/// The owner and the key of a profile or of metadata.
#[derive(Serialize, ToSchema)]
pub(in crate::userstore) struct Tuple {
    /// The id of the owner: the one in the path.
    #[schema(value_type = Uuid)]
    item1: String,
    /// The key.
    item2: String,
}

/// A patch of several resources.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Patching` reads")]
pub(in crate::userstore) struct BatchPatch {
    /// What is to be changed.
    #[schema(min_items = 1)]
    ids: Vec<Uuid>,
    /// How.
    patch: PatchRequest,
}

/// A patch of several profiles, or of several metadata.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Patching` reads")]
pub(in crate::userstore) struct TupleBatchPatch {
    /// What is to be changed.
    #[schema(min_items = 1)]
    ids: Vec<Tuple>,
    /// How.
    patch: PatchRequest,
}

/// A JSON Patch: a bare array, or an object with `operations`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = JsonPatch)]
#[expect(dead_code, reason = "describes what `Patch` reads")]
pub(in crate::userstore) enum PatchRequest {
    /// As RFC 6902 has it.
    Bare(Vec<PatchOperation>),
    /// As the reference has it.
    #[schema(title = "Operations")]
    Wrapped(PatchOperations),
}

/// A JSON Patch in an object.
#[derive(Serialize, ToSchema)]
#[schema(as = JsonPatchOperations)]
pub(in crate::userstore) struct PatchOperations {
    /// At most 1000.
    operations: Vec<PatchOperation>,
}

/// One operation; `op` and `path` match ignoring case.
#[derive(Serialize, ToSchema)]
#[schema(as = JsonPatchOperation)]
pub(in crate::userstore) struct PatchOperation {
    /// What to do: `add`, `remove`, `replace`, `move`, `copy` or `test`.
    #[schema(example = "replace")]
    op: String,
    /// A JSON Pointer (RFC 6901).
    #[schema(example = "/firstName")]
    path: String,
    /// A JSON Pointer: where `move` and `copy` take the value from.
    from: Option<String>,
    /// What `add`, `replace` and `test` are about.
    #[schema(example = "Ada")]
    value: Option<Value>,
}
