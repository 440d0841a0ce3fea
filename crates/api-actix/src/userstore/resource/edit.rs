//! The drafts that a PUT, a createorupdate and a patch make of a resource that is there.

use std::sync::Arc;

use domain::error::Invalid;
use domain::resource::{Edit, EditError};
use domain::time::Instant;
use serde_json::{Map, Value};

use super::named::require_store;
use super::{Exposed, Received};
use crate::request::fields::note;
use crate::request::patch::{Kind, Patch, Shape};

/// PUT.
pub(super) fn replacing<R: Exposed>(request: R::Request, now: Instant) -> Edit<R> {
    Arc::new(move |before| {
        check_changed::<R>(&request, before, now)?;
        Ok(request.replace(before, now)?)
    })
}

/// createorupdate of one that is there.
pub(super) fn merging<R: Exposed>(request: Arc<R::Request>, now: Instant) -> Edit<R> {
    Arc::new(move |before| {
        check_changed::<R>(&request, before, now)?;
        Ok(request.merge(before, now)?)
    })
}

/// PATCH.
pub(super) fn patching<R: Exposed>(patch: Arc<Patch>, now: Instant) -> Edit<R> {
    Arc::new(move |before| patched::<R>(&patch, before, now))
}

fn check_changed<R: Exposed>(
    request: &R::Request,
    before: &R::Shown,
    now: Instant,
) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    request.check_changed(before, now, &mut invalid);
    invalid.or(())
}

/// The draft of `before` after a patch.
fn patched<R: Exposed>(
    patch: &Patch,
    before: &R::Shown,
    now: Instant,
) -> Result<R::Draft, EditError> {
    let Value::Object(after) = patch.apply(R::before_patch(patch, before))? else {
        return Err(Invalid::one("operations", "must leave an object").into());
    };
    let mut invalid = Invalid::default();
    require_flags(R::SHAPE, &after, &mut invalid);
    let request = R::Request::read(after, &mut invalid);
    require_store(R::store(before), request.stores(), &mut invalid);
    request.check_changed(before, now, &mut invalid);
    Ok(invalid.or(request)?.patched(patch, before, now)?)
}

/// In a request null is as good as absent, but a patch that writes it means it.
fn require_flags(shape: Shape, after: &Map<String, Value>, invalid: &mut Invalid) {
    for (name, _) in shape.iter().filter(|(_, kind)| matches!(kind, Kind::Flag)) {
        if after.get(*name).is_some_and(Value::is_null) {
            note(invalid, *name, "must be true or false");
        }
    }
}
