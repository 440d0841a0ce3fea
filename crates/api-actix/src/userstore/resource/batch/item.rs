//! What a batch sends, item by item: one that cannot be read does not keep the others from it.

use std::sync::Arc;

use domain::error::Invalid;
use domain::id::StoreId;
use domain::resource::Change;
use domain::time::Instant;
use domain::version::Precondition;
use serde_json::{Map, Value};

use super::Planned;
use crate::problem::{Kind, Problem};
use crate::request::fields::Fields;
use crate::request::json;
use crate::request::patch::Patch;
use crate::state::Limits;
use crate::userstore::resource::answer::Entry;
use crate::userstore::resource::named::require_store;
use crate::userstore::resource::{Exposed, Received, received, single};

/// One item of a batch.
pub(super) struct Item<R: Exposed> {
    /// How its id is shown; null where it gives none.
    id: Value,
    /// What it asks for, or why it cannot be read.
    change: Result<Change<R>, Problem>,
}

impl<R: Exposed> Item<R> {
    fn unread(problem: Problem) -> Self {
        Self { id: Value::Null, change: Err(problem) }
    }
}

/// The items before the first that cannot be read, and why that one cannot.
pub(super) fn up_to_first_fault<R: Exposed>(
    items: Vec<Item<R>>,
) -> (Vec<Change<R>>, Option<Problem>) {
    let mut changes = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        match item.change {
            Ok(change) => changes.push(change),
            Err(problem) => return (changes, Some(problem.of_item(index))),
        }
    }
    (changes, None)
}

/// What the request tells of every item, and the changes of those that could be read.
pub(super) fn apart<R: Exposed>(items: Vec<Item<R>>) -> (Vec<Entry>, Vec<Change<R>>) {
    let mut changes = Vec::with_capacity(items.len());
    let mut entries = Vec::with_capacity(items.len());
    for (index, Item { id, change }) in items.into_iter().enumerate() {
        let fault = match change {
            Ok(change) => {
                changes.push(change);
                None
            }
            Err(problem) => Some(problem.of_item(index)),
        };
        entries.push(Entry { id, fault });
    }
    (entries, changes)
}

/// Reads the items of a batch.
pub(super) struct Reader<R: Exposed> {
    /// Where the path says that the resources lie.
    pub(super) scope: R::Scope,
    /// The store of the path.
    pub(super) store: StoreId,
    pub(super) limits: Limits,
    pub(super) now: Instant,
}

impl<R: Exposed> Reader<R> {
    /// An array of resources; `plan` makes a change of each, given the rules that it breaks so far.
    ///
    /// # Errors
    /// There is no array, or it is too long.
    pub(super) fn requests(
        &self,
        sent: &[u8],
        plan: impl Fn(R::Request, Invalid) -> Planned<R>,
    ) -> Result<Vec<Item<R>>, Problem> {
        let limits = self.limits;
        json::items(sent, limits.json(), limits.batch_items, |json| self.request(json, &plan))
    }

    fn request(&self, json: Value, plan: impl Fn(R::Request, Invalid) -> Planned<R>) -> Item<R> {
        let mut invalid = Invalid::default();
        let request = match received::request::<R>(json, &mut invalid) {
            Ok(request) => request,
            Err(problem) => return Item::unread(problem),
        };
        require_store(self.store, request.stores(), &mut invalid);
        let id = request.shown_id(&self.scope);
        Item { id, change: plan(request, invalid).map_err(Problem::invalid) }
    }

    /// An array of ids.
    ///
    /// # Errors
    /// There is no array, it is too long, or there is nothing in it.
    pub(super) fn removals(&self, sent: &[u8]) -> Result<Vec<Item<R>>, Problem> {
        let limits = self.limits;
        let items = json::items(sent, limits.json(), limits.batch_items, |json| {
            self.item(json, |id| Ok(Change::Remove { id, precondition: Precondition::None }))
        })?;
        if items.is_empty() {
            let detail = "The body names nothing that is to be removed.";
            return Err(Problem::because(Kind::MalformedBody, detail));
        }
        Ok(items)
    }

    /// The item that an id and `change` are.
    fn item(&self, id: Value, change: impl FnOnce(R::Id) -> Result<Change<R>, Problem>) -> Item<R> {
        match R::id_in_item(&self.scope, id) {
            Ok((id, shown)) => Item { id: shown, change: change(id) },
            Err(refusal) => Item::unread(refusal.into()),
        }
    }

    /// An array of patches with the ids of what they change, or one alone. The items are the ids in
    /// their order.
    ///
    /// # Errors
    /// There is no array, there are too many ids, or all in all too much is to be written.
    pub(super) fn patches(&self, sent: &[u8]) -> Result<Vec<Item<R>>, Problem> {
        let limits = self.limits;
        let read = |json| Patching::read::<R>(json, limits);
        let entries = json::items_or_one(sent, limits.json(), limits.batch_items, read)?;
        let growth = bound(&entries, limits)?;
        let mut items = Vec::new();
        for Patching { ids, patch } in entries {
            let patch = patch.map(|patch| Arc::new(patch.copying_at_most(growth)));
            let change = |id| match &patch {
                Ok(patch) => {
                    Ok(single::patching(id, Precondition::None, Arc::clone(patch), self.now))
                }
                Err(problem) => Err(problem.clone()),
            };
            match &patch {
                // It stands for the place at which its first id would stand.
                Err(problem) if ids.is_empty() => items.push(Item::unread(problem.clone())),
                _ => items.extend(ids.into_iter().map(|id| self.item(id, change))),
            }
        }
        Ok(items)
    }
}

/// A patch and what it changes, as a batch sends them.
struct Patching {
    /// At least one where there is no fault.
    ids: Vec<Value>,
    patch: Result<Patch, Problem>,
}

impl Patching {
    fn read<R: Exposed>(json: Value, limits: Limits) -> Self {
        let Value::Object(object) = json else {
            let detail = "An item of the batch is an object with ids and patch.";
            let patch = Err(Problem::because(Kind::MalformedBody, detail));
            return Self { ids: Vec::new(), patch };
        };
        let mut invalid = Invalid::default();
        let (ids, patch) = members(object, &mut invalid);
        let patch = invalid.or(patch).map_err(Problem::invalid).and_then(|patch| {
            Patch::read(patch, R::SHAPE, limits.patch_operations, limits.body_bytes)
        });
        Self { ids, patch }
    }
}

fn members(object: Map<String, Value>, invalid: &mut Invalid) -> (Vec<Value>, Value) {
    let mut fields = Fields::of(object, &["ids", "patch"], "", invalid);
    let ids = fields.list("ids");
    if ids.is_unset() || ids.value().is_some_and(Vec::is_empty) {
        fields.broken("ids", "must name what is to be changed");
    }
    let patch = fields.any("patch");
    if patch.is_none() {
        fields.broken("patch", "must be given");
    }
    (ids.or_unset().unwrap_or_default(), patch.unwrap_or_default())
}

/// How many bytes each patch may copy: a short request must not write without bound.
///
/// # Errors
/// More items than a batch may have, or more text than the body of a batch may have.
fn bound(entries: &[Patching], limits: Limits) -> Result<usize, Problem> {
    let (mut items, mut bytes) = (0_usize, 0_usize);
    for Patching { ids, patch } in entries {
        items = items.saturating_add(ids.len().max(1));
        let weight = patch.as_ref().map_or(0, Patch::weight);
        bytes = bytes.saturating_add(weight.saturating_mul(ids.len()));
    }
    if items > limits.batch_items {
        let detail = format!("A batch has at most {} items.", limits.batch_items);
        return Err(Problem::because(Kind::TooManyItems, detail));
    }
    if bytes > limits.batch_bytes {
        let detail = format!("A batch writes at most {} bytes.", limits.batch_bytes);
        return Err(Problem::because(Kind::TooManyItems, detail));
    }
    Ok((limits.batch_bytes / items.max(1)).min(limits.body_bytes))
}
